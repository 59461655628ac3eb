//! Chapter 8: virtual topologies.

use std::iter::repeat_n;
use std::sync::Arc;

use super::comm_create::{color_of, divide, exchange_bytes, only_intra};
use super::split_type::resources;
use crate::abi::kind::{self, *};
use crate::abi::process::Ref;
use crate::abi::{Abi, Cx};
use crate::mpi_functions;
use crate::object::topology::{Cartesian, Distributed, Graph, Topology, balance};
use crate::object::{Class, Comm, Error, Info, Result};

mpi_functions! {
    fn MPI_Cart_coords(comm: InComm, rank: InRank, maxdims: Count, coords: OutInts) = cart_coords;
    fn MPI_Cart_create(
        comm_old: InComm, ndims: Count, dims: Ints, periods: Flags, reorder: Flag,
        comm_cart: OutComm
    ) = cart_create;
    fn MPI_Cart_get(
        comm: InComm, maxdims: Count, dims: OutInts, periods: OutInts, coords: OutInts
    ) = cart_get;
    fn MPI_Cart_map(
        comm: InComm, ndims: Count, dims: Ints, periods: Flags, newrank: OutRank
    ) = cart_map;
    fn MPI_Cart_rank(comm: InComm, coords: Ints, rank: OutRank) = cart_rank;
    fn MPI_Cart_shift(
        comm: InComm, direction: Int, disp: Int, rank_source: OutRank, rank_dest: OutRank
    ) = cart_shift;
    fn MPI_Cart_sub(comm: InComm, remain_dims: Flags, newcomm: OutComm) = cart_sub;
    fn MPI_Cartdim_get(comm: InComm, ndims: OutInt) = cartdim_get;
    fn MPI_Dims_create(nnodes: Int, ndims: Count, dims: OutInts) = dims_create;
    fn MPI_Dist_graph_create(
        comm_old: InComm, n: Count, sources: Ranks, degrees: Ints, destinations: Ranks,
        weights: InWeights, info: OptInfo, reorder: Flag, comm_dist_graph: OutComm
    ) = dist_graph_create;
    fn MPI_Dist_graph_create_adjacent(
        comm_old: InComm, indegree: Count, sources: Ranks, sourceweights: InWeights,
        outdegree: Count, destinations: Ranks, destweights: InWeights, info: OptInfo,
        reorder: Flag, comm_dist_graph: OutComm
    ) = dist_graph_create_adjacent;
    fn MPI_Dist_graph_neighbors(
        comm: InComm, maxindegree: Count, sources: OutRanks, sourceweights: OutWeights,
        maxoutdegree: Count, destinations: OutRanks, destweights: OutWeights
    ) = dist_graph_neighbors;
    fn MPI_Dist_graph_neighbors_count(
        comm: InComm, indegree: OutInt, outdegree: OutInt, weighted: OutFlag
    ) = dist_graph_neighbors_count;
    fn MPI_Get_hw_resource_info(hw_info: OutInfo) = get_hw_resource_info;
    fn MPI_Graph_create(
        comm_old: InComm, nnodes: Int, index: Ints, edges: Ranks, reorder: Flag,
        comm_graph: OutComm
    ) = graph_create;
    fn MPI_Graph_get(
        comm: InComm, maxindex: Count, maxedges: Count, index: OutInts, edges: OutRanks
    ) = graph_get;
    fn MPI_Graph_map(
        comm: InComm, nnodes: Count, index: Ints, edges: Ranks, newrank: OutRank
    ) = graph_map;
    fn MPI_Graph_neighbors(
        comm: InComm, rank: InRank, maxneighbors: Count, neighbors: OutRanks
    ) = graph_neighbors;
    fn MPI_Graph_neighbors_count(comm: InComm, rank: InRank, nneighbors: OutInt) = graph_neighbors_count;
    fn MPI_Graphdims_get(comm: InComm, nnodes: OutInt, nedges: OutInt) = graphdims_get;
    fn MPI_Topo_test(comm: InComm, status: OutTopology) = topo_test;
}

fn grid(comm: &Comm) -> Result<&Cartesian> {
    match comm.topology.get() {
        Some(Topology::Cartesian(grid)) => Ok(grid),
        _ => Err(without(comm, "Cartesian")),
    }
}

fn graph(comm: &Comm) -> Result<&Graph> {
    match comm.topology.get() {
        Some(Topology::Graph(graph)) => Ok(graph),
        _ => Err(without(comm, "graph")),
    }
}

fn edges(comm: &Comm) -> Result<&Distributed> {
    match comm.topology.get() {
        Some(Topology::Distributed(edges)) => Ok(edges),
        _ => Err(without(comm, "distributed graph")),
    }
}

#[cold]
fn without(comm: &Comm, kind: &str) -> Error {
    let message = format!("communicator {} has no {kind} topology", comm.name.read());
    Error::new(Class::Topology, message)
}

fn topo_test(cx: &Cx, comm: Ref<Comm>, status: ChoicePlace) -> Result<()> {
    status.set(
        cx,
        match comm.topology.get() {
            None => kind::Topology::Undefined,
            Some(Topology::Cartesian(_)) => kind::Topology::Cart,
            Some(Topology::Graph(_)) => kind::Topology::Graph,
            Some(Topology::Distributed(_)) => kind::Topology::DistGraph,
        },
    );
    Ok(())
}

/// The first `nodes` processes of `comm` with a topology; null for the others.
/// Ranks keep their order: links are alike, so no order is better.
fn create(
    cx: &Cx,
    comm: &Comm,
    nodes: u32,
    topology: Topology,
    place: HandlePlace<Comm>,
) -> Result<()> {
    only_intra(cx, comm)?;
    if nodes > comm.size() {
        let message = format!("{nodes} processes are needed, the communicator has {}", comm.size());
        return Err(Error::new(Class::Dims, message));
    }
    let color = (comm.rank < nodes).then(|| color_of(0));
    match divide(cx.process, comm, color, 0)? {
        Some(new) => {
            new.topology.set(topology).expect("a new communicator has no topology");
            place.put(cx, new).map(drop)
        }
        None => {
            place.set_null(cx);
            Ok(())
        }
    }
}

fn read_grid(ndims: usize, dims: Numbers, periods: Numbers) -> Result<Cartesian> {
    let dims: Vec<i32> = dims.read(ndims)?.iter().map(|&dim| dim as i32).collect();
    let periods: Vec<bool> = periods.read(ndims)?.iter().map(|&flag| flag != 0).collect();
    Cartesian::new(&dims, &periods)
}

fn cart_create(
    cx: &Cx,
    comm: Ref<Comm>,
    ndims: usize,
    dims: Numbers,
    periods: Numbers,
    _reorder: bool,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    let grid = read_grid(ndims, dims, periods)?;
    create(cx, &comm, grid.size(), Topology::Cartesian(grid), newcomm)
}

fn cart_map(
    cx: &Cx,
    comm: Ref<Comm>,
    ndims: usize,
    dims: Numbers,
    periods: Numbers,
    newrank: RankPlace,
) -> Result<()> {
    let nodes = read_grid(ndims, dims, periods)?.size();
    map(cx, &comm, nodes, newrank)
}

fn map(cx: &Cx, comm: &Comm, nodes: u32, newrank: RankPlace) -> Result<()> {
    newrank.set(cx, if comm.rank < nodes { comm.rank as i32 } else { UNDEFINED });
    Ok(())
}

fn cartdim_get(_: &Cx, comm: Ref<Comm>, ndims: Place<i32>) -> Result<()> {
    ndims.set(grid(&comm)?.dims.len() as i32);
    Ok(())
}

fn room(name: &str, given: usize, needed: usize) -> Result<()> {
    if given < needed {
        let message = format!("{name} is {given}, but {needed} entries are to be stored");
        return Err(Error::new(Class::Arg, message));
    }
    Ok(())
}

fn wide(values: &[i32]) -> Vec<i64> {
    values.iter().map(|&value| value as i64).collect()
}

fn cart_get(
    _: &Cx,
    comm: Ref<Comm>,
    maxdims: usize,
    dims: NumbersOut,
    periods: NumbersOut,
    coords: NumbersOut,
) -> Result<()> {
    let grid = grid(&comm)?;
    room("maxdims", maxdims, grid.dims.len())?;
    dims.write(&wide(&grid.dims))?;
    periods.write(&grid.periods.iter().map(|&flag| flag as i64).collect::<Vec<_>>())?;
    coords.write(&wide(&grid.coordinates(comm.rank)?))
}

fn cart_coords(
    _: &Cx,
    comm: Ref<Comm>,
    rank: Rank,
    maxdims: usize,
    coords: NumbersOut,
) -> Result<()> {
    let grid = grid(&comm)?;
    room("maxdims", maxdims, grid.dims.len())?;
    let rank = rank.member(comm.size() as usize)?;
    coords.write(&wide(&grid.coordinates(rank)?))
}

fn cart_rank(cx: &Cx, comm: Ref<Comm>, coords: Numbers, rank: RankPlace) -> Result<()> {
    let grid = grid(&comm)?;
    let coords: Vec<i32> = coords.read(grid.dims.len())?.iter().map(|&at| at as i32).collect();
    rank.set(cx, grid.rank(&coords)? as i32);
    Ok(())
}

fn cart_shift(
    cx: &Cx,
    comm: Ref<Comm>,
    direction: i32,
    disp: i32,
    source: RankPlace,
    dest: RankPlace,
) -> Result<()> {
    // A negative direction is past the last dimension as well.
    let (from, to) = grid(&comm)?.shift(comm.rank, direction as usize, disp)?;
    let or_null = |rank: Option<u32>| rank.map_or(PROC_NULL, |rank| rank as i32);
    source.set(cx, or_null(from));
    dest.set(cx, or_null(to));
    Ok(())
}

fn cart_sub(
    cx: &Cx,
    comm: Ref<Comm>,
    remain_dims: Numbers,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    let grid = grid(&comm)?;
    let remain: Vec<bool> =
        remain_dims.read(grid.dims.len())?.iter().map(|&flag| flag != 0).collect();
    let (sub, color, key) = grid.sub(comm.rank, &remain)?;
    let new = divide(cx.process, &comm, Some(color_of(color)), key)?;
    let new = new.expect("every process has a color");
    // A grid of no dimensions has one place. The standard gives every process
    // such a grid of its own, MPICH only the first.
    if cx.abi == Abi::Mpich && sub.dims.is_empty() && color > 0 {
        newcomm.set_null(cx);
        return Ok(());
    }
    new.topology.set(Topology::Cartesian(sub)).expect("a new communicator has no topology");
    newcomm.put(cx, new).map(drop)
}

fn dims_create(_: &Cx, nnodes: i32, ndims: usize, dims: NumbersOut) -> Result<()> {
    let mut chosen: Vec<i32> = dims.read(ndims)?.iter().map(|&dim| dim as i32).collect();
    balance(nnodes, &mut chosen)?;
    dims.write(&wide(&chosen))
}

fn read_graph(cx: &Cx, nnodes: usize, index: Numbers, edges: RankArray) -> Result<Graph> {
    let index: Vec<i32> = index.read(nnodes)?.iter().map(|&end| end as i32).collect();
    let count = index.last().map_or(0, |&end| end.max(0));
    let edges = edges.read(cx, count as usize)?;
    Graph::new(&index, &edges.iter().map(|edge| edge.ours()).collect::<Vec<_>>())
}

fn graph_create(
    cx: &Cx,
    comm: Ref<Comm>,
    nnodes: i32,
    index: Numbers,
    edges: RankArray,
    _reorder: bool,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    let Ok(nodes) = u32::try_from(nnodes) else {
        return Err(Error::new(Class::Arg, format!("nnodes is {nnodes} but must not be negative")));
    };
    // Checked before the arrays are read: they may be that much too long.
    if nodes > comm.size() {
        let message = format!("nnodes is {nodes}, the communicator has {}", comm.size());
        return Err(Error::new(Class::Arg, message));
    }
    let graph = read_graph(cx, nodes as usize, index, edges)?;
    create(cx, &comm, nodes, Topology::Graph(graph), newcomm)
}

fn graph_map(
    cx: &Cx,
    comm: Ref<Comm>,
    nnodes: usize,
    index: Numbers,
    edges: RankArray,
    newrank: RankPlace,
) -> Result<()> {
    read_graph(cx, nnodes, index, edges)?;
    map(cx, &comm, nnodes as u32, newrank)
}

fn graphdims_get(_: &Cx, comm: Ref<Comm>, nnodes: Place<i32>, nedges: Place<i32>) -> Result<()> {
    let graph = graph(&comm)?;
    nnodes.set(graph.index.len() as i32);
    nedges.set(graph.edges.len() as i32);
    Ok(())
}

fn graph_get(
    cx: &Cx,
    comm: Ref<Comm>,
    maxindex: usize,
    maxedges: usize,
    index: NumbersOut,
    edges: OutRankArray,
) -> Result<()> {
    let graph = graph(&comm)?;
    index.write(&wide(first(&graph.index, maxindex)))?;
    edges.write(cx, first(&graph.edges, maxedges))
}

/// What fits a place for `max` entries.
fn first<T>(list: &[T], max: usize) -> &[T] {
    &list[..list.len().min(max)]
}

fn graph_neighbors_count(_: &Cx, comm: Ref<Comm>, rank: Rank, count: Place<i32>) -> Result<()> {
    let rank = rank.member(comm.size() as usize)?;
    count.set(graph(&comm)?.neighbors(rank as i32)?.len() as i32);
    Ok(())
}

fn graph_neighbors(
    cx: &Cx,
    comm: Ref<Comm>,
    rank: Rank,
    maxneighbors: usize,
    neighbors: OutRankArray,
) -> Result<()> {
    let rank = rank.member(comm.size() as usize)?;
    neighbors.write(cx, first(graph(&comm)?.neighbors(rank as i32)?, maxneighbors))
}

fn dist_graph_create_adjacent(
    cx: &Cx,
    comm: Ref<Comm>,
    indegree: usize,
    sources: RankArray,
    sourceweights: Weights,
    outdegree: usize,
    destinations: RankArray,
    destweights: Weights,
    _info: Option<Ref<Info>>,
    _reorder: bool,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    let own = Distributed {
        sources: members(cx, &comm, &sources, indegree)?,
        destinations: members(cx, &comm, &destinations, outdegree)?,
        source_weights: sourceweights.read(indegree)?,
        destination_weights: destweights.read(outdegree)?,
    };
    create(cx, &comm, comm.size(), Topology::Distributed(own), newcomm)
}

fn members(cx: &Cx, comm: &Comm, ranks: &RankArray, count: usize) -> Result<Vec<i32>> {
    let size = comm.size() as usize;
    ranks.read(cx, count)?.iter().map(|rank| rank.member(size).map(|rank| rank as i32)).collect()
}

/// Any process may name any edge, so everybody hears of all edges and keeps
/// its own: memory for the whole graph, but only while it is made.
fn dist_graph_create(
    cx: &Cx,
    comm: Ref<Comm>,
    n: usize,
    sources: RankArray,
    degrees: Numbers,
    destinations: RankArray,
    weights: Weights,
    _info: Option<Ref<Info>>,
    _reorder: bool,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    only_intra(cx, &comm)?;
    let sources = members(cx, &comm, &sources, n)?;
    let degrees = degrees.read_counts(n)?;
    let total = degrees.iter().sum();
    let destinations = members(cx, &comm, &destinations, total)?;
    let weights = weights.read(total)?;
    let weighted = weights.is_some();

    let mut named = Vec::with_capacity(total * EDGE_LEN);
    let starts = sources.iter().zip(&degrees).flat_map(|(&from, &many)| repeat_n(from, many));
    for (i, (from, to)) in starts.zip(destinations).enumerate() {
        let weight = weights.as_ref().map_or(1, |weights| weights[i]);
        for number in [from, to, weight] {
            named.extend_from_slice(&number.to_le_bytes());
        }
    }
    let all = exchange_bytes(cx.process, &comm, &named)?;

    let own = keep_own(comm.rank as i32, &all, weighted);
    create(cx, &comm, comm.size(), Topology::Distributed(own), newcomm)
}

/// Bytes of an edge on its way: source, destination, weight.
const EDGE_LEN: usize = 12;

/// The edges that begin or end at `me`, of those everybody named.
fn keep_own(me: i32, all: &[Vec<u8>], weighted: bool) -> Distributed {
    let (mut sources, mut source_weights) = (Vec::new(), Vec::new());
    let (mut destinations, mut destination_weights) = (Vec::new(), Vec::new());
    for edge in all.iter().flat_map(|named| named.chunks_exact(EDGE_LEN)) {
        let number = |at: usize| {
            i32::from_le_bytes(edge[at..at + 4].try_into().expect("four bytes of an edge"))
        };
        let (from, to, weight) = (number(0), number(4), number(8));
        if to == me {
            sources.push(from);
            source_weights.push(weight);
        }
        if from == me {
            destinations.push(to);
            destination_weights.push(weight);
        }
    }
    Distributed {
        sources,
        destinations,
        source_weights: weighted.then_some(source_weights),
        destination_weights: weighted.then_some(destination_weights),
    }
}

fn dist_graph_neighbors_count(
    _: &Cx,
    comm: Ref<Comm>,
    indegree: Place<i32>,
    outdegree: Place<i32>,
    weighted: FlagPlace,
) -> Result<()> {
    let own = edges(&comm)?;
    indegree.set(own.sources.len() as i32);
    outdegree.set(own.destinations.len() as i32);
    weighted.set(own.source_weights.is_some());
    Ok(())
}

fn dist_graph_neighbors(
    cx: &Cx,
    comm: Ref<Comm>,
    maxindegree: usize,
    sources: OutRankArray,
    sourceweights: WeightsPlace,
    maxoutdegree: usize,
    destinations: OutRankArray,
    destweights: WeightsPlace,
) -> Result<()> {
    let own = edges(&comm)?;
    sources.write(cx, first(&own.sources, maxindegree))?;
    destinations.write(cx, first(&own.destinations, maxoutdegree))?;
    if let Some(weights) = &own.source_weights {
        sourceweights.write(first(weights, maxindegree))?;
    }
    if let Some(weights) = &own.destination_weights {
        destweights.write(first(weights, maxoutdegree))?;
    }
    Ok(())
}

/// Each resource type, and whether this process is restricted to one resource
/// of it.
fn get_hw_resource_info(cx: &Cx, info: HandlePlace<Info>) -> Result<()> {
    let entries = resources().map(|(uri, only)| (uri.to_string(), only.to_string()));
    info.put(cx, Arc::new(Info::from_entries(entries))).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_named_by_others_are_kept_at_both_ends() {
        let edge = |numbers: [i32; 3]| numbers.map(i32::to_le_bytes).concat();
        let all = [[edge([0, 1, 5]), edge([1, 1, 6])].concat(), edge([2, 0, 7])];
        let own = keep_own(1, &all, true);
        assert_eq!((own.sources, own.destinations), (vec![0, 1], vec![1]));
        assert_eq!(own.source_weights, Some(vec![5, 6]));
        assert_eq!(own.destination_weights, Some(vec![6]));
        assert_eq!(keep_own(2, &all, false).source_weights, None);
    }
}
