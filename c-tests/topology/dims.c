/* Numbers of processes as grids. */
#include "../lib/story.h"

static void grid(int nodes, int count, int a, int b, int c, int d)
{
    int dims[4], code;
    dims[0] = a; dims[1] = b; dims[2] = c; dims[3] = d;
    code = MPI_Dims_create(nodes, count, dims);
    if (code != MPI_SUCCESS)
        say("%d in %d: %s", nodes, count, class_name(code));
    else if (count == 2)
        say("%d = %d x %d", nodes, dims[0], dims[1]);
    else if (count == 3)
        say("%d = %d x %d x %d", nodes, dims[0], dims[1], dims[2]);
    else
        say("%d = %d x %d x %d x %d", nodes, dims[0], dims[1], dims[2], dims[3]);
}

int main(int argc, char **argv)
{
    int nodes;
    begin(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    for (nodes = 1; nodes <= 64; nodes++)
        grid(nodes, 2, 0, 0, 0, 0);
    for (nodes = 60; nodes <= 5040; nodes += 60)
        grid(nodes, 3, 0, 0, 0, 0);
    grid(5040, 4, 0, 0, 0, 0);
    grid(590520, 4, 0, 0, 0, 0);
    grid(7488, 3, 0, 0, 0, 0);
    grid(24, 3, 0, 4, 0, 0);
    grid(24, 3, 2, 3, 4, 0);
    grid(24, 3, 0, 5, 0, 0);
    grid(24, 2, 3, 3, 0, 0);
    return end();
}
