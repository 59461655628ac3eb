//! One rank's process as its agent holds it: pipes, PMI socket, process group
//! and end. The leader of the group is not reaped before the job is over, so
//! that its number cannot come to mean another process while we may still
//! signal the group.

use super::environment::{self, Variable};
use super::link::unblock;
use super::message::{App, How, Start};
use crate::sys::process::{ChildSettings, prepare};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Rank {
    pub number: u32,
    /// Its process, and the group that process leads.
    group: Pid,
    pub ended: Option<How>,
    /// The root knows of the end.
    pub reported: bool,
    pub out: Option<OwnedFd>,
    pub err: Option<OwnedFd>,
    pub input: Option<Input>,
    pub pmi: Option<PmiSocket>,
}

/// The pipe to a rank's standard input.
pub struct Input {
    pub pipe: OwnedFd,
    pub waiting: VecDeque<u8>,
    /// Nothing follows what waits.
    pub ends: bool,
}

/// Our end of a rank's `PMI_FD`.
pub struct PmiSocket {
    pub socket: OwnedFd,
    pub unread: Vec<u8>,
    pub unsent: VecDeque<u8>,
}

/// A rank that could not be started.
pub struct Unstartable {
    pub missing: bool,
    pub message: String,
}

impl Rank {
    /// Starts the `index`th of this host's ranks.
    pub fn start(start: &Start, index: usize) -> Result<Rank, Unstartable> {
        let (number, app_index) = start.ranks[index];
        let app = start.apps.get(app_index as usize).ok_or_else(|| Unstartable {
            missing: false,
            message: format!("there is no program {app_index}"),
        })?;
        let other = |what: &str, error: &dyn std::fmt::Display| Unstartable {
            missing: false,
            message: format!("{what}: {error}"),
        };
        let (ours, theirs) =
            socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)
                .map_err(|error| other("cannot make a socket pair", &error))?;
        let mut command = command(start, index, app, theirs.as_raw_fd())?;
        let settings = ChildSettings {
            new_session: false,
            death_signal: Some(Signal::SIGKILL),
            keep: Some(theirs.as_fd()),
        };
        prepare(&mut command, &settings);
        let mut child = command.spawn().map_err(|error| Unstartable {
            missing: error.kind() == io::ErrorKind::NotFound,
            message: format!("cannot start {}: {error}", command.get_program().to_string_lossy()),
        })?;
        let group = Pid::from_raw(child.id() as i32);
        let out = child.stdout.take().map(OwnedFd::from);
        let err = child.stderr.take().map(OwnedFd::from);
        let input = child.stdin.take().map(OwnedFd::from);
        for fd in [Some(&ours), out.as_ref(), err.as_ref(), input.as_ref()].into_iter().flatten() {
            unblock(fd).map_err(|error| other("cannot set up its pipes", &error))?;
        }
        Ok(Rank {
            number,
            group,
            ended: None,
            reported: false,
            out,
            err,
            input: input.map(|pipe| Input { pipe, waiting: VecDeque::new(), ends: false }),
            pmi: Some(PmiSocket { socket: ours, unread: Vec::new(), unsent: VecDeque::new() }),
        })
    }

    pub fn group(&self) -> i32 {
        self.group.as_raw()
    }

    /// Looks whether the process has ended, and leaves it unreaped.
    pub fn look(&mut self) {
        if self.ended.is_some() {
            return;
        }
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        self.ended = match waitid(Id::Pid(self.group), flags) {
            Ok(WaitStatus::Exited(_, code)) => Some(How::Exited(code)),
            Ok(WaitStatus::Signaled(_, signal, _)) => Some(How::Killed(signal as i32)),
            Ok(_) | Err(Errno::EINTR) => None,
            // A real-time signal, which has no name there.
            Err(_) => Some(How::Killed(0)),
        };
    }

    /// Signals the whole group.
    pub fn signal(&self, signal: Signal) {
        // An empty group is no failure.
        let _ = killpg(self.group, signal);
    }

    /// Reaps what has ended of the group: the leader, and orphans of it, since
    /// the agent adopts those. True when something of it still runs.
    pub fn reap(&self) -> bool {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG;
        loop {
            match waitid(Id::PGid(self.group), flags) {
                Ok(WaitStatus::StillAlive) => return true,
                Ok(_) | Err(Errno::EINTR) => {}
                // No child of ours in the group; one with a parent may be.
                Err(_) => return killpg(self.group, None).is_ok(),
            }
        }
    }
}

fn command(start: &Start, index: usize, app: &App, pmi_fd: i32) -> Result<Command, Unstartable> {
    let (number, app_index) = start.ranks[index];
    let directory = PathBuf::from(OsString::from_vec(app.directory.clone()));
    if !directory.is_dir() {
        let message = format!("there is no working directory {}", directory.display());
        return Err(Unstartable { missing: true, message });
    }
    let Some((name, arguments)) = app.words.split_first() else {
        return Err(Unstartable { missing: true, message: "no program".to_string() });
    };
    let mut variables: Vec<Variable> = std::env::vars_os()
        .map(|(name, value)| (name.into_vec(), value.into_vec()))
        .filter(|(name, _)| !environment::is_another_launchers(name))
        .collect();
    variables.extend_from_slice(&start.variables);
    variables.extend_from_slice(&app.variables);
    let path = variables.iter().rev().find(|(name, _)| name == b"PATH").map(|(_, path)| &path[..]);
    let program = find(OsStr::from_bytes(name), path.unwrap_or(b"/usr/bin:/bin"), &directory);

    let mut command = Command::new(program);
    command.arg0(OsStr::from_bytes(name));
    command.args(arguments.iter().map(|word| OsStr::from_bytes(word)));
    command.current_dir(&directory).env_clear();
    for (name, value) in &variables {
        command.env(OsStr::from_bytes(name), OsStr::from_bytes(value));
    }
    command.env("PWD", &directory);
    let here = start.ranks.len();
    for (name, value) in [
        ("PMI_FD", pmi_fd.to_string()),
        ("PMI_RANK", number.to_string()),
        ("PMI_SIZE", start.size.to_string()),
        ("MPI_LOCALRANKID", index.to_string()),
        ("MPI_LOCALNRANKS", here.to_string()),
        ("MPI_APPNUM", app_index.to_string()),
        // What scripts written for Open MPI look at.
        ("OMPI_COMM_WORLD_RANK", number.to_string()),
        ("OMPI_COMM_WORLD_SIZE", start.size.to_string()),
        ("OMPI_COMM_WORLD_LOCAL_RANK", index.to_string()),
        ("OMPI_COMM_WORLD_LOCAL_SIZE", here.to_string()),
        ("OMPI_COMM_WORLD_NODE_RANK", index.to_string()),
    ] {
        command.env(name, value);
    }
    command.stdin(if number == 0 { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// The program's file: a name without a slash is looked for along `path`, and
/// then in the working directory, because users type `mpiexec hello`.
fn find(name: &OsStr, path: &[u8], directory: &Path) -> PathBuf {
    if name.as_bytes().contains(&b'/') {
        return PathBuf::from(name);
    }
    let along = path.split(|byte| *byte == b':').map(|entry| match entry {
        b"" => directory.to_path_buf(),
        entry => directory.join(OsStr::from_bytes(entry)),
    });
    along
        .chain([directory.to_path_buf()])
        .map(|entry| entry.join(name))
        .find(|file| is_program(file))
        .unwrap_or_else(|| PathBuf::from(name))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
