/* Shifts along a ring and a line, in two buffers and in one. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    static const int lengths[] = { 1, 100, 20000, 200000 };
    int at, to, from, i, count;
    int *out = malloc(200000 * sizeof(int)), *in = malloc(200000 * sizeof(int));
    MPI_Status status;

    begin(&argc, &argv);
    to = (rank + 1) % size;
    from = (rank + size - 1) % size;
    for (at = 0; at < 4; at++) {
        int length = lengths[at];
        for (i = 0; i < length; i++)
            out[i] = rank * 1000000 + i;
        MPI_Sendrecv(out, length, MPI_INT, to, 3, in, 200000, MPI_INT, from, 3, MPI_COMM_WORLD, &status);
        MPI_Get_count(&status, MPI_INT, &count);
        say("%d ints: %d from %d, last %d", length, count, status.MPI_SOURCE, in[count - 1]);
        MPI_Sendrecv_replace(out, length, MPI_INT, to, 4, from, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
        must(memcmp(in, out, length * sizeof(int)) == 0);
        say("replaced: first %d last %d tag %d", out[0], out[length - 1], status.MPI_TAG);
    }
    /* A line: the ends exchange with nobody. */
    to = rank + 1 < size ? rank + 1 : MPI_PROC_NULL;
    from = rank > 0 ? rank - 1 : MPI_PROC_NULL;
    out[0] = rank;
    in[0] = -1;
    MPI_Sendrecv(out, 1, MPI_INT, to, 5, in, 1, MPI_INT, from, 5, MPI_COMM_WORLD, &status);
    say("line: got %d", in[0]);
    /* Different types and tags in the two directions. */
    if (size > 1 && rank < 2) {
        double real = rank + 0.5, back[2] = { 0, 0 };
        if (rank == 0)
            MPI_Sendrecv(&real, 1, MPI_DOUBLE, 1, 6, in, 2, MPI_INT, 1, 7, MPI_COMM_WORLD, &status);
        else
            MPI_Sendrecv(out, 2, MPI_INT, 0, 7, back, 2, MPI_DOUBLE, 0, 6, MPI_COMM_WORLD, &status);
        say("mixed: %d %.1f", rank == 0 ? in[0] : 0, back[0]);
    }
    return end();
}
