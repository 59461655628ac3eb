/* MPI_IN_PLACE in every collective that has it. */
#include "../lib/story.h"

static int *words;

static void prepare(int length)
{
    fill(words, length * sizeof(int), rank * 3 + length);
}

static void look(const char *name, int length)
{
    say("%s: %016llx", name, (unsigned long long)checksum(words, length * sizeof(int)));
}

int main(int argc, char **argv)
{
    int counts[16], places[16], i, unit, room;
    MPI_Datatype types[16];
    static const int units[] = { 3, 500, 15000 };
    begin(&argc, &argv);
    words = malloc(16 * 16000 * sizeof(int));
    for (unit = 0; unit < 3; unit++) {
        int n = units[unit], root = size - 1;
        room = n * size;
        for (i = 0; i < size; i++) {
            counts[i] = n;
            places[i] = i * n;
            types[i] = MPI_INT;
        }
        prepare(n);
        MPI_Allreduce(MPI_IN_PLACE, words, n, MPI_INT, MPI_BXOR, MPI_COMM_WORLD);
        look("allreduce", n);
        prepare(n);
        if (rank == root)
            MPI_Reduce(MPI_IN_PLACE, words, n, MPI_INT, MPI_BXOR, root, MPI_COMM_WORLD);
        else
            MPI_Reduce(words, NULL, n, MPI_INT, MPI_BXOR, root, MPI_COMM_WORLD);
        look("reduce", n);
        prepare(room);
        MPI_Gather(rank == root ? MPI_IN_PLACE : words, n, MPI_INT, words, n, MPI_INT, root, MPI_COMM_WORLD);
        if (rank == root)
            look("gather", room);
        prepare(room);
        MPI_Gatherv(rank == root ? MPI_IN_PLACE : words, n, MPI_INT, words, counts, places, MPI_INT, root, MPI_COMM_WORLD);
        if (rank == root)
            look("gatherv", room);
        prepare(room);
        MPI_Scatter(words, n, MPI_INT, rank == root ? MPI_IN_PLACE : words, n, MPI_INT, root, MPI_COMM_WORLD);
        look("scatter", rank == root ? room : n);
        prepare(room);
        MPI_Scatterv(words, counts, places, MPI_INT, rank == root ? MPI_IN_PLACE : words, n, MPI_INT, root, MPI_COMM_WORLD);
        look("scatterv", rank == root ? room : n);
        prepare(room);
        MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, words, n, MPI_INT, MPI_COMM_WORLD);
        look("allgather", room);
        prepare(room);
        MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, words, counts, places, MPI_INT, MPI_COMM_WORLD);
        look("allgatherv", room);
        prepare(room);
        MPI_Alltoall(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, words, n, MPI_INT, MPI_COMM_WORLD);
        look("alltoall", room);
        prepare(room);
        MPI_Alltoallv(MPI_IN_PLACE, counts, places, MPI_INT, words, counts, places, MPI_INT, MPI_COMM_WORLD);
        look("alltoallv", room);
        for (i = 0; i < size; i++)
            places[i] *= sizeof(int);
        prepare(room);
        MPI_Alltoallw(MPI_IN_PLACE, counts, places, types, words, counts, places, types, MPI_COMM_WORLD);
        look("alltoallw", room);
        prepare(room);
        MPI_Reduce_scatter(MPI_IN_PLACE, words, counts, MPI_INT, MPI_BXOR, MPI_COMM_WORLD);
        look("reduce_scatter", n);
        prepare(room);
        MPI_Reduce_scatter_block(MPI_IN_PLACE, words, n, MPI_INT, MPI_BXOR, MPI_COMM_WORLD);
        look("reduce_scatter_block", n);
        prepare(n);
        MPI_Scan(MPI_IN_PLACE, words, n, MPI_INT, MPI_BXOR, MPI_COMM_WORLD);
        look("scan", n);
        prepare(n);
        MPI_Exscan(MPI_IN_PLACE, words, n, MPI_INT, MPI_BXOR, MPI_COMM_WORLD);
        if (rank > 0)
            look("exscan", n);
    }
    return end();
}
