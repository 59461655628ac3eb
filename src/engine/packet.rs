//! The engine's packet header: what stands before the payload of everything
//! the engine gives to a channel. It travels encrypted.
//!
//! Little endian, fixed layout per kind, first byte the kind, second the
//! virtual communication interface (VCI). Decoding never panics: a peer is
//! authenticated but may still be a broken build.

use crate::channel::HEADER_MAX;

use super::envelope::Envelope;

/// Number of the sending side's request, echoed back by the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderToken(pub u32);

/// Number of the receiving side's request, echoed back by the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverToken(pub u32);

/// Number of a partitioned send, which its process uses once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow(pub u32);

/// One message of the engine's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet {
    /// A whole message; the payload is its data.
    Eager { envelope: Envelope },
    /// A whole message whose sender waits for the match.
    EagerSync { envelope: Envelope, sender: SenderToken },
    /// Rendezvous: a message of `len` bytes waits at the sender; `address` is
    /// where, if the receiver may fetch it itself, else 0.
    ReadyToSend { envelope: Envelope, sender: SenderToken, len: u64, address: u64 },
    /// Rendezvous: send the first `accept` bytes to `receiver`.
    ClearToSend { sender: SenderToken, receiver: ReceiverToken, accept: u64 },
    /// Rendezvous: the payload belongs at packed offset `offset`.
    Data { receiver: ReceiverToken, offset: u64 },
    /// Rendezvous: the receiver has fetched all that it wants.
    Fetched { sender: SenderToken },
    /// The synchronous eager message was matched.
    Matched { sender: SenderToken },
    /// Eager bytes that the receiver has consumed since the last credit.
    Credit { bytes: u64 },
    /// The sender wants its unmatched message back.
    CancelAsk { sender: SenderToken },
    /// Whether it could be taken back.
    CancelAnswer { sender: SenderToken, withdrawn: bool },
    /// A partitioned send was made, whose messages have `len` bytes.
    OfferFlow { envelope: Envelope, flow: Flow, len: u64 },
    /// The receive of a flow was started: send the first `accept` bytes.
    ClearFlow { flow: Flow, accept: u64 },
    /// The payload belongs at packed offset `offset` of the flow's message.
    Partitions { flow: Flow, offset: u64 },
}

/// A header that no version of the engine writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

const VCI_ONLY: u8 = 0;

/// An encoded header on the stack.
pub struct Header {
    bytes: [u8; HEADER_MAX],
    len: usize,
}

impl Header {
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn new(kind: u8) -> Header {
        let mut header = Header { bytes: [0; HEADER_MAX], len: 0 };
        header.push(&[kind, VCI_ONLY]);
        header
    }

    fn push(&mut self, field: &[u8]) {
        self.bytes[self.len..self.len + field.len()].copy_from_slice(field);
        self.len += field.len();
    }

    fn envelope(mut self, envelope: Envelope) -> Header {
        self.push(&envelope.context.to_le_bytes());
        self.push(&envelope.source.to_le_bytes());
        self.push(&envelope.tag.to_le_bytes());
        self
    }

    fn u32(mut self, value: u32) -> Header {
        self.push(&value.to_le_bytes());
        self
    }

    fn u64(mut self, value: u64) -> Header {
        self.push(&value.to_le_bytes());
        self
    }
}

/// Reads fields off a received header.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (field, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*field)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        self.take().map(u64::from_le_bytes)
    }

    fn envelope(&mut self) -> Result<Envelope, Malformed> {
        Ok(Envelope {
            context: self.u64()?,
            source: self.u32()?,
            tag: self.take().map(i32::from_le_bytes)?,
        })
    }

    fn sender(&mut self) -> Result<SenderToken, Malformed> {
        self.u32().map(SenderToken)
    }

    fn receiver(&mut self) -> Result<ReceiverToken, Malformed> {
        self.u32().map(ReceiverToken)
    }

    fn flow(&mut self) -> Result<Flow, Malformed> {
        self.u32().map(Flow)
    }

    fn end<T>(self, value: T) -> Result<T, Malformed> {
        if self.0.is_empty() { Ok(value) } else { Err(Malformed) }
    }
}

const EAGER: u8 = 1;
const EAGER_SYNC: u8 = 2;
const READY_TO_SEND: u8 = 3;
const CLEAR_TO_SEND: u8 = 4;
const DATA: u8 = 5;
const MATCHED: u8 = 6;
const CREDIT: u8 = 7;
const CANCEL_ASK: u8 = 8;
const CANCEL_ANSWER: u8 = 9;
const OFFER_FLOW: u8 = 10;
const CLEAR_FLOW: u8 = 11;
const PARTITIONS: u8 = 12;
const FETCHED: u8 = 13;

impl Packet {
    /// Neither a message nor a part of one.
    pub fn is_word(&self) -> bool {
        !matches!(
            self,
            Packet::Eager { .. }
                | Packet::EagerSync { .. }
                | Packet::ReadyToSend { .. }
                | Packet::Data { .. }
                | Packet::OfferFlow { .. }
                | Packet::Partitions { .. }
        )
    }

    pub fn encode(&self) -> Header {
        match *self {
            Packet::Eager { envelope } => Header::new(EAGER).envelope(envelope),
            Packet::EagerSync { envelope, sender } => {
                Header::new(EAGER_SYNC).envelope(envelope).u32(sender.0)
            }
            Packet::ReadyToSend { envelope, sender, len, address } => {
                Header::new(READY_TO_SEND).envelope(envelope).u32(sender.0).u64(len).u64(address)
            }
            Packet::ClearToSend { sender, receiver, accept } => {
                Header::new(CLEAR_TO_SEND).u32(sender.0).u32(receiver.0).u64(accept)
            }
            Packet::Data { receiver, offset } => Header::new(DATA).u32(receiver.0).u64(offset),
            Packet::Fetched { sender } => Header::new(FETCHED).u32(sender.0),
            Packet::Matched { sender } => Header::new(MATCHED).u32(sender.0),
            Packet::Credit { bytes } => Header::new(CREDIT).u64(bytes),
            Packet::CancelAsk { sender } => Header::new(CANCEL_ASK).u32(sender.0),
            Packet::CancelAnswer { sender, withdrawn } => {
                Header::new(CANCEL_ANSWER).u32(sender.0).u32(withdrawn as u32)
            }
            Packet::OfferFlow { envelope, flow, len } => {
                Header::new(OFFER_FLOW).envelope(envelope).u32(flow.0).u64(len)
            }
            Packet::ClearFlow { flow, accept } => Header::new(CLEAR_FLOW).u32(flow.0).u64(accept),
            Packet::Partitions { flow, offset } => Header::new(PARTITIONS).u32(flow.0).u64(offset),
        }
    }

    pub fn decode(header: &[u8]) -> Result<Packet, Malformed> {
        let mut fields = Fields(header);
        let [kind, vci] = fields.take()?;
        if vci != VCI_ONLY {
            return Err(Malformed);
        }
        let packet = match kind {
            EAGER => Packet::Eager { envelope: fields.envelope()? },
            EAGER_SYNC => {
                Packet::EagerSync { envelope: fields.envelope()?, sender: fields.sender()? }
            }
            READY_TO_SEND => Packet::ReadyToSend {
                envelope: fields.envelope()?,
                sender: fields.sender()?,
                len: fields.u64()?,
                address: fields.u64()?,
            },
            CLEAR_TO_SEND => Packet::ClearToSend {
                sender: fields.sender()?,
                receiver: fields.receiver()?,
                accept: fields.u64()?,
            },
            DATA => Packet::Data { receiver: fields.receiver()?, offset: fields.u64()? },
            FETCHED => Packet::Fetched { sender: fields.sender()? },
            MATCHED => Packet::Matched { sender: fields.sender()? },
            CREDIT => Packet::Credit { bytes: fields.u64()? },
            CANCEL_ASK => Packet::CancelAsk { sender: fields.sender()? },
            CANCEL_ANSWER => {
                Packet::CancelAnswer { sender: fields.sender()?, withdrawn: fields.u32()? != 0 }
            }
            OFFER_FLOW => Packet::OfferFlow {
                envelope: fields.envelope()?,
                flow: fields.flow()?,
                len: fields.u64()?,
            },
            CLEAR_FLOW => Packet::ClearFlow { flow: fields.flow()?, accept: fields.u64()? },
            PARTITIONS => Packet::Partitions { flow: fields.flow()?, offset: fields.u64()? },
            _ => return Err(Malformed),
        };
        fields.end(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVELOPE: Envelope = Envelope { context: 7 << 33, source: 3, tag: -9 };

    const ALL: [Packet; 13] = [
        Packet::Eager { envelope: ENVELOPE },
        Packet::EagerSync { envelope: ENVELOPE, sender: SenderToken(5) },
        Packet::ReadyToSend {
            envelope: ENVELOPE,
            sender: SenderToken(6),
            len: 1 << 40,
            address: 1 << 47,
        },
        Packet::Fetched { sender: SenderToken(3) },
        Packet::ClearToSend { sender: SenderToken(1), receiver: ReceiverToken(2), accept: 9 },
        Packet::Data { receiver: ReceiverToken(2), offset: u64::MAX },
        Packet::Matched { sender: SenderToken(4) },
        Packet::Credit { bytes: 12 },
        Packet::CancelAsk { sender: SenderToken(8) },
        Packet::CancelAnswer { sender: SenderToken(8), withdrawn: true },
        Packet::OfferFlow { envelope: ENVELOPE, flow: Flow(3), len: 1 << 41 },
        Packet::ClearFlow { flow: Flow(3), accept: 77 },
        Packet::Partitions { flow: Flow(u32::MAX), offset: 5 },
    ];

    #[test]
    fn every_packet_survives_the_header() {
        for packet in ALL {
            assert_eq!(Packet::decode(packet.encode().as_bytes()), Ok(packet));
        }
    }

    #[test]
    fn short_long_and_unknown_headers_are_malformed() {
        for packet in ALL {
            let header = packet.encode();
            for len in 0..header.as_bytes().len() {
                assert_eq!(Packet::decode(&header.as_bytes()[..len]), Err(Malformed));
            }
            let mut longer = header.as_bytes().to_vec();
            longer.push(0);
            assert_eq!(Packet::decode(&longer), Err(Malformed));
        }
        assert_eq!(Packet::decode(&[0, 0]), Err(Malformed));
        assert_eq!(Packet::decode(&[200, 0]), Err(Malformed));
    }
}
