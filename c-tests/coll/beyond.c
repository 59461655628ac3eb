/* What does not exist between two sides, and wrong roots there. */
#include "../lib/story.h"

#define TRY(call) say("%s: %s", #call, class_name(call))

int main(int argc, char **argv)
{
    int a[8] = { 0 }, b[8] = { 0 }, low;
    MPI_Comm half, inter;

    begin(&argc, &argv);
    low = rank == 0;
    MPI_Comm_split(MPI_COMM_WORLD, low, 0, &half);
    MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, low ? 1 : 0, 1, &inter);
    MPI_Comm_set_errhandler(inter, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(half, MPI_ERRORS_RETURN);
    TRY(MPI_Scan(a, b, 1, MPI_INT, MPI_SUM, inter));
    TRY(MPI_Exscan(a, b, 1, MPI_INT, MPI_SUM, inter));
    TRY(MPI_Bcast(a, 1, MPI_INT, size + 1, inter));
    TRY(MPI_Gather(a, 1, MPI_INT, b, 1, MPI_INT, size + 1, inter));
    TRY(MPI_Barrier(inter));
    MPI_Comm_free(&inter);
    MPI_Comm_free(&half);
    return end();
}
