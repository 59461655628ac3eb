//! Matching: posted receives and unexpected messages, by context.
//!
//! Within a context both queues keep their order of arrival, which is what
//! the standard's non-overtaking rule needs (MPI-4.1, section 3.5): a message
//! takes the first posted receive that matches, a receive the first message.
//!
//! Bounds: a posted receive is a request of the application's; the bytes of
//! unexpected messages are bounded per sender by
//! [`super::peer::EAGER_CREDIT_MAX`], what exceeds it comes as an announcement
//! of fixed size whose data waits in the sender's own memory.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use crate::channel::PeerId;

use super::envelope::{Envelope, Pattern};
use super::packet::SenderToken;
use super::request::RequestId;

/// A message no receive has asked for yet.
#[derive(Debug)]
pub struct Unexpected {
    pub from: PeerId,
    pub envelope: Envelope,
    pub body: Body,
}

#[derive(Debug)]
pub enum Body {
    /// The data came along; `sender` waits for the match when it is set.
    Eager { data: Vec<u8>, sender: Option<SenderToken> },
    /// The data waits at the sender.
    Announced { sender: SenderToken, len: u64 },
}

impl Body {
    /// Size of the message, in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Body::Eager { data, .. } => data.len() as u64,
            Body::Announced { len, .. } => *len,
        }
    }

    fn sender(&self) -> Option<SenderToken> {
        match self {
            Body::Eager { sender, .. } => *sender,
            Body::Announced { sender, .. } => Some(*sender),
        }
    }
}

#[derive(Debug, Default)]
struct Queues {
    posted: VecDeque<(Pattern, RequestId)>,
    unexpected: VecDeque<Unexpected>,
}

#[derive(Debug, Default)]
pub struct Matching {
    contexts: HashMap<u64, Queues, BuildHasherDefault<ContextHasher>>,
}

impl Matching {
    pub fn post(&mut self, pattern: Pattern, request: RequestId) {
        self.contexts.entry(pattern.context).or_default().posted.push_back((pattern, request));
    }

    /// Takes the first posted receive that this message matches.
    pub fn claim_posted(&mut self, envelope: &Envelope) -> Option<RequestId> {
        let posted = &mut self.contexts.get_mut(&envelope.context)?.posted;
        let at = posted.iter().position(|(pattern, _)| pattern.matches(envelope))?;
        posted.remove(at).map(|(_, request)| request)
    }

    pub fn hold(&mut self, message: Unexpected) {
        let queues = self.contexts.entry(message.envelope.context).or_default();
        queues.unexpected.push_back(message);
    }

    /// Takes the first unexpected message that this receive matches.
    pub fn claim_unexpected(&mut self, pattern: &Pattern) -> Option<Unexpected> {
        let unexpected = &mut self.contexts.get_mut(&pattern.context)?.unexpected;
        let at = unexpected.iter().position(|message| pattern.matches(&message.envelope))?;
        unexpected.remove(at)
    }

    pub fn peek_unexpected(&self, pattern: &Pattern) -> Option<&Unexpected> {
        let unexpected = &self.contexts.get(&pattern.context)?.unexpected;
        unexpected.iter().find(|message| pattern.matches(&message.envelope))
    }

    /// Takes a posted receive back; false when it was matched already.
    pub fn withdraw_posted(&mut self, context: u64, request: RequestId) -> bool {
        let Some(queues) = self.contexts.get_mut(&context) else { return false };
        let Some(at) = queues.posted.iter().position(|(_, posted)| *posted == request) else {
            return false;
        };
        queues.posted.remove(at);
        true
    }

    /// Takes back the unexpected message a sender wants to cancel.
    pub fn withdraw_unexpected(&mut self, from: PeerId, sender: SenderToken) -> Option<Unexpected> {
        for queues in self.contexts.values_mut() {
            let wanted = |message: &Unexpected| {
                message.from == from && message.body.sender() == Some(sender)
            };
            if let Some(at) = queues.unexpected.iter().position(wanted) {
                return queues.unexpected.remove(at);
            }
        }
        None
    }

    /// Forgets a communicator that was freed, unless messages are still there.
    pub fn retire(&mut self, context: u64) {
        if let Some(queues) = self.contexts.get(&context)
            && queues.posted.is_empty()
            && queues.unexpected.is_empty()
        {
            self.contexts.remove(&context);
        }
    }
}

/// Context ids are unique small structures, not adversarial input: a
/// multiplication spreads them well enough and costs a nanosecond.
#[derive(Default)]
struct ContextHasher(u64);

impl Hasher for ContextHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

#[cfg(test)]
mod tests {
    use super::super::envelope::Source;
    use super::*;

    fn message(source: u32, tag: i32, data: u8) -> Unexpected {
        Unexpected {
            from: PeerId(source),
            envelope: Envelope { context: 2, source, tag },
            body: Body::Eager { data: vec![data], sender: Some(SenderToken(data.into())) },
        }
    }

    fn pattern(source: Option<u32>, tag: Option<i32>) -> Pattern {
        let source = source.map_or(Source::Any, |rank| Source::Rank { rank, peer: PeerId(rank) });
        Pattern { context: 2, source, tag }
    }

    #[test]
    fn messages_of_one_sender_do_not_overtake() {
        let mut matching = Matching::default();
        for data in 0..3 {
            matching.hold(message(1, 5, data));
        }
        for data in 0..3 {
            let found = matching.claim_unexpected(&pattern(None, Some(5))).unwrap();
            assert!(matches!(found.body, Body::Eager { data: bytes, .. } if bytes == [data]));
        }
        assert!(matching.claim_unexpected(&pattern(None, None)).is_none());
    }

    #[test]
    fn the_first_matching_receive_takes_the_message() {
        let mut matching = Matching::default();
        matching.post(pattern(Some(4), Some(1)), RequestId(10));
        matching.post(pattern(None, Some(1)), RequestId(11));
        matching.post(pattern(Some(3), None), RequestId(12));
        let envelope = Envelope { context: 2, source: 3, tag: 1 };
        assert_eq!(matching.claim_posted(&envelope), Some(RequestId(11)));
        assert_eq!(matching.claim_posted(&envelope), Some(RequestId(12)));
        assert_eq!(matching.claim_posted(&envelope), None);
        let other_context = Envelope { context: 4, source: 4, tag: 1 };
        assert_eq!(matching.claim_posted(&other_context), None);
    }

    #[test]
    fn what_was_withdrawn_is_gone() {
        let mut matching = Matching::default();
        matching.post(pattern(None, None), RequestId(1));
        assert!(matching.withdraw_posted(2, RequestId(1)));
        assert!(!matching.withdraw_posted(2, RequestId(1)));
        matching.hold(message(1, 5, 9));
        assert!(matching.withdraw_unexpected(PeerId(1), SenderToken(9)).is_some());
        assert!(matching.withdraw_unexpected(PeerId(1), SenderToken(9)).is_none());
    }
}
