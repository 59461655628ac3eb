/* A profiling tool: stands before the library, counts, passes on. */
#include <mpi.h>
#include <stdio.h>

static int calls;

int MPI_Comm_rank(MPI_Comm comm, int *rank) {
    calls++;
    return PMPI_Comm_rank(comm, rank);
}

int MPI_Finalize(void) {
    printf("tool saw MPI_Comm_rank %d times\n", calls);
    return PMPI_Finalize();
}
