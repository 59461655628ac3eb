/* The greatest and least of unsigned numbers, beyond what is signed. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    uint8_t bytes[40], greatest[40], least[40];
    uint32_t words[40], most[40], fewest[40];
    uint64_t longs[40], highest[40], lowest[40];
    int i;
    begin(&argc, &argv);
    fill(bytes, sizeof bytes, rank);
    fill(words, sizeof words, rank);
    fill(longs, sizeof longs, rank);
    MPI_Allreduce(bytes, greatest, 40, MPI_UINT8_T, MPI_MAX, MPI_COMM_WORLD);
    MPI_Allreduce(bytes, least, 40, MPI_UNSIGNED_CHAR, MPI_MIN, MPI_COMM_WORLD);
    MPI_Allreduce(words, most, 40, MPI_UNSIGNED, MPI_MAX, MPI_COMM_WORLD);
    MPI_Allreduce(words, fewest, 40, MPI_UINT32_T, MPI_MIN, MPI_COMM_WORLD);
    MPI_Allreduce(longs, highest, 40, MPI_UNSIGNED_LONG_LONG, MPI_MAX, MPI_COMM_WORLD);
    MPI_Allreduce(longs, lowest, 40, MPI_UINT64_T, MPI_MIN, MPI_COMM_WORLD);
    for (i = 0; i < 40; i++)
        say("%u %u %u %u %llu %llu", greatest[i], least[i], most[i], fewest[i], (unsigned long long)highest[i],
            (unsigned long long)lowest[i]);
    return end();
}
