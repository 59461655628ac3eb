/* Latency, bandwidth and message rate between ranks 0 and 1.
 *
 * Prints lines `key value`: latency-BYTES and latency-min-BYTES in microseconds
 * one way (median and least of the batches), stream-BYTES in MB/s, rate-BYTES
 * and rate-both-BYTES in thousands of messages a second. "done" comes last, and
 * before MPI_Finalize: what a library does there is not measured. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 64, LARGEST = 4 << 20 };

static int rank;
static char *out, *in;

static int ascending(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return difference < 0 ? -1 : difference > 0;
}

static void latency(int bytes, double seconds)
{
    enum { BATCHES = 400 };
    static double times[BATCHES];
    int batch, i, turns = bytes <= 4096 ? 20 : 2, count = 0, stop = 0;
    double begin = MPI_Wtime();

    for (batch = 0; batch < BATCHES && !stop; batch++) {
        double start = MPI_Wtime();
        for (i = 0; i < turns; i++) {
            if (rank == 0) {
                MPI_Send(out, bytes, MPI_CHAR, 1, 0, MPI_COMM_WORLD);
                MPI_Recv(in, bytes, MPI_CHAR, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            } else {
                MPI_Recv(in, bytes, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
                MPI_Send(out, bytes, MPI_CHAR, 0, 0, MPI_COMM_WORLD);
            }
        }
        times[count++] = (MPI_Wtime() - start) / (2 * turns) * 1e6;
        stop = MPI_Wtime() - begin > seconds;
        MPI_Bcast(&stop, 1, MPI_INT, 0, MPI_COMM_WORLD);
    }
    if (rank == 0) {
        qsort(times, count, sizeof times[0], ascending);
        printf("latency-%d %.3f\nlatency-min-%d %.3f\n", bytes, times[count / 2], bytes, times[0]);
    }
}

static double windows(int bytes, double seconds, int both)
{
    MPI_Request requests[2 * WINDOW];
    int i, stop = 0;
    long messages = 0;
    double begin;

    MPI_Barrier(MPI_COMM_WORLD);
    begin = MPI_Wtime();
    while (!stop) {
        int count = 0;
        for (i = 0; i < WINDOW; i++)
            if (rank == 1 || both)
                MPI_Irecv(in, bytes, MPI_CHAR, !rank, 1, MPI_COMM_WORLD, &requests[count++]);
        for (i = 0; i < WINDOW; i++)
            if (rank == 0 || both)
                MPI_Isend(out, bytes, MPI_CHAR, !rank, 1, MPI_COMM_WORLD, &requests[count++]);
        MPI_Waitall(count, requests, MPI_STATUSES_IGNORE);
        messages += both ? 2 * WINDOW : WINDOW;
        /* The receiver's word ends each window: what is counted has arrived. */
        stop = MPI_Wtime() - begin > seconds;
        MPI_Bcast(&stop, 1, MPI_INT, 1, MPI_COMM_WORLD);
    }
    return messages / (MPI_Wtime() - begin);
}

int main(int argc, char **argv)
{
    static const int latencies[] = { 8, 1024, 4096, 65536, 262144, 1048576, 4194304 };
    static const int streams[] = { 65536, 262144, 1048576, 4194304 };
    unsigned i;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    out = malloc(LARGEST);
    in = malloc(LARGEST);
    memset(out, 1, LARGEST);
    memset(in, 2, LARGEST);
    windows(1024, 0.1, 1); /* warms up */
    for (i = 0; i < sizeof latencies / sizeof latencies[0]; i++)
        latency(latencies[i], 0.3);
    for (i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        double rate = windows(streams[i], 0.3, 0);
        if (rank == 0)
            printf("stream-%d %.1f\n", streams[i], rate * streams[i] / 1e6);
    }
    for (i = 0; i < 2; i++) {
        double rate = windows(8, 0.3, (int)i);
        if (rank == 0)
            printf("%s-8 %.2f\n", i ? "rate-both" : "rate", rate / 1e3);
    }
    if (rank == 0) {
        printf("done\n");
        fflush(stdout);
    }
    MPI_Finalize();
    return 0;
}
