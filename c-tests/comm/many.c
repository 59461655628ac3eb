/* Communicators made and freed by the thousand, messages kept apart. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Comm comms[60], one;
    int i, value, sum, total = 0;

    begin(&argc, &argv);
    for (i = 0; i < 200; i++) {
        if (i % 2)
            MPI_Comm_dup(MPI_COMM_WORLD, &one);
        else
            MPI_Comm_split(MPI_COMM_WORLD, 0, i % 4 ? rank : -rank, &one);
        if (i % 10 == 0) {
            MPI_Allreduce(&i, &sum, 1, MPI_INT, MPI_SUM, one);
            total += sum;
        }
        MPI_Comm_free(&one);
    }
    say("one after the other: %d", total);
    for (i = 0; i < 60; i++)
        MPI_Comm_dup(i ? comms[i - 1] : MPI_COMM_WORLD, &comms[i]);
    if (rank == 0)
        for (i = 0; i < 60; i++)
            MPI_Send(&i, 1, MPI_INT, 1, 0, comms[i]);
    if (rank == 1)
        for (i = 59, total = 0; i >= 0; i--) {
            MPI_Recv(&value, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, comms[i], MPI_STATUS_IGNORE);
            total += value == i;
        }
    for (i = 0; i < 60; i++)
        MPI_Comm_free(&comms[i]);
    say("sixty at once: %d", total);
    return end();
}
