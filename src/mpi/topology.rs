//! Chapter 8: virtual topologies.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Cart_coords(comm: InComm, rank: InRank, maxdims: Count, coords: OutInts) = missing;
    fn MPI_Cart_create(
        comm_old: InComm, ndims: Count, dims: Ints, periods: Flags, reorder: Flag,
        comm_cart: OutComm
    ) = missing;
    fn MPI_Cart_get(
        comm: InComm, maxdims: Count, dims: OutInts, periods: OutInts, coords: OutInts
    ) = missing;
    fn MPI_Cart_map(
        comm: InComm, ndims: Count, dims: Ints, periods: Flags, newrank: OutRank
    ) = missing;
    fn MPI_Cart_rank(comm: InComm, coords: Ints, rank: OutRank) = missing;
    fn MPI_Cart_shift(
        comm: InComm, direction: Int, disp: Int, rank_source: OutRank, rank_dest: OutRank
    ) = missing;
    fn MPI_Cart_sub(comm: InComm, remain_dims: Flags, newcomm: OutComm) = missing;
    fn MPI_Cartdim_get(comm: InComm, ndims: OutInt) = missing;
    fn MPI_Dims_create(nnodes: Int, ndims: Count, dims: OutInts) = missing;
    fn MPI_Dist_graph_create(
        comm_old: InComm, n: Count, sources: Ranks, degrees: Ints, destinations: Ranks,
        weights: ConstIntPointer, info: OptInfo, reorder: Flag, comm_dist_graph: OutComm
    ) = missing;
    fn MPI_Dist_graph_create_adjacent(
        comm_old: InComm, indegree: Count, sources: Ranks, sourceweights: ConstIntPointer,
        outdegree: Count, destinations: Ranks, destweights: ConstIntPointer, info: OptInfo,
        reorder: Flag, comm_dist_graph: OutComm
    ) = missing;
    fn MPI_Dist_graph_neighbors(
        comm: InComm, maxindegree: Count, sources: OutRanks, sourceweights: IntPointer,
        maxoutdegree: Count, destinations: OutRanks, destweights: IntPointer
    ) = missing;
    fn MPI_Dist_graph_neighbors_count(
        comm: InComm, indegree: OutInt, outdegree: OutInt, weighted: OutFlag
    ) = missing;
    fn MPI_Get_hw_resource_info(hw_info: OutInfo) = missing;
    fn MPI_Graph_create(
        comm_old: InComm, nnodes: Int, index: Ints, edges: Ranks, reorder: Flag,
        comm_graph: OutComm
    ) = missing;
    fn MPI_Graph_get(
        comm: InComm, maxindex: Count, maxedges: Count, index: OutInts, edges: OutRanks
    ) = missing;
    fn MPI_Graph_map(
        comm: InComm, nnodes: Count, index: Ints, edges: Ranks, newrank: OutRank
    ) = missing;
    fn MPI_Graph_neighbors(
        comm: InComm, rank: InRank, maxneighbors: Count, neighbors: OutRanks
    ) = missing;
    fn MPI_Graph_neighbors_count(comm: InComm, rank: InRank, nneighbors: OutInt) = missing;
    fn MPI_Graphdims_get(comm: InComm, nnodes: OutInt, nedges: OutInt) = missing;
    fn MPI_Topo_test(comm: InComm, status: OutTopology) = missing;
}
