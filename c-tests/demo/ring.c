/* A token goes round the ranks, with a canary text, and gathers their numbers. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    struct { char canary[40]; long long sum; int hops; } token = { "CANARY-the-plate-glows-in-the-dark-7f3a", 0, 0 };
    int round;
    begin(&argc, &argv);
    for (round = 0; round < 50; round++) {
        if (rank > 0 || round > 0)
            MPI_Recv(&token, sizeof token, MPI_BYTE, (rank + size - 1) % size, round - (rank == 0), MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        token.sum += rank + 1;
        token.hops++;
        MPI_Send(&token, sizeof token, MPI_BYTE, (rank + 1) % size, round, MPI_COMM_WORLD);
    }
    if (rank == 0) {
        MPI_Recv(&token, sizeof token, MPI_BYTE, size - 1, 49, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        say("after %d hops: %lld, %s", token.hops, token.sum, token.canary);
    }
    return end();
}
