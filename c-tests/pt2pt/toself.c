/* A rank's messages to itself, small, large, buffered and synchronous. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int *out = malloc(400000 * sizeof(int)), *in = malloc(400000 * sizeof(int)), i, flag, count;
    MPI_Request requests[2];
    MPI_Status status;

    begin(&argc, &argv);
    for (i = 0; i < 400000; i++)
        out[i] = i ^ rank;
    MPI_Isend(out, 10, MPI_INT, rank, 1, MPI_COMM_WORLD, &requests[0]);
    MPI_Recv(in, 10, MPI_INT, rank, 1, MPI_COMM_WORLD, &status);
    MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
    say("small: %d", memcmp(in, out, 40) == 0);
    MPI_Irecv(in, 400000, MPI_INT, MPI_ANY_SOURCE, 2, MPI_COMM_SELF, &requests[0]);
    MPI_Isend(out, 400000, MPI_INT, 0, 2, MPI_COMM_SELF, &requests[1]);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    say("large, on self: %d", memcmp(in, out, 1600000) == 0);
    MPI_Issend(out, 100, MPI_INT, rank, 3, MPI_COMM_WORLD, &requests[0]);
    MPI_Test(&requests[0], &flag, MPI_STATUS_IGNORE);
    say("synchronous before its receive: done %d", !!flag);
    MPI_Probe(rank, 3, MPI_COMM_WORLD, &status);
    MPI_Get_count(&status, MPI_INT, &count);
    memset(in, 0, 400);
    MPI_Recv(in, count, MPI_INT, rank, 3, MPI_COMM_WORLD, &status);
    MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
    say("synchronous: %d of %d", memcmp(in, out, 400) == 0, count);
    MPI_Sendrecv_replace(in, 100, MPI_INT, rank, 4, rank, 4, MPI_COMM_WORLD, &status);
    say("replaced by itself: %d", memcmp(in, out, 400) == 0);
    return end();
}
