/* MPICH ABI only: a handle is an int, so the upper half of the register or
 * stack slot it travels in may hold anything. */
#include <mpi.h>
#include <stdio.h>

#define DIRTY(handle) (0xdeadbeef00000000ul | (unsigned)(handle))

int main(int argc, char **argv) {
    typedef unsigned long word;
    int (*sendrecv)(const void *, int, word, int, int, void *, int, word, int, int, word, void *) =
        (int (*)(const void *, int, word, int, int, void *, int, word, int, int, word,
                 void *))MPI_Sendrecv;
    int sent = 5, got = 0;

    MPI_Init(&argc, &argv);
    sendrecv(&sent, 1, DIRTY(MPI_INT), 0, 0, &got, 1, DIRTY(MPI_INT), 0, 0, DIRTY(MPI_COMM_SELF),
             MPI_STATUS_IGNORE);
    printf("received %d\n", got);
    MPI_Finalize();
    return 0;
}
