/* Handles go in and come back: predefined ones by value, in arrays, from
 * functions that return them, null after freeing, and as the eighth argument
 * of a call, which travels on the stack. */
#include <mpi.h>
#include <stdio.h>

int main(int argc, char **argv) {
    MPI_Datatype made, inner[1], parts[2] = {MPI_INT, MPI_DOUBLE};
    MPI_Aint offsets[2] = {0, 8}, addresses[1];
    MPI_Comm copy;
    MPI_Group group;
    MPI_Request requests[2];
    MPI_Status statuses[2];
    int lengths[2] = {1, 1}, sent[2] = {7, 8}, got[2] = {0, 0};
    int integers[2], counts[4], combiner, size, rank, result;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);

    MPI_Type_create_struct(2, lengths, offsets, parts, &made);
    MPI_Type_size(made, &size);
    printf("struct of int and double: %d bytes\n", size);
    MPI_Type_free(&made);
    printf("freed datatype is null: %d\n", made == MPI_DATATYPE_NULL);

    MPI_Type_contiguous(3, MPI_FLOAT, &made);
    MPI_Type_get_envelope(made, &counts[0], &counts[1], &counts[2], &combiner);
    printf("contiguous: %d\n", combiner == MPI_COMBINER_CONTIGUOUS && counts[2] == 1);
    MPI_Type_get_contents(made, 1, 0, 1, integers, addresses, inner);
    printf("made of MPI_FLOAT: %d\n", inner[0] == MPI_FLOAT && integers[0] == 3);
    MPI_Type_free(&made);

    MPI_Comm_dup(MPI_COMM_WORLD, &copy);
    MPI_Comm_compare(copy, MPI_COMM_WORLD, &result);
    printf("duplicate is congruent: %d\n", result == MPI_CONGRUENT);
    MPI_Comm_group(copy, &group);
    MPI_Group_free(&group);
    printf("freed group is null: %d\n", group == MPI_GROUP_NULL);

    MPI_Sendrecv(&sent[0], 1, MPI_INT, rank, 3, &got[0], 1, MPI_INT, rank, 3, copy, &statuses[0]);
    printf("received %d from myself %d with tag %d\n", got[0], statuses[0].MPI_SOURCE == rank,
           statuses[0].MPI_TAG);

    MPI_Irecv(&got[1], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, copy, &requests[0]);
    MPI_Isend(&sent[1], 1, MPI_INT, rank, 4, copy, &requests[1]);
    MPI_Waitall(2, requests, statuses);
    printf("received %d, requests are null: %d\n", got[1],
           requests[0] == MPI_REQUEST_NULL && requests[1] == MPI_REQUEST_NULL);
    MPI_Recv(&got[0], 1, MPI_INT, MPI_PROC_NULL, 0, copy, &statuses[0]);
    printf("nothing from MPI_PROC_NULL: %d\n",
           statuses[0].MPI_SOURCE == MPI_PROC_NULL && statuses[0].MPI_TAG == MPI_ANY_TAG);

    MPI_Comm_free(&copy);
    printf("freed communicator is null: %d\n", copy == MPI_COMM_NULL);
    MPI_Finalize();
    return 0;
}
