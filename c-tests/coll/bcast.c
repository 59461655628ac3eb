/* Broadcasts from every root, of every size. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    static const int lengths[] = { 0, 1, 5, 1000, 8193, 70000, 300001 };
    int *words = malloc(300001 * sizeof(int)), at, root;
    begin(&argc, &argv);
    for (at = 0; at < 7; at++)
        for (root = 0; root < size; root++) {
            fill(words, lengths[at] * sizeof(int), rank * 50 + at + root);
            MPI_Bcast(words, lengths[at], MPI_INT, root, MPI_COMM_WORLD);
            say("%d from %d: %016llx", lengths[at], root, (unsigned long long)checksum(words, lengths[at] * sizeof(int)));
        }
    return end();
}
