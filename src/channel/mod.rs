//! Moves `(header, payload)` pairs between the processes of a job, in order,
//! once, intact, or says why it cannot. No MPI words here: the header is the
//! engine's. Implementations: `tcp` (sealed by `secure`, with `shm` for the
//! links within a host), `loopback` (a process to itself), `simulated` (seeded,
//! for the engine's tests).

pub mod doorbell;
pub mod loopback;
pub mod packet;
pub mod report;
pub mod shm;
pub mod simulated;
pub mod tcp;

use crate::secure::{End, ProfileId};
use crate::sys::process_memory::Span;
use std::sync::Arc;
use std::time::Duration;

/// A process of the job, as the wire-up numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub u32);

/// Why a link to a peer ended: one line that names host, check and remedy.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct LinkError {
    pub peer: Option<PeerId>,
    /// True when the cause is a failed security check (never degraded, always
    /// fatal to the job), false for a lost peer or network.
    pub security: bool,
    pub message: String,
}

/// What became of a packet given to [`Channel::send`].
#[derive(Debug)]
pub enum Outcome {
    /// Copied and sealed: the caller's memory is free again.
    Accepted,
    /// The queue towards this peer is at its bound: keep the packet and offer
    /// it again after `poll` reported progress.
    Busy,
    /// The link is gone for good.
    Lost(Arc<LinkError>),
}

/// A security context of a link other than its own, for packets that shall
/// travel in it. It is made when it is first used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    pub profile: ProfileId,
    /// Packets of the same stream share a context.
    pub stream: u64,
    /// The stream whose state this one's begins with, if it has got one.
    pub origin: Option<u64>,
}

/// Receives what a channel delivers; the engine implements it.
pub trait Sink {
    /// One packet from `from`, in the order it was sent. The slices live only
    /// during the call. It is authenticated as far as `profile`, that of the
    /// security context it came in, checks what comes: whether that is enough
    /// for this packet is the receiver's to judge.
    fn deliver(&mut self, from: PeerId, profile: ProfileId, header: &[u8], payload: &[u8]);

    /// A link to a peer is up, between these ends: told before anything of it is
    /// delivered or accepted.
    fn linked(&mut self, _peer: PeerId, _here: &End, _there: &End) {}

    /// The link to a peer failed; called once per failure.
    fn lost(&mut self, error: Arc<LinkError>);
}

/// Sleeps until the channel may have something to do. Shared with the channel
/// so that a thread can sleep without holding the engine's lock.
pub trait Waiter: Send + Sync {
    /// Asks to be woken from the next `wait` by what comes without a system
    /// call too. True when that was not so before: then look once more, since
    /// something may just have come, and only then `wait`.
    fn arm(&self) -> bool {
        false
    }

    /// Takes `arm` back: nobody is about to sleep.
    fn disarm(&self) {}

    /// Returns after activity, after `wake`, or after `timeout`.
    fn wait(&self, timeout: Duration);
    /// Ends a `wait` in progress (or the next one), from any thread.
    fn wake(&self);
}

/// Largest payload [`Channel::send`] takes at once, in bytes, over all
/// implementations (each may take less: [`Channel::payload_max`]).
pub const PAYLOAD_MAX: usize = 64 << 10;

/// Nowhere are messages up to this length cut, in bytes.
pub const PIECE_MIN: usize = 8 << 10;

/// Largest header, in bytes.
pub const HEADER_MAX: usize = 64;

pub trait Channel: Send {
    /// Sends one packet: `fill` writes exactly `payload_len` bytes of payload
    /// (at most `payload_max`) into the slice it gets, at most once, before
    /// `send` returns `Accepted`. Opens the link to `to` when there is none
    /// yet. Never blocks. It travels in the security context of the link, or in
    /// that of a lane.
    fn send(
        &mut self,
        to: PeerId,
        lane: Option<&Lane>,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Outcome;

    /// Moves bytes both ways without blocking; true when anything moved.
    fn poll(&mut self, sink: &mut dyn Sink) -> bool;

    fn payload_max(&self) -> usize {
        PAYLOAD_MAX
    }

    /// The payload with which large messages to `to` are best cut, from
    /// [`PIECE_MIN`] to `payload_max`: where the two ends work at the same
    /// time, smaller pieces overlap.
    fn piece_max(&self, _to: PeerId) -> usize {
        self.payload_max()
    }

    /// Whether `to` may fetch large messages from this process's memory itself.
    /// Then tell it the address; it answers whether it did.
    fn is_fetched_from(&self, _to: PeerId) -> bool {
        false
    }

    /// Fills `target` from `address` in the memory of `from`. False when that
    /// cannot be done: then the bytes have to be sent. Blocks for the copy.
    fn fetch(&mut self, _from: PeerId, _address: u64, _target: Span) -> bool {
        false
    }

    /// Hands on what was accepted and still waits in this process, as far as
    /// that goes without blocking; true when anything left. `poll` does this
    /// too; alone it is for when nobody polls.
    fn flush(&mut self) -> bool {
        false
    }

    /// Whether something accepted may still wait in this process for `poll` or
    /// `flush`. Asked after every send, so it is cheap.
    fn is_behind(&self) -> bool {
        false
    }

    fn waiter(&self) -> Arc<dyn Waiter>;

    /// True when everything accepted has left this process (handed to the
    /// kernel, or delivered where there is none).
    fn is_flushed(&self) -> bool;

    /// Begins an orderly end of all links: no more `send`; `poll` until
    /// [`Channel::is_closed`], or give up at a deadline of the caller's.
    fn close(&mut self);

    fn is_closed(&self) -> bool;

    /// The account of all links so far, where there are any.
    fn report(&mut self) -> Option<report::LinkReport> {
        None
    }
}
