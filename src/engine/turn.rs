//! Waiting: who polls, who sleeps, and who wakes whom.
//!
//! One thread leads: it polls the channel for everybody, spins for a bounded
//! time and then sleeps in the channel's waiter. The others follow: they sleep
//! on a condition variable until something changed or the leader left.
//!
//! No wake-up is lost because every party publishes before it looks: a waiter
//! raises `waiters` (or `followers`, or `sleeping`) and then looks at `epoch`;
//! whoever changes something raises `epoch` and then looks at these. All of
//! them are sequentially consistent for that reason.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

#[derive(Default)]
pub(super) struct Turn {
    /// Counts changes that a waiting thread may care for.
    epoch: AtomicU64,
    /// Threads inside `block_until`.
    waiters: AtomicU32,
    followers: AtomicU32,
    /// A thread that does not wait looked for something to move.
    looked_at: AtomicBool,
    /// The leader is about to sleep, or does.
    sleeping: AtomicBool,
    leading: Mutex<bool>,
    changed: Condvar,
    /// What experience takes off the longest spin, in nanoseconds.
    spin_less_ns: AtomicU64,
    /// Waits that slept since the last try of a whole spin, and how many may
    /// until the next.
    slept: AtomicU32,
    sleeps_per_try: AtomicU32,
}

pub(super) enum Role {
    Leader,
    /// Something changed since the epoch that was seen.
    Look,
}

impl Turn {
    pub fn enter(&self) {
        self.waiters.fetch_add(1, SeqCst);
    }

    pub fn leave(&self) {
        self.waiters.fetch_sub(1, SeqCst);
    }

    /// A thread that does not wait has found nothing to move: says whether
    /// others wait, and lets the leader know that it is not alone in looking.
    pub fn is_waited_in(&self) -> bool {
        let waited_in = self.waiters.load(SeqCst) > 0;
        if waited_in {
            self.looked_at.store(true, SeqCst);
        }
        waited_in
    }

    /// Whether others have looked since the last question.
    pub fn was_looked_at(&self) -> bool {
        self.looked_at.load(SeqCst) && self.looked_at.swap(false, SeqCst)
    }

    pub fn epoch(&self) -> u64 {
        self.epoch.load(SeqCst)
    }

    /// Something changed: wakes followers, and says whether the leader sleeps
    /// and must be woken through the channel.
    #[must_use]
    pub fn publish(&self) -> bool {
        if self.waiters.load(SeqCst) == 0 {
            return false;
        }
        self.epoch.fetch_add(1, SeqCst);
        if self.followers.load(SeqCst) > 0 {
            let _leading = self.leading.lock().expect("no thread panics and lives");
            self.changed.notify_all();
        }
        self.sleeping.load(SeqCst)
    }

    /// Becomes the leader, or sleeps until there is something to look at.
    pub fn lead_or_follow(&self, seen: u64) -> Role {
        let mut leading = self.leading.lock().expect("no thread panics and lives");
        self.followers.fetch_add(1, SeqCst);
        let role = loop {
            if self.epoch() != seen {
                break Role::Look;
            }
            if !*leading {
                *leading = true;
                break Role::Leader;
            }
            leading = self.changed.wait(leading).expect("no thread panics and lives");
        };
        self.followers.fetch_sub(1, SeqCst);
        role
    }

    /// The leader has what it waited for; a follower takes over.
    pub fn hand_over(&self) {
        *self.leading.lock().expect("no thread panics and lives") = false;
        if self.followers.load(SeqCst) > 0 {
            self.changed.notify_all();
        }
    }

    /// Runs `sleep` unless something changed since `seen`.
    pub fn sleep(&self, seen: u64, sleep: impl FnOnce()) {
        self.sleeping.store(true, SeqCst);
        if self.epoch() == seen {
            sleep();
        }
        self.sleeping.store(false, SeqCst);
    }
}

/// How long one wait spins before it sleeps.
///
/// The budget follows experience: back to `spin_max` when a wait ended while
/// spinning, a quarter less each time one had to sleep. Where ranks share a
/// core a spin cannot succeed, since whoever is waited for does not run
/// meanwhile, and the budget soon is next to nothing.
///
/// After a number of sleeps one wait tries a whole `spin_max` again, so that it
/// recovers when the program changes its ways, or when the kernel had put two
/// ranks on one core: only while both want to run does it part them, and it
/// looks once a tick. Tries that fail become rarer.
pub(super) struct Spin<'a> {
    turn: &'a Turn,
    began: Instant,
    budget: Duration,
    spin_max: Duration,
    tries: u32,
}

/// Tries between two looks at the clock, which cost as much as some tries.
const TRIES_PER_LOOK: u32 = 16;

/// Sleeps between two tries.
const SLEEPS_PER_TRY: std::ops::RangeInclusive<u32> = 32..=2048;

impl<'a> Spin<'a> {
    pub fn begin(turn: &'a Turn, spin_max: Duration) -> Spin<'a> {
        let lately =
            Duration::from_nanos(spin_max.as_nanos() as u64 - turn.spin_less_ns.load(SeqCst));
        let sleeps_per_try = turn.sleeps_per_try.load(SeqCst).max(*SLEEPS_PER_TRY.start());
        let retry = turn.slept.load(SeqCst) >= sleeps_per_try;
        if retry {
            turn.slept.store(0, SeqCst);
            turn.sleeps_per_try.store((2 * sleeps_per_try).min(*SLEEPS_PER_TRY.end()), SeqCst);
        }
        let budget = if retry { spin_max } else { lately };
        Spin { turn, began: Instant::now(), budget, spin_max, tries: 0 }
    }

    /// Something moved: the budget counts from here again.
    pub fn restart(&mut self) {
        self.began = Instant::now();
    }

    /// True while the budget lasts.
    pub fn again(&mut self) -> bool {
        self.tries = self.tries.wrapping_add(1);
        if !self.tries.is_multiple_of(TRIES_PER_LOOK) && !self.budget.is_zero() {
            std::hint::spin_loop();
            return true;
        }
        if self.began.elapsed() >= self.budget {
            return false;
        }
        std::hint::spin_loop();
        true
    }

    /// The wait had to sleep.
    pub fn slept(&self) {
        self.turn.slept.fetch_add(1, SeqCst);
        self.learn(self.budget * 3 / 4);
    }

    /// The wait is over without having slept.
    pub fn succeeded(&self) {
        self.learn(self.spin_max);
        self.turn.slept.store(0, SeqCst);
        self.turn.sleeps_per_try.store(0, SeqCst);
    }

    fn learn(&self, budget: Duration) {
        self.turn.spin_less_ns.store((self.spin_max - budget).as_nanos() as u64, SeqCst);
    }
}
