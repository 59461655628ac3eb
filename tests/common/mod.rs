//! A job of TCP channels inside one test process, over the host's own
//! addresses.
#![allow(dead_code)]

pub mod proxy;

use mpisecure::channel::tcp::{Tcp, TcpSettings};
use mpisecure::channel::{Channel, LinkError, Outcome, PeerId, Sink};
use mpisecure::secure::handshake::LinkSettings;
use mpisecure::secure::record::RekeyLimits;
use mpisecure::secure::{ClusterKey, ProfileId, suite};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longest wait for anything in a test.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Processes of the job that every node takes itself for a part of.
pub const PROCESSES: u32 = 20;

/// The wire-up: cards by process.
pub type Book = Arc<Mutex<HashMap<u32, Vec<u8>>>>;

pub fn link(key: u8, digest: u8) -> LinkSettings {
    link_with(key, digest, RekeyLimits::MAX)
}

pub fn link_with(key: u8, digest: u8, limits: RekeyLimits) -> LinkSettings {
    let key = Arc::new(ClusterKey::from_bytes([key; 32]));
    LinkSettings::new(Some(key), suite::default_suite(), limits, [digest; 32])
}

/// What arrived at one process.
#[derive(Default)]
pub struct Log {
    pub packets: Vec<(u32, Vec<u8>, Vec<u8>)>,
    pub lost: Vec<Arc<LinkError>>,
}

impl Sink for Log {
    fn deliver(&mut self, from: PeerId, _: ProfileId, header: &[u8], payload: &[u8]) {
        self.packets.push((from.0, header.to_vec(), payload.to_vec()));
    }

    fn lost(&mut self, error: Arc<LinkError>) {
        self.lost.push(error);
    }
}

pub struct Node {
    pub tcp: Tcp,
    pub log: Log,
    pub notices: Arc<Mutex<Vec<String>>>,
}

impl Node {
    /// A process whose card is in `book`, and which finds its peers there.
    pub fn new(me: u32, link: LinkSettings, book: &Book) -> Node {
        Node::with(TcpSettings::new(PeerId(me), PROCESSES, "job-of-the-test", link), book)
    }

    /// One that shares memory with the others that do.
    pub fn sharing(me: u32, link: LinkSettings, book: &Book) -> Node {
        let mut settings = TcpSettings::new(PeerId(me), PROCESSES, "job-of-the-test", link);
        settings.shared_memory = true;
        Node::with(settings, book)
    }

    pub fn with(mut settings: TcpSettings, book: &Book) -> Node {
        let me = settings.me.0;
        let notices = Arc::new(Mutex::new(Vec::new()));
        let lines = notices.clone();
        settings.notice = Box::new(move |line| lines.lock().unwrap().push(line.to_owned()));
        let peers = book.clone();
        let directory = Box::new(move |peer: PeerId| {
            let card = peers.lock().unwrap().get(&peer.0).cloned();
            card.ok_or_else(|| io::Error::other("no such process"))
        });
        let tcp = Tcp::new(settings, directory).unwrap();
        book.lock().unwrap().entry(me).or_insert_with(|| tcp.card());
        Node { tcp, log: Log::default(), notices }
    }

    /// Offers a packet once; true when it was taken.
    pub fn offer(&mut self, to: u32, header: &[u8], payload: &[u8]) -> bool {
        let mut fill = |out: &mut [u8]| out.copy_from_slice(payload);
        matches!(
            self.tcp.send(PeerId(to), None, header, payload.len(), &mut fill),
            Outcome::Accepted
        )
    }

    pub fn poll(&mut self) -> bool {
        self.tcp.poll(&mut self.log)
    }

    pub fn security_losses(&self) -> usize {
        self.log.lost.iter().filter(|error| error.security).count()
    }

    pub fn refused(&mut self) -> u64 {
        self.tcp.report().unwrap().refused.values().sum()
    }
}

pub fn pair(link: &LinkSettings) -> (Node, Node) {
    let book = Book::default();
    let nodes = (Node::new(0, link.clone(), &book), Node::new(1, link.clone(), &book));
    (nodes.0, nodes.1)
}

/// Repeats `turn` until it is true.
pub fn until(what: &str, mut turn: impl FnMut() -> bool) {
    let start = Instant::now();
    while !turn() {
        assert!(start.elapsed() < PATIENCE, "still waiting: {what}");
        std::thread::yield_now();
    }
}

/// Sends one packet and waits for it at the other end.
pub fn pass(from: &mut Node, to: &mut Node, to_number: u32, header: &[u8], payload: &[u8]) {
    let before = to.log.packets.len();
    let mut sent = false;
    until("a packet", || {
        sent = sent || from.offer(to_number, header, payload);
        from.poll();
        to.poll();
        assert!(from.log.lost.is_empty(), "{}", from.log.lost[0]);
        assert!(to.log.lost.is_empty(), "{}", to.log.lost[0]);
        to.log.packets.len() > before
    });
    let (_, got_header, got_payload) = to.log.packets.last().unwrap();
    assert!(got_header == header && got_payload == payload);
}

/// Ends all links in order.
pub fn close(nodes: &mut [&mut Node]) {
    for node in nodes.iter_mut() {
        node.tcp.close();
    }
    until("orderly close", || {
        for node in nodes.iter_mut() {
            node.poll();
            assert!(node.log.lost.is_empty(), "{}", node.log.lost[0]);
        }
        nodes.iter().all(|node| node.tcp.is_closed())
    });
}
