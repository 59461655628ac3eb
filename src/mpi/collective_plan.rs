//! What a call of a collective function means: its arguments, checked as the
//! standard asks, become a [`Schedule`]. One plan serves the blocking, the
//! nonblocking and the persistent form (`collective_form`), of which the
//! chapters beside this file hold the rows.
//!
//! Checked are the arguments that are significant at the caller: `MPI_IN_PLACE`
//! only where it may stand, no aliasing of the send and receive buffer, an
//! operation that is defined for the type. What other ranks passed is not
//! known here; unequal lengths surface as errors of the messages.

use std::sync::Arc;

use super::collective_form::{Call, Place, forms};
use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Datatype, Info, Op, Ref, Request};
use crate::coll::{self, Blocks, Reduction, Root, Schedule};
use crate::object::{Buffer, Class, Error, Result};

/// The parts of a buffer argument and its counts and type, one per rank.
pub(super) struct Vector<'a> {
    pub(super) memory: Memory,
    pub(super) counts: &'a Numbers,
    pub(super) displacements: &'a Numbers,
}

/// Equal blocks one after the other: `count` items for each of `size` ranks.
pub(super) fn even(
    memory: Memory,
    count: usize,
    datatype: &Ref<Datatype>,
    size: usize,
) -> Result<Blocks> {
    let total = count.checked_mul(size).ok_or_else(|| {
        Error::new(Class::Count, format!("{count} items for each of {size} ranks are too many"))
    })?;
    Ok(Blocks::Even { whole: memory.buffer(total, datatype)?, each: count })
}

/// Blocks at displacements counted in extents of their type.
pub(super) fn blocks(vector: Vector, datatype: &Ref<Datatype>, size: usize) -> Result<Blocks> {
    let counts = vector.counts.read_counts(size)?;
    let displacements = vector.displacements.read(size)?;
    let block = |(count, displacement): (usize, i64)| {
        let bytes = displacement.wrapping_mul(datatype.extent());
        vector.memory.displaced(bytes).buffer(count, datatype)
    };
    counts.into_iter().zip(displacements).map(block).collect::<Result<_>>().map(Blocks::List)
}

/// Blocks at displacements in bytes, each of a type of its own.
pub(super) fn typed_blocks(vector: Vector, datatypes: &[Arc<Datatype>]) -> Result<Blocks> {
    let size = datatypes.len();
    let counts = vector.counts.read_counts(size)?;
    let displacements = vector.displacements.read(size)?;
    let block = |rank: usize| {
        vector.memory.displaced(displacements[rank]).buffer(counts[rank], &datatypes[rank])
    };
    (0..size).map(block).collect::<Result<_>>().map(Blocks::List)
}

/// The caller's own data must not lie where the result goes, other than by
/// `MPI_IN_PLACE` (MPI-4.1, section 6.2.3).
pub(super) fn no_alias(send: &Buffer, recv: &Buffer, name: &str) -> Result<()> {
    let (from, into) = (send.address(), recv.address());
    if from == into && !from.is_null() && !send.is_empty() && !recv.is_empty() {
        let message = format!("{name} and the buffer for the result are the same");
        return Err(Error::new(Class::Buffer, message));
    }
    Ok(())
}

/// A buffer that is not in place.
pub(super) fn buffer<C: Kind<Value = usize>>(
    cx: &Cx,
    memory: Memory,
    count: &Maybe<C>,
    datatype: &Maybe<InDatatype>,
) -> Result<Buffer> {
    memory.buffer(count.get(cx)?, &*datatype.get(cx)?)
}

/// Both buffers of a reduction, the same one when in place.
fn operands(
    call: &Call,
    sendbuf: Memory,
    recvbuf: Memory,
    count: usize,
    datatype: &Ref<Datatype>,
    op: &Op,
) -> Result<(Buffer, Buffer)> {
    op.check(datatype)?;
    let result = recvbuf.buffer(count, datatype)?;
    if call.in_place(sendbuf)? {
        return Ok((result.clone(), result));
    }
    let own = sendbuf.buffer(count, datatype)?;
    no_alias(&own, &result, sendbuf.name())?;
    Ok((own, result))
}

fn barrier_plan(call: &Call) -> Result<Schedule> {
    Ok(coll::barrier(call.party(), call.settings()))
}

fn bcast_plan<C: Kind<Value = usize>>(
    call: &Call,
    memory: Memory,
    count: Maybe<C>,
    datatype: Maybe<InDatatype>,
    root: Rank,
) -> Result<Schedule> {
    let place = call.root(root)?;
    let buffer = match place.root {
        Root::Aside => Buffer::empty(),
        _ => buffer(call.cx, memory, &count, &datatype)?,
    };
    Ok(coll::bcast(call.party(), call.settings(), place.root, &buffer))
}

fn gather_plan<C: Kind<Value = usize>>(
    call: &Call,
    sendbuf: Memory,
    sendcount: Maybe<C>,
    sendtype: Maybe<InDatatype>,
    recvbuf: Memory,
    recvcount: Maybe<C>,
    recvtype: Maybe<InDatatype>,
    root: Rank,
) -> Result<Schedule> {
    let Place { root, is_here } = call.root(root)?;
    let (party, settings) = (|| call.party(), call.settings());
    if root == Root::Aside {
        return Ok(coll::gather(party(), settings, root, None, None, 0));
    }
    if !is_here {
        let own = buffer(call.cx, sendbuf, &sendcount, &sendtype)?;
        return Ok(coll::gather(party(), settings, root, Some(&own), None, own.len()));
    }
    let blocks = even(recvbuf, recvcount.get(call.cx)?, &recvtype.get(call.cx)?, call.others())?;
    let own = kept_or(call, sendbuf, &sendcount, &sendtype, &blocks)?;
    let each = blocks.len_of(0);
    Ok(coll::gather(party(), settings, root, own.as_ref(), Some(&blocks), each))
}

/// The caller's own part at the root of a gather or scatter; none on an
/// intercommunicator, where the root has none.
fn kept_or<C: Kind<Value = usize>>(
    call: &Call,
    memory: Memory,
    count: &Maybe<C>,
    datatype: &Maybe<InDatatype>,
    blocks: &Blocks,
) -> Result<Option<Buffer>> {
    if call.is_inter() { Ok(None) } else { gathered(call, memory, count, datatype, blocks) }
}

/// The caller's own part of what `blocks` gather, none when it is in place.
fn gathered<C: Kind<Value = usize>>(
    call: &Call,
    sendbuf: Memory,
    sendcount: &Maybe<C>,
    sendtype: &Maybe<InDatatype>,
    blocks: &Blocks,
) -> Result<Option<Buffer>> {
    if call.in_place(sendbuf)? {
        return Ok(None);
    }
    let own = buffer(call.cx, sendbuf, sendcount, sendtype)?;
    if !call.is_inter() {
        no_alias(&own, &blocks.of(call.rank()), sendbuf.name())?;
    }
    Ok(Some(own))
}

fn gatherv_plan<C: Kind<Value = usize>>(
    call: &Call,
    sendbuf: Memory,
    sendcount: Maybe<C>,
    sendtype: Maybe<InDatatype>,
    recvbuf: Memory,
    recvcounts: Numbers,
    displs: Numbers,
    recvtype: Maybe<InDatatype>,
    root: Rank,
) -> Result<Schedule> {
    let Place { root, is_here } = call.root(root)?;
    if root == Root::Aside {
        return Ok(coll::gatherv(call.party(), root, None, None));
    }
    if !is_here {
        let own = buffer(call.cx, sendbuf, &sendcount, &sendtype)?;
        return Ok(coll::gatherv(call.party(), root, Some(&own), None));
    }
    let vector = Vector { memory: recvbuf, counts: &recvcounts, displacements: &displs };
    let blocks = blocks(vector, &recvtype.get(call.cx)?, call.others())?;
    let own = kept_or(call, sendbuf, &sendcount, &sendtype, &blocks)?;
    Ok(coll::gatherv(call.party(), root, own.as_ref(), Some(&blocks)))
}

fn scatter_plan<C: Kind<Value = usize>>(
    call: &Call,
    sendbuf: Memory,
    sendcount: Maybe<C>,
    sendtype: Maybe<InDatatype>,
    recvbuf: Memory,
    recvcount: Maybe<C>,
    recvtype: Maybe<InDatatype>,
    root: Rank,
) -> Result<Schedule> {
    let Place { root, is_here } = call.root(root)?;
    let (party, settings) = (|| call.party(), call.settings());
    if root == Root::Aside {
        return Ok(coll::scatter(party(), settings, root, None, None, 0));
    }
    if !is_here {
        let own = buffer(call.cx, recvbuf, &recvcount, &recvtype)?;
        return Ok(coll::scatter(party(), settings, root, None, Some(&own), own.len()));
    }
    let blocks = even(sendbuf, sendcount.get(call.cx)?, &sendtype.get(call.cx)?, call.others())?;
    let own = kept_or(call, recvbuf, &recvcount, &recvtype, &blocks)?;
    let each = blocks.len_of(0);
    Ok(coll::scatter(party(), settings, root, Some(&blocks), own.as_ref(), each))
}

fn scatterv_plan<C: Kind<Value = usize>>(
    call: &Call,
    sendbuf: Memory,
    sendcounts: Numbers,
    displs: Numbers,
    sendtype: Maybe<InDatatype>,
    recvbuf: Memory,
    recvcount: Maybe<C>,
    recvtype: Maybe<InDatatype>,
    root: Rank,
) -> Result<Schedule> {
    let Place { root, is_here } = call.root(root)?;
    if root == Root::Aside {
        return Ok(coll::scatterv(call.party(), root, None, None));
    }
    if !is_here {
        let own = buffer(call.cx, recvbuf, &recvcount, &recvtype)?;
        return Ok(coll::scatterv(call.party(), root, None, Some(&own)));
    }
    let vector = Vector { memory: sendbuf, counts: &sendcounts, displacements: &displs };
    let blocks = blocks(vector, &sendtype.get(call.cx)?, call.others())?;
    let own = kept_or(call, recvbuf, &recvcount, &recvtype, &blocks)?;
    Ok(coll::scatterv(call.party(), root, Some(&blocks), own.as_ref()))
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
    let blocks = even(recvbuf, recvcount.get(call.cx)?, &recvtype.get(call.cx)?, call.others())?;
    let own = gathered(call, sendbuf, &sendcount, &sendtype, &blocks)?;
    Ok(coll::allgather(call.party(), call.settings(), own.as_ref(), &blocks))
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
    let vector = Vector { memory: recvbuf, counts: &recvcounts, displacements: &displs };
    let blocks = blocks(vector, &recvtype.get(call.cx)?, call.others())?;
    let own = gathered(call, sendbuf, &sendcount, &sendtype, &blocks)?;
    Ok(coll::allgatherv(call.party(), call.settings(), own.as_ref(), &blocks))
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
    let recv = even(recvbuf, recvcount.get(call.cx)?, &recvtype.get(call.cx)?, call.others())?;
    let send = match call.in_place(sendbuf)? {
        true => None,
        false => {
            let count = sendcount.get(call.cx)?;
            Some(even(sendbuf, count, &sendtype.get(call.cx)?, call.others())?)
        }
    };
    if let Some(send) = &send {
        no_alias(&send.of(0), &recv.of(0), sendbuf.name())?;
    }
    Ok(coll::alltoall(call.party(), call.settings(), send.as_ref(), &recv))
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
    let vector = Vector { memory: recvbuf, counts: &recvcounts, displacements: &rdispls };
    let recv = blocks(vector, &recvtype.get(call.cx)?, call.others())?;
    if call.in_place(sendbuf)? {
        return Ok(coll::alltoallw(call.party(), None, &recv));
    }
    let vector = Vector { memory: sendbuf, counts: &sendcounts, displacements: &sdispls };
    let send = blocks(vector, &sendtype.get(call.cx)?, call.others())?;
    no_common_base(sendbuf, &send, recvbuf, &recv)?;
    Ok(coll::alltoallw(call.party(), Some(&send), &recv))
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
    let vector = Vector { memory: recvbuf, counts: &recvcounts, displacements: &rdispls };
    let recv = typed_blocks(vector, &recvtypes.read(call.cx, call.others())?)?;
    if call.in_place(sendbuf)? {
        return Ok(coll::alltoallw(call.party(), None, &recv));
    }
    let vector = Vector { memory: sendbuf, counts: &sendcounts, displacements: &sdispls };
    let send = typed_blocks(vector, &sendtypes.read(call.cx, call.others())?)?;
    no_common_base(sendbuf, &send, recvbuf, &recv)?;
    Ok(coll::alltoallw(call.party(), Some(&send), &recv))
}

/// As [`no_alias`], for blocks anywhere around an address. Where nothing is sent
/// or received any address will do: numpy gives all empty arrays the same.
fn no_common_base(sendbuf: Memory, send: &Blocks, recvbuf: Memory, recv: &Blocks) -> Result<()> {
    let is_same = sendbuf.address() == recvbuf.address() && !sendbuf.address().is_null();
    if is_same && !send.is_empty() && !recv.is_empty() {
        let message =
            format!("{} and {} are the same: use MPI_IN_PLACE", sendbuf.name(), recvbuf.name());
        return Err(Error::new(Class::Buffer, message));
    }
    Ok(())
}

fn reduce_plan<C: Kind<Value = usize>>(
    call: &Call,
    sendbuf: Memory,
    recvbuf: Memory,
    count: Maybe<C>,
    datatype: Maybe<InDatatype>,
    op: Maybe<InOp>,
    root: Rank,
) -> Result<Schedule> {
    let Place { root, is_here } = call.root(root)?;
    if root == Root::Aside {
        return Ok(coll::idle(call.party()));
    }
    let (count, datatype, op) = (count.get(call.cx)?, datatype.get(call.cx)?, op.get(call.cx)?);
    op.check(&datatype)?;
    let (own, result) = if root == Root::Me {
        (Buffer::empty(), Some(recvbuf.buffer(count, &datatype)?))
    } else if is_here {
        let (own, result) = operands(call, sendbuf, recvbuf, count, &datatype, &op)?;
        (own, Some(result))
    } else {
        (sendbuf.buffer(count, &datatype)?, None)
    };
    let r = Reduction { op: &op.share(), datatype: &datatype, count };
    Ok(coll::reduce(call.party(), call.settings(), root, &r, &own, result.as_ref()))
}

fn allreduce_plan(
    call: &Call,
    sendbuf: Memory,
    recvbuf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    op: Ref<Op>,
) -> Result<Schedule> {
    let (own, result) = operands(call, sendbuf, recvbuf, count, &datatype, &op)?;
    let r = Reduction { op: &op.share(), datatype: &datatype, count };
    Ok(coll::allreduce(call.party(), call.settings(), &r, &own, &result))
}

fn scan_plan(
    call: &Call,
    sendbuf: Memory,
    recvbuf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    op: Ref<Op>,
) -> Result<Schedule> {
    call.only_intra()?;
    let (own, result) = operands(call, sendbuf, recvbuf, count, &datatype, &op)?;
    let r = Reduction { op: &op.share(), datatype: &datatype, count };
    Ok(coll::scan(call.party(), call.settings(), &r, &own, &result))
}

fn exscan_plan(
    call: &Call,
    sendbuf: Memory,
    recvbuf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    op: Ref<Op>,
) -> Result<Schedule> {
    call.only_intra()?;
    let (own, result) = operands(call, sendbuf, recvbuf, count, &datatype, &op)?;
    let r = Reduction { op: &op.share(), datatype: &datatype, count };
    Ok(coll::exscan(call.party(), call.settings(), &r, &own, &result))
}

fn reduce_scatter_plan(
    call: &Call,
    sendbuf: Memory,
    recvbuf: Memory,
    recvcounts: Numbers,
    datatype: Ref<Datatype>,
    op: Ref<Op>,
) -> Result<Schedule> {
    let counts = recvcounts.read_counts(call.size())?;
    scattered(call, sendbuf, recvbuf, &counts, &datatype, &op)
}

fn reduce_scatter_block_plan(
    call: &Call,
    sendbuf: Memory,
    recvbuf: Memory,
    recvcount: usize,
    datatype: Ref<Datatype>,
    op: Ref<Op>,
) -> Result<Schedule> {
    scattered(call, sendbuf, recvbuf, &vec![recvcount; call.size()], &datatype, &op)
}

/// A reduction of which each rank receives `counts[rank]` elements.
fn scattered(
    call: &Call,
    sendbuf: Memory,
    recvbuf: Memory,
    counts: &[usize],
    datatype: &Ref<Datatype>,
    op: &Ref<Op>,
) -> Result<Schedule> {
    let mut cuts = Vec::with_capacity(counts.len() + 1);
    let mut total: usize = 0;
    cuts.push(0);
    for count in counts {
        total = total.checked_add(*count).ok_or_else(|| {
            Error::new(Class::Count, "the counts of all ranks are too many elements together")
        })?;
        cuts.push(total);
    }
    op.check(datatype)?;
    let own = if call.in_place(sendbuf)? { recvbuf } else { sendbuf }.buffer(total, datatype)?;
    let result = recvbuf.buffer(counts[call.rank()], datatype)?;
    if !call.in_place(sendbuf)? {
        no_alias(&own, &result, sendbuf.name())?;
    }
    let r = Reduction { op: &op.share(), datatype, count: total };
    Ok(coll::reduce_scatter(call.party(), call.settings(), &r, &own, &result, &cuts))
}

forms! {
    barrier_plan: barrier, ibarrier, barrier_init();
    bcast_plan: bcast, ibcast, bcast_init<C>(
        buffer: Memory, count: Maybe<C>, datatype: Maybe<InDatatype>, root: Rank);
    gather_plan: gather, igather, gather_init<C>(
        sendbuf: Memory, sendcount: Maybe<C>, sendtype: Maybe<InDatatype>, recvbuf: Memory,
        recvcount: Maybe<C>, recvtype: Maybe<InDatatype>, root: Rank);
    gatherv_plan: gatherv, igatherv, gatherv_init<C>(
        sendbuf: Memory, sendcount: Maybe<C>, sendtype: Maybe<InDatatype>, recvbuf: Memory,
        recvcounts: Numbers, displs: Numbers, recvtype: Maybe<InDatatype>, root: Rank);
    scatter_plan: scatter, iscatter, scatter_init<C>(
        sendbuf: Memory, sendcount: Maybe<C>, sendtype: Maybe<InDatatype>, recvbuf: Memory,
        recvcount: Maybe<C>, recvtype: Maybe<InDatatype>, root: Rank);
    scatterv_plan: scatterv, iscatterv, scatterv_init<C>(
        sendbuf: Memory, sendcounts: Numbers, displs: Numbers, sendtype: Maybe<InDatatype>,
        recvbuf: Memory, recvcount: Maybe<C>, recvtype: Maybe<InDatatype>, root: Rank);
    allgather_plan: allgather, iallgather, allgather_init<C>(
        sendbuf: Memory, sendcount: Maybe<C>, sendtype: Maybe<InDatatype>, recvbuf: Memory,
        recvcount: Maybe<C>, recvtype: Maybe<InDatatype>);
    allgatherv_plan: allgatherv, iallgatherv, allgatherv_init<C>(
        sendbuf: Memory, sendcount: Maybe<C>, sendtype: Maybe<InDatatype>, recvbuf: Memory,
        recvcounts: Numbers, displs: Numbers, recvtype: Maybe<InDatatype>);
    alltoall_plan: alltoall, ialltoall, alltoall_init<C>(
        sendbuf: Memory, sendcount: Maybe<C>, sendtype: Maybe<InDatatype>, recvbuf: Memory,
        recvcount: Maybe<C>, recvtype: Maybe<InDatatype>);
    alltoallv_plan: alltoallv, ialltoallv, alltoallv_init(
        sendbuf: Memory, sendcounts: Numbers, sdispls: Numbers, sendtype: Maybe<InDatatype>,
        recvbuf: Memory, recvcounts: Numbers, rdispls: Numbers, recvtype: Maybe<InDatatype>);
    alltoallw_plan: alltoallw, ialltoallw, alltoallw_init(
        sendbuf: Memory, sendcounts: Numbers, sdispls: Numbers, sendtypes: Handles<Datatype>,
        recvbuf: Memory, recvcounts: Numbers, rdispls: Numbers, recvtypes: Handles<Datatype>);
    reduce_plan: reduce, ireduce, reduce_init<C>(
        sendbuf: Memory, recvbuf: Memory, count: Maybe<C>, datatype: Maybe<InDatatype>,
        op: Maybe<InOp>, root: Rank);
    allreduce_plan: allreduce, iallreduce, allreduce_init(
        sendbuf: Memory, recvbuf: Memory, count: usize, datatype: Ref<Datatype>, op: Ref<Op>);
    scan_plan: scan, iscan, scan_init(
        sendbuf: Memory, recvbuf: Memory, count: usize, datatype: Ref<Datatype>, op: Ref<Op>);
    exscan_plan: exscan, iexscan, exscan_init(
        sendbuf: Memory, recvbuf: Memory, count: usize, datatype: Ref<Datatype>, op: Ref<Op>);
    reduce_scatter_plan: reduce_scatter, ireduce_scatter, reduce_scatter_init(
        sendbuf: Memory, recvbuf: Memory, recvcounts: Numbers, datatype: Ref<Datatype>,
        op: Ref<Op>);
    reduce_scatter_block_plan: reduce_scatter_block, ireduce_scatter_block,
        reduce_scatter_block_init(
        sendbuf: Memory, recvbuf: Memory, recvcount: usize, datatype: Ref<Datatype>,
        op: Ref<Op>);
}
