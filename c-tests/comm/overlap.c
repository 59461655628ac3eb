/* A communicator freed while messages and requests on it are pending. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    enum { N = 200000 };
    int *out = malloc(N * sizeof(int)), *in = malloc(N * sizeof(int)), i;
    MPI_Comm comm;
    MPI_Request requests[2];

    begin(&argc, &argv);
    for (i = 0; i < N; i++)
        out[i] = rank * N + i;
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    MPI_Irecv(in, N, MPI_INT, (rank + 1) % size, 1, comm, &requests[0]);
    MPI_Isend(out, N, MPI_INT, (rank + size - 1) % size, 1, comm, &requests[1]);
    MPI_Comm_free(&comm);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    say("first %d last %d", in[0], in[N - 1]);
    return end();
}
