//! The receive buffer of one link: one read fills what fits, and frames are
//! opened where they lie.

use crate::secure::FRAME_MAX;
use zeroize::Zeroize;

/// Bytes that one read takes at most.
const RECEIVE_BYTES: usize = 256 << 10;

/// The kernel copies from its pages with `rep movsb`. On Zen 3 that is three
/// times slower when the target lies 1 to 31 bytes further into its page than
/// the source does (measured 2026-11: a write and a read of 64 KiB take 36 us
/// instead of 15), and a large block of the allocator starts 16 bytes into a
/// page. So reads begin at the start of a page.
const ALIGNMENT: usize = 4096;

const _: () = assert!(RECEIVE_BYTES >= 2 * FRAME_MAX);

pub struct Inbox {
    bytes: Box<[u8]>,
    /// The first place that is used: the start of a page.
    base: usize,
    /// `bytes[start..end]` was received and not taken yet.
    start: usize,
    end: usize,
    /// `bytes[..soiled]` has held something, and is wiped at the end.
    soiled: usize,
}

impl Inbox {
    pub fn new(early: &[u8]) -> Inbox {
        let bytes = vec![0; RECEIVE_BYTES + ALIGNMENT].into_boxed_slice();
        let base = bytes.as_ptr().addr().next_multiple_of(ALIGNMENT) - bytes.as_ptr().addr();
        let mut inbox = Inbox { bytes, base, start: base, end: base, soiled: 0 };
        inbox.room()[..early.len()].copy_from_slice(early);
        inbox.add(early.len());
        inbox
    }

    /// Where the next bytes go; never empty while frames are taken as soon as
    /// they are whole.
    pub fn room(&mut self) -> &mut [u8] {
        if self.start > self.base {
            self.bytes.copy_within(self.start..self.end, self.base);
            self.end -= self.start - self.base;
            self.start = self.base;
        }
        &mut self.bytes[self.end..]
    }

    /// `len` bytes of the room were filled.
    pub fn add(&mut self, len: usize) {
        self.end += len;
        self.soiled = self.soiled.max(self.end);
    }

    pub fn pending(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Takes the first `len` bytes that are pending.
    pub fn take(&mut self, len: usize) -> &mut [u8] {
        let taken = &mut self.bytes[self.start..self.end][..len];
        self.start += len;
        taken
    }
}

impl Drop for Inbox {
    /// Opened frames are the application's data: they must not outlive the
    /// link in memory that somebody else gets next.
    fn drop(&mut self) {
        self.bytes[..self.soiled].zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_pieces_is_taken_whole_and_in_order() {
        let mut inbox = Inbox::new(b"ab");
        assert_eq!(inbox.bytes[inbox.base..].as_ptr().addr() % ALIGNMENT, 0);
        inbox.room()[..3].copy_from_slice(b"cde");
        inbox.add(3);
        assert_eq!(inbox.take(4), b"abcd");
        assert_eq!(inbox.pending(), b"e");
        assert!(inbox.room().len() >= RECEIVE_BYTES - 1);
        inbox.room()[0] = b'f';
        inbox.add(1);
        assert_eq!(inbox.take(2), b"ef");
        assert!(inbox.pending().is_empty());
    }
}
