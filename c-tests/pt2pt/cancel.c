/* A receive that nothing matches can be cancelled; one that was matched not. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Request request;
    MPI_Status status;
    int value = -1, flag = -1, number = 77;

    begin(&argc, &argv);
    MPI_Irecv(&value, 1, MPI_INT, MPI_ANY_SOURCE, 9, MPI_COMM_WORLD, &request);
    MPI_Cancel(&request);
    MPI_Wait(&request, &status);
    MPI_Test_cancelled(&status, &flag);
    say("cancelled %d, request gone %d, value %d", !!flag, request == MPI_REQUEST_NULL, value);

    /* The next message goes to the next receive, not to the cancelled one. */
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0)
        MPI_Send(&number, 1, MPI_INT, 1, 9, MPI_COMM_WORLD);
    if (rank == 1) {
        MPI_Recv(&value, 1, MPI_INT, MPI_ANY_SOURCE, 9, MPI_COMM_WORLD, &status);
        MPI_Test_cancelled(&status, &flag);
        say("then received %d, cancelled %d", value, !!flag);
    }
    if (rank == 1) {
        MPI_Irecv(&value, 1, MPI_INT, 0, 10, MPI_COMM_WORLD, &request);
        MPI_Send(&number, 1, MPI_INT, 0, 11, MPI_COMM_WORLD);
        MPI_Recv(&number, 1, MPI_INT, 0, 12, MPI_COMM_WORLD, &status);
        /* Tag 10 was sent before tag 12: it has been matched. */
        MPI_Cancel(&request);
        MPI_Wait(&request, &status);
        MPI_Test_cancelled(&status, &flag);
        say("too late: cancelled %d value %d", !!flag, value);
    }
    if (rank == 0) {
        MPI_Recv(&value, 1, MPI_INT, 1, 11, MPI_COMM_WORLD, &status);
        value = 123;
        MPI_Send(&value, 1, MPI_INT, 1, 10, MPI_COMM_WORLD);
        MPI_Send(&number, 1, MPI_INT, 1, 12, MPI_COMM_WORLD);
    }
    return end();
}
