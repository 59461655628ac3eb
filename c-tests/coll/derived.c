/* Collectives on derived types, another type on each side. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    enum { N = 40 };
    int matrix[N * N], row[N * N], root, i;
    MPI_Datatype column, columns, gaps;

    begin(&argc, &argv);
    MPI_Type_vector(N, 1, N, MPI_INT, &column);
    MPI_Type_create_resized(column, 0, sizeof(int), &columns);
    MPI_Type_create_resized(MPI_INT, 0, 12, &gaps);
    MPI_Type_commit(&columns);
    MPI_Type_commit(&gaps);
    for (root = 0; root < size; root++) {
        fill(matrix, sizeof matrix, rank + root);
        MPI_Bcast(matrix, 2, columns, root, MPI_COMM_WORLD);
        say("bcast: %016llx", (unsigned long long)checksum(matrix, sizeof matrix));
        fill(matrix, sizeof matrix, rank + root);
        memset(row, 0, sizeof row);
        MPI_Gather(matrix + rank, 1, columns, row, N, MPI_INT, root, MPI_COMM_WORLD);
        say("gather: %016llx", (unsigned long long)checksum(row, sizeof row));
        memset(matrix, 0, sizeof matrix);
        MPI_Scatter(row, N, MPI_INT, matrix + 3, 1, columns, root, MPI_COMM_WORLD);
        say("scatter: %016llx", (unsigned long long)checksum(matrix, sizeof matrix));
    }
    for (i = 0; i < N * N; i++)
        row[i] = rank * 10000 + i;
    memset(matrix, 0, sizeof matrix);
    MPI_Allgather(row, N, MPI_INT, matrix, 1, columns, MPI_COMM_WORLD);
    say("allgather: %016llx", (unsigned long long)checksum(matrix, sizeof matrix));
    memset(matrix, 0, sizeof matrix);
    MPI_Alltoall(row, N, MPI_INT, matrix, 1, columns, MPI_COMM_WORLD);
    say("alltoall: %016llx", (unsigned long long)checksum(matrix, sizeof matrix));
    memset(matrix, 0, sizeof matrix);
    MPI_Alltoall(row, 2, gaps, matrix, 2, MPI_INT, MPI_COMM_WORLD);
    say("alltoall with gaps: %016llx", (unsigned long long)checksum(matrix, sizeof matrix));
    MPI_Type_free(&column);
    MPI_Type_free(&columns);
    MPI_Type_free(&gaps);
    return end();
}
