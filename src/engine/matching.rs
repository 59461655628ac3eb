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
use crate::secure::ProfileId;

use super::envelope::{Envelope, Pattern};
use super::packet::SenderToken;
use super::request::RequestId;

/// A message no receive has asked for yet.
#[derive(Debug)]
pub struct Unexpected {
    pub from: PeerId,
    pub envelope: Envelope,
    pub body: Body,
    /// Of the security context it came in.
    pub profile: ProfileId,
}

#[derive(Debug)]
pub enum Body {
    /// The data came along; `sender` waits for the match when it is set.
    Eager { data: Vec<u8>, sender: Option<SenderToken> },
    /// The data waits at the sender.
    Announced(Announced),
}

/// A message whose data waits at its sender.
#[derive(Clone, Copy, Debug)]
pub struct Announced {
    pub sender: SenderToken,
    pub len: u64,
    /// Where it may be fetched, or 0.
    pub address: u64,
}

impl Body {
    /// Size of the message, in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Body::Eager { data, .. } => data.len() as u64,
            Body::Announced(announced) => announced.len,
        }
    }

    fn sender(&self) -> Option<SenderToken> {
        match self {
            Body::Eager { sender, .. } => *sender,
            Body::Announced(announced) => Some(announced.sender),
        }
    }
}

/// The context of a place that is free: bits no context has, for its upper half
/// is a process number.
const NOBODY: u64 = u64::MAX;

#[derive(Debug, Default)]
struct Queues {
    context: u64,
    posted: VecDeque<(Pattern, RequestId)>,
    unexpected: VecDeque<Unexpected>,
}

/// The queues of all contexts. Traffic stays with one communicator for long:
/// the queues used last are tried before the index is asked.
#[derive(Debug, Default)]
pub struct Matching {
    queues: Vec<Queues>,
    index: HashMap<u64, usize, BuildHasherDefault<ContextHasher>>,
    /// Places in `queues` whose context has been retired.
    free: Vec<usize>,
    last: usize,
}

impl Matching {
    #[inline]
    fn place(&self, context: u64) -> Option<usize> {
        match self.queues.get(self.last) {
            Some(queues) if queues.context == context => Some(self.last),
            _ => self.index.get(&context).copied(),
        }
    }

    #[inline]
    fn find(&mut self, context: u64) -> Option<&mut Queues> {
        self.last = self.place(context)?;
        self.queues.get_mut(self.last)
    }

    #[inline]
    fn find_or_make(&mut self, context: u64) -> &mut Queues {
        self.last = self.place(context).unwrap_or_else(|| self.make(context));
        &mut self.queues[self.last]
    }

    #[cold]
    fn make(&mut self, context: u64) -> usize {
        let place = self.free.pop().unwrap_or_else(|| {
            self.queues.push(Queues::default());
            self.queues.len() - 1
        });
        self.queues[place].context = context;
        self.index.insert(context, place);
        place
    }

    #[inline]
    pub fn post(&mut self, pattern: Pattern, request: RequestId) {
        self.find_or_make(pattern.context).posted.push_back((pattern, request));
    }

    /// Takes the first posted receive that this message matches: mostly the
    /// first of all.
    #[inline]
    pub fn claim_posted(&mut self, envelope: &Envelope) -> Option<RequestId> {
        let posted = &mut self.find(envelope.context)?.posted;
        let (pattern, request) = *posted.front()?;
        if pattern.matches(envelope) {
            posted.pop_front();
            return Some(request);
        }
        let at = posted.iter().position(|(pattern, _)| pattern.matches(envelope))?;
        posted.remove(at).map(|(_, request)| request)
    }

    pub fn hold(&mut self, message: Unexpected) {
        self.find_or_make(message.envelope.context).unexpected.push_back(message);
    }

    /// Takes the first unexpected message that this receive matches.
    #[inline]
    pub fn claim_unexpected(&mut self, pattern: &Pattern) -> Option<Unexpected> {
        let unexpected = &mut self.find(pattern.context)?.unexpected;
        if unexpected.is_empty() {
            return None;
        }
        let at = unexpected.iter().position(|message| pattern.matches(&message.envelope))?;
        if at == 0 { unexpected.pop_front() } else { unexpected.remove(at) }
    }

    pub fn peek_unexpected(&self, pattern: &Pattern) -> Option<&Unexpected> {
        let unexpected = &self.queues[self.place(pattern.context)?].unexpected;
        unexpected.iter().find(|message| pattern.matches(&message.envelope))
    }

    /// Takes a posted receive back; false when it was matched already.
    pub fn withdraw_posted(&mut self, context: u64, request: RequestId) -> bool {
        let Some(queues) = self.find(context) else { return false };
        let Some(at) = queues.posted.iter().position(|(_, posted)| *posted == request) else {
            return false;
        };
        queues.posted.remove(at);
        true
    }

    /// Takes back the unexpected message a sender wants to cancel.
    pub fn withdraw_unexpected(&mut self, from: PeerId, sender: SenderToken) -> Option<Unexpected> {
        for queues in &mut self.queues {
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
        if let Some(place) = self.place(context)
            && self.queues[place].posted.is_empty()
            && self.queues[place].unexpected.is_empty()
        {
            self.index.remove(&context);
            self.queues[place].context = NOBODY;
            self.free.push(place);
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
            profile: ProfileId::LINK,
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
    fn contexts_come_and_go_and_are_not_mistaken_for_each_other() {
        let mut matching = Matching::default();
        let of = |context| Envelope { context, source: 1, tag: 1 };
        for round in 0..3u32 {
            for context in 0..4 {
                let pattern = Pattern { context, ..pattern(None, None) };
                matching.post(pattern, RequestId(10 * round + context as u32));
            }
            matching.retire(0);
            for context in (0..4).rev() {
                let id = RequestId(10 * round + context as u32);
                assert_eq!(matching.claim_posted(&of(context)), Some(id));
                assert_eq!(matching.claim_posted(&of(context)), None);
                matching.retire(context);
                assert_eq!(matching.claim_posted(&of(context)), None);
            }
        }
        assert_eq!(matching.queues.len(), 4);
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
