/* The part of a program that uses MPI, loaded when the program runs. */
#include <mpi.h>
#include <stdio.h>

void run(void) {
    int rank = -1;
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    printf("plugin has rank %d\n", rank);
    MPI_Finalize();
}
