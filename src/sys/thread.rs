//! Threads of the library inside somebody else's program.

use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};
use std::fs::File;
use std::io::{self, Read};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Starts a thread that takes no signals: the program's handlers run on the
/// program's threads, as if we were not there.
pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let mut former = SigSet::empty();
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut former))?;
    let thread = Builder::new().name(name.to_owned()).spawn(body);
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&former), None)?;
    thread
}

/// For how long, since it began, this thread was ready to run and others had the
/// core; `None` where the kernel does not say.
pub fn time_kept_from_running() -> Option<Duration> {
    let mut text = [0; 64];
    let len = File::open("/proc/thread-self/schedstat").and_then(|mut f| f.read(&mut text)).ok()?;
    let second = std::str::from_utf8(&text[..len]).ok()?.split_ascii_whitespace().nth(1)?;
    second.parse().ok().map(Duration::from_nanos)
}

/// Asks the kernel to end this thread's sleeps when they are over, instead of
/// up to 50 us later together with other threads' (`PR_SET_TIMERSLACK`).
pub fn sleep_precisely() {
    // A kernel that does not know this only sleeps longer.
    let _ = nix::sys::prctl::set_timerslack(1);
}

/// How long a thread runs before others that want its core get a turn; the least that
/// the kernel grants, instead of some milliseconds.
const TURN: Duration = Duration::from_micros(100);

/// Asks the kernel for short turns of this thread, and of those that it starts later
/// (`sched_setattr(2)`; before Linux 6.12 without effect). It changes nothing about
/// what share of a core a thread gets, but a thread with short turns that wakes, or that
/// let others run, is soon back. Beside three programs that compute, on two cores, 64 KiB
/// between two hosts took 4 ms without and 0.07 with it, and an exchange of 8 bytes within
/// a host 1500 us and 1.9; with nothing beside, as long as without (medians of two rounds,
/// Linux 6.18, 2026-11-28).
pub fn take_short_turns() {
    let Some(mut attributes) = attributes() else { return };
    let turn = TURN.as_nanos() as u64;
    // Who has asked for real time, or to be in nobody's way, is left alone.
    if attributes.sched_policy == libc::SCHED_OTHER as u32 && attributes.sched_runtime > turn {
        attributes.sched_runtime = turn;
        // SAFETY: the kernel reads as many bytes as the structure says it has.
        // Where that is refused turns stay as they are.
        unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    }
}

/// How the kernel schedules this thread. A kernel that grants no turns of a length that
/// is asked for says 0 for `sched_runtime`.
fn attributes() -> Option<libc::sched_attr> {
    const LEN: u32 = size_of::<libc::sched_attr>() as u32;
    // SAFETY: it consists of integers.
    let mut attributes: libc::sched_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes `LEN` bytes at most.
    let outcome = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, LEN, 0) };
    (outcome == 0).then_some(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn turns_become_short_and_nothing_else_changes() {
        let all = |of: &libc::sched_attr| (of.sched_policy, of.sched_nice, of.sched_priority);
        let Some(before) = attributes().filter(|before| before.sched_runtime != 0) else { return };
        take_short_turns();
        let after = attributes().unwrap();
        assert_eq!(after.sched_runtime, TURN.as_nanos() as u64);
        assert_eq!(all(&after), all(&before));
        let started_later = spawn("turns", move || {
            assert_eq!(attributes().unwrap().sched_runtime, after.sched_runtime);
        });
        started_later.unwrap().join().unwrap();
    }

    #[test]
    fn a_thread_that_shares_its_core_is_kept_from_running() {
        let share_a_core = || {
            let mut cores = nix::sched::CpuSet::new();
            cores.set(0).unwrap();
            nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &cores).unwrap();
            let end = Instant::now() + Duration::from_millis(200);
            while Instant::now() < end {}
            time_kept_from_running()
        };
        let threads = [(); 3].map(|()| std::thread::spawn(share_a_core));
        for thread in threads {
            let Some(kept) = thread.join().unwrap() else { return };
            assert!(kept > Duration::from_millis(20), "{kept:?}");
        }
    }
}
