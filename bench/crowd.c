/* More ranks than cores: barrier, allreduce, all-to-all and a halo exchange.
 *
 * Prints lines `key microseconds`, the mean time of one operation: barrier,
 * allreduce-8, alltoall-1024 (bytes to each rank) and halo-4096 (bytes to each
 * of two neighbours on a ring). One argument: seconds per measure, 0.5 if not
 * given. "done" comes last, and before MPI_Finalize. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 1024, EDGE = 4096, BATCH = 5 };

static int rank, size;
static char *out, *in;

static void barrier(void)
{
    MPI_Barrier(MPI_COMM_WORLD);
}

static void allreduce(void)
{
    double one = 1, all = 0;
    MPI_Allreduce(&one, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    if (all != size)
        MPI_Abort(MPI_COMM_WORLD, 1);
}

static void alltoall(void)
{
    MPI_Alltoall(out, BLOCK, MPI_CHAR, in, BLOCK, MPI_CHAR, MPI_COMM_WORLD);
}

static void halo(void)
{
    int below = (rank + size - 1) % size, above = (rank + 1) % size;
    MPI_Request requests[4];
    MPI_Status statuses[4];

    MPI_Irecv(in, EDGE, MPI_CHAR, below, 1, MPI_COMM_WORLD, &requests[0]);
    MPI_Irecv(in + EDGE, EDGE, MPI_CHAR, above, 2, MPI_COMM_WORLD, &requests[1]);
    MPI_Isend(out, EDGE, MPI_CHAR, above, 1, MPI_COMM_WORLD, &requests[2]);
    MPI_Isend(out + EDGE, EDGE, MPI_CHAR, below, 2, MPI_COMM_WORLD, &requests[3]);
    MPI_Waitall(4, requests, statuses);
}

static void measure(const char *key, void (*operation)(void), double seconds)
{
    int i, count = 0, stop = 0;
    double begin;

    MPI_Barrier(MPI_COMM_WORLD);
    begin = MPI_Wtime();
    while (!stop) {
        for (i = 0; i < BATCH; i++)
            operation();
        count += BATCH;
        stop = MPI_Wtime() - begin > seconds;
        MPI_Bcast(&stop, 1, MPI_INT, 0, MPI_COMM_WORLD);
    }
    if (rank == 0)
        printf("%s %.1f\n", key, (MPI_Wtime() - begin) / count * 1e6);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 0.5;
    size_t len;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    len = (size_t)size * BLOCK > 2 * EDGE ? (size_t)size * BLOCK : 2 * EDGE;
    out = calloc(len, 1);
    in = calloc(len, 1);
    measure("barrier", barrier, seconds);
    measure("allreduce-8", allreduce, seconds);
    measure("alltoall-1024", alltoall, seconds);
    measure("halo-4096", halo, seconds);
    if (rank == 0) {
        printf("done\n");
        fflush(stdout);
    }
    free(in);
    free(out);
    MPI_Finalize();
    return 0;
}
