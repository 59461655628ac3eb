/* Alltoall of every size. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    static const int lengths[] = { 0, 1, 3, 100, 5000, 60000 };
    int *out, *in, at;
    begin(&argc, &argv);
    in = malloc((size_t)size * 60000 * sizeof(int));
    out = malloc((size_t)size * 60000 * sizeof(int));
    for (at = 0; at < 6; at++) {
        size_t bytes = (size_t)size * lengths[at] * sizeof(int);
        fill(out, bytes, rank + 10 * at);
        memset(in, 0, bytes);
        MPI_Alltoall(out, lengths[at], MPI_INT, in, lengths[at], MPI_INT, MPI_COMM_WORLD);
        say("%d: %016llx", lengths[at], (unsigned long long)checksum(in, bytes));
    }
    return end();
}
