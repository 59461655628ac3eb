/* Exchanges with the neighbours of grids and graphs, blocking and not. */
#include "../lib/story.h"

enum { N = 50, MOST = 8 };

static int out[MOST * N], in[MOST * N];

static void each(const char *name, MPI_Comm comm)
{
    int sendcounts[MOST], recvcounts[MOST], sdispls[MOST], rdispls[MOST], i, its_rank;
    MPI_Aint sbytes[MOST], rbytes[MOST];
    MPI_Datatype types[MOST];
    MPI_Request requests[2];
    int again[MOST * N];

    MPI_Comm_rank(comm, &its_rank);
    for (i = 0; i < MOST; i++) {
        sendcounts[i] = N - 7;
        recvcounts[i] = N - 7;
        sdispls[i] = i * N;
        rdispls[i] = (MOST - 1 - i) * N;
        sbytes[i] = sdispls[i] * (int)sizeof(int);
        rbytes[i] = rdispls[i] * (int)sizeof(int);
        types[i] = MPI_INT;
    }
    fill(out, sizeof out, its_rank + 1);
#define LOOK(what) say("%s: %s %016llx", name, what, (unsigned long long)checksum(in, sizeof in)); memset(in, 0, sizeof in)
    memset(in, 0, sizeof in);
    MPI_Neighbor_allgather(out, N, MPI_INT, in, N, MPI_INT, comm);
    LOOK("allgather");
    MPI_Neighbor_allgatherv(out, N - 7, MPI_INT, in, recvcounts, rdispls, MPI_INT, comm);
    LOOK("allgatherv");
    MPI_Neighbor_alltoall(out, N, MPI_INT, in, N, MPI_INT, comm);
    LOOK("alltoall");
    MPI_Neighbor_alltoallv(out, sendcounts, sdispls, MPI_INT, in, recvcounts, rdispls, MPI_INT, comm);
    LOOK("alltoallv");
    MPI_Neighbor_alltoallw(out, sendcounts, sbytes, types, in, recvcounts, rbytes, types, comm);
    LOOK("alltoallw");
    memset(again, 0, sizeof again);
    MPI_Ineighbor_alltoall(out, N, MPI_INT, in, N, MPI_INT, comm, &requests[0]);
    MPI_Ineighbor_allgather(out, 3, MPI_INT, again, 3, MPI_INT, comm, &requests[1]);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    LOOK("ialltoall");
    memcpy(in, again, sizeof in);
    LOOK("iallgather");
}

int main(int argc, char **argv)
{
    int dims[2] = { 0, 0 }, periods[2] = { 0, 0 }, sources[2], destinations[2], i;
    MPI_Comm grid, ring, graph;

    begin(&argc, &argv);
    MPI_Dims_create(size, 2, dims);
    MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &grid);
    each("grid", grid);
    periods[0] = 1;
    MPI_Cart_create(MPI_COMM_WORLD, 1, &size, periods, 0, &ring);
    if (size > 2)
        each("ring", ring);
    /* Two in, two out, not the same. */
    for (i = 0; i < 2; i++) {
        destinations[i] = (rank + 1 + i) % size;
        sources[i] = (rank + 2 * size - 1 - i) % size;
    }
    MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 2, sources, MPI_UNWEIGHTED, 2, destinations, MPI_UNWEIGHTED,
        MPI_INFO_NULL, 0, &graph);
    each("graph", graph);
    MPI_Comm_free(&grid);
    MPI_Comm_free(&ring);
    MPI_Comm_free(&graph);
    return end();
}
