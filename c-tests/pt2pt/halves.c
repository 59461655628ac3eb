/* Both sides send large messages at the same moment, many times over. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    enum { LENGTH = 1 << 20, ROUNDS = 12 };
    unsigned char *out = malloc(LENGTH), *in = malloc(LENGTH);
    MPI_Request requests[2];
    int round;
    uint64_t sum = 0;

    begin(&argc, &argv);
    for (round = 0; round < ROUNDS; round++) {
        fill(out, LENGTH, rank * 100 + round);
        MPI_Irecv(in, LENGTH, MPI_BYTE, rank ^ 1, round, MPI_COMM_WORLD, &requests[0]);
        MPI_Isend(out, LENGTH, MPI_BYTE, rank ^ 1, round, MPI_COMM_WORLD, &requests[1]);
        MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
        sum = sum * 31 + checksum(in, LENGTH);
    }
    say("sum %016llx", (unsigned long long)sum);
    return end();
}
