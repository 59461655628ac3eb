/* Reductions to every root and to all, of every size. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    static const int lengths[] = { 0, 1, 6, 1023, 9000, 100003 };
    int *in = malloc(100003 * sizeof(int)), *out = malloc(100003 * sizeof(int)), at, root, i;
    double *real = malloc(100003 * sizeof(double)), *sum = malloc(100003 * sizeof(double));
    begin(&argc, &argv);
    for (at = 0; at < 6; at++) {
        int length = lengths[at];
        for (i = 0; i < length; i++) {
            in[i] = (rank + 1) * (i % 1000) - i;
            real[i] = rank + i * 0.25;
        }
        for (root = 0; root < size; root++) {
            memset(out, 0, length * sizeof(int));
            MPI_Reduce(in, out, length, MPI_INT, MPI_SUM, root, MPI_COMM_WORLD);
            if (rank == root)
                say("sum of %d at %d: %016llx", length, root, (unsigned long long)checksum(out, length * sizeof(int)));
        }
        MPI_Allreduce(in, out, length, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
        say("max of %d: %016llx", length, (unsigned long long)checksum(out, length * sizeof(int)));
        /* Quarters add up exactly in any order. */
        MPI_Allreduce(real, sum, length, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        say("real sum of %d: %016llx", length, (unsigned long long)checksum(sum, length * sizeof(double)));
    }
    return end();
}
