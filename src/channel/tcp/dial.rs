//! Reaching one peer: which address to try next, for how long, and what to
//! say when none led there.

use super::card::Card;
use super::conversation::Conversation;
use super::socket::{Address, Socket};
use crate::channel::{LinkError, PeerId};
use crate::secure::LinkFailure;
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

/// How long the first try of an address may take, so that an unroutable one
/// does not hold up the next. Addresses that only timed out get a second,
/// long try after all others.
const FIRST_TRY: Duration = Duration::from_millis(1500);

/// How often a connection cut in the middle of a handshake is begun again: a
/// peer under a flood of strangers may have to turn a good one away.
const CUTS_MAX: u32 = 2;

pub struct Dial {
    pub peer: PeerId,
    card: Card,
    plan: VecDeque<Try>,
    current: Option<Try>,
    pub attempt: Attempt,
    cuts: u32,
    /// The most telling failure so far: a failed check before a dead network.
    worst: Option<LinkError>,
}

#[derive(Clone)]
struct Try {
    address: Address,
    timeout: Duration,
}

pub enum Attempt {
    /// Nothing under way: take the next address.
    Idle,
    Connecting {
        socket: Socket,
        deadline: Instant,
    },
    Talking(Box<Conversation>),
    /// The peer's own connection to us is the link; it must come by then.
    Yielded {
        deadline: Instant,
    },
}

impl Dial {
    pub fn new(peer: PeerId, card: Card, own: &Card) -> Dial {
        let plan = own
            .candidates(&card)
            .into_iter()
            .map(|address| Try { address, timeout: FIRST_TRY })
            .collect();
        Dial { peer, card, plan, current: None, attempt: Attempt::Idle, cuts: 0, worst: None }
    }

    pub fn host(&self) -> &str {
        &self.card.host
    }

    /// Begins with the next address; an error when there is none left.
    pub fn connect_next(&mut self, now: Instant) -> Result<(), LinkError> {
        loop {
            self.attempt = Attempt::Idle;
            let Some(next) = self.plan.pop_front() else { return Err(self.verdict()) };
            let outcome = Socket::connect(&next.address);
            let deadline = now + next.timeout;
            self.current = Some(next);
            match outcome {
                Ok(socket) => {
                    self.attempt = Attempt::Connecting { socket, deadline };
                    return Ok(());
                }
                Err(error) => self.note_network(&error),
            }
        }
    }

    /// The address in use did not answer in time.
    pub fn note_timeout(&mut self, connect_timeout: Duration) {
        if let Some(current) = &self.current {
            if current.timeout < connect_timeout {
                self.plan.push_back(Try { timeout: connect_timeout, ..current.clone() });
            }
            self.note_network(&io::ErrorKind::TimedOut.into());
        }
    }

    /// No connection to the address in use.
    pub fn note_network(&mut self, error: &io::Error) {
        let why = match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                "nobody listens there: the process has died or has already finalized".to_owned()
            }
            io::ErrorKind::TimedOut => {
                "no answer: check routes and firewalls between the hosts".to_owned()
            }
            _ => format!("{error}: check routes and firewalls between the hosts"),
        };
        let message = format!("no link with {}: {why}", self.name());
        let error = LinkError { peer: Some(self.peer), security: false, message };
        self.worst.get_or_insert(error);
    }

    /// The handshake at the address in use failed.
    pub fn note_failure(&mut self, failure: &LinkFailure, is_cut: bool) {
        if is_cut && self.cuts < CUTS_MAX {
            self.cuts += 1;
            self.plan.extend(self.current.clone());
        }
        let message = failure.line(&self.name());
        let error = LinkError { peer: Some(self.peer), security: true, message };
        // A plain cut tells less than any other failed check.
        if !is_cut || self.worst.as_ref().is_none_or(|worst| !worst.security) {
            self.worst = Some(error);
        }
    }

    /// The peer had a connection of its own under way, and it never came.
    pub fn note_absence(&mut self) {
        let message = format!(
            "no link with {}: it called at the same time, and its connection did not arrive; \
             check firewalls between the hosts in both directions",
            self.name()
        );
        self.worst = Some(LinkError { peer: Some(self.peer), security: false, message });
    }

    pub fn verdict(&mut self) -> LinkError {
        self.worst.take().unwrap_or_else(|| LinkError {
            peer: Some(self.peer),
            security: false,
            message: format!(
                "no link with {}: its host lists no address that this host could try; bring a \
                 common network up on both",
                self.name()
            ),
        })
    }

    pub fn deadline(&self) -> Option<Instant> {
        match &self.attempt {
            Attempt::Idle => None,
            Attempt::Connecting { deadline, .. } | Attempt::Yielded { deadline } => Some(*deadline),
            Attempt::Talking(conversation) => Some(conversation.deadline),
        }
    }

    fn name(&self) -> String {
        match &self.current {
            Some(Try { address, .. }) => {
                format!("process {} at {} ({address})", self.peer.0, self.card.host)
            }
            None => format!("process {} at {}", self.peer.0, self.card.host),
        }
    }
}
