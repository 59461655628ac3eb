//! Job control: `mpiexec` and what it starts.
//!
//! ```text
//! mpiexec (job) --- stdin/stdout of `ssh HOST mpiexec --agent` --- agent --- ranks
//!                                                                   `- warden
//! ```
//! The root (`job`) places the ranks, prints their output and decides when the
//! job is over. One agent per host, this one included, starts the ranks there
//! and is their PMI-1 server; fences are gathered per host and merged by the
//! root. The warden kills what is left when the agent itself is killed.
//!
//! **Why the control link is the ssh-like command's own pipe.** It needs no
//! listening port in the launcher, no address that every host can reach, and
//! no secret handed to the other side: whoever could start the agent is who
//! the agent obeys, and ssh protects the bytes on their way. Nothing secret
//! crosses it either: ranks publish addresses, and each reads the policy from
//! its own host. The road not taken is a TCP connection back to the launcher
//! with the handshake of `secure`; it would let strangers knock, and would
//! need the very key file that `mpiexec` otherwise never opens.
//!
//! **Who ends whom.** A rank that is killed, fails before `MPI_Finalize`, or
//! aborts ends the job: TERM to every process group, KILL after the grace. An
//! agent whose link ends does the same to its ranks; so the death of mpiexec,
//! by whatever signal, ends everything.

mod agent;
pub mod environment;
pub mod hosts;
mod job;
mod link;
pub mod message;
pub mod options;
mod printer;
mod rank;
mod server;
mod warden;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What an agent's first line begins with; login shells may print before it.
const BANNER: &str = "\u{1}mpi-secure agent ";

/// Status for a command line that cannot be understood.
const USAGE: u8 = 2;

/// `mpiexec`, given the words after its name.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().collect();
    match words.first().and_then(|word| word.to_str()) {
        Some("--agent") => return status(agent::run()),
        Some("--warden") => {
            warden::run();
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let variable = |name: &std::ffi::OsStr| std::env::var_os(name);
    let read = |path: &str| std::fs::read_to_string(path);
    match options::parse(words, &variable, &read) {
        Ok(options::Request::Help) => {
            print!("{}", options::HELP);
            ExitCode::SUCCESS
        }
        Ok(options::Request::Version) => {
            println!("mpiexec (mpi-secure) {VERSION}");
            ExitCode::SUCCESS
        }
        Ok(options::Request::Run(options)) => match job::run(&options) {
            Ok(code) => ExitCode::from(code),
            Err(message) => status(Err(message)),
        },
        Err(message) => {
            eprintln!("mpiexec: {message}");
            ExitCode::from(USAGE)
        }
    }
}

fn status(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("mpiexec: {message}");
            ExitCode::FAILURE
        }
    }
}
