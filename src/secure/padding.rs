//! Padding: what a frame's length tells.
//!
//! The content of a frame is filled up with zeros and ends with its own true
//! length, four bytes, all inside what is sealed. Hidden is how long a message
//! is within its size class; not hidden are how many frames there are, when,
//! and between whom.

use super::frame::{HEADER_LEN, PLAIN_MAX};

/// Bytes of the true length at the end of padded content.
const TRAILER_LEN: usize = 4;

/// Bytes of TCP payload in one packet of an Ethernet of 1500 bytes, with the
/// timestamps that Linux sends.
const SEGMENT_LEN: usize = 1448;

/// Most that padding adds, so that a frame has a largest size.
pub(super) const PADDING_MAX: usize = SEGMENT_LEN + TRAILER_LEN;

/// Sizes of content with its trailer. Apart by a factor of four: few classes
/// tell little. The last but one holds the largest piece of a long message,
/// which should not grow by a fourth.
const BUCKETS: [usize; 6] = [256, 1 << 10, 4 << 10, 16 << 10, 65 << 10, PLAIN_MAX + TRAILER_LEN];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// Frames are as long as what is in them.
    #[default]
    None,
    /// Frames fill packets of the network.
    Mtu,
    /// Frames have one of six sizes.
    Buckets,
}

impl Padding {
    pub const ALL: [Padding; 3] = [Padding::None, Padding::Mtu, Padding::Buckets];

    /// As the policy names it.
    pub fn name(self) -> &'static str {
        match self {
            Padding::None => "none",
            Padding::Mtu => "mtu",
            Padding::Buckets => "buckets",
        }
    }

    pub fn named(name: &str) -> Option<Padding> {
        Padding::ALL.into_iter().find(|padding| padding.name() == name)
    }

    /// Bytes of the padded content; `overhead` is what sealing adds to it,
    /// header apart.
    pub(super) fn padded_len(self, content_len: usize, overhead: usize) -> usize {
        let least = content_len + TRAILER_LEN;
        match self {
            Padding::None => content_len,
            Padding::Mtu => {
                let wire = (HEADER_LEN + overhead + least).next_multiple_of(SEGMENT_LEN);
                wire - HEADER_LEN - overhead
            }
            Padding::Buckets => BUCKETS
                .into_iter()
                .find(|bucket| *bucket >= least)
                .expect("the last bucket holds the largest content"),
        }
    }

    /// Fills up `padded`, whose first `content_len` bytes are the content.
    pub(super) fn fill(self, padded: &mut [u8], content_len: usize) {
        if self != Padding::None {
            let (_, rest) = padded.split_at_mut(content_len);
            let (zeros, trailer) = rest.split_at_mut(rest.len() - TRAILER_LEN);
            zeros.fill(0);
            trailer.copy_from_slice(&(content_len as u32).to_be_bytes());
        }
    }

    /// The content of what was opened; `None` when it was not padded.
    pub(super) fn strip(self, padded: &mut [u8]) -> Option<&mut [u8]> {
        if self == Padding::None {
            return Some(padded);
        }
        let (rest, trailer) = padded.split_last_chunk_mut::<TRAILER_LEN>()?;
        rest.get_mut(..u32::from_be_bytes(*trailer) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_comes_back_and_its_length_does_not_show() {
        for padding in Padding::ALL {
            let mut sizes = std::collections::BTreeSet::new();
            for len in (0..5000).chain([65_536, 65_606, PLAIN_MAX - 1, PLAIN_MAX]) {
                let padded_len = padding.padded_len(len, 16);
                assert!(padded_len >= len && padded_len <= PLAIN_MAX + PADDING_MAX, "{len}");
                sizes.insert(padded_len);
                let mut padded = vec![7; padded_len];
                padding.fill(&mut padded, len);
                assert_eq!(padding.strip(&mut padded).unwrap(), vec![7; len]);
            }
            match padding {
                Padding::None => assert_eq!(sizes.len(), 5004),
                Padding::Mtu => assert!(sizes.iter().all(|size| (size + 28) % SEGMENT_LEN == 0)),
                Padding::Buckets => assert_eq!(sizes.len(), BUCKETS.len()),
            }
        }
    }

    #[test]
    fn what_was_not_padded_is_not_stripped() {
        for padding in [Padding::Mtu, Padding::Buckets] {
            assert_eq!(padding.strip(&mut [0, 0, 1]), None);
            assert_eq!(padding.strip(&mut [0, 0, 0, 1]), None);
            assert_eq!(padding.strip(&mut [9, 0, 0, 0, 1]), Some(&mut [9][..]));
            assert_eq!(padding.strip(&mut [9, 0xff, 0xff, 0xff, 0xff]), None);
        }
    }
}
