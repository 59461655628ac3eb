//! A man in the middle: forwards the frames between two processes, does one
//! deed to one of them, and remembers all it saw.

use super::Book;
use mpisecure::channel::tcp::card::Card;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What is done to the frame with a certain number in a certain direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Nothing,
    /// Inverts the lowest bit of the byte at this place, from the end if
    /// negative.
    Flip(isize),
    Drop,
    Repeat,
    /// Sends it behind the next one.
    Swap,
    /// Sends only its first bytes and ends the connection.
    Truncate(usize),
    /// Ends the connection instead of it.
    Cut,
    /// Puts an earlier frame of the other direction in its place.
    Splice,
    /// Puts it in with its body exchanged for as many zeros.
    Blank,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the process that opened the connection.
    Forth,
    Back,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub deed: Deed,
    pub way: Way,
    /// Counted from 0 in each connection and direction, handshake included.
    pub frame: usize,
}

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    forth: Vec<Vec<u8>>,
    back: Vec<Vec<u8>>,
}

pub struct Proxy {
    seen: Arc<Mutex<Seen>>,
    done: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    address: SocketAddr,
}

impl Proxy {
    /// Steps between everybody and `target`, whose card in the book is
    /// replaced.
    pub fn before(target: u32, book: &Book, plan: Plan) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut cards = book.lock().unwrap();
        let mut card = Card::decode(&cards[&target]).unwrap();
        let real = SocketAddr::from(([127, 0, 0, 1], card.port));
        card.port = address.port();
        card.addresses.clear();
        cards.insert(target, card.encode());
        let proxy =
            Proxy { seen: Arc::default(), done: Arc::default(), stop: Arc::default(), address };
        let (seen, done, stop) = (proxy.seen.clone(), proxy.done.clone(), proxy.stop.clone());
        std::thread::spawn(move || {
            for near in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(near), Ok(far)) = (near, TcpStream::connect(real)) else { continue };
                for (way, from, to) in [(Way::Forth, &near, &far), (Way::Back, &far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let (seen, done, plan) = (seen.clone(), done.clone(), plan.clone());
                    std::thread::spawn(move || forward(from, to, way, &plan, &seen, &done));
                }
            }
        });
        proxy
    }

    /// The deed was done at least once.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }

    pub fn saw(&self, needle: &[u8]) -> bool {
        self.seen.lock().unwrap().bytes.windows(needle.len()).any(|window| window == needle)
    }

    pub fn seen_len(&self) -> usize {
        self.seen.lock().unwrap().bytes.len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn read_frame(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut frame = vec![0; 12];
    from.read_exact(&mut frame).ok()?;
    // The byte before says the suite.
    let len = u32::from_be_bytes([0, frame[9], frame[10], frame[11]]) as usize;
    assert!(len < 1 << 20, "the proxy lost track of the frames");
    frame.resize(12 + len, 0);
    from.read_exact(&mut frame[12..]).ok()?;
    Some(frame)
}

fn forward(
    mut from: TcpStream,
    mut to: TcpStream,
    way: Way,
    plan: &Plan,
    seen: &Mutex<Seen>,
    done: &AtomicBool,
) {
    let mut number = 0;
    let mut held: Option<Vec<u8>> = None;
    while let Some(frame) = read_frame(&mut from) {
        let other = {
            let mut seen = seen.lock().unwrap();
            seen.bytes.extend_from_slice(&frame);
            match way {
                Way::Forth => seen.forth.push(frame.clone()),
                Way::Back => seen.back.push(frame.clone()),
            }
            match way {
                Way::Forth => seen.back.last().cloned(),
                Way::Back => seen.forth.last().cloned(),
            }
        };
        let is_target = way == plan.way && number == plan.frame;
        number += 1;
        if !is_target || plan.deed == Deed::Nothing {
            if to.write_all(&frame).is_err() {
                break;
            }
            if let Some(held) = held.take() {
                let _ = to.write_all(&held);
            }
            continue;
        }
        done.store(true, Ordering::Relaxed);
        let mut altered = frame.clone();
        let forwarded = match plan.deed {
            Deed::Nothing => unreachable!(),
            Deed::Flip(at) => {
                let at = if at < 0 { frame.len() as isize + at } else { at } as usize;
                altered[at] ^= 1;
                to.write_all(&altered)
            }
            Deed::Drop => Ok(()),
            Deed::Repeat => to.write_all(&[&frame[..], &frame].concat()),
            Deed::Swap => {
                held = Some(frame);
                Ok(())
            }
            Deed::Truncate(len) => {
                let _ = to.write_all(&frame[..len.min(frame.len() - 1)]);
                break;
            }
            Deed::Cut => break,
            Deed::Splice => to.write_all(&other.unwrap_or_default()),
            Deed::Blank => {
                altered[12..].fill(0);
                to.write_all(&altered)
            }
        };
        if forwarded.is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}
