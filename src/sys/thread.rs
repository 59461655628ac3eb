//! Threads of the library inside somebody else's program.

use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};
use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread that takes no signals: the program's handlers run on the
/// program's threads, as if we were not there.
pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let mut former = SigSet::empty();
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut former))?;
    let thread = Builder::new().name(name.to_owned()).spawn(body);
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&former), None)?;
    thread
}

/// Asks the kernel to end this thread's sleeps when they are over, instead of
/// up to 50 us later together with other threads' (`PR_SET_TIMERSLACK`).
pub fn sleep_precisely() {
    // A kernel that does not know this only sleeps longer.
    let _ = nix::sys::prctl::set_timerslack(1);
}
