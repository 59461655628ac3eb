/* MPI_Isendrecv and MPI_Isendrecv_replace: both halves are one request.
 * (MPICH 4.0.2 leaves their status unset, and crashes on MPI_PROC_NULL and on
 * types with gaps; see abi/crashes.c.) */
#include "../lib/story.h"

enum { LONG = 200000 };

int main(int argc, char **argv)
{
    static const int lengths[] = { 0, 1, 1000, LONG };
    int *out = malloc(LONG * sizeof(int)), *in = malloc(LONG * sizeof(int));
    int at, i, to, from, flag;
    MPI_Request request;

    begin(&argc, &argv);
    to = (rank + 1) % size;
    from = (rank + size - 1) % size;
    for (at = 0; at < 4; at++) {
        int length = lengths[at];
        for (i = 0; i < length; i++)
            out[i] = rank * 1000000 + i;
        MPI_Isendrecv(out, length, MPI_INT, to, 3, in, LONG, MPI_INT, from, 3, MPI_COMM_WORLD,
                      &request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        say("null %d, sum %016llx", request == MPI_REQUEST_NULL,
            (unsigned long long)checksum(in, length * sizeof(int)));
        MPI_Isendrecv_replace(out, length, MPI_INT, to, 4, from, 4, MPI_COMM_WORLD, &request);
        do
            MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
        while (!flag);
        must(memcmp(in, out, length * sizeof(int)) == 0);
    }
    return end();
}
