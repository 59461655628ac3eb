/* Rounds of messages and sums, each checked, until told to stop.
 *
 *     steady ROUNDS [FILE]        FILE is made when the first round is done */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int rounds, round, wrong = 0, sum, got, i;
    unsigned char block[3000], other[3000];

    begin(&argc, &argv);
    rounds = argc > 1 ? atoi(argv[1]) : 1000;
    for (round = 0; round < rounds; round++) {
        fill(block, sizeof block, rank * 7 + round);
        MPI_Sendrecv(block, sizeof block, MPI_BYTE, (rank + 1) % size, 1, other, sizeof other, MPI_BYTE,
                     (rank + size - 1) % size, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        fill(block, sizeof block, (rank + size - 1) % size * 7 + round);
        wrong += memcmp(block, other, sizeof block) != 0;
        got = round + rank;
        MPI_Allreduce(&got, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        for (i = 0, got = 0; i < size; i++)
            got += round + i;
        wrong += got != sum;
        if (round == 0 && rank == 0 && argc > 2) {
            FILE *mark = fopen(argv[2], "w");
            if (mark)
                fclose(mark);
        }
    }
    MPI_Reduce(&wrong, &sum, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
    say0("steady: %d rounds, %d wrong", rounds, sum);
    return end();
}
