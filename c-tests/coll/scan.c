/* Scan and Exscan: each rank sees those before it. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    static const int lengths[] = { 1, 10, 5000, 60000 };
    int *in = malloc(60000 * sizeof(int)), *out = malloc(60000 * sizeof(int)), at, i;
    begin(&argc, &argv);
    for (at = 0; at < 4; at++) {
        for (i = 0; i < lengths[at]; i++) {
            in[i] = (rank + 1) * 100 + i;
            out[i] = -7;
        }
        MPI_Scan(in, out, lengths[at], MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        say("scan of %d: first %d, %016llx", lengths[at], out[0], (unsigned long long)checksum(out, lengths[at] * sizeof(int)));
        for (i = 0; i < lengths[at]; i++)
            out[i] = -7;
        MPI_Exscan(in, out, lengths[at], MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        if (rank > 0)
            say("exscan of %d: first %d, %016llx", lengths[at], out[0], (unsigned long long)checksum(out, lengths[at] * sizeof(int)));
        MPI_Scan(MPI_IN_PLACE, in, lengths[at], MPI_INT, MPI_MAX, MPI_COMM_WORLD);
        say("in place: first %d", in[0]);
    }
    return end();
}
