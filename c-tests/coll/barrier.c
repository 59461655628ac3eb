/* Nobody leaves before the last one has come. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int round, value, in, total = 0, from;
    begin(&argc, &argv);
    for (round = 0; round < 30; round++) {
        /* The messages before the barrier are there after it. */
        int flag = 0;
        MPI_Request request;
        value = round;
        MPI_Isend(&value, 1, MPI_INT, (rank + 1) % size, round, MPI_COMM_WORLD, &request);
        if (round % size == rank) {
            double start = MPI_Wtime();
            while (MPI_Wtime() - start < 0.001)
                ;
        }
        MPI_Barrier(MPI_COMM_WORLD);
        from = (rank + size - 1) % size;
        while (!flag)
            MPI_Iprobe(from, round, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
        MPI_Recv(&in, 1, MPI_INT, from, round, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        total += in;
    }
    say("%d", total);
    return end();
}
