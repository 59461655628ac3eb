//! `mpi-secure`: makes policies and explains them, keeps a cluster's
//! certificates, and shows what jobs and captures hold. Exit code 0 when all is
//! well, 1 when something is refused or could not be done, 2 for a wrong command
//! line.

mod ca;
mod report;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mpisecure::mpi::preferences;
use mpisecure::secure::suite::{SUITES, suite_named};
use mpisecure::secure::{CONFIG_VARIABLE, Policy, Search};
use mpisecure::sys::policy_file::create_private;

/// Makes and explains the policies that MPI jobs are secured by, and shows that they were kept.
#[derive(Parser)]
#[command(name = "mpi-secure", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a policy with a fresh 256-bit key, readable by you alone
    Keygen {
        /// The file to make; nothing is ever overwritten
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        /// The cipher suite of the policy
        #[arg(long, value_name = "NAME", default_value = SUITES[0].name(),
              value_parser = clap::builder::PossibleValuesParser::new(
                  SUITES.iter().map(|suite| suite.name())))]
        cipher: String,
    },
    /// Explain the policy that a job started here would use, or what is wrong with it
    Check {
        /// Judge this file as if MPI_SECURE_CONFIG named it
        file: Option<PathBuf>,
    },
    /// Keep a small certificate authority for the cluster's hosts
    #[command(subcommand)]
    Ca(ca::Command),
    /// Show the report of a job (MPI_SECURE_REPORT) as tables
    Report { file: PathBuf },
    /// Tell whether a capture holds anything but sealed frames and handshakes
    Verify {
        /// A file of tcpdump or Wireshark (pcap or pcapng)
        capture: PathBuf,
        /// Look at connections of this port only; may be given again
        #[arg(long = "port", value_name = "PORT")]
        ports: Vec<u16>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Keygen { output, cipher } => keygen(&output, &cipher),
        Command::Check { file } => check(file),
        Command::Ca(command) => ca::run(command),
        Command::Report { file } => report::run(&file),
        Command::Verify { capture, ports } => verify::run(&capture, &ports),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("mpi-secure: {message}");
            ExitCode::FAILURE
        }
    }
}

fn keygen(output: &Path, cipher: &str) -> Result<(), String> {
    let suite = suite_named(cipher).ok_or_else(|| format!("there is no cipher {cipher}"))?;
    let shown = output.display();
    create_private(output, &Policy::generate_text(suite)).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => format!(
            "{shown} exists, and a key is never overwritten: jobs may need it; remove the file \
             or name another"
        ),
        _ => format!("{shown} cannot be written ({error}); name a file in a directory of yours"),
    })?;
    let search = Search { named: Some(output.to_owned()), ..Search::from_environment() };
    let policy = search
        .load()
        .map_err(|error| format!("{shown} is written but cannot be used where it is: {error}"))?;
    let path = std::path::absolute(output).unwrap_or_else(|_| output.to_owned());
    println!("Wrote {shown} (mode 0600), key fingerprint {}.", policy.key_fingerprint());
    println!();
    println!("Next:");
    println!(
        "  copy it to every host of the job, over a secure way:  scp -p {shown} HOST:{}",
        path.display()
    );
    println!(
        "  tell jobs about it:                                   export {CONFIG_VARIABLE}={}",
        path.display()
    );
    println!("  see on each host that it is in order:                 mpi-secure check");
    Ok(())
}

fn check(file: Option<PathBuf>) -> Result<(), String> {
    let from_environment = Search::from_environment();
    let why = match (&file, &from_environment.named) {
        (Some(_), _) => "named on the command line",
        (None, Some(_)) => "named by MPI_SECURE_CONFIG",
        (None, None) => "found in its usual place",
    };
    let search = Search { named: file.or(from_environment.named.clone()), ..from_environment };
    let policy = search.load().map_err(|error| error.to_string())?;
    for source in policy.sources() {
        let why = match *source == search.site {
            true => "the site's policy, which others may only tighten",
            false => why,
        };
        println!("policy       {} ({why})", source.display());
    }
    println!("{policy}");
    let algorithms = preferences::own(&policy)?;
    if !algorithms.is_empty() {
        println!("collectives  {algorithms}");
    }
    policy.check_identity(&mpisecure::sys::host::name()).map_err(|error| error.to_string())?;
    println!();
    println!("The policy is in order. Jobs need the same fingerprint and digest on all hosts.");
    Ok(())
}
