//! A whole job's network in one process, for tests: seeded delays and
//! interleaving, bounded queues that answer `Busy` (sometimes without need),
//! links that can be cut. Used from one thread it replays exactly from its
//! seed; used from several it is a correct network with random timing.
//!
//! Time is virtual: every `poll` is one tick, and a sleeper with packets on
//! their way to it moves the clock to the first of them instead of sleeping.

use super::{Channel, HEADER_MAX, Lane, LinkError, Outcome, PAYLOAD_MAX, PeerId, Sink, Waiter};
use crate::secure::ProfileId;
use crate::sys::process_memory::{self, Span};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How unkind the network is.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Packets that may be on their way from one process to another.
    pub queue_packets_max: usize,
    /// Longest delay of a packet, in ticks.
    pub delay_ticks_max: u64,
    /// One send in this many is answered `Busy` although there is room; 0 for
    /// never.
    pub busy_one_in: u64,
    /// Packets one `poll` delivers at most.
    pub burst_max: u64,
    /// [`Channel::payload_max`] of every process.
    pub payload_max: usize,
}

impl Default for Weather {
    fn default() -> Weather {
        Weather {
            queue_packets_max: 32,
            delay_ticks_max: 20,
            busy_one_in: 16,
            burst_max: 8,
            payload_max: PAYLOAD_MAX,
        }
    }
}

/// The network itself: makes the channels, cuts links.
#[derive(Clone)]
pub struct Network {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// One per process, beside the lock they belong to.
    changed: Vec<Condvar>,
}

struct State {
    weather: Weather,
    random: SplitMix,
    now: u64,
    ends: Vec<End>,
    /// From `a` to `b` at `a * n + b`.
    pairs: Vec<Pair>,
    spare: Vec<Packet>,
}

#[derive(Default)]
struct End {
    signalled: bool,
    /// Something this process waited for happened: room in a queue.
    progressed: bool,
    closing: bool,
    gone: bool,
    /// To be reported by the next poll.
    losses: Vec<Arc<LinkError>>,
}

#[derive(Default)]
struct Pair {
    queue: VecDeque<Packet>,
    last_ready_at: u64,
    used: bool,
    refused: bool,
    cut: Option<Arc<LinkError>>,
}

#[derive(Default)]
struct Packet {
    ready_at: u64,
    header_len: usize,
    profile: ProfileId,
    bytes: Vec<u8>,
}

impl Network {
    /// The channels of processes `0..n`, with the default weather.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(n: u32, seed: u64) -> Vec<Simulated> {
        Network::with_weather(n, seed, Weather::default())
    }

    pub fn with_weather(n: u32, seed: u64, weather: Weather) -> Vec<Simulated> {
        let count = n as usize;
        let state = State {
            weather,
            random: SplitMix(seed),
            now: 0,
            ends: (0..count).map(|_| End::default()).collect(),
            pairs: (0..count * count).map(|_| Pair::default()).collect(),
            spare: Vec::new(),
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: (0..count).map(|_| Condvar::new()).collect(),
        });
        (0..n)
            .map(|me| Simulated {
                me: PeerId(me),
                payload_max: weather.payload_max,
                network: Network { shared: shared.clone() },
            })
            .collect()
    }

    /// Cuts the link between two processes for good; what is on its way is
    /// gone, and each end hears of it at its next poll.
    pub fn cut(&self, a: PeerId, b: PeerId) {
        let mut state = self.lock();
        state.cut(a, b, |peer| LinkError {
            peer: Some(peer),
            security: false,
            message: format!("the link to process {} was cut", peer.0),
        });
        drop(state);
        self.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notify(&self, state: &mut State, end: PeerId) {
        state.ends[end.0 as usize].signalled = true;
        self.shared.changed[end.0 as usize].notify_all();
    }

    fn notify_all(&self) {
        let mut state = self.lock();
        for end in 0..state.ends.len() {
            self.notify(&mut state, PeerId(end as u32));
        }
    }
}

impl State {
    fn pair(&mut self, from: PeerId, to: PeerId) -> &mut Pair {
        let n = self.ends.len();
        &mut self.pairs[from.0 as usize * n + to.0 as usize]
    }

    fn cut(&mut self, a: PeerId, b: PeerId, error: impl Fn(PeerId) -> LinkError) {
        for (here, there) in [(a, b), (b, a)] {
            let pair = self.pair(here, there);
            pair.queue.clear();
            if pair.cut.is_none() {
                let error = Arc::new(error(there));
                pair.cut = Some(error.clone());
                self.ends[here.0 as usize].losses.push(error);
            }
        }
    }

    /// One packet whose time has come, from a random sender.
    fn pop_ready(&mut self, to: PeerId) -> Option<(PeerId, Packet)> {
        let n = self.ends.len();
        let start = self.random.below(n as u64) as usize;
        for offset in 0..n {
            let from = PeerId(((start + offset) % n) as u32);
            let now = self.now;
            let pair = self.pair(from, to);
            if pair.queue.front().is_some_and(|packet| packet.ready_at <= now) {
                let packet = pair.queue.pop_front()?;
                let refused = std::mem::take(&mut pair.refused);
                self.ends[from.0 as usize].progressed |= refused;
                return Some((from, packet));
            }
        }
        None
    }

    fn first_arrival(&self, to: PeerId) -> Option<u64> {
        let n = self.ends.len();
        (0..n)
            .filter_map(|from| self.pairs[from * n + to.0 as usize].queue.front())
            .map(|packet| packet.ready_at)
            .min()
    }
}

/// One process's end of the network.
pub struct Simulated {
    me: PeerId,
    payload_max: usize,
    network: Network,
}

impl Simulated {
    pub fn me(&self) -> PeerId {
        self.me
    }

    /// The network this end belongs to, to cut its links.
    pub fn network(&self) -> Network {
        self.network.clone()
    }
}

impl Channel for Simulated {
    /// There are no contexts here, but packets say which they would travel in.
    fn send(
        &mut self,
        to: PeerId,
        lane: Option<&Lane>,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Outcome {
        assert!(
            header.len() <= HEADER_MAX && payload_len <= self.payload_max,
            "packet over its bound"
        );
        let mut state = self.network.lock();
        let weather = state.weather;
        if let Some(error) = &state.pair(self.me, to).cut {
            return Outcome::Lost(error.clone());
        }
        if state.ends[to.0 as usize].closing && to != self.me {
            return Outcome::Lost(Arc::new(LinkError {
                peer: Some(to),
                security: false,
                message: format!("process {} has already finalized", to.0),
            }));
        }
        state.pair(self.me, to).used = true;
        if state.pair(self.me, to).queue.len() >= weather.queue_packets_max {
            state.pair(self.me, to).refused = true;
            return Outcome::Busy;
        }
        if weather.busy_one_in != 0 && state.random.below(weather.busy_one_in) == 0 {
            state.ends[self.me.0 as usize].progressed = true;
            self.network.notify(&mut state, self.me);
            return Outcome::Busy;
        }
        let delay = state.random.below(weather.delay_ticks_max + 1);
        let ready_at = (state.now + delay).max(state.pair(self.me, to).last_ready_at);
        let mut packet = state.spare.pop().unwrap_or_default();
        packet.ready_at = ready_at;
        packet.header_len = header.len();
        packet.profile = lane.map_or(ProfileId::LINK, |lane| lane.profile);
        packet.bytes.clear();
        packet.bytes.extend_from_slice(header);
        packet.bytes.resize(header.len() + payload_len, 0);
        fill(&mut packet.bytes[header.len()..]);
        let pair = state.pair(self.me, to);
        pair.last_ready_at = ready_at;
        pair.queue.push_back(packet);
        self.network.notify(&mut state, to);
        Outcome::Accepted
    }

    fn poll(&mut self, sink: &mut dyn Sink) -> bool {
        let mut state = self.network.lock();
        state.now += 1;
        let end = &mut state.ends[self.me.0 as usize];
        let mut moved = std::mem::take(&mut end.progressed);
        let losses = std::mem::take(&mut end.losses);
        let burst = state.weather.burst_max;
        let mut left = 1 + state.random.below(burst.max(1));
        while left > 0
            && let Some((from, packet)) = state.pop_ready(self.me)
        {
            self.network.notify(&mut state, from);
            // The sink runs without the network's lock: other processes go on.
            drop(state);
            let (header, payload) = packet.bytes.split_at(packet.header_len);
            sink.deliver(from, packet.profile, header, payload);
            moved = true;
            left -= 1;
            state = self.network.lock();
            state.spare.push(packet);
        }
        drop(state);
        for error in losses {
            sink.lost(error);
            moved = true;
        }
        moved
    }

    fn payload_max(&self) -> usize {
        self.payload_max
    }

    /// Sometimes: so both ways of a rendezvous are taken.
    fn is_fetched_from(&self, _to: PeerId) -> bool {
        self.network.lock().random.below(2) == 0
    }

    /// All processes are this one, whose memory can be read like another's.
    fn fetch(&mut self, from: PeerId, address: u64, target: Span) -> bool {
        let mut state = self.network.lock();
        let is_cut = state.pair(from, self.me).cut.is_some();
        let refuses = state.random.below(4) == 0;
        let own = std::process::id() as i32;
        !is_cut && !refuses && process_memory::read(own, address, target).is_ok()
    }

    fn waiter(&self) -> Arc<dyn Waiter> {
        Arc::new(Sleeper { me: self.me, network: self.network.clone() })
    }

    fn is_flushed(&self) -> bool {
        let mut state = self.network.lock();
        let n = state.ends.len() as u32;
        (0..n).all(|to| state.pair(self.me, PeerId(to)).queue.is_empty())
    }

    fn close(&mut self) {
        self.network.lock().ends[self.me.0 as usize].closing = true;
        self.network.notify_all();
    }

    /// As over TCP, a link is closed when both ends closed it.
    fn is_closed(&self) -> bool {
        let mut state = self.network.lock();
        let n = state.ends.len() as u32;
        (0..n).map(PeerId).all(|peer| {
            let cut = state.pair(self.me, peer).cut.is_some();
            let used = state.pair(self.me, peer).used || state.pair(peer, self.me).used;
            let drained = state.pair(self.me, peer).queue.is_empty()
                && state.pair(peer, self.me).queue.is_empty();
            let peer_closed = state.ends[peer.0 as usize].closing || !used;
            cut || (drained && peer_closed)
        }) && state.ends[self.me.0 as usize].closing
    }
}

impl Drop for Simulated {
    /// An end dropped before it closed is a process that died.
    fn drop(&mut self) {
        let mut state = self.network.lock();
        let me = self.me;
        let n = state.ends.len() as u32;
        state.ends[me.0 as usize].gone = true;
        if state.ends[me.0 as usize].closing {
            return;
        }
        for peer in (0..n).map(PeerId).filter(|&peer| peer != me) {
            if !state.ends[peer.0 as usize].gone {
                state.cut(me, peer, |lost| LinkError {
                    peer: Some(lost),
                    security: false,
                    message: format!("process {} ended without closing its link", lost.0),
                });
            }
        }
        drop(state);
        self.network.notify_all();
    }
}

struct Sleeper {
    me: PeerId,
    network: Network,
}

impl Waiter for Sleeper {
    fn wait(&self, timeout: Duration) {
        let mut state = self.network.lock();
        if let Some(arrival) = state.first_arrival(self.me) {
            state.now = state.now.max(arrival);
            return;
        }
        let changed = &self.network.shared.changed[self.me.0 as usize];
        let me = self.me.0 as usize;
        let (mut state, _) = changed
            .wait_timeout_while(state, timeout, |state| !state.ends[me].signalled)
            .unwrap_or_else(PoisonError::into_inner);
        state.ends[me].signalled = false;
    }

    fn wake(&self) {
        let mut state = self.network.lock();
        self.network.notify(&mut state, self.me);
    }
}

/// SplitMix64: the same numbers for a seed on every machine and in every
/// version of every crate, which is why it is not one of `rand`'s.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What arrived at one process, in order.
    #[derive(Default)]
    struct Log {
        packets: Vec<(u32, Vec<u8>, Vec<u8>)>,
        losses: Vec<String>,
    }

    impl Sink for Log {
        fn deliver(&mut self, from: PeerId, _: ProfileId, header: &[u8], payload: &[u8]) {
            self.packets.push((from.0, header.to_vec(), payload.to_vec()));
        }
        fn lost(&mut self, error: Arc<LinkError>) {
            self.losses.push(error.message.clone());
        }
    }

    const PACKETS: u32 = 50;

    /// Every process sends numbered packets to every process, itself included.
    fn run(seed: u64) -> Vec<Log> {
        let mut ends = Network::new(3, seed);
        let mut logs: Vec<Log> = (0..3).map(|_| Log::default()).collect();
        let mut next = [[0u32; 3]; 3];
        while logs.iter().any(|log| log.packets.len() < 3 * PACKETS as usize) {
            for ((end, log), next) in ends.iter_mut().zip(&mut logs).zip(&mut next) {
                for (to, number) in next.iter_mut().enumerate() {
                    if *number == PACKETS {
                        continue;
                    }
                    let payload = number.to_le_bytes();
                    let outcome = end.send(PeerId(to as u32), None, b"h", 4, &mut |out| {
                        out.copy_from_slice(&payload);
                    });
                    if let Outcome::Accepted = outcome {
                        *number += 1;
                    }
                }
                end.poll(log);
            }
        }
        logs
    }

    #[test]
    fn each_pair_keeps_its_order_and_a_seed_replays_exactly() {
        let first = run(7);
        for log in &first {
            for from in 0..3 {
                let numbers: Vec<u32> = log
                    .packets
                    .iter()
                    .filter(|packet| packet.0 == from)
                    .map(|packet| u32::from_le_bytes(packet.2[..].try_into().unwrap()))
                    .collect();
                assert_eq!(numbers, (0..PACKETS).collect::<Vec<_>>());
            }
        }
        let again = run(7);
        let other = run(8);
        assert!(first.iter().zip(&again).all(|(a, b)| a.packets == b.packets));
        assert!(first.iter().zip(&other).any(|(a, b)| a.packets != b.packets));
    }

    #[test]
    fn a_full_queue_answers_busy_and_draining_it_counts_as_progress() {
        let weather = Weather { busy_one_in: 0, ..Weather::default() };
        let mut ends = Network::with_weather(2, 1, weather);
        let mut log = Log::default();
        for _ in 0..weather.queue_packets_max {
            assert!(matches!(
                ends[0].send(PeerId(1), None, b"", 0, &mut |_| ()),
                Outcome::Accepted
            ));
        }
        assert!(matches!(ends[0].send(PeerId(1), None, b"", 0, &mut |_| ()), Outcome::Busy));
        while !ends[1].poll(&mut log) {}
        assert!(ends[0].poll(&mut log));
        assert!(matches!(ends[0].send(PeerId(1), None, b"", 0, &mut |_| ()), Outcome::Accepted));
    }

    #[test]
    fn a_cut_link_is_reported_once_at_both_ends() {
        let mut ends = Network::new(2, 3);
        ends[0].network().cut(PeerId(0), PeerId(1));
        for end in &mut ends {
            let peer = PeerId(1 - end.me().0);
            let mut log = Log::default();
            assert!(end.poll(&mut log));
            assert!(!end.poll(&mut log));
            assert_eq!(log.losses.len(), 1);
            assert!(matches!(end.send(peer, None, b"", 0, &mut |_| ()), Outcome::Lost(_)));
        }
    }

    #[test]
    fn a_sleeper_wakes_for_a_packet_and_the_job_closes_in_order() {
        let mut ends = Network::new(2, 5).into_iter();
        let (mut a, mut b) = (ends.next().unwrap(), ends.next().unwrap());
        let far = Duration::from_secs(60);
        let receiver = std::thread::spawn(move || {
            let waiter = b.waiter();
            let mut log = Log::default();
            while log.packets.is_empty() {
                if !b.poll(&mut log) {
                    waiter.wait(far);
                }
            }
            b.close();
            while !b.is_closed() {
                waiter.wait(far);
                b.poll(&mut log);
            }
        });
        while let Outcome::Busy = a.send(PeerId(1), None, b"x", 0, &mut |_| ()) {}
        let waiter = a.waiter();
        a.close();
        while !a.is_closed() {
            a.poll(&mut Log::default());
            waiter.wait(Duration::from_millis(1));
        }
        receiver.join().unwrap();
    }
}
