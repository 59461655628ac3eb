//! The states of a handshake and the one function that moves between them.
//!
//! Nothing here does cryptography: an [`Event`] is what the cryptography
//! found. So the whole graph can be searched, and a test does: no sequence of
//! events reaches [`State::Open`] without [`Event::TlsDone`] and
//! [`Event::Proved`], in this order.

/// What the acceptor makes of an authenticated peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This connection becomes the link.
    Accept,
    /// Two processes called each other at the same time, and the other
    /// connection stays.
    Yield,
    /// No link with this peer (its number is no process of ours).
    Refuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum State {
    /// Initiator: TLS is under way.
    Calling,
    /// Initiator: TLS is done, our proof is out, the acceptor's is awaited.
    Proving,
    /// Acceptor: nothing heard yet.
    Listening,
    /// Acceptor: TLS is under way.
    Answering,
    /// Acceptor: TLS is done, the initiator's proof is awaited.
    Challenging,
    /// Acceptor: the initiator is authenticated; the owner decides.
    Deciding,
    /// Both authenticated, the link is open.
    Open,
    /// Both authenticated, the other connection is the link.
    Yielded,
    /// Over. Nothing leads out of here.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The peer took a step of the TLS handshake; it is not complete.
    TlsStep,
    /// The TLS handshake is complete: the peer holds the key it showed, and
    /// nobody stands between.
    TlsDone,
    /// The peer proved the cluster key, under our policy, for our job and for
    /// this pair. The acceptor's proof carries its decision.
    Proved(Decision),
    /// Our owner decided (acceptor only).
    Decided(Decision),
    /// The peer refused.
    Refused,
    /// Anything else: wrong proof, rubbish, a message out of place.
    Broken,
}

pub(super) const fn next(state: State, event: Event) -> State {
    match (state, event) {
        (State::Calling, Event::TlsStep) => State::Calling,
        (State::Calling, Event::TlsDone) => State::Proving,
        (State::Proving, Event::Proved(Decision::Accept)) => State::Open,
        (State::Proving, Event::Proved(Decision::Yield)) => State::Yielded,

        (State::Listening, Event::TlsStep) => State::Answering,
        (State::Answering, Event::TlsStep) => State::Answering,
        (State::Answering, Event::TlsDone) => State::Challenging,
        // The initiator has nothing to decide; its proof says Accept.
        (State::Challenging, Event::Proved(Decision::Accept)) => State::Deciding,
        (State::Deciding, Event::Decided(Decision::Accept)) => State::Open,
        (State::Deciding, Event::Decided(Decision::Yield)) => State::Yielded,

        _ => State::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const EVENTS: [Event; 10] = [
        Event::TlsStep,
        Event::TlsDone,
        Event::Proved(Decision::Accept),
        Event::Proved(Decision::Yield),
        Event::Proved(Decision::Refuse),
        Event::Decided(Decision::Accept),
        Event::Decided(Decision::Yield),
        Event::Decided(Decision::Refuse),
        Event::Refused,
        Event::Broken,
    ];

    /// Walks the whole graph of (state, what has been shown so far): it is
    /// finite, so this covers sequences of any length.
    #[test]
    fn no_sequence_of_events_opens_a_link_without_both_proofs() {
        let mut seen = HashSet::new();
        let mut open = vec![(State::Calling, false, false), (State::Listening, false, false)];
        while let Some((state, tls, proved)) = open.pop() {
            if !seen.insert((state, tls, proved)) {
                continue;
            }
            if matches!(state, State::Open | State::Yielded | State::Deciding) {
                assert!(tls && proved, "{state:?} without authentication");
            }
            for event in EVENTS {
                let tls = tls || event == Event::TlsDone;
                // A proof counts only after TLS: it is bound to it.
                let proved = proved || (tls && matches!(event, Event::Proved(_)));
                open.push((next(state, event), tls, proved));
            }
        }
        assert!(seen.contains(&(State::Open, true, true)));
    }

    #[test]
    fn nothing_leads_out_of_an_end() {
        for state in [State::Open, State::Yielded, State::Failed] {
            for event in EVENTS {
                assert_eq!(next(state, event), State::Failed);
            }
        }
    }
}
