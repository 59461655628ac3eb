//! `mpiexec --warden`: a child of the agent that outlives it by a moment. The
//! kernel kills the ranks when their agent is killed, but not what the ranks
//! started; the warden knows their process groups and kills those. It reads
//! group numbers from its standard input until that ends.

use crate::sys::process::{ChildSettings, prepare};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{BufRead, Write};
use std::process::{Child, Command, Stdio};

/// The word that dismisses the warden.
const DISMISSED: &str = "dismissed";

/// The agent's side.
pub struct Warden {
    child: Child,
}

impl Warden {
    pub fn start() -> std::io::Result<Warden> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--warden");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        prepare(&mut command, &ChildSettings { new_session: true, ..ChildSettings::default() });
        Ok(Warden { child: command.spawn()? })
    }

    pub fn watch(&mut self, group: i32) {
        self.say(&group.to_string());
    }

    /// All groups are gone: there is nothing left to kill.
    pub fn dismiss(mut self) {
        self.say(DISMISSED);
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }

    fn say(&mut self, line: &str) {
        if let Some(pipe) = &mut self.child.stdin {
            // A warden that was killed itself is missed by nobody but us.
            let _ = writeln!(pipe, "{line}");
        }
    }
}

/// The warden's side.
pub fn run() {
    let mut groups = Vec::new();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if line == DISMISSED {
            return;
        }
        groups.extend(line.parse::<i32>().ok().filter(|group| *group > 1));
    }
    for group in groups {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}
