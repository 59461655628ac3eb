/* Transform modules: code of a site's own between a program's packets and the
 * cipher, such as a compression or a cipher that this library does not have.
 *
 * A module is a shared library with the function mpi_secure_module_1. The policy
 * names its file ([[policy.module]]), and in which security contexts it works, in
 * which order with others (`modules` of a [[policy.context]]). The file has to be
 * as well protected as the policy, and the same on all hosts of a job.
 *
 * All functions return 0, or a number that ends the job and is told to the
 * operator. A state belongs to one direction of one security context on one link.
 * It may be used by any thread, by one at a time. */
#ifndef MPI_SECURE_MODULE_H
#define MPI_SECURE_MODULE_H

#include <stddef.h>

#define MPI_SECURE_MODULE_VERSION 1

typedef struct mpi_secure_module {
    /* MPI_SECURE_MODULE_VERSION */
    int version;
    /* A security context begins on a link: makes the state for what this process
     * sends in it (sends is 1) or receives (0). May be NULL: then the state is. */
    int (*open)(const char *options, int sends, void **state);
    /* The context of a duplicate of a communicator begins: makes its state from
     * that of the original, as it is at that moment, which is the same moment of
     * the stream at both ends. Changes nothing of the original. May be NULL: then
     * open is called. */
    int (*copy)(void *state, void **copy);
    /* Transforms the content of one frame on its way out: writes at most room
     * bytes and says how many. What was sent is received in the same order. */
    int (*send)(void *state, const unsigned char *in, size_t in_len, unsigned char *out, size_t room,
                size_t *out_len);
    /* The reverse, at the other end. */
    int (*receive)(void *state, const unsigned char *in, size_t in_len, unsigned char *out,
                   size_t room, size_t *out_len);
    /* The end of a state. May be NULL. */
    void (*close)(void *state);
} mpi_secure_module;

#ifdef __cplusplus
extern "C"
#endif
const mpi_secure_module *mpi_secure_module_1(void);

#endif /* MPI_SECURE_MODULE_H */
