//! The queue of bytes on their way to a socket. Only this layer can put bytes
//! in: sealed frames and handshake messages. A socket that takes [`Wire`] and
//! nothing else therefore cannot send plaintext: it would not compile.
//!
//! Plaintext exists inside the queue's memory for the moment between `fill`
//! and sealing, in a part that is not queued yet.
//!
//! Memory comes in segments, so that nothing is ever moved to make room and a
//! busy link allocates nothing: a segment that was sent is used again.

use std::collections::VecDeque;

use super::frame::{FRAME_MAX, HANDSHAKE_BODY_MAX, HEADER_LEN, Header, Kind};

/// Bytes of one segment; holds at least one frame of the largest size.
const SEGMENT_LEN: usize = 256 << 10;

/// Sent segments kept for reuse by one link.
const SPARES_MAX: usize = 4;

const _: () = assert!(SEGMENT_LEN >= FRAME_MAX);

/// Bytes that may go onto a socket. Made only from an [`Outbox`]: the field is
/// private to this module.
#[derive(Clone, Copy)]
pub struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    pub fn len(self) -> usize {
        self.0.len()
    }

    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

struct Segment {
    bytes: Box<[u8]>,
    /// `bytes[sent..filled]` is queued.
    sent: usize,
    filled: usize,
}

impl Segment {
    fn new() -> Segment {
        Segment { bytes: vec![0; SEGMENT_LEN].into_boxed_slice(), sent: 0, filled: 0 }
    }
}

/// Sealed frames and handshake messages waiting for the socket, in order.
#[derive(Default)]
pub struct Outbox {
    segments: VecDeque<Segment>,
    spares: Vec<Segment>,
    queued: usize,
}

impl Outbox {
    pub fn new() -> Outbox {
        Outbox::default()
    }

    /// Bytes queued and not yet consumed. The bound is the owner's to keep:
    /// it asks here before it seals.
    pub fn len(&self) -> usize {
        self.queued
    }

    pub fn is_empty(&self) -> bool {
        self.queued == 0
    }

    /// The first contiguous run of queued bytes; empty when there are none.
    pub fn wire(&self) -> Wire<'_> {
        self.wires().next().unwrap_or(Wire(&[]))
    }

    /// All queued bytes, as runs for one gathering write.
    pub fn wires(&self) -> impl Iterator<Item = Wire<'_>> {
        self.segments
            .iter()
            .filter(|segment| segment.sent < segment.filled)
            .map(|segment| Wire(&segment.bytes[segment.sent..segment.filled]))
    }

    /// Drops the first `len` bytes: the kernel has them.
    pub fn consume(&mut self, mut len: usize) {
        assert!(len <= self.queued, "{len} bytes consumed of {} queued", self.queued);
        self.queued -= len;
        while let Some(first) = self.segments.front_mut() {
            let step = len.min(first.filled - first.sent);
            first.sent += step;
            len -= step;
            if first.sent < first.filled {
                return;
            }
            first.sent = 0;
            first.filled = 0;
            if self.segments.len() == 1 {
                return;
            }
            let segment = self.segments.pop_front().expect("the loop saw it");
            if self.spares.len() < SPARES_MAX {
                self.spares.push(segment);
            }
        }
    }

    /// Gives back memory that nothing is queued in, for links gone quiet.
    pub fn shrink(&mut self) {
        self.spares = Vec::new();
        if self.queued == 0 {
            self.segments = VecDeque::new();
        }
    }

    /// Queues `len` bytes that `write` produces; `write` gets them with
    /// whatever was there before.
    pub(super) fn push(&mut self, len: usize, write: impl FnOnce(&mut [u8])) {
        debug_assert!(len <= FRAME_MAX);
        let full = self.segments.back().is_none_or(|last| last.bytes.len() - last.filled < len);
        if full {
            self.segments.push_back(self.spares.pop().unwrap_or_else(Segment::new));
        }
        let last = self.segments.back_mut().expect("one was pushed if there was none");
        write(&mut last.bytes[last.filled..last.filled + len]);
        last.filled += len;
        self.queued += len;
    }

    /// Queues one handshake message and shows it to `see` as it will be sent.
    pub(super) fn push_handshake(&mut self, kind: Kind, body: &[u8], see: impl FnOnce(&[u8])) {
        assert!(kind.is_handshake() && body.len() <= HANDSHAKE_BODY_MAX);
        let body_len = body.len() as u32;
        let header = Header { kind, context: 0, epoch: 0, suite: 0, body_len };
        self.push(HEADER_LEN + body.len(), |out| {
            out[..HEADER_LEN].copy_from_slice(&header.encode());
            out[HEADER_LEN..].copy_from_slice(body);
            see(out);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(outbox: &mut Outbox, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while !outbox.is_empty() {
            let wire = outbox.wire().bytes();
            let len = wire.len().min(step);
            all.extend_from_slice(&wire[..len]);
            outbox.consume(len);
        }
        all
    }

    #[test]
    fn bytes_leave_in_the_order_they_were_queued() {
        let mut outbox = Outbox::new();
        let mut expected = Vec::new();
        for round in 0..40u8 {
            let len = 1 + usize::from(round) * 1999;
            outbox.push(len, |out| out.fill(round));
            expected.extend(std::iter::repeat_n(round, len));
        }
        assert_eq!(outbox.len(), expected.len());
        assert_eq!(outbox.wires().map(Wire::len).sum::<usize>(), expected.len());
        assert!(drain(&mut outbox, 70_001) == expected);
    }

    #[test]
    fn consuming_across_segments_leaves_the_right_rest() {
        let mut outbox = Outbox::new();
        for round in 0..12u8 {
            outbox.push(FRAME_MAX, |out| out.fill(round));
        }
        outbox.consume(11 * FRAME_MAX + 5);
        assert_eq!(outbox.len(), FRAME_MAX - 5);
        assert!(drain(&mut outbox, usize::MAX).iter().all(|byte| *byte == 11));
    }

    #[test]
    fn memory_is_used_again() {
        let mut outbox = Outbox::new();
        for _ in 0..1000 {
            for _ in 0..8 {
                outbox.push(FRAME_MAX, |out| out[0] = 1);
            }
            outbox.consume(8 * FRAME_MAX);
        }
        assert!(outbox.segments.len() + outbox.spares.len() <= 8 * FRAME_MAX / SEGMENT_LEN + 2);
        outbox.shrink();
        assert!(outbox.segments.is_empty() && outbox.spares.is_empty());
    }
}
