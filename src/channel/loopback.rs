//! A process to itself: a bounded queue, delivered at the next `poll`. Nothing
//! here is sealed, since nothing leaves the process.

use super::doorbell::Doorbell;
use super::packet::{self, Packets, packet_len};
use super::{Channel, HEADER_MAX, Lane, LinkError, Outcome, PAYLOAD_MAX, PeerId, Sink, Waiter};
use crate::secure::ProfileId;
use std::sync::Arc;

/// Bytes that may wait for the next `poll`.
pub const QUEUE_BYTES_MAX: usize = 1 << 20;

/// The queue is one tape of packets. `poll` swaps it for the empty one, so
/// that two buffers are all a process ever needs.
pub struct Loopback {
    me: PeerId,
    tape: Vec<u8>,
    reading: Vec<u8>,
    closing: bool,
    /// A packet was refused since the last poll that made room.
    refused: bool,
    doorbell: Arc<Doorbell>,
}

impl Loopback {
    pub fn new(me: PeerId) -> Loopback {
        Loopback {
            me,
            tape: Vec::new(),
            reading: Vec::new(),
            closing: false,
            refused: false,
            doorbell: Arc::default(),
        }
    }

    /// True when a `poll` would deliver something.
    pub fn has_packets(&self) -> bool {
        !self.tape.is_empty()
    }
}

impl Channel for Loopback {
    fn send(
        &mut self,
        to: PeerId,
        _: Option<&Lane>,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Outcome {
        assert!(header.len() <= HEADER_MAX && payload_len <= PAYLOAD_MAX, "packet over its bound");
        if to != self.me || self.closing {
            return Outcome::Lost(Arc::new(LinkError {
                peer: Some(to),
                security: false,
                message: if self.closing {
                    format!("process {} has already finalized", to.0)
                } else {
                    format!("there is no link to process {}: this job has only one process", to.0)
                },
            }));
        }
        let start = self.tape.len();
        let end = start + packet_len(header.len(), payload_len);
        if end > QUEUE_BYTES_MAX {
            self.refused = true;
            return Outcome::Busy;
        }
        self.tape.resize(end, 0);
        packet::write(&mut self.tape[start..], header, fill);
        self.doorbell.wake();
        Outcome::Accepted
    }

    fn poll(&mut self, sink: &mut dyn Sink) -> bool {
        if self.tape.is_empty() {
            return false;
        }
        std::mem::swap(&mut self.tape, &mut self.reading);
        for packet in Packets::new(&self.reading) {
            let (header, payload) = packet.expect("this process wrote the tape itself");
            sink.deliver(self.me, ProfileId::LOCAL, header, payload);
        }
        self.reading.clear();
        if std::mem::take(&mut self.refused) {
            self.doorbell.wake();
        }
        true
    }

    fn waiter(&self) -> Arc<dyn Waiter> {
        self.doorbell.clone()
    }

    fn is_flushed(&self) -> bool {
        self.tape.is_empty()
    }

    fn close(&mut self) {
        self.closing = true;
    }

    fn is_closed(&self) -> bool {
        self.closing && self.tape.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Got(Vec<(Vec<u8>, Vec<u8>)>);

    impl Sink for Got {
        fn deliver(&mut self, from: PeerId, _: ProfileId, header: &[u8], payload: &[u8]) {
            assert_eq!(from, PeerId(3));
            self.0.push((header.to_vec(), payload.to_vec()));
        }
        fn lost(&mut self, error: Arc<LinkError>) {
            panic!("{error}");
        }
    }

    #[test]
    fn packets_arrive_in_order_and_the_queue_is_bounded() {
        let mut loopback = Loopback::new(PeerId(3));
        let mut sent = 0u8;
        while let Outcome::Accepted =
            loopback.send(PeerId(3), None, &[sent], PAYLOAD_MAX, &mut |payload| payload.fill(sent))
        {
            sent += 1;
        }
        assert_eq!(sent as usize, QUEUE_BYTES_MAX / packet_len(1, PAYLOAD_MAX));
        let mut got = Got::default();
        assert!(loopback.poll(&mut got));
        assert!(!loopback.poll(&mut got));
        assert_eq!(got.0.len(), sent as usize);
        for (number, (header, payload)) in got.0.iter().enumerate() {
            assert_eq!(header, &[number as u8]);
            assert!(payload.len() == PAYLOAD_MAX && payload.iter().all(|&b| b == number as u8));
        }
        assert!(matches!(loopback.send(PeerId(3), None, b"", 0, &mut |_| ()), Outcome::Accepted));
    }
}
