//! How packets lie one behind the other in the plaintext of a frame, and in
//! the queues of the channels without a wire:
//! `[u32 length][u16 header length] header payload`, little-endian, where
//! `length` counts header and payload. What is parsed here was authenticated,
//! yet a wrong length is still an error and never a panic.

use super::HEADER_MAX;

/// Bytes before the header of a packet.
pub const PREFIX: usize = 6;

/// Bytes a packet takes in a frame.
pub fn packet_len(header_len: usize, payload_len: usize) -> usize {
    PREFIX + header_len + payload_len
}

/// Writes one packet over the whole of `out`, which is exactly
/// [`packet_len`] long; `fill` writes the payload in place.
pub fn write(out: &mut [u8], header: &[u8], fill: &mut dyn FnMut(&mut [u8])) {
    debug_assert!(header.len() <= HEADER_MAX);
    let body_len = out.len() - PREFIX;
    out[..4].copy_from_slice(&(body_len as u32).to_le_bytes());
    out[4..PREFIX].copy_from_slice(&(header.len() as u16).to_le_bytes());
    let (head, payload) = out[PREFIX..].split_at_mut(header.len());
    head.copy_from_slice(header);
    fill(payload);
}

/// The packets of one frame, as `(header, payload)`.
pub struct Packets<'a> {
    rest: &'a [u8],
}

/// A frame whose packets do not add up to its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl<'a> Packets<'a> {
    pub fn new(plain: &'a [u8]) -> Packets<'a> {
        Packets { rest: plain }
    }

    fn split(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let (prefix, rest) = self.rest.split_at_checked(PREFIX)?;
        let body_len = u32::from_le_bytes(prefix[..4].try_into().ok()?) as usize;
        let header_len = u16::from_le_bytes(prefix[4..].try_into().ok()?) as usize;
        let (body, rest) = rest.split_at_checked(body_len)?;
        let packet = body.split_at_checked(header_len)?;
        self.rest = rest;
        Some(packet)
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match self.split() {
            Some(packet) => Some(Ok(packet)),
            None => {
                self.rest = &[];
                Some(Err(Malformed))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_back_as_written() {
        let mut frame = vec![0; packet_len(2, 3) + packet_len(0, 0)];
        let (first, second) = frame.split_at_mut(packet_len(2, 3));
        write(first, b"hi", &mut |payload| payload.copy_from_slice(b"abc"));
        write(second, b"", &mut |payload| assert!(payload.is_empty()));
        let packets: Vec<_> = Packets::new(&frame).map(Result::unwrap).collect();
        assert_eq!(packets, [(&b"hi"[..], &b"abc"[..]), (b"", b"")]);
    }

    #[test]
    fn every_truncation_is_an_error_and_never_a_panic() {
        let mut frame = vec![0; packet_len(2, 3)];
        write(&mut frame, b"hi", &mut |payload| payload.fill(7));
        for len in 1..frame.len() {
            assert_eq!(Packets::new(&frame[..len]).next(), Some(Err(Malformed)));
        }
        frame[4] = 6; // the header longer than the packet
        assert_eq!(Packets::new(&frame).next(), Some(Err(Malformed)));
    }
}
