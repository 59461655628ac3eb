/* Gatherv and Scatterv: uneven pieces with gaps, in any order, some empty. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int counts[16], places[16], root, i, round, room = 0, *all, *mine;
    begin(&argc, &argv);
    for (round = 0; round < 3; round++) {
        int unit = round == 2 ? 20000 : 3;
        room = 0;
        for (i = size - 1; i >= 0; i--) {
            counts[i] = round == 1 && i % 2 ? 0 : unit * (i + 1);
            places[i] = room + 2;
            room += counts[i] + 5;
        }
        all = malloc(room * sizeof(int));
        mine = malloc((counts[rank] + 1) * sizeof(int));
        for (root = 0; root < size; root++) {
            memset(all, 0, room * sizeof(int));
            fill(mine, counts[rank] * sizeof(int), rank * 9 + root);
            MPI_Gatherv(mine, counts[rank], MPI_INT, all, counts, places, MPI_INT, root, MPI_COMM_WORLD);
            if (rank == root)
                say("gathered at %d: %016llx", root, (unsigned long long)checksum(all, room * sizeof(int)));
            if (rank == root)
                fill(all, room * sizeof(int), round + root);
            memset(mine, 0, counts[rank] * sizeof(int));
            MPI_Scatterv(all, counts, places, MPI_INT, mine, counts[rank], MPI_INT, root, MPI_COMM_WORLD);
            say("scattered from %d: %016llx", root, (unsigned long long)checksum(mine, counts[rank] * sizeof(int)));
            memset(all, 0, room * sizeof(int));
            MPI_Allgatherv(mine, counts[rank], MPI_INT, all, counts, places, MPI_INT, MPI_COMM_WORLD);
            say("for all: %016llx", (unsigned long long)checksum(all, room * sizeof(int)));
        }
        free(all);
        free(mine);
    }
    return end();
}
