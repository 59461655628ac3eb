//! A whole job in one process: engines over the simulated network, driven from
//! one thread, so that a failing seed replays exactly. `MPI_SECURE_SEED=n` runs
//! that one seed.

use std::collections::HashMap;
use std::task::Poll;
use std::time::Duration;

use super::*;
use crate::channel::loopback::Loopback;
use crate::channel::simulated::{Network, Simulated};

/// Small deterministic generator (SplitMix64): a seed is a whole test.
pub(super) struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

pub(super) fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("MPI_SECURE_SEED") {
        Ok(seed) => vec![seed.parse().expect("MPI_SECURE_SEED is a number")],
        Err(_) => (0..count).collect(),
    }
}

fn settings() -> Settings {
    Settings {
        eager_max: 8 << 10,
        rulebook: Arc::new(crate::secure::Rulebook::of_link(Default::default())),
        spin_max: Duration::ZERO,
        on_security_failure: Box::new(|error| panic!("{error}")),
    }
}

pub(super) fn engines(n: u32, seed: u64) -> (Vec<Engine>, Network) {
    let ends: Vec<Simulated> = Network::new(n, seed);
    let network = ends[0].network();
    let engines =
        ends.into_iter().map(|end| Engine::new(end.me(), Box::new(end), settings())).collect();
    (engines, network)
}

const CONTEXT: u64 = 4;

fn from(rank: u32, tag: i32) -> Pattern {
    Pattern { context: CONTEXT, source: Source::Rank { rank, peer: PeerId(rank) }, tag: Some(tag) }
}

pub(super) fn envelope(source: u32, tag: i32) -> Envelope {
    Envelope { context: CONTEXT, source, tag }
}

/// Progresses all engines in turn until `done`; a turn limit instead of a clock.
pub(super) fn run_until(engines: &[Engine], what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..2_000_000 {
        if done() {
            return;
        }
        for engine in engines {
            engine.progress();
        }
    }
    panic!("no progress: {what}");
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Stream {
    from: u32,
    to: u32,
    tag: i32,
}

/// The message: who, what, which, and a body that depends on all of it.
fn message(stream: Stream, sequence: u32, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    for field in [stream.from, stream.to, stream.tag as u32, sequence] {
        bytes.extend_from_slice(&field.to_le_bytes());
    }
    let mut body = Random(u64::from(stream.from) << 40 | u64::from(sequence));
    while bytes.len() < len {
        bytes.push(body.next() as u8);
    }
    bytes
}

const WILDCARD_TAG: i32 = 10;

fn exchange(seed: u64) {
    let mut random = Random(seed);
    let n = 1 + random.below(5) as u32;
    let (engines, _network) = engines(n, seed);
    let count = 40 + random.below(120);
    let mut sequences: HashMap<Stream, u32> = HashMap::new();
    let mut sends = Vec::new();
    let mut receives = Vec::new();
    let mut expected: HashMap<Stream, Vec<usize>> = HashMap::new();
    for _ in 0..count {
        let tag = random.below(3) as i32 + if random.below(2) == 0 { WILDCARD_TAG } else { 0 };
        let stream =
            Stream { from: random.below(n.into()) as u32, to: random.below(n.into()) as u32, tag };
        let sequence = sequences.entry(stream).or_default();
        let len = 16
            + match random.below(8) {
                0 => (8 << 10) - 16 - 1 + random.below(3),
                1 => random.below(300 << 10),
                _ => random.below(600),
            } as usize;
        expected.entry(stream).or_default().push(len);
        sends.push((stream, *sequence, len));
        *sequence += 1;
        let source = match tag >= WILDCARD_TAG {
            true => Source::Any,
            false => Source::Rank { rank: stream.from, peer: PeerId(stream.from) },
        };
        let pattern = Pattern { context: CONTEXT, source, tag: Some(tag) };
        receives.push((stream.to, pattern));
    }
    // Receives in an order of their own, but each process's in a fixed one.
    for i in (1..receives.len()).rev() {
        receives.swap(i, random.below(i as u64 + 1) as usize);
    }
    let mut send_requests = Vec::new();
    let mut receive_requests = Vec::new();
    let (mut sends, mut receives) = (sends.into_iter(), receives.into_iter());
    loop {
        let step = random.below(4);
        let (send, receive) = match step {
            0 => (sends.next(), None),
            1 => (None, receives.next()),
            _ => {
                engines[random.below(n.into()) as usize].progress();
                (None, None)
            }
        };
        if let Some((stream, sequence, len)) = send {
            let mode = if random.below(4) == 0 { Mode::Synchronous } else { Mode::Standard };
            let buffer = Buffer::from_bytes(&message(stream, sequence, len));
            let engine = &engines[stream.from as usize];
            let request =
                engine.isend(PeerId(stream.to), envelope(stream.from, stream.tag), mode, &buffer);
            send_requests.push((stream.from, request));
        }
        if let Some((to, pattern)) = receive {
            let buffer = Buffer::scratch(301 << 10);
            let request = engines[to as usize].irecv(pattern, buffer.clone());
            receive_requests.push((to, request, buffer));
        }
        if sends.len() == 0 && receives.len() == 0 {
            break;
        }
    }
    run_until(&engines, &format!("seed {seed}"), || {
        send_requests.iter().all(|(at, id)| engines[*at as usize].is_complete(*id))
            && receive_requests.iter().all(|(at, id, _)| engines[*at as usize].is_complete(*id))
    });
    let mut next: HashMap<Stream, u32> = HashMap::new();
    for (to, id, buffer) in receive_requests {
        let completion = engines[to as usize].collect(id).expect("it is complete");
        assert!(completion.error.is_none(), "seed {seed}: {completion:?}");
        let stream = Stream { from: completion.source as u32, to, tag: completion.tag };
        let sequence = next.entry(stream).or_default();
        let len = expected[&stream][*sequence as usize];
        assert_eq!(completion.count, len as u64, "seed {seed}: {stream:?} number {sequence}");
        let bytes = buffer.to_vec();
        assert!(
            bytes[..len] == message(stream, *sequence, len),
            "seed {seed}: {stream:?} number {sequence} arrived altered or out of order"
        );
        *sequence += 1;
    }
    for (at, id) in send_requests {
        let completion = engines[at as usize].collect(id).expect("it is complete");
        assert!(completion.error.is_none(), "seed {seed}: {completion:?}");
    }
}

#[test]
fn random_messages_arrive_intact_and_in_order() {
    for seed in seeds(150) {
        exchange(seed);
    }
}

#[test]
fn a_flooded_receiver_holds_no_more_than_the_credit() {
    let (engines, _network) = engines(2, 7);
    let len = 4 << 10;
    let sends: Vec<RequestId> = (0..4 * EAGER_CREDIT_MAX / len)
        .map(|_| {
            let buffer = Buffer::from_bytes(&vec![1; len as usize]);
            engines[0].isend(PeerId(1), envelope(0, 1), Mode::Standard, &buffer)
        })
        .collect();
    for _ in 0..100_000 {
        engines[0].progress();
        engines[1].progress();
    }
    let left = sends.iter().filter(|id| engines[0].is_complete(**id)).count() as u64;
    assert!(left * len <= EAGER_CREDIT_MAX && left > 0, "{left} messages left the sender");
    // And all of them arrive once they are wanted.
    let buffer = Buffer::scratch(len as usize);
    let receives: Vec<RequestId> =
        sends.iter().map(|_| engines[1].irecv(from(0, 1), buffer.clone())).collect();
    run_until(&engines, "the flood drains", || {
        engines[0].all_complete(sends.iter().copied())
            && engines[1].all_complete(receives.iter().copied())
    });
}

#[test]
fn a_synchronous_send_waits_for_its_receive() {
    for len in [0, 10, 100 << 10] {
        let (engines, _network) = engines(2, 3);
        let buffer = Buffer::from_bytes(&vec![9; len]);
        let send = engines[0].isend(PeerId(1), envelope(0, 1), Mode::Synchronous, &buffer);
        for _ in 0..10_000 {
            engines[0].progress();
            engines[1].progress();
        }
        assert!(!engines[0].is_complete(send));
        let receive = engines[1].irecv(from(0, 1), Buffer::scratch(len));
        run_until(&engines, "the match", || {
            engines[0].is_complete(send) && engines[1].is_complete(receive)
        });
    }
}

#[test]
fn a_long_message_is_cut_and_named_at_the_receiver() {
    for len in [100, 100 << 10] {
        let (engines, _network) = engines(2, 5);
        let send = engines[0].isend(
            PeerId(1),
            envelope(0, 1),
            Mode::Standard,
            &Buffer::from_bytes(&vec![7; len]),
        );
        let short = Buffer::scratch(60);
        let receive = engines[1].irecv(from(0, 1), short.clone());
        run_until(&engines, "truncation", || {
            engines[0].is_complete(send) && engines[1].is_complete(receive)
        });
        let error = engines[1].collect(receive).and_then(|completion| completion.error).unwrap();
        assert_eq!(error.class(), Class::Truncate);
        assert!(error.message().contains(&len.to_string()), "{error}");
        assert!(engines[0].collect(send).unwrap().error.is_none());
        assert_eq!(short.to_vec(), [7; 60]);
    }
}

#[test]
fn a_cancelled_receive_leaves_the_message_to_the_next() {
    let (engines, _network) = engines(2, 1);
    let first = engines[1].irecv(from(0, 1), Buffer::scratch(4));
    engines[1].cancel(first).unwrap();
    assert!(engines[1].collect(first).unwrap().cancelled);
    let second = engines[1].irecv(from(0, 1), Buffer::scratch(4));
    engines[0].isend(PeerId(1), envelope(0, 1), Mode::Standard, &Buffer::from_bytes(&[1; 4]));
    run_until(&engines, "the second receive", || engines[1].is_complete(second));
    assert!(!engines[1].collect(second).unwrap().cancelled);
}

#[test]
fn a_cancelled_send_ends_cancelled_or_received_but_not_both() {
    for seed in seeds(200) {
        let (engines, _network) = engines(2, seed);
        let mut random = Random(seed);
        let len = [8, 50 << 10][random.below(2) as usize];
        let buffer = Buffer::from_bytes(&vec![1; len]);
        let send = engines[0].isend(PeerId(1), envelope(0, 1), Mode::Synchronous, &buffer);
        for _ in 0..random.below(30) {
            engines[random.below(2) as usize].progress();
        }
        engines[0].cancel(send).unwrap();
        for _ in 0..random.below(30) {
            engines[random.below(2) as usize].progress();
        }
        let receive = engines[1].irecv(from(0, 1), Buffer::scratch(len));
        run_until(&engines, "the send ends", || engines[0].is_complete(send));
        if engines[0].collect(send).unwrap().cancelled {
            for _ in 0..1000 {
                engines[0].progress();
                engines[1].progress();
            }
            assert!(!engines[1].is_complete(receive), "seed {seed}: cancelled yet received");
        } else {
            run_until(&engines, "the receive", || engines[1].is_complete(receive));
        }
    }
}

#[test]
fn a_matched_probe_takes_the_message_from_other_receives() {
    let (engines, _network) = engines(2, 2);
    for value in [1, 2] {
        engines[0].isend(
            PeerId(1),
            envelope(0, 1),
            Mode::Standard,
            &Buffer::from_bytes(&[value; 4]),
        );
    }
    let mut found = None;
    run_until(&engines, "the probe", || {
        found = engines[1].improbe(&from(0, 1)).map(|found| found.unwrap());
        found.is_some()
    });
    let (message, status) = found.unwrap();
    assert_eq!(status.count, 4);
    let (first, second) = (Buffer::scratch(4), Buffer::scratch(4));
    let other = engines[1].irecv(from(0, 1), second.clone());
    let matched = engines[1].imrecv(message, first.clone()).unwrap();
    run_until(&engines, "both receives", || engines[1].all_complete([other, matched]));
    assert_eq!((first.to_vec(), second.to_vec()), (vec![1; 4], vec![2; 4]));
    assert!(engines[1].imrecv(message, first).is_err());
}

#[test]
fn a_lost_peer_fails_what_depends_on_it_and_nothing_else() {
    let (engines, network) = engines(3, 4);
    let hopeless = engines[0].irecv(from(1, 1), Buffer::scratch(4));
    let wildcard = engines[0]
        .irecv(Pattern { context: CONTEXT, source: Source::Any, tag: Some(2) }, Buffer::scratch(4));
    let fine = engines[0].irecv(from(2, 1), Buffer::scratch(4));
    let big = Buffer::scratch(1 << 20);
    let send = engines[0].isend(PeerId(1), envelope(0, 3), Mode::Standard, &big);
    network.cut(PeerId(0), PeerId(1));
    run_until(&engines, "the loss", || engines[0].all_complete([hopeless, wildcard, send]));
    for id in [hopeless, wildcard, send] {
        let error = engines[0].collect(id).unwrap().error.expect("it depends on the lost peer");
        assert!(!error.message().is_empty());
    }
    engines[2].isend(PeerId(0), envelope(2, 1), Mode::Standard, &Buffer::from_bytes(&[3; 4]));
    run_until(&engines, "the other peer", || engines[0].is_complete(fine));
    assert!(engines[0].collect(fine).unwrap().error.is_none());
    assert!(engines[0].probe(&from(1, 9)).is_err());
}

#[test]
fn threads_waiting_for_different_messages_all_wake() {
    for round in 0..50 {
        let (engines, _network) = engines(2, round);
        let engines = &engines;
        let threads = 4;
        std::thread::scope(|scope| {
            for tag in 0..threads {
                scope.spawn(move || {
                    for _ in 0..20 {
                        let buffer = Buffer::scratch(64);
                        assert!(engines[0].recv(from(1, tag), &buffer).error.is_none());
                        engines[0]
                            .send(PeerId(1), envelope(0, tag), Mode::Standard, &buffer)
                            .unwrap();
                    }
                });
                scope.spawn(move || {
                    for _ in 0..20 {
                        let buffer = Buffer::scratch(64);
                        engines[1]
                            .send(PeerId(0), envelope(1, tag), Mode::Synchronous, &buffer)
                            .unwrap();
                        assert!(engines[1].recv(from(0, tag), &buffer).error.is_none());
                    }
                });
            }
        });
    }
}

#[test]
fn a_task_completes_its_request() {
    struct Countdown(u32);
    impl Task for Countdown {
        fn advance(&mut self, _engine: &Engine) -> Poll<Result<()>> {
            self.0 -= 1;
            if self.0 == 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
        }
    }
    let (engines, _network) = engines(1, 0);
    let request = engines[0].spawn(Box::new(Countdown(5)));
    assert!(engines[0].wait(request).error.is_none());
}

#[test]
fn a_send_and_a_receive_are_one_request() {
    for (seed, len) in [(1, 10), (2, 100 << 10)] {
        let (engines, _network) = engines(2, seed);
        let into = [Buffer::scratch(len), Buffer::scratch(len)];
        let pairs = [0, 1].map(|me: u32| {
            let other = 1 - me;
            let bytes = Buffer::from_bytes(&vec![me as u8; len]);
            let engine = &engines[me as usize];
            let send = engine.isend(PeerId(other), envelope(me, 1), Mode::Standard, &bytes);
            engine.pair(send, engine.irecv(from(other, 1), into[me as usize].clone()))
        });
        run_until(&engines, "both pairs", || {
            engines[0].is_complete(pairs[0]) && engines[1].is_complete(pairs[1])
        });
        for me in 0..2 {
            let peeked = engines[me].peek(pairs[me]).expect("it is complete").query();
            let status = engines[me].collect(pairs[me]).expect("it is complete");
            assert_eq!((status.source, status.count), (1 - me as i32, len as u64));
            assert_eq!((peeked.source, peeked.count), (status.source, status.count));
            assert_eq!(into[me].to_vec(), vec![1 - me as u8; len]);
            assert_eq!(engines[me].phase(pairs[me]), Phase::Unknown);
        }
    }
}

/// Counts what it is told.
#[derive(Default)]
struct Application {
    queried: AtomicU32,
    freed: AtomicU32,
    cancelled: Mutex<Vec<bool>>,
}

impl Generalized for Application {
    fn query(&self) -> Status {
        self.queried.fetch_add(1, SeqCst);
        Status { count: 12, ..Status::EMPTY }
    }

    fn free(&self) -> Result<()> {
        self.freed.fetch_add(1, SeqCst);
        Ok(())
    }

    fn cancel(&self, complete: bool) -> Result<()> {
        self.cancelled.lock().unwrap().push(complete);
        Ok(())
    }

    fn polls(&self) -> bool {
        false
    }

    fn poll(&self) -> Result<()> {
        unreachable!("it does not want to be polled")
    }
}

#[test]
fn whether_a_message_to_oneself_is_cancelled_is_known_at_once() {
    let me = PeerId(0);
    let engine = Engine::new(me, Box::new(Loopback::new(me)), settings());
    for len in [8, 200 << 10] {
        let buffer = Buffer::from_bytes(&vec![1; len]);
        let send = engine.isend(me, envelope(0, 1), Mode::Synchronous, &buffer);
        engine.cancel(send).unwrap();
        assert!(engine.collect(send).unwrap().cancelled, "{len} bytes");
        assert!(engine.iprobe(&from(0, 1)).is_none(), "{len} bytes");
    }
}

#[test]
fn a_generalized_request_is_queried_and_then_freed() {
    let (engines, _network) = engines(1, 0);
    let engine = &engines[0];
    let application = Arc::new(Application::default());
    let told = |what: &AtomicU32| what.load(SeqCst);
    let request = engine.general(application.clone());
    assert!(engine.finish(request).is_none() && engine.peek(request).is_none());
    engine.cancel(request).unwrap();
    engine.complete_general(request).unwrap();
    assert!(engine.complete_general(request).is_err());
    engine.cancel(request).unwrap();
    assert_eq!(*application.cancelled.lock().unwrap(), [false, true]);
    assert_eq!(engine.peek(request).unwrap().query().count, 12);
    assert_eq!((told(&application.queried), told(&application.freed)), (1, 0));
    assert_eq!(engine.finish(request).unwrap().conclude().0.count, 12);
    assert_eq!((told(&application.queried), told(&application.freed)), (2, 1));
    assert!(engine.complete_general(request).is_err());
}

#[test]
fn a_freed_generalized_request_is_freed_once_it_is_complete_too() {
    let (engines, _network) = engines(1, 0);
    let engine = &engines[0];
    for complete_first in [true, false] {
        let application = Arc::new(Application::default());
        let request = engine.general(application.clone());
        let steps: [&dyn Fn(); 2] =
            [&|| engine.complete_general(request).unwrap(), &|| engine.release(request).unwrap()];
        let order = if complete_first { [0, 1] } else { [1, 0] };
        steps[order[0]]();
        assert_eq!(application.freed.load(SeqCst), 0);
        steps[order[1]]();
        assert_eq!(application.freed.load(SeqCst), 1);
        assert_eq!(application.queried.load(SeqCst), 0);
        assert_eq!(engine.phase(request), Phase::Unknown);
    }
}

#[test]
fn a_task_in_other_hands_holds_up_no_other() {
    use std::sync::mpsc::{Receiver, Sender, channel};
    /// Says that it runs, and then waits for a word.
    struct Slow(Sender<()>, Receiver<()>);
    impl Task for Slow {
        fn advance(&mut self, _engine: &Engine) -> Poll<Result<()>> {
            self.0.send(()).unwrap();
            self.1.recv().unwrap();
            Poll::Ready(Ok(()))
        }
    }
    struct Quick;
    impl Task for Quick {
        fn advance(&mut self, _engine: &Engine) -> Poll<Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let (engines, _network) = engines(1, 0);
    let engine = &engines[0];
    let ((runs, running), (go, gone)) = (channel(), channel());
    std::thread::scope(|scope| {
        let slow = scope.spawn(move || {
            let request = engine.spawn(Box::new(Slow(runs, gone)));
            engine.wait(request)
        });
        running.recv().unwrap();
        let quick = engine.spawn(Box::new(Quick));
        assert!(engine.wait(quick).error.is_none());
        go.send(()).unwrap();
        assert!(slow.join().unwrap().error.is_none());
    });
}

/// A persistent send to oneself.
struct Again;

impl Startable for Again {
    fn start(&self, engine: &Engine) -> Result<RequestId> {
        let bytes = Buffer::from_bytes(&[5; 4]);
        Ok(engine.isend(engine.me(), envelope(0, 1), Mode::Standard, &bytes))
    }
}

#[test]
fn what_ended_well_is_ended_and_what_did_not_is_left() {
    let me = PeerId(0);
    let engine = Engine::new(me, Box::new(Loopback::new(me)), settings());
    let again = engine.persistent(Arc::new(Again));
    engine.start(again).unwrap();
    let receive = engine.irecv(from(0, 1), Buffer::scratch(4));
    let send = engine.isend(me, envelope(0, 2), Mode::Standard, &Buffer::from_bytes(&[6; 4]));
    let short = engine.irecv(from(0, 2), Buffer::scratch(3));
    let ids = [Some(again), None, Some(send), Some(receive), Some(short)];
    engine.wait_for_all(&ids);
    let mut told = Vec::new();
    let ended = engine.end_well(&ids, |i, status, gone| told.push((i, status.count, gone)));
    assert_eq!(ended, 4);
    assert_eq!(told, [(0, 0, false), (1, 0, false), (2, 0, true), (3, 4, true)]);
    let phases = [again, send, receive, short].map(|id| engine.phase(id));
    assert_eq!(phases, [Phase::Inactive, Phase::Complete, Phase::Unknown, Phase::Complete]);
    let failed = engine.finish(short).unwrap().status.error.unwrap();
    assert_eq!(failed.class(), Class::Truncate);
    assert_eq!(engine.end_well(&ids, |_, _, _| panic!("an inactive request ended")), 0);
}
