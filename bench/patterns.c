/* The patterns of the Intel MPI Benchmarks, written anew: PingPong, PingPing,
 * Sendrecv, Exchange, Uniband, Biband, and the collectives; and an exchange of
 * halos on a grid of ranks.
 *
 *     patterns [SECONDS [NAME[:BYTES,BYTES...]...]]
 *
 * SECONDS (0.2) is what one size of one pattern may take. Times are of one
 * operation as the slowest rank sees it, in microseconds; of PingPong, half a
 * round trip; of Uniband and Biband, one window of messages. Warm-up is not
 * counted, and the data of a first round is checked byte by byte. */
#include "lib.h"

enum { WINDOW = 64, TIMES_MAX = 20000, WARM_UP = 5 };

static unsigned char *out, *in;
static double times[TIMES_MAX];

/* The root of the next rooted collective: each rank in turn, so that no root
 * runs ahead of the others. */
static int root;

struct pattern {
    const char *name;
    void (*operate)(int bytes);
    /* Whether `in` is as it has to be; NULL where nothing arrives. */
    int (*check)(int bytes);
    /* Blocks of `bytes` in `in` and `out`, at most: 0 stands for the ranks. */
    int blocks;
    /* Operations whose time is one figure. */
    double parts;
    int size_max;
    /* Takes a whole number of doubles. */
    int doubles;
};

/* The rank at the other end of Uniband and Biband: of the other half, as Intel's
 * benchmarks pair them, so that with two hosts every pair joins both. Of an odd
 * number the last rank has none. */
static int partner(void) { return (rank + size / 2) % (size / 2 * 2); }
static int has_partner(void) { return rank < size / 2 * 2; }
static int sends_first(void) { return rank < size / 2; }

static int left(void) { return (rank + size - 1) % size; }
static int right(void) { return (rank + 1) % size; }

static void ping_pong(int bytes)
{
    if (rank == 0) {
        MPI_Send(out, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD);
        MPI_Recv(in, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    } else if (rank == 1) {
        MPI_Recv(in, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Send(out, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD);
    }
}

static int from_other(int bytes)
{
    return rank > 1 || holds(in, !rank, 0, bytes);
}

static void ping_ping(int bytes)
{
    MPI_Request request;
    if (rank > 1)
        return;
    MPI_Isend(out, bytes, MPI_BYTE, !rank, 1, MPI_COMM_WORLD, &request);
    MPI_Recv(in, bytes, MPI_BYTE, !rank, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

static void sendrecv(int bytes)
{
    MPI_Sendrecv(out, bytes, MPI_BYTE, right(), 1, in, bytes, MPI_BYTE, left(), 1, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
}

static int from_left(int bytes)
{
    return holds(in, left(), 0, bytes);
}

static void exchange(int bytes)
{
    MPI_Request requests[2];
    MPI_Isend(out, bytes, MPI_BYTE, left(), 1, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(out, bytes, MPI_BYTE, right(), 2, MPI_COMM_WORLD, &requests[1]);
    MPI_Recv(in, bytes, MPI_BYTE, left(), 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Recv(in + bytes, bytes, MPI_BYTE, right(), 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
}

static int from_both(int bytes)
{
    return holds(in, left(), 0, bytes) && holds(in + bytes, right(), 0, bytes);
}

static void window(int bytes, int sends, int receives)
{
    MPI_Request requests[2 * WINDOW];
    int i, count = 0;
    for (i = 0; i < WINDOW && receives; i++)
        MPI_Irecv(in, bytes, MPI_BYTE, partner(), 1, MPI_COMM_WORLD, &requests[count++]);
    for (i = 0; i < WINDOW && sends; i++)
        MPI_Isend(out, bytes, MPI_BYTE, partner(), 1, MPI_COMM_WORLD, &requests[count++]);
    MPI_Waitall(count, requests, MPI_STATUSES_IGNORE);
}

/* The receiver's word ends each window: what is counted has arrived. */
static void word_back(void)
{
    if (sends_first())
        MPI_Recv(NULL, 0, MPI_BYTE, partner(), 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    else
        MPI_Send(NULL, 0, MPI_BYTE, partner(), 2, MPI_COMM_WORLD);
}

static void uniband(int bytes)
{
    if (!has_partner())
        return;
    window(bytes, sends_first(), !sends_first());
    word_back();
}

static int from_partner(int bytes)
{
    return !has_partner() || holds(in, partner(), 0, bytes);
}

static int at_receiver(int bytes)
{
    return sends_first() || from_partner(bytes);
}

static void biband(int bytes)
{
    if (!has_partner())
        return;
    window(bytes, 1, 1);
    word_back();
}

static void bcast(int bytes)
{
    MPI_Bcast(rank == root ? out : in, bytes, MPI_BYTE, root, MPI_COMM_WORLD);
}

static int from_root(int bytes)
{
    return rank == 0 || holds(in, 0, 0, bytes);
}

static void allgather(int bytes)
{
    MPI_Allgather(out, bytes, MPI_BYTE, in, bytes, MPI_BYTE, MPI_COMM_WORLD);
}

static int from_all(int bytes)
{
    int from;
    for (from = 0; from < size; from++)
        if (!holds(in + (long)from * bytes, from, 0, bytes))
            return 0;
    return 1;
}

static void alltoall(int bytes)
{
    MPI_Alltoall(out, bytes, MPI_BYTE, in, bytes, MPI_BYTE, MPI_COMM_WORLD);
}

static int my_blocks(int bytes)
{
    int from;
    for (from = 0; from < size; from++)
        if (!holds(in + (long)from * bytes, from, (long)rank * bytes, bytes))
            return 0;
    return 1;
}

static void allreduce(int bytes)
{
    MPI_Allreduce(out, in, bytes / (int)sizeof(double), MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

static void reduce(int bytes)
{
    MPI_Reduce(out, in, bytes / (int)sizeof(double), MPI_DOUBLE, MPI_SUM, root, MPI_COMM_WORLD);
}

static int sums(int bytes)
{
    const double *found = (const double *)in;
    long at, count = bytes / (long)sizeof(double);
    for (at = 0; at < count; at++)
        if (found[at] != size * (double)(at % 1000) + size * (size - 1) / 2)
            return 0;
    return 1;
}

static int sums_at_root(int bytes)
{
    return rank != 0 || sums(bytes);
}

static void barrier(int bytes)
{
    (void)bytes;
    MPI_Barrier(MPI_COMM_WORLD);
}

/* The neighbours in the grid: up, down, west, east; MPI_PROC_NULL at the edges. */
static int neighbours[4];

static void find_neighbours(void)
{
    int dims[2] = { 0, 0 }, periods[2] = { 0, 0 };
    MPI_Comm grid;
    MPI_Dims_create(size, 2, dims);
    MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &grid);
    MPI_Cart_shift(grid, 0, 1, &neighbours[0], &neighbours[1]);
    MPI_Cart_shift(grid, 1, 1, &neighbours[2], &neighbours[3]);
    MPI_Comm_free(&grid);
}

/* A side of `bytes` to and from each neighbour; the tag is the sender's side. */
static void halo(int bytes)
{
    MPI_Request requests[8];
    int side;
    for (side = 0; side < 4; side++)
        MPI_Irecv(in + (long)side * bytes, bytes, MPI_BYTE, neighbours[side], side ^ 1,
                  MPI_COMM_WORLD, &requests[side]);
    for (side = 0; side < 4; side++)
        MPI_Isend(out + (long)side * bytes, bytes, MPI_BYTE, neighbours[side], side,
                  MPI_COMM_WORLD, &requests[4 + side]);
    MPI_Waitall(8, requests, MPI_STATUSES_IGNORE);
}

static int from_neighbours(int bytes)
{
    int side;
    for (side = 0; side < 4; side++)
        if (neighbours[side] != MPI_PROC_NULL &&
            !holds(in + (long)side * bytes, neighbours[side], (long)(side ^ 1) * bytes, bytes))
            return 0;
    return 1;
}

static const struct pattern patterns[] = {
    { "PingPong", ping_pong, from_other, 1, 2, 4 << 20, 0 },
    { "PingPing", ping_ping, from_other, 1, 1, 4 << 20, 0 },
    { "Sendrecv", sendrecv, from_left, 1, 1, 4 << 20, 0 },
    { "Exchange", exchange, from_both, 2, 1, 4 << 20, 0 },
    { "Uniband", uniband, at_receiver, 1, 1, 4 << 20, 0 },
    { "Biband", biband, from_partner, 1, 1, 4 << 20, 0 },
    { "Bcast", bcast, from_root, 1, 1, 4 << 20, 0 },
    { "Reduce", reduce, sums_at_root, 1, 1, 4 << 20, 1 },
    { "Allreduce", allreduce, sums, 1, 1, 4 << 20, 1 },
    { "Allgather", allgather, from_all, 0, 1, 1 << 20, 0 },
    { "Alltoall", alltoall, my_blocks, 0, 1, 1 << 20, 0 },
    { "Halo", halo, from_neighbours, 4, 1, 1 << 20, 0 },
    { "Barrier", barrier, NULL, 0, 1, 0, 0 },
};

static void prepare(const struct pattern *pattern, int bytes)
{
    long at, count = (long)bytes * (pattern->blocks ? pattern->blocks : size);
    memset(in, 0xee, count);
    if (!pattern->doubles)
        fill(out, rank, count);
    else
        for (at = 0; at < bytes / (long)sizeof(double); at++)
            ((double *)out)[at] = (double)(at % 1000) + rank;
}

/* How many operations may pass between two looks at the clock: few where one of
 * them takes long, as it does with more ranks than cores. Rank 0 decides. */
static int stride(double warm_up, double seconds)
{
    int operations = 32;
    if (warm_up / WARM_UP * operations > seconds)
        operations = (int)(seconds / (warm_up / WARM_UP));
    operations = operations > 1 ? operations : 1;
    MPI_Bcast(&operations, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return operations;
}

static void measure(const struct pattern *pattern, int bytes, double seconds)
{
    int count, every, stop = 0, i;
    double start, first;

    prepare(pattern, bytes);
    root = 0;
    pattern->operate(bytes);
    if (pattern->check != NULL && !pattern->check(bytes))
        fail(pattern->name, bytes);
    start = MPI_Wtime();
    for (i = 0; i < WARM_UP; i++)
        pattern->operate(bytes);
    every = stride(MPI_Wtime() - start, seconds);
    MPI_Barrier(MPI_COMM_WORLD);
    first = MPI_Wtime();
    for (count = 0; !stop && count < TIMES_MAX; count++) {
        root = count % size;
        start = MPI_Wtime();
        pattern->operate(bytes);
        times[count] = (MPI_Wtime() - start) / pattern->parts;
        /* Rank 0's clock decides when it is enough: now and then, since the broadcast
         * lets the ranks go one after the other. */
        if (count % every == every - 1) {
            stop = MPI_Wtime() - first > seconds;
            MPI_Bcast(&stop, 1, MPI_INT, 0, MPI_COMM_WORLD);
        }
    }
    /* Of each operation the slowest rank's time. */
    if (pattern->operate != ping_pong)
        MPI_Reduce(rank == 0 ? MPI_IN_PLACE : times, times, count, MPI_DOUBLE, MPI_MAX, 0,
                   MPI_COMM_WORLD);
    print_times(pattern->name, bytes, times, count);
}

/* Whether the command line asks for this size of this pattern: `NAME` for all of
 * its sizes, `NAME:8,1024` for some. */
static int wanted(const char *name, int bytes, int argc, char **argv)
{
    size_t length = strlen(name);
    int i;
    for (i = 2; i < argc; i++) {
        const char *rest = argv[i] + length;
        if (strncmp(argv[i], name, length) != 0)
            continue;
        if (*rest == 0)
            return 1;
        while (*rest == ':' || *rest == ',') {
            char *after;
            if (strtol(rest + 1, &after, 10) == bytes)
                return 1;
            rest = after;
        }
    }
    return argc <= 2;
}

int main(int argc, char **argv)
{
    static const int sizes[] = { 0,    1,     8,      64,      256,     1024,   4096,
                                 8192, 16384, 65536,  262144,  1048576, 4194304 };
    double seconds;
    unsigned which, at;
    long blocks;

    begin(&argc, &argv);
    seconds = argc > 1 ? atof(argv[1]) : 0.2;
    if (size < 2 || seconds <= 0) {
        fprintf(stderr, "usage: patterns [SECONDS [NAME[:BYTES,...]...]], 2 ranks or more\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    blocks = size > 4 ? size : 4;
    out = memory(blocks << 20);
    in = memory(blocks << 20);
    find_neighbours();
    for (which = 0; which < sizeof patterns / sizeof *patterns; which++) {
        const struct pattern *pattern = &patterns[which];
        for (at = 0; at < sizeof sizes / sizeof *sizes; at++) {
            int bytes = sizes[at];
            if (bytes > pattern->size_max || (pattern->doubles && bytes % (int)sizeof(double)))
                continue;
            if (pattern->blocks == 2 && bytes > 2 << 20)
                continue;
            if (!wanted(pattern->name, bytes, argc, argv))
                continue;
            measure(pattern, bytes, seconds);
        }
    }
    return end();
}
