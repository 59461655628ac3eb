//! Collective operations: each function here writes down the [`Schedule`] of
//! one collective for the calling process, with the algorithm that `choose`
//! picks; [`run`] carries it out in the caller's thread.
//!
//! A schedule keeps the buffers, types and operations it needs alive. Blocks
//! and buffers may differ in type between ranks as long as their signatures
//! agree, as the standard demands.

mod allgather;
mod allreduce;
mod alltoall;
mod barrier;
mod bcast;
mod blocks;
pub mod choose;
mod execute;
mod gather;
mod neighbor;
mod party;
mod reduce;
mod reduce_scatter;
mod scan;
mod scatter;
mod schedule;
#[cfg(test)]
mod simulation;
mod tree;

pub use blocks::Blocks;
pub use choose::Settings;
pub use execute::{Execution, run};
pub use party::Party;
pub use reduce::Reduction;
pub use schedule::{Schedule, StepId};

use alltoall::Outgoing;
use choose::{
    Allgather, Allgatherv, Allreduce, Alltoall, Bcast, Gather, Reduce, ReduceScatter, Scatter,
    Shape,
};

use crate::object::buffer::Buffer;

pub fn barrier(party: Party) -> Schedule {
    let mut s = Schedule::new(party);
    barrier::dissemination(&mut s);
    s
}

pub fn bcast(party: Party, settings: &Settings, root: usize, buffer: &Buffer) -> Schedule {
    let mut s = Schedule::new(party);
    let shape = shape(&s, buffer.len());
    if shape.ranks > 1 && shape.bytes > 0 {
        match settings.bcast(shape) {
            Bcast::Binomial => bcast::binomial(&mut s, root, buffer),
            Bcast::ScatterRing => bcast::scatter_ring(&mut s, root, buffer),
            Bcast::Chain => bcast::chain(&mut s, root, buffer, choose::CHAIN_SEGMENT),
        }
    }
    s
}

/// `result` on the root only; the same memory as `own` when in place.
pub fn reduce(
    party: Party,
    settings: &Settings,
    root: usize,
    r: &Reduction,
    own: &Buffer,
    result: Option<&Buffer>,
) -> Schedule {
    let mut s = Schedule::new(party);
    if r.bytes() > 0 {
        match settings.reduce(reduction_shape(&s, r)) {
            Reduce::Binomial => reduce::binomial(&mut s, root, r, own, result),
            Reduce::HalvingGather => reduce::halving_gather(&mut s, root, r, own, result),
        }
    }
    s
}

/// `own` and `result` are the same memory when in place.
pub fn allreduce(
    party: Party,
    settings: &Settings,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
) -> Schedule {
    let mut s = Schedule::new(party);
    if r.bytes() > 0 {
        match settings.allreduce(reduction_shape(&s, r)) {
            Allreduce::Doubling => allreduce::doubling(&mut s, r, own, result),
            Allreduce::HalvingDoubling => allreduce::halving_doubling(&mut s, r, own, result),
            Allreduce::Ring => allreduce::ring(&mut s, r, own, result),
            Allreduce::ReduceBcast => {
                let root = s.rank() == 0;
                reduce::binomial(&mut s, 0, r, own, root.then_some(result));
                s.fence();
                bcast::binomial(&mut s, 0, result);
            }
        }
    }
    s
}

/// `own` is none at a root in place, `blocks` everywhere but at the root.
/// `each` is the bytes of one block.
pub fn gather(
    party: Party,
    settings: &Settings,
    root: usize,
    own: Option<&Buffer>,
    blocks: Option<&Blocks>,
    each: usize,
) -> Schedule {
    let mut s = Schedule::new(party);
    if each > 0 {
        match settings.gather(shape(&s, each)) {
            Gather::Binomial => gather::binomial(&mut s, root, own, blocks, each),
            Gather::Linear => gather::linear(&mut s, root, own, blocks),
        }
    }
    s
}

pub fn gatherv(
    party: Party,
    root: usize,
    own: Option<&Buffer>,
    blocks: Option<&Blocks>,
) -> Schedule {
    let mut s = Schedule::new(party);
    gather::linear(&mut s, root, own, blocks);
    s
}

/// `own` is none at a root in place, `blocks` everywhere but at the root.
/// `each` is the bytes of one block.
pub fn scatter(
    party: Party,
    settings: &Settings,
    root: usize,
    blocks: Option<&Blocks>,
    own: Option<&Buffer>,
    each: usize,
) -> Schedule {
    let mut s = Schedule::new(party);
    if each > 0 {
        match settings.scatter(shape(&s, each)) {
            Scatter::Binomial => scatter::binomial(&mut s, root, own, blocks, each),
            Scatter::Linear => scatter::linear(&mut s, root, own, blocks),
        }
    }
    s
}

pub fn scatterv(
    party: Party,
    root: usize,
    blocks: Option<&Blocks>,
    own: Option<&Buffer>,
) -> Schedule {
    let mut s = Schedule::new(party);
    scatter::linear(&mut s, root, own, blocks);
    s
}

/// `own` is none when the own block is in its place already.
pub fn allgather(
    party: Party,
    settings: &Settings,
    own: Option<&Buffer>,
    blocks: &Blocks,
) -> Schedule {
    let mut s = Schedule::new(party);
    let shape = shape(&s, blocks.len_of(0));
    if shape.bytes > 0 {
        match settings.allgather(shape) {
            Allgather::Doubling => allgather::doubling(&mut s, own, blocks),
            Allgather::Bruck => allgather::bruck(&mut s, own, blocks),
            Allgather::Ring => allgather::ring(&mut s, own, blocks),
        }
    }
    s
}

/// `own` is none when the own block is in its place already.
pub fn allgatherv(
    party: Party,
    settings: &Settings,
    own: Option<&Buffer>,
    blocks: &Blocks,
) -> Schedule {
    let mut s = Schedule::new(party);
    let total = (0..s.size()).map(|rank| blocks.len_of(rank)).sum();
    match settings.allgatherv(total) {
        Allgatherv::Bruck => allgather::bruck(&mut s, own, blocks),
        Allgatherv::Ring => allgather::ring(&mut s, own, blocks),
    }
    s
}

/// `send` is none when in place.
pub fn alltoall(
    party: Party,
    settings: &Settings,
    send: Option<&Blocks>,
    recv: &Blocks,
) -> Schedule {
    let mut s = Schedule::new(party);
    let shape = shape(&s, recv.len_of(0));
    if shape.bytes > 0 {
        let out = Outgoing::new(&mut s, send, recv);
        match settings.alltoall(shape) {
            Alltoall::Bruck => alltoall::bruck(&mut s, &out, recv),
            Alltoall::Pairwise => alltoall::exchange(&mut s, &out, recv, 1),
            Alltoall::Window => alltoall::exchange(&mut s, &out, recv, choose::ALLTOALL_WINDOW),
        }
    }
    s
}

/// Blocks of any length and type (`alltoallv`, `alltoallw`); `send` is none
/// when in place.
pub fn alltoallw(party: Party, send: Option<&Blocks>, recv: &Blocks) -> Schedule {
    let mut s = Schedule::new(party);
    let out = Outgoing::new(&mut s, send, recv);
    alltoall::exchange(&mut s, &out, recv, choose::ALLTOALL_WINDOW);
    s
}

/// `cuts[rank]..cuts[rank + 1]` are a rank's elements of the whole vector in
/// `own`; `result` may begin where `own` does (in place).
pub fn reduce_scatter(
    party: Party,
    settings: &Settings,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
    cuts: &[usize],
) -> Schedule {
    let mut s = Schedule::new(party);
    if r.bytes() > 0 {
        match settings.reduce_scatter(reduction_shape(&s, r)) {
            ReduceScatter::Halving => reduce_scatter::halving(&mut s, r, own, result, cuts),
            ReduceScatter::Pairwise => reduce_scatter::pairwise(&mut s, r, own, result, cuts),
            ReduceScatter::Ordered => reduce_scatter::ordered(&mut s, r, own, result, cuts),
        }
    }
    s
}

pub fn scan(party: Party, r: &Reduction, own: &Buffer, result: &Buffer) -> Schedule {
    let mut s = Schedule::new(party);
    if r.bytes() > 0 {
        scan::doubling(&mut s, r, own, result, scan::Own::Included);
    }
    s
}

/// Leaves the result of rank 0 as it is.
pub fn exscan(party: Party, r: &Reduction, own: &Buffer, result: &Buffer) -> Schedule {
    let mut s = Schedule::new(party);
    if r.bytes() > 0 {
        scan::doubling(&mut s, r, own, result, scan::Own::Left);
    }
    s
}

/// One message along each edge of a topology: `out` to and `into` from ranks.
pub fn neighbors(party: Party, out: &[(usize, Buffer)], into: &[(usize, Buffer)]) -> Schedule {
    let mut s = Schedule::new(party);
    neighbor::exchange(&mut s, out, into);
    s
}

fn shape(s: &Schedule, bytes: usize) -> Shape {
    Shape { ranks: s.size(), bytes, elements: 0, commutes: true }
}

fn reduction_shape(s: &Schedule, r: &Reduction) -> Shape {
    Shape { ranks: s.size(), bytes: r.bytes(), elements: r.count, commutes: r.op.commutative }
}
