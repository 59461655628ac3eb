//! Fortran: our programs in mpif.h, `use mpi` and `use mpi_f08`, built by each
//! stock wrapper and by our `mpifort`, print what they print under the stock
//! libraries. ScaLAPACK's own tests from Debian, as they come, across two hosts,
//! come to the results they come to under the stock libraries: [`scalapack`], a
//! part of suite `applications`, for stock MPICH takes minutes for each.

use super::{Stage, c};
use crate::job::{Abi, Job, Launcher, Library, Spread};
use crate::process::{self, Outcome};
use crate::products::cache;
use crate::programs;
use crate::tally::Tally;
use anyhow::{Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    c::run_entries(stage, tally, &programs::chapter("fortran")?)?;
    for entry in programs::chapter("fortran")? {
        renamed(stage, tally, &entry)?;
        relinked(stage, tally, &entry);
    }
    Ok(())
}

/// Replacement by name: no preload, and the stock Fortran library is not even
/// loaded where ours has its name.
fn renamed(stage: &Stage, tally: &mut Tally, entry: &programs::Entry) -> Result<()> {
    for abi in [Abi::Mpich, Abi::OpenMpi] {
        let title = format!("{}, {}, lib/compat", entry.title(), abi.name());
        if !tally.wants(&title) {
            continue;
        }
        tally.case(&title, || {
            let program = programs::compile(&entry.source(), abi, None)?;
            let outcome = Job::new(Launcher::Mpiexec, Library::Renamed, 2, program)
                .spread(Spread::OneHost)
                .limit(entry.limit)
                .run(&stage.hosts, Some(&stage.products))?;
            let expected = c::model(entry, 2, &stage.hosts)?;
            Ok(c::complaint(&expected, &outcome))
        });
    }
    Ok(())
}

/// Relinked from object files that a stock wrapper compiled: nothing of the
/// stock libraries is left, nor of their modules' code.
fn relinked(stage: &Stage, tally: &mut Tally, entry: &programs::Entry) {
    for abi in [Abi::Mpich, Abi::OpenMpi] {
        let title = format!("{}, {}, relinked", entry.title(), abi.name());
        if !tally.wants(&title) {
            continue;
        }
        tally.case(&title, || {
            let work = stage.products.work();
            let stem = format!("{}-{}", entry.name.replace('/', "-"), abi.name());
            let object = work.join(format!("{stem}.o"));
            let program = work.join(&stem);
            let wrapper = format!("mpifort.{}", abi.name());
            let mut compile = Command::new(wrapper);
            compile.args(["-O1", "-w", "-fallow-argument-mismatch", "-c", "-o"]);
            compile.arg(&object).arg(entry.source());
            let mut link = Command::new(stage.products.program("mpifort"));
            link.arg(format!("-abi={}", abi.name())).arg("-o").arg(&program).arg(&object);
            for mut command in [compile, link] {
                let outcome = process::run(&mut command, Duration::from_secs(120))?;
                ensure!(outcome.success(), "{command:?} failed: {}", outcome.explain());
            }
            let needed = process::run(
                Command::new("readelf").arg("-d").arg(&program),
                Duration::from_secs(20),
            )?;
            let of_stock = |line: &&str| line.contains("NEEDED") && line.contains("[libmpi");
            let foreign = |line: &&str| !line.contains("[libmpisecure");
            if let Some(line) = needed.stdout.lines().filter(of_stock).find(foreign) {
                return Ok(Some(format!("it still needs a stock library: {line}")));
            }
            let outcome = Job::new(Launcher::Mpiexec, Library::Linked, 2, program)
                .limit(entry.limit)
                .run(&stage.hosts, Some(&stage.products))?;
            let expected = c::model(entry, 2, &stage.hosts)?;
            Ok(c::complaint(&expected, &outcome))
        });
    }
}

/// Whether a test came to its end. That of BLACS ends with a call of MPI_Abort, which
/// is its last test.
fn ended(program: &str, outcome: &Outcome) -> bool {
    match is_of_blacs(program) {
        true => outcome.status.is_some_and(|status| !status.success()),
        false => outcome.success(),
    }
}

fn is_of_blacs(program: &str) -> bool {
    program.ends_with("btest")
}

/// Debian's folders of ScaLAPACK's tests (package scalapack-mpi-test).
fn folder(abi: Abi) -> PathBuf {
    let base = Path::new("/usr/lib/x86_64-linux-gnu/scalapack");
    base.join(if abi == Abi::OpenMpi { "openmpi-tests" } else { "mpich-tests" })
}

/// One of each kind: BLACS by itself, factorizations, eigenvalues, least
/// squares, in real and complex arithmetic.
const SCALAPACK: &[&str] = &["xFbtest", "xdlu", "xzllt", "xdls", "xdsep", "xcqr"];

/// Two of them do not say the same twice under the stock libraries either: xFbtest looks
/// for sums that depend on who comes first, and under MPICH xdsep has a residual that
/// fails now and then. So results are held against several runs.
const TURNS: usize = 4;

pub fn scalapack(stage: &Stage, tally: &mut Tally) {
    for abi in [Abi::Mpich, Abi::OpenMpi] {
        for program in SCALAPACK {
            let title = format!("ScaLAPACK {program}, 4 ranks, {}, two hosts", abi.name());
            if !tally.wants(&title) {
                continue;
            }
            tally.case(&title, || {
                let (mut models, mut found) = (Vec::new(), None);
                for turn in 0..TURNS {
                    models.push(stock(stage, abi, program, turn)?);
                    let outcome = job(stage, abi, program, Launcher::Mpiexec, Library::Preloaded)?
                        .run(&stage.hosts, Some(&stage.products))?;
                    if !ended(program, &outcome) {
                        return Ok(Some(outcome.explain()));
                    }
                    let got = results(&outcome.stdout);
                    if models.contains(&got) {
                        return Ok(None);
                    }
                    found = c::difference(&models[0], &got);
                }
                Ok(found)
            });
        }
    }
}

/// The programs read their input from the folder they are started in.
fn job(
    stage: &Stage,
    abi: Abi,
    program: &str,
    launcher: Launcher,
    library: Library,
) -> Result<Job> {
    let folder = folder(abi);
    // BLACS keeps its input apart.
    let folder = if is_of_blacs(program) { folder.join("BLACS") } else { folder };
    ensure!(folder.join(program).exists(), "{} is not there", folder.join(program).display());
    let script = stage.products.work().join(format!("run-{program}-{}", abi.name()));
    fs::write(&script, format!("cd {} && exec ./{program}\n", folder.display()))?;
    let spread = if library == Library::Stock { Spread::OneHost } else { Spread::BothHosts };
    Ok(Job::new(launcher, library, 4, "/bin/sh")
        .arguments([script.display().to_string()])
        .without_threads()
        .spread(spread)
        .limit(240))
}

/// What the stock library's run of this number said.
fn stock(stage: &Stage, abi: Abi, program: &str, turn: usize) -> Result<String> {
    let kept = cache()?.join("stock");
    fs::create_dir_all(&kept)?;
    let kept = kept.join(format!("scalapack-{}-{program}-{turn}", abi.name()));
    if let Ok(text) = fs::read_to_string(&kept) {
        return Ok(text);
    }
    let launcher = if abi == Abi::OpenMpi { Launcher::Orte } else { Launcher::Hydra };
    let job = job(stage, abi, program, launcher, Library::Stock)?.patient()?;
    let outcome = job.run(&stage.hosts, None)?;
    ensure!(ended(program, &outcome), "stock {}: {}", abi.name(), outcome.explain());
    let text = results(&outcome.stdout);
    ensure!(text.lines().count() > 20, "stock {} says little: {text}", abi.name());
    fs::write(&kept, &text)?;
    Ok(text)
}

/// What a test computed and judged, without what it took: fractions are times
/// and rates, or residuals in their last digits.
fn results(output: &str) -> String {
    let is_time = |word: &str| word.parse::<f64>().is_ok() && word.contains('.');
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().filter(|word| !is_time(word)).collect();
        words.join(" ")
    };
    let lines: Vec<String> = output.lines().map(line).filter(|line| !line.is_empty()).collect();
    lines.join("\n") + "\n"
}
