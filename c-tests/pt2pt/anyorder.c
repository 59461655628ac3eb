/* Many requests, posted in one order and satisfied in another. */
#include "../lib/story.h"

enum { COUNT = 60 };

static int length_of(int number) { return number % 6 == 0 ? 30000 : 10 + number; }

int main(int argc, char **argv)
{
    MPI_Request sends[COUNT], receives[COUNT];
    int *out[COUNT], *in[COUNT], i, to, from;
    uint64_t sum = 0;

    begin(&argc, &argv);
    to = (rank + 1) % size;
    from = (rank + size - 1) % size;
    for (i = 0; i < COUNT; i++) {
        out[i] = malloc(length_of(i) * sizeof(int));
        in[i] = calloc(length_of(i), sizeof(int));
        fill(out[i], length_of(i) * sizeof(int), rank * COUNT + i);
    }
    /* Half of the receives before the sends, half after; tags in another order. */
    for (i = 0; i < COUNT; i += 2)
        MPI_Irecv(in[i], length_of(i), MPI_INT, from, i, MPI_COMM_WORLD, &receives[i]);
    for (i = 0; i < COUNT; i++) {
        int number = (i * 37 + 11) % COUNT;
        if (number % 3)
            MPI_Isend(out[number], length_of(number), MPI_INT, to, number, MPI_COMM_WORLD, &sends[number]);
        else
            MPI_Issend(out[number], length_of(number), MPI_INT, to, number, MPI_COMM_WORLD, &sends[number]);
    }
    for (i = COUNT - 1; i > 0; i -= 2)
        MPI_Irecv(in[i], length_of(i), MPI_INT, from, i, MPI_COMM_WORLD, &receives[i]);
    for (i = 0; i < COUNT; i++) {
        int number = (i * 23 + 5) % COUNT;
        MPI_Wait(&receives[number], MPI_STATUS_IGNORE);
        sum ^= checksum(in[number], length_of(number) * sizeof(int)) * (number + 1);
    }
    for (i = COUNT - 1; i >= 0; i--)
        MPI_Wait(&sends[i], MPI_STATUS_IGNORE);
    for (i = 0; i < COUNT; i++) {
        fill(out[i], length_of(i) * sizeof(int), from * COUNT + i);
        must(memcmp(in[i], out[i], length_of(i) * sizeof(int)) == 0);
    }
    say("sum %016llx", (unsigned long long)sum);
    return end();
}
