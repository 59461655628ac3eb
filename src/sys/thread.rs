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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

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
