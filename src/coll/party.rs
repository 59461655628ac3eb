//! Who takes part in one collective operation, and how its messages are told
//! from all others: the communicator's collective context and a tag of their
//! own.
//!
//! On an intercommunicator the members are those of the caller's side, then
//! those of the other: `size` counts the first, `reach` all of them. Both
//! sides have ranks from 0, so messages that stay on one side are told apart by
//! a bit of their source.

use std::sync::Arc;

use crate::channel::PeerId;
use crate::engine::{Envelope, Pattern, Source};
use crate::object::group::Group;
use crate::object::hosts::{Hosts, Placement};

/// The participants of one collective operation, numbered from 0 as its
/// algorithm numbers them.
#[derive(Clone)]
pub struct Party {
    context: u64,
    tag: Tag,
    rank: usize,
    /// Own rank in the communicator: what receivers match.
    source: u32,
    members: Group,
    /// Ranks in the communicator when not all of it takes part.
    subset: Option<Arc<[u32]>>,
    /// The other side of an intercommunicator.
    remote: Option<Group>,
    placement: Placement,
}

/// How the messages of an operation are numbered; 31 bits and a sign.
#[derive(Clone, Copy)]
enum Tag {
    /// `base` and the label of the message in the low 15 bits.
    Labelled { base: i32 },
    /// One tag for all: such operations send in lockstep.
    Fixed(i32),
}

/// Set in the source of messages within one side of an intercommunicator. No
/// communicator has so many ranks.
const ASIDE: u32 = 1 << 31;

const LABEL_BITS: u32 = 15;
const SEQUENCE_MASK: u32 = (1 << 15) - 1;

impl Party {
    /// All of a communicator. `sequence` counts the collective operations on
    /// it, so that consecutive ones cannot match each other.
    pub fn new(context: u64, sequence: u32, rank: u32, members: &Group) -> Party {
        let base = ((sequence & SEQUENCE_MASK) << LABEL_BITS) as i32;
        Party {
            context: context | 1,
            tag: Tag::Labelled { base },
            rank: rank as usize,
            source: rank,
            members: members.clone(),
            subset: None,
            remote: None,
            placement: Placement::Apart,
        }
    }

    /// Where the members of the communicator run.
    pub fn placed(mut self, placement: Placement) -> Party {
        self.placement = placement;
        self
    }

    pub(super) fn hosts(&self) -> Option<&Arc<Hosts>> {
        self.placement.hosts().filter(|_| self.subset.is_none())
    }

    /// Whether the members on the caller's side share one host.
    pub(super) fn is_together(&self) -> bool {
        matches!(self.placement, Placement::Together)
    }

    /// Together with the other side of an intercommunicator.
    pub fn facing(mut self, remote: &Group) -> Party {
        self.remote = Some(remote.clone());
        self
    }

    /// A numbering of its own for operations that live long (persistent
    /// ones): these may meet a wrapped sequence of ordinary ones.
    pub fn lasting(mut self) -> Party {
        if let Tag::Labelled { base } = &mut self.tag {
            *base |= 1 << 30;
        }
        self
    }

    /// Only these ranks of the communicator, in this order; none when the
    /// caller is not among them.
    pub fn subset(&self, ranks: &[u32]) -> Option<Party> {
        let rank = ranks.iter().position(|&rank| rank == self.source)?;
        Some(Party { rank, subset: Some(ranks.into()), ..self.clone() })
    }

    /// Told apart by a tag of the application's (`MPI_Comm_create_group`).
    pub fn tagged(mut self, tag: i32) -> Party {
        self.tag = Tag::Fixed(tag | i32::MIN);
        self
    }

    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Members on the caller's side.
    pub fn size(&self) -> usize {
        self.subset.as_ref().map_or_else(|| self.members.size() as usize, |ranks| ranks.len())
    }

    /// All members: those of the caller's side, then those of the other.
    pub(super) fn reach(&self) -> usize {
        self.size() + self.remote.as_ref().map_or(0, |remote| remote.size() as usize)
    }

    fn rank_in_comm(&self, rank: usize) -> u32 {
        self.subset.as_ref().map_or(rank as u32, |ranks| ranks[rank])
    }

    /// The process of a member, and its rank on its side.
    fn member(&self, member: usize) -> (PeerId, u32) {
        let (side, rank) = match &self.remote {
            Some(remote) if member >= self.size() => (remote, (member - self.size()) as u32),
            _ => (&self.members, self.rank_in_comm(member)),
        };
        (side.peer(rank).expect("a rank of the communicator"), rank)
    }

    /// What marks messages between the caller and this member, beside their
    /// sender's rank.
    fn aside(&self, member: usize) -> u32 {
        if self.remote.is_some() && member < self.size() { ASIDE } else { 0 }
    }

    fn tag(&self, label: u16) -> i32 {
        match self.tag {
            Tag::Labelled { base } => base | i32::from(label),
            Tag::Fixed(tag) => tag,
        }
    }

    pub(super) fn envelope(&self, to: usize, label: u16) -> (PeerId, Envelope) {
        let source = self.source | self.aside(to);
        let envelope = Envelope { context: self.context, source, tag: self.tag(label) };
        (self.member(to).0, envelope)
    }

    pub(super) fn pattern(&self, from: usize, label: u16) -> Pattern {
        let (peer, rank) = self.member(from);
        let source = Source::Rank { rank: rank | self.aside(from), peer };
        Pattern { context: self.context, source, tag: Some(self.tag(label)) }
    }
}
