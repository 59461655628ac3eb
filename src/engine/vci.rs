//! One virtual communication interface: the channel, matching and requests
//! behind one lock. This file is the protocol of what leaves and what meets;
//! [`arrival`] has what comes.
//!
//! Eager up to `eager_max` bytes while the receiver's credit lasts, rendezvous
//! above. `Core` receives what the channel delivers; it never sends from there
//! but leaves answers in the peer's queue, which `pump` empties after each
//! poll. Everything a peer may send is checked against our own state: an
//! impossible packet ends the link, it never panics.

mod arrival;

use std::collections::HashMap;
use std::sync::Arc;

use crate::channel::{Channel, LinkError, Outcome, PIECE_MIN, PeerId};
use crate::object::buffer::Buffer;
use crate::object::status::Status;
use crate::object::{Class, Error, Result};
use crate::secure::{ProfileSet, Rulebook};

use super::envelope::{Envelope, Mode, Pattern, Source};
use super::guard::Guard;
use super::matching::{Announced, Body, Matching, Unexpected};
use super::packet::{Packet, ReceiverToken, SenderToken};
use super::partitioned::Flows;
use super::peer::{CREDIT_RETURN, EAGER_OVERHEAD, Fetch, Outgoing, Peer};
use super::request::{
    Generalized, Operation, Outbound, Owner, Receive, ReceiveStage, RequestId, Requests, SendStage,
};

/// Buffers kept for unexpected messages; more are given back to the system.
const SPARE_BUFFERS_MAX: usize = 64;

/// Bytes of a message fetched before others have their turn.
const FETCH_BYTES_MAX: u64 = 1 << 20;

/// Name of a message taken out of the queue by a matched probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageId(pub u32);

pub(super) struct Vci {
    pub channel: Box<dyn Channel>,
    pub core: Core,
}

pub(super) struct Core {
    pub requests: Requests,
    pub matching: Matching,
    peers: Vec<Peer>,
    /// Peers with something for the channel.
    waiting: Vec<PeerId>,
    spare: Vec<Vec<u8>>,
    /// Messages that a matched probe has claimed.
    claimed: HashMap<u32, Unexpected>,
    claimed_next: u32,
    pub(super) flows: Flows,
    eager_max: usize,
    pub book: Arc<Rulebook>,
    /// None where all messages travel as the links have it.
    pub guard: Option<Box<Guard>>,
    /// A failed security check that nobody has been told of yet.
    pub alarm: Option<Arc<LinkError>>,
}

/// How far a blocking receive has come without waiting.
pub(super) enum Quick {
    Done(Status),
    Posted(RequestId),
}

/// What became of a message when a receive met it.
enum Settled {
    Done(Status),
    Rendezvous { from: PeerId, announced: Announced, completion: Status, admitted: ProfileSet },
}

impl Vci {
    pub fn new(channel: Box<dyn Channel>, eager_max: usize, book: Arc<Rulebook>) -> Vci {
        let eager_max = eager_max.min(channel.payload_max());
        let guard = (!book.rules.is_empty()).then(|| Box::new(Guard::new(book.clone())));
        Vci {
            channel,
            core: Core {
                requests: Requests::default(),
                matching: Matching::default(),
                peers: Vec::new(),
                waiting: Vec::new(),
                spare: Vec::new(),
                claimed: HashMap::new(),
                claimed_next: 0,
                flows: Flows::default(),
                eager_max,
                book,
                guard,
                alarm: None,
            },
        }
    }

    /// One turn of progress; true when anything moved.
    pub fn turn(&mut self) -> bool {
        let polled = self.channel.poll(&mut self.core);
        if !self.pump_all() {
            return polled;
        }
        // Answers made in this turn share a frame; none waits for the next.
        self.channel.flush();
        true
    }

    /// Sends a standard message that can leave at once, without a request.
    pub fn send_now(
        &mut self,
        to: PeerId,
        envelope: Envelope,
        buffer: &Buffer,
    ) -> Option<Result<()>> {
        let len = buffer.len();
        let is_eager = self.is_eager(to, len);
        let peer = self.core.peer(to);
        if let Some(error) = &peer.lost {
            return Some(Err(loss(error)));
        }
        if !is_eager || !peer.outgoing.is_empty() || !peer.take_credit(len) {
            return None;
        }
        let header = Packet::Eager { envelope }.encode();
        let mut pack = |out: &mut [u8]| buffer.pack(0, out);
        let lane = self.core.lane(to, &envelope, len);
        match self.channel.send(to, lane.as_ref(), header.as_bytes(), len, &mut pack) {
            Outcome::Accepted => Some(Ok(())),
            Outcome::Busy => {
                self.core.peer(to).return_credit(len);
                None
            }
            Outcome::Lost(error) => {
                let failure = loss(&error);
                self.core.lose(to, error);
                Some(Err(failure))
            }
        }
    }

    /// Whether a message of this length goes without asking first.
    #[inline]
    fn is_eager(&self, to: PeerId, len: usize) -> bool {
        len <= self.core.eager_max && (len <= PIECE_MIN || len <= self.channel.piece_max(to))
    }

    pub fn start_send(
        &mut self,
        to: PeerId,
        envelope: Envelope,
        mode: Mode,
        buffer: &Buffer,
    ) -> RequestId {
        if mode == Mode::Standard
            && let Some(outcome) = self.send_now(to, envelope, buffer)
        {
            return match outcome {
                Ok(()) => RequestId::SENT,
                Err(error) => self.core.completed(Status::failed(error)),
            };
        }
        let (buffer, stage, cancel_asked) = (buffer.clone(), SendStage::Queued, false);
        let send = Outbound { to, envelope, mode, buffer, stage, cancel_asked };
        let id = self.core.requests.insert(Operation::Send(send));
        self.core.enqueue(to, Outgoing::Send(id));
        self.pump_all();
        id
    }

    #[inline(always)]
    pub fn start_receive(
        &mut self,
        pattern: Pattern,
        buffer: Buffer,
        owner: Option<Owner>,
    ) -> RequestId {
        let Some(message) = self.core.matching.claim_unexpected(&pattern) else {
            return self.core.post(pattern, buffer, owner);
        };
        let id = self.core.receive_claimed(message, pattern, buffer, owner);
        self.pump_all();
        id
    }

    /// Receives a message that is here already and whole, without a request.
    pub fn receive_now(&mut self, pattern: &Pattern, buffer: &Buffer) -> Option<Status> {
        let message = self.core.matching.peek_unexpected(pattern)?;
        if !matches!(message.body, Body::Eager { .. }) {
            return None;
        }
        let message = self.core.matching.claim_unexpected(pattern).expect("it was just there");
        let settled = self.core.settle(message, buffer);
        self.pump_all();
        match settled {
            Settled::Done(completion) => Some(completion),
            Settled::Rendezvous { .. } => unreachable!("an eager message settles at once"),
        }
    }

    /// Receives a message that is here or comes within some `polls`; else the
    /// receive is posted.
    pub fn receive_quickly(&mut self, pattern: &Pattern, buffer: &Buffer, polls: u32) -> Quick {
        let id = match self.core.matching.peek_unexpected(pattern) {
            None => self.core.post(*pattern, buffer.clone(), None),
            Some(_) => match self.receive_now(pattern, buffer) {
                Some(status) => return Quick::Done(status),
                None => self.start_receive(*pattern, buffer.clone(), None),
            },
        };
        let ended = |core: &mut Core| core.requests.take_complete(id);
        match self.turn_until(polls, ended) {
            Some((status, _)) => Quick::Done(status),
            None => Quick::Posted(id),
        }
    }

    /// Takes some turns, until `ready` answers.
    #[inline]
    pub fn turn_until<T>(
        &mut self,
        turns: u32,
        mut ready: impl FnMut(&mut Core) -> Option<T>,
    ) -> Option<T> {
        for _ in 0..turns {
            self.turn();
            if let Some(answer) = ready(&mut self.core) {
                return Some(answer);
            }
            std::hint::spin_loop();
        }
        None
    }

    pub fn start_matched_receive(
        &mut self,
        message: MessageId,
        buffer: Buffer,
    ) -> Option<RequestId> {
        let message = self.core.claimed.remove(&message.0)?;
        let pattern = Pattern {
            context: message.envelope.context,
            source: Source::Rank { rank: message.envelope.source, peer: message.from },
            tag: Some(message.envelope.tag),
        };
        let id = self.core.receive_claimed(message, pattern, buffer, None);
        self.pump_all();
        Some(id)
    }

    /// Begins to cancel a request (MPI-4.1, section 3.8.4). It completes either
    /// cancelled or as if nobody had asked. The result is who was asked about it.
    pub fn cancel(&mut self, id: RequestId) -> Option<PeerId> {
        let target = match self.core.requests.operation(id) {
            Some(Operation::Persistent { active, .. }) => *active,
            _ => Some(id),
        };
        let id = target?;
        match self.core.requests.operation(id) {
            Some(Operation::Receive(receive)) => {
                let context = receive.pattern.context;
                if self.core.matching.withdraw_posted(context, id) {
                    self.core.requests.complete(id, cancelled());
                }
            }
            Some(Operation::Send(send)) => match send.stage {
                SendStage::Queued => {
                    let to = send.to;
                    let queue = &mut self.core.peer(to).outgoing;
                    queue.retain(|entry| !matches!(entry, Outgoing::Send(queued) if *queued == id));
                    self.core.requests.complete(id, cancelled());
                }
                SendStage::AwaitingMatch | SendStage::Announced if !send.cancel_asked => {
                    send.cancel_asked = true;
                    let to = send.to;
                    let ask = Packet::CancelAsk { sender: SenderToken(id.0) };
                    self.core.enqueue(to, Outgoing::Control(ask));
                    self.pump_all();
                    return Some(to);
                }
                _ => {}
            },
            _ => {}
        }
        None
    }

    /// Offers everything that waits to the channel; true when anything went.
    #[inline]
    pub(super) fn pump_all(&mut self) -> bool {
        !self.core.waiting.is_empty() && self.pump_waiting()
    }

    fn pump_waiting(&mut self) -> bool {
        let mut moved = false;
        let mut waiting = std::mem::take(&mut self.core.waiting);
        for &peer in &waiting {
            self.core.peer(peer).listed = false;
            moved |= self.pump(peer);
            let state = self.core.peer(peer);
            if !state.is_idle() && !state.listed {
                state.listed = true;
                self.core.waiting.push(peer);
            }
        }
        waiting.clear();
        if self.core.waiting.is_empty() {
            // Keep the allocation.
            self.core.waiting = waiting;
        }
        moved
    }

    fn pump(&mut self, to: PeerId) -> bool {
        let mut moved = false;
        while let Some(fetch) = self.core.peer(to).fetches.pop_front() {
            moved = true;
            if self.fetch(to, fetch) {
                // Others have their turn before the next part.
                self.core.peer(to).fetches.push_back(fetch);
                break;
            }
        }
        while let Some(front) = self.core.peer(to).outgoing.front() {
            let outcome = match *front {
                Outgoing::Control(packet) => {
                    let lane = match packet {
                        Packet::OfferFlow { envelope, len, .. } => {
                            self.core.lane(to, &envelope, len as usize)
                        }
                        _ => None,
                    };
                    let header = packet.encode();
                    self.channel.send(to, lane.as_ref(), header.as_bytes(), 0, &mut |_| {})
                }
                Outgoing::Send(id) => self.launch(to, id),
            };
            match outcome {
                Outcome::Accepted => {
                    moved = true;
                    self.core.peer(to).outgoing.pop_front();
                }
                Outcome::Busy => return moved,
                Outcome::Lost(error) => {
                    self.core.lose(to, error);
                    return true;
                }
            }
        }
        while let Some(id) = self.core.peer(to).streams.pop_front() {
            let streamed = match self.core.requests.operation(id) {
                Some(Operation::Partitioned(_)) => self.stream_partitions(to, id),
                _ => self.stream(to, id),
            };
            match streamed {
                (Outcome::Accepted, more) => {
                    moved = true;
                    if more {
                        self.core.peer(to).streams.push_back(id);
                    }
                }
                (Outcome::Busy, _) => {
                    self.core.peer(to).streams.push_front(id);
                    return moved;
                }
                (Outcome::Lost(error), _) => {
                    self.core.lose(to, error);
                    return true;
                }
            }
        }
        moved
    }

    /// Sends the first packet of a queued send: its data, or its announcement.
    fn launch(&mut self, to: PeerId, id: RequestId) -> Outcome {
        let Some(Operation::Send(send)) = self.core.requests.operation(id) else {
            return Outcome::Accepted;
        };
        let (envelope, mode, len) = (send.envelope, send.mode, send.buffer.len());
        let sender = SenderToken(id.0);
        let may_be_eager = self.is_eager(to, len);
        let eager = may_be_eager && self.core.peer(to).take_credit(len);
        let packet = match (eager, mode) {
            (true, Mode::Standard) => Packet::Eager { envelope },
            (true, Mode::Synchronous) => Packet::EagerSync { envelope, sender },
            (false, _) => {
                let address = self.address_for(to, id);
                Packet::ReadyToSend { envelope, sender, len: len as u64, address }
            }
        };
        let lane = self.core.lane(to, &envelope, len);
        let Some(Operation::Send(send)) = self.core.requests.operation(id) else {
            unreachable!("it was just there");
        };
        let payload_len = if eager { len } else { 0 };
        let header = packet.encode();
        let buffer = &send.buffer;
        let mut pack = |out: &mut [u8]| buffer.pack(0, out);
        let outcome =
            self.channel.send(to, lane.as_ref(), header.as_bytes(), payload_len, &mut pack);
        match (&outcome, packet) {
            (Outcome::Accepted, Packet::Eager { .. }) => {
                self.core.requests.complete(id, Status::EMPTY);
            }
            (Outcome::Accepted, Packet::EagerSync { .. }) => send.stage = SendStage::AwaitingMatch,
            (Outcome::Accepted, _) => send.stage = SendStage::Announced,
            (Outcome::Busy | Outcome::Lost(_), _) if eager => {
                self.core.peer(to).return_credit(len);
            }
            _ => {}
        }
        outcome
    }

    /// Where `to` may fetch the message of a send, or 0.
    fn address_for(&mut self, to: PeerId, id: RequestId) -> u64 {
        if !self.channel.is_fetched_from(to) {
            return 0;
        }
        match self.core.requests.operation(id) {
            Some(Operation::Send(send)) => {
                send.buffer.contiguous().map_or(0, |start| start.addr() as u64)
            }
            _ => 0,
        }
    }

    /// Fetches the next part of a message; true when there is more. Where that
    /// does not go, the sender is asked to send instead.
    fn fetch(&mut self, from: PeerId, fetch: Fetch) -> bool {
        let Some(Operation::Receive(receive)) = self.core.requests.operation(fetch.receive) else {
            return false;
        };
        let ReceiveStage::Streaming { received, expected, .. } = &mut receive.stage else {
            return false;
        };
        let (at, expected) = (*received, *expected);
        let part = (expected - at).min(FETCH_BYTES_MAX);
        let target = receive.buffer.span(expected as usize);
        let target = target.map(|span| span.part(at as usize, part as usize));
        let address = fetch.address.wrapping_add(at);
        if target.is_some_and(|target| self.channel.fetch(from, address, target)) {
            return self.core.fetched(from, fetch, at + part);
        }
        self.core.fetch_instead(from, fetch, expected);
        false
    }

    /// Sends the next piece of a cleared transfer; the flag says whether more
    /// pieces follow.
    fn stream(&mut self, to: PeerId, id: RequestId) -> (Outcome, bool) {
        let piece_max = self.channel.piece_max(to) as u64;
        let guard = self.core.guard.as_deref();
        let Some(Operation::Send(send)) = self.core.requests.operation(id) else {
            return (Outcome::Accepted, false);
        };
        let lane = guard.and_then(|guard| guard.lane(to, &send.envelope, send.buffer.len() as u64));
        let SendStage::Streaming { receiver, sent, accept } = send.stage else {
            return (Outcome::Accepted, false);
        };
        let len = (accept - sent).min(piece_max);
        let header = Packet::Data { receiver, offset: sent }.encode();
        let buffer = &send.buffer;
        let mut pack = |out: &mut [u8]| buffer.pack(sent as usize, out);
        let outcome =
            self.channel.send(to, lane.as_ref(), header.as_bytes(), len as usize, &mut pack);
        let sent = sent + len;
        if matches!(outcome, Outcome::Accepted) {
            send.stage = SendStage::Streaming { receiver, sent, accept };
            if sent == accept {
                self.core.requests.complete(id, Status::EMPTY);
            }
        }
        (outcome, sent < accept)
    }
}

impl Core {
    #[inline]
    pub(super) fn peer(&mut self, peer: PeerId) -> &mut Peer {
        let at = peer.0 as usize;
        if at >= self.peers.len() {
            self.meet(at);
        }
        &mut self.peers[at]
    }

    #[cold]
    fn meet(&mut self, at: usize) {
        self.peers.resize_with(at + 1, Peer::default);
    }

    pub(super) fn enqueue(&mut self, to: PeerId, entry: Outgoing) {
        let peer = self.peer(to);
        if let Some(error) = peer.lost.clone() {
            if let Outgoing::Send(id) = entry {
                self.requests.complete(id, Status::failed(loss(&error)));
            }
            return;
        }
        peer.outgoing.push_back(entry);
        self.list(to);
    }

    pub(super) fn list(&mut self, peer: PeerId) {
        let state = self.peer(peer);
        if !state.listed {
            state.listed = true;
            self.waiting.push(peer);
        }
    }

    /// `MPI_Request_free`: see [`Requests::release`].
    pub fn release(&mut self, id: RequestId) -> Option<Arc<dyn Generalized>> {
        if self.requests.is_complete(id) {
            self.forget_flow(id);
        }
        self.requests.release(id)
    }

    /// Forgets what a freed communicator leaves behind.
    pub fn retire(&mut self, context: u64) {
        if let Some(guard) = &mut self.guard {
            guard.retire(context);
        }
        self.matching.retire(context);
        self.flows.retire(context);
    }

    /// A request that was complete when it was made.
    pub fn completed(&mut self, completion: Status) -> RequestId {
        self.completed_for(completion, None)
    }

    fn completed_for(&mut self, completion: Status, owner: Option<Owner>) -> RequestId {
        self.requests.completions += 1;
        self.requests.insert_for(Operation::Complete(completion), owner)
    }

    #[inline(always)]
    fn post(&mut self, pattern: Pattern, buffer: Buffer, owner: Option<Owner>) -> RequestId {
        if let Source::Rank { peer, .. } = pattern.source
            && let Some(error) = &self.peer(peer).lost
        {
            let failure = loss(error);
            return self.completed_for(Status::failed(failure), owner);
        }
        let receive = Receive { pattern, buffer, stage: ReceiveStage::Posted };
        let id = self.requests.insert_for(Operation::Receive(receive), owner);
        self.matching.post(pattern, id);
        id
    }

    fn receive_claimed(
        &mut self,
        message: Unexpected,
        pattern: Pattern,
        buffer: Buffer,
        owner: Option<Owner>,
    ) -> RequestId {
        match self.settle(message, &buffer) {
            Settled::Done(completion) => self.completed_for(completion, owner),
            Settled::Rendezvous { from, announced, completion, admitted } => {
                let receive = Receive { pattern, buffer, stage: ReceiveStage::Posted };
                let id = self.requests.insert_for(Operation::Receive(receive), owner);
                self.clear_to_send(id, from, announced, completion, admitted);
                id
            }
        }
    }

    /// Brings an unexpected message and its receive together.
    fn settle(&mut self, message: Unexpected, buffer: &Buffer) -> Settled {
        let Unexpected { from, envelope, body, profile } = message;
        if !self.passes(from, profile, &envelope, body.len()) {
            let error = self.peer(from).lost.as_ref().expect("it was just lost");
            return Settled::Done(Status::failed(loss(error)));
        }
        let completion = received(&envelope, body.len(), buffer);
        match body {
            Body::Eager { data, sender } => {
                let taken = data.len().min(buffer.len());
                buffer.unpack(0, &data[..taken]);
                self.consumed(from, data.len(), sender);
                self.recycle(data);
                Settled::Done(completion)
            }
            Body::Announced(announced) => match &self.peer(from).lost {
                Some(error) => Settled::Done(Status::failed(loss(error))),
                None => {
                    let admitted = self.admitted(from, &envelope, announced.len);
                    Settled::Rendezvous { from, announced, completion, admitted }
                }
            },
        }
    }

    /// Answers an announcement that `receive` has met: fetches the message, or
    /// asks for it.
    fn clear_to_send(
        &mut self,
        receive: RequestId,
        from: PeerId,
        announced: Announced,
        completion: Status,
        admitted: ProfileSet,
    ) {
        let Announced { sender, len, address } = announced;
        let Some(Operation::Receive(state)) = self.requests.operation(receive) else { return };
        let expected = len.min(state.buffer.len() as u64);
        if address != 0 && expected > 0 && state.buffer.contiguous().is_some() {
            let received = 0;
            state.stage =
                ReceiveStage::Streaming { from, received, expected, completion, admitted };
            self.peer(from).fetches.push_back(Fetch { receive, sender, address });
            self.list(from);
            return;
        }
        let receiver = ReceiverToken(receive.0);
        if expected > 0 {
            let received = 0;
            state.stage =
                ReceiveStage::Streaming { from, received, expected, completion, admitted };
        } else {
            self.requests.complete(receive, completion);
        }
        let answer = Packet::ClearToSend { sender, receiver, accept: expected };
        self.enqueue(from, Outgoing::Control(answer));
    }

    /// A part of a message was fetched, up to `received`; true when there is
    /// more.
    fn fetched(&mut self, from: PeerId, fetch: Fetch, received: u64) -> bool {
        let Some(Operation::Receive(receive)) = self.requests.operation(fetch.receive) else {
            unreachable!("it was just there");
        };
        let ReceiveStage::Streaming { received: so_far, expected, completion, .. } =
            &mut receive.stage
        else {
            unreachable!("it was just there");
        };
        *so_far = received;
        if received < *expected {
            return true;
        }
        let completion = completion.clone();
        self.requests.complete(fetch.receive, completion);
        let answer = Packet::Fetched { sender: fetch.sender };
        self.enqueue(from, Outgoing::Control(answer));
        false
    }

    /// Fetching does not go: the message is to be sent, from its beginning.
    fn fetch_instead(&mut self, from: PeerId, fetch: Fetch, expected: u64) {
        if let Some(Operation::Receive(receive)) = self.requests.operation(fetch.receive)
            && let ReceiveStage::Streaming { received, .. } = &mut receive.stage
        {
            *received = 0;
        }
        let (sender, receiver) = (fetch.sender, ReceiverToken(fetch.receive.0));
        let answer = Packet::ClearToSend { sender, receiver, accept: expected };
        self.enqueue(from, Outgoing::Control(answer));
    }

    /// Books an eager message as consumed: credit, and word to its sender.
    #[inline]
    fn consumed(&mut self, from: PeerId, len: usize, sender: Option<SenderToken>) {
        if let Some(sender) = sender {
            self.enqueue(from, Outgoing::Control(Packet::Matched { sender }));
        }
        let peer = self.peer(from);
        peer.credit_due += len as u64 + EAGER_OVERHEAD;
        if peer.credit_due >= CREDIT_RETURN {
            let bytes = std::mem::take(&mut peer.credit_due);
            self.enqueue(from, Outgoing::Control(Packet::Credit { bytes }));
        }
    }

    fn recycle(&mut self, mut data: Vec<u8>) {
        if self.spare.len() < SPARE_BUFFERS_MAX {
            data.clear();
            self.spare.push(data);
        }
    }

    pub fn claim_message(&mut self, pattern: &Pattern) -> Option<(MessageId, Status)> {
        self.probe(pattern)?;
        let message = self.matching.claim_unexpected(pattern)?;
        let status = envelope_status(&message.envelope, message.body.len());
        let id = self.claimed_next;
        self.claimed_next = self.claimed_next.wrapping_add(1);
        self.claimed.insert(id, message);
        Some((MessageId(id), status))
    }

    pub fn probe(&mut self, pattern: &Pattern) -> Option<Status> {
        let message = self.matching.peek_unexpected(pattern)?;
        let Unexpected { from, envelope, profile, ref body } = *message;
        let len = body.len();
        if !self.passes(from, profile, &envelope, len) {
            return None;
        }
        Some(envelope_status(&envelope, len))
    }

    /// The error a wait for `pattern` must end with, when its peer is gone.
    pub fn loss_of(&mut self, pattern: &Pattern) -> Option<Error> {
        match pattern.source {
            Source::Rank { peer, .. } => self.peer(peer).lost.as_ref().map(loss),
            Source::Any => self.peers.iter().find_map(|peer| peer.lost.as_ref()).map(loss),
        }
    }
}

#[cold]
pub(super) fn loss(error: &Arc<LinkError>) -> Error {
    let class = if error.security { Class::Other } else { Class::ProcFailed };
    Error::new(class, error.message.clone())
}

fn cancelled() -> Status {
    Status { cancelled: true, ..Status::EMPTY }
}

fn envelope_status(envelope: &Envelope, len: u64) -> Status {
    Status {
        source: envelope.source as i32,
        tag: envelope.tag,
        count: len,
        cancelled: false,
        error: None,
    }
}

/// The completion of a receive of `len` bytes into `buffer`.
#[inline]
pub(super) fn received(envelope: &Envelope, len: u64, buffer: &Buffer) -> Status {
    let capacity = buffer.len() as u64;
    let mut completion = envelope_status(envelope, len.min(capacity));
    if len > capacity || !buffer.holds_whole_elements(len) {
        completion.error = Some(misfit(envelope, len, buffer));
    }
    completion
}

/// The error of a message that its receive cannot take as it is.
#[cold]
fn misfit(envelope: &Envelope, len: u64, buffer: &Buffer) -> Error {
    let Envelope { source, tag, .. } = envelope;
    let (capacity, datatype) = (buffer.len() as u64, buffer.datatype());
    let message = format!("message of {len} bytes from rank {source} with tag {tag}");
    if len > capacity {
        let text = format!("{message} does not fit the receive buffer of {capacity} bytes");
        return Error::new(Class::Truncate, text);
    }
    let text = format!("{message} ends within an element of {}", datatype.describe());
    Error::new(Class::Type, text)
}
