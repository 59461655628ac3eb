/* A preload for stock MPICH where only its results are wanted. With more ranks
   than cores its idle loop keeps its ranks from the cores for seconds; here what
   finds nothing sleeps, and nothing else changes. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Of UCX, in which Debian's MPICH waits: returns how many messages it found. */
unsigned ucp_worker_progress(void *worker)
{
    static unsigned (*theirs)(void *);
    if (!theirs)
        theirs = (unsigned (*)(void *))dlsym(RTLD_NEXT, "ucp_worker_progress");
    /* Python loads MPI where RTLD_NEXT does not look. Without the library this would be
     * found again, and call itself. */
    if (!theirs) {
        void *library = dlopen("libucp.so.0", RTLD_LAZY | RTLD_NOLOAD);
        if (library)
            theirs = (unsigned (*)(void *))dlsym(library, "ucp_worker_progress");
        if (!theirs) {
            fputs("patience: no libucp.so.0 with ucp_worker_progress is loaded\n", stderr);
            abort();
        }
    }
    unsigned found = theirs(worker);
    if (!found)
        nanosleep(&(struct timespec){.tv_nsec = 20 * 1000}, NULL);
    return found;
}
