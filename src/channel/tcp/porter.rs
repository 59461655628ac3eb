//! The porter: a thread that answers the door and makes calls, so that a
//! handshake never waits for a program that computes, and a stranger never
//! makes one wait. Whatever comes out of it is an authenticated link or an
//! error; the channel's own thread never sees an unauthenticated byte.
//!
//! All decisions about who gets a link are made on this one thread. When two
//! processes call each other at once, the call of the lower number stays: its
//! maker answers `Yield` to the other one, whose maker accepts.

use super::card::Card;
use super::connection::Connection;
use super::conversation::{Conversation, Turn};
use super::dial::{Attempt, Dial};
use super::link::Link;
use super::socket::{Address, Socket};
use crate::channel::shm::Shared;
use crate::channel::shm::bell::Bell;
use crate::channel::{LinkError, PeerId};
use crate::secure::handshake::Check;
use crate::secure::identity::date;
use crate::secure::{
    Claim, Decision, Established, Handshake, LinkFailure, LinkSettings, OnExpiry, Outbox, Role,
};
use crate::sys::poll::{Interest, Poller};
use crate::sys::{net, unix};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Connections that may be unauthenticated at once. When they are all taken,
/// the next one waits in the kernel until one is done, or until the oldest
/// has had [`STRANGER_GRACE`].
pub const STRANGERS_MAX: usize = 128;

/// A stranger is not turned away for another one before this age; a handshake
/// takes a few milliseconds.
const STRANGER_GRACE: Duration = Duration::from_secs(1);

/// How long the door stays shut after the kernel could not give a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections accepted in one go, so that a flood of them does not keep the
/// porter from everything else.
const ACCEPTS_MAX: usize = 64;

/// Lines for the operator about refused connections, per process. The report
/// counts all of them.
const NOTICES_MAX: u32 = 8;

/// Calls under way at once; the others wait their turn without a deadline. A
/// thousand handshakes begun together would starve each other.
const DIALS_MAX: usize = 16;

/// Longest sleep: the clock that certificates are judged by may be set.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// What the channel asks of the porter.
pub enum Order {
    Dial {
        peer: PeerId,
        card: Card,
    },
    /// No more links: give up all calls, let nobody in, end the thread.
    Close,
}

/// What the porter has for the channel.
pub enum News {
    Up(Box<Arrival>),
    Failed(LinkError),
    /// A certificate of an open link has expired, at this second since 1970.
    Expired {
        peer: PeerId,
        at: u64,
    },
}

/// A link fresh from its handshake.
pub struct Arrival {
    pub peer: PeerId,
    pub link: Link,
    pub facts: Facts,
}

/// What is known about a link from its handshake.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The peer's: of its card where it was called, else what the peer says, and
    /// proves where it has a certificate.
    pub host: String,
    pub address: Address,
    pub identity: String,
    pub suite: String,
    pub opened_here: bool,
    /// The peer has proved with a certificate on which host it is.
    pub has_certificate: bool,
    pub handshake: Duration,
}

/// Between the channel's thread and the porter's.
pub struct Front {
    orders: Mutex<Vec<Order>>,
    news: Mutex<Vec<News>>,
    /// `news` is not empty. Set with release after the push and read with
    /// acquire before the pop; the lock orders the rest.
    has_news: AtomicBool,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    /// The porter has ended: no more news. Set with release after the last of
    /// them.
    is_over: AtomicBool,
    porter: Poller,
    channel: Arc<Poller>,
}

impl Front {
    pub fn new(channel: Arc<Poller>) -> io::Result<Front> {
        Ok(Front {
            orders: Mutex::default(),
            news: Mutex::default(),
            has_news: AtomicBool::new(false),
            refused: Mutex::default(),
            is_over: AtomicBool::new(false),
            porter: Poller::new()?,
            channel,
        })
    }

    pub fn order(&self, order: Order) {
        lock(&self.orders).push(order);
        self.porter.ring();
    }

    /// True when there is no news and there will be none.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire) && !self.has_news()
    }

    pub fn has_news(&self) -> bool {
        self.has_news.load(Ordering::Acquire)
    }

    pub fn take_news(&self) -> Vec<News> {
        let mut news = lock(&self.news);
        self.has_news.store(false, Ordering::Release);
        std::mem::take(&mut news)
    }

    pub fn refused(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.refused).clone()
    }

    fn tell(&self, news: News) {
        lock(&self.news).push(news);
        self.has_news.store(true, Ordering::Release);
        self.channel.ring();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const LISTENER: u64 = 0;
const LOCAL_LISTENER: u64 = 1;
const DIALS: u64 = 1 << 32;
const STRANGERS: u64 = 2 << 32;
const SETTLING: u64 = 3 << 32;

pub struct Porter {
    pub me: PeerId,
    /// Processes of the job.
    pub size: u32,
    pub job: String,
    pub link: LinkSettings,
    pub silence: Duration,
    pub own: Card,
    pub listener: TcpListener,
    /// For processes of this host, if they are to use it.
    pub local: Option<UnixListener>,
    pub bell: Option<Arc<Bell>>,
    pub front: Arc<Front>,
    /// Prints one line for the operator.
    pub notice: Box<dyn FnMut(&str) + Send>,
    pub state: Rounds,
}

/// What the porter has under way.
#[derive(Default)]
pub struct Rounds {
    strangers: Vec<Option<Conversation>>,
    dials: BTreeMap<u32, Dial>,
    /// Calls not begun yet.
    waiting: VecDeque<Dial>,
    /// Authenticated links within the host, before they are handed over.
    settling: BTreeMap<u32, Settling>,
    linked: HashSet<PeerId>,
    /// When a certificate of an open link expires, in seconds since 1970.
    expiring: Vec<(PeerId, u64)>,
    /// The listener is not watched until then, or until a place is free.
    shut_until: Option<Instant>,
    notices: u32,
}

struct Settling {
    shared: Shared,
    facts: Facts,
    deadline: Instant,
}

impl Porter {
    /// The thread's body.
    pub fn run(mut self) {
        self.work();
        let front = self.front.clone();
        drop(self);
        front.is_over.store(true, Ordering::Release);
        front.channel.ring();
    }

    fn work(&mut self) {
        self.front
            .porter
            .add(&self.listener, LISTENER, Interest::Read)
            .expect("a fresh listener can be watched");
        if let Some(local) = &self.local {
            let watched = self.front.porter.add(local, LOCAL_LISTENER, Interest::Read);
            watched.expect("a fresh listener can be watched");
        }
        let mut tokens = Vec::new();
        loop {
            let orders = std::mem::take(&mut *lock(&self.front.orders));
            for order in orders {
                match order {
                    Order::Dial { peer, card } => self.call(peer, card),
                    // Who is authenticated is owed an orderly end.
                    Order::Close => {
                        let numbers: Vec<u32> = self.state.settling.keys().copied().collect();
                        numbers.into_iter().for_each(|number| self.settled(number));
                        return;
                    }
                }
            }
            tokens.clear();
            // Interrupted or not, the next round looks again.
            let _ = self.front.porter.ready(&mut tokens);
            for &token in &tokens {
                match token {
                    LISTENER | LOCAL_LISTENER => self.answer_door(token),
                    token if token >= SETTLING => self.settle((token - SETTLING) as u32),
                    token if token >= STRANGERS => self.hear_stranger((token - STRANGERS) as usize),
                    token => self.pursue((token - DIALS) as u32),
                }
            }
            self.expire();
            self.expire_certificates();
            self.begin_calls();
            if tokens.is_empty() {
                self.front.porter.sleep(self.until_next_deadline());
            }
        }
    }

    fn claim(&self, peer: PeerId) -> Claim {
        Claim::new(Role::Rank, peer.0, &self.job)
    }

    // Strangers.

    fn answer_door(&mut self, door: u64) {
        let now = Instant::now();
        for _ in 0..ACCEPTS_MAX {
            if self.strangers_len() >= STRANGERS_MAX
                && let Err(wait) = self.turn_one_away(now)
            {
                self.shut_door(now + wait);
                return;
            }
            match self.accept(door) {
                Ok(Some(socket)) => self.admit(socket, now),
                Ok(None) => self.count("another user"),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // The caller is gone already, or we have no descriptor left;
                // the latter does not pass at once.
                Err(_) => {
                    self.shut_door(now + ACCEPT_PAUSE);
                    return;
                }
            }
        }
    }

    /// The next caller; `None` for one of another user, who is sent away before
    /// anything is read.
    fn accept(&self, door: u64) -> io::Result<Option<Socket>> {
        match &self.local {
            Some(local) if door == LOCAL_LISTENER => {
                let stream = unix::accept(local)?;
                Ok(unix::is_same_user(&stream).then(|| Socket::accepted_local(stream)))
            }
            _ => {
                let (stream, from) = net::accept(&self.listener)?;
                Ok(Some(Socket::accepted(stream, from)))
            }
        }
    }

    fn strangers_len(&self) -> usize {
        self.state.strangers.iter().flatten().count()
    }

    /// Makes room for one more, or says when somebody may be old enough.
    fn turn_one_away(&mut self, now: Instant) -> Result<(), Duration> {
        let oldest = (0..self.state.strangers.len())
            .filter_map(|slot| Some((self.state.strangers[slot].as_ref()?.age(now), slot)))
            .max();
        match oldest {
            Some((age, slot)) if age >= STRANGER_GRACE => {
                self.state.strangers[slot] = None;
                self.count("turned away: too many strangers at once");
                Ok(())
            }
            Some((age, _)) => Err(STRANGER_GRACE - age),
            None => Ok(()),
        }
    }

    fn shut_door(&mut self, until: Instant) {
        self.watch_doors(Interest::Neither);
        self.state.shut_until = Some(until);
    }

    fn open_door(&mut self) {
        if self.state.shut_until.take().is_some() {
            self.watch_doors(Interest::Read);
        }
    }

    fn watch_doors(&self, interest: Interest) {
        let _ = self.front.porter.modify(&self.listener, LISTENER, interest);
        if let Some(local) = &self.local {
            let _ = self.front.porter.modify(local, LOCAL_LISTENER, interest);
        }
    }

    fn admit(&mut self, socket: Socket, now: Instant) {
        let handshake = Handshake::accept(&self.link, self.claim(self.me));
        let timeout = self.link.handshake_timeout;
        let slot = match self.state.strangers.iter().position(Option::is_none) {
            Some(slot) => slot,
            None => {
                self.state.strangers.push(None);
                self.state.strangers.len() - 1
            }
        };
        let _ = socket.tune(self.silence);
        if self.front.porter.add(&socket, STRANGERS + slot as u64, Interest::Read).is_ok() {
            let conversation = Conversation::new(socket, handshake, Outbox::new(), timeout, now);
            self.state.strangers[slot] = Some(conversation);
            // Most callers speak at once.
            self.hear_stranger(slot);
        }
    }

    fn hear_stranger(&mut self, slot: usize) {
        let Some(mut conversation) = self.state.strangers.get_mut(slot).and_then(Option::take)
        else {
            return;
        };
        let mut turn = conversation.advance();
        while let Ok(Turn::Decide(claim)) = turn {
            let decision = self.decide(&claim);
            turn = conversation.decide(decision);
        }
        match turn {
            Ok(Turn::Wait) => {
                self.watch(&conversation, STRANGERS + slot as u64);
                self.state.strangers[slot] = Some(conversation);
            }
            Ok(Turn::Open(established)) => self.link_up(conversation, established, None),
            Ok(Turn::Yielded | Turn::Decide(_)) => {}
            Err(failure) => self.refuse(&conversation, &failure),
        }
        if self.state.strangers[slot].is_none() {
            self.open_door();
        }
    }

    /// Is this connection the one link with its authenticated caller?
    fn decide(&mut self, claim: &Claim) -> Decision {
        let peer = PeerId(claim.number);
        if claim.role != Role::Rank || peer == self.me || peer.0 >= self.size {
            return Decision::Refuse;
        }
        // A call that crossed ours and lost.
        if self.state.linked.contains(&peer) {
            return Decision::Yield;
        }
        let calling = self
            .state
            .dials
            .get(&peer.0)
            .is_some_and(|dial| !matches!(dial.attempt, Attempt::Yielded { .. }));
        match calling && self.me < peer {
            true => Decision::Yield,
            false => Decision::Accept,
        }
    }

    fn refuse(&mut self, conversation: &Conversation, failure: &LinkFailure) {
        let reason = match failure.check {
            Check::Protocol => "another protocol",
            Check::Version => "another version",
            Check::Tls => "TLS failed",
            Check::Certificate => "certificate refused",
            Check::ClusterKey => "another cluster key",
            Check::Policy => "another policy",
            Check::Job => "another job",
            Check::Peer => "wrong process",
            Check::Refused => "refused us",
            Check::Cut if conversation.is_silent() => "never spoke",
            Check::Cut => "broke off",
        };
        self.count(reason);
        // Scans and rubbish are only counted. Who speaks our protocol with the
        // wrong key or policy is somebody's mistake, and is told nothing: the
        // operator has to read it here.
        let worth_a_line = !matches!(failure.check, Check::Protocol | Check::Cut);
        if worth_a_line && self.state.notices < NOTICES_MAX {
            self.state.notices += 1;
            let from = conversation.socket.address();
            let who = match from {
                Address::Network(from) => format!("a process at {from}"),
                Address::Local(_) => "a process of this host".to_owned(),
            };
            (self.notice)(&failure.line(&who));
        }
    }

    fn count(&self, reason: &'static str) {
        *lock(&self.front.refused).entry(reason).or_default() += 1;
    }

    // Calls.

    fn call(&mut self, peer: PeerId, card: Card) {
        self.state.waiting.push_back(Dial::new(peer, card, &self.own));
    }

    fn begin_calls(&mut self) {
        while !self.state.waiting.is_empty() && self.calls_len() < DIALS_MAX {
            let Some(dial) = self.state.waiting.pop_front() else { return };
            self.try_next(dial);
        }
    }

    /// Calls that cost us something: not those that wait for the peer's own.
    fn calls_len(&self) -> usize {
        let is_busy = |dial: &&Dial| !matches!(dial.attempt, Attempt::Yielded { .. });
        self.state.dials.values().filter(is_busy).count()
    }

    /// Takes the next address of a call, or gives the call up.
    fn try_next(&mut self, mut dial: Dial) {
        // The peer's own call may have come meanwhile.
        if self.state.linked.contains(&dial.peer) {
            return;
        }
        match dial.connect_next(Instant::now()) {
            Err(error) => self.front.tell(News::Failed(error)),
            Ok(()) => {
                let number = dial.peer.0;
                if let Attempt::Connecting { socket, .. } = &dial.attempt {
                    let token = DIALS + u64::from(number);
                    if let Err(error) = self.front.porter.add(socket, token, Interest::Write) {
                        dial.note_network(&error);
                        self.front.tell(News::Failed(dial.verdict()));
                        return;
                    }
                }
                self.state.dials.insert(number, dial);
            }
        }
    }

    /// Something happened on the socket of a call.
    fn pursue(&mut self, number: u32) {
        let Some(mut dial) = self.state.dials.remove(&number) else { return };
        match std::mem::replace(&mut dial.attempt, Attempt::Idle) {
            Attempt::Connecting { socket, deadline } => match socket.connect_outcome() {
                None => {
                    dial.attempt = Attempt::Connecting { socket, deadline };
                    self.state.dials.insert(number, dial);
                }
                Some(Err(error)) => {
                    dial.note_network(&error);
                    self.try_next(dial);
                }
                Some(Ok(())) => {
                    let conversation = self.greet(socket, &dial);
                    self.converse(dial, conversation);
                }
            },
            Attempt::Talking(conversation) => self.converse(dial, conversation),
            attempt @ (Attempt::Idle | Attempt::Yielded { .. }) => {
                dial.attempt = attempt;
                self.state.dials.insert(number, dial);
            }
        }
    }

    fn greet(&self, socket: Socket, dial: &Dial) -> Box<Conversation> {
        let _ = socket.tune(self.silence);
        let mut outbox = Outbox::new();
        let (me, peer) = (self.claim(self.me), self.claim(dial.peer));
        let mut handshake = Handshake::initiate(&self.link, me, peer, &mut outbox);
        handshake.expect_host(dial.host());
        let timeout = self.link.handshake_timeout;
        Box::new(Conversation::new(socket, handshake, outbox, timeout, Instant::now()))
    }

    fn converse(&mut self, mut dial: Dial, mut conversation: Box<Conversation>) {
        match conversation.advance() {
            Ok(Turn::Wait) => {
                self.watch(&conversation, DIALS + u64::from(dial.peer.0));
                dial.attempt = Attempt::Talking(conversation);
                self.state.dials.insert(dial.peer.0, dial);
            }
            // The peer's call came first; both ends have that one as the link.
            Ok(Turn::Yielded) if self.state.linked.contains(&dial.peer) => {}
            Ok(Turn::Open(established)) => {
                self.link_up(*conversation, established, Some(dial.host()));
            }
            Ok(Turn::Yielded) => {
                let patience = self.link.handshake_timeout + self.link.connect_timeout;
                dial.attempt = Attempt::Yielded { deadline: Instant::now() + patience };
                self.state.dials.insert(dial.peer.0, dial);
            }
            Ok(Turn::Decide(_)) => unreachable!("only the acceptor decides"),
            Err(failure) => {
                dial.note_failure(&failure, failure.check == Check::Cut);
                self.try_next(dial);
            }
        }
    }

    // Both.

    fn watch(&self, conversation: &Conversation, token: u64) {
        let interest = Interest::new(true, conversation.wants_write());
        let _ = self.front.porter.modify(&conversation.socket, token, interest);
    }

    /// Hands the link over. `called` is the peer's host if the call was ours;
    /// else a call of ours to the same peer is over with this.
    fn link_up(
        &mut self,
        conversation: Conversation,
        established: Box<Established>,
        called: Option<&str>,
    ) {
        let Established { peer, sealer, opener, suite, handshake, host, expires_at } = *established;
        let peer = PeerId(peer.number);
        self.state.linked.insert(peer);
        self.state.expiring.extend(expires_at.map(|at| (peer, at)));
        // A call of ours that is still being answered is heard to its end:
        // the peer would count it as a stranger who broke off.
        if let Some(Dial { attempt: Attempt::Yielded { .. } | Attempt::Idle, .. }) =
            self.state.dials.get(&peer.0)
        {
            self.state.dials.remove(&peer.0);
        }
        let remains = conversation.into_remains();
        let _ = self.front.porter.remove(&remains.socket);
        let facts = Facts {
            host: called.map_or(host, str::to_owned),
            address: remains.socket.address().clone(),
            identity: handshake,
            suite,
            opened_here: called.is_some(),
            has_certificate: expires_at.is_some(),
            handshake: remains.duration,
        };
        let connection =
            Connection::new(peer, remains.socket, sealer, opener, remains.outbox, &remains.early);
        match &self.bell {
            Some(bell) if connection.socket().is_local() => {
                let (protection, poller) = (self.link.within_host, &self.front.channel);
                let shared = Shared::offer(peer, connection, protection, bell, poller);
                let deadline = Instant::now() + self.link.handshake_timeout;
                let socket = shared.connection.socket();
                let _ = self.front.porter.add(socket, SETTLING + u64::from(peer.0), Interest::Read);
                self.state.settling.insert(peer.0, Settling { shared, facts, deadline });
                self.settle(peer.0);
            }
            _ => {
                let link = Link::Wire(connection);
                self.front.tell(News::Up(Box::new(Arrival { peer, link, facts })));
            }
        }
    }

    /// Something happened on a link whose peer has yet to hand its memory over.
    fn settle(&mut self, number: u32) {
        let Some(settling) = self.state.settling.get_mut(&number) else { return };
        if settling.shared.settle() {
            self.settled(number);
        }
    }

    /// Hands a link within the host over, whatever has become of it.
    fn settled(&mut self, number: u32) {
        let Some(Settling { shared, facts, .. }) = self.state.settling.remove(&number) else {
            return;
        };
        let _ = self.front.porter.remove(shared.connection.socket());
        let (peer, link) = (PeerId(number), Link::Shared(shared));
        self.front.tell(News::Up(Box::new(Arrival { peer, link, facts })));
    }

    fn expire(&mut self) {
        let now = Instant::now();
        for slot in 0..self.state.strangers.len() {
            let late = self.state.strangers[slot].as_ref().is_some_and(|one| one.deadline <= now);
            if late && let Some(mut conversation) = self.state.strangers[slot].take() {
                let failure = conversation.expire();
                self.refuse(&conversation, &failure);
                self.open_door();
            }
        }
        if self.state.shut_until.is_some_and(|until| until <= now) {
            self.open_door();
        }
        let settling = self.state.settling.iter();
        let late: Vec<u32> =
            settling.filter(|(_, one)| one.deadline <= now).map(|(&number, _)| number).collect();
        late.into_iter().for_each(|number| self.settled(number));
        let late: Vec<u32> = self
            .state
            .dials
            .values()
            .filter(|dial| dial.deadline().is_some_and(|deadline| deadline <= now))
            .map(|dial| dial.peer.0)
            .collect();
        for number in late {
            let Some(mut dial) = self.state.dials.remove(&number) else { continue };
            match std::mem::replace(&mut dial.attempt, Attempt::Idle) {
                Attempt::Talking(mut conversation) => {
                    dial.note_failure(&conversation.expire(), false);
                    self.try_next(dial);
                }
                Attempt::Yielded { .. } => {
                    dial.note_absence();
                    self.front.tell(News::Failed(dial.verdict()));
                }
                Attempt::Connecting { .. } | Attempt::Idle => {
                    dial.note_timeout(self.link.connect_timeout);
                    self.try_next(dial);
                }
            }
        }
    }

    fn now_of_certificates(&self) -> u64 {
        self.link.clock.current_time().map_or(u64::MAX, |now| now.as_secs())
    }

    fn expire_certificates(&mut self) {
        if self.state.expiring.is_empty() {
            return;
        }
        let now = self.now_of_certificates();
        let (over, open) = self.state.expiring.drain(..).partition(|(_, at)| now > *at);
        self.state.expiring = open;
        let over: Vec<(PeerId, u64)> = over;
        for (peer, at) in over {
            match self.link.on_expiry {
                OnExpiry::End => self.front.tell(News::Expired { peer, at }),
                OnExpiry::Warn => (self.notice)(&format!(
                    "a certificate of the link with process {} expired ({}); the link stays open \
                     as the policy has it, and no new one will open",
                    peer.0,
                    date(at)
                )),
            }
        }
    }

    /// How long no certificate of an open link expires.
    fn until_next_expiry(&self) -> Option<Duration> {
        let first = self.state.expiring.iter().map(|(_, at)| *at).min()?;
        Some(Duration::from_secs((first + 1).saturating_sub(self.now_of_certificates()).max(1)))
    }

    fn until_next_deadline(&self) -> Duration {
        let strangers = self.state.strangers.iter().flatten().map(|one| one.deadline);
        let dials = self.state.dials.values().filter_map(Dial::deadline);
        let settling = self.state.settling.values().map(|one| one.deadline);
        let now = Instant::now();
        strangers
            .chain(dials)
            .chain(settling)
            .chain(self.state.shut_until)
            .min()
            .map(|first| first.saturating_duration_since(now))
            .into_iter()
            .chain(self.until_next_expiry())
            .min()
            // The clock may be set.
            .map_or(LOOK_INTERVAL, |first| first.min(LOOK_INTERVAL))
    }
}
