/* A mini-application: transposing a matrix that is spread over the ranks by
 * rows, as a two-dimensional Fourier transform does between its passes.
 *
 *     transpose [ORDER [REPEATS]]
 *
 * Each rank owns ORDER/size rows (ORDER, 1024, is rounded down to a multiple of
 * the ranks). One MPI_Alltoallw moves blocks that a derived type reads column by
 * column, so packing, sealing and sending are one thing to the library. */
#include "lib.h"

int main(int argc, char **argv)
{
    int order, repeats, each, i, other, row, column;
    int *counts, *from, *to;
    double *matrix, *turned, *times;
    MPI_Datatype block, stretched, *send, *receive;
    MPI_Datatype rows_in;

    begin(&argc, &argv);
    order = (argc > 1 ? atoi(argv[1]) : 1024) / size * size;
    repeats = argc > 2 ? atoi(argv[2]) : 20;
    each = order / size;
    matrix = memory((size_t)each * order * sizeof(double));
    turned = memory((size_t)each * order * sizeof(double));
    times = memory(repeats * sizeof(double));
    counts = memory(size * sizeof(int));
    from = memory(size * sizeof(int));
    to = memory(size * sizeof(int));
    send = memory(size * sizeof(MPI_Datatype));
    receive = memory(size * sizeof(MPI_Datatype));

    /* A block read column by column: `each` columns of `each` elements. */
    MPI_Type_vector(each, 1, order, MPI_DOUBLE, &block);
    MPI_Type_create_resized(block, 0, sizeof(double), &stretched);
    MPI_Type_contiguous(each, stretched, &send[0]);
    MPI_Type_commit(&send[0]);
    /* The same block row by row. */
    MPI_Type_vector(each, each, order, MPI_DOUBLE, &rows_in);
    MPI_Type_commit(&rows_in);
    for (other = 0; other < size; other++) {
        counts[other] = 1;
        from[other] = to[other] = other * each * (int)sizeof(double);
        send[other] = send[0];
        receive[other] = rows_in;
    }
    for (row = 0; row < each; row++)
        for (column = 0; column < order; column++)
            matrix[(long)row * order + column] = (double)(rank * each + row) * order + column;

    MPI_Barrier(MPI_COMM_WORLD);
    for (i = 0; i < repeats; i++) {
        double start = MPI_Wtime();
        MPI_Alltoallw(matrix, counts, from, send, turned, counts, to, receive, MPI_COMM_WORLD);
        times[i] = MPI_Wtime() - start;
    }
    MPI_Reduce(rank == 0 ? MPI_IN_PLACE : times, times, repeats, MPI_DOUBLE, MPI_MAX, 0,
               MPI_COMM_WORLD);
    for (row = 0; row < each; row++)
        for (column = 0; column < order; column++)
            if (turned[(long)row * order + column] != (double)column * order + rank * each + row)
                fail("transpose", (long)row * order + column);
    print_times("transpose", order, times, repeats);
    MPI_Type_free(&send[0]);
    MPI_Type_free(&rows_in);
    MPI_Type_free(&stretched);
    MPI_Type_free(&block);
    return end();
}
