//! The root of a job: `mpiexec` itself. Reaches every host, places the ranks,
//! merges fences, prints output, passes signals and standard input on, and
//! settles with which status the job ends. One thread around `poll`.

use super::environment::forwarded;
use super::hosts::{self, Host};
use super::link::{Link, LinkFailure};
use super::message::{App, How, Phase, Start, Stream, ToAgent, ToRoot};
use super::options::{self, Options};
use super::printer::{Printer, Shared, State};
use super::server::Names;
use super::watch::Watch;
use super::{BANNER, VERSION};
use crate::pmi::mapping;
use crate::sys::process::{ChildSettings, prepare};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, getpgrp, read, tcgetpgrp};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a host may take from the ssh-like command to its agent's banner.
const REACH: Duration = Duration::from_secs(60);

/// How long agents may take, beyond the grace, to end their ranks and say so.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long the ssh-like command may outlive its agent.
const LEAVE: Duration = Duration::from_secs(1);

/// Standard input on its way to rank 0, at most.
const STDIN_WINDOW: usize = 64 << 10;

/// How often to look whether a background job came to the foreground.
const FOREGROUND_PERIOD: Duration = Duration::from_secs(1);

const STATUS_TIMEOUT: u8 = 124;
const STATUS_CANNOT_RUN: u8 = 126;
const STATUS_NOT_FOUND: u8 = 127;

/// Runs the job; its exit status.
pub fn run(options: &Options) -> Result<u8, String> {
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let printer = Printer::new(
        Shared::new(stdout.as_fd()),
        Shared::new(stderr.as_fd()),
        options.prefix_output,
    );
    let fds = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
    let mut job = Job::new(options, printer)?;
    if let Some(word) = options::word_about(&options.ignored) {
        job.printer.say(&word);
    }
    job.reach()?;
    job.run(fds).map_err(|error| format!("cannot go on: {error}"))
}

struct Job<'a> {
    options: &'a Options,
    printer: Printer<Shared<'a>>,
    signals: SignalFd,
    hosts: Vec<Host>,
    /// Index of the host of each rank.
    places: Vec<u32>,
    id: String,
    agents: Vec<Agent>,
    names: Names,
    fence: Vec<(String, String)>,
    /// A rank whose end may leave others waiting at a fence.
    ended_rank: Option<u32>,
    stdin_open: bool,
    stdin_under_way: usize,
    began: Instant,
    status: u8,
    ending: Option<Ending>,
}

/// The job is being ended.
struct Ending {
    /// Agents are told to KILL.
    kill_at: Option<Instant>,
    /// Agents that are still there are given up.
    give_up_at: Instant,
}

/// One host's agent, or the ssh-like command on its way to it.
struct Agent {
    /// The host's index.
    host: usize,
    child: Child,
    link: Link,
    greeted: bool,
    fenced: bool,
    done: bool,
    /// When it said so, or its link ended.
    leaving_since: Option<Instant>,
    /// Its process is reaped, or given up.
    gone: bool,
}

#[derive(Clone, Copy)]
enum Source {
    Signals,
    Stdin,
    Printer,
    From(usize),
    To(usize),
}

impl<'a> Job<'a> {
    fn new(options: &'a Options, printer: Printer<Shared<'a>>) -> Result<Job<'a>, String> {
        let mut set = SigSet::empty();
        for signal in [
            Signal::SIGCHLD,
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGUSR1,
            Signal::SIGUSR2,
        ] {
            set.add(signal);
        }
        let signals = set
            .thread_block()
            .and_then(|()| {
                SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
            })
            .map_err(|error| format!("cannot watch signals: {error}"))?;
        let size: u32 = options.programs.iter().map(|program| program.ranks).sum();
        let hosts = match options.hosts.is_empty() {
            true => vec![Host { name: hostname(), slots: size }],
            false => options.hosts.clone(),
        };
        let places = hosts::place(&hosts, size);
        let id = format!("mpisecure_{}_{:016x}", std::process::id(), rand::random::<u64>());
        Ok(Job {
            options,
            printer,
            signals,
            hosts,
            places,
            id,
            agents: Vec::new(),
            names: Names::default(),
            fence: Vec::new(),
            ended_rank: None,
            stdin_open: true,
            stdin_under_way: 0,
            began: Instant::now(),
            status: 0,
            ending: None,
        })
    }

    /// Starts an agent on every host that has ranks.
    fn reach(&mut self) -> Result<(), String> {
        let here = hostname();
        let executable = std::env::current_exe()
            .map_err(|error| format!("cannot tell the path of mpiexec: {error}"))?;
        let remote = self.options.agent_exec.clone().unwrap_or_else(|| executable.clone());
        for (index, host) in self.hosts.iter().enumerate() {
            if !self.places.contains(&(index as u32)) {
                continue;
            }
            let mut command = if hosts::is_here(&host.name, &here) {
                let mut command = Command::new(&executable);
                command.arg("--agent");
                prepare(&mut command, &ChildSettings { new_session: true, ..Default::default() });
                command
            } else {
                let words = &self.options.launcher_exec;
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]).arg(&host.name).arg(remote_command(&remote));
                // Ranks get it by way of their agent; ssh is no MPI program.
                command.env_remove("LD_PRELOAD");
                let settings = ChildSettings {
                    // Without a terminal ssh cannot stop the job to ask for a
                    // password, and Ctrl-C reaches ranks by way of us.
                    new_session: true,
                    death_signal: Some(Signal::SIGTERM),
                    keep: None,
                };
                prepare(&mut command, &settings);
                command
            };
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command.spawn().map_err(|error| {
                let program = command.get_program().to_string_lossy().into_owned();
                format!("cannot reach host {}: {program}: {error}", host.name)
            })?;
            let input = child.stdout.take().expect("it was piped").into();
            let output = child.stdin.take().expect("it was piped").into();
            let link = Link::new(input, output)
                .map_err(|error| format!("cannot reach host {}: {error}", host.name))?;
            self.agents.push(Agent {
                host: index,
                child,
                link,
                greeted: false,
                fenced: false,
                done: false,
                leaving_since: None,
                gone: false,
            });
        }
        Ok(())
    }

    fn run(mut self, [stdin, stdout, stderr]: [std::os::fd::BorrowedFd; 3]) -> nix::Result<u8> {
        let stdin_is_terminal = std::io::stdin().is_terminal();
        loop {
            let may_read = !stdin_is_terminal || tcgetpgrp(stdin) == Ok(getpgrp());
            let mut watch = Watch::new();
            watch.readable(Source::Signals, self.signals.as_fd());
            if self.wants_stdin() && may_read {
                watch.readable(Source::Stdin, stdin);
            }
            for (stream, fd) in [(Stream::Out, stdout), (Stream::Err, stderr)] {
                if self.printer.waits_for(stream) {
                    watch.writable(Source::Printer, fd);
                }
            }
            for (index, agent) in self.agents.iter().enumerate().filter(|(_, agent)| !agent.gone) {
                if !self.printer.is_full() && !agent.link.has_ended() {
                    watch.readable(Source::From(index), agent.link.input());
                }
                if agent.link.queued() > 0 {
                    watch.writable(Source::To(index), agent.link.output());
                }
            }
            for source in watch.wait(self.alarm(may_read))? {
                match source {
                    Source::Signals => self.take_signals(),
                    Source::Stdin => self.take_stdin(stdin),
                    Source::Printer => self.printer.flush(),
                    Source::From(index) => self.hear(index),
                    Source::To(index) => self.agents[index].link.flush(),
                }
            }
            self.settle();
            if self.agents.iter().all(|agent| agent.gone) {
                self.printer.release(true);
                if self.print_the_rest() {
                    return Ok(self.status);
                }
            }
        }
    }

    fn alarm(&self, may_read: bool) -> Option<Instant> {
        let reach = self.agents.iter().any(|agent| !agent.greeted).then_some(self.began + REACH);
        let timeout = self.options.timeout.map(|timeout| self.began + timeout);
        let ending = self.ending.as_ref();
        let kill = ending.and_then(|ending| ending.kill_at);
        let times = match ending {
            Some(ending) => [kill, Some(ending.give_up_at)],
            None => [reach, timeout],
        };
        let foreground =
            (!may_read && self.wants_stdin()).then(|| Instant::now() + FOREGROUND_PERIOD);
        // A process that let its pipe go ends a moment later.
        let leaving = |agent: &Agent| agent.leaving_since.is_some() && !agent.gone;
        let reaping = self.agents.iter().any(leaving);
        let reaping = reaping.then(|| Instant::now() + Duration::from_millis(20));
        times.into_iter().chain([self.printer.alarm(), foreground, reaping]).flatten().min()
    }

    /// Flushes what is printed; true when nothing is left or no one reads it.
    fn print_the_rest(&mut self) -> bool {
        self.printer.flush();
        let killed = self.ending.as_ref().is_some_and(|ending| ending.kill_at.is_none());
        if killed {
            self.printer.discard();
        }
        self.printer.is_empty()
    }

    fn wants_stdin(&self) -> bool {
        self.stdin_open
            && self.stdin_under_way < STDIN_WINDOW
            && self.agents.iter().all(|agent| agent.greeted)
    }

    fn take_stdin(&mut self, stdin: std::os::fd::BorrowedFd) {
        let mut chunk = vec![0; STDIN_WINDOW - self.stdin_under_way];
        let bytes = match read(stdin, &mut chunk) {
            Ok(count) => chunk[..count].to_vec(),
            Err(Errno::EINTR | Errno::EAGAIN) => return,
            Err(_) => Vec::new(),
        };
        self.stdin_open = !bytes.is_empty();
        self.stdin_under_way += bytes.len();
        let first = self.places[0] as usize;
        if let Some(agent) = self.agents.iter_mut().find(|agent| agent.host == first) {
            agent.link.send(&ToAgent::Stdin(bytes));
        }
    }

    fn take_signals(&mut self) {
        while let Ok(Some(info)) = self.signals.read_signal() {
            let Ok(signal) = Signal::try_from(info.ssi_signo as i32) else { continue };
            match signal {
                Signal::SIGCHLD => {}
                Signal::SIGUSR1 | Signal::SIGUSR2 => self.tell_all(&ToAgent::Signal(signal as i32)),
                _ if self.ending.is_some() => self.kill_now(),
                _ => {
                    // The ranks get the user's own signal, and the grace to
                    // act on it.
                    self.tell_all(&ToAgent::Signal(signal as i32));
                    self.begin_ending(128 + signal as u8);
                    self.printer.say(&format!(
                        "{} ends the job; once more kills it at once",
                        signal.as_str()
                    ));
                }
            }
        }
    }

    fn tell_all(&mut self, message: &ToAgent) {
        for agent in self.agents.iter_mut().filter(|agent| agent.greeted) {
            agent.link.send(message);
        }
    }

    fn begin_ending(&mut self, status: u8) {
        if self.ending.is_some() {
            return;
        }
        self.status = status;
        let kill_at = Instant::now() + self.options.grace;
        self.ending = Some(Ending { kill_at: Some(kill_at), give_up_at: kill_at + LAST_WORDS });
        // Nobody is behind these yet but the ssh-like command.
        for agent in self.agents.iter().filter(|agent| !agent.greeted && !agent.gone) {
            agent.signal(Signal::SIGTERM);
        }
    }

    /// Ends the job because of a failure: `why` is printed, once per job.
    fn fail(&mut self, status: u8, why: &str) {
        if self.ending.is_some() {
            return;
        }
        self.begin_ending(status);
        self.tell_all(&ToAgent::End);
        // Its last words explain more than ours.
        self.printer.release(true);
        self.printer.say(why);
    }

    fn kill_now(&mut self) {
        self.tell_all(&ToAgent::Kill);
        if let Some(ending) = &mut self.ending {
            ending.kill_at = None;
        }
    }

    fn hear(&mut self, index: usize) {
        self.agents[index].link.fill();
        if !self.agents[index].greeted {
            match self.agents[index].link.banner(BANNER) {
                Ok(Some(line)) => self.greet(index, &line),
                Ok(None) => return,
                Err(error) => return self.lose(index, &error),
            }
        }
        loop {
            match self.agents[index].link.next::<ToRoot>() {
                Ok(Some(message)) => self.obey(index, message),
                Ok(None) => return,
                Err(error) => return self.lose(index, &error),
            }
        }
    }

    /// The agent is there: it gets its part of the job.
    fn greet(&mut self, index: usize, line: &str) {
        let host = self.agents[index].host;
        let name = self.hosts[host].name.clone();
        let theirs = line.split(' ').next().unwrap_or("");
        if theirs != VERSION {
            self.agents[index].signal(Signal::SIGTERM);
            return self.fail(
                1,
                &format!(
                    "host {name} has mpiexec {theirs}, this host has {VERSION}: install the same"
                ),
            );
        }
        self.agents[index].greeted = true;
        if self.ending.is_some() {
            return self.agents[index].link.send(&ToAgent::End);
        }
        let start = self.start_for(host as u32);
        self.agents[index].link.send(&ToAgent::Start(start));
    }

    fn start_for(&self, host: u32) -> Start {
        let mut apps = Vec::new();
        let mut app_of = Vec::new();
        for (number, program) in (0..).zip(&self.options.programs) {
            let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
            let directory = match &program.directory {
                Some(directory) => here.join(directory),
                None => here,
            };
            apps.push(App {
                words: program.words.iter().cloned().map(OsString::into_vec).collect(),
                directory: directory.into_os_string().into_vec(),
                variables: program.variables.clone(),
            });
            app_of.extend(std::iter::repeat_n(number, program.ranks as usize));
        }
        let ranks = (0..).zip(&self.places).zip(app_of);
        Start {
            job: self.id.clone(),
            size: self.places.len() as u32,
            universe: self.options.universe.map_or(-1, |universe| universe as i32),
            mapping: mapping::format(&self.places),
            ranks: ranks
                .filter(|((_, place), _)| **place == host)
                .map(|((rank, _), app)| (rank, app))
                .collect(),
            apps,
            variables: forwarded(std::env::vars_os(), &self.options.variables),
            grace_ms: self.options.grace.as_millis() as u32,
        }
    }

    fn obey(&mut self, index: usize, message: ToRoot) {
        match message {
            ToRoot::Output { rank, stream, bytes } => {
                self.printer.push(rank, stream, &bytes);
                self.printer.flush();
            }
            ToRoot::StdinTaken(count) => {
                self.stdin_under_way = self.stdin_under_way.saturating_sub(count as usize);
            }
            ToRoot::StdinClosed => self.stdin_open = false,
            ToRoot::Fence(values) => {
                self.fence.extend(values);
                self.agents[index].fenced = true;
                if self.agents.iter().all(|agent| agent.fenced) {
                    self.agents.iter_mut().for_each(|agent| agent.fenced = false);
                    let values = std::mem::take(&mut self.fence);
                    self.tell_all(&ToAgent::Fenced(values));
                }
            }
            ToRoot::Ask { rank, line } => {
                let line = self.names.line(&line);
                self.agents[index].link.send(&ToAgent::Answer { rank, line });
            }
            ToRoot::Abort { rank, code } => {
                let status = status_of(code);
                self.fail(status, &format!("{} aborted the job with code {code}", self.who(rank)));
            }
            ToRoot::Ended { rank, how, phase } => self.end_of(rank, how, phase),
            ToRoot::Unstartable { rank, missing, message } => {
                let status = if missing { STATUS_NOT_FOUND } else { STATUS_CANNOT_RUN };
                self.fail(status, &format!("{}: {message}", self.who(rank)));
            }
            ToRoot::Stuck { rank, ended } => self.stuck(rank, ended),
            ToRoot::Done => self.agents[index].done = true,
        }
        if self.ended_rank.is_some() && self.agents.iter().any(|agent| agent.fenced) {
            let host = self.agents.iter().find(|agent| agent.fenced).map(|agent| agent.host);
            let waiting = self.places.iter().position(|place| Some(*place as usize) == host);
            if let (Some(ended), Some(waiting)) = (self.ended_rank, waiting) {
                self.stuck(waiting as u32, ended);
            }
        }
    }

    fn end_of(&mut self, rank: u32, how: How, phase: Phase) {
        self.ended_rank = Some(rank);
        let who = self.who(rank);
        match (how, phase) {
            (How::Killed(number), _) => {
                let name = Signal::try_from(number).map_or("real-time", Signal::as_str);
                let status = 128u8.wrapping_add(number as u8);
                self.fail(
                    status,
                    &format!("{who} was killed by signal {number} ({name}); the job is ended"),
                );
            }
            (How::Exited(0), Phase::Initialized) => {
                self.fail(1, &format!("{who} ended without MPI_Finalize; the job is ended"));
            }
            (How::Exited(0), _) => {}
            (How::Exited(code), Phase::Finalized) => {
                if self.status == 0 {
                    self.status = status_of(code);
                }
            }
            (How::Exited(code), Phase::Initialized) => {
                let message = format!("{who} exited with status {code} without MPI_Finalize");
                self.fail(status_of(code), &format!("{message}; the job is ended"));
            }
            (How::Exited(code), Phase::Fresh) => {
                let message = format!("{who} exited with status {code}; the job is ended");
                self.fail(status_of(code), &message);
            }
        }
    }

    fn stuck(&mut self, waiting: u32, ended: u32) {
        let message = format!(
            "{} waits for {}, which has ended without MPI_Init; the job is ended",
            self.who(waiting),
            self.who(ended)
        );
        self.fail(1, &message);
    }

    fn who(&self, rank: u32) -> String {
        let place = self.places.get(rank as usize).map(|place| &self.hosts[*place as usize].name);
        match place {
            Some(host) => format!("rank {rank} on {host}"),
            None => format!("rank {rank}"),
        }
    }

    /// An agent that talks rubbish is not an agent.
    fn lose(&mut self, index: usize, error: &LinkFailure) {
        let host = self.hosts[self.agents[index].host].name.clone();
        self.agents[index].signal(Signal::SIGTERM);
        self.fail(1, &format!("host {host}: {error}; is its mpiexec ours?"));
    }

    /// What follows from the state and the time rather than from one event.
    fn settle(&mut self) {
        for index in 0..self.agents.len() {
            let agent = &mut self.agents[index];
            if (agent.done || agent.link.has_ended()) && !agent.gone {
                agent.leaving_since.get_or_insert_with(Instant::now);
                self.bury(index);
            }
        }
        let now = Instant::now();
        self.printer.release(false);
        self.printer.flush();
        if self.printer.out_state() == State::Hangup && self.ending.is_none() {
            // As the program itself would end by SIGPIPE: without a word.
            self.begin_ending(128 + Signal::SIGPIPE as u8);
            self.tell_all(&ToAgent::End);
        }
        if self.options.timeout.is_some_and(|timeout| now >= self.began + timeout) {
            let seconds = self.options.timeout.unwrap_or_default().as_secs();
            self.fail(
                STATUS_TIMEOUT,
                &format!("the job is ended after {seconds} s (--timeout, MPIEXEC_TIMEOUT)"),
            );
        }
        if now >= self.began + REACH
            && let Some(silent) = self.agents.iter().find(|agent| !agent.greeted && !agent.gone)
        {
            let host = self.hosts[silent.host].name.clone();
            self.fail(1, &format!("host {host} did not answer within {} s", REACH.as_secs()));
        }
        let Some(ending) = &self.ending else { return };
        let give_up = now >= ending.give_up_at;
        if ending.kill_at.is_some_and(|at| now >= at) {
            self.kill_now();
        }
        if self.ending.as_ref().is_some_and(|ending| ending.kill_at.is_none()) {
            self.printer.discard_when_full();
        }
        if give_up {
            for agent in self.agents.iter_mut().filter(|agent| !agent.gone) {
                agent.signal(Signal::SIGKILL);
                let _ = agent.child.wait();
                agent.gone = true;
            }
        }
    }

    /// An agent is leaving: its process ends now, or is made to.
    fn bury(&mut self, index: usize) {
        let agent = &mut self.agents[index];
        let waited = agent.leaving_since.map_or(Duration::ZERO, |since| since.elapsed());
        let status = match agent.child.try_wait() {
            Ok(Some(status)) => status.to_string(),
            _ if waited > LEAVE * 2 => {
                agent.signal(Signal::SIGKILL);
                "no status".to_string()
            }
            _ => {
                if waited > LEAVE {
                    agent.signal(Signal::SIGTERM);
                }
                return;
            }
        };
        agent.gone = true;
        let (done, greeted) = (agent.done, agent.greeted);
        let host = self.hosts[agent.host].name.clone();
        if done {
            return;
        }
        match greeted {
            true => self.fail(1, &format!("lost the agent on host {host} ({status})")),
            false => {
                let command = self.options.launcher_exec.join(" ".as_ref());
                let command = command.to_string_lossy().into_owned();
                self.fail(
                    1,
                    &format!("no agent on host {host}: `{command} {host} ...` ended with {status}"),
                );
            }
        }
    }
}

impl Agent {
    /// Signals the process and what it started; it leads its own session.
    fn signal(&self, signal: Signal) {
        let _ = killpg(Pid::from_raw(self.child.id() as i32), signal);
    }
}

/// The one argument for the ssh-like command, which a shell there reads.
fn remote_command(agent: &std::path::Path) -> OsString {
    let mut quoted = b"exec '".to_vec();
    for byte in agent.as_os_str().as_encoded_bytes() {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.extend_from_slice(b"' --agent");
    OsString::from_vec(quoted)
}

fn hostname() -> String {
    nix::unistd::gethostname()
        .map_or_else(|_| "localhost".to_string(), |name| name.to_string_lossy().into_owned())
}

/// An exit status has eight bits; a failure must not become success in them.
fn status_of(code: i32) -> u8 {
    match code as u8 {
        0 => 1,
        status => status,
    }
}
