/* Cartesian grids: sizes, places, neighbours, sub-grids, duplicates. */
#include "../lib/story.h"

static int or_null(int its_rank)
{
    return its_rank == MPI_PROC_NULL ? -1 : its_rank;
}

static void look(const char *name, MPI_Comm grid)
{
    int dims[3], periods[3], place[3], dimensions, direction, from, to, kind, back;

    MPI_Topo_test(grid, &kind);
    MPI_Cartdim_get(grid, &dimensions);
    MPI_Cart_get(grid, 3, dims, periods, place);
    MPI_Cart_rank(grid, place, &back);
    say("%s: a grid %d, of %d dimensions, my rank from my place %d", name, kind == MPI_CART,
        dimensions, back);
    for (direction = 0; direction < dimensions; direction++) {
        MPI_Cart_shift(grid, direction, 1, &from, &to);
        say("  %d: place %d of %d, %s, from %d to %d", direction, place[direction],
            dims[direction], periods[direction] ? "a ring" : "with ends", or_null(from),
            or_null(to));
    }
}

int main(int argc, char **argv)
{
    int dims[3] = { 0, 0, 0 }, periods[3] = { 1, 0, 1 }, keep[3] = { 1, 0, 1 }, kind, there, code;
    MPI_Comm grid, part, copy, one;

    begin(&argc, &argv);
    MPI_Dims_create(size, 3, dims);
    say0("sizes %d %d %d", dims[0], dims[1], dims[2]);
    MPI_Topo_test(MPI_COMM_WORLD, &kind);
    say0("world has none: %d", kind == MPI_UNDEFINED);

    MPI_Cart_create(MPI_COMM_WORLD, 3, dims, periods, 0, &grid);
    MPI_Comm_set_errhandler(grid, MPI_ERRORS_RETURN);
    look("grid", grid);
    MPI_Comm_dup(grid, &copy);
    look("copy", copy);
    MPI_Cart_sub(grid, keep, &part);
    look("part", part);

    /* One place for all the ranks. */
    dims[0] = 1;
    MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 0, &one);
    say("in the small one: %d", one != MPI_COMM_NULL);
    if (one != MPI_COMM_NULL)
        MPI_Comm_free(&one);

    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    dims[0] = size + 1;
    code = MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 0, &one);
    say("too large: %s", code == MPI_SUCCESS ? "success" : "an error");
    code = MPI_Cart_rank(MPI_COMM_WORLD, dims, &there);
    say("not a grid: %s", class_name(code));
    MPI_Comm_free(&part);
    MPI_Comm_free(&copy);
    MPI_Comm_free(&grid);
    return end();
}
