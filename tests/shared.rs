//! Links through shared memory: what passes, what is refused, and what becomes
//! of a peer that dies.

mod common;

use common::{Book, Node, PATIENCE, PROCESSES, close, link, pass, until};
use mpisecure::channel::tcp::TcpSettings;
use mpisecure::channel::tcp::card::Card;
use mpisecure::channel::{Channel, Outcome, PAYLOAD_MAX, PeerId};
use mpisecure::secure::WithinHost;
use mpisecure::secure::handshake::LinkSettings;
use std::io::{Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::time::{Duration, Instant};

fn settings(within_host: WithinHost) -> LinkSettings {
    let mut settings = link(1, 1);
    settings.within_host = within_host;
    settings
}

fn pair(within_host: WithinHost) -> (Node, Node) {
    let book = Book::default();
    let settings = settings(within_host);
    (Node::sharing(0, settings.clone(), &book), Node::sharing(1, settings, &book))
}

fn local_name(node: &Node) -> String {
    Card::decode(&node.tcp.card()).unwrap().local.unwrap()
}

fn connect(name: &str) -> UnixStream {
    UnixStream::connect_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap()
}

fn transport(node: &mut Node) -> (&'static str, String) {
    let link = &node.tcp.report().unwrap().links[0];
    (link.transport, link.suite.clone())
}

#[test]
fn packets_pass_both_ways_in_either_protection_and_the_report_says_which() {
    for (protection, suite) in [(WithinHost::None, "none"), (WithinHost::Encrypt, "aes-256-gcm")] {
        let (mut a, mut b) = pair(protection);
        for round in 0..50u8 {
            let payload = vec![round; usize::from(round) * 1311 % (PAYLOAD_MAX + 1)];
            pass(&mut a, &mut b, 1, &[round; 64], &payload);
            pass(&mut b, &mut a, 0, &[round], &payload);
        }
        pass(&mut a, &mut b, 1, &[7; 64], &[9; PAYLOAD_MAX]);
        assert_eq!(transport(&mut a), ("shared memory", suite.to_owned()));
        assert_eq!(transport(&mut b), ("shared memory", suite.to_owned()));
        close(&mut [&mut a, &mut b]);
        let (sent, received) = (a.tcp.report().unwrap().sent, b.tcp.report().unwrap().received);
        assert!(sent.bytes > PAYLOAD_MAX as u64);
        assert_eq!(sent.bytes, received.bytes);
    }
}

#[test]
fn a_full_ring_is_busy_and_nothing_is_lost() {
    for protection in [WithinHost::None, WithinHost::Encrypt] {
        let (mut a, mut b) = pair(protection);
        pass(&mut a, &mut b, 1, b"h", b"p");
        let mut sent = 0u8;
        while a.offer(1, &[sent], &vec![sent; 20_000]) {
            sent += 1;
        }
        assert!(sent > 3);
        until("the rest", || {
            b.poll();
            b.log.packets.len() == 1 + usize::from(sent)
        });
        for (number, (_, header, payload)) in b.log.packets[1..].iter().enumerate() {
            assert_eq!(header, &[number as u8]);
            assert!(payload.iter().all(|&byte| byte == number as u8));
        }
        assert!(a.offer(1, b"h", b"there is room again"));
        until("the last", || {
            b.poll();
            b.log.packets.len() == 2 + usize::from(sent)
        });
        close(&mut [&mut a, &mut b]);
    }
}

#[test]
fn a_sleeper_is_woken_by_a_packet_and_by_room() {
    for crowded in [false, true] {
        let book = Book::default();
        let node = |me| {
            let mut settings =
                TcpSettings::new(PeerId(me), PROCESSES, "job-of-the-test", link(1, 1));
            (settings.shared_memory, settings.crowded) = (true, crowded);
            Node::with(settings, &book)
        };
        let (mut a, mut b) = (node(0), node(1));
        pass(&mut a, &mut b, 1, b"h", b"p");
        let start = Instant::now();
        let receiver = std::thread::spawn(move || {
            let waiter = b.tcp.waiter();
            while b.log.packets.len() < 400 {
                if !b.poll() && !waiter.arm() {
                    waiter.wait(PATIENCE);
                }
            }
            waiter.disarm();
            b
        });
        let waiter = a.tcp.waiter();
        let mut sent = 1;
        while sent < 400 {
            let taken = a.offer(1, b"h", &[1; 9000]);
            sent += usize::from(taken);
            if !a.poll() && !taken && !waiter.arm() {
                waiter.wait(PATIENCE);
            }
            if sent % 50 == 0 {
                // Long enough for the other one to have gone to sleep.
                waiter.wait(Duration::from_millis(5));
            }
        }
        let mut b = receiver.join().unwrap();
        assert!(start.elapsed() < PATIENCE);
        close(&mut [&mut a, &mut b]);
    }
}

#[test]
fn a_peer_that_dies_is_lost_and_what_it_had_sent_is_delivered() {
    for protection in [WithinHost::None, WithinHost::Encrypt] {
        let (mut a, mut b) = pair(protection);
        pass(&mut a, &mut b, 1, b"h", b"p");
        let mut sent = 0;
        while b.offer(0, b"h", &[3; 5000]) {
            sent += 1;
        }
        while a.offer(1, b"h", &[4; 5000]) {}
        drop(b);
        until("the loss", || {
            a.poll();
            !a.log.lost.is_empty()
        });
        assert_eq!(a.log.packets.len(), sent);
        let error = &a.log.lost[0];
        assert!(error.message.contains("died") && !error.security, "{error}");
        assert!(matches!(a.tcp.send(PeerId(1), None, b"", 0, &mut |_| ()), Outcome::Lost(_)));
    }
}

#[test]
fn a_peer_that_finalized_is_not_lost_and_gets_nothing_more() {
    let (mut a, mut b) = pair(WithinHost::None);
    pass(&mut a, &mut b, 1, b"h", b"p");
    b.tcp.close();
    let mut answer = None;
    until("the answer", || {
        b.poll();
        a.poll();
        assert!(a.log.lost.is_empty());
        if let Outcome::Lost(error) = a.tcp.send(PeerId(1), None, b"h", 0, &mut |_| ()) {
            answer = Some(error);
        }
        answer.is_some()
    });
    assert!(answer.unwrap().message.contains("has already finalized"));
    close(&mut [&mut a, &mut b]);
}

#[test]
fn strangers_at_the_local_door_are_refused_and_cost_nothing() {
    let (mut a, mut b) = pair(WithinHost::None);
    // One that says nothing, one that talks rubbish.
    let _silent = connect(&local_name(&b));
    let mut rubbish = connect(&local_name(&b));
    rubbish.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(rubbish.read(&mut [0; 10]).unwrap_or(0), 0);
    // A process of this user and of another job, and one with another key.
    let book = Book::default();
    book.lock().unwrap().insert(1, b.tcp.card());
    let mut other = TcpSettings::new(PeerId(0), PROCESSES, "another-job", link(1, 1));
    other.shared_memory = true;
    for mut stranger in [Node::with(other, &book), Node::sharing(2, link(2, 1), &book)] {
        until("the refusal", || {
            assert!(!stranger.offer(1, b"h", b"p"));
            stranger.poll();
            !stranger.log.lost.is_empty()
        });
        assert!(stranger.log.lost[0].security, "{}", stranger.log.lost[0]);
    }
    pass(&mut a, &mut b, 1, b"h", b"p");
    assert_eq!(transport(&mut b).0, "shared memory");
    let refused = b.tcp.report().unwrap().refused;
    assert!(refused.contains_key("another protocol"), "{refused:?}");
    assert!(refused.contains_key("another job") && refused.contains_key("another cluster key"));
    close(&mut [&mut a, &mut b]);
}

/// Runs `deed` on a thread of another user; `None` without the right to.
fn as_nobody<T: Send + 'static>(deed: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    const NOBODY: libc::uid_t = 65534;
    if !nix::unistd::geteuid().is_root() {
        eprintln!("not tried: taking another user's place needs root");
        return None;
    }
    let body = move || {
        // The system call itself: this thread alone changes its user.
        // SAFETY: it takes numbers and touches no memory.
        let outcome = unsafe { libc::syscall(libc::SYS_setresuid, NOBODY, NOBODY, NOBODY) };
        assert_eq!(outcome, 0);
        deed()
    };
    Some(std::thread::spawn(body).join().unwrap())
}

#[test]
fn a_process_of_another_user_is_sent_away_unread() {
    let (mut a, mut b) = pair(WithinHost::None);
    let name = local_name(&b);
    let Some(mut stream) = as_nobody(move || connect(&name)) else { return };
    let _ = stream.write_all(&[1; 100]);
    assert_eq!(stream.read(&mut [0; 10]).unwrap_or(0), 0);
    pass(&mut a, &mut b, 1, b"h", b"p");
    assert_eq!(b.tcp.report().unwrap().refused["another user"], 1);
    close(&mut [&mut a, &mut b]);
}

/// `b`'s card with another local name on it.
fn misleading(a_book: &Book, b: &Node, name: &str) {
    let mut card = Card::decode(&b.tcp.card()).unwrap();
    card.local = Some(name.to_owned());
    a_book.lock().unwrap().insert(1, card.encode());
}

#[test]
fn a_name_that_leads_nowhere_or_to_another_user_means_tcp() {
    let name = format!("mpi-secure-test-{}", std::process::id());
    let listener = {
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        as_nobody(move || UnixListener::bind_addr(&address).unwrap())
    };
    for name in [Some("mpi-secure-nowhere".to_owned()), listener.as_ref().map(|_| name)] {
        let Some(name) = name else { continue };
        let (book, book_of_b) = (Book::default(), Book::default());
        let mut a = Node::sharing(0, link(1, 1), &book);
        let mut b = Node::sharing(1, link(1, 1), &book_of_b);
        misleading(&book, &b, &name);
        pass(&mut a, &mut b, 1, b"h", b"p");
        assert_eq!(transport(&mut a), ("tcp", "aes-256-gcm".to_owned()));
        close(&mut [&mut a, &mut b]);
    }
}

#[test]
fn unequal_protection_is_an_unequal_policy_only_by_its_digest() {
    // The digest is the policy's; here it is alike, and frames meet packets.
    let book = Book::default();
    let mut a = Node::sharing(0, settings(WithinHost::None), &book);
    let mut b = Node::sharing(1, settings(WithinHost::Encrypt), &book);
    until("the failure", || {
        a.offer(1, b"h", b"p");
        a.poll();
        b.poll();
        !b.log.lost.is_empty()
    });
    assert!(b.log.packets.is_empty() && b.log.lost[0].security);
}
