/* Scatters from every root, of every size. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    static const int lengths[] = { 0, 1, 10, 3000, 50000 };
    int *in = malloc(50000 * sizeof(int)), *out, at, root;
    begin(&argc, &argv);
    out = malloc((size_t)size * 50000 * sizeof(int));
    for (at = 0; at < 5; at++)
        for (root = 0; root < size; root++) {
            fill(out, (size_t)size * lengths[at] * sizeof(int), rank + 10 * at);
            memset(in, 0, lengths[at] * sizeof(int));
            MPI_Scatter(out, lengths[at], MPI_INT, in, lengths[at], MPI_INT, root, MPI_COMM_WORLD);
            say("%d from %d: %016llx", lengths[at], root, (unsigned long long)checksum(in, lengths[at] * sizeof(int)));
        }
    return end();
}
