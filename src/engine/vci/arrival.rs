//! What a process does with the packets of others, and with the loss of one.

use std::sync::Arc;

use crate::channel::{LinkError, PeerId, Sink};
use crate::engine::envelope::{Envelope, Source};
use crate::engine::matching::{Announced, Body, Unexpected};
use crate::engine::packet::{Packet, ReceiverToken, SenderToken};
use crate::engine::peer::Outgoing;
use crate::engine::request::{Operation, Outbound, ReceiveStage, RequestId, SendStage};
use crate::object::Status;
use crate::secure::{End, ProfileId};

use super::{Core, cancelled, loss, received};

impl Core {
    #[inline]
    fn arrive_eager(
        &mut self,
        (from, profile): (PeerId, ProfileId),
        envelope: &Envelope,
        payload: &[u8],
        sender: Option<SenderToken>,
    ) {
        if let Some(id) = self.matching.claim_posted(envelope) {
            if !self.passes(from, profile, envelope, payload.len() as u64) {
                return;
            }
            let Some(Operation::Receive(receive)) = self.requests.operation(id) else {
                unreachable!("a posted receive is a request");
            };
            let completion = received(envelope, payload.len() as u64, &receive.buffer);
            let taken = payload.len().min(receive.buffer.len());
            receive.buffer.unpack(0, &payload[..taken]);
            self.requests.complete(id, completion);
            self.consumed(from, payload.len(), sender);
            return;
        }
        let mut data = self.spare.pop().unwrap_or_default();
        data.extend_from_slice(payload);
        let (envelope, body) = (*envelope, Body::Eager { data, sender });
        self.matching.hold(Unexpected { from, envelope, body, profile });
    }

    fn arrive_announcement(
        &mut self,
        (from, profile): (PeerId, ProfileId),
        envelope: Envelope,
        announced: Announced,
    ) {
        let Some(id) = self.matching.claim_posted(&envelope) else {
            let body = Body::Announced(announced);
            self.matching.hold(Unexpected { from, envelope, body, profile });
            return;
        };
        if !self.passes(from, profile, &envelope, announced.len) {
            return;
        }
        let admitted = self.admitted(from, &envelope, announced.len);
        let Some(Operation::Receive(receive)) = self.requests.operation(id) else {
            unreachable!("a posted receive is a request");
        };
        let completion = received(&envelope, announced.len, &receive.buffer);
        self.clear_to_send(id, from, announced, completion, admitted);
    }

    /// Acts on one packet; `Err` says what about it is impossible.
    fn arrive(
        &mut self,
        from: PeerId,
        profile: ProfileId,
        packet: Packet,
        payload: &[u8],
    ) -> Result<(), &'static str> {
        if self.is_suspect(profile)
            && packet.is_word()
            && !self.book.profiles.at_least(ProfileId::LINK).contains(profile)
        {
            return Err("said a word of the protocol in a security context below the link's own");
        }
        match packet {
            Packet::Eager { ref envelope } => {
                self.arrive_eager((from, profile), envelope, payload, None);
            }
            Packet::EagerSync { ref envelope, sender } => {
                self.arrive_eager((from, profile), envelope, payload, Some(sender));
            }
            Packet::ReadyToSend { envelope, sender, len, address } => {
                let announced = Announced { sender, len, address };
                self.arrive_announcement((from, profile), envelope, announced);
            }
            Packet::ClearToSend { sender, receiver, accept } => {
                let id = RequestId(sender.0);
                let send = self.sent_to(from, id)?;
                if send.stage != SendStage::Announced || accept > send.buffer.len() as u64 {
                    return Err("cleared a transfer that was not announced");
                }
                if accept == 0 {
                    self.requests.complete(id, Status::EMPTY);
                } else {
                    send.stage = SendStage::Streaming { receiver, sent: 0, accept };
                    self.peer(from).streams.push_back(id);
                    self.list(from);
                }
            }
            Packet::Data { receiver, offset } => {
                self.arrive_data((from, profile), receiver, offset, payload)?
            }
            Packet::Fetched { sender } => {
                let id = RequestId(sender.0);
                if self.sent_to(from, id)?.stage != SendStage::Announced {
                    return Err("fetched a message that was not announced");
                }
                self.requests.complete(id, Status::EMPTY);
            }
            Packet::Matched { sender } => {
                let id = RequestId(sender.0);
                if self.sent_to(from, id)?.stage != SendStage::AwaitingMatch {
                    return Err("matched a message that awaits no match");
                }
                self.requests.complete(id, Status::EMPTY);
            }
            Packet::Credit { bytes } => {
                let peer = self.peer(from);
                if bytes > peer.eager_debt {
                    return Err("returned more credit than it was given");
                }
                peer.eager_debt -= bytes;
            }
            Packet::CancelAsk { sender } => {
                let withdrawn = self.matching.withdraw_unexpected(from, sender);
                let answer = Packet::CancelAnswer { sender, withdrawn: withdrawn.is_some() };
                if let Some(Unexpected { body: Body::Eager { data, .. }, .. }) = withdrawn {
                    self.consumed(from, data.len(), None);
                    self.recycle(data);
                }
                self.enqueue(from, Outgoing::Control(answer));
            }
            Packet::CancelAnswer { sender, withdrawn } => {
                // Not withdrawn: its match or clearance came before this answer
                // and the request may be long gone.
                if withdrawn {
                    let id = RequestId(sender.0);
                    if !self.sent_to(from, id)?.cancel_asked {
                        return Err("withdrew a message nobody cancelled");
                    }
                    self.requests.complete(id, cancelled());
                }
            }
            Packet::OfferFlow { envelope, flow, len } => {
                self.arrive_offer((from, profile), envelope, flow, len);
            }
            Packet::ClearFlow { flow, accept } => self.arrive_clearance(from, flow, accept)?,
            Packet::Partitions { flow, offset } => {
                self.arrive_partitions((from, profile), flow, offset, payload)?;
            }
        }
        Ok(())
    }

    fn arrive_data(
        &mut self,
        (from, profile): (PeerId, ProfileId),
        receiver: ReceiverToken,
        offset: u64,
        payload: &[u8],
    ) -> Result<(), &'static str> {
        let id = RequestId(receiver.0);
        let Some(Operation::Receive(receive)) = self.requests.operation(id) else {
            return Err("sent data for no receive");
        };
        let ReceiveStage::Streaming { from: sender, received, expected, completion, admitted } =
            &mut receive.stage
        else {
            return Err("sent data for a receive that is not matched");
        };
        if !admitted.contains(profile) {
            return Err("sent data in a security context that is less than its message's");
        }
        let len = payload.len() as u64;
        if *sender != from || offset != *received || len > *expected - *received {
            return Err("sent data out of order or beyond the message");
        }
        receive.buffer.unpack(offset as usize, payload);
        *received += len;
        if *received == *expected {
            let completion = completion.clone();
            self.requests.complete(id, completion);
        }
        Ok(())
    }

    fn sent_to(&mut self, peer: PeerId, id: RequestId) -> Result<&mut Outbound, &'static str> {
        match self.requests.operation(id) {
            Some(Operation::Send(send)) if send.to == peer => Ok(send),
            _ => Err("answered a send that is not there"),
        }
    }

    /// Fails everything that depends on `peer`, once.
    pub(in crate::engine) fn lose(&mut self, peer: PeerId, error: Arc<LinkError>) {
        let state = self.peer(peer);
        if state.lost.is_some() {
            return;
        }
        state.lost = Some(error.clone());
        state.outgoing.clear();
        state.streams.clear();
        state.fetches.clear();
        if error.security {
            self.alarm.get_or_insert(error.clone());
        }
        let affected: Vec<RequestId> = self.requests.ids().collect();
        for id in affected {
            let hit = match self.requests.operation(id) {
                Some(Operation::Send(send)) => send.to == peer,
                Some(Operation::Partitioned(it)) => it.is_active() && it.peer() == Some(peer),
                Some(Operation::Receive(receive)) => match &receive.stage {
                    ReceiveStage::Streaming { from, .. } => *from == peer,
                    ReceiveStage::Posted => match receive.pattern.source {
                        Source::Any => true,
                        Source::Rank { peer: wanted, .. } => wanted == peer,
                    },
                },
                _ => false,
            };
            if hit {
                if let Some(Operation::Receive(receive)) = self.requests.operation(id) {
                    let context = receive.pattern.context;
                    self.matching.withdraw_posted(context, id);
                }
                self.conclude(id, Status::failed(loss(&error)));
            }
        }
        // Probes look at the peer's state themselves; let them look again.
        self.requests.completions += 1;
    }
}

impl Sink for Core {
    fn linked(&mut self, peer: PeerId, here: &End, there: &End) {
        if let Some(guard) = &mut self.guard {
            guard.linked(peer, here, there);
        }
    }

    fn deliver(&mut self, from: PeerId, profile: ProfileId, header: &[u8], payload: &[u8]) {
        if self.peer(from).lost.is_some() {
            return;
        }
        let outcome = match Packet::decode(header) {
            Ok(packet) => self.arrive(from, profile, packet, payload),
            Err(_) => Err("sent a header of no known form"),
        };
        if let Err(what) = outcome {
            let message = format!(
                "rank {} broke the protocol: it {what}; make sure that all ranks run the same \
                 version of mpi-secure",
                from.0
            );
            self.lose(from, Arc::new(LinkError { peer: Some(from), security: true, message }));
        }
    }

    fn lost(&mut self, error: Arc<LinkError>) {
        match error.peer {
            Some(peer) => self.lose(peer, error),
            None => self.alarm = Some(error),
        }
    }
}
