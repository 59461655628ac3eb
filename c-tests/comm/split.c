/* Splits by colour and key: orders, ties, ranks that belong to none. */
#include "../lib/story.h"

static void look(const char *name, MPI_Comm comm)
{
    int its_rank, its_size, sum = 0, first = -1;
    if (comm == MPI_COMM_NULL) {
        say("%s: in none", name);
        return;
    }
    MPI_Comm_rank(comm, &its_rank);
    MPI_Comm_size(comm, &its_size);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, comm);
    if (its_rank == 0)
        first = rank;
    MPI_Bcast(&first, 1, MPI_INT, 0, comm);
    say("%s: rank %d of %d, led by %d, ranks sum to %d", name, its_rank, its_size, first, sum);
    MPI_Comm_free(&comm);
}

int main(int argc, char **argv)
{
    MPI_Comm comm;
    begin(&argc, &argv);
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &comm);
    look("odd and even", comm);
    MPI_Comm_split(MPI_COMM_WORLD, 7, -rank, &comm);
    look("reversed", comm);
    MPI_Comm_split(MPI_COMM_WORLD, 0, 0, &comm);
    look("same key", comm);
    MPI_Comm_split(MPI_COMM_WORLD, rank == 0 ? MPI_UNDEFINED : 1, (rank * 3) % size, &comm);
    look("without rank 0", comm);
    MPI_Comm_split(MPI_COMM_WORLD, rank, 0, &comm);
    look("each alone", comm);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, size - rank, MPI_INFO_NULL, &comm);
    must(comm != MPI_COMM_NULL);
    MPI_Comm_free(&comm);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_UNDEFINED, 0, MPI_INFO_NULL, &comm);
    look("of no type", comm);
    return end();
}
