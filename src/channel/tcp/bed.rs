//! How the engine sleeps while links have nothing for it.

use super::CHECK_INTERVAL;
use crate::channel::Waiter;
use crate::channel::shm::bell::Bell;
use crate::sys::poll::Poller;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Sleeps on the sockets and the bell.
pub(super) struct Bed {
    pub(super) poller: Arc<Poller>,
    /// For peers that share memory with us; none where there is no memory.
    pub(super) bell: Option<Arc<Bell>>,
    /// Somebody slept since the last look at the clock. Relaxed: it only makes
    /// the look come sooner.
    pub(super) slept: AtomicBool,
    /// What ended a sleep was a socket, so those beside shared memory are due.
    /// Relaxed: whoever polls next on this thread or another will see it.
    pub(super) sockets_ready: AtomicBool,
}

impl Waiter for Bed {
    fn arm(&self) -> bool {
        self.bell.as_ref().is_some_and(|bell| bell.arm())
    }

    fn disarm(&self) {
        self.bell.iter().for_each(|bell| bell.disarm());
    }

    fn wait(&self, timeout: Duration) {
        let timeout = timeout.min(CHECK_INTERVAL);
        let timeout = self.bell.as_ref().map_or(timeout, |bell| bell.limit(timeout));
        if self.poller.sleep(timeout) {
            self.sockets_ready.store(true, Ordering::Relaxed);
        }
        self.slept.store(true, Ordering::Relaxed);
    }

    fn wake(&self) {
        self.poller.ring();
    }
}
