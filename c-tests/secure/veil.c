/* A transform module: a cipher of the site's own, or what could be one. It xors
 * with a stream that both ends make from the key in the options and from what has
 * passed. No protection by itself: an example of a module with a state. */
#include "../../include/mpi_secure_module.h"
#include <stdint.h>
#include <stdlib.h>

struct state {
    uint64_t stream;
};

static int open_state(const char *options, int sends, void **place)
{
    struct state *state = malloc(sizeof *state);
    (void)sends;
    if (!state)
        return 1;
    state->stream = strtoull(options, NULL, 0) * 0x9e3779b97f4a7c15u + 1;
    *place = state;
    return 0;
}

static int copy_state(void *from, void **place)
{
    struct state *state = malloc(sizeof *state);
    if (!state)
        return 1;
    *state = *(struct state *)from;
    *place = state;
    return 0;
}

static int veil(void *at, const unsigned char *in, size_t in_len, unsigned char *out, size_t room,
                size_t *out_len)
{
    struct state *state = at;
    size_t next;
    if (in_len > room)
        return 2;
    for (next = 0; next < in_len; next++) {
        state->stream ^= state->stream << 13;
        state->stream ^= state->stream >> 7;
        state->stream ^= state->stream << 17;
        out[next] = in[next] ^ (unsigned char)(state->stream >> 32);
    }
    *out_len = in_len;
    return 0;
}

static void close_state(void *state)
{
    free(state);
}

const mpi_secure_module *mpi_secure_module_1(void)
{
    static const mpi_secure_module module = {
        MPI_SECURE_MODULE_VERSION, open_state, copy_state, veil, veil, close_state};
    return &module;
}
