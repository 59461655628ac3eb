//! Collective operations: each function here writes down the [`Schedule`] of
//! one collective for the calling process, with the algorithm that `choose`
//! picks; [`run`] carries it out in the caller's thread.
//!
//! A schedule keeps the buffers, types and operations it needs alive. Blocks
//! and buffers may differ in type between ranks as long as their signatures
//! agree, as the standard demands.
//!
//! A party of an intercommunicator gets what the standard says for those
//! (`inter`): data then goes from one side to the other.

mod allgather;
mod allreduce;
mod alltoall;
mod barrier;
mod bcast;
mod blocks;
mod by_host;
pub mod choose;
mod execute;
mod gather;
mod inter;
mod neighbor;
mod party;
mod reduce;
mod reduce_scatter;
mod scan;
mod scatter;
mod schedule;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod simulation_inter;
mod tree;

pub use blocks::Blocks;
pub use choose::Settings;
pub use execute::{Execution, run};
pub use party::Party;
pub use reduce::Reduction;
pub use schedule::{Schedule, StepId};

use choose::{Barrier, Shape};

use crate::object::buffer::Buffer;

/// Where the data of a collective begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// At this rank; on an intercommunicator, of the other side.
    Rank(usize),
    /// At the caller, for the other side of an intercommunicator (`MPI_ROOT`).
    Me,
    /// At another rank of the caller's side of an intercommunicator, so that
    /// the caller has nothing to do (`MPI_PROC_NULL`).
    Aside,
}

impl Root {
    /// Within one group.
    fn rank(self) -> usize {
        match self {
            Root::Rank(rank) => rank,
            Root::Me | Root::Aside => unreachable!("one group has its root at a rank"),
        }
    }
}

/// What a rank does whose side has the root of an intercommunicator at another rank:
/// nothing, whatever the operation.
pub fn idle(party: Party) -> Schedule {
    Schedule::new(party)
}

pub fn barrier(party: Party, settings: &Settings) -> Schedule {
    let mut s = Schedule::new(party);
    if s.facing().is_some() {
        inter::barrier(&mut s);
        return s;
    }
    match settings.barrier(Shape::of(&s, 0)) {
        Barrier::Dissemination => barrier::dissemination(&mut s),
        Barrier::Tree => barrier::tree(&mut s, tree::Form::Binomial),
        Barrier::Flat => barrier::tree(&mut s, tree::Form::Flat),
        Barrier::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::barrier(&mut s, &hosts);
        }
    }
    s
}

pub fn bcast(party: Party, settings: &Settings, root: Root, buffer: &Buffer) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => bcast::chosen(&mut s, settings, root.rank(), buffer),
        Some(_) => inter::bcast(&mut s, settings, root, buffer),
    }
    s
}

/// `result` on the root only; the same memory as `own` when in place. `own` is
/// of no meaning at the root of an intercommunicator.
pub fn reduce(
    party: Party,
    settings: &Settings,
    root: Root,
    r: &Reduction,
    own: &Buffer,
    result: Option<&Buffer>,
) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => reduce::chosen(&mut s, settings, root.rank(), r, own, result),
        Some(_) => inter::reduce(&mut s, settings, root, r, own, result),
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
    match s.facing() {
        None => allreduce::chosen(&mut s, settings, r, own, result),
        Some(_) => inter::allreduce(&mut s, settings, r, own, result),
    }
    s
}

/// `own` is none at a root in place or of an intercommunicator, `blocks`
/// everywhere but at the root. `each` is the bytes of one block.
pub fn gather(
    party: Party,
    settings: &Settings,
    root: Root,
    own: Option<&Buffer>,
    blocks: Option<&Blocks>,
    each: usize,
) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => gather::chosen(&mut s, settings, root.rank(), own, blocks, each),
        Some(others) => inter::gather(&mut s, root, others, own, blocks, each),
    }
    s
}

/// As [`gather`], for blocks of any lengths.
pub fn gatherv(
    party: Party,
    root: Root,
    own: Option<&Buffer>,
    blocks: Option<&Blocks>,
) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => gather::linear(&mut s, root.rank(), own, blocks),
        Some(others) => inter::gatherv(&mut s, root, others, own, blocks),
    }
    s
}

/// `own` is none at a root in place or of an intercommunicator, `blocks`
/// everywhere but at the root. `each` is the bytes of one block.
pub fn scatter(
    party: Party,
    settings: &Settings,
    root: Root,
    blocks: Option<&Blocks>,
    own: Option<&Buffer>,
    each: usize,
) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => scatter::chosen(&mut s, settings, root.rank(), blocks, own, each),
        Some(others) => inter::scatter(&mut s, root, others, blocks, own, each),
    }
    s
}

/// As [`scatter`], for blocks of any lengths.
pub fn scatterv(
    party: Party,
    root: Root,
    blocks: Option<&Blocks>,
    own: Option<&Buffer>,
) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => scatter::linear(&mut s, root.rank(), own, blocks),
        Some(others) => inter::scatterv(&mut s, root, others, blocks, own),
    }
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
    match s.facing() {
        None => allgather::chosen(&mut s, settings, own, blocks),
        Some(others) => inter::allgather(&mut s, settings, others, own, blocks),
    }
    s
}

/// As [`allgather`], for blocks of any lengths.
pub fn allgatherv(
    party: Party,
    settings: &Settings,
    own: Option<&Buffer>,
    blocks: &Blocks,
) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => allgather::chosen_v(&mut s, settings, own, blocks),
        Some(others) => inter::allgather(&mut s, settings, others, own, blocks),
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
    match s.facing() {
        None => alltoall::chosen(&mut s, settings, send, recv),
        Some(others) => inter::alltoallw(&mut s, others, send, recv),
    }
    s
}

/// Blocks of any length and type (`alltoallv`, `alltoallw`); `send` is none
/// when in place.
pub fn alltoallw(party: Party, send: Option<&Blocks>, recv: &Blocks) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => {
            let out = alltoall::Outgoing::new(&mut s, send, recv);
            alltoall::exchange(&mut s, &out, recv, choose::ALLTOALL_WINDOW);
        }
        Some(others) => inter::alltoallw(&mut s, others, send, recv),
    }
    s
}

/// `cuts[rank]..cuts[rank + 1]` are a rank's elements of the whole vector in
/// `own`; `result` may begin where `own` does (in place). On an
/// intercommunicator the vector comes from the other side.
pub fn reduce_scatter(
    party: Party,
    settings: &Settings,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
    cuts: &[usize],
) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => reduce_scatter::chosen(&mut s, settings, r, own, result, cuts),
        Some(_) => inter::reduce_scatter(&mut s, settings, r, own, result, cuts),
    }
    s
}

pub fn scan(
    party: Party,
    settings: &Settings,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
) -> Schedule {
    let mut s = Schedule::new(party);
    scan::chosen(&mut s, settings, r, own, result, scan::Own::Included);
    s
}

/// Leaves the result of rank 0 as it is.
pub fn exscan(
    party: Party,
    settings: &Settings,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
) -> Schedule {
    let mut s = Schedule::new(party);
    scan::chosen(&mut s, settings, r, own, result, scan::Own::Left);
    s
}

/// One message along each edge of a topology: `out` to and `into` from ranks.
pub fn neighbors(party: Party, out: &[(usize, Buffer)], into: &[(usize, Buffer)]) -> Schedule {
    let mut s = Schedule::new(party);
    neighbor::exchange(&mut s, out, into);
    s
}

/// What everybody says, on all ranks: in `rows`, those of the caller's side
/// first, then those of the other.
pub fn exchange(party: Party, own: &Buffer, rows: &Buffer) -> Schedule {
    let mut s = Schedule::new(party);
    match s.facing() {
        None => {
            let blocks = Blocks::Even { whole: rows.clone(), each: own.len() };
            allgather::chosen(&mut s, &Settings::DEFAULT, Some(own), &blocks);
        }
        Some(others) => inter::exchange(&mut s, others, own, rows),
    }
    s
}
