//! An established link: sealed frames out, opened frames in. It knows nothing
//! of other links, of connecting, or of time.

use super::draft::Draft;
use super::inbox::Inbox;
use super::socket::{Received, Socket};
use crate::channel::packet::{self, Packets, packet_len};
use crate::channel::shm::ring::Fault;
use crate::channel::{HEADER_MAX, Lane, PAYLOAD_MAX, PeerId, Sink};
use crate::secure::{
    ContextId, FrameKind, Opened, Opener, Outbox, ProfileId, RecordError, Sealer, Tally,
};
use crate::sys::poll::Interest;
use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// Bytes one link may have sealed and not yet given to the kernel: beyond it
/// [`Sent::Busy`].
pub const OUTBOX_BYTES_MAX: usize = 1 << 20;

/// Streams that have a security context of their own on a link; the later ones
/// of a profile share one. Memory for keys is scarce, and a program may make
/// communicators by the thousand.
const LANES_MAX: usize = 256;

/// The stream of those that share.
const SHARED_STREAM: u64 = u64::MAX;

/// Why an established link ended. The owner adds who and where.
#[derive(Debug, thiserror::Error)]
pub enum Break {
    #[error("{0}")]
    Record(#[from] RecordError),
    #[error("{0}")]
    Network(#[from] io::Error),
    #[error("{0}")]
    Memory(#[from] Fault),
    /// A certificate expired, in seconds since 1970.
    #[error("a certificate has expired")]
    Expired(u64),
    /// The peer's certificate is for another host than the wire-up has it on,
    /// or the wire-up does not say.
    #[error("host {found} instead of {wanted:?}")]
    Elsewhere { wanted: Option<String>, found: String },
    #[error("no answer from its network stack for {} s", .0.as_secs())]
    Silent(Duration),
}

/// What became of a packet.
pub enum Sent {
    Accepted,
    Busy,
    /// The peer has closed its side in order: it will read nothing more.
    PeerClosed,
}

/// The one word between channels that there is: who sends it follows with
/// nothing but what is said there (`shm` has its meaning).
pub const WORD_LEN: usize = 24;

pub struct Connection {
    peer: PeerId,
    socket: Socket,
    sealer: Sealer,
    opener: Opener,
    outbox: Outbox,
    /// Packets accepted and not sealed yet; they come after all of `outbox`.
    draft: Draft,
    inbox: Inbox,
    /// The security contexts beside the link's own that this side has made.
    /// By profile and stream.
    lanes: HashMap<(ProfileId, u64), ContextId>,
    /// What the poller watches the socket for.
    pub watched: Interest,
    /// A word of the peer's that nobody has taken yet.
    word: Option<[u8; WORD_LEN]>,
    /// Words that the peer may still send: on TCP there are none.
    words_left: u32,
    /// Our end of the stream is behind the close frame.
    finished: bool,
    /// The peer's end was read, behind its authenticated close.
    ended: bool,
}

impl Connection {
    /// Takes over from the handshake; `early` is what the peer already sent
    /// behind it.
    pub fn new(
        peer: PeerId,
        socket: Socket,
        sealer: Sealer,
        opener: Opener,
        outbox: Outbox,
        early: &[u8],
    ) -> Connection {
        Connection {
            peer,
            words_left: u32::from(socket.is_local()),
            word: None,
            socket,
            sealer,
            opener,
            outbox,
            draft: Draft::new(),
            inbox: Inbox::new(early),
            lanes: HashMap::new(),
            watched: Interest::Neither,
            finished: false,
            ended: false,
        }
    }

    /// Takes one packet: into the draft when it is small and part of a burst,
    /// else sealed into the outbox, and written at once unless the socket has
    /// not taken what was queued before.
    pub fn send(
        &mut self,
        lane: Option<&Lane>,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Sent, Break> {
        if self.is_closing() {
            return Ok(Sent::PeerClosed);
        }
        let Some(lane) = lane else {
            return self.send_sealed(ContextId(0), header, payload_len, fill);
        };
        let context = match self.context_of(lane) {
            Some(known) => known,
            None => {
                // The announcement goes behind what was accepted before it.
                self.draft.seal(&mut self.sealer, &mut self.outbox);
                let mut outbox = std::mem::take(&mut self.outbox);
                let made = self.make_context(lane, &mut outbox);
                self.outbox = outbox;
                made?
            }
        };
        let sent = self.send_sealed(context, header, payload_len, fill)?;
        self.check_modules()?;
        Ok(sent)
    }

    /// An error when a transform module has given up on what was to be sent.
    fn check_modules(&self) -> Result<(), RecordError> {
        self.sealer.fault().map_or(Ok(()), Err)
    }

    /// The context for a lane, if there is one.
    pub fn context_of(&self, lane: &Lane) -> Option<ContextId> {
        let shared = || self.lanes.get(&(lane.profile, SHARED_STREAM));
        let own = self.lanes.get(&(lane.profile, lane.stream));
        own.or_else(|| if self.lanes.len() >= LANES_MAX { shared() } else { None }).copied()
    }

    /// Makes one for a lane that has none; the announcement goes to `outbox`.
    pub fn make_context(&mut self, lane: &Lane, outbox: &mut Outbox) -> Result<ContextId, Break> {
        let Lane { profile, stream, origin } = *lane;
        let is_full = self.lanes.len() >= LANES_MAX;
        let origin = origin.filter(|_| !is_full);
        let origin = origin.and_then(|origin| self.lanes.get(&(profile, origin))).copied();
        let Some(made) = self.sealer.make_context(outbox, profile, origin) else {
            // There are fewer lanes and profiles than a link may have contexts.
            return Err(self.sealer.fault().unwrap_or(RecordError::RefusedContext).into());
        };
        let stream = if is_full { SHARED_STREAM } else { stream };
        self.lanes.insert((profile, stream), made);
        Ok(made)
    }

    #[inline]
    fn send_sealed(
        &mut self,
        context: ContextId,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Sent, Break> {
        debug_assert!(header.len() <= HEADER_MAX && payload_len <= PAYLOAD_MAX);
        let plain_len = packet_len(header.len(), payload_len);
        if self.outbox.len() + plain_len > OUTBOX_BYTES_MAX {
            return Ok(Sent::Busy);
        }
        let was_empty = self.outbox.is_empty();
        if self.draft.wants(payload_len) {
            if self.draft.has_room(context, header.len(), payload_len) {
                self.draft.add(context, header, payload_len, fill);
                return Ok(Sent::Accepted);
            }
            self.draft.seal(&mut self.sealer, &mut self.outbox);
            self.draft.add(context, header, payload_len, fill);
        } else {
            self.draft.seal(&mut self.sealer, &mut self.outbox);
            let kind = FrameKind::Data;
            self.sealer.seal(&mut self.outbox, context, kind, plain_len, |plain| {
                packet::write(plain, header, fill);
            });
        }
        if was_empty {
            self.socket.write(&mut self.outbox)?;
            self.draft.wrote();
        }
        Ok(Sent::Accepted)
    }

    /// Writes what is queued; true when something left.
    pub fn flush(&mut self) -> Result<bool, Break> {
        self.draft.looked();
        self.draft.seal(&mut self.sealer, &mut self.outbox);
        self.check_modules()?;
        let written =
            if self.outbox.is_empty() { 0 } else { self.socket.write(&mut self.outbox)? };
        if self.outbox.is_empty() && self.sealer.is_closed() && !self.finished {
            self.socket.finish()?;
            self.finished = true;
        }
        Ok(written > 0)
    }

    /// Seals a word to the peer into the outbox; `descriptors` travel along.
    pub fn say(&mut self, word: [u8; WORD_LEN], descriptors: impl IntoIterator<Item = OwnedFd>) {
        self.socket.attach(descriptors);
        let (context, kind) = (ContextId(0), FrameKind::Control);
        self.sealer.seal(&mut self.outbox, context, kind, WORD_LEN, |plain| {
            plain.copy_from_slice(&word);
        });
    }

    /// The peer's word, once, when it has come, and the descriptors with it.
    pub fn take_word(&mut self) -> Option<([u8; WORD_LEN], Vec<OwnedFd>)> {
        let word = self.word.take()?;
        Some((word, self.socket.take_descriptors()))
    }

    /// Reads once and delivers every whole frame; true when bytes came.
    pub fn receive(&mut self, sink: &mut dyn Sink) -> Result<bool, Break> {
        match self.read()? {
            Received::Nothing => Ok(false),
            Received::End => {
                self.end()?;
                Ok(true)
            }
            Received::Bytes(_) => {
                self.open_frames(sink)?;
                Ok(true)
            }
        }
    }

    /// Reads once, and opens nothing yet.
    pub fn read(&mut self) -> io::Result<Received> {
        if self.ended {
            return Ok(Received::Nothing);
        }
        let received = self.socket.read(self.inbox.room())?;
        if let Received::Bytes(len) = received {
            self.inbox.add(len);
        }
        Ok(received)
    }

    /// The stream has ended: was it the peer's will?
    pub fn end(&mut self) -> Result<(), Break> {
        self.opener.finish()?;
        self.ended = true;
        Ok(())
    }

    /// Delivers the whole frames in the inbox, up to and including a word.
    pub fn open_frames(&mut self, sink: &mut dyn Sink) -> Result<(), Break> {
        loop {
            let pending = self.inbox.pending();
            let Some(frame_len) = self.opener.frame_len(pending)? else { return Ok(()) };
            if pending.len() < frame_len {
                return Ok(());
            }
            match self.opener.open(self.inbox.take(frame_len))? {
                Opened::Frame { kind: FrameKind::Data, profile, plain, .. } => {
                    for packet in Packets::new(plain) {
                        let (header, payload) = packet.map_err(|_| RecordError::Malformed)?;
                        sink.deliver(self.peer, profile, header, payload);
                    }
                }
                Opened::Frame { kind: FrameKind::Control, plain, .. } => {
                    let word = plain.first_chunk().filter(|_| plain.len() == WORD_LEN);
                    let left = self.words_left.checked_sub(1);
                    let (Some(word), Some(left)) = (word, left) else {
                        return Err(RecordError::Malformed.into());
                    };
                    (self.word, self.words_left) = (Some(*word), left);
                    return Ok(());
                }
                Opened::ContextMade(_) | Opened::Closed => {}
            }
        }
    }

    /// Either side has begun to close: nothing more can be sent.
    #[inline]
    pub fn is_closing(&self) -> bool {
        self.opener.is_closed() || self.sealer.is_closed()
    }

    /// For frames that travel beside the socket.
    pub fn sealer(&mut self) -> &mut Sealer {
        &mut self.sealer
    }

    pub fn opener(&mut self) -> &mut Opener {
        &mut self.opener
    }

    /// Begins the orderly end of our side: the close frame goes behind all
    /// that is queued, beyond the queue's bound if need be.
    pub fn close(&mut self) {
        self.draft.seal(&mut self.sealer, &mut self.outbox);
        self.sealer.close(&mut self.outbox);
    }

    /// Both directions ended in order.
    pub fn is_over(&self) -> bool {
        self.finished && self.ended
    }

    /// Everything accepted is with the kernel.
    pub fn is_flushed(&self) -> bool {
        self.outbox.is_empty() && self.draft.is_empty()
    }

    /// What the poller should watch for now.
    pub fn interest(&self) -> Interest {
        Interest::new(!self.ended, !self.outbox.is_empty())
    }

    /// Ends a link whose peer's host stopped answering what is under way.
    pub fn check_silence(&self, limit: Duration) -> Result<(), Break> {
        match self.socket.silence()? {
            Some(silence) if silence >= limit => Err(Break::Silent(silence)),
            _ => Ok(()),
        }
    }

    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    pub fn sent(&self) -> Tally {
        self.sealer.tally()
    }

    pub fn received(&self) -> Tally {
        self.opener.tally()
    }

    /// What passed both ways, by profile.
    pub fn by_profile(&self) -> [Vec<(ProfileId, Tally)>; 2] {
        [self.sealer.tallies(), self.opener.tallies()]
    }
}
