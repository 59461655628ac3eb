//! Latency and bandwidth of one link, against a raw socket that spins: what
//! sealing and the channel cost, without MPI.
//!
//! Two processes, numbers 0 and 1, meet through files in a directory:
//! `link_pingpong raw|channel 0|1 DIRECTORY`, for instance one in each of two
//! network namespaces. Number 0 prints its results.

use mpisecure::channel::tcp::card::Card;
use mpisecure::channel::tcp::{Address, Tcp, TcpSettings};
use mpisecure::channel::{Channel, LinkError, Outcome, PAYLOAD_MAX, PeerId, Sink};
use mpisecure::secure::record::RekeyLimits;
use mpisecure::secure::{ClusterKey, LinkSettings, Network, ProfileId, suite};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROUNDS: u32 = 50_000;
const STREAM_BYTES: usize = 2 << 30;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args == ["alone"] {
        return alone();
    }
    let [kind, number, directory] = args.as_slice() else {
        panic!("usage: link_pingpong raw|channel 0|1 DIRECTORY");
    };
    let number: u32 = number.parse().expect("0 or 1");
    match kind.as_str() {
        "raw" => raw(number, Path::new(directory)),
        "channel" => channel(number, Path::new(directory)),
        _ => panic!("raw or channel"),
    }
}

fn publish(path: PathBuf, bytes: &[u8]) {
    let draft = path.with_extension("draft");
    std::fs::write(&draft, bytes).expect("the directory can be written");
    std::fs::rename(draft, path).expect("it was just written");
}

fn await_file(path: PathBuf) -> Vec<u8> {
    let start = Instant::now();
    loop {
        if let Ok(bytes) = std::fs::read(&path) {
            return bytes;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "no {}", path.display());
        std::thread::yield_now();
    }
}

fn raw(number: u32, directory: &Path) {
    let mut stream = if number == 1 {
        let listener = TcpListener::bind("0.0.0.0:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        publish(
            directory.join("raw"),
            &Card::own(port, None, &Network::default()).expect("addresses").encode(),
        );
        listener.accept().expect("a caller").0
    } else {
        let card = Card::decode(&await_file(directory.join("raw"))).expect("a card");
        let own = Card::own(0, None, &Network::default()).expect("addresses");
        let network = |address| match address {
            Address::Network(address) => Some(address),
            Address::Local(_) => None,
        };
        let addresses: Vec<_> = own.candidates(&card).into_iter().filter_map(network).collect();
        TcpStream::connect(&addresses[..]).expect("a listener")
    };
    stream.set_nodelay(true).expect("a socket");
    stream.set_nonblocking(true).expect("a socket");
    let mut buffer = vec![0; 256 << 10];
    let round = |stream: &mut TcpStream, buffer: &mut [u8]| match number {
        0 => {
            stream.write_all(&buffer[..8]).expect("a live link");
            read_exact(stream, &mut buffer[..8]);
        }
        _ => {
            read_exact(stream, &mut buffer[..8]);
            stream.write_all(&buffer[..8]).expect("a live link");
        }
    };
    latency(number, "raw socket", || round(&mut stream, &mut buffer));
    let start = Instant::now();
    if number == 0 {
        let mut left = STREAM_BYTES;
        while left > 0 {
            match stream.write(&buffer[..PAYLOAD_MAX.min(left)]) {
                Ok(len) => left -= len,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        read_exact(&mut stream, &mut buffer[..1]);
        bandwidth("raw socket", start.elapsed());
    } else {
        let mut left = STREAM_BYTES;
        while left > 0 {
            match stream.read(&mut buffer) {
                Ok(len) => left -= len,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        stream.write_all(&[1]).expect("a live link");
    }
}

fn read_exact(stream: &mut TcpStream, out: &mut [u8]) {
    let mut len = 0;
    while len < out.len() {
        match stream.read(&mut out[len..]) {
            Ok(0) => panic!("the peer went"),
            Ok(more) => len += more,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
}

#[derive(Default)]
struct Count {
    packets: u64,
    bytes: usize,
}

impl Sink for Count {
    fn deliver(&mut self, _: PeerId, _: ProfileId, _: &[u8], payload: &[u8]) {
        self.packets += 1;
        self.bytes += payload.len();
    }
    fn lost(&mut self, error: Arc<LinkError>) {
        panic!("{error}");
    }
}

fn channel(number: u32, directory: &Path) {
    let key = Arc::new(ClusterKey::from_bytes([7; 32]));
    let link = LinkSettings::new(Some(key), suite::default_suite(), RekeyLimits::MAX, [0; 32]);
    let settings = TcpSettings::new(PeerId(number), 2, "pingpong", link);
    let cards = directory.to_owned();
    let find = move |peer: PeerId| Ok(await_file(cards.join(format!("card{}", peer.0))));
    let mut tcp = Tcp::new(settings, Box::new(find)).expect("a listener");
    publish(directory.join(format!("card{number}")), &tcp.card());
    let peer = PeerId(1 - number);
    let mut count = Count::default();
    let header = [0u8; 24];
    let send = |tcp: &mut Tcp, count: &mut Count, len: usize| {
        while let Outcome::Busy = tcp.send(peer, None, &header, len, &mut |out| out.fill(1)) {
            tcp.poll(count);
        }
    };
    let receive = |tcp: &mut Tcp, count: &mut Count| {
        let target = count.packets + 1;
        while count.packets < target {
            tcp.poll(count);
        }
    };
    latency(number, "sealed link", || match number {
        0 => {
            send(&mut tcp, &mut count, 8);
            receive(&mut tcp, &mut count);
        }
        _ => {
            receive(&mut tcp, &mut count);
            send(&mut tcp, &mut count, 8);
        }
    });
    let start = Instant::now();
    if number == 0 {
        for _ in 0..STREAM_BYTES / PAYLOAD_MAX {
            send(&mut tcp, &mut count, PAYLOAD_MAX);
            tcp.poll(&mut count);
        }
        receive(&mut tcp, &mut count);
        bandwidth("sealed link", start.elapsed());
    } else {
        count.bytes = 0;
        while count.bytes < STREAM_BYTES {
            tcp.poll(&mut count);
        }
        send(&mut tcp, &mut count, 1);
    }
    let start = Instant::now();
    const MESSAGES: u64 = 1_000_000;
    if number == 0 {
        for _ in 0..MESSAGES {
            send(&mut tcp, &mut count, 8);
        }
        receive(&mut tcp, &mut count);
        println!("sealed link: {:.2} million messages/s", 1.0 / start.elapsed().as_secs_f64());
    } else {
        let target = count.packets + MESSAGES;
        while count.packets < target {
            tcp.poll(&mut count);
        }
        send(&mut tcp, &mut count, 1);
    }
    tcp.close();
    while !tcp.is_closed() {
        tcp.poll(&mut count);
    }
}

fn latency(number: u32, what: &str, mut round: impl FnMut()) {
    for _ in 0..ROUNDS / 10 {
        round();
    }
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..ROUNDS / 5 {
            round();
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS / 5) / 2.0);
    }
    if number == 0 {
        println!("{what}: {best:.2} us one way, 8 bytes");
    }
}

fn bandwidth(what: &str, time: Duration) {
    println!("{what}: {:.2} GB/s", STREAM_BYTES as f64 / time.as_secs_f64() / 1e9);
}

/// Processor time of this thread, in nanoseconds.
fn processor_time() -> f64 {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID);
    let time = time.expect("every thread has a clock");
    time.tv_sec() as f64 * 1e9 + time.tv_nsec() as f64
}

fn least(what: &str, rounds: u32, unit: &str, mut round: impl FnMut()) {
    let mut best = f64::MAX;
    for _ in 0..20 {
        let start = processor_time();
        (0..rounds).for_each(|_| round());
        best = best.min((processor_time() - start) / f64::from(rounds));
    }
    println!("{what}: {best:.0} ns of processor time per {unit}, both ends");
}

fn alone() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut near = TcpStream::connect(listener.local_addr().expect("bound")).expect("a listener");
    let mut far = listener.accept().expect("a caller").0;
    for stream in [&near, &far] {
        stream.set_nodelay(true).expect("a socket");
        stream.set_nonblocking(true).expect("a socket");
    }
    let mut buffer = vec![0; PAYLOAD_MAX];
    let mut turn = |len: usize| {
        near.write_all(&buffer[..len]).expect("a live link");
        read_exact(&mut far, &mut buffer[..len]);
    };
    least("raw socket", 5000, "message of 8 bytes", || turn(8));
    least("raw socket", 300, "message of 64 KiB", || turn(PAYLOAD_MAX));

    let book = Arc::new(std::sync::Mutex::new(Vec::new()));
    let [mut near, mut far] = [0, 1].map(|number| {
        let key = Arc::new(ClusterKey::from_bytes([7; 32]));
        let link = LinkSettings::new(Some(key), suite::default_suite(), RekeyLimits::MAX, [0; 32]);
        let settings = TcpSettings::new(PeerId(number), 2, "pingpong", link);
        let cards = book.clone();
        let find = move |peer: PeerId| {
            let cards: std::sync::MutexGuard<Vec<Vec<u8>>> = cards.lock().expect("no panics");
            Ok(cards[peer.0 as usize].clone())
        };
        let tcp = Tcp::new(settings, Box::new(find)).expect("a listener");
        book.lock().expect("no panics").push(tcp.card());
        tcp
    });
    let mut count = Count::default();
    let mut turn = |len: usize| {
        let target = count.packets + 1;
        while let Outcome::Busy = near.send(PeerId(1), None, &[0; 24], len, &mut |out| out.fill(1))
        {
            near.poll(&mut count);
        }
        while count.packets < target {
            near.poll(&mut count);
            far.poll(&mut count);
        }
    };
    turn(8);
    least("sealed link", 5000, "message of 8 bytes", || turn(8));
    least("sealed link", 300, "message of 64 KiB", || turn(PAYLOAD_MAX));
}
