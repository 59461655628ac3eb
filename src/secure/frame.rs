//! The header in front of every message on the wire, and its bounds.
//!
//! One layout serves handshake messages and sealed frames, so that a reader of
//! a capture can walk it without a key:
//!
//! ```text
//! 0        1      2         4                8       9        12
//! +--------+------+---------+----------------+-------+--------+
//! | version| kind | context | epoch          | suite | length |  big endian
//! +--------+------+---------+----------------+-------+--------+
//! ```
//!
//! The whole header is additional data of a sealed frame, together with the
//! frame's number, which is not sent: both sides count. The suite (its number,
//! and that of the signature in the upper two bits) tells the receiver nothing
//! new: it is there for readers of captures, who can so tell what a frame is
//! sealed with, and it is authenticated like the rest. In a handshake message
//! context, epoch and suite are zero. The length is that of the body.

use super::padding::PADDING_MAX;
use super::signature::SIGNATURE_LEN;

/// First byte of everything we send; a change of this layout or of the key
/// schedule takes the next number.
pub const VERSION: u8 = 3;

/// Bytes of a header.
pub const HEADER_LEN: usize = 12;

/// Largest plaintext of one frame: 64 KiB of payload and room for packet
/// headers.
pub const PLAIN_MAX: usize = 80 << 10;

/// Most that a suite adds to a plaintext (explicit nonce, block padding, tag).
pub const SUITE_OVERHEAD_MAX: usize = 64;

/// Most that a body is longer than its plaintext.
pub const OVERHEAD_MAX: usize = SUITE_OVERHEAD_MAX + SIGNATURE_LEN + PADDING_MAX;

/// Largest frame on the wire, header included: a receive buffer of this many
/// bytes always holds a whole frame.
pub const FRAME_MAX: usize = HEADER_LEN + PLAIN_MAX + OVERHEAD_MAX;

/// Largest body of a handshake message. A raw-key handshake needs less than
/// 1 KiB; certificates and a post-quantum key share fit as well.
pub const HANDSHAKE_BODY_MAX: usize = 8 << 10;

/// Largest handshake message, header included: until a peer is authenticated
/// this is all it can make us buffer.
pub const HANDSHAKE_MAX: usize = HEADER_LEN + HANDSHAKE_BODY_MAX;

/// What a message is. Numbers are part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Handshake: bytes of the TLS conversation.
    Tls = 0x01,
    /// Handshake: "no", with an empty body.
    Refusal = 0x02,
    /// Sealed: packets of the channel.
    Data = 0x10,
    /// Sealed: words of the channel to its peer.
    Control = 0x11,
    /// Sealed: a new security context begins.
    Context = 0x12,
    /// Sealed: nothing follows.
    Close = 0x13,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        [Kind::Tls, Kind::Refusal, Kind::Data, Kind::Control, Kind::Context, Kind::Close]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }

    pub(crate) fn is_handshake(self) -> bool {
        matches!(self, Kind::Tls | Kind::Refusal)
    }
}

/// A parsed header. Parsing checks only what needs no state: version and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) context: u16,
    pub(crate) epoch: u32,
    pub(crate) suite: u8,
    /// Below 2^24.
    pub(crate) body_len: u32,
}

/// Why twelve bytes are not a header of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    Version(u8),
    Kind(u8),
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[0] = VERSION;
        bytes[1] = self.kind as u8;
        bytes[2..4].copy_from_slice(&self.context.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.epoch.to_be_bytes());
        debug_assert!(self.body_len < 1 << 24);
        bytes[8..12].copy_from_slice(&self.body_len.to_be_bytes());
        bytes[8] = self.suite;
        bytes
    }

    pub(crate) fn decode(bytes: &[u8; HEADER_LEN]) -> Result<Header, HeaderError> {
        let [version, kind, c0, c1, e0, e1, e2, e3, suite, l1, l2, l3] = *bytes;
        if version != VERSION {
            return Err(HeaderError::Version(version));
        }
        Ok(Header {
            kind: Kind::from_byte(kind).ok_or(HeaderError::Kind(kind))?,
            context: u16::from_be_bytes([c0, c1]),
            epoch: u32::from_be_bytes([e0, e1, e2, e3]),
            suite,
            body_len: u32::from_be_bytes([0, l1, l2, l3]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_survives_the_round_trip() {
        let (kind, context, epoch) = (Kind::Data, 7, 0x01020304);
        let header = Header { kind, context, epoch, suite: 0x41, body_len: 65_552 };
        let bytes = header.encode();
        assert_eq!(bytes, [3, 0x10, 0, 7, 1, 2, 3, 4, 0x41, 1, 0, 16]);
        assert_eq!(Header::decode(&bytes), Ok(header));
    }

    #[test]
    fn other_versions_and_kinds_are_errors() {
        let header = Header { kind: Kind::Close, context: 0, epoch: 0, suite: 1, body_len: 16 };
        let mut bytes = header.encode();
        bytes[0] = 1;
        assert_eq!(Header::decode(&bytes), Err(HeaderError::Version(1)));
        bytes[0] = VERSION;
        bytes[1] = 0x77;
        assert_eq!(Header::decode(&bytes), Err(HeaderError::Kind(0x77)));
    }
}
