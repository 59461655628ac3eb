/* MPI_Request_get_status: the truth, as often as one asks, and no end of it. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int value = -1, flag, i, from, to;
    MPI_Request request = MPI_REQUEST_NULL, persistent;
    MPI_Status status;

    begin(&argc, &argv);
    to = (rank + 1) % size;
    from = (rank + size - 1) % size;
    MPI_Request_get_status(request, &flag, &status);
    say("null: %d", flag);
    say_status("null", &status, MPI_INT);
    MPI_Irecv(&value, 1, MPI_INT, from, 1, MPI_COMM_WORLD, &request);
    MPI_Request_get_status(request, &flag, &status);
    say("nothing was sent: %d", flag);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Send(&rank, 1, MPI_INT, to, 1, MPI_COMM_WORLD);
    do
        MPI_Request_get_status(request, &flag, &status);
    while (!flag);
    for (i = 0; i < 2; i++) {
        MPI_Request_get_status(request, &flag, &status);
        say("received: %d, value %d, request null %d", flag, value, request == MPI_REQUEST_NULL);
        say_status("received", &status, MPI_INT);
    }
    MPI_Wait(&request, &status);
    say_status("waited", &status, MPI_INT);
    MPI_Send_init(&rank, 1, MPI_INT, to, 2, MPI_COMM_WORLD, &persistent);
    MPI_Request_get_status(persistent, &flag, &status);
    say("inactive: %d", flag);
    MPI_Start(&persistent);
    MPI_Recv(&value, 1, MPI_INT, from, 2, MPI_COMM_WORLD, &status);
    do
        MPI_Request_get_status(persistent, &flag, MPI_STATUS_IGNORE);
    while (!flag);
    MPI_Wait(&persistent, &status);
    say("started again: %d", value);
    MPI_Start(&persistent);
    MPI_Recv(&value, 1, MPI_INT, from, 2, MPI_COMM_WORLD, &status);
    MPI_Wait(&persistent, MPI_STATUS_IGNORE);
    MPI_Request_free(&persistent);
    say("null %d", persistent == MPI_REQUEST_NULL);
    return end();
}
