/* Host overhead and application availability in the manner of the Sandia
 * micro-benchmarks: how much of the time of a transfer the processor is kept
 * from the application's own work.
 *
 *     overhead
 *
 * Two ranks. `send-time/BYTES` is a nonblocking send and its wait alone;
 * `send-overhead` what the send adds to work that takes at least as long;
 * `send-availability` the share of the transfer, in percent, that work got.
 * The same for receives. Times in microseconds. */
#include "lib.h"

enum { REPEATS = 31, CALIBRATION = 1000000 };

static unsigned char *buffer;
static volatile double sink;

static void work(long steps)
{
    double x = 1.0;
    long i;
    for (i = 0; i < steps; i++)
        x = x * 0.999999 + 1e-6;
    sink = x;
}

/* One transfer with `steps` of work inside; the time of rank 0. */
static double transfer(int bytes, int sends, long steps)
{
    MPI_Request request;
    double start, took;

    MPI_Barrier(MPI_COMM_WORLD);
    start = MPI_Wtime();
    if (rank == 0) {
        if (sends)
            MPI_Isend(buffer, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD, &request);
        else
            MPI_Irecv(buffer, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD, &request);
        work(steps);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    } else if (rank == 1) {
        if (sends)
            MPI_Recv(buffer, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        else
            MPI_Send(buffer, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD);
    }
    took = MPI_Wtime() - start;
    /* The receiver's word: what was sent has arrived. */
    if (rank == 1)
        MPI_Send(NULL, 0, MPI_BYTE, 0, 2, MPI_COMM_WORLD);
    if (rank == 0)
        MPI_Recv(NULL, 0, MPI_BYTE, 1, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return took;
}

static double samples[REPEATS];

static double median_of(int bytes, int sends, long steps)
{
    int i;
    for (i = 0; i < REPEATS; i++)
        samples[i] = transfer(bytes, sends, steps);
    qsort(samples, REPEATS, sizeof *samples, ascending);
    return samples[REPEATS / 2];
}

static double work_alone(long steps)
{
    int i;
    for (i = 0; i < REPEATS; i++) {
        double start = MPI_Wtime();
        work(steps);
        samples[i] = MPI_Wtime() - start;
    }
    qsort(samples, REPEATS, sizeof *samples, ascending);
    return samples[REPEATS / 2];
}

/* The data of one transfer, looked at by whoever receives it. */
static void check(int bytes, int sends)
{
    int receives = rank == (sends ? 1 : 0);
    if (receives)
        memset(buffer, 0xee, bytes);
    else
        fill(buffer, rank, bytes);
    transfer(bytes, sends, 0);
    if (receives && !holds(buffer, !rank, 0, bytes))
        fail(sends ? "send" : "recv", bytes);
}

static void measure(int bytes, int sends)
{
    const char *way = sends ? "send" : "recv";
    char name[32];
    double base, alone, total, overhead;
    long steps;
    int i;

    check(bytes, sends);
    base = median_of(bytes, sends, 0);
    snprintf(name, sizeof name, "%s-time", way);
    print_times(name, bytes, samples, REPEATS);
    /* Work that clearly outlasts the transfer. */
    steps = 2 * base / work_alone(CALIBRATION) * CALIBRATION;
    alone = work_alone(steps);
    total = median_of(bytes, sends, steps);
    overhead = total > alone ? total - alone : 0;
    for (i = 0; i < REPEATS; i++)
        samples[i] = samples[i] > alone ? samples[i] - alone : 0;
    snprintf(name, sizeof name, "%s-overhead", way);
    print_times(name, bytes, samples, REPEATS);
    if (rank == 0)
        printf("%s-availability/%d/%d/median %.1f\n", way, bytes, size,
               overhead < base ? 100 * (1 - overhead / base) : 0.0);
}

int main(int argc, char **argv)
{
    static const int sizes[] = { 8, 1024, 65536, 1048576 };
    unsigned at;

    begin(&argc, &argv);
    if (size != 2) {
        fprintf(stderr, "usage: overhead, with 2 ranks\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    buffer = memory(1 << 20);
    for (at = 0; at < sizeof sizes / sizeof *sizes; at++) {
        measure(sizes[at], 1);
        measure(sizes[at], 0);
    }
    return end();
}
