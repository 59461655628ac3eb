/* Each function has a PMPI_ twin that does the same, and both may be taken by
 * address. */
#include <mpi.h>
#include <stdio.h>

int main(int argc, char **argv) {
    int rank = -1, twin = -1, size = 0, agree, all = 0;
    int (*by_address)(MPI_Comm, int *) = PMPI_Comm_size;

    PMPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    PMPI_Comm_rank(MPI_COMM_WORLD, &twin);
    by_address(MPI_COMM_WORLD, &size);
    agree = rank == twin && rank < size;
    /* One rank speaks: launchers tear lines of several. */
    PMPI_Reduce(&agree, &all, 1, MPI_INT, MPI_MIN, 0, MPI_COMM_WORLD);
    if (rank == 0)
        printf("%s\n", all ? "twins agree" : "twins differ");
    MPI_Finalize();
    return 0;
}
