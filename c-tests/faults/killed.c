/* The last rank kills itself at the stage that is named; the others go on. */
#include "../lib/story.h"
#include <signal.h>
#include <unistd.h>

static const char *stage;
static int last;

static void at(const char *moment)
{
    if (last && !strcmp(stage, moment))
        kill(getpid(), SIGKILL);
}

int main(int argc, char **argv)
{
    enum { LARGE = 4 << 20 };
    char *large = calloc(LARGE, 1), *other = calloc(LARGE, 1);
    int value = 1, sum, i;
    const char *number = getenv("PMI_RANK");

    stage = argc > 1 ? argv[1] : "init";
    last = number && atoi(number) == 3;
    at("before");
    begin(&argc, &argv);
    last = rank == size - 1;
    at("init");
    if (!last)
        MPI_Send(&value, 1, MPI_INT, size - 1, 0, MPI_COMM_WORLD);
    at("connect");
    if (last)
        for (i = 0; i < size - 1; i++)
            MPI_Recv(&value, 1, MPI_INT, MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    at("eager");
    for (i = 0; i < 100; i++)
        MPI_Sendrecv(&value, 1, MPI_INT, (rank + 1) % size, 1, &sum, 1, MPI_INT, (rank + size - 1) % size, 1,
                     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if (last && !strcmp(stage, "rendezvous")) {
        MPI_Request request;
        MPI_Isend(large, LARGE, MPI_BYTE, 0, 2, MPI_COMM_WORLD, &request);
        at("rendezvous");
    }
    MPI_Sendrecv(large, LARGE, MPI_BYTE, (rank + 1) % size, 2, other, LARGE, MPI_BYTE, (rank + size - 1) % size, 2,
                 MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    for (i = 0; i < 100; i++) {
        MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        if (i == 50)
            at("collective");
    }
    at("finalize");
    return end();
}
