/* Messages of nothing are messages: matched, ordered and counted. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Status status;
    int to, from, value = 5, count;
    MPI_Request request;
    MPI_Datatype empty;

    begin(&argc, &argv);
    to = (rank + 1) % size;
    from = (rank + size - 1) % size;
    MPI_Isend(NULL, 0, MPI_INT, to, 1, MPI_COMM_WORLD, &request);
    MPI_Recv(NULL, 0, MPI_INT, from, 1, MPI_COMM_WORLD, &status);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    say_status("nothing", &status, MPI_INT);
    MPI_Isend(&value, 0, MPI_DOUBLE, to, 2, MPI_COMM_WORLD, &request);
    MPI_Recv(&value, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    say_status("room for one", &status, MPI_INT);
    say("untouched %d", value);
    MPI_Type_contiguous(0, MPI_INT, &empty);
    MPI_Type_commit(&empty);
    MPI_Isend(&value, 3, empty, to, 3, MPI_COMM_WORLD, &request);
    MPI_Recv(&value, 3, empty, from, 3, MPI_COMM_WORLD, &status);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Get_count(&status, MPI_INT, &count);
    say("three of an empty type: %d ints", count);
    MPI_Type_free(&empty);
    MPI_Issend(NULL, 0, MPI_BYTE, to, 4, MPI_COMM_WORLD, &request);
    MPI_Probe(from, 4, MPI_COMM_WORLD, &status);
    say_status("probed", &status, MPI_BYTE);
    MPI_Recv(NULL, 0, MPI_BYTE, from, 4, MPI_COMM_WORLD, &status);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    return end();
}
