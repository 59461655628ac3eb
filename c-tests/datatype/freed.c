/* A type may be freed while a message with it is on its way. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    enum { N = 200000 };
    int *words = calloc(2 * N, sizeof(int)), i;
    MPI_Datatype spread, other[50];
    MPI_Request request;

    begin(&argc, &argv);
    MPI_Type_vector(N, 1, 2, MPI_INT, &spread);
    MPI_Type_commit(&spread);
    if (rank == 0) {
        for (i = 0; i < 2 * N; i++)
            words[i] = i;
        MPI_Isend(words, 1, spread, 1, 0, MPI_COMM_WORLD, &request);
    } else
        MPI_Irecv(words, 1, spread, 0, 0, MPI_COMM_WORLD, &request);
    MPI_Type_free(&spread);
    /* New types may get the old one's handle. */
    for (i = 0; i < 50; i++)
        MPI_Type_contiguous(i + 1, MPI_INT, &other[i]);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    for (i = 0; i < 50; i++)
        MPI_Type_free(&other[i]);
    say("%016llx", (unsigned long long)checksum(words, 2 * N * sizeof(int)));
    return end();
}
