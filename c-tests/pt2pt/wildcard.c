/* Any source, any tag, and both; the status says whose and which it was. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int value, from, round, got[64], seen;
    MPI_Status status;

    begin(&argc, &argv);
    /* By any source: each rank once, in any order. */
    value = 100 + rank;
    if (rank == 0) {
        memset(got, 0, sizeof got);
        for (from = 1; from < size; from++) {
            MPI_Recv(&value, 1, MPI_INT, MPI_ANY_SOURCE, 1, MPI_COMM_WORLD, &status);
            must(value == 100 + status.MPI_SOURCE && status.MPI_TAG == 1);
            got[status.MPI_SOURCE]++;
        }
        for (from = 1; from < size; from++)
            say("any source: rank %d came %d times", from, got[from]);
    } else
        MPI_Send(&value, 1, MPI_INT, 0, 1, MPI_COMM_WORLD);

    /* By any tag: one sender's messages come in order. */
    if (rank == 0)
        for (from = 1; from < size; from++)
            for (round = 0; round < 5; round++) {
                MPI_Recv(&value, 1, MPI_INT, from, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
                say("any tag: %d with tag %d from %d", value, status.MPI_TAG, status.MPI_SOURCE);
            }
    else
        for (round = 0; round < 5; round++) {
            value = 10 * rank + round;
            MPI_Send(&value, 1, MPI_INT, 0, 50 - 7 * round, MPI_COMM_WORLD);
        }

    /* A posted wildcard takes the first message, a later exact one the next. */
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) {
        MPI_Request requests[3];
        int values[3];
        MPI_Status statuses[3];
        MPI_Irecv(&values[0], 1, MPI_INT, 1, 7, MPI_COMM_WORLD, &requests[0]);
        MPI_Irecv(&values[1], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &requests[1]);
        MPI_Irecv(&values[2], 1, MPI_INT, 1, MPI_ANY_TAG, MPI_COMM_WORLD, &requests[2]);
        MPI_Send(&value, 1, MPI_INT, 1, 0, MPI_COMM_WORLD);
        MPI_Waitall(3, requests, statuses);
        for (seen = 0; seen < 3; seen++)
            say("receive %d: %d with tag %d", seen, values[seen], statuses[seen].MPI_TAG);
    } else if (rank == 1) {
        int tags[3] = { 8, 9, 7 };
        MPI_Recv(&value, 1, MPI_INT, 0, 0, MPI_COMM_WORLD, &status);
        for (round = 0; round < 3; round++) {
            value = 1000 + round;
            MPI_Send(&value, 1, MPI_INT, 0, tags[round], MPI_COMM_WORLD);
        }
    }
    return end();
}
