/* A mini-application: heat in a plate by Jacobi's method on a grid of ranks,
 * halos exchanged in every step, a residual reduced in every tenth.
 *
 *     stencil [POINTS [STEPS]]
 *
 * The plate has POINTS x POINTS (512) points, cut into blocks, and STEPS (200) are
 * made. Every temperature at the end is compared with that of a plate computed by
 * rank 0 alone: the same operations, so equal to the last bit. */
#include "lib.h"

static double *now, *next;
static int rows, columns;

static double *at(double *grid, int row, int column)
{
    return grid + (long)row * (columns + 2) + column;
}

/* The edge of the plate: hot at the top, colder along the sides. */
static double edge(int row, int column, int points)
{
    if (row < 0)
        return 100.0;
    if (column < 0 || column >= points)
        return 25.0 * row / points;
    return 0.0;
}

static void dress(double *grid, int first_row, int first_column, int points)
{
    int row, column;
    for (row = 0; row < rows + 2; row++)
        for (column = 0; column < columns + 2; column++) {
            int r = first_row + row - 1, c = first_column + column - 1;
            int outside = r < 0 || r >= points || c < 0 || c >= points;
            *at(grid, row, column) = outside ? edge(r, c, points) : 0.0;
        }
}

static double step(void)
{
    double change = 0;
    int row, column;
    for (row = 1; row <= rows; row++)
        for (column = 1; column <= columns; column++) {
            double old = *at(now, row, column), new;
            new = 0.25 * (*at(now, row - 1, column) + *at(now, row + 1, column) +
                          *at(now, row, column - 1) + *at(now, row, column + 1));
            *at(next, row, column) = new;
            change += (new - old) * (new - old);
        }
    return change;
}

static void swap(void)
{
    double *former = now;
    now = next;
    next = former;
}

/* This rank's part of `points`: first index, and how many. */
static int share(int points, int parts, int part, int *first)
{
    int each = points / parts, more = points % parts;
    *first = part * each + (part < more ? part : more);
    return each + (part < more);
}

static void allocate(void)
{
    size_t bytes = (size_t)(rows + 2) * (columns + 2) * sizeof(double);
    now = memory(bytes);
    next = memory(bytes);
}

int main(int argc, char **argv)
{
    int points, steps, dims[2] = { 0, 0 }, periods[2] = { 0, 0 }, place[2], first[2];
    int up, down, west, east, i, row, column;
    double change = 0, all, *times, *whole = NULL;
    MPI_Comm grid;
    MPI_Datatype side;

    begin(&argc, &argv);
    points = argc > 1 ? atoi(argv[1]) : 512;
    steps = argc > 2 ? atoi(argv[2]) : 200;
    MPI_Dims_create(size, 2, dims);
    MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &grid);
    MPI_Cart_coords(grid, rank, 2, place);
    MPI_Cart_shift(grid, 0, 1, &up, &down);
    MPI_Cart_shift(grid, 1, 1, &west, &east);
    rows = share(points, dims[0], place[0], &first[0]);
    columns = share(points, dims[1], place[1], &first[1]);
    allocate();
    dress(now, first[0], first[1], points);
    dress(next, first[0], first[1], points);
    MPI_Type_vector(rows, 1, columns + 2, MPI_DOUBLE, &side);
    MPI_Type_commit(&side);

    times = memory(steps * sizeof(double));
    MPI_Barrier(grid);
    for (i = 0; i < steps; i++) {
        double start = MPI_Wtime();
        MPI_Request halo[8];
        MPI_Irecv(at(now, 0, 1), columns, MPI_DOUBLE, up, 1, grid, &halo[0]);
        MPI_Irecv(at(now, rows + 1, 1), columns, MPI_DOUBLE, down, 2, grid, &halo[1]);
        MPI_Irecv(at(now, 1, 0), 1, side, west, 3, grid, &halo[2]);
        MPI_Irecv(at(now, 1, columns + 1), 1, side, east, 4, grid, &halo[3]);
        MPI_Isend(at(now, 1, 1), columns, MPI_DOUBLE, up, 2, grid, &halo[4]);
        MPI_Isend(at(now, rows, 1), columns, MPI_DOUBLE, down, 1, grid, &halo[5]);
        MPI_Isend(at(now, 1, 1), 1, side, west, 4, grid, &halo[6]);
        MPI_Isend(at(now, 1, columns), 1, side, east, 3, grid, &halo[7]);
        MPI_Waitall(8, halo, MPI_STATUSES_IGNORE);
        change = step();
        swap();
        if (i % 10 == 9)
            MPI_Allreduce(&change, &all, 1, MPI_DOUBLE, MPI_SUM, grid);
        times[i] = MPI_Wtime() - start;
    }
    /* Of each step the slowest rank's time. */
    MPI_Reduce(rank == 0 ? MPI_IN_PLACE : times, times, steps, MPI_DOUBLE, MPI_MAX, 0, grid);
    print_times("stencil", points, times, steps);

    /* The parts, row by row, to rank 0, which has computed the whole alone. */
    if (rank != 0) {
        for (row = 1; row <= rows; row++)
            MPI_Send(at(now, row, 1), columns, MPI_DOUBLE, 0, 5, grid);
    } else {
        int from, wrong = 0;
        whole = memory((size_t)points * points * sizeof(double));
        for (from = 0; from < size; from++) {
            int r0, c0, its[2], n, m;
            MPI_Cart_coords(grid, from, 2, its);
            n = share(points, dims[0], its[0], &r0);
            m = share(points, dims[1], its[1], &c0);
            for (row = 0; row < n; row++) {
                double *target = whole + (long)(r0 + row) * points + c0;
                if (from == 0)
                    memcpy(target, at(now, row + 1, 1), m * sizeof(double));
                else
                    MPI_Recv(target, m, MPI_DOUBLE, from, 5, grid, MPI_STATUS_IGNORE);
            }
        }
        rows = columns = points;
        allocate();
        dress(now, 0, 0, points);
        dress(next, 0, 0, points);
        for (i = 0; i < steps; i++) {
            step();
            swap();
        }
        for (row = 0; row < points; row++)
            for (column = 0; column < points; column++)
                wrong += whole[(long)row * points + column] != *at(now, row + 1, column + 1);
        if (wrong)
            fail("stencil", wrong);
    }
    MPI_Type_free(&side);
    MPI_Comm_free(&grid);
    return end();
}
