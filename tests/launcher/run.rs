//! Runs `mpiexec` for a story, with a deadline, and cleans up after it.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// After this a story has failed.
pub const DEADLINE: Duration = Duration::from_secs(60);

pub struct Outcome {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Outcome {
    /// The output's lines, sorted: ranks print in any order.
    pub fn lines(&self) -> Vec<&str> {
        let mut lines: Vec<&str> = self.out.lines().collect();
        lines.sort_unstable();
        lines
    }
}

/// `mpiexec` with these words.
pub fn mpiexec<'a>(words: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpiexec"));
    command.args(words).stdin(Stdio::null());
    command
}

/// `mpiexec` with two hosts of two slots that are reached like ssh.
pub fn on_two_hosts<'a>(words: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = mpiexec(["--hosts", "hosta:2,hostb:2", "--launcher-exec", sshlike()]);
    command.args(words);
    command
}

/// One program of `ranks` ranks that run `script` in a shell.
pub fn shell(ranks: u32, script: &str) -> Outcome {
    run(mpiexec(["-n", &ranks.to_string(), "sh", "-c", script]))
}

pub fn run(command: Command) -> Outcome {
    Running::start(command).finish()
}

/// A job that goes on while the story does something.
pub struct Running {
    pub child: Child,
    began: Instant,
}

impl Running {
    pub fn start(mut command: Command) -> Running {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running { child: child.expect("mpiexec starts"), began: Instant::now() }
    }

    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    pub fn write(&mut self, bytes: Vec<u8>) -> std::thread::JoinHandle<()> {
        let mut input = self.child.stdin.take().expect("stdin is piped");
        std::thread::spawn(move || drop(input.write_all(&bytes)))
    }

    /// Reads everything and waits for the end, killing what takes too long.
    pub fn finish(mut self) -> Outcome {
        fn text(pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
            std::thread::spawn(move || {
                let mut pipe = pipe;
                let mut bytes = Vec::new();
                let _ = pipe.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
        }
        let out = self.child.stdout.take().map(text);
        let err = self.child.stderr.take().map(text);
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                break status;
            }
            if self.began.elapsed() > DEADLINE {
                self.child.kill().expect("our own child");
                let _ = self.child.wait();
                panic!("mpiexec took longer than {DEADLINE:?}");
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let read = |reader: Option<std::thread::JoinHandle<String>>| {
            reader.map_or_else(String::new, |reader| reader.join().expect("a reader"))
        };
        let (out, err) = (read(out), read(err));
        Outcome { code: status.code().unwrap_or(-1), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(pid: i32, name: &str) {
    let status = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(status.expect("kill is everywhere").success(), "kill -{name} {pid}");
}

/// Waits until `is_so`, or fails the story.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A word no other process has in its command line, as a number of seconds:
/// `sleep` takes it.
pub fn unique_seconds() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("500.{:08}{count:03}", std::process::id())
}

/// Processes, not yet ended, that have `word` in their command line and are
/// not `mpiexec` itself.
pub fn processes_with(word: &str) -> Vec<i32> {
    let with_word = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains(word) && !line.contains("mpiexec")
    };
    pids().into_iter().filter(with_word).collect()
}

fn pids() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").expect("/proc");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// The process id of the agent that `mpiexec` started on this host.
pub fn agent_of(mpiexec: i32) -> Option<i32> {
    let is_child = |pid: &i32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        parent.is_some_and(|parent| parent.trim() == mpiexec.to_string())
    };
    pids().into_iter().find(is_child)
}

/// A script called like ssh that stays on this host: it drops the host's name
/// and, like sshd, starts a shell in the home directory with a bare
/// environment.
pub fn sshlike() -> &'static str {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    let path = PATH.get_or_init(|| {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("sshlike-{}", std::process::id()));
        let script = "#!/bin/sh\nhost=$1; shift\n\
            exec env -i HOME=\"$HOME\" PATH=/usr/bin:/bin SSH_HOST=$host sh -c \"cd; $*\"\n";
        std::fs::write(&path, script).expect("a script");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("chmod");
        path
    });
    path.to_str().expect("the target directory's name is text")
}

/// An example of this package, which cargo builds beside its tests.
pub fn example(name: &str) -> String {
    let test = std::env::current_exe().expect("a test has a path");
    let target = test.parent().and_then(|deps| deps.parent()).expect("target/debug");
    target.join("examples").join(name).to_str().expect("text").to_string()
}
