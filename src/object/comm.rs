//! Communicators: a context, a group, and what the application attached.
//! Sending and receiving on them is the engine's; making ids is the process's.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;

use super::attached::Attachment;
use super::attribute::Attributes;
use super::errhandler::Errhandler;
use super::group::{Comparison, Group};
use super::handle::HandleCell;
use super::hosts::Placement;
use super::info::Info;
use super::name::Name;
use super::topology::Topology;
use crate::channel::PeerId;

#[derive(Debug)]
pub struct Comm {
    /// Even: bit 0 is 0 for point-to-point messages, 1 for collectives.
    pub context: u64,
    pub kind: Kind,
    /// The processes on this side (all of them, if not an intercommunicator).
    pub group: Group,
    /// Rank of this process in `group`.
    pub rank: u32,
    pub name: Name,
    pub attributes: Attributes<Comm>,
    pub errhandler: ArcSwap<Errhandler>,
    pub info: ArcSwap<Info>,
    pub topology: OnceLock<Topology>,
    /// Where the members run, once it was asked for.
    pub placement: OnceLock<Placement>,
    /// For buffered sends on this communicator.
    pub attachment: Attachment,
    pub handle: HandleCell,
    /// Number of the next collective. Relaxed: collectives on one communicator
    /// are ordered by the application.
    collectives: AtomicU32,
    /// Set when the handle was freed; messages in flight still arrive.
    freed: AtomicBool,
}

#[derive(Debug)]
pub enum Kind {
    Intra,
    /// With the processes of the other side.
    Inter {
        remote: Group,
    },
}

impl Comm {
    pub fn new(
        context: u64,
        kind: Kind,
        group: Group,
        rank: u32,
        errhandler: Arc<Errhandler>,
    ) -> Comm {
        Comm {
            context,
            kind,
            group,
            rank,
            name: Name::default(),
            attributes: Attributes::default(),
            errhandler: ArcSwap::new(errhandler),
            info: ArcSwap::new(Arc::new(Info::new())),
            topology: OnceLock::new(),
            placement: OnceLock::new(),
            attachment: Attachment::default(),
            handle: HandleCell::default(),
            collectives: AtomicU32::new(0),
            freed: AtomicBool::new(false),
        }
    }

    /// Processes on this side.
    #[inline]
    pub fn size(&self) -> u32 {
        self.group.size()
    }

    pub fn is_inter(&self) -> bool {
        matches!(self.kind, Kind::Inter { .. })
    }

    /// The group that ranks in point-to-point calls count in: the other side
    /// of an intercommunicator.
    #[inline]
    pub fn remote_group(&self) -> &Group {
        match &self.kind {
            Kind::Intra => &self.group,
            Kind::Inter { remote } => remote,
        }
    }

    /// The process with this rank (of the other side, in an intercommunicator).
    #[inline]
    pub fn peer(&self, rank: u32) -> Option<PeerId> {
        self.remote_group().peer(rank)
    }

    /// Context of point-to-point messages.
    #[inline]
    pub fn context(&self) -> u64 {
        self.context
    }

    /// Context of the messages of collectives.
    #[inline]
    pub fn collective_context(&self) -> u64 {
        self.context | 1
    }

    /// Takes the number of the next collective, the same on every member.
    pub fn next_collective(&self) -> u32 {
        self.collectives.fetch_add(1, Ordering::Relaxed)
    }

    pub fn mark_freed(&self) {
        self.freed.store(true, Ordering::Relaxed);
    }

    pub fn is_freed(&self) -> bool {
        self.freed.load(Ordering::Relaxed)
    }

    /// `MPI_Comm_compare`.
    pub fn compare(&self, other: &Comm) -> Comparison {
        if self.context == other.context && self.is_inter() == other.is_inter() {
            return Comparison::Identical;
        }
        let sides = match (&self.kind, &other.kind) {
            (Kind::Intra, Kind::Intra) => [self.group.compare(&other.group); 2],
            (Kind::Inter { remote: a }, Kind::Inter { remote: b }) => {
                [self.group.compare(&other.group), a.compare(b)]
            }
            _ => return Comparison::Unequal,
        };
        match sides {
            [Comparison::Identical, Comparison::Identical] => Comparison::Congruent,
            [Comparison::Unequal, _] | [_, Comparison::Unequal] => Comparison::Unequal,
            _ => Comparison::Similar,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::errhandler::Action;
    use super::*;

    fn comm(context: u64, peers: &[u32]) -> Comm {
        let peers: Vec<_> = peers.iter().map(|peer| PeerId(*peer)).collect();
        let errhandler = Arc::new(Errhandler::predefined(Action::Fatal));
        Comm::new(context, Kind::Intra, Group::from_peers(peers), 0, errhandler)
    }

    #[test]
    fn comparison_tells_context_group_and_order_apart() {
        let a = comm(2, &[0, 1, 2]);
        assert_eq!(a.compare(&a), Comparison::Identical);
        assert_eq!(a.compare(&comm(4, &[0, 1, 2])), Comparison::Congruent);
        assert_eq!(a.compare(&comm(4, &[2, 1, 0])), Comparison::Similar);
        assert_eq!(a.compare(&comm(4, &[0, 1])), Comparison::Unequal);
    }

    #[test]
    fn collectives_have_their_own_context_and_numbers() {
        let a = comm(6, &[0]);
        assert_eq!((a.context(), a.collective_context()), (6, 7));
        assert_eq!((a.next_collective(), a.next_collective()), (0, 1));
    }
}
