//! Reading one direction of a connection without any key: is every byte of it
//! part of a handshake message or of a sealed frame? For captures.
//!
//! What the headers say is shown, not believed: whether a frame is authentic
//! only its receiver can tell. What this finds is plaintext beside frames, and
//! frames that say themselves that they hide nothing.

use std::collections::BTreeMap;

use super::frame::{
    HANDSHAKE_BODY_MAX, HEADER_LEN, Header, HeaderError, Kind, OVERHEAD_MAX, PLAIN_MAX,
};
use super::handshake::HEARD_BYTES_MAX;
use super::protection::name_of_mark;
use super::suite;

/// What a stream consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    pub handshake_messages: u64,
    /// By what they say they are sealed with.
    pub frames: BTreeMap<String, u64>,
    /// Bytes of their bodies.
    pub sealed_bytes: u64,
    /// Frames of suites that encrypt nothing.
    pub readable_frames: u64,
    /// Bytes of a last message that the capture cut.
    pub cut_bytes: usize,
}

/// The first thing that is not ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    #[error("byte {at} begins {byte:#04x}, and no message of this version begins so")]
    Start { at: usize, byte: u8 },
    #[error("the message at byte {at} is of the unknown kind {kind:#04x}")]
    Kind { at: usize, kind: u8 },
    #[error("the message at byte {at} says it has {len} bytes, which none has")]
    Length { at: usize, len: usize },
    #[error("the frame at byte {at} says it is sealed with {mark:#04x}, which is no suite")]
    Suite { at: usize, mark: u8 },
    #[error("the frame at byte {at} has no room for what its suite adds")]
    Short { at: usize },
    #[error("the handshake message at byte {at} comes after sealed frames")]
    Late { at: usize },
    #[error("the handshake message at byte {at} is none, or one too many")]
    Handshake { at: usize },
    #[error("there is no handshake before the frame at byte {at}")]
    NoHandshake { at: usize },
}

/// Walks a stream from its first byte. The capture may end within a message.
pub fn walk(stream: &[u8]) -> Result<Walked, Foreign> {
    let mut walked = Walked::default();
    let mut at = 0;
    while let Some(bytes) = stream[at..].first_chunk::<HEADER_LEN>() {
        let header = Header::decode(bytes).map_err(|error| match error {
            HeaderError::Version(byte) => Foreign::Start { at, byte },
            HeaderError::Kind(kind) => Foreign::Kind { at, kind },
        })?;
        let body_len = header.body_len as usize;
        let longest = match header.kind.is_handshake() {
            true => HANDSHAKE_BODY_MAX,
            false => PLAIN_MAX + OVERHEAD_MAX,
        };
        if body_len > longest {
            return Err(Foreign::Length { at, len: HEADER_LEN + body_len });
        }
        walked.count(&header, at)?;
        let end = at + HEADER_LEN + body_len;
        let body = &stream[at + HEADER_LEN..end.min(stream.len())];
        let is_sound = match header.kind {
            Kind::Tls => has_no_marks(&header) && end <= HEARD_BYTES_MAX && is_tls(body),
            Kind::Refusal => has_no_marks(&header) && body_len == 0,
            _ => true,
        };
        if !is_sound {
            return Err(Foreign::Handshake { at });
        }
        if end > stream.len() {
            break;
        }
        at = end;
    }
    // Too little for a header, and not even the first byte is right?
    if let Some(byte) = stream.get(at).filter(|byte| **byte != super::frame::VERSION) {
        return Err(Foreign::Start { at, byte: *byte });
    }
    walked.cut_bytes = stream.len() - at;
    Ok(walked)
}

/// In a handshake message context, epoch and suite are zero.
fn has_no_marks(header: &Header) -> bool {
    (header.context, header.epoch, header.suite) == (0, 0, 0)
}

/// Are these records of TLS, the last of them perhaps cut?
fn is_tls(mut records: &[u8]) -> bool {
    while let Some(([0x14..=0x17, 3, 1 | 3, high, low], rest)) = records.split_first_chunk() {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        records = rest.get(len..).unwrap_or(&[]);
    }
    // Less than the beginning of a record, or something else?
    records.len() < 5 && records.first().is_none_or(|byte| (0x14..=0x17).contains(byte))
}

impl Walked {
    fn count(&mut self, header: &Header, at: usize) -> Result<(), Foreign> {
        match header.kind {
            Kind::Tls | Kind::Refusal => {
                if !self.frames.is_empty() {
                    return Err(Foreign::Late { at });
                }
                self.handshake_messages += 1;
            }
            Kind::Data | Kind::Control | Kind::Context | Kind::Close => {
                let mark = header.suite;
                let (name, suite) = name_of_mark(mark)
                    .zip(suite::by_id(mark & 63))
                    .ok_or(Foreign::Suite { at, mark })?;
                if self.handshake_messages == 0 {
                    return Err(Foreign::NoHandshake { at });
                }
                if (header.body_len as usize) < suite.sealed_len(0) {
                    return Err(Foreign::Short { at });
                }
                *self.frames.entry(name).or_default() += 1;
                self.sealed_bytes += u64::from(header.body_len);
                self.readable_frames += u64::from(!suite.hides());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: Kind, suite: u8, body: &[u8]) -> Vec<u8> {
        let header = Header { kind, context: 0, epoch: 0, suite, body_len: body.len() as u32 };
        [&header.encode()[..], body].concat()
    }

    #[test]
    fn a_stream_of_ours_is_told_from_one_with_something_else_in_it() {
        let hello = message(Kind::Tls, 0, &[0x16, 3, 1, 0, 2, 7, 7]);
        let frame = message(Kind::Data, 1, &[7; 40]);
        let open = message(Kind::Data, suite::find("none", "hmac-sha256").unwrap().id(), &[7; 40]);
        let stream = [&hello[..], &frame, &frame, &open, &frame[..20]].concat();
        let walked = walk(&stream).unwrap();
        assert_eq!((walked.handshake_messages, walked.readable_frames), (1, 1));
        assert_eq!(walked.frames["aes-256-gcm"], 3);
        assert_eq!(walked.cut_bytes, 20);
        for (foreign, expected) in [
            (&b"plain text"[..], Foreign::Start { at: hello.len(), byte: b'p' }),
            (&b"p"[..], Foreign::Start { at: hello.len(), byte: b'p' }),
            (&message(Kind::Data, 0, &[0; 40]), Foreign::Suite { at: hello.len(), mark: 0 }),
            (&message(Kind::Data, 1, &[0; 4]), Foreign::Short { at: hello.len() }),
            // Plaintext in a handshake message.
            (&message(Kind::Tls, 0, b"plain text"), Foreign::Handshake { at: hello.len() }),
            (&message(Kind::Tls, 1, &[0x16, 3, 1, 0, 0]), Foreign::Handshake { at: hello.len() }),
            (&message(Kind::Refusal, 0, b"no"), Foreign::Handshake { at: hello.len() }),
        ] {
            assert_eq!(walk(&[&hello[..], foreign].concat()), Err(expected));
        }
        let long = message(Kind::Tls, 0, &[&[0x17, 3, 3, 0x1f, 0][..], &[7; 0x1f00]].concat());
        assert!(matches!(walk(&long.repeat(5)), Err(Foreign::Handshake { .. })));
        // Cut in a record, and in the head of one.
        assert!(walk(&hello[..HEADER_LEN + 6]).is_ok() && walk(&hello[..HEADER_LEN + 2]).is_ok());
        let late = [&hello[..], &frame, &hello].concat();
        assert!(matches!(walk(&late), Err(Foreign::Late { .. })));
        assert_eq!(walk(&frame), Err(Foreign::NoHandshake { at: 0 }));
        assert_eq!(walk(b""), Ok(Walked::default()));
    }
}
