//! A collective operation as one process sees it: sends, receives, copies and
//! reductions, each after the steps it needs. An algorithm writes the steps
//! down ([`Schedule`]); `execute` carries them out.
//!
//! Messages between the same two processes match in the order both sides
//! *wrote them down*, whatever order they run in: the k-th send to a rank
//! carries the label k, the k-th receive from a rank asks for it. So an
//! algorithm is free to let steps overtake each other.
//!
//! Not here: sizes and thresholds (`choose`), the algorithms themselves.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::party::Party;
use crate::object::buffer::Buffer;
use crate::object::hosts::Hosts;
use crate::object::op::Op;

/// A step of one schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepId(pub(super) u32);

pub(super) enum Action {
    Send {
        to: u32,
        label: u16,
        buffer: Buffer,
    },
    Recv {
        from: u32,
        label: u16,
        buffer: Buffer,
    },
    Copy {
        from: Buffer,
        to: Buffer,
    },
    /// `inout = input op inout`, element by element.
    Reduce {
        op: Arc<Op>,
        input: Buffer,
        inout: Buffer,
    },
    /// Does nothing: many steps before it, many after it.
    Join,
}

pub(super) struct Step {
    pub(super) action: Action,
    /// How many steps this one waits for.
    pub(super) needs: u32,
    /// First of the steps that wait for this one, in [`Schedule::edges`].
    pub(super) first_edge: u32,
}

/// One step waits for another; a list per step, linked through `next`.
pub(super) struct Edge {
    pub(super) to: u32,
    pub(super) next: u32,
}

pub(super) const NO_EDGE: u32 = u32::MAX;

/// Labels wrap after this many messages between two ranks in one collective.
const LABELS: u16 = 1 << 15;

/// Messages written down so far, to and from one rank.
#[derive(Clone, Copy, Default)]
struct Written {
    sends: u16,
    recvs: u16,
}

pub struct Schedule {
    pub(super) party: Party,
    /// Who takes part in what is being written down; everybody on the caller's
    /// side unless said otherwise by [`Schedule::among`].
    scope: Option<Scope>,
    pub(super) steps: SmallVec<[Step; 6]>,
    pub(super) edges: SmallVec<[Edge; 8]>,
    written: SmallVec<[Written; 16]>,
    needs: SmallVec<[StepId; 4]>,
    /// Every step from here on comes after this one.
    floor: Option<StepId>,
    /// First step of the branch that is being written down.
    begun: u32,
}

/// Some members of the party, numbered as an algorithm among them sees them.
struct Scope {
    members: Vec<u32>,
    rank: usize,
    /// They share a host.
    together: bool,
}

impl Schedule {
    pub fn new(party: Party) -> Schedule {
        let size = party.reach();
        Schedule {
            party,
            scope: None,
            steps: SmallVec::new(),
            edges: SmallVec::new(),
            written: smallvec![Written::default(); size],
            needs: SmallVec::new(),
            floor: None,
            begun: 0,
        }
    }

    /// The caller's number among those who take part.
    pub fn rank(&self) -> usize {
        self.scope.as_ref().map_or_else(|| self.party.rank(), |scope| scope.rank)
    }

    /// How many take part.
    pub fn size(&self) -> usize {
        self.scope.as_ref().map_or_else(|| self.party.size(), |scope| scope.members.len())
    }

    /// The member of the party behind a number.
    fn member(&self, rank: usize) -> usize {
        self.scope.as_ref().map_or(rank, |scope| scope.members[rank] as usize)
    }

    /// The number of rank `rank` of the other side of an intercommunicator.
    pub(super) fn across(&self, rank: usize) -> usize {
        assert!(self.scope.is_none(), "the other side is seen from a whole side only");
        self.party.size() + rank
    }

    /// Writes down what only `ranks` take part in, numbered from 0 in this
    /// order; nothing where the caller is not among them.
    pub(super) fn among(&mut self, ranks: &[usize], write: impl FnOnce(&mut Schedule)) {
        self.scoped(ranks, self.is_together(), write);
    }

    /// As [`Schedule::among`], for ranks that share a host.
    pub(super) fn within_host(&mut self, ranks: &[usize], write: impl FnOnce(&mut Schedule)) {
        self.scoped(ranks, true, write);
    }

    fn scoped(&mut self, ranks: &[usize], together: bool, write: impl FnOnce(&mut Schedule)) {
        let Some(rank) = ranks.iter().position(|&rank| rank == self.rank()) else { return };
        let members = ranks.iter().map(|&rank| self.member(rank) as u32).collect();
        let outer = self.scope.replace(Scope { members, rank, together });
        write(self);
        self.scope = outer;
    }

    /// Ranks of the other side, none within one group.
    pub(super) fn facing(&self) -> Option<usize> {
        let others = self.party.reach() - self.party.size();
        (others > 0).then_some(others)
    }

    /// Where those who take part run, when everybody does.
    pub(super) fn hosts(&self) -> Option<Arc<Hosts>> {
        if self.scope.is_none() { self.party.hosts().cloned() } else { None }
    }

    /// Whether all who take part share one host, as all of them know.
    pub(super) fn is_together(&self) -> bool {
        self.scope.as_ref().map_or_else(|| self.party.is_together(), |scope| scope.together)
    }

    /// The next step waits for these (none for an empty `Option`).
    pub fn after(&mut self, steps: impl IntoIterator<Item = StepId>) -> &mut Schedule {
        for step in steps {
            if !self.needs.contains(&step) {
                self.needs.push(step);
            }
        }
        self
    }

    pub fn send(&mut self, to: usize, buffer: &Buffer) -> StepId {
        let to = self.member(to);
        let written = &mut self.written[to];
        let label = written.sends;
        written.sends = (label + 1) % LABELS;
        self.push(Action::Send { to: to as u32, label, buffer: buffer.clone() })
    }

    pub fn recv(&mut self, from: usize, buffer: &Buffer) -> StepId {
        let from = self.member(from);
        let written = &mut self.written[from];
        let label = written.recvs;
        written.recvs = (label + 1) % LABELS;
        self.push(Action::Recv { from: from as u32, label, buffer: buffer.clone() })
    }

    /// Copies between buffers of equal signature; their types may differ.
    pub fn copy(&mut self, from: &Buffer, to: &Buffer) -> StepId {
        self.push(Action::Copy { from: from.clone(), to: to.clone() })
    }

    /// `inout = input op inout`: `input` stands on the left, which matters to
    /// operations that do not commute.
    pub fn reduce(&mut self, op: &Arc<Op>, input: &Buffer, inout: &Buffer) -> StepId {
        self.push(Action::Reduce { op: op.clone(), input: input.clone(), inout: inout.clone() })
    }

    /// A step that only waits for those named by [`Schedule::after`].
    pub fn join(&mut self) -> StepId {
        self.push(Action::Join)
    }

    /// Everything written down later comes after everything so far (of this
    /// branch).
    pub fn fence(&mut self) {
        let ends = self.ends();
        self.floor = match ends.as_slice() {
            [] => self.floor,
            [only] => Some(*only),
            _ => Some(self.after(ends).join()),
        };
    }

    /// Steps since the last fence that no other step waits for.
    fn ends(&self) -> SmallVec<[StepId; 8]> {
        let first = self.floor.map_or(0, |floor| floor.0).max(self.begun);
        (first..self.steps.len() as u32)
            .filter(|&step| self.steps[step as usize].first_edge == NO_EDGE)
            .map(StepId)
            .collect()
    }

    /// Writes down steps whose fences are their own, after `after` if that is
    /// given. Returns a step that comes after all of them.
    pub fn branch(&mut self, after: Option<StepId>, write: impl FnOnce(&mut Schedule)) -> StepId {
        let outer = (self.floor, self.begun);
        self.floor = after.or(self.floor);
        self.begun = self.steps.len() as u32;
        write(self);
        let ends = self.ends();
        let end = self.after(ends).join();
        (self.floor, self.begun) = outer;
        end
    }

    /// Members that messages go to.
    #[cfg(test)]
    pub(super) fn sends(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().filter_map(|step| match step.action {
            Action::Send { to, .. } => Some(to as usize),
            _ => None,
        })
    }

    fn push(&mut self, action: Action) -> StepId {
        let id = self.steps.len() as u32;
        // A need later than the floor already comes after it.
        if let Some(floor) = self.floor
            && !self.needs.iter().any(|&need| need >= floor)
        {
            self.needs.push(floor);
        }
        let needs = self.needs.len() as u32;
        for need in self.needs.drain(..) {
            let before = &mut self.steps[need.0 as usize];
            self.edges.push(Edge { to: id, next: before.first_edge });
            before.first_edge = self.edges.len() as u32 - 1;
        }
        self.steps.push(Step { action, needs, first_edge: NO_EDGE });
        StepId(id)
    }
}
