//! Random programs under the stock libraries and under ours: the same lines.
//!
//! `c-tests/differential` makes a program of every seed and prints a digest for
//! every operation of every rank. The same binary runs under its stock library,
//! on one host, and under ours. Stock libraries err too: where one differs from
//! ours, the other stock library decides, since the program of a seed is the same
//! for all of them. Stock Open MPI is spared every even seed as a whole, and asked for
//! the operation alone; where that does not help, stock MPICH for the blocking form of a
//! collective, which must bring the same bytes. What one of them does not survive ends
//! its seed there. Whatever the stock libraries did is remembered by the program's source.
//!
//! How many seeds and which come from the command line (`--seeds`, `--seed`,
//! `--steps`). A difference is cut down to fewer steps before it is told.

use super::Stage;
use crate::hosts::Hosts;
use crate::job::{Abi, Job, Launcher, Library, Spread};
use crate::process::Outcome;
use crate::products::{Products, cache, root};
use crate::programs;
use crate::tally::Tally;
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Which seeds, and how much of their programs.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Extent {
    /// Seeds of the differential suite
    #[arg(long, default_value_t = 12)]
    pub seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only so many steps of each
    #[arg(long)]
    pub steps: Option<u32>,
}

/// Seeds in one start of a program; they have the same number of ranks.
const BATCH: u64 = 4;
const RANKS_MIN: usize = 2;
const RANKS_KINDS: u64 = 5;

/// In 1,000 seeds it was 41 operations of 588,947 lines (2026-11-27).
const TORN_ONE_IN: usize = 1000;

/// No seed takes any library longer than this on a busy machine: a tenth of it, on
/// one that is not.
const SEED_LIMIT: Duration = Duration::from_secs(20);

/// Where a line stands: seed, step, act, rank, and which of several there.
type Place = (u64, i64, i64, usize, usize);

/// An operation of all its ranks: seed, step, act.
type Operation = (u64, i64, i64);

/// What a run printed.
type Lines = BTreeMap<Place, String>;

#[derive(Clone, Copy, Debug)]
struct Batch {
    first: u64,
    count: u64,
    ranks: usize,
}

/// How much of a seed's program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Whole,
    /// So many steps from the first.
    Steps(i64),
    Step(i64),
    Act(i64, i64),
    /// The same, and a collective blocks, whatever its line says.
    BlockingAct(i64, i64),
    /// The same, also of a seed that stock Open MPI is spared.
    AnyAct(i64, i64),
}

impl Cut {
    fn words_and(self, word: &str) -> Vec<String> {
        self.words().into_iter().chain([word.into()]).collect()
    }

    fn words(self) -> Vec<String> {
        match self {
            Cut::Whole => vec![],
            Cut::Steps(count) => vec!["--steps".into(), count.to_string()],
            Cut::Step(step) => vec!["--step".into(), step.to_string()],
            Cut::Act(step, act) => {
                vec!["--step".into(), step.to_string(), "--act".into(), act.to_string()]
            }
            Cut::BlockingAct(step, act) => Cut::Act(step, act).words_and("--blocking"),
            Cut::AnyAct(step, act) => Cut::Act(step, act).words_and("--all"),
        }
    }
}

impl Batch {
    fn words(self, cut: Cut) -> Vec<String> {
        let mut words = vec!["--first".into(), self.first.to_string()];
        words.extend(["--count".into(), self.count.to_string()]);
        words.extend(cut.words());
        words
    }

    fn limit(self) -> u64 {
        SEED_LIMIT.as_secs() * self.count
    }

    fn title(self) -> String {
        let last = self.first + self.count - 1;
        format!("seeds {} to {last}, {} ranks", self.first, self.ranks)
    }
}

/// Seeds of one batch all have the same number of ranks, also when a run begins
/// in its middle.
fn batches(extent: &Extent) -> Vec<Batch> {
    let end = extent.seed + extent.seeds;
    let mut made = Vec::new();
    let mut first = extent.seed;
    while first < end {
        let next = ((first / BATCH + 1) * BATCH).min(end);
        let ranks = RANKS_MIN + (first / BATCH % RANKS_KINDS) as usize;
        made.push(Batch { first, count: next - first, ranks });
        first = next;
    }
    made
}

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let whole = stage.extent.steps.map_or(Cut::Whole, |steps| Cut::Steps(steps.into()));
    let (mut compared, mut vendors_differ, mut unjudged, mut torn) = (0, 0, 0, 0);
    for batch in batches(&stage.extent) {
        let number = batch.first / BATCH;
        let spread = if number % 3 == 2 { Spread::OneHost } else { Spread::BothHosts };
        // Every batch in MPICH's ABI; the others take turns.
        for abi in [Abi::Mpich, if number.is_multiple_of(2) { Abi::OpenMpi } else { Abi::Standard }]
        {
            // Stock Open MPI has no model of it, and its ABI none but that.
            if abi == Abi::OpenMpi && batch.count == 1 && batch.first.is_multiple_of(2) {
                continue;
            }
            let place = if spread == Spread::OneHost { "one host" } else { "two hosts" };
            let title = format!("{}, {}, {place}", batch.title(), abi.name());
            tally.case(&title, || {
                let trial = Trial { stage, abi, spread };
                let models = Models::of(abi, batch, whole, &stage.hosts)?;
                let ours = trial.ours(batch, whole)?;
                let mut spared = BTreeSet::new();
                let mut verdict = judge(&ours, &models, &spared);
                while let Some(found) = &verdict.complaint
                    && trial.is_refuted(batch, found, &ours)?
                {
                    let (seed, step, act, ..) = found.at;
                    spared.insert((seed, step, act));
                    verdict = judge(&ours, &models, &spared);
                }
                compared += ours.lines.len();
                vendors_differ += verdict.vendors_differ;
                unjudged += verdict.unjudged;
                torn += spared.len();
                Ok(match verdict.complaint {
                    Some(found) => Some(trial.cut_down(batch, &found)?),
                    None if verdict.unjudged == ours.lines.len() => {
                        Some("no line has a model, so nothing was compared".into())
                    }
                    None => None,
                })
            });
        }
    }
    // One that fails for want of time is refuted too: that must not become a habit.
    tally.case("stock MPICH is seldom refuted", || {
        let often = torn * TORN_ONE_IN > compared;
        Ok(often.then(|| format!("in {torn} operations of {compared} lines")))
    });
    tally.line(&format!(
        "{compared} lines; in {vendors_differ} a stock library differed from the other one and \
         from ours; {unjudged} without a model, where stock libraries had failed or are spared; \
         {torn} operations in which stock MPICH alone differed, and from itself or stock Open MPI"
    ));
    Ok(())
}

/// What the program of the ABI itself is compared with, and who decides.
struct Models {
    own: Lines,
    other: Lines,
}

impl Models {
    fn of(abi: Abi, batch: Batch, cut: Cut, hosts: &Hosts) -> Result<Models> {
        // The standard's own header has no stock library here.
        let (own, other) = match abi {
            Abi::OpenMpi => (Abi::OpenMpi, Abi::Mpich),
            _ => (Abi::Mpich, Abi::OpenMpi),
        };
        Ok(Models { own: stock(own, batch, cut, hosts)?, other: stock(other, batch, cut, hosts)? })
    }
}

/// What ours did.
struct Run {
    lines: Lines,
    outcome: Outcome,
}

/// The first thing that is wrong, and where.
struct Complaint {
    at: Place,
    text: String,
    /// The other stock library did not come to this line.
    is_one_word: bool,
}

struct Verdict {
    complaint: Option<Complaint>,
    vendors_differ: usize,
    /// Lines that no stock library came to.
    unjudged: usize,
}

fn judge(ours: &Run, models: &Models, spared: &BTreeSet<Operation>) -> Verdict {
    let mut verdict = Verdict { complaint: None, vendors_differ: 0, unjudged: 0 };
    let mut complain = |at: Place, text: String, is_one_word: bool| {
        if verdict.complaint.as_ref().is_none_or(|known| at < known.at) {
            verdict.complaint = Some(Complaint { at, text, is_one_word });
        }
    };
    let is_spared = |&(seed, step, act, ..): &Place| spared.contains(&(seed, step, act));
    for (&at, line) in ours.lines.iter().filter(|(at, _)| !is_spared(at)) {
        let agrees = |model: &Lines| model.get(&at).map(|wanted| wanted == line);
        match (agrees(&models.own), agrees(&models.other)) {
            (Some(true), _) | (None, Some(true)) => {}
            (None, None) => verdict.unjudged += 1,
            (Some(false), Some(true)) => verdict.vendors_differ += 1,
            (own, other) => {
                let model = if own.is_some() { &models.own } else { &models.other };
                let text = format!("should be\n  {}\nand is\n  {line}", model[&at]);
                complain(at, text, other.is_none());
            }
        }
    }
    if let Some((&at, line)) = models.own.iter().find(|(at, _)| !ours.lines.contains_key(at)) {
        complain(at, format!("should be\n  {line}\nand is missing"), false);
    }
    if !ours.outcome.success() {
        let at = ours.lines.keys().next_back().copied().unwrap_or_default();
        let text = format!("our run failed: {}", ours.outcome.explain());
        let (at, text) = match verdict.complaint.take() {
            Some(found) => (found.at, format!("{}\n{text}", found.text)),
            None => (at, text),
        };
        verdict.complaint = Some(Complaint { at, text, is_one_word: false });
    }
    verdict
}

/// Running ours in one way.
struct Trial<'a> {
    stage: &'a Stage,
    abi: Abi,
    spread: Spread,
}

impl Trial<'_> {
    fn ours(&self, batch: Batch, cut: Cut) -> Result<Run> {
        let products = &self.stage.products;
        let program = compiled(self.abi, Some(products))?;
        let library = if self.abi == Abi::Standard { Library::Linked } else { Library::Preloaded };
        let output =
            tempfile::Builder::new().prefix("differential-").tempdir_in(products.work())?;
        let outcome = Job::new(Launcher::Mpiexec, library, batch.ranks, program)
            .spread(self.spread)
            .arguments(batch.words(cut))
            .arguments(["--output", &output.path().display().to_string()])
            .limit(batch.limit())
            .run(&self.stage.hosts, Some(products))?;
        Ok(Run { lines: read_lines(output.path(), batch.ranks)?, outcome })
    }

    /// Whether only stock MPICH has a model of this line, and stock Open MPI, asked for
    /// this operation, has ours; or stock MPICH has another one itself when the
    /// collective blocks.
    fn is_refuted(&self, batch: Batch, found: &Complaint, ours: &Run) -> Result<bool> {
        let (seed, step, act, ..) = found.at;
        if !found.is_one_word || self.abi == Abi::OpenMpi || step < 0 {
            return Ok(false);
        }
        let one = Batch { first: seed, count: 1, ..batch };
        let hosts = &self.stage.hosts;
        // Stock Open MPI may not come to it, or be wrong itself: it was spared the seed.
        if let Ok(other) = stock(Abi::OpenMpi, one, Cut::AnyAct(step, act), hosts)
            && ours.lines.get(&found.at).is_some_and(|line| other.get(&found.at) == Some(line))
        {
            return Ok(true);
        }
        let blocking = stock(Abi::Mpich, one, Cut::BlockingAct(step, act), hosts)?;
        let alone = stock(Abi::Mpich, one, Cut::Act(step, act), hosts)?;
        Ok(alone.contains_key(&found.at) && alone.get(&found.at) != blocking.get(&found.at))
    }

    /// Looks for a shorter program of the seed that fails as well, and says how
    /// to run it.
    fn cut_down(&self, batch: Batch, found: &Complaint) -> Result<String> {
        let (seed, step, act, ..) = found.at;
        let one = Batch { first: seed.max(batch.first), count: 1, ..batch };
        let mut cuts = vec![Cut::Whole];
        if step >= 0 {
            cuts = vec![Cut::Act(step, act), Cut::Step(step), Cut::Steps(step + 1), Cut::Whole];
        }
        let program = compiled(self.abi, Some(&self.stage.products))?;
        for cut in cuts {
            // A stock library may not come to this seed by itself.
            let Ok(models) = Models::of(self.abi, one, cut, &self.stage.hosts) else { continue };
            let again = judge(&self.ours(one, cut)?, &models, &BTreeSet::new());
            if let Some(again) = again.complaint {
                let words = one.words(cut).join(" ");
                return Ok(format!(
                    "{}\nand so does, with {} ranks, {} {words} (add --explain)",
                    again.text,
                    one.ranks,
                    program.display()
                ));
            }
        }
        Ok(format!("{}\nwhich seed {seed} by itself does not show", found.text))
    }
}

fn compiled(abi: Abi, products: Option<&Products>) -> Result<PathBuf> {
    let source = root().join("c-tests/differential/main.c");
    programs::compile(&source, abi, products)
}

/// What a stock library printed, from memory if it did so before. A seed that it
/// does not survive ends where it ended, and the next one begins anew.
fn stock(abi: Abi, batch: Batch, cut: Cut, hosts: &Hosts) -> Result<Lines> {
    let program = compiled(abi, None)?;
    let name = program.file_name().and_then(|name| name.to_str()).context("no program name")?;
    let words = batch.words(cut).join("");
    let folder = cache()?.join("stock");
    fs::create_dir_all(&folder)?;
    let remembered = folder.join(format!("{}-{name}-{}{words}", abi.name(), batch.ranks));
    if !remembered.exists() {
        let fresh = tempfile::tempdir_in(&folder)?;
        let (mut next, mut came_to_lines) = (batch.first, false);
        while next < batch.first + batch.count {
            let rest = Batch { first: next, count: batch.first + batch.count - next, ..batch };
            let output = fresh.path().join(next.to_string());
            fs::create_dir(&output)?;
            let launcher = if abi == Abi::OpenMpi { Launcher::Orte } else { Launcher::Hydra };
            let outcome = Job::new(launcher, Library::Stock, batch.ranks, &program)
                .spread(Spread::OneHost)
                .arguments(rest.words(cut))
                .arguments(["--output", &output.display().to_string()])
                .limit(rest.limit())
                .patient()?
                .run(hosts, None)?;
            if outcome.success() {
                break;
            }
            let reached = read_lines(&output, batch.ranks)?;
            came_to_lines |= !reached.is_empty();
            next = reached.keys().next_back().map_or(next, |&(seed, ..)| seed) + 1;
            // No seed is as bad as that: it did not even start.
            ensure!(
                came_to_lines || next < batch.first + batch.count,
                "stock {} came to no line: {}",
                abi.name(),
                outcome.explain()
            );
        }
        fs::rename(fresh.keep(), &remembered)?;
    }
    let mut lines = Lines::new();
    for part in fs::read_dir(&remembered)? {
        lines.extend(read_lines(&part?.path(), batch.ranks)?);
    }
    Ok(lines)
}

/// `12.3.0 rank 1 what it was 0123456789abcdef`, from a file of each rank. A last
/// line that was cut off does not count.
fn read_lines(folder: &Path, ranks: usize) -> Result<Lines> {
    let mut lines = Lines::new();
    for rank in 0..ranks {
        let text = fs::read(folder.join(format!("rank-{rank}"))).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let (place, rest) = line.split_once(' ').context("a line without a place")?;
            let mut numbers = place.split('.').map(|number| number.parse::<i64>());
            let mut number = || numbers.next().with_context(|| format!("no place: {line}"));
            let (seed, step, act) = (number()??, number()??, number()??);
            let which =
                (0..).find(|&which| !lines.contains_key(&(seed as u64, step, act, rank, which)));
            let which = which.expect("there is always a next one");
            lines.insert((seed as u64, step, act, rank, which), rest.to_string());
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_the_same_ranks_wherever_a_run_begins() {
        let all = batches(&Extent { seeds: 100, seed: 1, steps: None });
        for batch in &all {
            for seed in batch.first..batch.first + batch.count {
                let alone = batches(&Extent { seeds: 1, seed, steps: None });
                assert_eq!(alone.len(), 1);
                assert_eq!((alone[0].first, alone[0].ranks), (seed, batch.ranks));
            }
        }
        assert_eq!(all.iter().map(|batch| batch.count).sum::<u64>(), 100);
    }

    fn run_of(lines: &[&str], model: &[&str], other: &[&str]) -> Verdict {
        run_sparing(&[], lines, model, other)
    }

    fn run_sparing(
        spared: &[Operation],
        lines: &[&str],
        model: &[&str],
        other: &[&str],
    ) -> Verdict {
        let numbered = |lines: &[&str]| -> Lines {
            let places = (0..).map(|step| (1, step, 0, 0, 0));
            places.zip(lines.iter().map(|line| line.to_string())).collect()
        };
        let status = std::process::Command::new("true").status().unwrap();
        let outcome = Outcome {
            status: Some(status),
            stdout: String::new(),
            stderr: String::new(),
            elapsed: Duration::ZERO,
            hung: vec![],
        };
        let ours = Run { lines: numbered(lines), outcome };
        let models = Models { own: numbered(model), other: numbered(other) };
        judge(&ours, &models, &spared.iter().copied().collect())
    }

    #[test]
    fn the_other_stock_library_decides() {
        assert!(run_of(&["a", "b"], &["a", "x"], &["a", "b"]).complaint.is_none());
        assert_eq!(run_of(&["a", "b"], &["a", "x"], &["a", "b"]).vendors_differ, 1);
        let found = run_of(&["a", "b"], &["a", "x"], &["a", "x"]).complaint.unwrap();
        assert_eq!(found.at.1, 1);
        let found = run_of(&["a", "b"], &["a", "x"], &["a"]).complaint.unwrap();
        assert!(found.is_one_word);
    }

    #[test]
    fn what_is_spared_hides_nothing_else() {
        let spared = [(1, 1, 0)];
        assert!(run_sparing(&spared, &["a", "b"], &["a", "x"], &[]).complaint.is_none());
        let found = run_sparing(&spared, &["a", "b", "c"], &["a", "x", "y"], &[]);
        assert_eq!(found.complaint.unwrap().at.1, 2);
    }

    #[test]
    fn a_missing_line_is_a_difference_unless_the_stock_library_ended_first() {
        assert!(run_of(&["a"], &["a", "b"], &[]).complaint.is_some());
        assert!(run_of(&["a", "b"], &["a"], &[]).complaint.is_none());
    }
}
