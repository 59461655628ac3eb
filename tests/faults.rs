//! What a TCP channel makes of peers that die, hosts that fall silent and
//! addresses that lead nowhere: an error in time where the link is needed, and
//! never a hang, never a false alarm.

mod common;

use common::{Book, Node, PATIENCE, PROCESSES, close, link, pair, pass, until};
use mpisecure::channel::tcp::card::Card;
use mpisecure::channel::tcp::{Tcp, TcpSettings};
use mpisecure::channel::{Channel, Outcome, PAYLOAD_MAX, PeerId};
use mpisecure::secure::Network;
use std::io::Read;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

/// The loss that `node` hears of when it wants to reach process 1.
fn loss_of(node: &mut Node) -> String {
    until("the loss", || {
        assert!(!node.offer(1, b"h", b"p"));
        node.poll();
        !node.log.lost.is_empty()
    });
    assert_eq!(node.log.lost.len(), 1);
    assert_eq!(node.log.lost[0].peer, Some(PeerId(1)));
    assert!(matches!(node.tcp.send(PeerId(1), None, b"", 0, &mut |_| ()), Outcome::Lost(_)));
    node.log.lost[0].message.clone()
}

#[test]
fn a_peer_that_died_before_the_first_contact_is_lost() {
    let (mut a, b) = pair(&link(1, 1));
    drop(b);
    let line = loss_of(&mut a);
    assert!(line.contains("process 1 at ") && line.contains("died"), "{line}");
}

#[test]
fn a_peer_that_the_wire_up_does_not_know_is_lost() {
    let book = Book::default();
    let mut a = Node::new(0, link(1, 1), &book);
    let line = loss_of(&mut a);
    assert!(line.contains("no such process"), "{line}");
    book.lock().unwrap().insert(2, b"http://example/".to_vec());
    assert!(matches!(a.tcp.send(PeerId(2), None, b"", 0, &mut |_| ()), Outcome::Lost(_)));
}

/// A peer that takes connections and does `deed` with each.
fn impostor(deed: impl Fn(std::net::TcpStream) + Send + 'static) -> Node {
    let book = Book::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let card = Card::own(listener.local_addr().unwrap().port(), None, &Network::default()).unwrap();
    let card = Card { addresses: Vec::new(), ..card };
    book.lock().unwrap().insert(1, card.encode());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(8) {
            deed(stream.unwrap());
        }
    });
    let mut settings = link(1, 1);
    settings.handshake_timeout = Duration::from_millis(300);
    Node::new(0, settings, &book)
}

#[test]
fn a_peer_that_dies_in_the_handshake_is_lost() {
    let mut a = impostor(drop);
    assert!(loss_of(&mut a).contains("ended during the handshake"));
    let mut a = impostor(|mut stream| {
        let _ = stream.read(&mut [0; 100]);
    });
    assert!(loss_of(&mut a).contains("handshake"));
}

#[test]
fn a_listener_that_never_speaks_is_given_up_in_time() {
    let mut a = impostor(std::mem::forget);
    let line = loss_of(&mut a);
    assert!(line.contains("handshake within"), "{line}");
}

#[test]
fn a_listener_that_speaks_another_protocol_is_no_peer() {
    let mut a = impostor(|mut stream| {
        use std::io::Write;
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        let _ = stream.read(&mut [0; 100]);
    });
    let line = loss_of(&mut a);
    assert!(line.contains("another protocol") && a.log.lost[0].security, "{line}");
}

#[test]
fn a_peer_that_dies_on_an_open_link_is_lost_at_once() {
    let (mut a, mut b) = pair(&link(1, 1));
    pass(&mut a, &mut b, 1, b"h", b"p");
    drop(b);
    until("the loss", || {
        a.poll();
        !a.log.lost.is_empty()
    });
    let line = &a.log.lost[0].message;
    assert!(line.contains("process 1 at ") && line.contains("died"), "{line}");
    assert!(matches!(a.tcp.send(PeerId(1), None, b"", 0, &mut |_| ()), Outcome::Lost(_)));
    // It also ends in order after that.
    a.tcp.close();
    until("the close", || {
        a.poll();
        a.tcp.is_closed()
    });
    assert_eq!(a.log.lost.len(), 1);
}

#[test]
fn a_peer_that_dies_under_load_is_lost_and_delivers_only_what_was_sent() {
    let (mut a, mut b) = pair(&link(1, 1));
    pass(&mut a, &mut b, 1, b"h", b"p");
    // b dies with its own data half read by nobody, and a's queue full.
    let payload = vec![3; PAYLOAD_MAX];
    for _ in 0..100 {
        a.offer(1, b"h", &payload);
        b.offer(0, b"h", &payload);
    }
    drop(b);
    until("the loss", || {
        a.poll();
        !a.log.lost.is_empty()
    });
    assert!(a.log.packets.iter().all(|packet| packet.2 == payload));
}

#[test]
fn a_peer_that_finalized_is_not_lost_until_somebody_sends_to_it() {
    let (mut a, mut b) = pair(&link(1, 1));
    pass(&mut a, &mut b, 1, b"h", b"p");
    b.tcp.close();
    let mut answer = None;
    until("the answer", || {
        b.poll();
        a.poll();
        assert!(a.log.lost.is_empty());
        match a.tcp.send(PeerId(1), None, b"h", 0, &mut |_| ()) {
            Outcome::Lost(error) => answer = Some(error),
            Outcome::Accepted | Outcome::Busy => {}
        }
        answer.is_some()
    });
    assert!(answer.unwrap().message.contains("has already finalized"));
    close(&mut [&mut a, &mut b]);
}

#[test]
fn an_address_that_leads_nowhere_only_delays_the_link() {
    let book = Book::default();
    let mut a = Node::new(0, link(1, 1), &book);
    let mut b = Node::new(1, link(1, 1), &book);
    // As if b were on another host, with a dead network listed first.
    let mut card = Card::decode(&b.tcp.card()).unwrap();
    card.identity = "another-host".to_owned();
    card.addresses = Card::decode(b"1,1,x,y,203.0.113.1/32,127.0.0.1/8").unwrap().addresses;
    book.lock().unwrap().insert(1, card.encode());
    let start = Instant::now();
    pass(&mut a, &mut b, 1, b"h", b"p");
    assert!(start.elapsed() < Duration::from_secs(5));
    close(&mut [&mut a, &mut b]);
}

#[test]
fn a_waiter_sleeps_until_a_packet_comes_and_wakes_when_told() {
    let (mut a, mut b) = pair(&link(1, 1));
    pass(&mut a, &mut b, 1, b"h", b"p");
    let waiter = b.tcp.waiter();
    let bell = b.tcp.waiter();
    let receiver = std::thread::spawn(move || {
        while b.log.packets.len() < 2 {
            if !b.poll() {
                waiter.wait(PATIENCE);
            }
        }
        b
    });
    until("a packet to leave", || a.offer(1, b"h", b"wake up"));
    let mut b = receiver.join().unwrap();
    let start = Instant::now();
    bell.wake();
    b.tcp.waiter().wait(PATIENCE);
    assert!(start.elapsed() < PATIENCE);
    close(&mut [&mut a, &mut b]);
}

/// Two network namespaces joined by a cable that can be pulled. Gone on drop.
struct Cable {
    names: [String; 2],
}

impl Cable {
    /// `None` without the right to make one.
    fn new() -> Option<Cable> {
        let id = std::process::id();
        let cable = Cable { names: [format!("channel-f{id}a"), format!("channel-f{id}b")] };
        let [a, b] = &cable.names;
        let made = ip(&["netns", "add", a]) && ip(&["netns", "add", b]);
        let joined =
            made && ip(&[
                "link", "add", "v", "netns", a, "type", "veth", "peer", "name", "v", "netns", b,
            ]) && ip(&["-n", a, "addr", "add", "10.78.0.1/24", "dev", "v"])
                && ip(&["-n", b, "addr", "add", "10.78.0.2/24", "dev", "v"])
                && ip(&["-n", a, "link", "set", "v", "up"])
                && ip(&["-n", b, "link", "set", "v", "up"]);
        joined.then_some(cable)
    }

    /// A process in namespace `me`; its porter inherits the namespace.
    fn node(&self, me: u32, silence: Duration, book: &Book) -> Node {
        let path = format!("/run/netns/{}", self.names[me as usize]);
        let book = book.clone();
        let body = move || {
            let namespace = std::fs::File::open(path).unwrap();
            nix::sched::setns(&namespace, nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
            let mut node = Node::new(me, link(1, 1), &Book::default());
            let mut settings =
                TcpSettings::new(PeerId(me), PROCESSES, "job-of-the-test", link(1, 1));
            settings.silence = silence;
            let peers = book.clone();
            let directory =
                Box::new(move |peer: PeerId| Ok(peers.lock().unwrap()[&peer.0].clone()));
            node.tcp = Tcp::new(settings, directory).unwrap();
            book.lock().unwrap().insert(me, node.tcp.card());
            node
        };
        std::thread::spawn(body).join().unwrap()
    }

    fn pull(&self) {
        assert!(ip(&["-n", &self.names[1], "link", "set", "v", "down"]));
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for name in &self.names {
            ip(&["netns", "del", name]);
        }
    }
}

fn ip(args: &[&str]) -> bool {
    Command::new("ip").args(args).output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_pulled_cable_is_noticed_with_and_without_data_under_way() {
    let Some(cable) = Cable::new() else {
        eprintln!("not tried: making network namespaces needs root and the ip command");
        return;
    };
    let silence = Duration::from_secs(4);
    let book = Book::default();
    let mut a = cable.node(0, silence, &book);
    let mut b = cable.node(1, silence, &book);
    pass(&mut a, &mut b, 1, b"h", b"p");
    let report = a.tcp.report().unwrap();
    assert!(report.links[0].address.starts_with("10.78.0.2:"), "{:?}", report.links);
    cable.pull();
    let payload = vec![1; PAYLOAD_MAX];
    a.offer(1, b"h", &payload);
    until("both ends to notice", || {
        a.poll();
        b.poll();
        !a.log.lost.is_empty() && !b.log.lost.is_empty()
    });
    assert!(!a.log.lost[0].security);
    assert!(a.log.lost[0].message.contains("10.78.0.2"), "{}", a.log.lost[0]);
}

#[test]
fn a_peer_that_computes_for_long_is_not_mistaken_for_a_dead_one() {
    let book = Book::default();
    let mut settings = TcpSettings::new(PeerId(0), PROCESSES, "job-of-the-test", link(1, 1));
    settings.silence = Duration::from_secs(1);
    let peers = book.clone();
    let directory = Box::new(move |peer: PeerId| Ok(peers.lock().unwrap()[&peer.0].clone()));
    let mut a = Node::new(0, link(1, 1), &book);
    a.tcp = Tcp::new(settings, directory).unwrap();
    let mut b = Node::new(1, link(1, 1), &book);
    pass(&mut a, &mut b, 1, b"h", b"p");
    let payload = vec![1; PAYLOAD_MAX];
    let mut sent = 1;
    // b does not read for four times the limit, with its window full.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(4) {
        sent += usize::from(a.offer(1, b"h", &payload));
        a.poll();
        assert!(a.log.lost.is_empty(), "{}", a.log.lost[0]);
    }
    until("all of it", || {
        a.poll();
        b.poll();
        b.log.packets.len() == sent
    });
}
