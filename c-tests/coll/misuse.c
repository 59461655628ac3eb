/* Wrong arguments, the same on all ranks, so that nobody waits for anybody. */
#include "../lib/story.h"

#define TRY(call) say("%s: %s", #call, class_name(call))

int main(int argc, char **argv)
{
    int a[64] = { 0 }, b[64] = { 0 }, counts[16], places[16], i;
    MPI_Datatype fresh;
    MPI_Comm comm = MPI_COMM_WORLD;

    begin(&argc, &argv);
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    for (i = 0; i < size; i++) {
        counts[i] = 1;
        places[i] = i;
    }
    MPI_Type_contiguous(2, MPI_INT, &fresh);
    TRY(MPI_Bcast(a, 1, MPI_INT, size, comm));
    TRY(MPI_Bcast(a, 1, MPI_INT, -7, comm));
    TRY(MPI_Bcast(a, -1, MPI_INT, 0, comm));
    TRY(MPI_Bcast(NULL, 1, MPI_INT, 0, comm));
    TRY(MPI_Bcast(a, 1, fresh, 0, comm));
    TRY(MPI_Bcast(a, 1, MPI_DATATYPE_NULL, 0, comm));
    TRY(MPI_Barrier(MPI_COMM_NULL));
    TRY(MPI_Reduce(a, b, 1, MPI_INT, MPI_SUM, size, comm));
    TRY(MPI_Scan(a, a, 1, MPI_INT, MPI_SUM, comm));
    TRY(MPI_Gather(a, 1, MPI_INT, b, 1, MPI_INT, size, comm));
    TRY(MPI_Gatherv(a, 1, MPI_INT, b, counts, places, MPI_INT, -1000, comm));
    TRY(MPI_Scatter(a, 1, MPI_INT, b, 1, MPI_INT, size + 1, comm));
    TRY(MPI_Allgather(a, -1, MPI_INT, b, 1, MPI_INT, comm));
    TRY(MPI_Alltoall(a, 1, MPI_INT, a, 1, MPI_INT, comm));
    TRY(MPI_Reduce_scatter(a, a, counts, MPI_INT, MPI_SUM, comm));
    counts[size - 1] = -3;
    TRY(MPI_Allgatherv(a, 1, MPI_INT, b, counts, places, MPI_INT, comm));
    TRY(MPI_Alltoallv(a, counts, places, MPI_INT, b, counts, places, MPI_INT, comm));
    TRY(MPI_Reduce_scatter(a, b, counts, MPI_INT, MPI_SUM, comm));
    /* The communicator works as before. */
    TRY(MPI_Allreduce(&rank, b, 1, MPI_INT, MPI_SUM, comm));
    say("sum of ranks: %d", b[0]);
    MPI_Type_free(&fresh);
    return end();
}
