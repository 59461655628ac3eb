//! The C programs: the same output as under the stock libraries, in all ABIs.
//!
//! The stock libraries run on one host through shared memory, where both are
//! dependable. What they print is remembered by the program's source, so that
//! only a change makes them run again. Ours runs across two hosts and on one.

use super::Stage;
use crate::hosts::Hosts;
use crate::job::{Abi, Job, Launcher, Library, Spread};
use crate::process::Outcome;
use crate::products::cache;
use crate::programs::{self, Entry, Model};
use crate::tally::Tally;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::time::{Duration, Instant};

/// How a program of ours is started.
struct Way {
    abi: Abi,
    launcher: Launcher,
    library: Library,
    spread: Spread,
    /// Only with the first number of ranks of every entry.
    once: bool,
}

impl Way {
    fn launcher(&self, ranks: usize) -> Launcher {
        if ranks == 0 { Launcher::Alone } else { self.launcher }
    }

    fn title(&self, entry: &Entry, ranks: usize) -> String {
        let launcher = self.launcher(ranks).name();
        format!("{}, {ranks} ranks, {}, {launcher}", entry.title(), self.abi.name())
    }
}

const WAYS: &[Way] = &[
    Way {
        abi: Abi::Mpich,
        launcher: Launcher::Mpiexec,
        library: Library::Preloaded,
        spread: Spread::BothHosts,
        once: false,
    },
    Way {
        abi: Abi::OpenMpi,
        launcher: Launcher::Mpiexec,
        library: Library::Preloaded,
        spread: Spread::OneHost,
        once: false,
    },
    Way {
        abi: Abi::Standard,
        launcher: Launcher::Mpiexec,
        library: Library::Linked,
        spread: Spread::BothHosts,
        once: false,
    },
    Way {
        abi: Abi::Mpich,
        launcher: Launcher::Hydra,
        library: Library::Preloaded,
        spread: Spread::OneHost,
        once: true,
    },
    Way {
        abi: Abi::OpenMpi,
        launcher: Launcher::Orte,
        library: Library::Preloaded,
        spread: Spread::BothHosts,
        once: true,
    },
];

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    run_entries(stage, tally, &programs::entries()?)
}

/// Some programs in all ways.
pub fn run_entries(stage: &Stage, tally: &mut Tally, entries: &[Entry]) -> Result<()> {
    for entry in entries {
        for (index, &ranks) in entry.ranks.iter().enumerate() {
            let title = format!("{}, {ranks} ranks", entry.title());
            let ways: Vec<&Way> = WAYS
                .iter()
                .filter(|way| entry.abis.contains(&way.abi) && (!way.once || index == 0))
                .filter(|way| tally.wants(&way.title(entry, ranks)))
                .collect();
            if ways.is_empty() {
                continue;
            }
            tally.running(&title);
            match model(entry, ranks, &stage.hosts) {
                Ok(expected) => {
                    for way in ways {
                        judge(stage, tally, entry, ranks, way, &expected)?;
                    }
                }
                Err(error) => tally.fail(&title, &format!("{error:#}")),
            }
        }
    }
    Ok(())
}

/// The stock libraries alone, compared with one another.
pub fn run_stock(hosts: &Hosts, tally: &mut Tally) -> Result<()> {
    for entry in programs::entries()? {
        for &ranks in &entry.ranks {
            tally.case(&format!("{}, {ranks} ranks, stock", entry.title()), || {
                model(&entry, ranks, hosts).map(|_| None)
            });
        }
    }
    Ok(())
}

fn judge(
    stage: &Stage,
    tally: &mut Tally,
    entry: &Entry,
    ranks: usize,
    way: &Way,
    expected: &str,
) -> Result<()> {
    let title = way.title(entry, ranks);
    let program = match programs::compile(&entry.source(), way.abi, Some(&stage.products)) {
        Ok(program) => program,
        Err(error) => {
            tally.fail(&title, &format!("{error:#}"));
            return Ok(());
        }
    };
    let outcome = Job::new(way.launcher(ranks), way.library, ranks, program)
        .spread(if ranks < 2 || entry.one_host { Spread::OneHost } else { way.spread })
        .arguments(entry.arguments.iter())
        .limit(entry.limit)
        .run(&stage.hosts, Some(&stage.products))?;
    let complaint = if outcome.status.is_none() || !entry.exit.admits(outcome.code()) {
        Some(outcome.explain())
    } else {
        difference(expected, &outcome.stdout).map(|text| format!("{text}\n{}", outcome.explain()))
    };
    tally.judge(&title, outcome.elapsed, complaint);
    Ok(())
}

/// What the program prints under the stock libraries.
pub fn model(entry: &Entry, ranks: usize, hosts: &Hosts) -> Result<String> {
    match entry.model {
        Model::Only(abi) => stock(entry, ranks, abi, hosts),
        Model::Both => {
            let mpich = stock(entry, ranks, Abi::Mpich, hosts)?;
            let openmpi = stock(entry, ranks, Abi::OpenMpi, hosts)?;
            match difference(&mpich, &openmpi) {
                None => Ok(mpich),
                Some(text) => anyhow::bail!(
                    "stock MPICH and stock Open MPI differ, so neither is a model: {text}"
                ),
            }
        }
    }
}

fn stock(entry: &Entry, ranks: usize, abi: Abi, hosts: &Hosts) -> Result<String> {
    let program = programs::compile(&entry.source(), abi, None)?;
    let name =
        program.file_name().and_then(|name| name.to_str()).context("a program without a name")?;
    let words = entry.arguments.join("_").replace('/', "_");
    let folder = cache()?.join("stock");
    fs::create_dir_all(&folder)?;
    let remembered = folder.join(format!("{}-{name}-{ranks}-{words}", abi.name()));
    if let Ok(text) = fs::read_to_string(&remembered) {
        return Ok(text);
    }
    let launcher = match (ranks, abi) {
        (0, _) => Launcher::Alone,
        (_, Abi::OpenMpi) => Launcher::Orte,
        _ => Launcher::Hydra,
    };
    let job = Job::new(launcher, Library::Stock, ranks, &program)
        .spread(Spread::OneHost)
        .arguments(entry.arguments.iter())
        .limit(60);
    // Stock MPICH spins, and a busy machine can make it lose a minute.
    let start = Instant::now();
    let mut outcome = job.run(hosts, None)?;
    if outcome.status.is_none() && start.elapsed() < Duration::from_secs(90) {
        outcome = job.run(hosts, None)?;
    }
    ensure!(
        outcome.status.is_some() && entry.exit.admits(outcome.code()),
        "stock {} did not do what the testlist says: {}",
        abi.name(),
        outcome.explain()
    );
    fs::write(&remembered, &outcome.stdout)?;
    Ok(outcome.stdout)
}

/// What is wrong with a run that should have printed `expected`.
pub fn complaint(expected: &str, outcome: &Outcome) -> Option<String> {
    match outcome.success() {
        false => Some(outcome.explain()),
        true => difference(expected, &outcome.stdout),
    }
}

/// The first line that differs.
pub fn difference(expected: &str, got: &str) -> Option<String> {
    if expected == got {
        return None;
    }
    let (mut wanted, mut seen) = (expected.lines(), got.lines());
    for number in 1.. {
        match (wanted.next(), seen.next()) {
            (None, None) => break,
            (one, other) if one == other => {}
            (one, other) => {
                let (one, other) = (one.unwrap_or("(the end)"), other.unwrap_or("(the end)"));
                return Some(format!("line {number} should be\n  {one}\nand is\n  {other}"));
            }
        }
    }
    Some("the lines end differently".into())
}
