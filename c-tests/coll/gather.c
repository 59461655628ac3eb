/* Gathers to every root, of every size. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    static const int lengths[] = { 0, 1, 10, 3000, 50000 };
    int *out = malloc(50000 * sizeof(int)), *in, at, root;
    begin(&argc, &argv);
    in = malloc((size_t)size * 50000 * sizeof(int));
    for (at = 0; at < 5; at++)
        for (root = 0; root < size; root++) {
            fill(out, lengths[at] * sizeof(int), rank + 10 * at);
            memset(in, 0, (size_t)size * lengths[at] * sizeof(int));
            MPI_Gather(out, lengths[at], MPI_INT, in, lengths[at], MPI_INT, root, MPI_COMM_WORLD);
            if (rank == root)
                say("%d at %d: %016llx", lengths[at], root,
                    (unsigned long long)checksum(in, (size_t)size * lengths[at] * sizeof(int)));
        }
    return end();
}
