//! How a process that sleeps hears of what was put into its rings.
//!
//! Each process has one page that all its peers in the host map, and one
//! descriptor that ends its sleep. It says in the page that it sleeps; whoever
//! writes to it looks there, and only then makes the system call.
//!
//! No wake-up is lost, because each side writes and then reads what the other
//! one writes: the sleeper raises `ASLEEP` and looks into its rings once more,
//! the writer publishes a packet and looks for `ASLEEP`. On the writer's side
//! the order of the two costs a fence, tens of nanoseconds in every message.
//! Where ranks share cores and sleep all the time, the page says `WATCHFUL` and
//! writers pay it. Elsewhere they do not, and the sleeper instead naps first:
//! within [`NAP`], what was under way has become visible, and whoever comes
//! later has seen that it sleeps.

use crate::sys::poll::{Poller, RemoteBell};
use crate::sys::shared_memory::SharedMemory;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::Duration;

/// Length of the page.
pub const PAGE_BYTES: usize = 4096;

/// How long the first sleep lasts at most. What it repairs is a matter of
/// nanoseconds; a millisecond costs an idle process nothing.
pub const NAP: Duration = Duration::from_millis(1);

const WORD_AT: usize = 0;
const ASLEEP: u32 = 1;
const WATCHFUL: u32 = 2;

/// This process's bell.
pub struct Bell {
    page: SharedMemory,
    file: OwnedFd,
    watchful: bool,
    /// A number for peers to find in this process's memory.
    probe: Box<u64>,
    /// The next sleep is the first since `arm`. Relaxed: only the thread that
    /// leads the others arms and sleeps.
    fresh: AtomicBool,
}

impl Bell {
    /// `watchful` where more ranks than cores are expected to sleep and wake.
    pub fn new(watchful: bool) -> io::Result<Bell> {
        let (page, file) = SharedMemory::create(PAGE_BYTES)?;
        page.word(WORD_AT).store(if watchful { WATCHFUL } else { 0 }, Ordering::SeqCst);
        let probe = Box::new(rand::random());
        Ok(Bell { page, file, watchful, probe, fresh: AtomicBool::new(false) })
    }

    /// The descriptor of the page, for the peers.
    pub fn page(&self) -> &OwnedFd {
        &self.file
    }

    /// Address and value of a word of this process.
    pub fn probe(&self) -> (u64, u64) {
        (std::ptr::from_ref(&*self.probe).addr() as u64, *self.probe)
    }

    pub fn is_watchful(&self) -> bool {
        self.watchful
    }

    /// From now on writers ring. True when they did not until now: then look
    /// into the rings once more before sleeping.
    pub fn arm(&self) -> bool {
        let before = self.page.word(WORD_AT).fetch_or(ASLEEP, Ordering::SeqCst);
        let fresh = before & ASLEEP == 0;
        if fresh {
            self.fresh.store(true, Ordering::Relaxed);
        }
        fresh
    }

    /// Writers need not ring any more.
    pub fn disarm(&self) {
        let word = self.page.word(WORD_AT);
        if word.load(Ordering::Relaxed) & ASLEEP != 0 {
            word.fetch_and(!ASLEEP, Ordering::SeqCst);
        }
    }

    /// The longest sleep that is safe now.
    pub fn limit(&self, timeout: Duration) -> Duration {
        let fresh = self.fresh.swap(false, Ordering::Relaxed);
        if fresh && !self.watchful { timeout.min(NAP) } else { timeout }
    }
}

/// A peer's bell.
pub struct PeerBell {
    page: SharedMemory,
    bell: RemoteBell,
}

impl PeerBell {
    /// From the page and the descriptor that the peer sent.
    pub fn adopt(page: &OwnedFd, bell: OwnedFd) -> io::Result<PeerBell> {
        Ok(PeerBell {
            page: SharedMemory::adopt(page, PAGE_BYTES)?,
            bell: Poller::remote_bell(bell)?,
        })
    }

    /// Something was published for the peer: wakes it if it sleeps.
    #[inline(always)]
    pub fn ring(&self) {
        if self.page.word(WORD_AT).load(Ordering::Relaxed) != 0 {
            self.ring_with_care();
        }
    }

    #[cold]
    fn ring_with_care(&self) {
        fence(Ordering::SeqCst);
        let word = self.page.word(WORD_AT);
        // The first of several writers rings for all of them.
        if word.load(Ordering::SeqCst) & ASLEEP != 0
            && word.fetch_and(!ASLEEP, Ordering::SeqCst) & ASLEEP != 0
        {
            self.bell.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Instant;

    fn pair(watchful: bool) -> (Bell, PeerBell, Arc<Poller>) {
        let poller = Arc::new(Poller::new().unwrap());
        let bell = Bell::new(watchful).unwrap();
        let peer = PeerBell::adopt(bell.page(), poller.bell().unwrap()).unwrap();
        (bell, peer, poller)
    }

    #[test]
    fn a_sleeper_is_woken_once_and_nobody_else() {
        for watchful in [false, true] {
            let (bell, peer, poller) = pair(watchful);
            let nap = Duration::from_millis(30);
            peer.ring();
            let start = Instant::now();
            poller.sleep(nap);
            assert!(start.elapsed() >= nap, "a process that is awake was rung");
            assert!(bell.arm());
            assert!(!bell.arm());
            peer.ring();
            peer.ring();
            poller.sleep(Duration::from_secs(60));
            let start = Instant::now();
            poller.sleep(nap);
            assert!(start.elapsed() >= nap, "rung twice");
            assert!(bell.arm());
            bell.disarm();
            peer.ring();
            let start = Instant::now();
            poller.sleep(nap);
            assert!(start.elapsed() >= nap, "disarmed, and rung");
        }
    }

    #[test]
    fn the_first_sleep_is_a_nap_where_writers_do_not_watch() {
        let hour = Duration::from_secs(3600);
        let (bell, _, _) = pair(false);
        bell.arm();
        assert_eq!(bell.limit(hour), NAP);
        assert_eq!(bell.limit(hour), hour);
        let (bell, _, _) = pair(true);
        bell.arm();
        assert_eq!(bell.limit(hour), hour);
    }

    #[test]
    fn what_is_not_a_bell_is_not_adopted() {
        let (bell, _, _) = pair(false);
        let file = OwnedFd::from(tempfile::tempfile().unwrap());
        assert!(PeerBell::adopt(bell.page(), file).is_err());
    }
}
