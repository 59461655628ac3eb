//! Small packets on their way into one frame.
//!
//! A system call costs more than sealing a hundred small packets, so packets
//! that come in a burst share one. A packet after some quiet leaves at once and
//! alone: nobody waits for company that may not come. A second one right behind
//! it, with no look at the network in between, is a burst: it is drafted, and
//! the draft leaves when it is full, when the program next waits or looks for
//! messages, or a moment later by the engine's hand if the program does neither.

use crate::channel::packet::{self, packet_len};
use crate::secure::{ContextId, FrameKind, Outbox, Sealer};
use std::time::{Duration, Instant};
use zeroize::Zeroize;

/// Bytes of packets that wait for a frame of their own, at most.
const DRAFT_BYTES_MAX: usize = 8 << 10;

/// Payloads above this are sealed where they are, without a stop in the draft.
const PAYLOAD_BYTES_MAX: usize = 2 << 10;

/// Packets further apart than this are no burst.
const BURST_GAP: Duration = Duration::from_micros(20);

pub(super) struct Draft {
    bytes: Box<[u8]>,
    len: usize,
    /// The security context of what is in it.
    context: ContextId,
    /// When the socket was last written without the network having been looked
    /// at since: the beginning of what may become a burst.
    wrote_at: Option<Instant>,
}

impl Draft {
    pub(super) fn new() -> Draft {
        Draft { bytes: Box::default(), len: 0, context: ContextId(0), wrote_at: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a packet given now should wait for more of its kind.
    pub(super) fn wants(&self, payload_len: usize) -> bool {
        payload_len <= PAYLOAD_BYTES_MAX
            && (!self.is_empty() || self.wrote_at.is_some_and(|at| at.elapsed() < BURST_GAP))
    }

    /// Packets of different security contexts share no frame.
    pub(super) fn has_room(
        &self,
        context: ContextId,
        header_len: usize,
        payload_len: usize,
    ) -> bool {
        let fits = self.len + packet_len(header_len, payload_len) <= DRAFT_BYTES_MAX;
        fits && (self.context == context || self.is_empty())
    }

    /// Adds a packet that [`Draft::wants`] and for which there is room.
    pub(super) fn add(
        &mut self,
        context: ContextId,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) {
        self.context = context;
        if self.bytes.is_empty() {
            self.bytes = vec![0; DRAFT_BYTES_MAX].into_boxed_slice();
        }
        let end = self.len + packet_len(header.len(), payload_len);
        packet::write(&mut self.bytes[self.len..end], header, fill);
        self.len = end;
    }

    /// Seals what was drafted into one frame.
    pub(super) fn seal(&mut self, sealer: &mut Sealer, outbox: &mut Outbox) {
        if self.is_empty() {
            return;
        }
        let plain = &self.bytes[..self.len];
        sealer.seal(outbox, self.context, FrameKind::Data, plain.len(), |out| {
            out.copy_from_slice(plain);
        });
        self.len = 0;
    }

    /// The socket was written on behalf of the program's send.
    pub(super) fn wrote(&mut self) {
        self.wrote_at = Some(Instant::now());
    }

    /// The program looks at the network: what comes next is no burst.
    pub(super) fn looked(&mut self) {
        self.wrote_at = None;
    }
}

impl Drop for Draft {
    /// Packets are the application's data: see [`super::inbox::Inbox`].
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
