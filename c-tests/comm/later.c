/* Duplicates that arrive later, and communicators of a part of the ranks only. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Comm copies[3], part, node, row;
    MPI_Request requests[3];
    MPI_Group world, few;
    int i, its_rank, its_size, sum, ranks[16], count = 0, value = 0, flag;

    begin(&argc, &argv);
    for (i = 0; i < 3; i++)
        MPI_Comm_idup(MPI_COMM_WORLD, &copies[i], &requests[i]);
    /* What other ranks wait for meanwhile still passes. */
    if (size > 1 && rank == 0)
        MPI_Send(&size, 1, MPI_INT, 1, 0, MPI_COMM_WORLD);
    if (rank == 1)
        MPI_Recv(&value, 1, MPI_INT, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    say("got %d", value);
    MPI_Waitall(3, requests, MPI_STATUSES_IGNORE);
    for (i = 0; i < 3; i++) {
        MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, copies[i]);
        MPI_Comm_compare(MPI_COMM_WORLD, copies[i], &flag);
        say("copy %d: sum %d, congruent %d", i, sum, flag == MPI_CONGRUENT);
    }
    /* Every second rank, backwards; the others do not take part. */
    for (i = size - 1; i >= 0; i -= 2)
        ranks[count++] = i;
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_incl(world, count, ranks, &few);
    if ((size - 1 - rank) % 2 == 0) {
        for (i = 0; i < 3; i++) {
            MPI_Comm_create_group(copies[0], few, 5 + i, &part);
            MPI_Comm_rank(part, &its_rank);
            MPI_Comm_size(part, &its_size);
            MPI_Bcast(&value, 1, MPI_INT, its_size - 1, part);
            MPI_Scan(&rank, &sum, 1, MPI_INT, MPI_SUM, part);
            say("part: %d of %d, sum %d", its_rank, its_size, sum);
            MPI_Comm_free(&part);
        }
    }
    MPI_Comm_split_type(copies[1], MPI_COMM_TYPE_SHARED, -rank, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &its_rank);
    MPI_Comm_size(node, &its_size);
    say("node: %d of %d", its_rank, its_size);
    MPI_Comm_split(node, MPI_UNDEFINED, 0, &row);
    say("no color: %s", row == MPI_COMM_NULL ? "null" : "a communicator");
    MPI_Comm_test_inter(node, &flag);
    say("inter: %d", flag);
    MPI_Comm_free(&node);
    MPI_Group_free(&few);
    MPI_Group_free(&world);
    for (i = 0; i < 3; i++)
        MPI_Comm_free(&copies[i]);
    return end();
}
