//! `cargo xtask bench`: patterns of communication, host overhead and small
//! applications on two hosts and on one, ours under several policies against the
//! stock libraries in plaintext and against bolted-on encryption. Who is measured
//! stands in [`competitor`], what in [`scene`], what was promised in [`target`]; it
//! is told by [`table`] and [`plot`].
//!
//! The machine's speed changes from second to second, so the competitors take
//! turns within each round, and what is compared are medians and best rounds of the
//! same minutes. Results are written after every round. A competitor that fails is
//! named in them and ends nothing but its own run; if it is ours, the command fails
//! at the end.

mod competitor;
mod plot;
mod probe;
mod scene;
mod stage;
mod stock;
mod table;
mod target;
mod tunnel;
mod values;

use self::competitor::Competitor;
use self::scene::{SCENES, Scene};
use self::stage::{Complaint, Stage};
use self::values::Values;
use crate::packages;
use crate::process;
use crate::products::{Products, cache};
use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Options {
    /// Rounds, in each of which every competitor has its turn
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only scenes whose key holds this text; may be given several times
    #[arg(long)]
    only: Vec<String>,
    /// Only competitors whose name holds this text; may be given several times
    #[arg(long)]
    who: Vec<String>,
    /// Measure MPICH 5, Open MPI 5 and Intel MPI from PyPI as well
    #[arg(long)]
    wheels: bool,
    /// Show that it works: one round of some scenes, as short as they can be
    #[arg(long)]
    quick: bool,
    /// Begin no round that would end later than so many minutes after the first began
    #[arg(long, default_value_t = 28)]
    minutes: u64,
    /// Where results.md, results.json and plots/ go: bench/ after a whole run,
    /// target/xtask/bench after one of a part
    #[arg(long)]
    output: Option<PathBuf>,
}

impl Options {
    /// As a test of this command runs it.
    pub fn quick_into(output: &Path) -> Options {
        Options {
            rounds: 1,
            only: Vec::new(),
            who: Vec::new(),
            wheels: false,
            quick: true,
            minutes: 5,
            output: Some(output.to_owned()),
        }
    }

    fn is_whole(&self) -> bool {
        self.only.is_empty() && self.who.is_empty() && !self.quick
    }

    fn rounds(&self) -> usize {
        if self.quick { 1 } else { self.rounds }
    }

    fn scenes(&self) -> Result<Vec<&'static Scene>> {
        let asked = |scene: &&Scene| {
            let is_named = self.only.iter().any(|text| scene.key.contains(text.as_str()));
            is_named || (self.only.is_empty() && (scene.quick || !self.quick))
        };
        let scenes: Vec<_> = SCENES.iter().filter(asked).collect();
        let keys = || SCENES.iter().map(|scene| scene.key).collect::<Vec<_>>().join(", ");
        ensure!(!scenes.is_empty(), "no scene is called so; there are {}", keys());
        Ok(scenes)
    }

    fn wants(&self, who: &Competitor) -> bool {
        let is_named = self.who.iter().any(|text| who.name.contains(text.as_str()));
        (self.who.is_empty() || is_named) && (self.wheels || !who.needs_wheels())
    }

    fn output(&self, products: &Products) -> Result<PathBuf> {
        match &self.output {
            Some(path) => Ok(path.clone()),
            None if self.is_whole() => Ok(products.root.join("bench")),
            None => Ok(cache()?.join("bench")),
        }
    }
}

/// All that a report tells.
#[derive(Default)]
pub struct Record {
    facts: BTreeMap<&'static str, String>,
    /// Who took part, in order, and what each is.
    present: Vec<&'static Competitor>,
    descriptions: BTreeMap<&'static str, String>,
    values: Values,
    /// By scene and competitor: what runs said that did not end well.
    complaints: BTreeMap<(&'static str, &'static str), Vec<Complaint>>,
    /// [`probe::core_distance`] before each round.
    probes: Vec<f64>,
    plots: Vec<(&'static str, &'static str)>,
}

impl Record {
    pub fn complaints_of_ours(&self) -> Vec<String> {
        let ours = |name| competitor::named(name).is_some_and(Competitor::is_ours);
        let all = self.complaints.iter().filter(|((_, name), _)| ours(name));
        all.map(|((scene, name), said)| format!("{scene}, {name}: {}", said[0].text)).collect()
    }
}

/// A competitor that failed so often in a scene, before its last result, is left out of
/// it: what hangs costs its whole time limit.
const FAILURES_MAX: usize = 2;

pub fn run(options: &Options) -> Result<ExitCode> {
    packages::install_missing()?;
    let record = measure(options, Products::build()?)?;
    print!("{}", table::markdown(&record));
    // Whatever else failed is a finding; ours has to work.
    let is_well = record.complaints_of_ours().is_empty();
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs what the options ask for, and writes the results after every round.
pub fn measure(options: &Options, products: Products) -> Result<Record> {
    let scenes = options.scenes()?;
    let output = options.output(&products)?;
    let mut record = Record::default();
    let stage = Stage::set_up(products, &scenes, |who| options.wants(who), &mut record)?;
    println!("{}", stage.hosts.describe());
    record.facts.extend(facts(&stage));
    let turns: Vec<(&Scene, &'static Competitor)> = scenes
        .iter()
        .flat_map(|&scene| record.present.iter().map(move |&who| (scene, who)))
        .filter(|(scene, who)| scene.field.admits(who.role))
        .collect();
    ensure!(!turns.is_empty(), "nobody of that name takes part in these scenes");
    let rounds = options.rounds();
    let bar = ProgressBar::new((rounds * turns.len()) as u64);
    bar.set_style(
        ProgressStyle::with_template("{elapsed} {bar:30} {pos}/{len}, {eta} left: {msg}")
            .expect("the template is constant"),
    );
    let start = Instant::now();
    let limit = Duration::from_secs(60 * options.minutes);
    let mut longest = Duration::ZERO;
    for round in 0..rounds {
        if start.elapsed() + longest > limit {
            say(&bar, &format!("{round} rounds are all that {} minutes hold", options.minutes));
            break;
        }
        let round_start = Instant::now();
        record.probes.push(probe::core_distance());
        let mut left_out = 0;
        for &scene in &scenes {
            // Only where much has hung: a round longer than all before.
            if start.elapsed() > limit {
                left_out += 1;
                continue;
            }
            perform_scene(scene, round, &turns, &stage, options.quick, &mut record, &bar);
        }
        longest = longest.max(round_start.elapsed());
        let cut = match left_out {
            0 => String::new(),
            scenes => format!(", the last without {scenes} scenes: time was up"),
        };
        record.facts.insert("rounds", format!("{} of {rounds}{cut}", round + 1));
        record.facts.insert("took", format!("{:.0} s", start.elapsed().as_secs_f64()));
        write(&mut record, &output)?;
        let took = round_start.elapsed().as_secs_f64();
        let place = output.join("results.md");
        let line = format!("round {} of {rounds} in {took:.0} s: {}", round + 1, place.display());
        say(&bar, &line);
    }
    bar.finish_and_clear();
    Ok(record)
}

/// Into logs as well, where there is no bar.
fn say(bar: &ProgressBar, line: &str) {
    bar.suspend(|| println!("{line}"));
}

/// One scene of a round. Another one begins each round.
fn perform_scene(
    scene: &'static Scene,
    round: usize,
    turns: &[(&Scene, &'static Competitor)],
    stage: &Stage,
    quick: bool,
    record: &mut Record,
    bar: &ProgressBar,
) {
    let field: Vec<_> =
        turns.iter().filter(|(its, _)| its.key == scene.key).map(|(_, who)| *who).collect();
    for turn in 0..field.len() {
        let who = field[(round + turn) % field.len()];
        bar.set_message(format!("{}, {}", scene.title, who.name));
        let key = (scene.key, who.name);
        let complaints = record.complaints.get(&key).into_iter().flatten();
        if complaints.filter(|complaint| !complaint.is_late).count() < FAILURES_MAX {
            let (figures, complaint) = stage.perform(scene, who, quick);
            for (figure, value) in figures {
                record.values.add(scene.key, who.name, figure, value);
            }
            if let Some(complaint) = complaint {
                let lines = if complaint.is_late { 1 } else { usize::MAX };
                let text: Vec<&str> = complaint.text.lines().take(lines).collect();
                say(bar, &format!("{}, {}: {}", scene.key, who.name, text.join("\n")));
                record.complaints.entry(key).or_default().push(complaint);
            }
        }
        bar.inc(1);
    }
}

fn write(record: &mut Record, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    record.plots = plot::draw_all(&record.values, &folder.join("plots"))?;
    fs::write(folder.join("results.md"), table::markdown(record))?;
    let complaints: BTreeMap<_, _> = record
        .complaints
        .iter()
        .map(|((scene, who), all)| {
            let texts: Vec<&String> = all.iter().map(|complaint| &complaint.text).collect();
            (format!("{scene}/{who}"), texts)
        })
        .collect();
    let targets: Vec<_> =
        target::verdicts(&record.values).iter().map(target::Verdict::json).collect();
    let report = json!({
        "facts": record.facts, "competitors": record.descriptions, "complaints": complaints,
        "core distance, ns": record.probes, "targets": targets, "values": record.values.json(),
    });
    fs::write(folder.join("results.json"), serde_json::to_vec_pretty(&report)?)?;
    Ok(())
}

fn facts(stage: &Stage) -> BTreeMap<&'static str, String> {
    let ask = |words: &[&str]| {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        let outcome = process::run(&mut command, Duration::from_secs(10)).ok();
        outcome
            .and_then(|outcome| outcome.stdout.lines().next().map(String::from))
            .unwrap_or_default()
    };
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let kind = if stage.hosts.are_namespaces() { "network namespaces" } else { "loopback only" };
    BTreeMap::from([
        ("date", ask(&["date", "-u", "+%Y-%m-%d %H:%M UTC"])),
        ("processor", format!("{}, {cores} cores", model.trim_start_matches([' ', '\t', ':']))),
        ("kernel", ask(&["uname", "-sr"])),
        ("hosts", kind.into()),
        ("commit", ask(&["git", "rev-parse", "--short", "HEAD"])),
        ("load before", load.split(' ').next().unwrap_or_default().into()),
    ])
}
