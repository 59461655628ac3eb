/* Wait and test on one request: null, active, finished; statuses empty or not. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Status status;
    int flag = 0, value = 0, peer, got = -1;

    begin(&argc, &argv);
    peer = rank ^ 1;
    MPI_Wait(&request, &status);
    say_status("wait for null", &status, MPI_INT);
    MPI_Test(&request, &flag, &status);
    say_status(flag ? "test of null" : "null is not done", &status, MPI_INT);
    MPI_Request_get_status(request, &flag, &status);
    say_status(flag ? "status of null" : "null is not done", &status, MPI_INT);

    MPI_Irecv(&got, 1, MPI_INT, peer, 1, MPI_COMM_WORLD, &request);
    MPI_Test(&request, &flag, &status);
    say("not yet: flag %d, request there %d", !!flag, request != MPI_REQUEST_NULL);
    MPI_Barrier(MPI_COMM_WORLD);
    value = rank + 70;
    MPI_Send(&value, 1, MPI_INT, peer, 1, MPI_COMM_WORLD);
    flag = 0;
    while (!flag)
        MPI_Request_get_status(request, &flag, &status);
    say("status without freeing: request there %d, value %d", request != MPI_REQUEST_NULL, got);
    MPI_Test(&request, &flag, &status);
    say_status("test", &status, MPI_INT);
    say("flag %d, request gone %d", !!flag, request == MPI_REQUEST_NULL);

    /* A send request freed before its time still delivers. */
    value = rank + 90;
    MPI_Isend(&value, 1, MPI_INT, peer, 2, MPI_COMM_WORLD, &request);
    MPI_Request_free(&request);
    say("freed: %d", request == MPI_REQUEST_NULL);
    MPI_Recv(&got, 1, MPI_INT, peer, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    say("it came: %d", got);
    MPI_Barrier(MPI_COMM_WORLD);
    return end();
}
