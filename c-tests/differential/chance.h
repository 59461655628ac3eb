/* Chance that every rank shares, and words for what came of it.
 *
 * Numbers come from streams. A stream is named by what it is for (seed, step,
 * act, communicator, ...), so ranks that name the same one draw the same numbers
 * whatever else they did, and a step that is left out changes no other step. */
#ifndef CHANCE_H
#define CHANCE_H
#include <mpi.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int world_rank, world_size;

/* Where the run is, for messages and for the names of streams. */
static uint64_t seed_now;
static int step_now, act_now;

/* Prints more than one line for an act: a line for each part of it. */
static int explains;

static uint64_t stream;

static inline uint64_t mix(uint64_t one, uint64_t other)
{
    uint64_t word = one * 0x9e3779b97f4a7c15u + other + 0x632be59bd9b4e019u;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
}

static inline uint64_t draw(void)
{
    stream += 0x9e3779b97f4a7c15u;
    return mix(stream, 17);
}

static inline int below(int bound) { return (int)(draw() % (uint64_t)bound); }

static inline int one_in(int chances) { return below(chances) == 0; }

/* Runs what follows on another stream, and comes back to this one. */
static inline uint64_t enter_stream(uint64_t name)
{
    uint64_t before = stream;
    stream = name;
    return before;
}

static inline void leave_stream(uint64_t before) { stream = before; }

static inline void shuffle(int *numbers, int count)
{
    for (int last = count - 1; last > 0; last--) {
        int other = below(last + 1), kept = numbers[last];
        numbers[last] = numbers[other];
        numbers[other] = kept;
    }
}

/* A permutation of 0..count. */
static inline void permute(int *numbers, int count)
{
    for (int at = 0; at < count; at++)
        numbers[at] = at;
    shuffle(numbers, count);
}

static inline uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t length)
{
    const unsigned char *from = bytes;
    for (size_t at = 0; at < length; at++)
        digest = (digest ^ from[at]) * 1099511628211u;
    return digest;
}

static inline uint64_t digest_number(uint64_t digest, int64_t number) { return mix(digest, (uint64_t)number); }

/* One line: where, who, what, and the digest of all bytes that belong to it. */
static inline void report(const char *what, uint64_t digest)
{
    printf("%llu.%d.%d rank %d %s %016llx\n", (unsigned long long)seed_now, step_now, act_now, world_rank, what,
        (unsigned long long)digest);
}

/* Ends the job: the generator, or a library's answer about its own objects, is
 * not what this program relies on. */
static inline void must_at(int holds, const char *text, const char *file, int line)
{
    if (holds)
        return;
    fflush(stdout);
    fprintf(stderr, "%s:%d: seed %llu step %d act %d rank %d: not so: %s\n", file, line,
        (unsigned long long)seed_now, step_now, act_now, world_rank, text);
    MPI_Abort(MPI_COMM_WORLD, 9);
}
/* A part of what the next line is about. */
static inline void explain(const char *format, ...)
{
    va_list words;
    if (!explains)
        return;
    printf("%llu.%d.%d rank %d   ", (unsigned long long)seed_now, step_now, act_now, world_rank);
    va_start(words, format);
    vprintf(format, words);
    va_end(words);
    putchar('\n');
}
#define must(condition) must_at((condition), #condition, __FILE__, __LINE__)

static inline const char *class_name(int code)
{
    int class = -1;
    if (code == MPI_SUCCESS) return "success";
    MPI_Error_class(code, &class);
    if (class == MPI_ERR_BUFFER) return "buffer";
    if (class == MPI_ERR_COUNT) return "count";
    if (class == MPI_ERR_TYPE) return "type";
    if (class == MPI_ERR_TAG) return "tag";
    if (class == MPI_ERR_COMM) return "comm";
    if (class == MPI_ERR_RANK) return "rank";
    if (class == MPI_ERR_REQUEST) return "request";
    if (class == MPI_ERR_ROOT) return "root";
    if (class == MPI_ERR_GROUP) return "group";
    if (class == MPI_ERR_OP) return "op";
    if (class == MPI_ERR_TOPOLOGY) return "topology";
    if (class == MPI_ERR_DIMS) return "dims";
    if (class == MPI_ERR_ARG) return "arg";
    if (class == MPI_ERR_TRUNCATE) return "truncate";
    if (class == MPI_ERR_IN_STATUS) return "in status";
    if (class == MPI_ERR_KEYVAL) return "keyval";
    return "another class";
}
#endif
