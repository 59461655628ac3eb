//! Readiness of many descriptors, level-triggered, and a bell that another
//! thread can ring. One [`Poller`] serves the thread that looks (`ready`) and
//! the thread that sleeps (`sleep`) at once, since epoll needs no lock.

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a descriptor is watched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    Read,
    Write,
    Both,
    /// Errors only: the kernel reports those always.
    Neither,
}

impl Interest {
    pub fn new(read: bool, write: bool) -> Interest {
        match (read, write) {
            (true, true) => Interest::Both,
            (true, false) => Interest::Read,
            (false, true) => Interest::Write,
            (false, false) => Interest::Neither,
        }
    }

    fn flags(self) -> EpollFlags {
        match self {
            Interest::Read => EpollFlags::EPOLLIN,
            Interest::Write => EpollFlags::EPOLLOUT,
            Interest::Both => EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT,
            Interest::Neither => EpollFlags::empty(),
        }
    }
}

/// The token of the bell; [`Poller::ready`] never reports it.
const BELL: u64 = u64::MAX;

/// Descriptors looked at in one call.
const EVENTS_MAX: usize = 64;

pub struct Poller {
    epoll: Epoll,
    bell: EventFd,
    /// The bell's descriptor holds a count. Set with release before the count
    /// is written and cleared with acquire before it is read, so what the
    /// ringer did before is seen by whoever was woken.
    rung: AtomicBool,
}

impl Poller {
    pub fn new() -> io::Result<Poller> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let bell = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        epoll.add(&bell, EpollEvent::new(EpollFlags::EPOLLIN, BELL))?;
        Ok(Poller { epoll, bell, rung: AtomicBool::new(false) })
    }

    pub fn add(&self, descriptor: impl AsFd, token: u64, interest: Interest) -> io::Result<()> {
        Ok(self.epoll.add(descriptor, EpollEvent::new(interest.flags(), token))?)
    }

    pub fn modify(&self, descriptor: impl AsFd, token: u64, interest: Interest) -> io::Result<()> {
        let mut event = EpollEvent::new(interest.flags(), token);
        Ok(self.epoll.modify(descriptor, &mut event)?)
    }

    /// Closing a descriptor does the same, unless it was duplicated.
    pub fn remove(&self, descriptor: impl AsFd) -> io::Result<()> {
        Ok(self.epoll.delete(descriptor)?)
    }

    /// Appends the tokens that are ready now, without waiting.
    pub fn ready(&self, tokens: &mut Vec<u64>) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        let count = self.epoll.wait(&mut events, EpollTimeout::ZERO)?;
        tokens.extend(events[..count].iter().map(EpollEvent::data).filter(|&token| token != BELL));
        Ok(())
    }

    /// Sleeps until something is ready, the bell rings or `timeout` is over.
    pub fn sleep(&self, timeout: Duration) {
        if self.rung.swap(false, Ordering::AcqRel) {
            let _ = self.bell.read();
            return;
        }
        // Rounded up: a deadline must be over when the sleep is.
        let timeout_ms = timeout.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32;
        let timeout = EpollTimeout::try_from(timeout_ms).expect("not negative");
        let mut events = [EpollEvent::empty(); 4];
        // An interrupted sleep is a short one, which callers must expect.
        let count = self.epoll.wait(&mut events, timeout).unwrap_or(0);
        if events[..count].iter().any(|event| event.data() == BELL) {
            // A ringer between its flag and its write makes one more sleep
            // too short, and none too long.
            self.rung.store(false, Ordering::Release);
            let _ = self.bell.read();
        }
    }

    /// Ends a sleep in progress, or the next one.
    pub fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            let _ = self.bell.write(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::time::Instant;

    #[test]
    fn readiness_names_its_token_and_the_bell_stays_silent() {
        let poller = Poller::new().unwrap();
        let (mut near, far) = UnixStream::pair().unwrap();
        poller.add(&far, 7, Interest::Read).unwrap();
        poller.ring();
        let mut tokens = Vec::new();
        poller.ready(&mut tokens).unwrap();
        assert!(tokens.is_empty());
        near.write_all(b"x").unwrap();
        poller.ready(&mut tokens).unwrap();
        assert_eq!(tokens, [7]);
    }

    #[test]
    fn a_ring_ends_one_sleep_and_only_one() {
        let poller = Arc::new(Poller::new().unwrap());
        poller.ring();
        poller.sleep(Duration::from_secs(60));
        let start = Instant::now();
        poller.sleep(Duration::from_millis(20));
        assert!(start.elapsed() >= Duration::from_millis(20));
        let ringer = poller.clone();
        let thread = std::thread::spawn(move || ringer.ring());
        poller.sleep(Duration::from_secs(60));
        thread.join().unwrap();
        assert!(start.elapsed() < Duration::from_secs(60));
    }
}
