/* An act is one operation of a step: what it was asked, the memory it touches,
 * its requests, and whatever must live until they are done.
 *
 * A step starts several acts one after the other, in the same order on every
 * rank, and completes their requests together in an order of each rank's own.
 * That order is why nothing here can deadlock: of all ranks that block in a
 * call, look at those in the earliest act; whom they wait for has come as far. */
#ifndef ACT_H
#define ACT_H
#include "comms.h"
#include "types.h"

enum { PIECES_MAX = 64, REQUESTS_MAX = 48, KEPT_MAX = 256, GUARD = 64 };

enum form { BLOCKING, NONBLOCKING, PERSISTENT };

/* What a piece of memory holds before an operation. */
enum content { PATTERN, SMALL_FLOATS, SMALL_DOUBLES, TRUTHS, TINY };

struct piece {
    unsigned char *bytes;
    size_t length;
    void *base; /* the buffer argument */
    enum content content;
    uint64_t seed;
    int undefined; /* the standard leaves open what is in it */
};

struct request {
    MPI_Request handle;
    int is_receive, counts_elements, miscounts;
    MPI_Datatype type; /* for counting what came */
    MPI_Status status;
};

struct act;
typedef void action(struct act *);

struct act {
    const struct place *at;
    action *does;
    uint64_t name; /* of its stream, the same on all ranks of the communicator */
    char label[120];
    enum form form;
    int rounds, round, is_collective;
    int stands_in; /* nonblocking for persistent: to be made anew for each round */
    int in_order; /* its requests must start one after the other */
    struct piece pieces[PIECES_MAX];
    int piece_count;
    struct request requests[REQUESTS_MAX];
    int request_count;
    void *kept[KEPT_MAX];
    int kept_count;
    MPI_Datatype types[KEPT_MAX];
    int type_count;
    int frees_early; /* types go while operations are under way */
    MPI_Op op;
    int owns_op;
    MPI_Comm made; /* by Comm_idup */
    uint64_t digest; /* of what is not in a piece */
};

static inline void label(struct act *act, const char *format, ...)
{
    size_t used = strlen(act->label);
    va_list words;
    va_start(words, format);
    vsnprintf(act->label + used, sizeof act->label - used, format, words);
    va_end(words);
}

/* Memory that the act frees at its end. */
static inline void *keep(struct act *act, size_t bytes)
{
    void *memory = calloc(1, bytes + 1);
    must(act->kept_count < KEPT_MAX);
    act->kept[act->kept_count++] = memory;
    return memory;
}

static inline int *keep_numbers(struct act *act, int count) { return keep(act, (size_t)count * sizeof(int)); }

static inline MPI_Datatype keep_type(struct act *act, MPI_Datatype type)
{
    must(act->type_count < KEPT_MAX);
    if (!is_basic(type))
        act->types[act->type_count++] = type;
    return type;
}

/* This rank's or another's layout of `total` elements; `whose` names it. */
static inline struct view view_of(struct act *act, const struct signature *signature, int total, uint64_t whose)
{
    uint64_t before = enter_stream(mix(act->name, 1000 + whose));
    struct view view = draw_view(signature, total);
    leave_stream(before);
    keep_type(act, view.type);
    return view;
}

static inline void fill_piece(struct piece *piece, int round)
{
    uint64_t before = enter_stream(mix(piece->seed, (uint64_t)round));
    size_t at;
    switch (piece->content) {
    case PATTERN:
        for (at = 0; at + 8 <= piece->length; at += 8) {
            uint64_t word = draw();
            memcpy(piece->bytes + at, &word, 8);
        }
        for (; at < piece->length; at++)
            piece->bytes[at] = (unsigned char)draw();
        break;
    case SMALL_FLOATS:
        for (at = 0; at < piece->length / sizeof(float); at++)
            ((float *)piece->bytes)[at] = (float)(below(9) - 4);
        break;
    case SMALL_DOUBLES:
        for (at = 0; at < piece->length / sizeof(double); at++)
            ((double *)piece->bytes)[at] = (double)(below(9) - 4);
        break;
    case TRUTHS:
        for (at = 0; at < piece->length; at++)
            piece->bytes[at] = (unsigned char)one_in(2);
        break;
    case TINY:
        for (at = 0; at < piece->length; at++)
            piece->bytes[at] = (unsigned char)below(4);
        break;
    }
    leave_stream(before);
}

/* Memory from `low` to `high` around the buffer argument, with guards. */
static inline void *piece_between(struct act *act, MPI_Aint low, MPI_Aint high, enum content content)
{
    struct piece *piece = &act->pieces[act->piece_count];
    must(act->piece_count < PIECES_MAX && low <= high && high - low < (64 << 20));
    low = low / 16 * 16 - (low % 16 ? 16 : 0) * (low < 0);
    piece->length = (size_t)((high - low + 15) / 16 * 16 + 2 * GUARD);
    piece->bytes = malloc(piece->length);
    piece->base = piece->bytes + GUARD - low;
    piece->content = content;
    piece->undefined = 0;
    piece->seed = mix(mix(act->name, (uint64_t)act->piece_count), (uint64_t)world_rank);
    act->piece_count++;
    fill_piece(piece, act->round);
    return piece->base;
}

/* The bounds of `count` elements, the first at `first` extents; widened into. */
static inline void widen(MPI_Aint *low, MPI_Aint *high, MPI_Datatype type, int count, MPI_Aint first)
{
    MPI_Aint lb, extent, true_lb, true_extent, from, to;
    if (count == 0)
        return;
    MPI_Type_get_extent(type, &lb, &extent);
    MPI_Type_get_true_extent(type, &true_lb, &true_extent);
    must(extent >= 0);
    from = true_lb + first * extent;
    to = from + (count - 1) * extent + true_extent;
    if (from < *low) *low = from;
    if (to > *high) *high = to;
}

static inline void *piece_for(struct act *act, struct view view)
{
    MPI_Aint low = 0, high = 0;
    widen(&low, &high, view.type, view.count, 0);
    return piece_between(act, low, high, PATTERN);
}

/* A place for a request that is about to be made. */
static inline MPI_Request *request_of(struct act *act)
{
    struct request *request = &act->requests[act->request_count];
    must(act->request_count < REQUESTS_MAX);
    act->request_count++;
    request->handle = MPI_REQUEST_NULL;
    return &request->handle;
}

static inline MPI_Request *receive_of(struct act *act, MPI_Datatype type, const struct signature *signature)
{
    MPI_Request *handle = request_of(act);
    act->requests[act->request_count - 1].counts_elements = can_count(signature);
    act->requests[act->request_count - 1].is_receive = 1;
    act->requests[act->request_count - 1].type = type;
    return handle;
}

static inline uint64_t digest_status(uint64_t digest, const MPI_Status *status, MPI_Datatype type, int counts_elements)
{
    int count, elements = 0, source = status->MPI_SOURCE, tag = status->MPI_TAG;
    MPI_Get_count(status, type, &count);
    if (counts_elements)
        MPI_Get_elements(status, type, &elements);
    explain("status: source %d, tag %d, count %d, elements %d", source, tag, count, elements);
    digest = digest_number(digest, source == MPI_PROC_NULL ? -77 : source);
    digest = digest_number(digest, tag == MPI_ANY_TAG ? -78 : tag);
    digest = digest_number(digest, count == MPI_UNDEFINED ? -79 : count);
    return digest_number(digest, elements == MPI_UNDEFINED ? -79 : elements);
}

static inline void free_types(struct act *act)
{
    for (int at = 0; at < act->type_count; at++)
        MPI_Type_free(&act->types[at]);
    act->type_count = 0;
}

/* Tells of a round that is complete. */
static inline void tell_act(struct act *act)
{
    uint64_t digest = act->digest;
    explain("apart from requests and memory %016llx", (unsigned long long)digest);
    for (int at = 0; at < act->request_count; at++) {
        const struct request *request = &act->requests[at];
        if (!request->is_receive)
            continue;
        if (request->miscounts)
            digest = digest_number(digest, request->status.MPI_SOURCE * 100 + request->status.MPI_TAG);
        else
            digest = digest_status(digest, &request->status, request->type, request->counts_elements);
    }
    for (int at = 0; at < act->piece_count; at++) {
        const struct piece *piece = &act->pieces[at];
        if (piece->undefined)
            continue;
        digest = digest_bytes(digest, piece->bytes, piece->length);
        explain("memory %d, %d bytes: %016llx", at, (int)piece->length,
            (unsigned long long)digest_bytes(0, piece->bytes, piece->length));
        for (size_t row = 0; explains && row < piece->length && piece->length <= 512; row += 16) {
            uint64_t words[2];
            memcpy(words, piece->bytes + row, 16);
            explain("  %4d: %016llx %016llx", (int)row, (unsigned long long)words[0], (unsigned long long)words[1]);
        }
    }
    if (act->round > 0) {
        char text[sizeof act->label + 24];
        snprintf(text, sizeof text, "%s, round %d", act->label, act->round);
        report(text, digest);
    } else {
        report(act->label, digest);
    }
}

static inline void end_act(struct act *act)
{
    if (act->form == PERSISTENT && !act->stands_in)
        for (int at = 0; at < act->request_count; at++)
            if (act->requests[at].handle != MPI_REQUEST_NULL)
                MPI_Request_free(&act->requests[at].handle);
    free_types(act);
    if (act->owns_op)
        MPI_Op_free(&act->op);
    for (int at = 0; at < act->piece_count; at++)
        free(act->pieces[at].bytes);
    for (int at = 0; at < act->kept_count; at++)
        free(act->kept[at]);
    free(act);
}
#endif
