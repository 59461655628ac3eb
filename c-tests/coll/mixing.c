/* Collectives amid point-to-point messages with wildcards on the same
 * communicator: neither takes the other's messages. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int round, value, in, sum, total = 0;
    MPI_Request request;
    MPI_Status status;
    begin(&argc, &argv);
    for (round = 0; round < 200; round++) {
        value = rank * 1000 + round;
        MPI_Irecv(&in, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &request);
        MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        MPI_Send(&value, 1, MPI_INT, (rank + 1) % size, round, MPI_COMM_WORLD);
        MPI_Bcast(&sum, 1, MPI_INT, round % size, MPI_COMM_WORLD);
        MPI_Wait(&request, &status);
        must(status.MPI_SOURCE == (rank + size - 1) % size && status.MPI_TAG == round);
        MPI_Barrier(MPI_COMM_WORLD);
        total = (total * 31 + in + sum) % 1000003;
    }
    say("%d", total);
    return end();
}
