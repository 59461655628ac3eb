//! A one-way queue of packets in memory that two processes share: one writes,
//! one reads, nobody locks.
//!
//! ```text
//! segment: | head | starved | ....... | ring of RING_BYTES .............. |
//! packet:  | word: mark, header length, payload length | header | payload |
//! ```
//!
//! A packet begins at a cache line with one word that says that it is there.
//! The reader looks at the word where the next packet will begin, so a small
//! packet costs one cache line from core to core, and no counter beside it.
//! Before the writer publishes a packet it clears the word behind it: whatever
//! an older packet left there never looks like a word. What does not fit before
//! the end of the ring is preceded by a mark that sends the reader to its start.
//!
//! What must hold: the owner of a `Producer` is the only honest writer of its
//! ring, the owner of the `Consumer` the only honest writer of `head`. Nothing
//! that is read here is believed: lengths and positions are read once and
//! checked, and a peer that breaks its promise gets an error. A peer that
//! writes to a packet while it is delivered spoils its own data, which decides
//! nothing: the header is copied first, the payload is copied once by whoever
//! takes it.

use crate::channel::HEADER_MAX;
use crate::sys::shared_memory::SharedMemory;
use std::io;
use std::os::fd::OwnedFd;
use std::slice;
use std::sync::atomic::{Ordering, fence};

/// Bytes of the ring: a few of the largest packets, and well within the cache
/// of a core.
pub const RING_BYTES: usize = 256 << 10;

/// Largest payload of one packet: the largest sealed frame fits.
pub const PACKET_PAYLOAD_MAX: usize = RING_BYTES / 2 - 4096;

/// Where the ring begins: behind a page for what is beside it.
const RING_AT: usize = 4096;

/// Length of the memory of one ring.
pub const SEGMENT_BYTES: usize = RING_AT + RING_BYTES;

/// Position up to which the reader has read. Written with release by the
/// reader when it is done with the bytes, read with acquire by the writer
/// before it writes over them.
const HEAD_AT: usize = 0;

/// Set by a writer that found no room, cleared by the reader who made some.
/// Sequentially consistent, for each side writes one of `head` and `starved`
/// and then reads the other.
const STARVED_AT: usize = 128;

const LINE: usize = 64;

/// How far before a small packet is written its line is asked for.
const AHEAD: u64 = 4 * LINE as u64;
const WORD: usize = 8;

/// Marks in the upper half of a word, so that a word is never zero.
const PACKET: u16 = 0x5a01;
const TO_START: u16 = 0x5a02;

const _: () = assert!(RING_BYTES.is_power_of_two() && RING_BYTES < u32::MAX as usize);
const _: () = assert!(packet_len(HEADER_MAX, PACKET_PAYLOAD_MAX) + LINE <= RING_BYTES / 2);

/// The peer wrote what no peer of ours writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a word of no known form in the shared ring: {0:#018x}")]
    Word(u64),
    #[error("a packet that does not fit the shared ring: {header_len} + {payload_len} bytes")]
    Length { header_len: usize, payload_len: usize },
    #[error("a reader of the shared ring at {found}, which is not within {read}..={written}")]
    Head { read: u64, found: u64, written: u64 },
}

/// Bytes that a packet takes in the ring.
const fn packet_len(header_len: usize, payload_len: usize) -> usize {
    (payload_at(header_len, payload_len) + payload_len).next_multiple_of(LINE)
}

/// Where the payload begins: a large one at a cache line, which copies faster.
#[inline(always)]
const fn payload_at(header_len: usize, payload_len: usize) -> usize {
    let at = WORD + header_len;
    if payload_len < 8 * LINE { at } else { at.next_multiple_of(LINE) }
}

const fn word(mark: u16, header_len: usize, payload_len: usize) -> u64 {
    (mark as u64) << 48 | (header_len as u64) << 32 | payload_len as u64
}

/// The offset of a position in the segment.
#[inline(always)]
fn place(position: u64) -> usize {
    RING_AT + position as usize % RING_BYTES
}

/// Makes the memory of a ring, and the reading end of it.
pub fn create() -> io::Result<(Consumer, OwnedFd)> {
    let (memory, file) = SharedMemory::create(SEGMENT_BYTES)?;
    Ok((Consumer { memory, head: 0 }, file))
}

/// The writing end.
pub struct Producer {
    memory: SharedMemory,
    /// Position behind the last packet.
    tail: u64,
    /// What `head` was when it was last looked at.
    head: u64,
}

impl Producer {
    /// The writing end of a ring that another process made and that nobody has
    /// written to.
    pub fn adopt(file: &OwnedFd) -> io::Result<Producer> {
        Ok(Producer { memory: SharedMemory::adopt(file, SEGMENT_BYTES)?, tail: 0, head: 0 })
    }

    /// Writes one packet, if there is room; `fill` writes the payload in place.
    /// Without room, the reader is asked to ring when it has made some.
    #[inline]
    pub fn push(
        &mut self,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Result<bool, Fault> {
        assert!(header.len() <= HEADER_MAX && payload_len <= PACKET_PAYLOAD_MAX);
        let (wasted, len) = self.demand(header.len(), payload_len);
        if !self.has_room(wasted + len)? {
            return Ok(false);
        }
        if wasted > 0 {
            self.clear(self.tail + wasted as u64);
            self.publish(word(TO_START, 0, 0));
            self.tail += wasted as u64;
        }
        self.clear(self.tail + len as u64);
        let at = payload_at(header.len(), payload_len);
        let packet = self.memory.address(place(self.tail), len);
        // SAFETY: `address` checked that the packet lies in the mapping, and
        // `has_room` that the reader is done with these bytes: nobody honest
        // touches them before `publish`. Nothing written here is read back.
        let payload = unsafe {
            copy_header(header.as_ptr(), packet.add(WORD), header.len());
            slice::from_raw_parts_mut(packet.add(at), payload_len)
        };
        fill(payload);
        self.publish(word(PACKET, header.len(), payload_len));
        self.tail += len as u64;
        own_line(self.memory.address(place(self.tail + AHEAD), LINE));
        Ok(true)
    }

    /// True when a packet of these lengths would be taken now.
    pub fn fits(&mut self, header_len: usize, payload_len: usize) -> Result<bool, Fault> {
        let (wasted, len) = self.demand(header_len, payload_len);
        self.has_room(wasted + len)
    }

    /// Bytes that a packet takes: lost at the end of the ring, and its own.
    #[inline(always)]
    fn demand(&self, header_len: usize, payload_len: usize) -> (usize, usize) {
        let len = packet_len(header_len, payload_len);
        let to_end = RING_BYTES - self.tail as usize % RING_BYTES;
        (if len > to_end { to_end } else { 0 }, len)
    }

    #[inline(always)]
    fn has_room(&mut self, len: usize) -> Result<bool, Fault> {
        // One line more: the cleared word behind the packet.
        let wanted = self.tail + (len + LINE) as u64;
        if wanted - self.head <= RING_BYTES as u64 {
            return Ok(true);
        }
        self.look_for_room(wanted)
    }

    #[cold]
    fn look_for_room(&mut self, wanted: u64) -> Result<bool, Fault> {
        for last in [false, true] {
            let found = self.memory.long(HEAD_AT).load(Ordering::Acquire);
            if found < self.head || found > self.tail {
                return Err(Fault::Head { read: self.head, found, written: self.tail });
            }
            self.head = found;
            if wanted - self.head <= RING_BYTES as u64 {
                return Ok(true);
            }
            if !last {
                self.memory.word(STARVED_AT).store(1, Ordering::SeqCst);
                fence(Ordering::SeqCst);
            }
        }
        Ok(false)
    }

    #[inline(always)]
    fn clear(&self, position: u64) {
        self.memory.long(place(position)).store(0, Ordering::Relaxed);
    }

    #[inline(always)]
    fn publish(&self, word: u64) {
        self.memory.long(place(self.tail)).store(word, Ordering::Release);
    }
}

/// Copies a header. Those of small messages are between one and two vectors
/// long, which takes two moves and no call.
///
/// # Safety
/// As for [`std::ptr::copy_nonoverlapping`].
#[inline(always)]
unsafe fn copy_header(from: *const u8, to: *mut u8, len: usize) {
    type Vector = [u64; 2];
    const BYTES: usize = size_of::<Vector>();
    if (BYTES..=2 * BYTES).contains(&len) {
        for at in [0, len - BYTES] {
            // SAFETY: `BYTES` from `at` on are within the `len` of both sides.
            unsafe {
                let vector = from.add(at).cast::<Vector>().read_unaligned();
                to.add(at).cast::<Vector>().write_unaligned(vector);
            }
        }
        return;
    }
    // SAFETY: the caller's promise.
    unsafe { from.copy_to_nonoverlapping(to, len) }
}

/// Asks for a line of the ring that will soon be written, so that a burst of
/// small packets does not wait for each line to come over from the reader.
#[inline(always)]
fn own_line(line: *mut u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which reads and writes nothing and faults nowhere.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) line, options(nostack, preserves_flags));
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = line;
}

/// Asks for a line that will soon be read.
#[inline(always)]
fn read_line(line: *mut u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as above.
    unsafe {
        std::arch::asm!("prefetcht0 [{}]", in(reg) line, options(nostack, preserves_flags));
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = line;
}

/// The reading end.
pub struct Consumer {
    memory: SharedMemory,
    /// Position of the next packet.
    head: u64,
}

impl Consumer {
    /// Whether `pop` would find something.
    #[inline(always)]
    pub fn has_packet(&self) -> bool {
        self.peek() != 0
    }

    /// Takes the next packet, if there is one, and shows it to `take`.
    #[inline]
    pub fn pop(&mut self, take: impl FnOnce(&[u8], &[u8])) -> Result<bool, Fault> {
        let mut word = self.peek();
        if word == 0 {
            return Ok(false);
        }
        if word >> 48 == u64::from(TO_START) {
            word = self.turn_over(word)?;
            if word == 0 {
                return Ok(false);
            }
        }
        let header_len = usize::from((word >> 32) as u16);
        let payload_len = word as u32 as usize;
        if word >> 48 != u64::from(PACKET) {
            return Err(Fault::Word(word));
        }
        let to_end = RING_BYTES - self.head as usize % RING_BYTES;
        if header_len > HEADER_MAX
            || payload_len > PACKET_PAYLOAD_MAX
            || packet_len(header_len, payload_len) > to_end
        {
            return Err(Fault::Length { header_len, payload_len });
        }
        let len = packet_len(header_len, payload_len);
        let packet = self.memory.address(place(self.head), len);
        let mut header = [0; HEADER_MAX];
        let payload = payload_at(header_len, payload_len);
        // SAFETY: `address` checked that the packet lies in the mapping, whose
        // writer published it and leaves it alone until `head` has passed.
        // Should it not, see "What must hold". `header` has room for
        // `HEADER_MAX` bytes, above which a header was refused.
        let payload = unsafe {
            copy_header(packet.add(WORD), header.as_mut_ptr(), header_len);
            slice::from_raw_parts(packet.add(payload), payload_len)
        };
        take(&header[..header_len], payload);
        self.head += len as u64;
        self.memory.long(HEAD_AT).store(self.head, Ordering::Release);
        Ok(true)
    }

    /// Asks for a line that comes soon, where several packets were waiting. Of a
    /// line that is not written yet this would only take away the writer's.
    #[inline(always)]
    pub fn prefetch(&self) {
        read_line(self.memory.address(place(self.head + 2 * LINE as u64), LINE));
    }

    /// True when the writer waits for the room that was made; to be asked after
    /// packets were taken. `fenced` costs a fence and misses nobody; without
    /// it a writer that has just begun to wait is noticed the next time.
    #[inline]
    pub fn is_missed(&self, fenced: bool) -> bool {
        if fenced {
            fence(Ordering::SeqCst);
        }
        let starved = self.memory.word(STARVED_AT);
        starved.load(Ordering::Relaxed) != 0 && starved.swap(0, Ordering::SeqCst) != 0
    }

    #[inline(always)]
    fn peek(&self) -> u64 {
        self.memory.long(place(self.head)).load(Ordering::Acquire)
    }

    /// Goes to the start of the ring, where the writer went on.
    #[cold]
    fn turn_over(&mut self, word: u64) -> Result<u64, Fault> {
        let at = self.head as usize % RING_BYTES;
        // At the start there is nowhere to go, however large the packet.
        if at == 0 || word != self::word(TO_START, 0, 0) {
            return Err(Fault::Word(word));
        }
        self.head += (RING_BYTES - at) as u64;
        self.memory.long(HEAD_AT).store(self.head, Ordering::Release);
        Ok(self.peek())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};
    use std::time::{Duration, Instant};

    fn pair() -> (Producer, Consumer) {
        let (consumer, file) = create().unwrap();
        (Producer::adopt(&file).unwrap(), consumer)
    }

    fn push(producer: &mut Producer, header: &[u8], payload: &[u8]) -> bool {
        let mut fill = |out: &mut [u8]| out.copy_from_slice(payload);
        producer.push(header, payload.len(), &mut fill).unwrap()
    }

    fn pop(consumer: &mut Consumer) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut got = None;
        let any = consumer.pop(|header, payload| got = Some((header.to_vec(), payload.to_vec())));
        assert_eq!(any.unwrap(), got.is_some());
        got
    }

    #[test]
    fn packets_come_out_as_they_went_in() {
        let (mut producer, mut consumer) = pair();
        assert_eq!(pop(&mut consumer), None);
        assert!(push(&mut producer, b"header", b"payload"));
        assert!(push(&mut producer, b"", b""));
        assert!(push(&mut producer, &[7; HEADER_MAX], &[9; PACKET_PAYLOAD_MAX]));
        assert_eq!(pop(&mut consumer), Some((b"header".to_vec(), b"payload".to_vec())));
        assert_eq!(pop(&mut consumer), Some((vec![], vec![])));
        let large = (vec![7; HEADER_MAX], vec![9; PACKET_PAYLOAD_MAX]);
        assert_eq!(pop(&mut consumer), Some(large));
        assert_eq!(pop(&mut consumer), None);
    }

    #[test]
    fn a_full_ring_refuses_and_asks_to_be_told() {
        let (mut producer, mut consumer) = pair();
        let payload = [1; 1000];
        let mut pushed = 0;
        while push(&mut producer, b"h", &payload) {
            pushed += 1;
        }
        assert!(pushed >= RING_BYTES / 1100, "{pushed}");
        // Room for one more, and for what the end of the ring does not take.
        for _ in 0..2 {
            assert!(pop(&mut consumer).is_some());
        }
        assert!(consumer.is_missed(false));
        assert!(!consumer.is_missed(true));
        assert!(push(&mut producer, b"h", &payload));
        let left = std::iter::from_fn(|| pop(&mut consumer)).count();
        assert_eq!(left, pushed - 1);
    }

    /// Payload bytes often are marks of packets: old data must never be taken
    /// for a word.
    fn packet(random: &mut SmallRng) -> (Vec<u8>, Vec<u8>) {
        let header_len = random.random_range(0..=HEADER_MAX);
        let payload_len = match random.random_range(0..4) {
            0 => random.random_range(0..100),
            1 => random.random_range(0..5000),
            2 => 64 * random.random_range(0..64),
            _ => random.random_range(0..=PACKET_PAYLOAD_MAX),
        };
        let forged = word(PACKET, 1, 8).to_le_bytes();
        let header = (0..header_len).map(|_| random.random()).collect();
        let shift = random.random_range(0..8);
        (header, (0..payload_len).map(|at| forged[(at + shift) % 8]).collect())
    }

    fn seed() -> u64 {
        let given = std::env::var("RING_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(rand::random);
        eprintln!("RING_SEED={seed}");
        seed
    }

    #[test]
    fn random_packets_survive_many_laps() {
        let (mut producer, mut consumer) = pair();
        let mut random = SmallRng::seed_from_u64(seed());
        let mut expected = std::collections::VecDeque::new();
        for _ in 0..1500 {
            let next = packet(&mut random);
            if push(&mut producer, &next.0, &next.1) {
                expected.push_back(next);
            } else {
                assert!(!expected.is_empty());
            }
            for _ in 0..random.random_range(0..3) {
                assert_eq!(pop(&mut consumer), expected.pop_front());
            }
        }
        while let Some(next) = expected.pop_front() {
            assert_eq!(pop(&mut consumer), Some(next));
        }
        assert_eq!(pop(&mut consumer), None);
        assert!(producer.tail > 10 * RING_BYTES as u64);
    }

    #[test]
    fn two_threads_agree_on_every_packet() {
        let (mut producer, mut consumer) = pair();
        let seed = seed();
        const COUNT: usize = 5_000;
        let deadline = Instant::now() + Duration::from_secs(60);
        let writer = std::thread::spawn(move || {
            let mut random = SmallRng::seed_from_u64(seed);
            for _ in 0..COUNT {
                let (header, mut payload) = packet(&mut random);
                payload.truncate(3000);
                while !push(&mut producer, &header, &payload) {
                    assert!(Instant::now() < deadline);
                    std::thread::yield_now();
                }
            }
        });
        let mut random = SmallRng::seed_from_u64(seed);
        for _ in 0..COUNT {
            let (header, mut payload) = packet(&mut random);
            payload.truncate(3000);
            let got = loop {
                if let Some(got) = pop(&mut consumer) {
                    break got;
                }
                assert!(Instant::now() < deadline);
                std::thread::yield_now();
            };
            assert_eq!(got, (header, payload));
        }
        writer.join().unwrap();
    }

    #[test]
    fn a_writer_that_writes_nonsense_is_an_error_and_never_a_panic() {
        let forge = |word: u64| {
            let (producer, mut consumer) = pair();
            producer.publish(word);
            consumer.pop(|_, _| panic!("nothing sound is there")).unwrap_err()
        };
        assert!(matches!(forge(1), Fault::Word(1)));
        assert!(matches!(forge(word(TO_START, 0, 0)), Fault::Word(_)));
        assert!(matches!(forge(word(PACKET, HEADER_MAX + 1, 0)), Fault::Length { .. }));
        assert!(matches!(forge(word(PACKET, 0, PACKET_PAYLOAD_MAX + 1)), Fault::Length { .. }));
        assert!(matches!(forge(word(PACKET, 65535, u32::MAX as usize)), Fault::Length { .. }));
        // A packet that would reach over the end of the ring.
        let (mut producer, mut consumer) = pair();
        for _ in 0..2 {
            assert!(push(&mut producer, b"", &[0; PACKET_PAYLOAD_MAX]));
            pop(&mut consumer).unwrap();
        }
        producer.publish(word(PACKET, 0, PACKET_PAYLOAD_MAX));
        assert!(matches!(consumer.pop(|_, _| ()), Err(Fault::Length { .. })));
    }

    #[test]
    fn random_memory_is_an_error_and_never_a_panic() {
        let mut random = SmallRng::seed_from_u64(seed());
        for _ in 0..20 {
            let (producer, mut consumer) = pair();
            for at in (RING_AT..SEGMENT_BYTES).step_by(8) {
                let long = match random.random_range(0..3) {
                    0 => random.random(),
                    1 => word(PACKET, random.random_range(0..80), random.random_range(0..1 << 17)),
                    _ => word(TO_START, 0, 0),
                };
                producer.memory.long(at).store(long, Ordering::Relaxed);
            }
            for _ in 0..10_000 {
                if !matches!(consumer.pop(|_, _| ()), Ok(true)) {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_reader_that_lies_about_its_place_is_an_error() {
        for lie in [1 << 40, u64::MAX] {
            let (mut producer, _consumer) = pair();
            while push(&mut producer, b"", &[0; 4000]) {}
            producer.memory.long(HEAD_AT).store(lie, Ordering::Release);
            let outcome = producer.push(b"", 4000, &mut |_| ());
            assert!(matches!(outcome, Err(Fault::Head { .. })));
        }
        // Backwards.
        let (mut producer, mut consumer) = pair();
        while push(&mut producer, b"", &[0; 4000]) {}
        while pop(&mut consumer).is_some() {}
        while push(&mut producer, b"", &[0; 4000]) {}
        producer.memory.long(HEAD_AT).store(64, Ordering::Release);
        assert!(matches!(producer.push(b"", 4000, &mut |_| ()), Err(Fault::Head { .. })));
    }
}
