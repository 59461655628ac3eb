//! Development commands: `cargo xtask COMMAND`.
//!
//! Each command is a module of its own; this file only names them. The library
//! never depends on anything here.

mod bench;
mod capture;
mod compat;
mod demo;
mod frames;
mod hosts;
mod job;
mod packages;
mod process;
mod products;
mod programs;
mod suites;
mod tally;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development commands of mpi-secure")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the release library and programs
    Build,
    /// Run an ordinary program across two hosts, sealed, and watch the wire
    Demo,
    /// Compare with the stock libraries, between two hosts and within one
    Bench(bench::Options),
    /// Run the tests: all suites, or those named
    Test {
        /// A suite (see --list); may be given several times
        #[arg(long)]
        suite: Vec<String>,
        /// Only cases whose name holds this text
        #[arg(long)]
        only: Option<String>,
        /// Name the suites
        #[arg(long)]
        list: bool,
        /// Only run the stock libraries: the C programs, whose outputs are compared, or suite mpich or python
        #[arg(long)]
        stock: bool,
        #[command(flatten)]
        mpich: Box<suites::mpich::Options>,
        #[command(flatten)]
        python: suites::python::Matrix,
        #[command(flatten)]
        extent: suites::Extent,
    },
    /// Run a command with two hosts up (HOST_A, HOST_B, ADDRESS_A, ADDRESS_B, SSHLIKE set)
    Hosts {
        /// Run it where xtask runs, instead of inside host a
        #[arg(long)]
        outside: bool,
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Build => products::Products::build().map(|_| ExitCode::SUCCESS),
        Command::Demo => demo::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Test { list: true, .. } => {
            suites::list();
            Ok(ExitCode::SUCCESS)
        }
        Command::Test { suite, only, stock, mpich, python, extent, .. } => {
            suites::run(&suite, only, stock, &mpich, python, extent)
        }
        Command::Hosts { outside, command } => hosts::run_with_hosts(outside, &command),
    }
}
