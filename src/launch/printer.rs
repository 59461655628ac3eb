//! The output of all ranks on the terminal of one: whole lines where that is
//! possible, each with its rank in front when asked for. What cannot be
//! written yet is queued up to a bound; beyond it the root stops reading from
//! its agents, they stop reading from their ranks, and the ranks wait.

use super::message::Stream;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::fstat;
use std::collections::{BTreeMap, VecDeque};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// Bytes queued per stream before the root stops reading.
pub const QUEUE_BYTES_MAX: usize = 256 << 10;

/// A line this long is not waited for.
const LINE_BYTES_MAX: usize = 64 << 10;

/// How long the beginning of a line waits for its end: prompts have none.
const PATIENCE: Duration = Duration::from_millis(50);

pub struct Printer<Sink> {
    prefix: bool,
    out: Queue<Sink>,
    err: Queue<Sink>,
    partial: BTreeMap<(u32, bool), Partial>,
}

/// The beginning of a line, and when it came.
struct Partial {
    bytes: Vec<u8>,
    since: Instant,
}

struct Queue<Sink> {
    sink: Sink,
    waiting: VecDeque<u8>,
    /// The rank whose unfinished line ends what was printed.
    open_line: Option<u32>,
    /// What was printed does not end with a newline.
    mid_line: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// The reader went away, as `head` does.
    Hangup,
    /// It cannot be written to, for another reason.
    Broken,
}

/// Where bytes go.
pub trait Write {
    /// Writes some of `bytes` without waiting; `WouldBlock` when none fits.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno>;
}

impl<Sink: Write> Printer<Sink> {
    pub fn new(out: Sink, err: Sink, prefix: bool) -> Printer<Sink> {
        let queue = |sink| Queue {
            sink,
            waiting: VecDeque::new(),
            open_line: None,
            mid_line: false,
            state: State::Open,
        };
        Printer { prefix, out: queue(out), err: queue(err), partial: BTreeMap::new() }
    }

    pub fn push(&mut self, rank: u32, stream: Stream, bytes: &[u8]) {
        let key = (rank, stream == Stream::Err);
        let queue = if key.1 { &mut self.err } else { &mut self.out };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole > 0 {
            if let Some(begun) = self.partial.remove(&key) {
                queue.print(rank, &begun.bytes, self.prefix);
            }
            queue.print(rank, &bytes[..whole], self.prefix);
        }
        if whole < bytes.len() {
            let begun = self
                .partial
                .entry(key)
                .or_insert_with(|| Partial { bytes: Vec::new(), since: Instant::now() });
            begun.bytes.extend_from_slice(&bytes[whole..]);
            if begun.bytes.len() > LINE_BYTES_MAX {
                let begun = self.partial.remove(&key).expect("it was there a line ago");
                queue.print(rank, &begun.bytes, self.prefix);
            }
        }
    }

    /// A line of `mpiexec` itself, on standard error.
    pub fn say(&mut self, line: &str) {
        self.err.open_line = None;
        if std::mem::take(&mut self.err.mid_line) {
            self.err.waiting.push_back(b'\n');
        }
        self.err.waiting.extend(format!("mpiexec: {line}\n").bytes());
    }

    /// Prints the beginnings of lines that have waited long enough, or all.
    pub fn release(&mut self, all: bool) {
        let now = Instant::now();
        self.partial.retain(|(rank, is_err), begun| {
            let stays = !all && now.duration_since(begun.since) < PATIENCE;
            if !stays {
                let queue = if *is_err { &mut self.err } else { &mut self.out };
                queue.print(*rank, &begun.bytes, self.prefix);
            }
            stays
        });
    }

    /// When [`Printer::release`] has something to do.
    pub fn alarm(&self) -> Option<Instant> {
        self.partial.values().map(|begun| begun.since + PATIENCE).min()
    }

    pub fn is_full(&self) -> bool {
        self.out.waiting.len() > QUEUE_BYTES_MAX || self.err.waiting.len() > QUEUE_BYTES_MAX
    }

    pub fn is_empty(&self) -> bool {
        self.out.waiting.is_empty() && self.err.waiting.is_empty()
    }

    pub fn waits_for(&self, stream: Stream) -> bool {
        match stream {
            Stream::Out => !self.out.waiting.is_empty(),
            Stream::Err => !self.err.waiting.is_empty(),
        }
    }

    pub fn flush(&mut self) {
        self.out.flush();
        self.err.flush();
    }

    /// What happened to standard output.
    pub fn out_state(&self) -> State {
        self.out.state
    }

    /// Forgets what is queued when no more fits: a reader that does not read
    /// must not keep a job from being killed.
    pub fn discard_when_full(&mut self) {
        if self.is_full() {
            self.discard();
        }
    }

    /// Forgets what is queued: the user wants to be gone.
    pub fn discard(&mut self) {
        self.out.waiting.clear();
        self.err.waiting.clear();
    }
}

impl<Sink: Write> Queue<Sink> {
    fn print(&mut self, rank: u32, bytes: &[u8], prefix: bool) {
        if self.state != State::Open || bytes.is_empty() {
            return;
        }
        self.mid_line = bytes.last() != Some(&b'\n');
        if !prefix {
            self.waiting.extend(bytes);
            self.open_line = None;
            return;
        }
        if self.open_line.is_some_and(|open| open != rank) {
            self.waiting.push_back(b'\n');
            self.open_line = None;
        }
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.open_line.is_none() {
                self.waiting.extend(format!("[{rank}] ").bytes());
            }
            self.waiting.extend(line);
            self.open_line = (line.last() != Some(&b'\n')).then_some(rank);
        }
    }

    fn flush(&mut self) {
        while !self.waiting.is_empty() {
            match self.sink.write(self.waiting.as_slices().0) {
                Ok(count) => drop(self.waiting.drain(..count)),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return,
                Err(error) => {
                    self.state = if error == Errno::EPIPE { State::Hangup } else { State::Broken };
                    self.waiting.clear();
                }
            }
        }
    }
}

/// A descriptor that is shared with other processes, so it may not be made
/// nonblocking: they would see it. A pipe that polls as writable takes
/// PIPE_BUF bytes at once; a file takes any number.
pub struct Shared<'fd> {
    fd: BorrowedFd<'fd>,
    at_once_max: usize,
}

impl<'fd> Shared<'fd> {
    pub fn new(fd: BorrowedFd<'fd>) -> Shared<'fd> {
        let is_file = fstat(fd).is_ok_and(|stat| stat.st_mode & libc::S_IFMT == libc::S_IFREG);
        Shared { fd, at_once_max: if is_file { 64 << 10 } else { libc::PIPE_BUF } }
    }
}

impl Write for Shared<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut fds = [PollFd::new(self.fd.as_fd(), PollFlags::POLLOUT)];
        if poll(&mut fds, PollTimeout::ZERO)? == 0 {
            return Err(Errno::EAGAIN);
        }
        nix::unistd::write(self.fd, &bytes[..bytes.len().min(self.at_once_max)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Paper {
        text: Rc<RefCell<Vec<u8>>>,
        takes_nothing: Rc<RefCell<Option<Errno>>>,
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
            if let Some(error) = *self.takes_nothing.borrow() {
                return Err(error);
            }
            let count = bytes.len().min(3);
            self.text.borrow_mut().extend_from_slice(&bytes[..count]);
            Ok(count)
        }
    }

    fn printed(prefix: bool, story: impl FnOnce(&mut Printer<Paper>)) -> String {
        let out = Paper::default();
        let mut printer = Printer::new(out.clone(), Paper::default(), prefix);
        story(&mut printer);
        printer.flush();
        let text = out.text.borrow().clone();
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn lines_of_two_ranks_do_not_mix() {
        let text = printed(false, |printer| {
            printer.push(0, Stream::Out, b"hello from ");
            printer.push(1, Stream::Out, b"good day from one\nand ");
            printer.push(0, Stream::Out, b"zero\n");
            printer.push(1, Stream::Out, b"good night\n");
        });
        assert_eq!(text, "good day from one\nhello from zero\nand good night\n");
    }

    #[test]
    fn every_line_has_its_rank_in_front() {
        let text = printed(true, |printer| {
            printer.push(0, Stream::Out, b"a\n\nb");
            printer.push(1, Stream::Out, b"c\n");
            printer.release(true);
            printer.push(1, Stream::Out, b"d\n");
            printer.push(0, Stream::Out, b"e\n");
        });
        assert_eq!(text, "[0] a\n[0] \n[1] c\n[0] b\n[1] d\n[0] e\n");
    }

    #[test]
    fn prompt_appears_without_the_end_of_its_line() {
        let text = printed(false, |printer| {
            printer.push(0, Stream::Out, b"name? ");
            assert!(printer.is_empty() && printer.alarm().is_some());
            printer.release(true);
            assert!(printer.alarm().is_none());
        });
        assert_eq!(text, "name? ");
    }

    #[test]
    fn reader_that_does_not_read_makes_the_printer_full_and_one_that_leaves_empties_it() {
        let out = Paper::default();
        let mut printer = Printer::new(out.clone(), Paper::default(), false);
        *out.takes_nothing.borrow_mut() = Some(Errno::EAGAIN);
        while !printer.is_full() {
            printer.push(0, Stream::Out, &[b'x'; 1 << 16]);
            printer.release(true);
            printer.flush();
        }
        *out.takes_nothing.borrow_mut() = Some(Errno::EPIPE);
        printer.flush();
        assert!(printer.is_empty());
        assert_eq!(printer.out_state(), State::Hangup);
    }
}
