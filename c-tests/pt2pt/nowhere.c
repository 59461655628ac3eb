/* MPI_PROC_NULL: sends vanish, receives return at once with an empty status. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Status status, statuses[2];
    int value = 42, other = 43, flag;
    MPI_Request requests[2];

    begin(&argc, &argv);
    MPI_Send(&value, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD);
    MPI_Ssend(&value, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD);
    MPI_Recv(&value, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &status);
    say_status("receive", &status, MPI_INT);
    MPI_Isend(&value, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &requests[0]);
    MPI_Irecv(&other, 1, MPI_INT, MPI_PROC_NULL, MPI_ANY_TAG, MPI_COMM_WORLD, &requests[1]);
    MPI_Waitall(2, requests, statuses);
    say_status("irecv", &statuses[1], MPI_INT);
    MPI_Sendrecv(&value, 1, MPI_INT, MPI_PROC_NULL, 1, &other, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &status);
    say_status("sendrecv", &status, MPI_INT);
    MPI_Iprobe(MPI_PROC_NULL, 1, MPI_COMM_WORLD, &flag, &status);
    say_status(flag ? "iprobe" : "no iprobe", &status, MPI_INT);
    say("untouched %d %d", value, other);
    return end();
}
