/* Communicators made from groups. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Group world, some, reversed, empty = MPI_GROUP_EMPTY;
    MPI_Comm comm;
    int picks[] = { 3, 0, 2 }, range[1][3], its_rank = -1, value, sum = 0;

    begin(&argc, &argv);
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_incl(world, 3, picks, &some);
    MPI_Comm_create(MPI_COMM_WORLD, some, &comm);
    if (comm == MPI_COMM_NULL)
        say("not in it");
    else {
        MPI_Comm_rank(comm, &its_rank);
        value = rank;
        MPI_Reduce(&value, &sum, 1, MPI_INT, MPI_SUM, 0, comm);
        say("rank %d of it, sum %d", its_rank, sum);
        MPI_Comm_free(&comm);
    }
    range[0][0] = size - 1;
    range[0][1] = 0;
    range[0][2] = -1;
    MPI_Group_range_incl(world, 1, range, &reversed);
    MPI_Comm_create(MPI_COMM_WORLD, reversed, &comm);
    MPI_Comm_rank(comm, &its_rank);
    say("reversed: rank %d", its_rank);
    MPI_Comm_free(&comm);
    MPI_Comm_create(MPI_COMM_WORLD, empty, &comm);
    say("of nobody: null %d", comm == MPI_COMM_NULL);
    if (rank == 0 || rank == 2 || rank == 3) {
        MPI_Comm_create_group(MPI_COMM_WORLD, some, 5, &comm);
        MPI_Comm_rank(comm, &its_rank);
        MPI_Barrier(comm);
        say("without the others' help: rank %d", its_rank);
        MPI_Comm_free(&comm);
    }
    MPI_Group_free(&world);
    MPI_Group_free(&some);
    MPI_Group_free(&reversed);
    return end();
}
