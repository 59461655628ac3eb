//! Running lines, some at a time, each worker with a pair of hosts of its own:
//! what a test leaves behind is swept from its hosts and disturbs no other.

use super::build::Build;
use super::reference::Status;
use super::testlist::{Language, Line};
use super::verdict;
use crate::hosts::Hosts;
use crate::job::{Abi, Job, Launcher, Library, Spread};
use crate::process::Outcome;
use crate::products::Products;
use anyhow::Result;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How the lines of one pass are run.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub language: Language,
    pub abi: Abi,
    pub spread: Spread,
    /// The library that the programs were built with, instead of ours.
    pub stock: bool,
}

impl Way {
    pub fn title(&self) -> String {
        let spread = match self.spread {
            Spread::OneHost => "one host",
            Spread::BothHosts => "two hosts",
        };
        let stock = if self.stock { ", stock library" } else { "" };
        let language = if self.language == Language::Fortran { "Fortran, " } else { "" };
        format!("{language}{} ABI, {spread}{stock}", self.abi.name())
    }

    fn job(&self, build: &Build, line: &Line) -> Job {
        let (launcher, library) = match (self.stock, self.abi) {
            (true, Abi::OpenMpi) => (Launcher::Orte, Library::Stock),
            (true, _) => (Launcher::Hydra, Library::Stock),
            (false, Abi::Standard) => (Launcher::Mpiexec, Library::Linked),
            (false, _) => (Launcher::Mpiexec, Library::Preloaded),
        };
        let program = build.program(line);
        let folder = program.parent().expect("programs lie in folders").display().to_string();
        // As the suite runs them: in the program's directory, and with a
        // launcher that knows the limit and ends the job in good order.
        let limit = line.limit.as_secs();
        let before = ["env", "-C", &folder, &format!("MPIEXEC_TIMEOUT={limit}")];
        let mut job = Job::new(launcher, library, line.key.ranks, &program)
            .spread(self.spread)
            .arguments(line.key.arguments.iter())
            .before(&before)
            .limit(limit + GRACE.as_secs());
        for variable in &line.key.variables {
            if let Some((name, value)) = variable.split_once('=') {
                job = job.variable(name, value);
            }
        }
        // The suite writes its options for Hydra; ours knows them.
        if launcher != Launcher::Orte {
            job.options = line.launcher.clone();
        }
        job
    }
}

/// What a launcher that obeys MPIEXEC_TIMEOUT gets for ending the job.
const GRACE: Duration = Duration::from_secs(6);

/// What became of one line.
pub struct Ran {
    /// Its place in the list of lines.
    pub index: usize,
    pub status: Status,
    pub elapsed: Duration,
    /// What to print if it was not what was wanted.
    pub words: String,
}

/// Runs the lines, `at_once` of them at a time, and hands over each result as
/// it comes. The programs must have been made. The suite's limits are for one
/// test at a time, so a line that runs out of time beside others is run once
/// more when these are done, by itself.
pub fn run(
    build: &Build,
    way: &Way,
    lines: &[&Line],
    products: Option<&Products>,
    at_once: usize,
    mut heard: impl FnMut(Ran),
) -> Result<()> {
    let hosts: Vec<Hosts> = (0..at_once).map(|_| Hosts::up()).collect::<Result<_>>()?;
    let next = AtomicUsize::new(0);
    // Lines that need much memory run one after the other.
    let memory = Mutex::new(());
    let (ran, results) = channel();
    let mut late = Vec::new();
    std::thread::scope(|scope| {
        for hosts in &hosts {
            let (ran, next, memory) = (ran.clone(), &next, &memory);
            scope.spawn(move || {
                loop {
                    // Relaxed: the number is all that is shared.
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(line) = lines.get(index) else { break };
                    let turn = (line.memory > 0.0)
                        .then(|| memory.lock().unwrap_or_else(PoisonError::into_inner));
                    let (status, elapsed, words) = run_line(build, way, line, hosts, products);
                    drop(turn);
                    if ran.send(Ran { index, status, elapsed, words }).is_err() {
                        break;
                    }
                }
            });
        }
        drop(ran);
        for ran in results {
            match ran.status {
                Status::Timeout if at_once > 1 => late.push(ran.index),
                _ => heard(ran),
            }
        }
    });
    for index in late {
        let (status, elapsed, words) = run_line(build, way, lines[index], &hosts[0], products);
        heard(Ran { index, status, elapsed, words });
    }
    Ok(())
}

fn run_line(
    build: &Build,
    way: &Way,
    line: &Line,
    hosts: &Hosts,
    products: Option<&Products>,
) -> (Status, Duration, String) {
    if let Some(why) = build.unbuilt(line) {
        return (Status::NoBuild, Duration::ZERO, format!("does not build: {why}"));
    }
    let there = memory_gigabytes();
    if line.memory > there {
        let why = format!("needs {} GB of memory, and {there:.0} are here", line.memory);
        return (Status::Skip, Duration::ZERO, why);
    }
    match way.job(build, line).run(hosts, products) {
        Ok(outcome) => {
            let status = verdict::status(line, &outcome);
            let words = if status == Status::Pass { String::new() } else { explain(&outcome) };
            (status, outcome.elapsed, words)
        }
        Err(error) => (Status::Fail, Duration::ZERO, format!("{error:#}")),
    }
}

fn explain(outcome: &Outcome) -> String {
    let words = outcome.explain();
    // One line of output may be a megabyte.
    let lines = words.lines().map(|line| line.chars().take(400).collect::<String>());
    lines.collect::<Vec<_>>().join("\n")
}

/// What this machine has in all; tests that need more are not for it.
fn memory_gigabytes() -> f64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes = total.and_then(|words| words.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / (1024.0 * 1024.0)
}
