/* Communicators are separate worlds: same ranks, same tags, other messages. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Comm first, second;
    int values[3] = { 0, 0, 0 }, flag, i;
    MPI_Status status;

    begin(&argc, &argv);
    MPI_Comm_dup(MPI_COMM_WORLD, &first);
    MPI_Comm_dup(first, &second);
    if (rank == 0) {
        int out[3] = { 1, 2, 3 };
        MPI_Send(&out[0], 1, MPI_INT, 1, 0, MPI_COMM_WORLD);
        MPI_Send(&out[1], 1, MPI_INT, 1, 0, first);
        MPI_Send(&out[2], 1, MPI_INT, 1, 0, second);
        MPI_Recv(&values[0], 1, MPI_INT, 1, 1, second, &status);
    } else if (rank == 1) {
        MPI_Recv(&values[2], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, second, &status);
        MPI_Recv(&values[1], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, first, &status);
        MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, first, &flag, &status);
        say("anything left in the first: %d", !!flag);
        MPI_Recv(&values[0], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
        MPI_Send(&values[0], 1, MPI_INT, 0, 1, second);
    }
    for (i = 0; i < 3; i++)
        say("%d", values[i]);
    MPI_Comm_free(&first);
    MPI_Comm_free(&second);
    return end();
}
