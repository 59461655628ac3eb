/* Persistent collectives: started again and again with other data, several at a
 * time, beside ordinary ones. */
#include "../lib/story.h"

#if defined(OMPI_MAJOR_VERSION) && OMPI_MAJOR_VERSION < 5
#include <mpi-ext.h>
#define MPI_Bcast_init MPIX_Bcast_init
#define MPI_Allreduce_init MPIX_Allreduce_init
#define MPI_Allgatherv_init MPIX_Allgatherv_init
#define MPI_Alltoall_init MPIX_Alltoall_init
#define MPI_Reduce_scatter_init MPIX_Reduce_scatter_init
#define MPI_Scan_init MPIX_Scan_init
#define MPI_Gather_init MPIX_Gather_init
#define MPI_Barrier_init MPIX_Barrier_init
#endif

enum { KINDS = 8, COUNT = 6, ROOM = 64 };

int main(int argc, char **argv)
{
    static int out[KINDS][ROOM], in[KINDS][ROOM];
    int counts[16], places[16], i, k, round, sum;
    MPI_Request requests[KINDS];
    MPI_Comm comm = MPI_COMM_WORLD;

    begin(&argc, &argv);
    must(size * COUNT <= ROOM);
    for (i = 0; i < size; i++) {
        counts[i] = COUNT;
        places[i] = (size - 1 - i) * COUNT;
    }
    MPI_Bcast_init(out[0], COUNT, MPI_INT, size - 1, comm, MPI_INFO_NULL, &requests[0]);
    MPI_Allreduce_init(out[1], in[1], COUNT, MPI_INT, MPI_SUM, comm, MPI_INFO_NULL, &requests[1]);
    MPI_Allgatherv_init(out[2], COUNT, MPI_INT, in[2], counts, places, MPI_INT, comm, MPI_INFO_NULL,
                        &requests[2]);
    MPI_Alltoall_init(out[3], COUNT, MPI_INT, in[3], COUNT, MPI_INT, comm, MPI_INFO_NULL,
                      &requests[3]);
    MPI_Reduce_scatter_init(out[4], in[4], counts, MPI_INT, MPI_MAX, comm, MPI_INFO_NULL,
                            &requests[4]);
    MPI_Scan_init(out[5], in[5], COUNT, MPI_INT, MPI_SUM, comm, MPI_INFO_NULL, &requests[5]);
    MPI_Gather_init(out[6], COUNT, MPI_INT, in[6], COUNT, MPI_INT, 0, comm, MPI_INFO_NULL,
                    &requests[6]);
    MPI_Barrier_init(comm, MPI_INFO_NULL, &requests[7]);
    for (round = 0; round < 4; round++) {
        for (k = 0; k < KINDS; k++)
            for (i = 0; i < ROOM; i++) {
                out[k][i] = 10000 * round + 1000 * k + 100 * rank + i;
                in[k][i] = -1;
            }
        if (round % 2) {
            MPI_Startall(KINDS, requests);
        } else {
            for (k = 0; k < KINDS; k++)
                MPI_Start(&requests[k]);
        }
        MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, comm);
        MPI_Waitall(KINDS, requests, MPI_STATUSES_IGNORE);
        say("round %d: sum %d, bcast %d", round, sum, out[0][COUNT - 1]);
        for (k = 1; k < 7; k++)
            say("  %d: %016llx", k, (unsigned long long)checksum(in[k], sizeof in[k]));
    }
    for (k = 0; k < KINDS; k++)
        MPI_Request_free(&requests[k]);
    return end();
}
