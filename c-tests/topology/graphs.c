/* Graphs, told whole to everybody or in pieces by anybody. */
#include "../lib/story.h"

static int by_rank(const void *a, const void *b)
{
    return ((const int *)a)[0] - ((const int *)b)[0];
}

/* The order in which edges others named come is free: sorted. */
static void list(const char *name, int count, const int *ranks, const int *weights)
{
    int pairs[32][2], i;
    char line[300] = "";
    for (i = 0; i < count; i++) {
        pairs[i][0] = ranks[i];
        pairs[i][1] = weights ? weights[i] : 0;
    }
    qsort(pairs, (size_t)count, sizeof pairs[0], by_rank);
    for (i = 0; i < count; i++)
        sprintf(line + strlen(line), " %d(%d)", pairs[i][0], pairs[i][1]);
    say("%s:%s", name, line);
}

int main(int argc, char **argv)
{
    int index[8], edges[16], kind, nodes, count, in, out, weighted, i;
    int from[16], to[16], in_weights[16], out_weights[16];
    int mine[2], degrees[2] = { 2, 1 }, ends[3], weights[3];
    MPI_Comm graph, spread;
    int *volatile none = MPI_UNWEIGHTED; /* compilers would look behind the constant */

    begin(&argc, &argv);

    /* A star: everybody but the last, which has no part in it. */
    for (i = 0; i < size - 1; i++) {
        index[i] = i == 0 ? size - 2 : size - 2 + i;
        edges[i == 0 ? 0 : size - 3 + i] = 0;
    }
    for (i = 1; i < size - 1; i++)
        edges[i - 1] = i;
    MPI_Graph_create(MPI_COMM_WORLD, size - 1, index, edges, 0, &graph);
    say("in the star: %d", graph != MPI_COMM_NULL);
    if (graph != MPI_COMM_NULL) {
        MPI_Topo_test(graph, &kind);
        MPI_Graphdims_get(graph, &nodes, &count);
        say("a graph %d, %d nodes, %d edges", kind == MPI_GRAPH, nodes, count);
        MPI_Graph_neighbors_count(graph, rank, &count);
        MPI_Graph_neighbors(graph, rank, 16, to);
        list("neighbours", count, to, NULL);
        MPI_Comm_free(&graph);
    }

    /* Each names edges of its two right neighbours. */
    mine[0] = (rank + 1) % size;
    mine[1] = (rank + 2) % size;
    ends[0] = rank;
    ends[1] = mine[1];
    ends[2] = rank;
    for (i = 0; i < 3; i++)
        weights[i] = 10 * rank + i;
    MPI_Dist_graph_create(MPI_COMM_WORLD, 2, mine, degrees, ends, weights, MPI_INFO_NULL, 0, &spread);
    MPI_Topo_test(spread, &kind);
    MPI_Dist_graph_neighbors_count(spread, &in, &out, &weighted);
    say("spread %d: %d in, %d out, weighted %d", kind == MPI_DIST_GRAPH, in, out, weighted != 0);
    MPI_Dist_graph_neighbors(spread, in, from, in_weights, out, to, out_weights);
    list("in", in, from, in_weights);
    list("out", out, to, out_weights);
    MPI_Comm_free(&spread);

    /* Without weights, each names its own. */
    from[0] = (rank + size - 1) % size;
    to[0] = (rank + 1) % size;
    MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, from, none, 1, to, none, MPI_INFO_NULL, 0,
                                   &spread);
    MPI_Dist_graph_neighbors_count(spread, &in, &out, &weighted);
    MPI_Dist_graph_neighbors(spread, 1, from, none, 1, to, none);
    say("ring: %d in from %d, %d out to %d, weighted %d", in, from[0], out, to[0], weighted != 0);
    MPI_Comm_free(&spread);
    return end();
}
