/* Collectives of nothing. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int counts[16] = { 0 }, places[16] = { 0 }, word = 5, out = 6, i;
    begin(&argc, &argv);
    for (i = 0; i < 5; i++) {
        MPI_Bcast(NULL, 0, MPI_INT, 0, MPI_COMM_WORLD);
        MPI_Reduce(NULL, NULL, 0, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
        MPI_Allreduce(&word, &out, 0, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        MPI_Gather(&word, 0, MPI_INT, &out, 0, MPI_INT, 0, MPI_COMM_WORLD);
        MPI_Scatter(&word, 0, MPI_INT, &out, 0, MPI_INT, 0, MPI_COMM_WORLD);
        MPI_Allgather(&word, 0, MPI_INT, &out, 0, MPI_INT, MPI_COMM_WORLD);
        MPI_Alltoall(&word, 0, MPI_INT, &out, 0, MPI_INT, MPI_COMM_WORLD);
        MPI_Alltoallv(&word, counts, places, MPI_INT, &out, counts, places, MPI_INT, MPI_COMM_WORLD);
        MPI_Allgatherv(&word, 0, MPI_INT, &out, counts, places, MPI_INT, MPI_COMM_WORLD);
        MPI_Reduce_scatter(&word, &out, counts, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        MPI_Scan(&word, &out, 0, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    }
    say("untouched: %d %d", word, out);
    return end();
}
