//! What the engine keeps per process it talks to: packets that the channel
//! could not take yet, transfers under way, and the eager credit.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::channel::LinkError;

use super::packet::{Packet, SenderToken};
use super::request::RequestId;

/// Most bytes (data and bookkeeping) of eager messages that may lie unmatched
/// at one receiver, per sender. A sender without credit announces even small
/// messages and keeps their data, so no receiver can be flooded.
pub const EAGER_CREDIT_MAX: u64 = 8 << 20;

/// What an unmatched eager message costs besides its data, in bytes.
pub const EAGER_OVERHEAD: u64 = 128;

/// Consumed bytes after which the receiver returns credit.
pub const CREDIT_RETURN: u64 = EAGER_CREDIT_MAX / 4;

/// Waits in order for room in the channel.
pub(super) enum Outgoing {
    /// A send that has not left: eager data or an announcement.
    Send(RequestId),
    Control(Packet),
}

/// A receive that fills its buffer from the sender's memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetch {
    pub receive: RequestId,
    pub sender: SenderToken,
    pub address: u64,
}

#[derive(Default)]
pub(super) struct Peer {
    pub outgoing: VecDeque<Outgoing>,
    /// Cleared rendezvous transfers, served in turn.
    pub streams: VecDeque<RequestId>,
    /// Messages to be fetched, one after the other.
    pub fetches: VecDeque<Fetch>,
    /// Eager bytes sent and not yet credited back.
    pub eager_debt: u64,
    /// Eager bytes consumed here and not yet credited to the peer.
    pub credit_due: u64,
    pub lost: Option<Arc<LinkError>>,
    /// In the list of peers that wait for the channel.
    pub listed: bool,
}

impl Peer {
    pub fn is_idle(&self) -> bool {
        self.outgoing.is_empty() && self.streams.is_empty() && self.fetches.is_empty()
    }

    /// Whether an eager message of `len` bytes fits the credit; takes it.
    pub fn take_credit(&mut self, len: usize) -> bool {
        let cost = len as u64 + EAGER_OVERHEAD;
        if self.eager_debt + cost > EAGER_CREDIT_MAX {
            return false;
        }
        self.eager_debt += cost;
        true
    }

    pub fn return_credit(&mut self, len: usize) {
        self.eager_debt = self.eager_debt.saturating_sub(len as u64 + EAGER_OVERHEAD);
    }
}
