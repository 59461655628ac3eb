/* Alltoallv: uneven pieces, gaps, empty ones. */
#include "../lib/story.h"

/* What rank `from` sends to rank `to`. */
static int piece(int from, int to, int unit) { return (from + 2 * to) % 4 * unit; }

int main(int argc, char **argv)
{
    int send_counts[16], send_places[16], receive_counts[16], receive_places[16], i, round, out_room, in_room;
    begin(&argc, &argv);
    for (round = 0; round < 3; round++) {
        int unit = round == 0 ? 1 : round == 1 ? 700 : 20000, *out, *in;
        out_room = in_room = 0;
        for (i = 0; i < size; i++) {
            send_counts[i] = piece(rank, i, unit);
            receive_counts[i] = piece(i, rank, unit);
            send_places[i] = out_room;
            out_room += send_counts[i] + 1;
        }
        for (i = size - 1; i >= 0; i--) {
            receive_places[i] = in_room + 1;
            in_room += receive_counts[i] + 2;
        }
        out = malloc(out_room * sizeof(int));
        in = calloc(in_room, sizeof(int));
        fill(out, out_room * sizeof(int), rank + round);
        MPI_Alltoallv(out, send_counts, send_places, MPI_INT, in, receive_counts, receive_places, MPI_INT, MPI_COMM_WORLD);
        say("unit %d: %016llx", unit, (unsigned long long)checksum(in, in_room * sizeof(int)));
        free(out);
        free(in);
    }
    return end();
}
