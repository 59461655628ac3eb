/* Alltoallw: another type for every pair of ranks. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int counts[16], send_places[16], receive_places[16], i;
    MPI_Datatype send_types[16], receive_types[16], column;
    int matrix[16 * 16];
    double in[16 * 16];

    begin(&argc, &argv);
    MPI_Type_vector(6, 1, 6, MPI_INT, &column);
    MPI_Type_commit(&column);
    for (i = 0; i < size; i++) {
        /* Column i of my matrix becomes six ints in a row at rank i. */
        counts[i] = 1;
        send_places[i] = i * sizeof(int);
        send_types[i] = column;
        receive_places[i] = i * 64;
        MPI_Type_contiguous(6, MPI_INT, &receive_types[i]);
        MPI_Type_commit(&receive_types[i]);
    }
    for (i = 0; i < 36; i++)
        matrix[i] = rank * 1000 + i;
    memset(in, 0, sizeof in);
    MPI_Alltoallw(matrix, counts, send_places, send_types, in, counts, receive_places, receive_types, MPI_COMM_WORLD);
    for (i = 0; i < size; i++) {
        int *row = (int *)((char *)in + i * 64);
        say("from %d: %d %d ... %d then %d", i, row[0], row[1], row[5], row[6]);
        MPI_Type_free(&receive_types[i]);
    }
    MPI_Type_free(&column);
    return end();
}
