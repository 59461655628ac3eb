//! Programs that nobody here wrote or compiled: Intel's IMB-MPI1 and Debian's
//! NetPIPE, as they come, across two hosts; and a program of ours relinked from
//! an object file that was compiled for MPICH.

use super::Stage;
use crate::job::{Abi, Job, Launcher, Library};
use crate::process::{self, Outcome};
use crate::products::cache;
use crate::programs;
use crate::tally::Tally;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const BENCHMARKS: &[&str] = &[
    "PingPong",
    "PingPing",
    "Sendrecv",
    "Exchange",
    "Uniband",
    "Biband",
    "Reduce",
    "Allreduce",
    "Bcast",
    "Gather",
    "Gatherv",
    "Scatter",
    "Scatterv",
    "Allgather",
    "Allgatherv",
    "Alltoall",
    "Alltoallv",
    "Reduce_scatter",
    "Barrier",
];

/// Message sizes, a line each, as `-msglen` reads them.
const SIZES: &str = "0\n1\n8\n64\n1024\n4096\n32768\n262144\n1048576\n4194304\n";

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    intel(stage, tally)?;
    netpipe(stage, tally);
    relinked(stage, tally);
    Ok(())
}

fn intel(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let cases = [Launcher::Hydra, Launcher::Mpiexec]
        .into_iter()
        .flat_map(|launcher| [2, 4].map(|ranks| (launcher, ranks)))
        .map(|(launcher, ranks)| {
            (launcher, ranks, format!("IMB-MPI1, {ranks} ranks, {}", launcher.name()))
        });
    let cases: Vec<_> = cases.filter(|(_, _, title)| tally.wants(title)).collect();
    if cases.is_empty() {
        return Ok(());
    }
    tally.running("fetching IMB-MPI1");
    let program = match imb() {
        Ok(program) => program,
        Err(error) => {
            tally.fail("IMB-MPI1", &format!("{error:#}"));
            return Ok(());
        }
    };
    for (launcher, ranks, title) in cases {
        tally.case(&title, || {
            // The program names libmpi.so.12: its own package's one under
            // Hydra, ours of that name under mpiexec. Ours is preloaded.
            let folder = match launcher {
                Launcher::Mpiexec => stage.products.folder.join("lib/compat"),
                _ => own_library(&program)?,
            };
            let sizes = stage.products.work().join("sizes");
            fs::write(&sizes, SIZES)?;
            let outcome = Job::new(launcher, Library::Preloaded, ranks, &program)
                .variable("LD_LIBRARY_PATH", folder)
                .arguments(BENCHMARKS.iter().copied())
                // Few rounds of ten sizes to 4 MB, all ranks at once. The time
                // bounds the bands, whose every round is 64 messages.
                .arguments(["-npmin", &ranks.to_string()])
                .arguments(["-msglen", &sizes.display().to_string()])
                .arguments(["-iter", "20", "-iter_policy", "dynamic", "-time", "1.5"])
                .limit(420)
                .run(&stage.hosts, Some(&stage.products))?;
            Ok(imb_complaint(&outcome, ranks))
        });
    }
    Ok(())
}

fn imb_complaint(outcome: &Outcome, ranks: usize) -> Option<String> {
    if !outcome.success() {
        return Some(outcome.explain());
    }
    for name in BENCHMARKS {
        let Some((_, table)) = outcome.stdout.split_once(&format!("# Benchmarking {name} \n"))
        else {
            return Some(format!("no table of {name}: {}", outcome.explain()));
        };
        let table = table.split("# Benchmarking").next().unwrap_or_default();
        if *name != "Barrier"
            && !table.lines().any(|line| line.trim_start().starts_with("4194304 "))
        {
            return Some(format!("{name} at {ranks} ranks did not reach 4 MB"));
        }
    }
    (!outcome.stdout.contains("All processes entering MPI_Finalize"))
        .then(|| format!("it did not come to its end: {}", outcome.explain()))
}

/// Where the package keeps the library that its programs were linked with.
fn own_library(program: &Path) -> Result<PathBuf> {
    let folder = program.parent().and_then(Path::parent).context("the program lies in bin/")?;
    let folder = folder.join("lib");
    ensure!(folder.join("libmpi.so.12").exists(), "no libmpi.so.12 in {}", folder.display());
    Ok(folder)
}

/// Intel's benchmarks out of their Python package, kept for the next time.
pub fn imb() -> Result<PathBuf> {
    let folder = cache()?.join("impi-rt");
    let find = || {
        let out = process::run(
            Command::new("find").arg(&folder).args(["-name", "IMB-MPI1", "-type", "f"]),
            Duration::from_secs(20),
        );
        out.ok().and_then(|out| out.stdout.lines().next().map(PathBuf::from))
    };
    if let Some(program) = find() {
        return Ok(program);
    }
    let fresh = cache()?.join(format!("impi-rt.{}", std::process::id()));
    let outcome = process::run(
        Command::new("pip3")
            .args([
                "install",
                "--no-deps",
                "--quiet",
                "--disable-pip-version-check",
                "--ignore-installed",
            ])
            .arg("--prefix")
            .arg(&fresh)
            .arg("impi-rt"),
        Duration::from_secs(300),
    )?;
    ensure!(outcome.success(), "pip3 cannot install impi-rt: {}", outcome.explain());
    let _ = fs::remove_dir_all(&folder);
    fs::rename(&fresh, &folder)?;
    find().context("the package impi-rt holds no IMB-MPI1")
}

fn netpipe(stage: &Stage, tally: &mut Tally) {
    for (name, own) in [("NPmpich2", Launcher::Hydra), ("NPopenmpi", Launcher::Orte)] {
        for launcher in [own, Launcher::Mpiexec] {
            tally.case(&format!("{name}, {}", launcher.name()), || {
                let results = stage.products.work().join(format!("{name}.out"));
                let outcome = Job::new(launcher, Library::Preloaded, 2, format!("/usr/bin/{name}"))
                    // To 4 MiB, few repetitions, no perturbed sizes; -I checks nothing
                    // but spoils the cache, so a plain run and one that checks data.
                    .arguments(["-l", "1", "-u", "4194304", "-n", "5", "-p", "0", "-o"])
                    .arguments([results.display().to_string()])
                    .limit(120)
                    .run(&stage.hosts, Some(&stage.products))?;
                if !outcome.success() {
                    return Ok(Some(outcome.explain()));
                }
                let table = fs::read_to_string(&results).context("it wrote no results")?;
                let largest = table
                    .lines()
                    .filter_map(|line| line.split_whitespace().next()?.parse::<u64>().ok())
                    .max();
                Ok((largest < Some(4_194_304)).then(|| format!("it ended at {largest:?} bytes")))
            });
        }
    }
}

fn relinked(stage: &Stage, tally: &mut Tally) {
    let source = stage.products.root.join("c-tests/demo/heat.c");
    tally.case("relinked from an object file for MPICH", || {
        let program = programs::relink(&source, &stage.products)?;
        let outcome = Job::new(Launcher::Mpiexec, Library::Linked, 4, program)
            .limit(60)
            .run(&stage.hosts, Some(&stage.products))?;
        Ok(heat_complaint(&outcome))
    });
    tally.case("compiled with our mpicc", || {
        let program = programs::compile(&source, Abi::Standard, Some(&stage.products))?;
        let outcome = Job::new(Launcher::Mpiexec, Library::Linked, 4, program)
            .limit(60)
            .run(&stage.hosts, Some(&stage.products))?;
        Ok(heat_complaint(&outcome))
    });
}

fn heat_complaint(outcome: &Outcome) -> Option<String> {
    let right = outcome.success() && outcome.stdout.contains("mean temperature 7.2589");
    (!right).then(|| outcome.explain())
}
