/* Reduce_scatter with uneven and empty parts, and in equal blocks. */
#include "../lib/story.h"

static void add(void *in, void *inout, int *count, MPI_Datatype *type)
{
    int i;
    (void)type;
    for (i = 0; i < *count; i++)
        ((int *)inout)[i] += ((int *)in)[i];
}

int main(int argc, char **argv)
{
    int counts[16], i, round, total, *in, *out;
    MPI_Op ordered;
    begin(&argc, &argv);
    MPI_Op_create(add, 0, &ordered);
    for (round = 0; round < 4; round++) {
        int unit = round == 3 ? 20000 : round == 2 ? 300 : 2;
        total = 0;
        for (i = 0; i < size; i++) {
            counts[i] = round == 1 && i == 0 ? 0 : unit * (i + 1);
            total += counts[i];
        }
        in = malloc((total + size * unit) * sizeof(int));
        out = calloc(total + unit, sizeof(int));
        for (i = 0; i < total + size * unit; i++)
            in[i] = (rank + 1) * i;
        MPI_Reduce_scatter(in, out, counts, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        say("parts of %d: %016llx", unit, (unsigned long long)checksum(out, counts[rank] * sizeof(int)));
        MPI_Reduce_scatter(in, out, counts, MPI_INT, ordered, MPI_COMM_WORLD);
        say("in order: %016llx", (unsigned long long)checksum(out, counts[rank] * sizeof(int)));
        MPI_Reduce_scatter_block(in, out, unit, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        say("equal blocks: %016llx", (unsigned long long)checksum(out, unit * sizeof(int)));
        free(in);
        free(out);
    }
    MPI_Op_free(&ordered);
    return end();
}
