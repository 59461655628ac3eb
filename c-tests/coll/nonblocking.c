/* All nonblocking collectives under way at once, completed in another order. */
#include "../lib/story.h"

enum { UNIT = 300, KINDS = 17 };

static int buffer[KINDS][2][16 * UNIT];

static void product(void *in, void *inout, int *count, MPI_Datatype *type)
{
    unsigned *a = in, *b = inout;
    int i;
    (void)type;
    /* Affine maps modulo 2^32: composing them depends on the order. */
    for (i = 0; i < *count; i++) {
        b[2 * i + 1] = a[2 * i] * b[2 * i + 1] + a[2 * i + 1];
        b[2 * i] = a[2 * i] * b[2 * i];
    }
}

int main(int argc, char **argv)
{
    static const char *const names[KINDS] = { "barrier", "bcast", "gather", "gatherv", "scatter", "scatterv",
        "allgather", "allgatherv", "alltoall", "alltoallv", "alltoallw", "reduce", "allreduce", "reduce_scatter",
        "reduce_scatter_block", "scan", "exscan" };
    MPI_Request requests[KINDS];
    MPI_Datatype pair, types[16];
    MPI_Op map;
    MPI_Comm comm = MPI_COMM_WORLD;
    int counts[16], places[16], bytes[16], i, round, done;

    begin(&argc, &argv);
    MPI_Type_contiguous(2, MPI_UNSIGNED, &pair);
    MPI_Type_commit(&pair);
    MPI_Op_create(product, 0, &map);
    for (i = 0; i < size; i++) {
        counts[i] = UNIT;
        places[i] = i * UNIT;
        bytes[i] = i * UNIT * (int)sizeof(int);
        types[i] = MPI_INT;
    }
    for (round = 0; round < 3; round++) {
        int n = UNIT, root = round % size;
        for (i = 0; i < KINDS; i++) {
            fill(buffer[i][0], sizeof buffer[i][0], rank + 100 * i + 10000 * round);
            memset(buffer[i][1], 0, sizeof buffer[i][1]);
        }
#define OUT(kind) buffer[kind][0]
#define IN(kind) buffer[kind][1]
        MPI_Ibarrier(comm, &requests[0]);
        MPI_Ibcast(OUT(1), n, MPI_INT, root, comm, &requests[1]);
        MPI_Igather(OUT(2), n, MPI_INT, IN(2), n, MPI_INT, root, comm, &requests[2]);
        MPI_Igatherv(OUT(3), n, MPI_INT, IN(3), counts, places, MPI_INT, root, comm, &requests[3]);
        MPI_Iscatter(OUT(4), n, MPI_INT, IN(4), n, MPI_INT, root, comm, &requests[4]);
        MPI_Iscatterv(OUT(5), counts, places, MPI_INT, IN(5), n, MPI_INT, root, comm, &requests[5]);
        MPI_Iallgather(OUT(6), n, MPI_INT, IN(6), n, MPI_INT, comm, &requests[6]);
        MPI_Iallgatherv(OUT(7), n, MPI_INT, IN(7), counts, places, MPI_INT, comm, &requests[7]);
        MPI_Ialltoall(OUT(8), n, MPI_INT, IN(8), n, MPI_INT, comm, &requests[8]);
        MPI_Ialltoallv(OUT(9), counts, places, MPI_INT, IN(9), counts, places, MPI_INT, comm, &requests[9]);
        MPI_Ialltoallw(OUT(10), counts, bytes, types, IN(10), counts, bytes, types, comm, &requests[10]);
        MPI_Ireduce(OUT(11), IN(11), n / 2, pair, map, root, comm, &requests[11]);
        MPI_Iallreduce(OUT(12), IN(12), n / 2, pair, map, comm, &requests[12]);
        MPI_Ireduce_scatter(OUT(13), IN(13), counts, MPI_INT, MPI_BXOR, comm, &requests[13]);
        MPI_Ireduce_scatter_block(OUT(14), IN(14), n, MPI_INT, MPI_MAX, comm, &requests[14]);
        MPI_Iscan(OUT(15), IN(15), n / 2, pair, map, comm, &requests[15]);
        MPI_Iexscan(OUT(16), IN(16), n, MPI_INT, MPI_SUM, comm, &requests[16]);
        /* Each rank waits in an order of its own. */
        for (i = 0; i < KINDS; i++)
            MPI_Wait(&requests[(i * 5 + rank * 3) % KINDS], MPI_STATUS_IGNORE);
        for (i = 1; i < KINDS; i++)
            if (rank == root || (i != 2 && i != 3 && i != 11))
                say("%s: %016llx", names[i],
                    (unsigned long long)checksum(i == 1 ? OUT(1) : IN(i), sizeof buffer[i][1]));
    }
    /* Testing brings them to an end as well, with other messages in between. */
    MPI_Iallreduce(&rank, IN(0), 1, MPI_INT, MPI_SUM, comm, &requests[0]);
    MPI_Sendrecv(&size, 1, MPI_INT, (rank + 1) % size, 3, IN(1), 1, MPI_INT, (rank + size - 1) % size, 3, comm,
        MPI_STATUS_IGNORE);
    for (done = 0; !done;)
        MPI_Test(&requests[0], &done, MPI_STATUS_IGNORE);
    say("sum of ranks: %d, freed: %d", IN(0)[0], requests[0] == MPI_REQUEST_NULL);
    MPI_Op_free(&map);
    MPI_Type_free(&pair);
    return end();
}
