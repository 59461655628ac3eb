/* What every program here shares: lines printed in rank order, error classes by
 * name, patterns and checksums. Portable over all MPIs: no constant is printed
 * as a number, since their values differ from one MPI to the next.
 *
 * A program tells what it saw and does not judge it; the runner compares what it
 * told with what it tells under the stock libraries. */
#ifndef STORY_H
#define STORY_H

#include <mpi.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, size;
static char *story_text;
static size_t story_len, story_room;
static MPI_Comm story_comm; /* apart, so that no wildcard of a program takes a line of text */

static inline const char *class_name(int code)
{
    int class = -1;
    if (code == MPI_SUCCESS)
        return "success";
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
    if (class == MPI_ERR_UNKNOWN) return "unknown";
    if (class == MPI_ERR_TRUNCATE) return "truncate";
    if (class == MPI_ERR_OTHER) return "other";
    if (class == MPI_ERR_INTERN) return "intern";
    if (class == MPI_ERR_IN_STATUS) return "in status";
    if (class == MPI_ERR_PENDING) return "pending";
    if (class == MPI_ERR_KEYVAL) return "keyval";
    return "another class";
}

/* Adds a line, without its newline, to this rank's part. */
static inline void say(const char *format, ...)
{
    va_list words;
    int need;
    va_start(words, format);
    need = vsnprintf(NULL, 0, format, words);
    va_end(words);
    if (story_len + (size_t)need + 2 > story_room) {
        story_room = 2 * (story_len + (size_t)need + 2);
        story_text = realloc(story_text, story_room);
    }
    va_start(words, format);
    vsnprintf(story_text + story_len, (size_t)need + 1, format, words);
    va_end(words);
    story_len += (size_t)need;
    story_text[story_len++] = '\n';
    story_text[story_len] = 0;
}

#define say0(...) do { if (rank == 0) say(__VA_ARGS__); } while (0)

/* Prints what was said so far, rank by rank. Every rank calls it. */
static inline void tell(void)
{
    int length = (int)story_len, from;
    if (rank != 0) {
        MPI_Send(&length, 1, MPI_INT, 0, 0, story_comm);
        MPI_Send(story_text, length, MPI_CHAR, 0, 0, story_comm);
    } else {
        if (story_text)
            fwrite(story_text, 1, (size_t)length, stdout);
        for (from = 1; from < size; from++) {
            char *text;
            MPI_Recv(&length, 1, MPI_INT, from, 0, story_comm, MPI_STATUS_IGNORE);
            text = malloc((size_t)length + 1);
            MPI_Recv(text, length, MPI_CHAR, from, 0, story_comm, MPI_STATUS_IGNORE);
            fwrite(text, 1, (size_t)length, stdout);
            free(text);
        }
        fflush(stdout);
    }
    story_len = 0;
}

static inline void begin(int *argc, char ***argv)
{
    MPI_Init(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_dup(MPI_COMM_WORLD, &story_comm);
}

static inline int end(void)
{
    tell();
    MPI_Comm_free(&story_comm);
    MPI_Finalize();
    return 0;
}

/* Stops the job, naming the line: for what no MPI may get wrong. */
#define must(condition) do { \
    if (!(condition)) { \
        fprintf(stderr, "%s:%d: rank %d: not so: %s\n", __FILE__, __LINE__, rank, #condition); \
        MPI_Abort(MPI_COMM_WORLD, 9); \
    } } while (0)

/* Bytes that depend on their place and a seed. */
static inline void fill(void *bytes, size_t length, uint64_t seed)
{
    unsigned char *to = bytes;
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    size_t at;
    for (at = 0; at < length; at++) {
        if (at % 8 == 0) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        to[at] = (unsigned char)(state >> (8 * (at % 8)));
    }
}

/* Fowler, Noll and Vo's hash, 64 bits. */
static inline uint64_t checksum(const void *bytes, size_t length)
{
    const unsigned char *from = bytes;
    uint64_t hash = 14695981039346656037u;
    size_t at;
    for (at = 0; at < length; at++)
        hash = (hash ^ from[at]) * 1099511628211u;
    return hash;
}

/* "any" or "null" for the constants, else the number. */
static inline const char *source_name(int source, char *text)
{
    if (source == MPI_ANY_SOURCE) return "any";
    if (source == MPI_PROC_NULL) return "null";
    sprintf(text, "%d", source);
    return text;
}

static inline const char *tag_name(int tag, char *text)
{
    if (tag == MPI_ANY_TAG) return "any";
    sprintf(text, "%d", tag);
    return text;
}

static inline void say_status(const char *what, const MPI_Status *status, MPI_Datatype type)
{
    char source[16], tag[16];
    int count;
    MPI_Get_count(status, type, &count);
    if (count == MPI_UNDEFINED)
        say("%s: source %s tag %s count undefined", what, source_name(status->MPI_SOURCE, source),
            tag_name(status->MPI_TAG, tag));
    else
        say("%s: source %s tag %s count %d", what, source_name(status->MPI_SOURCE, source),
            tag_name(status->MPI_TAG, tag), count);
}

#endif
