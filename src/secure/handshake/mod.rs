//! From a fresh connection to an authenticated, keyed link; bytes in, bytes
//! out.
//!
//! ```text
//! initiator                                acceptor
//!   TLS: hello                      -->
//!                                   <--    TLS: hello, raw key, finished
//!   TLS: raw key, finished, proof   -->    verifies; its owner decides
//!                                   <--    TLS: proof with the decision
//!   sealed frames                  <-->    sealed frames
//! ```
//!
//! [`machine`] has the states, [`tls`] the TLS conversation, [`proof`] the
//! words and what they prove. Any failure is final, is told to the operator
//! in full ([`LinkFailure`]), and to the peer as a bare refusal; to a peer
//! that never spoke our protocol, nothing at all is said.
//!
//! Until the end of the handshake a peer makes us hold one message of at most
//! `HANDSHAKE_MAX` bytes, and [`HEARD_BYTES_MAX`] in all.

mod failure;
mod machine;
mod proof;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};

use super::frame::{HANDSHAKE_BODY_MAX, HEADER_LEN, Header, HeaderError, Kind, VERSION};
use super::identity::{Facts, Identity, OnExpiry};
use super::keys::{ClusterKey, Direction, wipe_stack};
use super::outbox::Outbox;
use super::policy::WithinHost;
use super::primitives::digest;
use super::protection::Protection;
use super::record::{Opener, RekeyLimits, Sealer, Terms};
use super::suite::Suite;

pub use failure::{Check, LinkFailure};
pub use machine::Decision;
pub use proof::{Claim, Role};
pub use tls::KeyExchange;

use machine::{Event, State};
use proof::{Proving, Side, Words};
use tls::Tls;

/// Bytes that a whole handshake may send us.
pub(super) const HEARD_BYTES_MAX: usize = 32 << 10;

/// What a policy says about links; made by `Policy::link`.
#[derive(Clone)]
pub struct LinkSettings {
    /// `None` where certificates alone decide.
    pub key: Option<Arc<ClusterKey>>,
    /// Keys that a caller may prove beside it, while one takes over from
    /// another.
    pub accepted: Vec<Arc<ClusterKey>>,
    /// Our certificate, and whose we trust.
    pub identity: Option<Arc<Identity>>,
    /// The name of the host we are on, which our certificate must be for.
    pub host: String,
    pub digest: [u8; 32],
    pub(crate) provider: Arc<CryptoProvider>,
    /// What protects memory shared with a process of the same host.
    pub within_host: WithinHost,
    /// What becomes of an open link when a certificate expires.
    pub on_expiry: OnExpiry,
    /// Tells whether certificates are valid; nothing else here asks.
    pub clock: Arc<dyn TimeProvider>,
    pub terms: Terms,
    /// A connection that is not authenticated by then is to be closed.
    pub handshake_timeout: Duration,
    /// A connection that is not there by then counts as failed.
    pub connect_timeout: Duration,
}

impl LinkSettings {
    pub fn new(
        key: Option<Arc<ClusterKey>>,
        suite: &'static dyn Suite,
        limits: RekeyLimits,
        digest: [u8; 32],
    ) -> LinkSettings {
        LinkSettings {
            key,
            accepted: Vec::new(),
            identity: None,
            host: String::new(),
            digest,
            provider: tls::crypto_provider(KeyExchange::Any),
            within_host: WithinHost::None,
            on_expiry: OnExpiry::default(),
            clock: Arc::new(DefaultTimeProvider),
            terms: Terms::new(Protection::of(suite), limits),
            handshake_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
        }
    }

    pub fn exchange_keys_by(&mut self, exchange: KeyExchange) {
        self.provider = tls::crypto_provider(exchange);
    }

    /// The keys that may prove a peer, ours first.
    fn keys(&self) -> Vec<Arc<ClusterKey>> {
        let is_closed = self.key.is_some() || self.identity.is_some();
        assert!(is_closed, "without a cluster key and certificates everybody would be let in");
        let own = self.key.clone().unwrap_or_else(|| Arc::new(ClusterKey::absent()));
        [own].into_iter().chain(self.accepted.iter().cloned()).collect()
    }
}

impl fmt::Debug for LinkSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkSettings").field("terms", &self.terms).finish_non_exhaustive()
    }
}

/// An open link.
pub struct Established {
    /// Who the peer is, proved.
    pub peer: Claim,
    pub sealer: Sealer,
    pub opener: Opener,
    /// Name of the suite of the link, and of its signature.
    pub suite: String,
    /// How the peer was authenticated, for the report.
    pub handshake: String,
    /// The host the peer says it is on; proved where it has a certificate.
    pub host: String,
    /// When the first of both certificates expires, in seconds since 1970.
    pub expires_at: Option<u64>,
}

impl fmt::Debug for Established {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Established").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Where a handshake stands after it was fed.
#[derive(Debug)]
pub enum Step {
    /// Send what is in the outbox, feed what comes.
    More,
    /// Acceptor: this peer is authenticated; call [`Handshake::decide`].
    Decide(Claim),
    /// The link is open. Bytes after the consumed ones are frames.
    Open(Box<Established>),
    /// Authenticated, but the peer keeps the connection that it opened.
    Yielded(Claim),
}

/// One handshake.
pub struct Handshake {
    state: State,
    side: Side,
    settings: LinkSettings,
    tls: Option<Tls>,
    proving: Option<Proving>,
    me: Claim,
    /// Whom the initiator called; on the acceptor, who proved to be there.
    peer: Option<Claim>,
    /// Where the initiator called, if it knows.
    wanted_host: Option<String>,
    /// Where the peer says it is.
    peer_host: String,
    heard_len: usize,
    wire: WireHash,
}

/// SHA-256 of all messages of both sides so far, in order: one side never
/// speaks before the other has ended. TLS leaves a few bytes of its framing
/// unauthenticated; the proofs and the keys cover them by this.
#[derive(Clone)]
struct WireHash(digest::Context);

impl WireHash {
    fn new() -> WireHash {
        WireHash(digest::Context::new(&digest::SHA256))
    }

    fn finish(&self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(self.0.clone().finish().as_ref());
        out
    }
}

impl Handshake {
    /// Opens a conversation with `peer` on a connection that we made; the
    /// first message goes to the outbox.
    pub fn initiate(
        settings: &LinkSettings,
        me: Claim,
        peer: Claim,
        outbox: &mut Outbox,
    ) -> Handshake {
        let mut handshake = Handshake {
            state: State::Calling,
            side: Side::Initiator,
            settings: settings.clone(),
            tls: Some(Tls::initiate(settings)),
            proving: None,
            me,
            peer: Some(peer),
            wanted_host: None,
            peer_host: String::new(),
            heard_len: 0,
            wire: WireHash::new(),
        };
        handshake.flush(outbox);
        handshake
    }

    /// Says on which host the peer must be. It matters where hosts have
    /// certificates: without, a host's name is what the peer likes to say.
    pub fn expect_host(&mut self, host: &str) {
        self.wanted_host = (!host.is_empty()).then(|| proof::host_name(host));
    }

    /// Waits for somebody's first message on a connection that we took.
    /// Costs no cryptography before that message.
    pub fn accept(settings: &LinkSettings, me: Claim) -> Handshake {
        Handshake {
            state: State::Listening,
            side: Side::Acceptor,
            settings: settings.clone(),
            tls: None,
            proving: None,
            me,
            peer: None,
            wanted_host: None,
            peer_host: String::new(),
            heard_len: 0,
            wire: WireHash::new(),
        }
    }

    /// Takes at most one message from the front of `input` and says how many
    /// bytes it took: none when the message is not complete yet. Feed again
    /// while it takes some and the step is `More`. A failure puts the refusal
    /// into the outbox: send that, then close.
    pub fn feed(
        &mut self,
        input: &[u8],
        outbox: &mut Outbox,
    ) -> Result<(usize, Step), LinkFailure> {
        let Some(header_bytes) = input.first_chunk::<HEADER_LEN>() else {
            return match first_byte_is_ours(input) {
                true => Ok((0, Step::More)),
                false => Err(self.fail(Check::Protocol, "it speaks another protocol", outbox)),
            };
        };
        let header = match Header::decode(header_bytes) {
            Ok(header) => header,
            Err(error) => {
                let (check, found) = self.explain(error);
                return Err(self.fail(check, found, outbox));
            }
        };
        let body_len = header.body_len as usize;
        if header.context != 0
            || header.epoch != 0
            || header.suite != 0
            || !header.kind.is_handshake()
            || body_len > HANDSHAKE_BODY_MAX
        {
            let found = "it sent something else than a handshake message";
            return Err(self.fail(Check::Protocol, found, outbox));
        }
        let len = HEADER_LEN + body_len;
        let Some(message) = input.get(..len) else { return Ok((0, Step::More)) };
        self.heard_len += len;
        if self.heard_len > HEARD_BYTES_MAX {
            return Err(self.fail(Check::Protocol, "its handshake does not end", outbox));
        }
        let step = match header.kind {
            Kind::Refusal => {
                self.state = machine::next(self.state, Event::Refused);
                Err(self.failure(Check::Refused, "it refused this process"))
            }
            _ => self.converse(message, outbox),
        }?;
        Ok((len, step))
    }

    /// The acceptor's owner says what becomes of the authenticated peer. The
    /// answer goes to the outbox.
    pub fn decide(&mut self, decision: Decision, outbox: &mut Outbox) -> Result<Step, LinkFailure> {
        assert_eq!(self.state, State::Deciding, "decide() follows Step::Decide");
        if decision == Decision::Refuse {
            let found = format!("{} has no place here", self.peer());
            return Err(self.fail(Check::Peer, found, outbox));
        }
        self.state = machine::next(self.state, Event::Decided(decision));
        self.say_proof(decision, outbox);
        self.conclude()
    }

    /// What to report when the connection ended before the handshake did.
    pub fn cut(&mut self) -> LinkFailure {
        self.state = machine::next(self.state, Event::Broken);
        self.failure(Check::Cut, "the connection ended during the handshake")
    }

    /// What to report when the owner's deadline passed.
    pub fn expire(&mut self, outbox: &mut Outbox) -> LinkFailure {
        let limit = self.settings.handshake_timeout;
        self.fail(Check::Cut, format!("no end of the handshake within {limit:?}"), outbox)
    }

    /// True until the peer said anything that could be ours: a port scan, a
    /// health check, a process that never got to speak.
    pub fn is_silent(&self) -> bool {
        self.heard_len == 0
    }

    /// One message of the TLS conversation.
    fn converse(&mut self, message: &[u8], outbox: &mut Outbox) -> Result<Step, LinkFailure> {
        if !self.expects_tls() {
            return Err(self.fail(Check::Protocol, "it spoke out of turn", outbox));
        }
        let body = &message[HEADER_LEN..];
        let is_well_formed = match self.state {
            State::Answering => tls::is_sealed(tls::skip_change_cipher_spec(body)),
            State::Proving => tls::is_sealed(body),
            _ => true,
        };
        if !is_well_formed {
            return Err(self.fail(Check::Tls, "TLS failed (a malformed record)", outbox));
        }
        let wire_before = self.wire.finish();
        self.wire.0.update(message);
        let settings = &self.settings;
        let tls = self.tls.get_or_insert_with(|| Tls::accept(settings));
        if let Err(error) = tls.feed(body) {
            let (check, found) = explain_tls(&error);
            return Err(self.fail(check, found, outbox));
        }
        if matches!(self.state, State::Calling | State::Listening | State::Answering) {
            let event = if tls.is_done() { Event::TlsDone } else { Event::TlsStep };
            self.state = machine::next(self.state, event);
            if event == Event::TlsDone {
                self.begin_proving(outbox)?;
            }
        }
        self.flush(outbox);
        match self.state {
            State::Challenging | State::Proving => self.hear_proof(&wire_before, outbox),
            _ => Ok(Step::More),
        }
    }

    fn expects_tls(&self) -> bool {
        !matches!(self.state, State::Deciding | State::Open | State::Yielded | State::Failed)
    }

    fn begin_proving(&mut self, outbox: &mut Outbox) -> Result<(), LinkFailure> {
        let tls = self.tls.as_ref().expect("TLS is done");
        self.proving = Proving::new(tls, self.settings.keys(), self.side);
        if self.proving.is_none() {
            let found = "TLS ended without its key or our protocol";
            return Err(self.fail(Check::Tls, found, outbox));
        }
        if self.side == Side::Initiator {
            self.say_proof(Decision::Accept, outbox);
        }
        Ok(())
    }

    /// The peer's proof, once it is here; it was made when all that was said
    /// had the hash `wire`.
    fn hear_proof(&mut self, wire: &[u8; 32], outbox: &mut Outbox) -> Result<Step, LinkFailure> {
        let tls = self.tls.as_mut().expect("TLS is done");
        let heard = match tls.hear() {
            Some(heard) if heard.is_empty() => return Ok(Step::More),
            Some(heard) => heard,
            None => {
                let found = "it sent something else than its proof";
                return Err(self.fail(Check::Protocol, found, outbox));
            }
        };
        let proving = self.proving.as_mut().expect("it began when TLS was done");
        let judged = proving.verify(&heard, wire).and_then(|words| match self.judge(&words) {
            None => Ok(words),
            Some(reason) => Err(reason),
        });
        let words = match judged {
            Ok(words) => words,
            Err((check, found)) => return Err(self.fail(check, found, outbox)),
        };
        self.state = machine::next(self.state, Event::Proved(words.decision));
        self.peer = Some(words.me.clone());
        self.peer_host = words.host;
        match self.state {
            State::Deciding => Ok(Step::Decide(words.me)),
            State::Open | State::Yielded => self.conclude(),
            _ => Err(self.fail(Check::Protocol, "it spoke out of turn", outbox)),
        }
    }

    /// Are the peer's proven words those of the peer we can have a link with?
    fn judge(&self, words: &Words) -> Option<(Check, String)> {
        if words.policy != self.settings.digest {
            let (ours, its) = (short(&self.settings.digest), short(&words.policy));
            let found = format!("its policy (digest {its}) differs from the one here ({ours})");
            return Some((Check::Policy, found));
        }
        if words.me.job() != self.me.job() || words.peer.job() != self.me.job() {
            let found = format!("it is {}, and this is job {}", words.me, self.me.job());
            return Some((Check::Job, found));
        }
        if words.peer != self.me {
            let found = format!("it wants {}, and this is {}", words.peer, self.me);
            return Some((Check::Peer, found));
        }
        if words.me == self.me {
            return Some((Check::Peer, format!("it says it is {}, as we are", self.me)));
        }
        if let Some(wanted) = self.peer.as_ref().filter(|wanted| **wanted != words.me) {
            return Some((Check::Peer, format!("{wanted} was called, and it is {}", words.me)));
        }
        self.judge_host(&words.host)
    }

    /// Is the peer's certificate for the host where it says it is, and is that
    /// where we called?
    fn judge_host(&self, host: &str) -> Option<(Check, String)> {
        self.settings.identity.as_ref()?;
        let Some(facts) = self.peer_facts() else {
            return Some((Check::Certificate, "its certificate cannot be read".to_owned()));
        };
        if !facts.is_for(host) {
            let found = format!("it says it is on host {host}, and its certificate is for {facts}");
            return Some((Check::Certificate, found));
        }
        match &self.wanted_host {
            Some(wanted) if !wanted.eq_ignore_ascii_case(host) => {
                let found = format!("host {wanted} was called, and it is on host {host}");
                Some((Check::Certificate, found))
            }
            _ => None,
        }
    }

    fn peer_facts(&self) -> Option<Facts> {
        Facts::of(self.tls.as_ref()?.peer_end()?).ok()
    }

    fn say_proof(&mut self, decision: Decision, outbox: &mut Outbox) {
        let words = Words {
            me: self.me.clone(),
            host: proof::host_name(&self.settings.host),
            peer: self.peer().clone(),
            policy: self.settings.digest,
            decision,
        };
        let proving = self.proving.as_mut().expect("it began when TLS was done");
        let proof = proving.prove(&words, &self.wire.finish());
        self.tls.as_mut().expect("TLS is done").say(&proof);
        self.flush(outbox);
    }

    /// Sends what TLS has to say, in one message: see [`WireHash`].
    fn flush(&mut self, outbox: &mut Outbox) {
        let body = self.tls.as_mut().expect("there is a conversation").drain();
        if !body.is_empty() {
            let wire = &mut self.wire;
            outbox.push_handshake(Kind::Tls, &body, |message| wire.0.update(message));
        }
    }

    fn conclude(&mut self) -> Result<Step, LinkFailure> {
        let peer = self.peer().clone();
        if self.state == State::Yielded {
            return Ok(Step::Yielded(peer));
        }
        assert_eq!(self.state, State::Open);
        let identity = self.settings.identity.clone();
        let facts = identity.as_ref().and_then(|_| self.peer_facts());
        let tls = self.tls.take().expect("TLS is done");
        let proving = self.proving.take().expect("both proofs were made");
        let link = proving.link_secret(&self.wire.finish());
        wipe_stack();
        let (ours, its) = match self.side {
            Side::Initiator => (Direction::FromInitiator, Direction::FromAcceptor),
            Side::Acceptor => (Direction::FromAcceptor, Direction::FromInitiator),
        };
        let terms = &self.settings.terms;
        let its_key = match &facts {
            Some(facts) => Some(facts.public_key.as_slice()),
            None => tls.peer_end().map(|key| &key[..]),
        };
        let sealer = Sealer::new(&link, ours, terms, tls.signing_key());
        let opener = Opener::new(&link, its, terms, its_key);
        let (Some(sealer), Some(opener)) = (sealer, opener) else {
            return Err(self.failure(Check::Tls, "its key cannot sign frames"));
        };
        let own_facts = identity.as_ref().map(|identity| identity.facts());
        let expires_at =
            [own_facts, facts.as_ref()].into_iter().flatten().map(|f| f.not_after).min();
        let shown = match &facts {
            Some(facts) => format!("certificate of {facts}"),
            None => "raw keys".to_owned(),
        };
        let key = match (&self.settings.key, proving.chosen()) {
            (None, _) => "",
            (Some(_), 0) => ", cluster key",
            (Some(_), _) => ", a cluster key accepted besides",
        };
        Ok(Step::Open(Box::new(Established {
            peer,
            sealer,
            opener,
            suite: terms.protection.name(),
            handshake: format!("TLS 1.3, {}, {shown}{key}", tls.key_exchange()),
            host: std::mem::take(&mut self.peer_host),
            expires_at,
        })))
    }

    fn peer(&self) -> &Claim {
        self.peer.as_ref().expect("known from the start or from its proof")
    }

    fn explain(&self, error: HeaderError) -> (Check, String) {
        match error {
            // Twelve bytes of some other protocol also have a first byte.
            HeaderError::Version(found) if found < 16 => {
                let found = format!("it speaks version {found}, this side version {VERSION}");
                (Check::Version, found)
            }
            _ => (Check::Protocol, "it speaks another protocol".to_owned()),
        }
    }

    fn failure(&self, check: Check, found: impl Into<String>) -> LinkFailure {
        LinkFailure::new(self.side == Side::Initiator, check, found)
    }

    /// Ends the handshake; a peer that spoke our protocol gets a refusal.
    fn fail(&mut self, check: Check, found: impl Into<String>, outbox: &mut Outbox) -> LinkFailure {
        let was_over = matches!(self.state, State::Open | State::Yielded | State::Failed);
        self.state = machine::next(self.state, Event::Broken);
        if self.heard_len > 0 && !was_over {
            outbox.push_handshake(Kind::Refusal, &[], |_| ());
        }
        self.failure(check, found)
    }
}

/// Two sides that differ in having certificates differ in their policies, but
/// TLS ends before they could compare them.
fn explain_tls(error: &rustls::Error) -> (Check, String) {
    use rustls::{AlertDescription, Error, PeerIncompatible};
    match (tls::refused(error), error) {
        (Some(why), _) => (Check::Certificate, why),
        (
            None,
            Error::PeerIncompatible(
                PeerIncompatible::IncorrectCertificateTypeExtension
                | PeerIncompatible::UnsolicitedCertificateTypeExtension,
            ),
        ) => (
            Check::Policy,
            "one of us has a certificate under [identity], and the other has not".to_owned(),
        ),
        (None, Error::AlertReceived(AlertDescription::UnsupportedCertificate)) => (
            Check::Policy,
            "one of us has a certificate under [identity], and the other has not".to_owned(),
        ),
        (None, error) => (Check::Tls, format!("TLS failed ({error})")),
    }
}

fn first_byte_is_ours(input: &[u8]) -> bool {
    input.first().is_none_or(|byte| *byte == VERSION)
}

/// Enough of a digest for people to compare.
fn short(digest: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(&digest[..6])
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod credential_tests;
