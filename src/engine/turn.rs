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

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::sys::thread;

#[derive(Default)]
pub(super) struct Turn {
    crowd: Crowd,
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

    /// Others want the core, by the last look.
    pub fn has_company(&self) -> bool {
        self.crowd.until_ns.load(Relaxed) != 0
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
/// meanwhile, and the budget soon is next to nothing. Nor does it last long
/// where others want the core, be it ranks of another job or threads of the
/// program (see [`Crowd`]): what it may win is less than it takes from them.
/// Until that is found out, a spin keeps the core to itself for
/// [`SPIN_ALONE`] only, and lets others run between its looks from then on.
///
/// After a number of sleeps one wait tries a whole `spin_max` again, so that it
/// recovers when the program changes its ways, or when the kernel had put two
/// ranks on one core: only while both want to run does it part them, and it
/// looks once a tick. Tries that fail become rarer, and there are none in company.
pub(super) struct Spin<'a> {
    turn: &'a Turn,
    began: Instant,
    budget: Duration,
    spin_max: Duration,
    /// Has not asked yet whether others want the core, and is going to.
    will_ask: bool,
    gave_way: bool,
    /// [`SPIN_ALONE`] is over.
    is_long: bool,
    tries: u32,
    yields: u32,
}

/// What a wait does before it looks again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Spin,
    /// Let others run.
    Yield,
    Sleep,
}

/// Tries between two looks at the clock, which cost as much as some tries.
const TRIES_PER_LOOK: u32 = 16;

/// What is waited for is seldom further away than this where each rank has a core, and
/// a yield to nobody costs less than a look at a socket. Where a host does not know that
/// its cores are shared, as with two ranks on each of two hosts that are containers of
/// one machine of two cores, whoever only spins keeps the core for a slice of the
/// scheduler's: `MPI_Allreduce` of 64 bytes to 64 KiB took 1.2 to 2 ms there, and takes
/// 0.08 to 0.3 (medians of two rounds, Linux 6.18, 2026-11-28).
const SPIN_ALONE: Duration = Duration::from_micros(20);

/// A spin that costs no more than the sleep that it may save.
const SHORT_SPIN: Duration = Duration::from_micros(50);

/// Times that a wait lets others run, and looks again, before it sleeps. Where ranks
/// share cores, whoever is waited for often runs next, and a look is much less than to
/// be woken: eight ranks on two cores pass `MPI_Barrier` in 62 us instead of 157, and
/// `MPI_Allreduce` of 8 bytes in 105 instead of 208; over TCP, four on each of two hosts,
/// in 165 instead of 273 and 214 instead of 284. 4 times do nearly as much and 64 no more
/// (medians of three rounds, Linux 6.18, 2026-11-27). It is bounded, because a core on
/// which all yield to each other is busy with that.
const YIELDS_MAX: u32 = 16;

/// Sleeps between two tries.
const SLEEPS_PER_TRY: std::ops::RangeInclusive<u32> = 32..=2048;

impl<'a> Spin<'a> {
    pub fn begin(turn: &'a Turn, spin_max: Duration) -> Spin<'a> {
        let lately =
            Duration::from_nanos(spin_max.as_nanos() as u64 - turn.spin_less_ns.load(SeqCst));
        let sleeps_per_try = turn.sleeps_per_try.load(SeqCst).max(*SLEEPS_PER_TRY.start());
        let began = Instant::now();
        let gave_way = turn.has_company() && turn.crowd.ask(began);
        let retry = !gave_way && turn.slept.load(SeqCst) >= sleeps_per_try;
        if retry {
            turn.slept.store(0, SeqCst);
            turn.sleeps_per_try.store((2 * sleeps_per_try).min(*SLEEPS_PER_TRY.end()), SeqCst);
        }
        let budget = if retry { spin_max } else { lately };
        let will_ask = !retry && !gave_way;
        Spin {
            turn,
            began,
            budget,
            spin_max,
            will_ask,
            gave_way,
            is_long: false,
            tries: 0,
            yields: 0,
        }
    }

    /// Something moved: the budget counts from here again.
    pub fn restart(&mut self) {
        self.began = Instant::now();
        self.is_long = false;
        self.yields = 0;
    }

    /// What to do after a look that found nothing.
    pub fn next(&mut self) -> Next {
        self.tries = self.tries.wrapping_add(1);
        if !self.gave_way && !self.budget.is_zero() {
            if !self.is_long && !self.tries.is_multiple_of(TRIES_PER_LOOK) {
                std::hint::spin_loop();
                return Next::Spin;
            }
            let now = Instant::now();
            let elapsed = now.saturating_duration_since(self.began);
            if elapsed < self.budget {
                if self.will_ask && elapsed >= SHORT_SPIN {
                    self.will_ask = false;
                    self.gave_way = self.turn.crowd.ask(now);
                }
                self.is_long = elapsed >= SPIN_ALONE;
                return if self.is_long { Next::Yield } else { Next::Spin };
            }
        }
        self.yields += 1;
        if self.yields <= YIELDS_MAX { Next::Yield } else { Next::Sleep }
    }

    /// The wait had to sleep.
    pub fn slept(&self) {
        self.turn.slept.fetch_add(1, SeqCst);
        // Whoever gave way has not tried.
        if !self.gave_way {
            self.learn(self.budget * 3 / 4);
        }
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

/// Whether others want the core that this thread runs on: the kernel counts how
/// long it was ready and did not run. Four ranks that no host counts as crowded
/// share two cores for instance where two jobs run, or in the tests' two hosts.
/// Two jobs of two ranks over TCP (MPICH's `part/pingping`, 15 s alone) took
/// 52 s beside each other while all spun, and 32 s since they give way
/// (2026-11-27).
///
/// Only those that spin can tell: the time that a sleeper needs to wake counts as
/// well. So who has found company believes it for a while, and then looks again.
/// What one thread has found all threads believe.
struct Crowd {
    epoch: Instant,
    /// Company was found, and is taken for granted until then, in nanoseconds
    /// since `epoch`; or 0. Relaxed, as is the other: advice, and no more.
    until_ns: AtomicU64,
    /// How long the next company will be.
    patience_ns: AtomicU64,
}

/// How long a look lasts; the kernel is asked twice, for some microseconds.
const LOOK: Duration = Duration::from_millis(5);

/// A thread kept from running for more than this part of its time has company.
const COMPANY: u32 = 5;

const PATIENCE_MIN: Duration = Duration::from_millis(20);
const PATIENCE_MAX: Duration = Duration::from_secs(1);

thread_local! {
    /// Since when this thread looks, and the kernel's count then.
    static LOOKING: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
}

impl Default for Crowd {
    fn default() -> Crowd {
        Crowd {
            epoch: Instant::now(),
            until_ns: AtomicU64::new(0),
            patience_ns: AtomicU64::new(PATIENCE_MIN.as_nanos() as u64),
        }
    }
}

impl Crowd {
    /// Whether there is company, as far as is known now.
    fn ask(&self, now: Instant) -> bool {
        let now_ns = now.saturating_duration_since(self.epoch).as_nanos() as u64;
        let until_ns = self.until_ns.load(Relaxed);
        if now_ns < until_ns {
            return true;
        }
        if until_ns != 0 {
            self.until_ns.store(0, Relaxed);
            begin_look(now);
            return false;
        }
        let Some((since, before)) = LOOKING.get() else {
            begin_look(now);
            return false;
        };
        let passed = now.saturating_duration_since(since);
        if passed < LOOK {
            return false;
        }
        let kept = begin_look(now).saturating_sub(before);
        if kept * COMPANY <= passed {
            self.patience_ns.store(PATIENCE_MIN.as_nanos() as u64, Relaxed);
            return false;
        }
        let patience_ns = self.patience_ns.load(Relaxed);
        self.patience_ns.store((2 * patience_ns).min(PATIENCE_MAX.as_nanos() as u64), Relaxed);
        self.until_ns.store(now_ns + patience_ns, Relaxed);
        true
    }
}

/// Of a kernel that does not tell it is believed that nobody has company.
fn begin_look(now: Instant) -> Duration {
    let kept = thread::time_kept_from_running().unwrap_or_default();
    LOOKING.set(Some((now, kept)));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_yields_some_times_before_it_sleeps_and_again_once_something_moved() {
        let turn = Turn::default();
        let mut spin = Spin::begin(&turn, Duration::ZERO);
        for _ in 0..2 {
            let times = (0..1000).take_while(|_| spin.next() == Next::Yield).count();
            assert_eq!(times, YIELDS_MAX as usize);
            assert_eq!(spin.next(), Next::Sleep);
            spin.restart();
        }
    }

    #[test]
    fn a_long_spin_lets_others_run_between_its_looks() {
        let turn = Turn::default();
        let mut spin = Spin::begin(&turn, Duration::from_secs(3600));
        assert_eq!(spin.next(), Next::Spin);
        while spin.began.elapsed() < SPIN_ALONE {}
        assert!((0..TRIES_PER_LOOK).any(|_| spin.next() == Next::Yield));
        assert!((0..100).all(|_| spin.next() == Next::Yield));
        spin.restart();
        assert_eq!(spin.next(), Next::Spin);
    }
}
