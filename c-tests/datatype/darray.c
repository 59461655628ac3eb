/* The pieces of distributed arrays, seen from every process of the grid. */
#include "../lib/layout.h"

static void deal(const char *name, int ndims, const int *sizes, const int *distribs, const int *dargs,
    const int *psizes, int order, MPI_Datatype old)
{
    int processes = 1, i, p, bytes, position;
    MPI_Aint lb, extent;
    unsigned char from[8192], packed[8192];
    for (i = 0; i < ndims; i++)
        processes *= psizes[i];
    fill(from, sizeof from, 5);
    for (p = 0; p < processes; p++) {
        MPI_Datatype type;
        char line[80];
        MPI_Type_create_darray(processes, p, ndims, sizes, distribs, dargs, psizes, order, old, &type);
        MPI_Type_commit(&type);
        sprintf(line, "%s, process %d", name, p);
        MPI_Type_size(type, &bytes);
        MPI_Type_get_extent(type, &lb, &extent);
        say("%s: size %d lb %ld extent %ld", line, bytes, (long)lb, (long)extent);
        position = 0;
        MPI_Pack(from, 1, type, packed, sizeof packed, &position, MPI_COMM_WORLD);
        say("  %d bytes %016llx", position, (unsigned long long)checksum(packed, position));
        MPI_Type_free(&type);
    }
}

int main(int argc, char **argv)
{
    int sizes[] = { 7, 9, 4 }, grid[] = { 2, 3, 1 }, line[] = { 3 };
    int block[] = { MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_NONE };
    int cyclic[] = { MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_NONE };
    int mixed[] = { MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_NONE };
    int usual[] = { MPI_DISTRIBUTE_DFLT_DARG, MPI_DISTRIBUTE_DFLT_DARG, MPI_DISTRIBUTE_DFLT_DARG };
    int own[] = { 2, 3, MPI_DISTRIBUTE_DFLT_DARG };

    begin(&argc, &argv);
    deal("blocks", 3, sizes, block, usual, grid, MPI_ORDER_C, MPI_INT);
    deal("blocks, Fortran", 3, sizes, block, usual, grid, MPI_ORDER_FORTRAN, MPI_INT);
    deal("cyclic", 3, sizes, cyclic, usual, grid, MPI_ORDER_C, MPI_DOUBLE);
    deal("cyclic by two and three", 3, sizes, cyclic, own, grid, MPI_ORDER_C, MPI_INT);
    deal("cyclic by two and three, Fortran", 3, sizes, cyclic, own, grid, MPI_ORDER_FORTRAN, MPI_SHORT);
    deal("mixed", 3, sizes, mixed, own, grid, MPI_ORDER_FORTRAN, MPI_INT);
    deal("a line", 1, sizes, cyclic, own, line, MPI_ORDER_C, MPI_INT);
    return end();
}
