/* Sent in one layout, received in another of the same signature. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    enum { N = 60 };
    static int matrix[N][N], other[N][N];
    MPI_Datatype column, columns, triangle;
    int lengths[N], starts[N], i, j, total = 0;
    MPI_Status status;

    begin(&argc, &argv);
    MPI_Type_vector(N, 1, N, MPI_INT, &column);
    MPI_Type_create_resized(column, 0, sizeof(int), &columns);
    for (i = 0; i < N; i++) {
        lengths[i] = i + 1;
        starts[i] = i * N;
        total += i + 1;
    }
    MPI_Type_indexed(N, lengths, starts, MPI_INT, &triangle);
    MPI_Type_commit(&columns);
    MPI_Type_commit(&triangle);
    for (i = 0; i < N; i++)
        for (j = 0; j < N; j++)
            matrix[i][j] = i * 1000 + j;
    if (rank == 0) {
        MPI_Send(matrix, N * N, MPI_INT, 1, 0, MPI_COMM_WORLD);
        MPI_Send(matrix, 1, triangle, 1, 1, MPI_COMM_WORLD);
        MPI_Ssend(matrix, N, columns, 1, 2, MPI_COMM_WORLD);
    } else {
        MPI_Recv(other, N, columns, 0, 0, MPI_COMM_WORLD, &status);
        for (i = 0; i < N; i++)
            for (j = 0; j < N; j++)
                must(other[j][i] == matrix[i][j]);
        say("transposed on the way in: %016llx", (unsigned long long)checksum(other, sizeof other));
        memset(other, 0, sizeof other);
        MPI_Recv(other, total, MPI_INT, 0, 1, MPI_COMM_WORLD, &status);
        say("a triangle in a row: %016llx", (unsigned long long)checksum(other, sizeof other));
        memset(other, 0, sizeof other);
        MPI_Recv(other, N, columns, 0, 2, MPI_COMM_WORLD, &status);
        say("transposed twice: %d", memcmp(matrix, other, sizeof matrix) == 0);
    }
    MPI_Type_free(&column);
    MPI_Type_free(&columns);
    MPI_Type_free(&triangle);
    return end();
}
