//! A poll set: descriptors, what to look for, and what each stands for.

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

pub struct Watch<'fd, S> {
    sources: Vec<S>,
    fds: Vec<PollFd<'fd>>,
}

impl<'fd, S: Copy> Watch<'fd, S> {
    pub fn new() -> Watch<'fd, S> {
        Watch { sources: Vec::new(), fds: Vec::new() }
    }

    pub fn readable(&mut self, source: S, fd: BorrowedFd<'fd>) {
        self.sources.push(source);
        self.fds.push(PollFd::new(fd, PollFlags::POLLIN));
    }

    pub fn writable(&mut self, source: S, fd: BorrowedFd<'fd>) {
        self.sources.push(source);
        self.fds.push(PollFd::new(fd, PollFlags::POLLOUT));
    }

    /// What is ready, failed or hung up, at `deadline` at the latest.
    pub fn wait(mut self, deadline: Option<Instant>) -> Result<Vec<S>, Errno> {
        let timeout = match deadline {
            None => PollTimeout::NONE,
            Some(at) => {
                // Rounded up: a millisecond too early would be a busy loop.
                let left = at.saturating_duration_since(Instant::now());
                let left = (left + Duration::from_micros(999)).min(Duration::from_secs(3600));
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
            }
        };
        match poll(&mut self.fds, timeout) {
            Ok(_) => {}
            Err(Errno::EINTR | Errno::EAGAIN) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
        let ready = self.fds.iter().zip(&self.sources);
        Ok(ready.filter(|(fd, _)| fd.any().unwrap_or(true)).map(|(_, source)| *source).collect())
    }
}
