//! Links between processes, opened at the first packet: over TCP, every byte
//! sealed by `secure`, and within a host over memory (`shm`) that is handed
//! over on a Unix socket. Both begin with the same handshake.
//!
//! - [`card`]: where a process listens, as the wire-up carries it;
//! - [`porter`]: the thread that listens, calls and shakes hands;
//! - [`connection`]: an established link; [`draft`]: how small packets share a
//!   frame; [`socket`]: the only way out;
//! - [`bed`]: how the engine sleeps; [`account`]: what the report says.
//!
//! This file is the table of links and the [`Channel`] over it. It runs on the
//! engine's threads and sees authenticated links only. With few links over TCP
//! it reads each socket without asking the kernel which is ready: see
//! [`DIRECT_LINKS_MAX`]. Sockets beside shared memory have nothing to say but
//! that a link begins or ends: they are looked at now and then, and after each
//! sleep, which they end.

mod account;
mod bed;
pub mod card;
pub(super) mod connection;
mod conversation;
mod dial;
mod draft;
mod inbox;
mod link;
mod loss;
mod porter;
pub(super) mod socket;

use self::account::account;
use self::bed::Bed;
use self::card::Card;
use self::connection::{Break, Connection, Sent};
use self::link::Link;
use self::porter::{Arrival, Facts, Front, News, Order, Porter};
use super::loopback::Loopback;
use super::report::{Link as LinkLine, LinkReport, Memory};
use super::shm;
use super::shm::bell::Bell;
use super::{Channel, HEADER_MAX, Lane, LinkError, Outcome, PAYLOAD_MAX, PeerId, Sink, Waiter};
use crate::secure::record::Terms;
use crate::secure::{About, End, LinkSettings, Network};
use crate::sys::poll::{Interest, Poller};
use crate::sys::process_memory::Span;
use crate::sys::{net, thread, unix};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use self::connection::OUTBOX_BYTES_MAX;
pub use self::porter::STRANGERS_MAX;
pub use self::socket::Address;

/// Up to this many links, `poll` tries to read each; above it asks epoll.
pub const DIRECT_LINKS_MAX: usize = 4;

/// Polls without anything moved between two looks at the clock.
const IDLE_POLLS_PER_LOOK: u32 = 1024;

/// Polls between two looks at the sockets beside shared memory: some hundred
/// microseconds, and a system call that is not to be noticed.
const POLLS_PER_ATTENDANCE: u32 = 4096;

/// How often links with data under way are asked whether the peer's host
/// still answers; also the longest sleep.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A peer whose host answers nothing for this long is lost.
pub const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Where a peer's card is to be had.
pub type Directory = Box<dyn FnMut(PeerId) -> io::Result<Vec<u8>> + Send>;

pub struct TcpSettings {
    pub me: PeerId,
    /// Processes of the job: nobody has this number or a higher one.
    pub size: u32,
    /// The name that the wire-up gives to all processes of the job.
    pub job: String,
    pub link: LinkSettings,
    /// Which addresses other hosts are told.
    pub network: Network,
    /// Whether processes of this host are reached through shared memory.
    pub shared_memory: bool,
    /// More ranks in this host than cores: they sleep rather than spin.
    pub crowded: bool,
    /// Prints one line for the operator about a refused connection.
    pub notice: Box<dyn FnMut(&str) + Send>,
    /// See [`SILENCE_MAX`].
    pub silence: Duration,
    /// The policy, for the report.
    pub about: About,
}

impl TcpSettings {
    pub fn new(me: PeerId, size: u32, job: &str, link: LinkSettings) -> TcpSettings {
        let notice = Box::new(|line: &str| eprintln!("mpi-secure: {line}"));
        TcpSettings {
            me,
            size,
            job: job.to_owned(),
            link,
            network: Network::default(),
            shared_memory: false,
            crowded: false,
            notice,
            silence: SILENCE_MAX,
            about: About::default(),
        }
    }
}

/// What is between this process and one peer.
#[derive(Default)]
enum Slot {
    #[default]
    Unknown,
    /// The porter was asked for a link.
    Calling,
    Up(Box<Live>),
    /// Both ends closed it.
    Closed,
    Lost(Arc<LinkError>),
}

struct Live {
    link: Link,
    facts: Facts,
    /// In [`Tcp::behind`].
    behind: bool,
}

pub struct Tcp {
    me: PeerId,
    size: u32,
    own: Card,
    about: About,
    terms: Terms,
    directory: Directory,
    silence: Duration,
    loopback: Loopback,
    /// By peer number.
    slots: Vec<Slot>,
    /// The peers whose slots are `Up`, by kind of link.
    wires: Vec<PeerId>,
    shared: Vec<PeerId>,
    /// Links over TCP that may have accepted what the kernel does not have yet.
    behind: Vec<PeerId>,
    /// Links through memory may be waiting for the peer's first word.
    unsettled: bool,
    polls: u32,
    /// Links that failed outside `poll`, or in it, to be reported by it.
    losses: Vec<Arc<LinkError>>,
    /// The report of links that are over.
    ended: Vec<LinkLine>,
    front: Arc<Front>,
    porter: Option<JoinHandle<()>>,
    poller: Arc<Poller>,
    bed: Arc<Bed>,
    tokens: Vec<u64>,
    idle_polls: u32,
    checked_at: Instant,
    closing: bool,
}

impl Tcp {
    /// Listens on a port of the kernel's choice. [`Tcp::card`] goes to the
    /// wire-up; `directory` is asked for the card of a peer when it is first
    /// needed, on the thread that calls [`Channel::send`].
    pub fn new(settings: TcpSettings, directory: Directory) -> io::Result<Tcp> {
        let listener = net::listen()?;
        // Without a local door or a bell this process uses TCP for all.
        let name = format!("mpi-secure-{:032x}", rand::random::<u128>());
        let local = settings.shared_memory.then(|| unix::listen(&name).ok()).flatten();
        let bell = Bell::new(settings.crowded).ok().map(Arc::new);
        let local = local.filter(|_| bell.is_some());
        let name = local.as_ref().map(|_| name);
        let own = Card::own(listener.local_addr()?.port(), name, &settings.network)?;
        let poller = Arc::new(Poller::new()?);
        let front = Arc::new(Front::new(poller.clone())?);
        let terms = settings.link.terms.clone();
        let porter = Porter {
            me: settings.me,
            size: settings.size,
            job: settings.job,
            link: LinkSettings { host: own.host.clone(), ..settings.link },
            silence: settings.silence,
            own: own.clone(),
            listener,
            local,
            bell: bell.clone(),
            front: front.clone(),
            notice: settings.notice,
            state: Default::default(),
        };
        let porter = thread::spawn("mpi-secure door", move || porter.run())?;
        Ok(Tcp {
            me: settings.me,
            size: settings.size,
            own,
            about: settings.about,
            terms,
            directory,
            silence: settings.silence,
            loopback: Loopback::new(settings.me),
            slots: Vec::new(),
            wires: Vec::new(),
            shared: Vec::new(),
            behind: Vec::new(),
            unsettled: false,
            polls: 0,
            losses: Vec::new(),
            ended: Vec::new(),
            front,
            porter: Some(porter),
            bed: Arc::new(Bed {
                poller: poller.clone(),
                bell,
                slept: AtomicBool::new(false),
                sockets_ready: AtomicBool::new(false),
            }),
            poller,
            tokens: Vec::new(),
            idle_polls: 0,
            checked_at: Instant::now(),
            closing: false,
        })
    }

    /// Where this process listens: printable ASCII, below 900 bytes.
    pub fn card(&self) -> Vec<u8> {
        self.own.encode()
    }

    fn slot(&mut self, peer: PeerId) -> &mut Slot {
        let index = peer.0 as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, Slot::default);
        }
        &mut self.slots[index]
    }

    /// Asks for a link. What cannot even be asked for is lost at once.
    fn call(&mut self, peer: PeerId) -> Outcome {
        if self.closing {
            return self.give_up(peer, format!("no new link with {}: this process ends", peer.0));
        }
        if peer.0 >= self.size {
            let message = format!("no process {}: the job has {}", peer.0, self.size);
            return self.give_up(peer, message);
        }
        let card = match (self.directory)(peer) {
            Ok(card) => card,
            Err(error) => {
                let message = format!(
                    "no link with process {}: the launcher does not know where it listens \
                     ({error}); check that all processes were started by one launcher",
                    peer.0
                );
                return self.give_up(peer, message);
            }
        };
        let Some(card) = Card::decode(&card) else {
            let message = format!(
                "no link with process {}: its address in the wire-up is none of ours; check that \
                 all hosts have the same version of mpi-secure, and that all processes use it",
                peer.0
            );
            return self.give_up(peer, message);
        };
        *self.slot(peer) = Slot::Calling;
        self.front.order(Order::Dial { peer, card });
        Outcome::Busy
    }

    fn give_up(&mut self, peer: PeerId, message: String) -> Outcome {
        let error = Arc::new(LinkError { peer: Some(peer), security: false, message });
        *self.slot(peer) = Slot::Lost(error.clone());
        self.losses.push(error.clone());
        Outcome::Lost(error)
    }

    /// What the porter achieved since the last look.
    #[inline(never)]
    fn take_news(&mut self, sink: &mut dyn Sink) {
        for news in self.front.take_news() {
            match news {
                News::Failed(error) => {
                    let peer = error.peer.expect("a call has somebody it is for");
                    let error = Arc::new(error);
                    *self.slot(peer) = Slot::Lost(error.clone());
                    self.losses.push(error);
                }
                News::Up(arrival) => self.settle(*arrival, sink),
                News::Expired { peer, at } => self.fail(peer, Break::Expired(at)),
            }
        }
    }

    fn settle(&mut self, arrival: Arrival, sink: &mut dyn Sink) {
        let Arrival { peer, mut link, facts } = arrival;
        match &link {
            Link::Shared(shared) => {
                self.unsettled |= shared.is_unsettled();
                self.shared.push(peer);
            }
            Link::Wire(_) => self.wires.push(peer),
        }
        let closing = self.closing;
        let host = self.judge_host(peer, &facts);
        let addresses = link.connection().socket().ends();
        let here = End { address: addresses.map(|(ip, _)| ip), host: self.own.host.clone() };
        let there = End { address: addresses.map(|(_, ip)| ip), host: facts.host.clone() };
        sink.linked(peer, &here, &there);
        let begin = || -> Result<(), Break> {
            let connection = link.connection_mut();
            self.poller.add(connection.socket(), u64::from(peer.0), Interest::Read)?;
            connection.watched = Interest::Read;
            host?;
            if closing {
                connection.close();
            }
            connection.flush()?;
            link.open_early(sink)
        };
        let begun = begin();
        *self.slot(peer) = Slot::Up(Box::new(Live { link, facts, behind: false }));
        if let Err(why) = begun {
            self.fail(peer, why);
        }
    }

    /// A peer with a certificate is on the host that the certificate is for;
    /// is that where the wire-up has it? Whoever called was not called, so
    /// nobody has asked yet.
    fn judge_host(&mut self, peer: PeerId, facts: &Facts) -> Result<(), Break> {
        if facts.opened_here || !facts.has_certificate {
            return Ok(());
        }
        let card = (self.directory)(peer).ok().and_then(|card| Card::decode(&card));
        let wanted = card.map(|card| card.host);
        match &wanted {
            Some(wanted) if wanted.eq_ignore_ascii_case(&facts.host) => Ok(()),
            _ => Err(Break::Elsewhere { wanted, found: facts.host.clone() }),
        }
    }

    /// Looks after the socket of one link.
    fn attend(&mut self, peer: PeerId, sink: &mut dyn Sink) -> bool {
        let Some(Slot::Up(live)) = self.slots.get_mut(peer.0 as usize) else { return false };
        let outcome = live.link.attend(sink);
        watch(&self.poller, peer, live.link.connection_mut());
        self.conclude(peer, outcome)
    }

    /// Gives the kernel what it takes of what earlier sends left behind.
    #[inline(never)]
    fn flush_behind(&mut self) -> bool {
        let mut moved = false;
        // Backwards: a link that has caught up, or ended, leaves its place to
        // the last one.
        for index in (0..self.behind.len()).rev() {
            let peer = self.behind[index];
            let Some(Slot::Up(live)) = self.slots.get_mut(peer.0 as usize) else {
                unreachable!("a link that ends leaves the list");
            };
            let connection = live.link.connection_mut();
            let outcome = connection.flush();
            if connection.is_flushed() {
                live.behind = false;
                self.behind.swap_remove(index);
            } else {
                // Whoever sleeps from here on hears of the room it waits for.
                watch(&self.poller, peer, connection);
            }
            moved |= self.conclude(peer, outcome);
        }
        moved
    }

    /// What follows from moving bytes of a link; true when any moved.
    fn conclude(&mut self, peer: PeerId, outcome: Result<bool, Break>) -> bool {
        match outcome {
            Ok(moved) => {
                if moved && self.is_over(peer) {
                    self.end(peer, Slot::Closed);
                }
                moved
            }
            Err(why) => {
                self.fail(peer, why);
                true
            }
        }
    }

    fn is_over(&self, peer: PeerId) -> bool {
        let slot = &self.slots[peer.0 as usize];
        matches!(slot, Slot::Up(live) if live.link.connection().is_over())
    }

    /// Reads the sockets of the links over TCP.
    #[inline(never)]
    fn attend_wires(&mut self, sink: &mut dyn Sink) -> bool {
        let mut moved = false;
        // Backwards: a link that ends leaves its place to the last one.
        for index in (0..self.wires.len()).rev() {
            moved |= self.attend(self.wires[index], sink);
        }
        moved
    }

    /// Asks the kernel which sockets have something.
    #[inline(never)]
    fn attend_ready(&mut self, sink: &mut dyn Sink) -> bool {
        let mut tokens = std::mem::take(&mut self.tokens);
        tokens.clear();
        // An interrupted look is repeated by the next poll.
        let _ = self.poller.ready(&mut tokens);
        let mut moved = false;
        for &token in &tokens {
            moved |= self.attend(PeerId(token as u32), sink);
        }
        self.tokens = tokens;
        if self.unsettled {
            let is_unsettled = |peer: &PeerId| match &self.slots[peer.0 as usize] {
                Slot::Up(live) => matches!(&live.link, Link::Shared(one) if one.is_unsettled()),
                _ => false,
            };
            self.unsettled = self.shared.iter().any(is_unsettled);
        }
        moved
    }

    /// Takes what is in the rings.
    fn poll_shared(&mut self, sink: &mut dyn Sink) -> bool {
        let mut moved = false;
        for index in (0..self.shared.len()).rev() {
            let peer = self.shared[index];
            let Some(Slot::Up(live)) = self.slots.get_mut(peer.0 as usize) else { continue };
            let Link::Shared(shared) = &mut live.link else { continue };
            match shared.poll(sink) {
                Ok(any) => moved |= any,
                Err(why) => {
                    self.fail(peer, why);
                    moved = true;
                }
            }
        }
        moved
    }

    /// Whether the sockets beside shared memory are due.
    fn is_attendance_due(&mut self) -> bool {
        self.polls = self.polls.wrapping_add(1);
        self.unsettled
            || self.polls.is_multiple_of(POLLS_PER_ATTENDANCE)
            || self.bed.sockets_ready.load(Ordering::Relaxed)
                && self.bed.sockets_ready.swap(false, Ordering::Relaxed)
    }

    /// Brings what the poller watches for in line with the links' queues; to
    /// be done before anybody sleeps.
    fn watch_all(&mut self) {
        for &peer in self.wires.iter().chain(&self.shared) {
            if let Some(Slot::Up(live)) = self.slots.get_mut(peer.0 as usize) {
                watch(&self.poller, peer, live.link.connection_mut());
            }
        }
    }

    /// Nothing moved: time to look at what only time shows.
    fn rest(&mut self) {
        self.idle_polls += 1;
        let slept = &self.bed.slept;
        if self.idle_polls >= IDLE_POLLS_PER_LOOK
            || slept.load(Ordering::Relaxed) && slept.swap(false, Ordering::Relaxed)
        {
            self.look_at_clock();
        }
    }

    #[inline(never)]
    fn look_at_clock(&mut self) {
        self.idle_polls = 0;
        let now = Instant::now();
        if now.saturating_duration_since(self.checked_at) < CHECK_INTERVAL {
            return;
        }
        self.checked_at = now;
        for index in (0..self.wires.len()).rev() {
            let peer = self.wires[index];
            let Slot::Up(live) = &mut self.slots[peer.0 as usize] else { continue };
            if let Err(why) = live.link.connection().check_silence(self.silence) {
                self.fail(peer, why);
            }
        }
    }

    /// Ends a link for a reason that the engine has to hear.
    fn fail(&mut self, peer: PeerId, why: Break) {
        let Slot::Up(live) = self.slot(peer) else { return };
        let address = live.facts.address.clone();
        let is_local = live.link.connection().socket().is_local();
        let name = match self.host_of(peer) {
            host if host.is_empty() => format!("process {} at {address}", peer.0),
            host => format!("process {} at {host} ({address})", peer.0),
        };
        let (security, message) = why.explain(peer, &name, is_local);
        let error = Arc::new(LinkError { peer: Some(peer), security, message });
        self.end(peer, Slot::Lost(error.clone()));
        self.losses.push(error);
    }

    /// Takes a link out of service and keeps its account.
    fn end(&mut self, peer: PeerId, slot: Slot) {
        let state = match &slot {
            Slot::Lost(error) => error.message.clone(),
            _ => "closed".to_owned(),
        };
        let former = std::mem::replace(self.slot(peer), slot);
        self.wires.retain(|&other| other != peer);
        self.shared.retain(|&other| other != peer);
        self.behind.retain(|&other| other != peer);
        if let Slot::Up(live) = former {
            let account = account(peer, (&live.link, &live.facts), &self.terms, state);
            self.ended.push(account);
        }
    }

    /// The name of a peer's host, if it is to be had.
    fn host_of(&mut self, peer: PeerId) -> String {
        if let Slot::Up(live) = self.slot(peer)
            && !live.facts.host.is_empty()
        {
            return live.facts.host.clone();
        }
        let card = (self.directory)(peer).ok().and_then(|card| Card::decode(&card));
        card.map(|card| card.host).unwrap_or_default()
    }
}

impl Channel for Tcp {
    fn send(
        &mut self,
        to: PeerId,
        lane: Option<&Lane>,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Outcome {
        assert!(header.len() <= HEADER_MAX && payload_len <= PAYLOAD_MAX, "packet over its bound");
        if to == self.me {
            let outcome = self.loopback.send(to, lane, header, payload_len, fill);
            // Somebody may sleep on the sockets.
            self.poller.ring();
            return outcome;
        }
        match self.slots.get_mut(to.0 as usize) {
            Some(Slot::Up(live)) => match live.link.send(lane, header, payload_len, fill) {
                Ok(Sent::Accepted) => {
                    if !live.behind && !live.link.connection().is_flushed() {
                        live.behind = true;
                        self.behind.push(to);
                    }
                    Outcome::Accepted
                }
                Ok(Sent::Busy) => Outcome::Busy,
                Ok(Sent::PeerClosed) => Outcome::Lost(Arc::new(finalized(to))),
                Err(why) => {
                    self.fail(to, why);
                    match self.slot(to) {
                        Slot::Lost(error) => Outcome::Lost(error.clone()),
                        _ => Outcome::Busy,
                    }
                }
            },
            Some(Slot::Calling) => Outcome::Busy,
            Some(Slot::Lost(error)) => Outcome::Lost(error.clone()),
            Some(Slot::Closed) => Outcome::Lost(Arc::new(finalized(to))),
            Some(Slot::Unknown) | None => self.call(to),
        }
    }

    /// Asked again and again while a rank waits, most often for what comes through
    /// memory. So all else is kept out of line, where it costs this path no registers.
    fn poll(&mut self, sink: &mut dyn Sink) -> bool {
        let mut moved = self.loopback.has_packets() && self.loopback.poll(sink);
        moved |= self.flush();
        if self.front.has_news() {
            self.take_news(sink);
            moved = true;
        }
        if !self.shared.is_empty() {
            moved |= self.poll_shared(sink);
            if self.is_attendance_due() {
                moved |= self.attend_ready(sink);
            }
        }
        if !self.wires.is_empty() {
            moved |= match self.wires.len() <= DIRECT_LINKS_MAX {
                true => self.attend_wires(sink),
                false => self.attend_ready(sink),
            };
        }
        if !self.losses.is_empty() {
            for error in std::mem::take(&mut self.losses) {
                sink.lost(error);
            }
            moved = true;
        }
        if !moved {
            self.rest();
        }
        moved
    }

    fn piece_max(&self, to: PeerId) -> usize {
        match self.slots.get(to.0 as usize) {
            Some(Slot::Up(live)) if matches!(live.link, Link::Shared(_)) => shm::PIECE_BYTES,
            _ => PAYLOAD_MAX,
        }
    }

    fn is_fetched_from(&self, to: PeerId) -> bool {
        match self.slots.get(to.0 as usize) {
            Some(Slot::Up(live)) => match &live.link {
                Link::Shared(shared) => shared.is_open_to_peer(),
                Link::Wire(_) => false,
            },
            _ => false,
        }
    }

    fn fetch(&mut self, from: PeerId, address: u64, target: Span) -> bool {
        match self.slots.get_mut(from.0 as usize) {
            Some(Slot::Up(live)) => match &mut live.link {
                Link::Shared(shared) => shared.fetch(address, target),
                Link::Wire(_) => false,
            },
            _ => false,
        }
    }

    fn flush(&mut self) -> bool {
        !self.behind.is_empty() && self.flush_behind()
    }

    fn is_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    fn waiter(&self) -> Arc<dyn Waiter> {
        self.bed.clone()
    }

    fn is_flushed(&self) -> bool {
        self.loopback.is_flushed()
            && self.wires.iter().chain(&self.shared).all(|peer| {
                match &self.slots[peer.0 as usize] {
                    Slot::Up(live) => live.link.connection().is_flushed(),
                    _ => true,
                }
            })
    }

    fn close(&mut self) {
        if self.closing {
            return;
        }
        self.closing = true;
        self.loopback.close();
        self.front.order(Order::Close);
        let live: Vec<PeerId> = self.wires.iter().chain(&self.shared).copied().collect();
        for peer in live {
            let Slot::Up(live) = &mut self.slots[peer.0 as usize] else { continue };
            let connection = live.link.connection_mut();
            connection.close();
            match connection.flush() {
                Err(why) => self.fail(peer, why),
                Ok(_) if connection.is_over() => self.end(peer, Slot::Closed),
                Ok(_) => {}
            }
        }
        self.watch_all();
    }

    fn is_closed(&self) -> bool {
        self.closing
            && self.wires.is_empty()
            && self.shared.is_empty()
            && self.loopback.is_closed()
            && self.front.is_over()
    }

    fn report(&mut self) -> Option<LinkReport> {
        let mut links = self.ended.clone();
        for &peer in self.wires.iter().chain(&self.shared) {
            if let Slot::Up(live) = &self.slots[peer.0 as usize] {
                links.push(account(
                    peer,
                    (&live.link, &live.facts),
                    &self.terms,
                    "open".to_owned(),
                ));
            }
        }
        links.sort_by_key(|link| link.peer);
        let mut report = LinkReport {
            process: self.me.0,
            host: self.own.host.clone(),
            policy: self.about.clone(),
            memory: Memory::now(),
            refused: self.front.refused().into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
            ..LinkReport::default()
        };
        for link in &mut links {
            report.sent += link.sent;
            report.received += link.received;
            if link.host.is_empty() {
                link.host = self.host_of(PeerId(link.peer));
            }
        }
        report.links = links;
        Some(report)
    }
}

impl Drop for Tcp {
    fn drop(&mut self) {
        self.front.order(Order::Close);
        if let Some(porter) = self.porter.take() {
            let _ = porter.join();
        }
    }
}

/// A link that nothing will come from is not watched at all: the kernel would
/// go on reporting its end.
fn watch(poller: &Poller, peer: PeerId, connection: &mut Connection) {
    let (wanted, watched) = (connection.interest(), connection.watched);
    if wanted == watched {
        return;
    }
    let (socket, token) = (connection.socket(), u64::from(peer.0));
    let outcome = match (watched, wanted) {
        (Interest::Neither, _) => poller.add(socket, token, wanted),
        (_, Interest::Neither) => poller.remove(socket),
        _ => poller.modify(socket, token, wanted),
    };
    if outcome.is_ok() {
        connection.watched = wanted;
    }
}

fn finalized(peer: PeerId) -> LinkError {
    LinkError {
        peer: Some(peer),
        security: false,
        message: format!("process {} has already finalized: nothing can be sent to it", peer.0),
    }
}
