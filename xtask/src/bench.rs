//! `cargo xtask bench`: latency, bandwidth and message rate between two hosts,
//! ours against stock MPICH and Open MPI in plaintext.
//!
//! The machine's speed changes from second to second, so the competitors take
//! turns within each round, and what is compared are medians and minima over
//! the rounds of the same minutes.

use crate::hosts::Hosts;
use crate::job::{Abi, Job, Launcher, Library};
use crate::packages;
use crate::process;
use crate::products::Products;
use crate::programs;
use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::Duration;

struct Competitor {
    name: &'static str,
    abi: Abi,
    launcher: Launcher,
    library: Library,
}

const COMPETITORS: &[Competitor] = &[
    Competitor {
        name: "mpi-secure, AES-256-GCM",
        abi: Abi::Mpich,
        launcher: Launcher::Mpiexec,
        library: Library::Preloaded,
    },
    Competitor {
        name: "stock MPICH, plaintext",
        abi: Abi::Mpich,
        launcher: Launcher::Hydra,
        library: Library::Stock,
    },
    Competitor {
        name: "stock Open MPI, plaintext",
        abi: Abi::OpenMpi,
        launcher: Launcher::Orte,
        library: Library::Stock,
    },
];

/// What is measured: name in the program's output, and its unit.
struct Measure {
    key: String,
    title: String,
    unit: &'static str,
    /// Of latency less is better; of the others more.
    less_is_better: bool,
}

/// Key, then competitor, then the values of all rounds.
type Values = BTreeMap<String, BTreeMap<&'static str, Vec<f64>>>;

pub fn run(rounds: usize) -> Result<ExitCode> {
    packages::install_missing()?;
    let products = Products::build()?;
    let hosts = Hosts::up()?;
    println!("{}", hosts.describe());
    let source = products.root.join("bench/links.c");
    let bar = ProgressBar::new((rounds * COMPETITORS.len()) as u64);
    bar.set_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}")
            .expect("the template is constant"),
    );
    let mut values: Values = BTreeMap::new();
    let mut lost: BTreeMap<&'static str, usize> = BTreeMap::new();
    for round in 0..rounds {
        for turn in 0..COMPETITORS.len() {
            // Another one begins each round.
            let who = &COMPETITORS[(round + turn) % COMPETITORS.len()];
            bar.set_message(who.name);
            let program = programs::compile(&source, who.abi, None)?;
            let outcome = Job::new(who.launcher, who.library, 2, program)
                .limit(25)
                .run(&hosts, Some(&products))?;
            bar.inc(1);
            let results = read(&outcome.stdout);
            // A stock library that hangs after its last result has given it.
            if results.is_empty() || !outcome.stdout.contains("done") {
                ensure!(who.library == Library::Stock, "{}: {}", who.name, outcome.explain());
                *lost.entry(who.name).or_default() += 1;
                continue;
            }
            for (key, value) in results {
                values.entry(key).or_default().entry(who.name).or_default().push(value);
            }
        }
    }
    bar.finish_and_clear();
    let facts = facts(&hosts);
    let text = markdown(&values, &facts, rounds, &lost);
    print!("{text}");
    fs::write(products.root.join("bench/results.md"), &text)?;
    let report = json!({ "facts": facts, "rounds": rounds, "values": values });
    fs::write(products.root.join("bench/results.json"), serde_json::to_vec_pretty(&report)?)?;
    println!("written: bench/results.md, bench/results.json");
    Ok(ExitCode::SUCCESS)
}

/// Lines `key value`.
fn read(output: &str) -> Vec<(String, f64)> {
    let pair = |line: &str| {
        let (key, value) = line.split_once(' ')?;
        Some((key.to_string(), value.trim().parse().ok()?))
    };
    output.lines().filter_map(pair).collect()
}

fn measures(values: &Values) -> Vec<Measure> {
    let mut measures: Vec<(u8, u64, Measure)> = values
        .keys()
        .filter_map(|key| {
            let (kind, bytes) = key.rsplit_once('-')?;
            let bytes: u64 = bytes.parse().ok()?;
            let (order, what, unit, less) = match kind {
                "latency" => (0, "one way", "us", true),
                "latency-min" => (1, "one way, fastest", "us", true),
                "stream" => (2, "stream", "MB/s", false),
                "rate" => (3, "messages", "1000/s", false),
                "rate-both" => (4, "messages, both ways", "1000/s", false),
                _ => return None,
            };
            let title = format!("{what}, {}", size(bytes));
            Some((order, bytes, Measure { key: key.clone(), title, unit, less_is_better: less }))
        })
        .collect();
    measures.sort_by_key(|(order, bytes, _)| (*order, *bytes));
    measures.into_iter().map(|(_, _, measure)| measure).collect()
}

fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        bytes if bytes >= 1 << 10 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} B"),
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The best of the rounds.
fn best(values: &[f64], less_is_better: bool) -> f64 {
    let better = if less_is_better { f64::min } else { f64::max };
    values.iter().copied().reduce(better).unwrap_or(f64::NAN)
}

fn markdown(
    values: &Values,
    facts: &BTreeMap<String, String>,
    rounds: usize,
    lost: &BTreeMap<&str, usize>,
) -> String {
    let mut text = String::from(
        "# Between two hosts: sealed against plaintext\n\n\
         Written by `cargo xtask bench`. One rank on each of two hosts (network namespaces,\n\
         a veth pair of MTU 1500), `bench/links.c`, the competitors in turns within the same\n\
         minutes. Each cell: median over the rounds, and the best round in brackets. The ratio\n\
         is ours to the better stock library by medians: of times, below 1 is faster than\n\
         plaintext; of rates, above 1. Compare within a row, not with another day's table.\n\n",
    );
    for (name, value) in facts {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = writeln!(text, "- rounds: {rounds}");
    for (name, count) in lost {
        let _ = writeln!(text, "- {name}: {count} rounds did not finish and are left out");
    }
    let _ = write!(text, "\n| measure | unit |");
    for who in COMPETITORS {
        let _ = write!(text, " {} |", who.name);
    }
    let _ = writeln!(text, " ratio |\n|---|---|{}---|", "---|".repeat(COMPETITORS.len()));
    for measure in measures(values) {
        let row = &values[&measure.key];
        let _ = write!(text, "| {} | {} |", measure.title, measure.unit);
        let mut medians = Vec::new();
        for who in COMPETITORS {
            match row.get(who.name) {
                Some(all) => {
                    let middle = median(all);
                    medians.push(Some(middle));
                    let _ = write!(
                        text,
                        " {} ({}) |",
                        short(middle),
                        short(best(all, measure.less_is_better))
                    );
                }
                None => {
                    medians.push(None);
                    let _ = write!(text, " - |");
                }
            }
        }
        let stock: Vec<f64> = medians[1..].iter().flatten().copied().collect();
        match medians[0] {
            Some(ours) if !stock.is_empty() => {
                let _ = writeln!(text, " {:.2} |", ours / best(&stock, measure.less_is_better));
            }
            _ => {
                let _ = writeln!(text, " - |");
            }
        }
    }
    text
}

fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn facts(hosts: &Hosts) -> BTreeMap<String, String> {
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
    BTreeMap::from([
        ("date".into(), ask(&["date", "-u", "+%Y-%m-%d %H:%M UTC"])),
        (
            "processor".into(),
            format!("{}, {cores} cores", model.trim_start_matches([' ', '\t', ':'])),
        ),
        ("kernel".into(), ask(&["uname", "-sr"])),
        (
            "hosts".into(),
            if hosts.are_namespaces() {
                "network namespaces".into()
            } else {
                "loopback only".into()
            },
        ),
        ("commit".into(), ask(&["git", "rev-parse", "--short", "HEAD"])),
        ("load before".into(), load.split(' ').next().unwrap_or_default().into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_ratio_against_the_better_stock_library() {
        let mut values: Values = BTreeMap::new();
        let row = values.entry("latency-8".into()).or_default();
        row.insert(COMPETITORS[0].name, vec![12.0, 10.0, 30.0]);
        row.insert(COMPETITORS[1].name, vec![8.0]);
        row.insert(COMPETITORS[2].name, vec![16.0]);
        let text = markdown(&values, &BTreeMap::new(), 3, &BTreeMap::new());
        assert!(
            text.contains("| one way, 8 B | us | 12.0 (10.0) | 8.0 (8.0) | 16.0 (16.0) | 1.50 |"),
            "{text}"
        );
    }
}
