//! PMI-1 client: text lines over the socket a launcher left open in `PMI_FD`,
//! or over TCP to `PMI_PORT`. Spoken by Hydra, gforker, Intel's mpiexec, Slurm
//! (under `--mpi=pmi2`, which answers PMI-1 too) and our own `mpiexec`.
//!
//! The surprise: children of a rank inherit `PMI_FD`, both the variable and,
//! until we set close-on-exec, the descriptor. Only the process that attached
//! may talk on it, so every call compares process ids.

use super::fields::Fields;
use super::{Job, VALUE_MAX, Variables, WireUp, WireUpError, mapping};
use crate::sys::process::inherited_socket;
use data_encoding::BASE64URL_NOPAD;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long the launcher may take to answer.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// For what it can answer alone.
    pub request: Duration,
    /// For a fence, which waits for the slowest rank: generous, because a rank
    /// may compute, or sit in a debugger, before it calls `MPI_Init`. A
    /// launcher that has ended is noticed at once by the end of its connection.
    pub fence: Duration,
}

const DEADLINES: Deadlines =
    Deadlines { request: Duration::from_secs(60), fence: Duration::from_secs(3600) };

/// Longest reply accepted; the longest legal one is a get of `vallen_max`.
const REPLY_MAX: usize = 64 << 10;

/// Characters per piece of a value, whatever larger `vallen_max` a launcher
/// announces: its own line buffers are 1024 bytes in older releases.
const PIECE_MAX: usize = 900;

pub struct Pmi1 {
    link: Link,
    job: Job,
    piece_max: usize,
    finalized: bool,
}

impl Pmi1 {
    pub(super) fn attach(variable: Variables) -> Result<Pmi1, WireUpError> {
        let bad = |message: String| WireUpError::Environment(message);
        let number = |name: &str| -> Result<u32, WireUpError> {
            let text = variable(name)
                .ok_or_else(|| bad(format!("the launcher set PMI_FD but not {name}")))?;
            text.parse().map_err(|_| bad(format!("{name}={text} is not a number")))
        };
        if let Some(text) = variable("PMI_FD") {
            let fd = text.parse().map_err(|_| bad(format!("PMI_FD={text} is not a number")))?;
            let socket = inherited_socket(fd).map_err(|error| {
                bad(format!(
                    "PMI_FD={fd} is no connection to a launcher ({error}); a program started by \
                     an MPI process cannot join its job: unset PMI_FD to run it alone"
                ))
            })?;
            return Pmi1::start(socket, number("PMI_RANK")?, number("PMI_SIZE")?, DEADLINES);
        }
        let port = variable("PMI_PORT").unwrap_or_default();
        let id = variable("PMI_ID")
            .ok_or_else(|| bad("the launcher set PMI_PORT but not PMI_ID".to_string()))?;
        let socket = TcpStream::connect(&port).map_err(|error| {
            bad(format!("cannot connect to the launcher at PMI_PORT={port}: {error}"))
        })?;
        Pmi1::start_by_port(socket.into(), &id, DEADLINES)
    }

    /// Connects over `socket`, whose rank and size the environment gave.
    pub fn start(
        socket: OwnedFd,
        rank: u32,
        size: u32,
        deadlines: Deadlines,
    ) -> Result<Pmi1, WireUpError> {
        Pmi1::introduce(Link::new(socket, rank, deadlines), size)
    }

    /// Connects over `socket`, where the launcher tells rank and size itself.
    pub fn start_by_port(
        socket: OwnedFd,
        id: &str,
        deadlines: Deadlines,
    ) -> Result<Pmi1, WireUpError> {
        let mut link = Link::new(socket, 0, deadlines);
        link.request(&format!("cmd=initack pmiid={id}"), "initack", None)?;
        let (mut rank, mut size) = (None, None);
        for name in ["size", "rank", "debug"] {
            let line = link.line("initack", link.deadlines.request)?;
            let value = Fields::new(&line).number::<u32>(name);
            match name {
                "size" => size = value,
                "rank" => rank = value,
                _ => {}
            }
        }
        let (Some(rank), Some(size)) = (rank, size) else {
            return Err(link.protocol("initack", "no rank or no size", "cmd=set size= and rank="));
        };
        link.rank = rank;
        Pmi1::introduce(link, size)
    }

    fn introduce(mut link: Link, size: u32) -> Result<Pmi1, WireUpError> {
        let rank = link.rank;
        if rank >= size {
            return Err(WireUpError::Environment(format!(
                "the launcher calls this process rank {rank} of {size}"
            )));
        }
        let init = "cmd=init pmi_version=1 pmi_subversion=1";
        link.request(init, "response_to_init", Some("init"))?;
        let maxes = link.request("cmd=get_maxes", "maxes", None)?;
        let value_max = Fields::new(&maxes).number("vallen_max").unwrap_or(PIECE_MAX);
        let answer = link.request("cmd=get_appnum", "appnum", None)?;
        let appnum = Fields::new(&answer).number("appnum").filter(|n| *n >= 0);
        let answer = link.request("cmd=get_universe_size", "universe_size", None)?;
        // -1 stands for unknown; 0 is what Slurm's plugin says for the same.
        let universe_size = Fields::new(&answer).number::<i64>("size").filter(|n| *n > 0);
        let answer = link.request("cmd=get_my_kvsname", "my_kvsname", None)?;
        let Some(id) = Fields::new(&answer).value("kvsname").filter(|name| !name.is_empty()) else {
            return Err(link.protocol("get_my_kvsname", &answer, "kvsname=NAME"));
        };
        let job = Job {
            rank,
            size,
            id: id.to_string(),
            appnum,
            universe_size: universe_size.and_then(|n| u32::try_from(n).ok()),
            local_ranks: Vec::new(),
            node_of: Vec::new(),
            launcher: "PMI-1".to_string(),
        };
        // Two characters less than the launcher's bound, which counts its NUL.
        let piece_max = value_max.saturating_sub(2).min(PIECE_MAX);
        if piece_max < 32 {
            return Err(link.protocol("get_maxes", &maxes, "vallen_max of at least 34"));
        }
        let mut client = Pmi1 { link, job, piece_max, finalized: false };
        if let Some(text) = client.raw("PMI_process_mapping")?
            && let Some(node_of) = mapping::parse(&text, size)
        {
            client.job.local_ranks = mapping::neighbours(&node_of, rank);
            client.job.node_of = node_of;
        }
        Ok(client)
    }

    /// The value the launcher holds under `name`, not decoded.
    fn raw(&mut self, name: &str) -> Result<Option<String>, WireUpError> {
        let line = format!("cmd=get kvsname={} key={name}", self.job.id);
        let answer = self.link.request(&line, "get_result", None)?;
        let fields = Fields::new(&answer);
        if fields.code() != 0 {
            return Ok(None);
        }
        Ok(fields.value("value").map(str::to_string))
    }
}

/// Name of the `piece`th part of what `rank` put under `key`.
fn piece_name(rank: u32, key: &str, piece: usize) -> String {
    format!("{key}-{rank}.{piece}")
}

impl WireUp for Pmi1 {
    fn job(&self) -> &Job {
        &self.job
    }

    /// A value is base64url, cut into numbered keys; the first piece begins
    /// with the number of pieces and a colon.
    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), WireUpError> {
        if value.len() > VALUE_MAX {
            return Err(WireUpError::TooLong { key: key.to_string(), len: value.len() });
        }
        let text = BASE64URL_NOPAD.encode(value);
        let room = self.piece_max - "00000:".len();
        let pieces = text.len().div_ceil(room).max(1);
        for piece in 0..pieces {
            let part = &text[(piece * room).min(text.len())..((piece + 1) * room).min(text.len())];
            let count = if piece == 0 { format!("{pieces}:") } else { String::new() };
            let name = piece_name(self.job.rank, key, piece);
            let line = format!("cmd=put kvsname={} key={name} value={count}{part}", self.job.id);
            self.link.request(&line, "put_result", Some("put"))?;
        }
        Ok(())
    }

    fn fence(&mut self) -> Result<(), WireUpError> {
        self.link.write("cmd=barrier_in")?;
        let answer = self.link.line("the fence", self.link.deadlines.fence)?;
        match Fields::new(&answer).command() {
            "barrier_out" => self.link.accept(&answer, "the fence"),
            _ => Err(self.link.protocol("the fence", &answer, "cmd=barrier_out")),
        }
    }

    fn get(&mut self, rank: u32, key: &str) -> Result<Vec<u8>, WireUpError> {
        let absent = || WireUpError::Absent { rank, key: key.to_string() };
        let first = self.raw(&piece_name(rank, key, 0))?.ok_or_else(absent)?;
        let pieces_max = VALUE_MAX * 2 / 16;
        let (pieces, part) = first
            .split_once(':')
            .and_then(|(count, part)| Some((count.parse::<usize>().ok()?, part)))
            .filter(|(count, _)| (1..=pieces_max).contains(count))
            .ok_or_else(|| self.link.protocol("get", &first, "COUNT:BASE64"))?;
        let mut text = part.to_string();
        for piece in 1..pieces {
            text.push_str(&self.raw(&piece_name(rank, key, piece))?.ok_or_else(absent)?);
            if text.len() > VALUE_MAX * 2 {
                return Err(WireUpError::TooLong { key: key.to_string(), len: text.len() });
            }
        }
        BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| self.link.protocol("get", &text, "base64url"))
    }

    fn abort(&mut self, code: i32, _message: &str) {
        // The reply is the end of this process, or nothing at all.
        let _ = self.link.write(&format!("cmd=abort exitcode={code}"));
    }

    fn finalize(&mut self) -> Result<(), WireUpError> {
        if !std::mem::replace(&mut self.finalized, true) {
            self.link.request("cmd=finalize", "finalize_ack", None)?;
        }
        Ok(())
    }
}

/// The socket, and what came over it and is not read yet.
struct Link {
    socket: OwnedFd,
    owner: u32,
    rank: u32,
    deadlines: Deadlines,
    unread: Vec<u8>,
}

impl Link {
    fn new(socket: OwnedFd, rank: u32, deadlines: Deadlines) -> Link {
        Link { socket, owner: std::process::id(), rank, deadlines, unread: Vec::new() }
    }

    /// Sends `line`, reads the reply, and checks that it is a `cmd=reply`
    /// (with `rc=0` when `name` says what is asked for).
    fn request(
        &mut self,
        line: &str,
        reply: &str,
        name: Option<&str>,
    ) -> Result<String, WireUpError> {
        self.write(line)?;
        let answer = self.line(name.unwrap_or(reply), self.deadlines.request)?;
        if Fields::new(&answer).command() != reply {
            return Err(self.protocol(name.unwrap_or(line), &answer, &format!("cmd={reply}")));
        }
        if let Some(name) = name {
            self.accept(&answer, name)?;
        }
        Ok(answer)
    }

    fn accept(&self, answer: &str, what: &str) -> Result<(), WireUpError> {
        let fields = Fields::new(answer);
        if fields.code() == 0 {
            return Ok(());
        }
        Err(WireUpError::Refused {
            launcher: "PMI-1".to_string(),
            rank: self.rank,
            what: what.to_string(),
            reason: fields.value("msg").unwrap_or(fields.line()).to_string(),
        })
    }

    fn protocol(&self, what: &str, answer: &str, expected: &str) -> WireUpError {
        let answer: String = answer.trim_end().chars().take(200).collect();
        WireUpError::Protocol {
            launcher: "PMI-1".to_string(),
            what: what.to_string(),
            answer,
            expected: expected.to_string(),
        }
    }

    fn closed(&self, what: &str) -> WireUpError {
        WireUpError::Closed {
            launcher: "PMI-1".to_string(),
            rank: self.rank,
            what: what.to_string(),
        }
    }

    fn write(&mut self, line: &str) -> Result<(), WireUpError> {
        let here = std::process::id();
        if here != self.owner {
            return Err(WireUpError::Forked { owner: self.owner, here });
        }
        let text = format!("{line}\n");
        let mut rest = text.as_bytes();
        let (began, patience) = (Instant::now(), self.deadlines.request);
        while !rest.is_empty() {
            // send, not write: the host program may not ignore SIGPIPE.
            match send(self.socket.as_raw_fd(), rest, MsgFlags::MSG_NOSIGNAL) {
                Ok(count) => rest = &rest[count..],
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => {
                    self.ready(PollFlags::POLLOUT, patience, began, "a request")?;
                }
                Err(_) => return Err(self.closed("its request")),
            }
        }
        Ok(())
    }

    /// The next line, without its end.
    fn line(&mut self, what: &str, patience: Duration) -> Result<String, WireUpError> {
        let began = Instant::now();
        let mut searched = 0;
        loop {
            if let Some(at) = self.unread[searched..].iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=searched + at).collect();
                return String::from_utf8(line).map(|line| line.trim_end().to_string()).map_err(
                    |error| {
                        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                        self.protocol(what, &text, "text")
                    },
                );
            }
            searched = self.unread.len();
            if searched > REPLY_MAX {
                let text = String::from_utf8_lossy(&self.unread).into_owned();
                return Err(self.protocol(what, &text, "a line of at most 64 KiB"));
            }
            self.ready(PollFlags::POLLIN, patience, began, what)?;
            let mut chunk = [0; 4096];
            match nix::unistd::read(&self.socket, &mut chunk) {
                Ok(0) => return Err(self.closed(what)),
                Ok(count) => self.unread.extend_from_slice(&chunk[..count]),
                Err(Errno::EINTR | Errno::EAGAIN) => {}
                Err(_) => return Err(self.closed(what)),
            }
        }
    }

    /// Waits until the socket is ready for `event`, or fails when `patience`
    /// has passed since `began`.
    fn ready(
        &self,
        event: PollFlags,
        patience: Duration,
        began: Instant,
        what: &str,
    ) -> Result<(), WireUpError> {
        loop {
            let left = patience.saturating_sub(began.elapsed());
            let timeout = PollTimeout::try_from(left.min(Duration::from_secs(3600)))
                .unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(self.socket.as_fd(), event)], timeout) {
                Ok(0) if began.elapsed() >= patience => {
                    return Err(WireUpError::Timeout {
                        launcher: "PMI-1".to_string(),
                        rank: self.rank,
                        what: what.to_string(),
                        seconds: patience.as_secs(),
                    });
                }
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(()),
                Err(_) => return Err(self.closed(what)),
            }
        }
    }
}
