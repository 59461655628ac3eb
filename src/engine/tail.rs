//! The tail of a burst: packets that a channel accepted and kept back for
//! company, when the program then computes without calling MPI.
//!
//! A thread of its own gives them to the kernel a moment later. It is started by
//! the first burst, looks only while bursts come, and less and less often while
//! the program catches up by itself: a program that always waits after sending
//! pays one relaxed load per send and per look.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::vci::Vci;
use crate::sys::thread;

/// How long the tail of a burst lies at least before the thread takes it for left, and
/// sends it.
const TAIL_DELAY: Duration = Duration::from_micros(100);

/// Time to the next look while the program has caught up before each of the last ones:
/// every look takes a core from somebody, which with four ranks on two cores was a tenth
/// of them. So the tail of the first burst that a program lets lie waits for so much
/// longer.
const LOOK_INTERVAL_MAX: Duration = Duration::from_micros(800);

/// Looks without anything to do before the thread sleeps until called.
const IDLE_LOOKS_MAX: u32 = 50;

/// The thread, and what it shares with the threads that send.
#[derive(Default)]
pub(super) struct Tail {
    shared: Arc<Shared>,
    thread: OnceLock<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    /// Something may have been left behind since the thread last looked, and
    /// nobody has caught up. Relaxed: who raises it holds the engine's lock, or
    /// just did, who lowers it holds it, and the thread takes that lock before it
    /// looks.
    behind: AtomicBool,
    /// Counts how often `behind` was raised, under the same rules.
    bursts: AtomicU32,
    /// The thread looks every now and then. Sequentially consistent with
    /// `behind` where one goes to sleep and the other calls it.
    awake: AtomicBool,
    over: AtomicBool,
}

impl Tail {
    /// A send left something behind: it leaves soon if nobody polls before.
    #[inline]
    pub(super) fn left_behind(&self, vci: &Arc<Mutex<Vci>>) {
        if !self.shared.behind.load(Relaxed) {
            self.shared.bursts.fetch_add(1, Relaxed);
            self.shared.behind.store(true, SeqCst);
            if !self.shared.awake.load(SeqCst) {
                self.call(vci);
            }
        }
    }

    /// Nothing is left behind. To be called under the engine's lock.
    #[inline]
    pub(super) fn caught_up(&self) {
        if self.shared.behind.load(Relaxed) {
            self.shared.behind.store(false, Relaxed);
        }
    }

    #[cold]
    fn call(&self, vci: &Arc<Mutex<Vci>>) {
        self.shared.awake.store(true, SeqCst);
        let thread = self.thread.get_or_init(|| {
            let (shared, vci) = (self.shared.clone(), vci.clone());
            // Without the thread a burst's tail waits for the program's next
            // MPI call, as it does in the stock libraries.
            thread::spawn("mpi-secure tail", move || shared.run(&vci)).ok()
        });
        if let Some(thread) = thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.shared.over.store(true, SeqCst);
        if let Some(Some(thread)) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run(&self, vci: &Mutex<Vci>) {
        thread::sleep_precisely();
        // What lies behind and lay there a look ago, the program has left.
        let (mut lay, mut idle_looks, mut interval) = (None, 0, TAIL_DELAY);
        while !self.over.load(SeqCst) {
            std::thread::sleep(if lay.is_some() { TAIL_DELAY } else { interval });
            let lies = self.behind.load(SeqCst).then(|| self.bursts.load(Relaxed));
            if lies.is_none() {
                idle_looks += 1;
                interval = (2 * interval).min(LOOK_INTERVAL_MAX);
            } else if lies == lay {
                (idle_looks, interval) = (0, TAIL_DELAY);
                self.flush(vci);
            }
            lay = lies;
            if idle_looks > IDLE_LOOKS_MAX {
                self.awake.store(false, SeqCst);
                // A send that stored `behind` before it saw us asleep.
                while !self.behind.load(SeqCst) && !self.over.load(SeqCst) {
                    std::thread::park();
                }
                self.awake.store(true, SeqCst);
                (lay, idle_looks, interval) = (None, 0, TAIL_DELAY);
            }
        }
    }

    /// Whoever has the lock polls, or leaves more behind: it is not made to wait.
    fn flush(&self, vci: &Mutex<Vci>) {
        let mut vci = match vci.try_lock() {
            Ok(vci) => vci,
            Err(TryLockError::WouldBlock) => return,
            Err(TryLockError::Poisoned(_)) => unreachable!("no thread panics and lives"),
        };
        vci.channel.flush();
        self.behind.store(vci.channel.is_behind(), Relaxed);
    }
}
