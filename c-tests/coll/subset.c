/* Collectives in parts of the world at the same time, in other orders. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Comm parts[3];
    int i, round, value, sum, total = 0;
    begin(&argc, &argv);
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &parts[0]);
    MPI_Comm_split(MPI_COMM_WORLD, rank < 2, -rank, &parts[1]);
    MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &parts[2]);
    for (round = 0; round < 100; round++)
        for (i = 0; i < 3; i++) {
            value = rank + round;
            MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, parts[i]);
            total = (total * 31 + sum) % 1000003;
            MPI_Bcast(&value, 1, MPI_INT, 0, parts[i]);
            total = (total * 31 + value) % 1000003;
        }
    for (i = 0; i < 3; i++)
        MPI_Comm_free(&parts[i]);
    say("%d", total);
    return end();
}
