//! `mpiexec --agent`: one per host. Starts this host's ranks, serves them
//! PMI, carries their output to the root and its input to rank 0, and ends
//! them all when told to, or when the root is gone. Speaks with the root
//! through its own standard input and output. One thread: the ranks' death
//! signal belongs to the thread that started them, so it means the end of
//! this process.

use super::link::{Link, QUEUE_BYTES_MAX};
use super::message::{Start, Stream, ToAgent, ToRoot};
use super::rank::{PmiSocket, Rank};
use super::server::{Reaction, Server};
use super::warden::Warden;
use super::watch::Watch;
use super::{BANNER, VERSION};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl, open};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::socket::{MsgFlags, send};
use nix::sys::stat::Mode;
use nix::unistd::{dup, dup2_stdin, dup2_stdout, gethostname, read, write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// Longest PMI line of a rank.
const LINE_MAX: usize = 16 << 10;

/// Answers a rank may leave unread before we stop listening to it.
const ANSWERS_MAX: usize = 64 << 10;

/// How long output may still come after the last process of the ranks' groups
/// is gone: then only a process that left its group holds the pipe.
const LINGER: Duration = Duration::from_secs(1);

/// How often to look whether the leftovers of a group are gone.
const SWEEP_PERIOD: Duration = Duration::from_millis(10);

/// How long the root may take to read the last messages.
const GOODBYE: Duration = Duration::from_secs(30);

/// Read at once from a rank, in bytes.
const CHUNK: usize = 32 << 10;

/// Runs until the job is over.
pub fn run() -> Result<(), String> {
    let agent = Agent::new().map_err(|error| format!("the agent cannot set itself up: {error}"))?;
    agent.run().map_err(|error| format!("the agent cannot go on: {error}"))
}

struct Agent {
    link: Link,
    signals: SignalFd,
    server: Server,
    ranks: Vec<Rank>,
    started: bool,
    /// The root knows that ranks wait for one that has ended.
    stuck: bool,
    warden: Option<Warden>,
    grace: Duration,
    /// The ranks were told to end; KILL follows at this time.
    kill_at: Option<Instant>,
    sweep: Option<Sweep>,
}

/// All ranks have ended; what they started was told to.
struct Sweep {
    kill_at: Instant,
    /// When the last leftover was gone.
    empty_since: Option<Instant>,
}

/// What a descriptor of the poll set is.
#[derive(Clone, Copy)]
enum Source {
    Signals,
    Input,
    Output,
    Rank(usize, Pipe),
}

#[derive(Clone, Copy)]
enum Pipe {
    Out,
    Err,
    In,
    PmiIn,
    PmiOut,
}

impl Agent {
    fn new() -> nix::Result<Agent> {
        let (input, output) = take_stdio()?;
        let mut link = Link::new(input, output).map_err(|_| Errno::EBADF)?;
        let mut set = SigSet::empty();
        for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
            set.add(signal);
        }
        set.thread_block()?;
        // Orphans of the ranks become children of this process, which can so
        // see when the last of a group is gone.
        nix::sys::prctl::set_child_subreaper(true)?;
        let signals = SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let hostname = gethostname()?;
        link.send_raw(&format!("\n{BANNER}{VERSION} {}\n", hostname.to_string_lossy()));
        Ok(Agent {
            link,
            signals,
            server: Server::new("", 0, 0, "", &[]),
            ranks: Vec::new(),
            started: false,
            stuck: false,
            warden: None,
            grace: Duration::from_secs(2),
            kill_at: None,
            sweep: None,
        })
    }

    fn run(mut self) -> nix::Result<()> {
        loop {
            for source in self.wait()? {
                match source {
                    Source::Signals => self.take_signals(),
                    Source::Input => self.hear(),
                    Source::Output => self.link.flush(),
                    Source::Rank(index, pipe) => self.serve(index, pipe),
                }
            }
            self.settle();
            if self.is_over() {
                return self.say_goodbye();
            }
        }
    }

    fn wait(&self) -> nix::Result<Vec<Source>> {
        let mut watch = Watch::new();
        watch.readable(Source::Signals, self.signals.as_fd());
        if !self.link.has_ended() {
            watch.readable(Source::Input, self.link.input());
        }
        if self.link.queued() > 0 {
            watch.writable(Source::Output, self.link.output());
        }
        // A rank that floods its output is slowed down here: while much waits
        // to leave, nobody reads its pipe.
        let room = self.link.queued() < QUEUE_BYTES_MAX;
        for (index, rank) in self.ranks.iter().enumerate() {
            let source = |pipe| Source::Rank(index, pipe);
            if let Some(out) = rank.out.as_ref().filter(|_| room) {
                watch.readable(source(Pipe::Out), out.as_fd());
            }
            if let Some(err) = rank.err.as_ref().filter(|_| room) {
                watch.readable(source(Pipe::Err), err.as_fd());
            }
            if let Some(input) = rank.input.as_ref().filter(|input| !input.waiting.is_empty()) {
                watch.writable(source(Pipe::In), input.pipe.as_fd());
            }
            let Some(pmi) = &rank.pmi else { continue };
            if room && pmi.unsent.len() < ANSWERS_MAX {
                watch.readable(source(Pipe::PmiIn), pmi.socket.as_fd());
            }
            if !pmi.unsent.is_empty() {
                watch.writable(source(Pipe::PmiOut), pmi.socket.as_fd());
            }
        }
        watch.wait(self.alarm())
    }

    /// When to wake up although nothing happens.
    fn alarm(&self) -> Option<Instant> {
        match &self.sweep {
            Some(_) => Some(Instant::now() + SWEEP_PERIOD),
            None => self.kill_at,
        }
    }

    fn take_signals(&mut self) {
        while let Ok(Some(signal)) = self.signals.read_signal() {
            if signal.ssi_signo == Signal::SIGCHLD as u32 {
                self.ranks.iter_mut().for_each(Rank::look);
            } else {
                // sshd hangs up when the connection is lost; a TERM comes from
                // whoever cleans up this host.
                self.end();
            }
        }
    }

    /// What the root says.
    fn hear(&mut self) {
        self.link.fill();
        loop {
            match self.link.next::<ToAgent>() {
                Ok(Some(message)) => self.obey(message),
                Ok(None) => break,
                Err(error) => {
                    eprintln!("mpiexec agent: {error}; ending the ranks here");
                    self.lose_root();
                    return;
                }
            }
        }
        if self.link.has_ended() {
            self.lose_root();
        }
    }

    fn lose_root(&mut self) {
        self.link.abandon();
        self.end();
    }

    fn obey(&mut self, message: ToAgent) {
        match message {
            ToAgent::Start(start) if !self.started => self.start(start),
            ToAgent::Start(_) => {}
            ToAgent::Stdin(bytes) => {
                let Some(index) = self.ranks.iter().position(|rank| rank.number == 0) else {
                    return;
                };
                match &mut self.ranks[index].input {
                    None => self.link.send(&ToRoot::StdinClosed),
                    Some(input) if bytes.is_empty() => {
                        input.ends = true;
                        self.feed(index);
                    }
                    Some(input) => {
                        input.waiting.extend(bytes);
                        self.feed(index);
                    }
                }
            }
            ToAgent::Signal(number) => {
                if let Ok(signal) = Signal::try_from(number) {
                    self.signal(signal);
                }
            }
            ToAgent::End => self.end(),
            ToAgent::Kill => {
                self.started = true;
                self.kill_at = Some(Instant::now());
            }
            ToAgent::Fenced(values) => {
                for (rank, line) in self.server.fenced(values) {
                    self.answer(rank, &line);
                }
            }
            ToAgent::Answer { rank, line } => self.answer(rank, &line),
        }
    }

    fn start(&mut self, start: Start) {
        self.started = true;
        self.grace = Duration::from_millis(u64::from(start.grace_ms));
        self.server =
            Server::new(&start.job, start.size, start.universe, &start.mapping, &start.ranks);
        // Without a warden the kernel still kills the ranks themselves.
        self.warden = Warden::start().ok();
        for index in 0..start.ranks.len() {
            match Rank::start(&start, index) {
                Ok(rank) => {
                    if let Some(warden) = &mut self.warden {
                        warden.watch(rank.group());
                    }
                    self.ranks.push(rank);
                }
                Err(failure) => {
                    self.link.send(&ToRoot::Unstartable {
                        rank: start.ranks[index].0,
                        missing: failure.missing,
                        message: failure.message,
                    });
                    return self.end();
                }
            }
        }
    }

    fn signal(&self, signal: Signal) {
        for rank in &self.ranks {
            rank.signal(signal);
        }
    }

    /// TERM now, KILL after the grace.
    fn end(&mut self) {
        // Nothing is started any more.
        self.started = true;
        if self.kill_at.is_none() {
            self.kill_at = Some(Instant::now() + self.grace);
            self.signal(Signal::SIGTERM);
            // A stopped process does not see TERM.
            self.signal(Signal::SIGCONT);
        }
    }

    fn serve(&mut self, index: usize, pipe: Pipe) {
        match pipe {
            Pipe::Out | Pipe::Err => {
                let stream = if matches!(pipe, Pipe::Out) { Stream::Out } else { Stream::Err };
                self.carry(index, stream);
            }
            Pipe::In => self.feed(index),
            Pipe::PmiIn => self.converse(index),
            Pipe::PmiOut => {
                if let Some(pmi) = &mut self.ranks[index].pmi {
                    flush(pmi);
                }
            }
        }
    }

    /// Carries a chunk of a rank's output; true when there may be more.
    fn carry(&mut self, index: usize, stream: Stream) -> bool {
        let rank = &mut self.ranks[index];
        let pipe = match stream {
            Stream::Out => &mut rank.out,
            Stream::Err => &mut rank.err,
        };
        let Some(fd) = pipe else { return false };
        let mut chunk = [0; CHUNK];
        match read(fd, &mut chunk) {
            Ok(count) if count > 0 => {
                let bytes = chunk[..count].to_vec();
                self.link.send(&ToRoot::Output { rank: rank.number, stream, bytes });
                true
            }
            Err(Errno::EINTR) => true,
            Err(Errno::EAGAIN) => false,
            _ => {
                *pipe = None;
                false
            }
        }
    }

    /// Gives rank 0 what waits for it.
    fn feed(&mut self, index: usize) {
        let Some(input) = &mut self.ranks[index].input else { return };
        let mut taken = 0;
        let mut closed = false;
        while !input.waiting.is_empty() && !closed {
            match write(&input.pipe, input.waiting.as_slices().0) {
                Ok(count) => {
                    input.waiting.drain(..count);
                    taken += count as u32;
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break,
                Err(_) => closed = true,
            }
        }
        if closed || (input.ends && input.waiting.is_empty()) {
            self.ranks[index].input = None;
        }
        if closed {
            self.link.send(&ToRoot::StdinClosed);
        } else if taken > 0 {
            self.link.send(&ToRoot::StdinTaken(taken));
        }
    }

    /// Reads what a rank says to the PMI server, and answers.
    fn converse(&mut self, index: usize) {
        let Some(pmi) = &mut self.ranks[index].pmi else { return };
        let mut chunk = [0; 4096];
        match read(&pmi.socket, &mut chunk) {
            Ok(count) if count > 0 => pmi.unread.extend_from_slice(&chunk[..count]),
            Err(Errno::EAGAIN | Errno::EINTR) => return,
            _ => {
                // The end of the process tells the story, not of its socket.
                self.ranks[index].pmi = None;
                return;
            }
        }
        let number = self.ranks[index].number;
        while let Some(line) = self.ranks[index].pmi.as_mut().and_then(next_line) {
            match self.server.line(number, &line) {
                Reaction::Answer(line) => self.answer(number, &line),
                Reaction::Fence(values) => self.link.send(&ToRoot::Fence(values)),
                Reaction::Ask(line) => self.link.send(&ToRoot::Ask { rank: number, line }),
                Reaction::Abort(code) => self.link.send(&ToRoot::Abort { rank: number, code }),
                Reaction::Wait => {}
                Reaction::HangUp => self.ranks[index].pmi = None,
            }
        }
        if self.ranks[index].pmi.as_ref().is_some_and(|pmi| pmi.unread.len() > LINE_MAX) {
            self.ranks[index].pmi = None;
        }
    }

    fn answer(&mut self, rank: u32, line: &str) {
        let pmi = self.ranks.iter_mut().find(|other| other.number == rank);
        if let Some(pmi) = pmi.and_then(|rank| rank.pmi.as_mut()) {
            pmi.unsent.extend(line.bytes());
            flush(pmi);
        }
    }

    /// What follows from the state rather than from one event.
    fn settle(&mut self) {
        if self.kill_at.is_some_and(|at| at <= Instant::now()) {
            self.signal(Signal::SIGKILL);
            self.kill_at = Some(Instant::now() + self.grace.max(Duration::from_secs(1)));
        }
        self.report_ends();
        if !self.stuck
            && let Some(waiting) = self.server.waiting()
            && let Some(rank) = self.ranks.iter().find(|rank| rank.reported)
        {
            self.stuck = true;
            self.link.send(&ToRoot::Stuck { rank: waiting, ended: rank.number });
        }
        if self.started && self.sweep.is_none() && self.ranks.iter().all(|rank| rank.reported) {
            self.begin_sweep();
        }
        self.continue_sweep();
    }

    /// Tells the root of ranks that have ended, their last words first.
    fn report_ends(&mut self) {
        for index in 0..self.ranks.len() {
            let Some(how) = self.ranks[index].ended.filter(|_| !self.ranks[index].reported) else {
                continue;
            };
            // Its last PMI lines say whether it finalized or aborted.
            for _ in 0..64 {
                self.converse(index);
            }
            for stream in [Stream::Out, Stream::Err] {
                while self.link.queued() < QUEUE_BYTES_MAX && self.carry(index, stream) {}
            }
            if self.link.queued() >= QUEUE_BYTES_MAX {
                return;
            }
            let number = self.ranks[index].number;
            self.ranks[index].reported = true;
            self.ranks[index].input = None;
            let phase = self.server.phase(number);
            self.link.send(&ToRoot::Ended { rank: number, how, phase });
        }
    }

    /// The job is over when its ranks are: what they left in the background
    /// is ended too.
    fn begin_sweep(&mut self) {
        self.signal(Signal::SIGTERM);
        self.signal(Signal::SIGCONT);
        self.sweep = Some(Sweep { kill_at: Instant::now() + self.grace, empty_since: None });
    }

    fn continue_sweep(&mut self) {
        let Some(sweep) = self.sweep.as_mut().filter(|sweep| sweep.empty_since.is_none()) else {
            return;
        };
        let left: Vec<&Rank> = self.ranks.iter().filter(|rank| rank.reap()).collect();
        let kill_at = sweep.kill_at.min(self.kill_at.unwrap_or(sweep.kill_at));
        if left.is_empty() {
            sweep.empty_since = Some(Instant::now());
        } else if kill_at <= Instant::now() {
            left.iter().for_each(|rank| rank.signal(Signal::SIGKILL));
        }
    }

    fn is_over(&self) -> bool {
        let Some(empty_since) = self.sweep.as_ref().and_then(|sweep| sweep.empty_since) else {
            return false;
        };
        let drained = self.ranks.iter().all(|rank| rank.out.is_none() && rank.err.is_none());
        drained || empty_since.elapsed() > LINGER
    }

    fn say_goodbye(mut self) -> nix::Result<()> {
        if let Some(warden) = self.warden.take() {
            warden.dismiss();
        }
        self.link.send(&ToRoot::Done);
        let deadline = Instant::now() + GOODBYE;
        while self.link.queued() > 0 && Instant::now() < deadline {
            let mut watch = Watch::new();
            watch.writable((), self.link.output());
            watch.wait(Some(deadline))?;
            self.link.flush();
        }
        Ok(())
    }
}

/// Moves the control link away from descriptors 0 and 1, where a stray print
/// could reach it.
fn take_stdio() -> nix::Result<(OwnedFd, OwnedFd)> {
    let input = dup(std::io::stdin())?;
    let output = dup(std::io::stdout())?;
    for fd in [&input, &output] {
        fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    }
    let null = open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    Ok((input, output))
}

fn next_line(pmi: &mut PmiSocket) -> Option<String> {
    let end = pmi.unread.iter().position(|byte| *byte == b'\n')?;
    let line: Vec<u8> = pmi.unread.drain(..=end).collect();
    Some(String::from_utf8_lossy(&line).into_owned())
}

fn flush(pmi: &mut PmiSocket) {
    while !pmi.unsent.is_empty() {
        let front = pmi.unsent.as_slices().0;
        match send(pmi.socket.as_raw_fd(), front, MsgFlags::MSG_NOSIGNAL) {
            Ok(count) => drop(pmi.unsent.drain(..count)),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => return,
            // The rank closed its end; what it does next is its business.
            Err(_) => pmi.unsent.clear(),
        }
    }
}
