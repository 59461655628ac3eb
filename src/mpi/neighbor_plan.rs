//! What a call of a neighbourhood collective means (MPI-4.1, section 8.6):
//! who the neighbours are, and which block goes along which edge. The three
//! forms of each are made as those of the other collectives.

use super::collective_form::{Call, forms};
use super::collective_plan::{Vector, blocks, buffer, even, typed_blocks};
use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Datatype, Info, Ref, Request};
use crate::coll::{self, Blocks, Schedule};
use crate::object::topology::Topology;
use crate::object::{Buffer, Class, Error, Result};

/// The ends of the caller's edges, in the order of its blocks; none where an
/// edge leads past the border of a grid.
struct Edges {
    sources: Vec<Option<u32>>,
    destinations: Vec<Option<u32>>,
    is_grid: bool,
}

impl Edges {
    fn of(call: &Call) -> Result<Edges> {
        call.only_intra()?;
        let comm = call.comm;
        let Some(topology) = comm.topology.get() else {
            let message = format!("communicator {} has no topology", comm.name.read());
            return Err(Error::new(Class::Topology, message));
        };
        let (sources, destinations) = topology.neighbors(comm.rank)?;
        Ok(Edges { sources, destinations, is_grid: matches!(topology, Topology::Cartesian(_)) })
    }

    fn indegree(&self) -> usize {
        self.sources.len()
    }

    fn outdegree(&self) -> usize {
        self.destinations.len()
    }

    fn plan(
        &self,
        call: &Call,
        out: impl Fn(usize) -> Buffer,
        into: impl Fn(usize) -> Buffer,
    ) -> Schedule {
        let end = |rank: &Option<u32>| rank.map(|rank| rank as usize);
        let out: Vec<(usize, Buffer)> = (0..self.outdegree())
            .filter_map(|edge| Some((end(&self.destinations[edge])?, out(edge))))
            .collect();
        // What a neighbour sends downwards comes from above: in a dimension
        // of two processes both are the same process, so receives take the
        // two edges of a dimension in the order opposite to the sends.
        let opposite = |edge: usize| if self.is_grid { edge ^ 1 } else { edge };
        let into: Vec<(usize, Buffer)> = (0..self.indegree())
            .map(opposite)
            .filter_map(|edge| Some((end(&self.sources[edge])?, into(edge))))
            .collect();
        coll::neighbors(call.party(), &out, &into)
    }

    fn exchange(&self, call: &Call, out: &Blocks, into: &Blocks) -> Schedule {
        self.plan(call, |edge| out.of(edge), |edge| into.of(edge))
    }
}

fn allgather_plan<C: Kind<Value = usize>>(
    call: &Call,
    sendbuf: Memory,
    sendcount: Maybe<C>,
    sendtype: Maybe<InDatatype>,
    recvbuf: Memory,
    recvcount: Maybe<C>,
    recvtype: Maybe<InDatatype>,
) -> Result<Schedule> {
    let edges = Edges::of(call)?;
    let (count, datatype) = (recvcount.get(call.cx)?, recvtype.get(call.cx)?);
    let into = even(recvbuf, count, &datatype, edges.indegree())?;
    let own = buffer(call.cx, sendbuf, &sendcount, &sendtype)?;
    Ok(edges.plan(call, |_| own.clone(), |edge| into.of(edge)))
}

fn allgatherv_plan<C: Kind<Value = usize>>(
    call: &Call,
    sendbuf: Memory,
    sendcount: Maybe<C>,
    sendtype: Maybe<InDatatype>,
    recvbuf: Memory,
    recvcounts: Numbers,
    displs: Numbers,
    recvtype: Maybe<InDatatype>,
) -> Result<Schedule> {
    let edges = Edges::of(call)?;
    let vector = Vector { memory: recvbuf, counts: &recvcounts, displacements: &displs };
    let into = blocks(vector, &recvtype.get(call.cx)?, edges.indegree())?;
    let own = buffer(call.cx, sendbuf, &sendcount, &sendtype)?;
    Ok(edges.plan(call, |_| own.clone(), |edge| into.of(edge)))
}

fn alltoall_plan<C: Kind<Value = usize>>(
    call: &Call,
    sendbuf: Memory,
    sendcount: Maybe<C>,
    sendtype: Maybe<InDatatype>,
    recvbuf: Memory,
    recvcount: Maybe<C>,
    recvtype: Maybe<InDatatype>,
) -> Result<Schedule> {
    let edges = Edges::of(call)?;
    let (count, datatype) = (recvcount.get(call.cx)?, recvtype.get(call.cx)?);
    let into = even(recvbuf, count, &datatype, edges.indegree())?;
    let (count, datatype) = (sendcount.get(call.cx)?, sendtype.get(call.cx)?);
    let out = even(sendbuf, count, &datatype, edges.outdegree())?;
    Ok(edges.exchange(call, &out, &into))
}

fn alltoallv_plan(
    call: &Call,
    sendbuf: Memory,
    sendcounts: Numbers,
    sdispls: Numbers,
    sendtype: Maybe<InDatatype>,
    recvbuf: Memory,
    recvcounts: Numbers,
    rdispls: Numbers,
    recvtype: Maybe<InDatatype>,
) -> Result<Schedule> {
    let edges = Edges::of(call)?;
    let vector = Vector { memory: recvbuf, counts: &recvcounts, displacements: &rdispls };
    let into = blocks(vector, &recvtype.get(call.cx)?, edges.indegree())?;
    let vector = Vector { memory: sendbuf, counts: &sendcounts, displacements: &sdispls };
    let out = blocks(vector, &sendtype.get(call.cx)?, edges.outdegree())?;
    Ok(edges.exchange(call, &out, &into))
}

fn alltoallw_plan(
    call: &Call,
    sendbuf: Memory,
    sendcounts: Numbers,
    sdispls: Numbers,
    sendtypes: Handles<Datatype>,
    recvbuf: Memory,
    recvcounts: Numbers,
    rdispls: Numbers,
    recvtypes: Handles<Datatype>,
) -> Result<Schedule> {
    let edges = Edges::of(call)?;
    let vector = Vector { memory: recvbuf, counts: &recvcounts, displacements: &rdispls };
    let into = typed_blocks(vector, &recvtypes.read(call.cx, edges.indegree())?)?;
    let vector = Vector { memory: sendbuf, counts: &sendcounts, displacements: &sdispls };
    let out = typed_blocks(vector, &sendtypes.read(call.cx, edges.outdegree())?)?;
    Ok(edges.exchange(call, &out, &into))
}

forms! {
    allgather_plan: neighbor_allgather, ineighbor_allgather, neighbor_allgather_init<C>(
        sendbuf: Memory, sendcount: Maybe<C>, sendtype: Maybe<InDatatype>, recvbuf: Memory,
        recvcount: Maybe<C>, recvtype: Maybe<InDatatype>);
    allgatherv_plan: neighbor_allgatherv, ineighbor_allgatherv, neighbor_allgatherv_init<C>(
        sendbuf: Memory, sendcount: Maybe<C>, sendtype: Maybe<InDatatype>, recvbuf: Memory,
        recvcounts: Numbers, displs: Numbers, recvtype: Maybe<InDatatype>);
    alltoall_plan: neighbor_alltoall, ineighbor_alltoall, neighbor_alltoall_init<C>(
        sendbuf: Memory, sendcount: Maybe<C>, sendtype: Maybe<InDatatype>, recvbuf: Memory,
        recvcount: Maybe<C>, recvtype: Maybe<InDatatype>);
    alltoallv_plan: neighbor_alltoallv, ineighbor_alltoallv, neighbor_alltoallv_init(
        sendbuf: Memory, sendcounts: Numbers, sdispls: Numbers, sendtype: Maybe<InDatatype>,
        recvbuf: Memory, recvcounts: Numbers, rdispls: Numbers, recvtype: Maybe<InDatatype>);
    alltoallw_plan: neighbor_alltoallw, ineighbor_alltoallw, neighbor_alltoallw_init(
        sendbuf: Memory, sendcounts: Numbers, sdispls: Numbers, sendtypes: Handles<Datatype>,
        recvbuf: Memory, recvcounts: Numbers, rdispls: Numbers, recvtypes: Handles<Datatype>);
}
