/* The same reduction of real numbers gives the same bits every time and on
 * every rank. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    double in[1000], first[1000], again[1000];
    int i, round, same = 1;
    uint64_t mine, lowest, highest;
    begin(&argc, &argv);
    for (i = 0; i < 1000; i++)
        in[i] = 1.0 / (1 + i + 37 * rank);
    MPI_Allreduce(in, first, 1000, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    for (round = 0; round < 10; round++) {
        MPI_Allreduce(in, again, 1000, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        same &= memcmp(first, again, sizeof first) == 0;
    }
    mine = checksum(first, sizeof first);
    MPI_Allreduce(&mine, &lowest, 1, MPI_UINT64_T, MPI_MIN, MPI_COMM_WORLD);
    MPI_Allreduce(&mine, &highest, 1, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD);
    say("every time %d, on every rank %d", same, lowest == highest);
    return end();
}
