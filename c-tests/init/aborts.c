/* MPI_Abort ends the job with its code, though another rank waits for ever. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int nothing;
    begin(&argc, &argv);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == size - 1)
        MPI_Abort(MPI_COMM_WORLD, 7);
    MPI_Recv(&nothing, 1, MPI_INT, size - 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return end();
}
