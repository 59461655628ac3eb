/* Messages of all kinds, and then rank 0 ends as a crash does, with a core dump.
 *
 *     dumped [FOLDER]             where the dump is to lie; without, all end well */
#include "../lib/story.h"
#include <sys/resource.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static unsigned char block[200000];
    const struct rlimit no_limit = { RLIM_INFINITY, RLIM_INFINITY };
    char *word = malloc(64);
    int i, sum;

    begin(&argc, &argv);
    for (i = 0; i < 20; i++) {
        fill(block, sizeof block, i);
        MPI_Bcast(block, i % 2 ? (int)sizeof block : 100, MPI_BYTE, i % size, MPI_COMM_WORLD);
        MPI_Allreduce(&i, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    }
    if (rank == 0 && argc > 1) {
        /* The dump is whole if this is in it. It is nowhere in the program's file. */
        strcpy(word, "CANARY");
        strcat(word, "-of-the-dump");
        if (chdir(argv[1]) == 0 && setrlimit(RLIMIT_CORE, &no_limit) == 0)
            abort();
        fprintf(stderr, "no folder %s for a dump, or no dumps\n", argv[1]);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    free(word);
    return end();
}
