//! Running other programs with a time limit, and naming what hung.
//!
//! Each runs in a process group of its own, which is killed whole when its time
//! is up. Output is collected by threads, so that a full pipe never blocks the
//! program that is being timed.

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What became of a program.
#[derive(Debug)]
pub struct Outcome {
    /// None: it was killed when its time was up.
    pub status: Option<ExitStatus>,
    pub stdout: String,
    pub stderr: String,
    pub elapsed: Duration,
    /// When it was killed: the processes of its group at that time.
    pub hung: Vec<String>,
}

impl Outcome {
    pub fn success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// The shell's view of how it ended: 128 + N for signal N, 124 out of time.
    pub fn code(&self) -> u8 {
        self.status.map_or(124, exit_code)
    }

    /// What to print when this was not what was wanted.
    pub fn explain(&self) -> String {
        let mut text = match self.status {
            Some(status) => format!("{status} after {:.1} s", self.elapsed.as_secs_f64()),
            None => format!("killed: not done within {:.0} s", self.elapsed.as_secs_f64()),
        };
        for line in &self.hung {
            text += &format!("\n  hung: {line}");
        }
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            for line in last_lines(stream, 12) {
                text += &format!("\n  {name}: {line}");
            }
        }
        text
    }
}

/// Runs the command to its end, or kills its process group at the limit.
pub fn run(command: &mut Command, limit: Duration) -> Result<Outcome> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot run {:?}", command.get_program()))?;
    let group = Pid::from_raw(child.id() as i32);
    let stdout = collect(child.stdout.take().expect("stdout was piped"));
    let stderr = collect(child.stderr.take().expect("stderr was piped"));

    let (ended, end) = channel();
    std::thread::spawn(move || {
        let _ = ended.send(child.wait());
    });
    let mut hung = Vec::new();
    let status = match end.recv_timeout(limit) {
        Ok(status) => Some(status?),
        Err(RecvTimeoutError::Timeout) => {
            hung = in_group(group.as_raw()).into_iter().map(describe).collect();
            let _ = killpg(group, Signal::SIGKILL);
            let _ = end.recv();
            None
        }
        Err(RecvTimeoutError::Disconnected) => unreachable!("the waiting thread always sends"),
    };
    let elapsed = start.elapsed();
    // A stray child may hold the pipes open: give it a moment, then end it.
    let deadline = Instant::now() + Duration::from_secs(2);
    let take = |stream: std::sync::mpsc::Receiver<String>| {
        let left = deadline.saturating_duration_since(Instant::now());
        stream.recv_timeout(left).unwrap_or_else(|_| {
            let _ = killpg(group, Signal::SIGKILL);
            stream.recv_timeout(Duration::from_secs(2)).unwrap_or_default()
        })
    };
    Ok(Outcome { status, stdout: take(stdout), stderr: take(stderr), elapsed, hung })
}

fn collect(mut stream: impl Read + Send + 'static) -> std::sync::mpsc::Receiver<String> {
    let (whole, text) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let _ = whole.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    text
}

pub fn exit_code(status: ExitStatus) -> u8 {
    match (status.code(), status.signal()) {
        (Some(code), _) => code as u8,
        (None, Some(signal)) => 128 + signal as u8,
        (None, None) => 255,
    }
}

pub fn last_lines(text: &str, count: usize) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].to_vec()
}

pub fn kill(pid: u32) {
    let _ = nix::sys::signal::kill(Pid::from_raw(pid as i32), Signal::SIGKILL);
}

/// The process's state, what it waits for in the kernel, and its command line.
pub fn describe(pid: u32) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&words).replace('\0', " ");
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = state
        .rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap_or("gone")
        .to_string();
    let place = fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
    let mut short: String = command.chars().take(160).collect();
    if short.is_empty() {
        short = "(no command line)".into();
    }
    format!("pid {pid} state {state} in {place}: {short}")
}

/// The other processes in the network namespace of `holder`.
pub fn sharing_network_with(holder: u32) -> Vec<u32> {
    let Ok(network) = fs::read_link(format!("/proc/{holder}/ns/net")) else { return Vec::new() };
    every_process()
        .filter(|&pid| pid != holder)
        .filter(|pid| fs::read_link(format!("/proc/{pid}/ns/net")).is_ok_and(|its| its == network))
        .collect()
}

fn in_group(group: i32) -> Vec<u32> {
    let belongs = |pid: &u32| {
        let pid = Pid::from_raw(*pid as i32);
        nix::unistd::getpgid(Some(pid)).is_ok_and(|its| its.as_raw() == group)
    };
    every_process().filter(belongs).collect()
}

fn every_process() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}
