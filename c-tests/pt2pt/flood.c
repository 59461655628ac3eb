/* Far more small messages than a receiver takes at a time: it must not drown. */
#include "../lib/story.h"

enum { MESSAGES = 20000, LENGTH = 16 };

int main(int argc, char **argv)
{
    int words[LENGTH], number, from, i;
    uint64_t sum = 0;

    begin(&argc, &argv);
    if (rank > 0)
        for (number = 0; number < MESSAGES; number++) {
            for (i = 0; i < LENGTH; i++)
                words[i] = number * LENGTH + i + rank;
            MPI_Send(words, LENGTH, MPI_INT, 0, number % 100, MPI_COMM_WORLD);
        }
    else
        for (from = size - 1; from > 0; from--)
            for (number = 0; number < MESSAGES; number++) {
                MPI_Recv(words, LENGTH, MPI_INT, from, number % 100, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
                must(words[0] == number * LENGTH + from);
                sum = sum * 31 + checksum(words, sizeof words);
            }
    say("sum %016llx", (unsigned long long)sum);
    return end();
}
