//! What a message is matched by (MPI-4.1, section 3.2.3): communicator
//! context, source and tag.

use crate::channel::PeerId;

/// The envelope a sender puts on a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Envelope {
    /// Context of the communicator: bit 0 tells collective traffic apart.
    pub context: u64,
    /// Rank of the sender in that communicator.
    pub source: u32,
    pub tag: i32,
}

/// What a receive or probe asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub context: u64,
    pub source: Source,
    /// `None` is `MPI_ANY_TAG`.
    pub tag: Option<i32>,
}

/// From whom a receive wants its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `MPI_ANY_SOURCE`.
    Any,
    /// One rank of the communicator, and the process that has this rank: the
    /// rank is matched, the process tells whose loss ends the wait.
    Rank { rank: u32, peer: PeerId },
}

impl Pattern {
    #[inline]
    pub fn matches(&self, envelope: &Envelope) -> bool {
        let source = match self.source {
            Source::Any => true,
            Source::Rank { rank, .. } => rank == envelope.source,
        };
        self.context == envelope.context && source && self.tag.is_none_or(|tag| tag == envelope.tag)
    }
}

/// Send mode (MPI-4.1, section 3.4). Ready sends are standard ones here; a
/// buffered send is a standard send of the copy in the attached buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Standard,
    /// Complete only when a receive has matched.
    Synchronous,
}
