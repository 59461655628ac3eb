/* What the benchmarks share: repeated timings, their quantiles, checks of data.
 * Any MPI compiles and runs them. Every result is a line `KEY VALUE`, where KEY
 * is `NAME/BYTES/RANKS/STATISTIC`; a run that ends well says `done` last, before
 * MPI_Finalize: what a library does there is not measured. */
#ifndef BENCH_LIB_H
#define BENCH_LIB_H

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int rank, size;

static inline int ascending(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return difference < 0 ? -1 : difference > 0;
}

/* Minimum, median and 99th percentile of `count` times, which get sorted; in
 * microseconds. Only rank 0 prints. */
static inline void print_times(const char *name, long bytes, double *seconds, int count)
{
    if (rank != 0)
        return;
    qsort(seconds, count, sizeof *seconds, ascending);
    printf("%s/%ld/%d/min %.3f\n", name, bytes, size, seconds[0] * 1e6);
    printf("%s/%ld/%d/median %.3f\n", name, bytes, size, seconds[count / 2] * 1e6);
    printf("%s/%ld/%d/p99 %.3f\n", name, bytes, size, seconds[(count * 99L + 99) / 100 - 1] * 1e6);
    /* A run that is cut off later has told what it knew. */
    fflush(stdout);
}

static inline void fail(const char *what, long bytes)
{
    fprintf(stderr, "rank %d: %s: wrong data at %ld bytes\n", rank, what, bytes);
    MPI_Abort(MPI_COMM_WORLD, 3);
}

/* The byte that rank `from` sends at place `at`. */
static inline unsigned char pattern(int from, long at)
{
    return (unsigned char)(at * 7 + from * 31 + (at >> 8));
}

static inline void fill(unsigned char *bytes, int from, long count)
{
    long at;
    for (at = 0; at < count; at++)
        bytes[at] = pattern(from, at);
}

static inline int holds(const unsigned char *bytes, int from, long first, long count)
{
    long at;
    for (at = 0; at < count; at++)
        if (bytes[at] != pattern(from, first + at))
            return 0;
    return 1;
}

static inline void *memory(size_t bytes)
{
    void *found = NULL;
    if (posix_memalign(&found, 4096, bytes ? bytes : 1) != 0) {
        fprintf(stderr, "no memory for %zu bytes\n", bytes);
        MPI_Abort(MPI_COMM_WORLD, 3);
    }
    memset(found, 0, bytes);
    return found;
}

static inline void begin(int *argc, char ***argv)
{
    MPI_Init(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
}

/* Some libraries hang in MPI_Finalize now and then: seconds, then the rank dies. */
enum { FINALIZE_LIMIT = 5 };

static inline int end(void)
{
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) {
        printf("done\n");
        fflush(stdout);
    }
    alarm(FINALIZE_LIMIT);
    MPI_Finalize();
    return 0;
}

#endif
