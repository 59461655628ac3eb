/* A transform module: compression by run lengths, the smallest that can be. What
 * it writes begins with a byte that says how often its state was copied, so that
 * the two ends notice when they do not copy alike.
 *
 * Options: "fail=N" has it refuse everything from the Nth frame on. */
#include "../../include/mpi_secure_module.h"
#include <stdlib.h>
#include <string.h>

struct state {
    unsigned char copies;
    long frames, fail_at;
};

static int open_state(const char *options, int sends, void **place)
{
    struct state *state = calloc(1, sizeof *state);
    (void)sends;
    if (!state)
        return 1;
    if (strncmp(options, "fail=", 5) == 0)
        state->fail_at = atol(options + 5);
    *place = state;
    return 0;
}

static int copy_state(void *from, void **place)
{
    struct state *state = malloc(sizeof *state);
    if (!state)
        return 1;
    *state = *(struct state *)from;
    state->copies++;
    *place = state;
    return 0;
}

static int compress(void *at, const unsigned char *in, size_t in_len, unsigned char *out, size_t room,
                    size_t *out_len)
{
    struct state *state = at;
    size_t next = 0, used = 0;
    if (state->fail_at && ++state->frames >= state->fail_at)
        return 7;
    if (room < 2 || in_len + 2 > room)
        return 2;
    out[used++] = state->copies;
    out[used++] = 1;
    while (next < in_len) {
        size_t run = 1;
        while (next + run < in_len && run < 255 && in[next + run] == in[next])
            run++;
        if (used + 2 > in_len + 2) { /* as it is, then */
            out[1] = 0;
            memcpy(out + 2, in, in_len);
            *out_len = in_len + 2;
            return 0;
        }
        out[used++] = (unsigned char)run;
        out[used++] = in[next];
        next += run;
    }
    *out_len = used;
    return 0;
}

static int expand(void *at, const unsigned char *in, size_t in_len, unsigned char *out, size_t room,
                  size_t *out_len)
{
    struct state *state = at;
    size_t next = 2, used = 0;
    if (in_len < 2 || in[0] != state->copies)
        return 3;
    if (in[1] == 0) {
        if (in_len - 2 > room)
            return 2;
        memcpy(out, in + 2, in_len - 2);
        *out_len = in_len - 2;
        return 0;
    }
    for (; next + 1 < in_len; next += 2) {
        if (used + in[next] > room)
            return 2;
        memset(out + used, in[next + 1], in[next]);
        used += in[next];
    }
    *out_len = used;
    return 0;
}

static void close_state(void *state)
{
    free(state);
}

const mpi_secure_module *mpi_secure_module_1(void)
{
    static const mpi_secure_module module = {
        MPI_SECURE_MODULE_VERSION, open_state, copy_state, compress, expand, close_state};
    return &module;
}
