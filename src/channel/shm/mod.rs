//! Links between processes of one host: packets go through memory that both
//! share and nobody else can reach.
//!
//! - [`ring`]: the one-way queue; each process makes the one it reads from;
//! - [`bell`]: how a sleeper hears of a packet.
//!
//! A link begins as a connection like any other, over a Unix socket instead of
//! TCP: the same handshake, the same proof of cluster key, policy and job.
//! Then, still on the porter's thread, each side says one sealed word and hands
//! over its ring and its bell with it. From the peer's word on, everything to
//! the peer goes through its ring; the socket stays for the sealed close, and to
//! tell when the peer's process ends. Where memory cannot be had, that direction
//! stays on the socket, sealed.
//!
//! What the policy says of `within_host` decides what is in the ring: packets
//! as they are, or the same sealed frames that TCP would carry.

pub mod bell;
pub mod ring;

use self::bell::{Bell, PeerBell};
use self::ring::{Consumer, Producer};
use super::packet::{self, Packets, packet_len};
use super::tcp::connection::{Break, Connection, Sent, WORD_LEN};
use super::tcp::socket::Received;
use super::{Lane, LinkError, PAYLOAD_MAX, PIECE_MIN, PeerId, Sink};
use crate::secure::{
    ContextId, FRAME_MAX, FrameKind, Opened, Outbox, ProfileId, RecordError, Tally, WithinHost,
};
use crate::sys::poll::Poller;
use crate::sys::process_memory::{self, Span};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Packets taken from one ring before the others have their turn.
const BURST_MAX: usize = 64;

/// Payload of one piece of a large message: the sender fills one while the
/// receiver empties another. Longer messages are not eager. Measured with 2 ranks
/// on 2 cores (2026-11-27), 16 KiB and 64 KiB: where cores are near, 2.3 and
/// 6.6 us through the ring in such pieces, and 7.5 us fetched; where they are
/// far, 5.2 and 17 us, and 11 us fetched.
pub const PIECE_BYTES: usize = 16 << 10;

const _: () = assert!(PIECE_BYTES >= PIECE_MIN && PIECE_BYTES <= PAYLOAD_MAX);

/// More packets than a ring can hold.
const LAP_MAX: usize = ring::RING_BYTES / 64 + 1;

const _: () = assert!(FRAME_MAX <= ring::PACKET_PAYLOAD_MAX && PAYLOAD_MAX < FRAME_MAX);

/// What a process says to its peer at the beginning of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word {
    /// Ring, page and bell come with this; else no memory could be had, and the
    /// peer is to use the socket.
    is_offer: bool,
    /// Where a number lies in this process's memory, and the number: by reading
    /// it the peer finds out whether it can fetch.
    probe: (u64, u64),
}

const WORD_MAGIC: [u8; 4] = *b"shm\x01";

impl Word {
    fn encode(self) -> [u8; WORD_LEN] {
        let mut word = [0; WORD_LEN];
        word[..4].copy_from_slice(&WORD_MAGIC);
        word[4] = u8::from(self.is_offer);
        word[8..16].copy_from_slice(&self.probe.0.to_le_bytes());
        word[16..].copy_from_slice(&self.probe.1.to_le_bytes());
        word
    }

    fn decode(word: [u8; WORD_LEN]) -> Option<Word> {
        let number = |at: usize| Some(u64::from_le_bytes(word[at..at + 8].try_into().ok()?));
        let decoded = Word { is_offer: word[4] == 1, probe: (number(8)?, number(16)?) };
        (decoded.encode() == word).then_some(decoded)
    }
}

enum Outbound {
    /// The peer's word has not come yet.
    Awaited,
    /// Through the socket.
    Declined,
    Ready {
        ring: Producer,
        bell: PeerBell,
    },
}

/// A link through shared memory.
pub struct Shared {
    peer: PeerId,
    /// The socket, with the keys of the link.
    pub connection: Connection,
    protection: WithinHost,
    inbound: Option<Consumer>,
    outbound: Outbound,
    /// The peer's word has come: what is in our ring comes behind it.
    heard: bool,
    /// The peer, if its memory can be read.
    peer_pid: Option<i32>,
    /// What went wrong before anybody could be told.
    broken: Option<Break>,
    fenced: bool,
    sent: Tally,
    received: Tally,
    /// Where frames are sealed and opened, if they are: nothing is verified in
    /// memory that the peer can still change.
    frames: Outbox,
    frame: Zeroizing<Vec<u8>>,
}

impl Shared {
    /// Offers the peer a ring, on a connection fresh from its handshake.
    pub fn offer(
        peer: PeerId,
        mut connection: Connection,
        protection: WithinHost,
        bell: &Bell,
        poller: &Poller,
    ) -> Shared {
        let offer = || -> io::Result<(Consumer, [OwnedFd; 3])> {
            let (inbound, ring) = ring::create()?;
            Ok((inbound, [ring, bell.page().try_clone()?, poller.bell()?]))
        };
        let (inbound, descriptors) = match offer() {
            Ok((inbound, descriptors)) => (Some(inbound), Some(descriptors)),
            Err(_) => (None, None),
        };
        let word = Word { is_offer: inbound.is_some(), probe: bell.probe() };
        connection.say(word.encode(), descriptors.into_iter().flatten());
        Shared {
            peer,
            connection,
            protection,
            inbound,
            outbound: Outbound::Awaited,
            heard: false,
            peer_pid: None,
            broken: None,
            fenced: bell.is_watchful(),
            sent: Tally::default(),
            received: Tally::default(),
            frames: Outbox::new(),
            frame: Zeroizing::new(Vec::new()),
        }
    }

    /// Reads the peer's word and no more, for the time before anybody can take
    /// packets. True when it has come, or something else has ended the waiting,
    /// which shows when the link is used.
    pub fn settle(&mut self) -> bool {
        match self.try_settle() {
            Ok(settled) => settled,
            Err(why) => {
                self.broken = Some(why);
                true
            }
        }
    }

    fn try_settle(&mut self) -> Result<bool, Break> {
        self.connection.flush()?;
        let received = self.connection.read()?;
        let mut nobody = Nobody::default();
        self.connection.open_frames(&mut nobody)?;
        if nobody.was_addressed {
            return Err(RecordError::Malformed.into());
        }
        if let Some((word, descriptors)) = self.connection.take_word() {
            self.hear(word, descriptors)?;
        }
        // The end of the stream is there for the next look, too.
        Ok(self.heard || received == Received::End)
    }

    /// True until the peer's word has come.
    pub fn is_unsettled(&self) -> bool {
        !self.heard
    }

    /// Puts one packet into the peer's ring; where packets are sealed there, in
    /// the security context of a lane if it shall.
    #[inline]
    pub fn send(
        &mut self,
        lane: Option<&Lane>,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Sent, Break> {
        let Outbound::Ready { ring, bell } = &mut self.outbound else {
            return match self.outbound {
                Outbound::Declined => self.connection.send(lane, header, payload_len, fill),
                _ => Ok(Sent::Busy),
            };
        };
        if self.connection.is_closing() {
            return Ok(Sent::PeerClosed);
        }
        let pushed = match self.protection {
            WithinHost::None => ring.push(header, payload_len, fill)?,
            WithinHost::Encrypt => {
                let frames = &mut self.frames;
                match context_in(ring, &mut self.connection, frames, lane)? {
                    Some(context) => {
                        let packet = (header, payload_len);
                        seal_into(ring, &mut self.connection, frames, context, packet, fill)?
                    }
                    None => false,
                }
            }
        };
        if !pushed {
            return Ok(Sent::Busy);
        }
        bell.ring();
        self.sent.frames += 1;
        self.sent.bytes += packet_len(header.len(), payload_len) as u64;
        Ok(Sent::Accepted)
    }

    /// Delivers what is in the ring; true when anything was.
    #[inline]
    pub fn poll(&mut self, sink: &mut dyn Sink) -> Result<bool, Break> {
        match &self.inbound {
            Some(inbound) if inbound.has_packet() => self.take(BURST_MAX, sink),
            _ => Ok(false),
        }
    }

    /// Looks after the socket: the peer's word, its close, its death. What was
    /// in the ring before any of them is delivered first.
    pub fn attend(&mut self, sink: &mut dyn Sink) -> Result<bool, Break> {
        let received = self.connection.read();
        let mut moved = self.take(LAP_MAX, sink)?;
        match received? {
            Received::Nothing => {}
            Received::End => {
                self.connection.end()?;
                moved = true;
            }
            Received::Bytes(_) => {
                self.open(sink)?;
                moved = true;
            }
        }
        Ok(moved | self.connection.flush()?)
    }

    /// Whether the peer may try to fetch from this process.
    pub fn is_open_to_peer(&self) -> bool {
        self.protection == WithinHost::None
    }

    /// Fills `target` from the peer's memory; false where that does not go.
    pub fn fetch(&mut self, address: u64, target: Span) -> bool {
        let Some(pid) = self.peer_pid else { return false };
        if process_memory::read(pid, address, target).is_err() {
            return false;
        }
        self.received.bytes += target.len() as u64;
        true
    }

    /// Opens the frames that the socket has brought.
    pub fn open(&mut self, sink: &mut dyn Sink) -> Result<(), Break> {
        if let Some(why) = self.broken.take() {
            return Err(why);
        }
        loop {
            self.connection.open_frames(sink)?;
            let Some((word, descriptors)) = self.connection.take_word() else { return Ok(()) };
            self.hear(word, descriptors)?;
            self.take(LAP_MAX, sink)?;
        }
    }

    fn hear(&mut self, word: [u8; WORD_LEN], descriptors: Vec<OwnedFd>) -> Result<(), Break> {
        let word = Word::decode(word).ok_or(RecordError::Malformed)?;
        self.heard = true;
        // Sealed is sealed: what is fetched would not be.
        if self.protection == WithinHost::None {
            let pid = self.connection.socket().peer_pid();
            let (address, number) = word.probe;
            self.peer_pid =
                pid.filter(|&pid| process_memory::read_word(pid, address) == Some(number));
        }
        self.outbound = match (word.is_offer, <[OwnedFd; 3]>::try_from(descriptors)) {
            (true, Ok([ring, page, bell])) => {
                match (Producer::adopt(&ring), PeerBell::adopt(&page, bell)) {
                    (Ok(ring), Ok(bell)) => Outbound::Ready { ring, bell },
                    _ => Outbound::Declined,
                }
            }
            _ => Outbound::Declined,
        };
        Ok(())
    }

    fn take(&mut self, packets_max: usize, sink: &mut dyn Sink) -> Result<bool, Break> {
        let Some(inbound) = self.inbound.as_mut().filter(|_| self.heard) else {
            return Ok(false);
        };
        let mut taken = 0;
        match self.protection {
            WithinHost::None => {
                let (peer, tally) = (self.peer, &mut self.received);
                while taken < packets_max
                    && inbound.pop(|header, payload| {
                        tally.bytes += packet_len(header.len(), payload.len()) as u64;
                        sink.deliver(peer, ProfileId::LOCAL, header, payload);
                    })?
                {
                    taken += 1;
                    if taken > 1 {
                        inbound.prefetch();
                    }
                }
            }
            WithinHost::Encrypt => {
                let frame = &mut self.frame;
                while taken < packets_max
                    && inbound.pop(|_, sealed| {
                        frame.clear();
                        frame.extend_from_slice(sealed);
                    })?
                {
                    let bytes = open_from(&mut self.connection, frame, self.peer, sink)?;
                    self.received.bytes += bytes as u64;
                    taken += 1;
                }
            }
        }
        self.received.frames += taken as u64;
        if taken > 0
            && inbound.is_missed(self.fenced)
            && let Outbound::Ready { bell, .. } = &self.outbound
        {
            bell.ring();
        }
        Ok(taken > 0)
    }

    /// What went through the ring.
    pub fn sent(&self) -> Tally {
        self.tally(self.sent, self.connection.sent())
    }

    pub fn received(&self) -> Tally {
        self.tally(self.received, self.connection.received())
    }

    /// Sealed frames are counted where they are sealed, wherever they go.
    fn tally(&self, ring: Tally, sealed: Tally) -> Tally {
        match self.protection {
            WithinHost::Encrypt => sealed,
            WithinHost::None => Tally {
                frames: ring.frames + sealed.frames,
                bytes: ring.bytes + sealed.bytes,
                ..sealed
            },
        }
    }

    pub fn protection(&self) -> WithinHost {
        self.protection
    }

    /// True when packets to the peer go through memory.
    pub fn is_shared(&self) -> bool {
        matches!(self.outbound, Outbound::Ready { .. })
    }
}

/// The sink of a link that is not in use yet.
#[derive(Default)]
struct Nobody {
    was_addressed: bool,
}

impl Sink for Nobody {
    fn deliver(&mut self, _: PeerId, _: ProfileId, _: &[u8], _: &[u8]) {
        self.was_addressed = true;
    }

    fn lost(&mut self, _: Arc<LinkError>) {}
}

/// The context for a lane; a new one is announced through the ring, if there is
/// room.
fn context_in(
    ring: &mut Producer,
    connection: &mut Connection,
    frames: &mut Outbox,
    lane: Option<&Lane>,
) -> Result<Option<ContextId>, Break> {
    let Some(lane) = lane else { return Ok(Some(ContextId(0))) };
    if let Some(known) = connection.context_of(lane) {
        return Ok(Some(known));
    }
    let announcement_len = connection.sealer().announcement_len();
    if !ring.fits(0, announcement_len)? {
        return Ok(None);
    }
    let context = connection.make_context(lane, frames)?;
    push(ring, frames)?;
    Ok(Some(context))
}

/// Seals one packet and puts the frame into the ring, if there is room.
fn seal_into(
    ring: &mut Producer,
    connection: &mut Connection,
    frames: &mut Outbox,
    context: ContextId,
    (header, payload_len): (&[u8], usize),
    fill: &mut dyn FnMut(&mut [u8]),
) -> Result<bool, Break> {
    let plain_len = packet_len(header.len(), payload_len);
    let sealer = connection.sealer();
    // A frame that was sealed has its number and has to go.
    let frame_len = sealer.frame_len(context, plain_len);
    if !ring.fits(0, frame_len)? {
        return Ok(false);
    }
    sealer.seal(frames, context, FrameKind::Data, plain_len, |plain| {
        packet::write(plain, header, fill);
    });
    if let Some(fault) = sealer.fault() {
        return Err(fault.into());
    }
    push(ring, frames)?;
    Ok(true)
}

/// Moves what was sealed into the ring, where there is room for it.
fn push(ring: &mut Producer, frames: &mut Outbox) -> Result<(), Break> {
    let frame = frames.wire().bytes();
    let pushed = ring.push(&[], frame.len(), &mut |out| out.copy_from_slice(frame))?;
    assert!(pushed, "there was room for it");
    frames.consume(frames.len());
    Ok(())
}

/// Opens a frame from the ring and delivers its packets; says how many bytes
/// they are.
fn open_from(
    connection: &mut Connection,
    frame: &mut [u8],
    peer: PeerId,
    sink: &mut dyn Sink,
) -> Result<usize, Break> {
    let opener = connection.opener();
    if opener.frame_len(frame)? != Some(frame.len()) {
        return Err(RecordError::Malformed.into());
    }
    match opener.open(frame)? {
        Opened::Frame { kind: FrameKind::Data, profile, plain, .. } => {
            for packet in Packets::new(plain) {
                let (header, payload) = packet.map_err(|_| RecordError::Malformed)?;
                sink.deliver(peer, profile, header, payload);
            }
            Ok(plain.len())
        }
        Opened::ContextMade(_) => Ok(0),
        // The close comes through the socket, and words at the beginning.
        Opened::Frame { .. } | Opened::Closed => Err(RecordError::Malformed.into()),
    }
}
