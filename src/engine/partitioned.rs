//! Partitioned communication (MPI-4.1, chapter 4): a send and a receive that
//! are matched once, when they are made, and then exchange any number of
//! messages, each in parts that become ready one by one.
//!
//! `MPI_Psend_init` offers a flow, under a number its process never uses again.
//! The receiver matches offers with `MPI_Precv_init` by their envelopes, in
//! order, apart from all other messages. Whenever a round is started there, it
//! clears the flow, and from then on the sender streams what is ready: adjacent
//! partitions together, in pieces of the channel's size, in the order in which
//! they became ready. The two sides may cut the message into different numbers
//! of partitions, since only offsets travel. Data goes straight to its place in
//! the receiver's memory; nothing of it is ever held.
//!
//! Bounds: an offer is a request of the peer's application, and of fixed size.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use smallvec::SmallVec;

use crate::channel::{Outcome, PeerId};
use crate::object::buffer::Buffer;
use crate::object::status::Status;
use crate::object::{Class, Error, Result};
use crate::secure::ProfileId;

use super::Engine;
use super::envelope::Envelope;
use super::packet::{Flow, Packet};
use super::peer::Outgoing;
use super::request::{self, Operation, RequestId};
use super::vci::{Core, Vci, loss, received};

pub(super) struct Partitioned {
    side: Side,
    buffer: Buffer,
    partitions: usize,
    round: Round,
}

enum Side {
    Send(Sending),
    Receive(Receiving),
    /// `MPI_PROC_NULL`: every round is complete at once, with this status.
    Nowhere(Status),
}

/// Where the message of the current round stands.
enum Round {
    Inactive,
    Active,
    Complete(Status),
}

struct Sending {
    to: PeerId,
    envelope: Envelope,
    flow: Flow,
    /// Rounds the receiver has cleared and this side has not ended. There may
    /// be two: a receiver with too short a buffer does not wait for the rest.
    cleared: u32,
    /// How many bytes the receiver takes.
    accept: u64,
    ready: Vec<bool>,
    unready: usize,
    /// What is ready and has not left, as ranges of the packed form.
    runs: VecDeque<Range<u64>>,
    /// In the peer's list of streams.
    listed: bool,
}

struct Receiving {
    from: PeerId,
    envelope: Envelope,
    matched: Option<Offer>,
    /// Bytes of this round, in all and by partition.
    received: u64,
    arrived: Vec<u64>,
}

/// A flow as its receiver knows it.
#[derive(Clone, Copy)]
struct Offer {
    flow: Flow,
    /// Bytes of the message.
    len: u64,
    /// Of the security context it came in.
    profile: ProfileId,
}

/// The flows of this process, and what waits to be matched.
#[derive(Default)]
pub(super) struct Flows {
    next: u32,
    sends: HashMap<Flow, RequestId>,
    receives: HashMap<(PeerId, Flow), RequestId>,
    offers: HashMap<(PeerId, Envelope), VecDeque<Offer>>,
    posted: HashMap<(PeerId, Envelope), VecDeque<RequestId>>,
}

impl Flows {
    /// A communicator was freed: nothing will ask for its offers any more.
    pub fn retire(&mut self, context: u64) {
        self.offers.retain(|(_, envelope), _| envelope.context != context);
    }
}

fn take_first<K: std::hash::Hash + Eq, V>(
    queues: &mut HashMap<K, VecDeque<V>>,
    key: &K,
) -> Option<V> {
    let queue = queues.get_mut(key)?;
    let first = queue.pop_front();
    if queue.is_empty() {
        queues.remove(key);
    }
    first
}

impl Partitioned {
    fn new(side: Side, buffer: Buffer, partitions: usize) -> Box<Partitioned> {
        Box::new(Partitioned { side, buffer, partitions, round: Round::Inactive })
    }

    pub fn is_active(&self) -> bool {
        matches!(self.round, Round::Active)
    }

    pub fn is_inactive(&self) -> bool {
        matches!(self.round, Round::Inactive)
    }

    pub fn complete(&mut self, status: Status) {
        self.round = Round::Complete(status);
        if let Side::Send(sending) = &mut self.side {
            sending.cleared = sending.cleared.saturating_sub(1);
        }
    }

    /// How the round ended, if it did.
    pub fn outcome(&self) -> Option<Status> {
        match &self.round {
            Round::Complete(status) => Some(status.clone()),
            _ => None,
        }
    }

    /// The same, after which the request is inactive.
    pub fn collect(&mut self) -> Option<Status> {
        match std::mem::replace(&mut self.round, Round::Inactive) {
            Round::Complete(status) => Some(status),
            _ => None,
        }
    }

    /// Whose loss ends the round.
    pub fn peer(&self) -> Option<PeerId> {
        match &self.side {
            Side::Send(sending) => Some(sending.to),
            Side::Receive(receiving) => Some(receiving.from),
            Side::Nowhere(_) => None,
        }
    }

    /// Bytes of one partition.
    fn partition_len(&self) -> u64 {
        (self.buffer.len() / self.partitions.max(1)) as u64
    }

    fn check(&self, partition: i64) -> Result<usize> {
        match usize::try_from(partition) {
            Ok(index) if index < self.partitions => Ok(index),
            _ => {
                let (count, last) = (self.partitions, self.partitions as i64 - 1);
                let text = format!("partition is {partition} but must be 0..={last} of {count}");
                Err(Error::new(Class::Arg, text))
            }
        }
    }

    /// Marks partitions ready: all of them, or none when one is wrong.
    fn mark_ready(&mut self, partitions: &[i64]) -> Result<()> {
        let len = self.partition_len();
        let indices: SmallVec<[usize; 1]> =
            partitions.iter().map(|&partition| self.check(partition)).collect::<Result<_>>()?;
        let inactive = self.is_inactive();
        let sending = match &mut self.side {
            Side::Send(_) | Side::Nowhere(_) if inactive => {
                let text = "the partitioned send is not active; call MPI_Start first";
                return Err(Error::new(Class::Request, text));
            }
            Side::Send(sending) => sending,
            Side::Nowhere(_) => return Ok(()),
            Side::Receive(_) => {
                let text = "the request is a partitioned receive, and only a send has partitions \
                    that become ready";
                return Err(Error::new(Class::Request, text));
            }
        };
        for (at, &index) in indices.iter().enumerate() {
            if sending.ready[index] {
                for &earlier in &indices[..at] {
                    sending.ready[earlier] = false;
                }
                let text = format!("partition {index} was marked ready already");
                return Err(Error::new(Class::Arg, text));
            }
            sending.ready[index] = true;
        }
        sending.unready -= indices.len();
        for index in indices {
            let start = index as u64 * len;
            sending.add(start..start + len);
        }
        Ok(())
    }

    /// Whether a partition of a receive is here (MPI-4.1, section 4.2.3).
    fn has_arrived(&self, partition: i64) -> Result<bool> {
        let index = self.check(partition)?;
        let len = self.partition_len();
        let receiving = match &self.side {
            Side::Receive(receiving) => receiving,
            Side::Nowhere(_) => return Ok(true),
            Side::Send(_) => {
                let text = "the request is a partitioned send, and partitions arrive at a receive";
                return Err(Error::new(Class::Request, text));
            }
        };
        if !self.is_active() {
            return Ok(true);
        }
        let Some(offer) = receiving.matched else { return Ok(false) };
        // The sender's message may be shorter; what lies beyond it has arrived
        // when the whole has.
        let begins = index as u64 * len;
        let expected = len.min(offer.len.saturating_sub(begins));
        Ok(expected > 0 && receiving.arrived[index] >= expected)
    }
}

impl Sending {
    fn add(&mut self, run: Range<u64>) {
        match self.runs.back_mut() {
            _ if run.is_empty() => {}
            Some(last) if last.end == run.start => last.end = run.end,
            _ => self.runs.push_back(run),
        }
    }

    /// The next piece to send, at most `max` bytes; what the receiver has no
    /// room for is dropped.
    fn piece(&mut self, accept: u64, max: u64) -> Option<Range<u64>> {
        while let Some(run) = self.runs.front() {
            let end = run.end.min(accept);
            if run.start < end {
                return Some(run.start..end.min(run.start + max));
            }
            self.runs.pop_front();
        }
        None
    }

    fn took(&mut self, piece: &Range<u64>) {
        if let Some(run) = self.runs.front_mut() {
            run.start = piece.end;
        }
    }
}

impl Receiving {
    /// Books bytes of the message by partition.
    fn book(&mut self, bytes: Range<u64>, partition_len: u64) {
        self.received += bytes.end - bytes.start;
        let mut start = bytes.start;
        while start < bytes.end {
            let index = start / partition_len;
            let end = bytes.end.min((index + 1) * partition_len);
            self.arrived[index as usize] += end - start;
            start = end;
        }
    }
}

impl Core {
    fn partitioned(&mut self, id: RequestId) -> Option<&mut Partitioned> {
        match self.requests.operation(id) {
            Some(Operation::Partitioned(partitioned)) => Some(partitioned),
            _ => None,
        }
    }

    fn sending(&mut self, id: RequestId) -> Option<&mut Sending> {
        match &mut self.partitioned(id)?.side {
            Side::Send(sending) => Some(sending),
            _ => None,
        }
    }

    fn receiving(&mut self, id: RequestId) -> Option<&mut Receiving> {
        match &mut self.partitioned(id)?.side {
            Side::Receive(receiving) => Some(receiving),
            _ => None,
        }
    }

    /// Completes a request, or the round of a partitioned one. What was freed goes
    /// now, and its flow with it.
    pub(super) fn conclude(&mut self, id: RequestId, status: Status) {
        if self.requests.find(id).is_some_and(|request| request.released) {
            self.forget_flow(id);
        }
        self.requests.complete(id, status);
    }

    /// A request is about to go: its number must not be found any more.
    pub(super) fn forget_flow(&mut self, id: RequestId) {
        let Some(partitioned) = self.partitioned(id) else { return };
        match &partitioned.side {
            Side::Send(sending) => {
                let flow = sending.flow;
                self.flows.sends.remove(&flow);
            }
            Side::Receive(receiving) => {
                let (from, envelope, matched) =
                    (receiving.from, receiving.envelope, receiving.matched);
                match matched {
                    Some(offer) => {
                        self.flows.receives.remove(&(from, offer.flow));
                    }
                    None => {
                        if let Some(posted) = self.flows.posted.get_mut(&(from, envelope)) {
                            posted.retain(|posted| *posted != id);
                        }
                    }
                }
            }
            Side::Nowhere(_) => {}
        }
    }

    /// Ties a receive to the flow it has met.
    fn tie(&mut self, id: RequestId, offer: Offer) {
        let Some(receiving) = self.receiving(id) else { return };
        let (from, envelope) = (receiving.from, receiving.envelope);
        if !self.passes(from, offer.profile, &envelope, offer.len) {
            return;
        }
        let Some(receiving) = self.receiving(id) else { return };
        receiving.matched = Some(offer);
        self.flows.receives.insert((from, offer.flow), id);
        self.clear_flow(id);
    }

    /// Lets the sender go on, if the receive is matched and started.
    fn clear_flow(&mut self, id: RequestId) {
        let Some(partitioned) = self.partitioned(id) else { return };
        let accept = partitioned.buffer.len() as u64;
        let active = partitioned.is_active();
        let Side::Receive(receiving) = &partitioned.side else { return };
        let (from, matched) = (receiving.from, receiving.matched);
        if let (true, Some(Offer { flow, .. })) = (active, matched) {
            self.enqueue(from, Outgoing::Control(Packet::ClearFlow { flow, accept }));
        }
    }

    /// Puts a send among its peer's streams when it has something for them.
    fn list_flow(&mut self, id: RequestId) {
        let Some(partitioned) = self.partitioned(id) else { return };
        let active = partitioned.is_active();
        let Side::Send(sending) = &mut partitioned.side else { return };
        let wanting = !sending.runs.is_empty() || sending.unready == 0;
        if active && sending.cleared > 0 && wanting && !sending.listed {
            sending.listed = true;
            let to = sending.to;
            self.peer(to).streams.push_back(id);
            self.list(to);
        }
    }

    pub(super) fn arrive_offer(
        &mut self,
        (from, profile): (PeerId, ProfileId),
        envelope: Envelope,
        flow: Flow,
        len: u64,
    ) {
        let offer = Offer { flow, len, profile };
        match take_first(&mut self.flows.posted, &(from, envelope)) {
            Some(id) => self.tie(id, offer),
            None => self.flows.offers.entry((from, envelope)).or_default().push_back(offer),
        }
    }

    pub(super) fn arrive_clearance(
        &mut self,
        from: PeerId,
        flow: Flow,
        accept: u64,
    ) -> Result<(), &'static str> {
        // A send that was freed is not there any more, and that is fine.
        let Some(&id) = self.flows.sends.get(&flow) else { return Ok(()) };
        let Some(sending) = self.sending(id) else { return Ok(()) };
        if sending.to != from {
            return Err("cleared a partitioned transfer that is another's");
        }
        sending.cleared = sending.cleared.saturating_add(1);
        sending.accept = accept;
        self.list_flow(id);
        Ok(())
    }

    pub(super) fn arrive_partitions(
        &mut self,
        (from, profile): (PeerId, ProfileId),
        flow: Flow,
        offset: u64,
        payload: &[u8],
    ) -> Result<(), &'static str> {
        let id = self.flows.receives.get(&(from, flow)).copied();
        if let Some(Receiving { envelope, matched: Some(offer), .. }) =
            id.and_then(|id| self.receiving(id))
        {
            let (envelope, len) = (*envelope, offer.len);
            if !self.admitted(from, &envelope, len).contains(profile) {
                return Err("sent partitions in a security context that is less than their own");
            }
        }
        let Some(partitioned) = id.and_then(|id| self.partitioned(id)) else {
            return Err("sent partitions for no receive");
        };
        let (active, partition_len) = (partitioned.is_active(), partitioned.partition_len());
        let Side::Receive(receiving) = &mut partitioned.side else {
            return Err("sent partitions for no receive");
        };
        let Some(Offer { len, .. }) = receiving.matched else {
            return Err("sent partitions for a receive that is not matched");
        };
        let expected = len.min(partitioned.buffer.len() as u64);
        let end = offset.checked_add(payload.len() as u64);
        let fits = end.is_some_and(|end| end <= expected)
            && payload.len() as u64 <= expected - receiving.received;
        if !active || !fits {
            return Err("sent partitions beyond the message or before they were wanted");
        }
        partitioned.buffer.unpack(offset as usize, payload);
        if !payload.is_empty() {
            receiving.book(offset..offset + payload.len() as u64, partition_len);
        }
        if receiving.received == expected {
            let status = received(&receiving.envelope, len, &partitioned.buffer);
            self.conclude(id.expect("it was found"), status);
        }
        Ok(())
    }
}

impl Vci {
    /// Makes a partitioned send and offers it; `None` is `MPI_PROC_NULL`.
    fn partitioned_send(
        &mut self,
        to: Option<(PeerId, Envelope)>,
        buffer: Buffer,
        partitions: usize,
    ) -> RequestId {
        let Some((to, envelope)) = to else {
            let nowhere = Partitioned::new(Side::Nowhere(Status::EMPTY), buffer, partitions);
            return self.core.requests.insert(Operation::Partitioned(nowhere));
        };
        let flow = Flow(self.core.flows.next);
        self.core.flows.next += 1;
        let len = buffer.len() as u64;
        let sending = Sending {
            to,
            envelope,
            flow,
            cleared: 0,
            accept: 0,
            ready: vec![false; partitions],
            unready: partitions,
            runs: VecDeque::new(),
            listed: false,
        };
        let partitioned = Partitioned::new(Side::Send(sending), buffer, partitions);
        let id = self.core.requests.insert(Operation::Partitioned(partitioned));
        self.core.flows.sends.insert(flow, id);
        self.core.enqueue(to, Outgoing::Control(Packet::OfferFlow { envelope, flow, len }));
        self.pump_all();
        id
    }

    /// Makes a partitioned receive and looks for its flow.
    fn partitioned_receive(
        &mut self,
        from: Option<(PeerId, Envelope)>,
        buffer: Buffer,
        partitions: usize,
    ) -> RequestId {
        let Some((from, envelope)) = from else {
            let nowhere = Side::Nowhere(Status::proc_null());
            let nowhere = Partitioned::new(nowhere, buffer, partitions);
            return self.core.requests.insert(Operation::Partitioned(nowhere));
        };
        let receiving =
            Receiving { from, envelope, matched: None, received: 0, arrived: vec![0; partitions] };
        let partitioned = Partitioned::new(Side::Receive(receiving), buffer, partitions);
        let id = self.core.requests.insert(Operation::Partitioned(partitioned));
        let flows = &mut self.core.flows;
        match take_first(&mut flows.offers, &(from, envelope)) {
            Some(offer) => self.core.tie(id, offer),
            None => flows.posted.entry((from, envelope)).or_default().push_back(id),
        }
        id
    }

    /// Begins a round.
    pub(super) fn start_partitioned(&mut self, id: RequestId) {
        let Some(partitioned) = self.core.partitioned(id) else { return };
        partitioned.round = Round::Active;
        match &mut partitioned.side {
            Side::Send(sending) => {
                sending.ready.fill(false);
                sending.unready = sending.ready.len();
                sending.runs.clear();
            }
            Side::Receive(receiving) => {
                receiving.arrived.fill(0);
                receiving.received = 0;
            }
            Side::Nowhere(status) => {
                let status = status.clone();
                return self.core.requests.complete(id, status);
            }
        }
        let peer = partitioned.peer().expect("it is not MPI_PROC_NULL");
        if let Some(error) = self.core.peer(peer).lost.clone() {
            return self.core.conclude(id, Status::failed(loss(&error)));
        }
        self.core.clear_flow(id);
        self.core.list_flow(id);
        self.pump_all();
    }

    /// Sends the next piece of what is ready; the flag says whether more follow.
    pub(super) fn stream_partitions(&mut self, to: PeerId, id: RequestId) -> (Outcome, bool) {
        let payload_max = self.channel.payload_max() as u64;
        let guard = self.core.guard.as_deref();
        let Some(Operation::Partitioned(partitioned)) = self.core.requests.operation(id) else {
            return (Outcome::Accepted, false);
        };
        let (active, buffer) = (partitioned.is_active(), &partitioned.buffer);
        let Side::Send(sending) = &mut partitioned.side else {
            return (Outcome::Accepted, false);
        };
        if !active || sending.cleared == 0 {
            sending.listed = false;
            return (Outcome::Accepted, false);
        }
        let accept = sending.accept;
        let piece = sending.piece(accept, payload_max);
        // A message of no bytes is one empty piece, so that the receiver hears
        // of its end.
        let empty = accept.min(buffer.len() as u64) == 0 && sending.unready == 0;
        let piece = piece.or_else(|| empty.then_some(0..0));
        if let Some(piece) = &piece {
            let header = Packet::Partitions { flow: sending.flow, offset: piece.start }.encode();
            let len = (piece.end - piece.start) as usize;
            let whole = buffer.len() as u64;
            let lane = guard.and_then(|guard| guard.lane(to, &sending.envelope, whole));
            let mut pack = |out: &mut [u8]| buffer.pack(piece.start as usize, out);
            match self.channel.send(to, lane.as_ref(), header.as_bytes(), len, &mut pack) {
                Outcome::Accepted => sending.took(piece),
                outcome => return (outcome, true),
            }
        }
        let more = sending.piece(accept, payload_max).is_some();
        let done = !more && sending.unready == 0;
        sending.listed = more;
        if done {
            self.core.conclude(id, Status::EMPTY);
        }
        (Outcome::Accepted, more)
    }
}

/// Partitioned operations.
impl Engine {
    /// An inactive partitioned send of `buffer`, which is `partitions` equal
    /// parts, to a process; `None` is `MPI_PROC_NULL`.
    pub fn partitioned_send(
        &self,
        to: Option<(PeerId, Envelope)>,
        buffer: Buffer,
        partitions: usize,
    ) -> RequestId {
        self.with(|vci| vci.partitioned_send(to, buffer, partitions))
    }

    /// An inactive partitioned receive; the envelope is the one of the send.
    pub fn partitioned_receive(
        &self,
        from: Option<(PeerId, Envelope)>,
        buffer: Buffer,
        partitions: usize,
    ) -> RequestId {
        self.with(|vci| vci.partitioned_receive(from, buffer, partitions))
    }

    /// Says that partitions of a send may leave; all of them or, when one is
    /// wrong, none.
    pub fn partitions_ready(&self, id: RequestId, partitions: &[i64]) -> Result<()> {
        self.with(|vci| {
            expect_partitioned(&mut vci.core, id)?.mark_ready(partitions)?;
            vci.core.list_flow(id);
            vci.pump_all();
            Ok(())
        })
    }

    /// An error when there is no such partition.
    pub fn check_partition(&self, id: RequestId, partition: i64) -> Result<()> {
        expect_partitioned(&mut self.lock().core, id)?.check(partition).map(drop)
    }

    /// Whether a partition of a receive is in its place, after a turn of
    /// progress if it is not.
    pub fn partition_arrived(&self, id: RequestId, partition: i64) -> Result<bool> {
        let look = || expect_partitioned(&mut self.lock().core, id)?.has_arrived(partition);
        if look()? {
            return Ok(true);
        }
        self.progress();
        look()
    }
}

fn expect_partitioned(core: &mut Core, id: RequestId) -> Result<&mut Partitioned> {
    if core.requests.find(id).is_none() {
        return Err(request::unknown(id));
    }
    core.partitioned(id).ok_or_else(|| {
        Error::new(Class::Request, format!("request {} is not a partitioned one", id.0))
    })
}
