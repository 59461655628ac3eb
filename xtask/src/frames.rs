//! Walking a captured stream of ours without a key: every byte must belong to
//! a handshake message or a sealed frame. The layout is that of
//! `src/secure/frame.rs`; this is a reader of its own, so that a change there
//! that nobody meant shows here.

use crate::capture::Stream;
use anyhow::{Result, ensure};
use std::collections::BTreeSet;

const HEADER_LEN: usize = 12;
const VERSION: u8 = 3;
const TLS: u8 = 0x01;
const REFUSAL: u8 = 0x02;
const DATA: u8 = 0x10;
const SEALED: std::ops::RangeInclusive<u8> = 0x10..=0x13;
/// Numbers of the AEADs among the suites, and their tag.
const AEADS: std::ops::RangeInclusive<u8> = 1..=6;
const TAG_LEN: usize = 16;
/// Longest bodies: of a handshake message, and of a frame (plaintext, what any
/// suite adds, signature, padding).
const HANDSHAKE_MAX: usize = 8 << 10;
const BODY_MAX: usize = (80 << 10) + 64 + 64 + 1452;

/// What a stream consists of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Walked {
    pub handshake: usize,
    pub sealed: usize,
    /// Numbers of the suites that the frames name.
    pub suites: BTreeSet<u8>,
    /// The bodies of the frames that hold packets.
    pub bodies: Vec<Vec<u8>>,
    /// The suite that each of them names.
    pub marks: Vec<u8>,
}

pub fn walk(stream: &Stream) -> Result<Walked> {
    ensure!(stream.missing == 0, "{} bytes were not captured", stream.missing);
    walk_bytes(&stream.bytes)
}

fn walk_bytes(bytes: &[u8]) -> Result<Walked> {
    let mut walked = Walked::default();
    let mut at = 0;
    while at < bytes.len() {
        ensure!(bytes.len() - at >= HEADER_LEN, "the stream ends within a header, at byte {at}");
        let header = &bytes[at..at + HEADER_LEN];
        ensure!(header[0] == VERSION, "byte {at} is {:#04x}, and no frame begins so", header[0]);
        // The byte before says the suite.
        let body = u32::from_be_bytes([0, header[9], header[10], header[11]]) as usize;
        let kind = header[1];
        let longest = if kind < DATA { HANDSHAKE_MAX } else { BODY_MAX };
        ensure!(body <= longest, "the message at byte {at} says it has {body} bytes more");
        ensure!(bytes.len() - at >= HEADER_LEN + body, "the stream ends within that at byte {at}");
        if kind == TLS || kind == REFUSAL {
            ensure!(walked.sealed == 0, "a handshake message after sealed frames, at byte {at}");
            walked.handshake += 1;
        } else {
            ensure!(SEALED.contains(&kind), "kind {kind:#04x} at byte {at} is not one of ours");
            ensure!(
                body >= TAG_LEN || !AEADS.contains(&header[8]),
                "a sealed frame of {body} bytes at byte {at} has no room for its tag"
            );
            walked.sealed += 1;
            walked.suites.insert(header[8]);
            if kind == DATA {
                walked.marks.push(header[8]);
                walked.bodies.push(bytes[at + HEADER_LEN..][..body].to_vec());
            }
        }
        at += HEADER_LEN + body;
    }
    // Where two processes call each other at the same time, one connection ends
    // after its handshake: no sealed frame is no error of a stream.
    ensure!(walked.handshake > 0, "no handshake");
    Ok(walked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![VERSION, kind, 0, 0, 0, 0, 0, 0];
        bytes.extend((body.len() as u32).to_be_bytes());
        bytes[8] = u8::from(kind >= DATA);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn a_handshake_and_frames_are_walked() {
        let mut bytes = message(TLS, b"hello");
        bytes.extend(message(0x10, &[7; 40]));
        bytes.extend(message(0x13, &[7; 16]));
        let walked = walk_bytes(&bytes).unwrap();
        assert_eq!((walked.handshake, walked.sealed), (1, 2));
        assert_eq!((walked.suites, walked.bodies), (BTreeSet::from([1]), vec![vec![7; 40]]));
    }

    #[test]
    fn plain_bytes_between_frames_are_found() {
        let mut bytes = message(TLS, b"hello");
        bytes.extend(message(0x10, &[7; 40]));
        bytes.extend(b"plain");
        bytes.extend(message(0x10, &[7; 40]));
        assert!(walk_bytes(&bytes).is_err());
    }

    #[test]
    fn a_length_hides_nothing_behind_it() {
        let hello = message(TLS, b"hello");
        for length in [[0, 0, 200], [0xff, 0xff, 0xff]] {
            let mut frame = message(0x10, &[7; 40]);
            frame[9..12].copy_from_slice(&length);
            assert!(walk_bytes(&[&hello[..], &frame, b"plain text"].concat()).is_err());
        }
    }
}
