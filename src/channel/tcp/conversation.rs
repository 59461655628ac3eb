//! A handshake on a socket: moves its bytes until it is decided. Used for
//! connections both ways; whose turn it is, `secure` knows.

use super::socket::{Received, Socket};
use crate::secure::frame::HANDSHAKE_MAX;
use crate::secure::{Claim, Decision, Established, Handshake, LinkFailure, Outbox, Step};
use std::time::{Duration, Instant};

pub struct Conversation {
    pub socket: Socket,
    handshake: Handshake,
    outbox: Outbox,
    /// All that an unauthenticated peer makes us keep.
    heard: Box<[u8]>,
    heard_len: usize,
    started: Instant,
    pub deadline: Instant,
}

/// Where a conversation stands.
pub enum Turn {
    /// Wait for the peer.
    Wait,
    /// The peer is authenticated: [`Conversation::decide`].
    Decide(Claim),
    Open(Box<Established>),
    Yielded,
}

/// What an open conversation leaves behind.
pub struct Remains {
    pub socket: Socket,
    pub outbox: Outbox,
    /// What the peer sent behind its last message.
    pub early: Vec<u8>,
    pub duration: Duration,
}

impl Conversation {
    pub fn new(
        socket: Socket,
        handshake: Handshake,
        outbox: Outbox,
        timeout: Duration,
        now: Instant,
    ) -> Conversation {
        Conversation {
            socket,
            handshake,
            outbox,
            heard: vec![0; HANDSHAKE_MAX].into_boxed_slice(),
            heard_len: 0,
            started: now,
            deadline: now + timeout,
        }
    }

    /// Writes, reads and feeds until the peer has to speak or all is said.
    pub fn advance(&mut self) -> Result<Turn, LinkFailure> {
        loop {
            match self.feed()? {
                Turn::Wait => {}
                turn => return Ok(turn),
            }
            match self.socket.read(&mut self.heard[self.heard_len..]) {
                Ok(Received::Bytes(len)) => self.heard_len += len,
                Ok(Received::Nothing) => return Ok(Turn::Wait),
                Ok(Received::End) | Err(_) => return Err(self.handshake.cut()),
            }
        }
    }

    pub fn decide(&mut self, decision: Decision) -> Result<Turn, LinkFailure> {
        let step = self.handshake.decide(decision, &mut self.outbox);
        self.write()?;
        match step? {
            Step::Open(established) => Ok(Turn::Open(established)),
            _ => Ok(Turn::Yielded),
        }
    }

    /// The deadline passed.
    pub fn expire(&mut self) -> LinkFailure {
        let failure = self.handshake.expire(&mut self.outbox);
        let _ = self.write();
        failure
    }

    /// The peer has said nothing yet that could be ours.
    pub fn is_silent(&self) -> bool {
        self.handshake.is_silent()
    }

    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    pub fn wants_write(&self) -> bool {
        !self.outbox.is_empty()
    }

    pub fn into_remains(self) -> Remains {
        let early = self.heard[..self.heard_len].to_vec();
        let duration = self.started.elapsed();
        Remains { socket: self.socket, outbox: self.outbox, early, duration }
    }

    fn feed(&mut self) -> Result<Turn, LinkFailure> {
        loop {
            let fed = self.handshake.feed(&self.heard[..self.heard_len], &mut self.outbox);
            // Also after a failure: the outbox then holds the refusal.
            let written = self.write();
            let (taken, step) = fed?;
            written?;
            self.heard.copy_within(taken..self.heard_len, 0);
            self.heard_len -= taken;
            match step {
                Step::More if taken == 0 => return Ok(Turn::Wait),
                Step::More => {}
                Step::Decide(claim) => return Ok(Turn::Decide(claim)),
                Step::Open(established) => return Ok(Turn::Open(established)),
                Step::Yielded(_) => return Ok(Turn::Yielded),
            }
        }
    }

    fn write(&mut self) -> Result<(), LinkFailure> {
        match self.socket.write(&mut self.outbox) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.handshake.cut()),
        }
    }
}
