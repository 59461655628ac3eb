//! Readiness of many descriptors, level-triggered, and a bell that another
//! thread can ring. One [`Poller`] serves the thread that looks (`ready`) and
//! the thread that sleeps (`sleep`) at once, since epoll needs no lock.

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
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
    /// True when a descriptor is ready, as far as this has looked.
    pub fn sleep(&self, timeout: Duration) -> bool {
        if self.rung.swap(false, Ordering::AcqRel) {
            let _ = self.bell.read();
            return false;
        }
        // Rounded up: a deadline must be over when the sleep is.
        let timeout_ms = timeout.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32;
        let timeout = EpollTimeout::try_from(timeout_ms).expect("not negative");
        let mut events = [EpollEvent::empty(); 4];
        // An interrupted sleep is a short one, which callers must expect.
        let count = self.epoll.wait(&mut events, timeout).unwrap_or(0);
        let is_bell = |event: &&EpollEvent| event.data() == BELL;
        let rings = events[..count].iter().filter(is_bell).count();
        if rings > 0 {
            // A ringer between its flag and its write makes one more sleep
            // too short, and none too long.
            self.rung.store(false, Ordering::Release);
            let _ = self.bell.read();
        }
        count > rings
    }

    /// The bell's descriptor, for another process of this host to ring.
    pub fn bell(&self) -> io::Result<OwnedFd> {
        self.bell.as_fd().try_clone_to_owned()
    }

    /// Another process's bell. Anything but an eventfd that never makes a
    /// writer wait is refused.
    pub fn remote_bell(descriptor: OwnedFd) -> io::Result<RemoteBell> {
        let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
        let target = std::fs::read_link(path)?;
        let flags = OFlag::from_bits_retain(fcntl(&descriptor, FcntlArg::F_GETFL)?);
        if !target.to_string_lossy().contains("[eventfd]") || !flags.contains(OFlag::O_NONBLOCK) {
            let what = target.display();
            return Err(io::Error::other(format!("{what} is not a bell of ours")));
        }
        Ok(RemoteBell(descriptor))
    }

    /// Ends a sleep in progress, or the next one.
    pub fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            let _ = self.bell.write(1);
        }
    }
}

/// Ends the sleep of another process.
pub struct RemoteBell(OwnedFd);

impl RemoteBell {
    pub fn ring(&self) {
        // A counter that is full has rung already.
        let _ = nix::unistd::write(&self.0, &1u64.to_ne_bytes());
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
