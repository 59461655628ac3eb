//! A control link between `mpiexec` and one agent: the standard input and
//! output of the agent's process, or of the ssh-like command that carries it.
//! Never blocks; what cannot leave yet is queued here, and the producers look
//! at [`Link::queued`] before they add bulk data.

use super::message::{FRAME_MAX, Malformed, Message};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Bulk data (output of ranks) is added only while less than this is queued.
pub const QUEUE_BYTES_MAX: usize = 256 << 10;

/// Read at once, in bytes.
const CHUNK: usize = 64 << 10;

pub struct Link {
    input: OwnedFd,
    output: OwnedFd,
    unread: Vec<u8>,
    /// Where in `unread` the next frame begins.
    at: usize,
    unsent: VecDeque<u8>,
    /// The peer's end of `input` is closed.
    ended: bool,
    /// The peer's end of `output` is closed; what is sent goes nowhere.
    broken: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum LinkFailure {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("a control message announces {0} bytes, more than {FRAME_MAX}")]
    TooLong(usize),
}

impl Link {
    pub fn new(input: OwnedFd, output: OwnedFd) -> io::Result<Link> {
        unblock(&input)?;
        unblock(&output)?;
        Ok(Link {
            input,
            output,
            unread: Vec::new(),
            at: 0,
            unsent: VecDeque::new(),
            ended: false,
            broken: false,
        })
    }

    pub fn input(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    pub fn output(&self) -> BorrowedFd<'_> {
        self.output.as_fd()
    }

    /// Bytes that wait to leave.
    pub fn queued(&self) -> usize {
        self.unsent.len()
    }

    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Forgets what waits to leave, and whatever is sent from now on: the peer
    /// is gone.
    pub fn abandon(&mut self) {
        self.broken = true;
        self.unsent.clear();
    }

    pub fn send(&mut self, message: &impl Message) {
        if self.broken {
            return;
        }
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        self.unsent.extend(bytes);
        self.flush();
    }

    /// Text before the first frame: the agent's banner.
    pub fn send_raw(&mut self, text: &str) {
        self.unsent.extend(text.bytes());
        self.flush();
    }

    /// Writes what the kernel takes.
    pub fn flush(&mut self) {
        while !self.unsent.is_empty() && !self.broken {
            let (front, _) = self.unsent.as_slices();
            match nix::unistd::write(&self.output, front) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(Errno::EAGAIN) => return,
                Err(Errno::EINTR) => {}
                Err(_) => {
                    self.broken = true;
                    self.unsent.clear();
                }
            }
        }
    }

    /// Reads what there is, up to one chunk; sets [`Link::has_ended`] at its end.
    pub fn fill(&mut self) {
        let mut chunk = [0; CHUNK];
        match nix::unistd::read(&self.input, &mut chunk) {
            Ok(0) => self.ended = true,
            Ok(count) => {
                self.unread.drain(..self.at);
                self.at = 0;
                self.unread.extend_from_slice(&chunk[..count]);
            }
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(_) => self.ended = true,
        }
    }

    /// The next whole message among what was read.
    pub fn next<M: Message>(&mut self) -> Result<Option<M>, LinkFailure> {
        let Some((len, rest)) = self.unread[self.at..].split_first_chunk::<4>() else {
            return Ok(None);
        };
        let len = u32::from_le_bytes(*len) as usize;
        if len > FRAME_MAX {
            return Err(LinkFailure::TooLong(len));
        }
        let Some(frame) = rest.get(..len) else { return Ok(None) };
        let message = M::read(frame)?;
        self.at += 4 + len;
        Ok(Some(message))
    }

    /// The line that begins with `mark`, and drops all before it: the remote
    /// shell's start-up files may print something. Looks at 64 KiB at most.
    pub fn banner(&mut self, mark: &str) -> Result<Option<String>, LinkFailure> {
        let unread = &self.unread[self.at..];
        let begin = unread.windows(mark.len()).position(|bytes| bytes == mark.as_bytes());
        let Some(begin) = begin else {
            return if unread.len() > CHUNK {
                Err(LinkFailure::TooLong(unread.len()))
            } else {
                Ok(None)
            };
        };
        let Some(len) = unread[begin..].iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        let line = &unread[begin + mark.len()..begin + len];
        let line = String::from_utf8_lossy(line).into_owned();
        self.at += begin + len + 1;
        Ok(Some(line))
    }
}

/// Reads and writes of `fd` fail instead of waiting.
pub fn unblock(fd: &impl AsFd) -> io::Result<()> {
    let flags = OFlag::from_bits_truncate(fcntl(fd, FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::message::{Stream, ToRoot};
    use super::*;
    use nix::unistd::pipe2;

    fn pair() -> (Link, Link) {
        let (a_in, b_out) = pipe2(OFlag::O_CLOEXEC).expect("a pipe");
        let (b_in, a_out) = pipe2(OFlag::O_CLOEXEC).expect("a pipe");
        (Link::new(a_in, a_out).expect("a link"), Link::new(b_in, b_out).expect("a link"))
    }

    #[test]
    fn large_messages_arrive_whole_while_the_pipe_is_small() {
        let (mut a, mut b) = pair();
        let bytes: Vec<u8> = (0..3 << 20).map(|at| at as u8).collect();
        let sent = ToRoot::Output { rank: 4, stream: Stream::Out, bytes };
        a.send(&sent);
        assert!(a.queued() > 0);
        let received = loop {
            a.flush();
            b.fill();
            if let Some(message) = b.next::<ToRoot>().expect("an honest peer") {
                break message;
            }
        };
        assert_eq!(received, sent);
        drop(a);
        b.fill();
        assert!(b.has_ended());
    }

    #[test]
    fn noise_of_a_login_shell_before_the_banner_is_skipped() {
        let (mut a, mut b) = pair();
        a.send_raw("Welcome to host b!\n\u{1}agent 1.0 hostb\n");
        a.send(&ToRoot::Done);
        b.fill();
        assert_eq!(b.banner("\u{1}agent ").expect("a banner").as_deref(), Some("1.0 hostb"));
        assert_eq!(b.next::<ToRoot>().expect("a message"), Some(ToRoot::Done));
    }

    #[test]
    fn endless_noise_and_giant_frames_are_refused() {
        let (mut a, mut b) = pair();
        a.send_raw(&"x".repeat(200 << 10));
        for _ in 0..8 {
            a.flush();
            b.fill();
        }
        assert!(b.banner("\u{1}agent ").is_err());
        assert!(matches!(b.next::<ToRoot>(), Err(LinkFailure::TooLong(_))));
    }
}
