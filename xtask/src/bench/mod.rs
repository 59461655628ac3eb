//! `cargo xtask bench`: patterns of communication, host overhead and small
//! applications on two hosts and on one, ours against stock MPICH and Open MPI
//! in plaintext. What is measured stands in [`scene`], how it is told in
//! [`table`].
//!
//! The machine's speed changes from second to second, so the competitors take
//! turns within each round, and what is compared are medians and minima over
//! the rounds of the same minutes.

mod scene;
mod table;

use self::scene::{Figure, SCENES, Scene};
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
use std::fs;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

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

/// Scene, then figure, then competitor, then the values of all rounds.
type Values = BTreeMap<String, BTreeMap<Figure, BTreeMap<&'static str, Vec<f64>>>>;

/// Runs the scenes whose keys hold `only`, each `rounds` times.
pub fn run(rounds: usize, only: Option<&str>) -> Result<ExitCode> {
    packages::install_missing()?;
    let scenes: Vec<&Scene> =
        SCENES.iter().filter(|scene| only.is_none_or(|text| scene.key.contains(text))).collect();
    let keys = || SCENES.iter().map(|scene| scene.key).collect::<Vec<_>>().join(", ");
    ensure!(!scenes.is_empty(), "no scene is called so; there are {}", keys());
    let products = Products::build()?;
    let hosts = Hosts::up()?;
    println!("{}", hosts.describe());
    let facts = facts(&hosts, rounds);
    let bar = ProgressBar::new((rounds * COMPETITORS.len() * scenes.len()) as u64);
    bar.set_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}")
            .expect("the template is constant"),
    );
    let mut values = Values::new();
    let mut lost: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..rounds {
        for &scene in &scenes {
            for turn in 0..COMPETITORS.len() {
                // Another one begins each round.
                let who = &COMPETITORS[(round + turn) % COMPETITORS.len()];
                bar.set_message(format!("{}, {}", scene.title, who.name));
                match perform(scene, who, &hosts, &products)? {
                    Some(figures) => {
                        let table = values.entry(scene.key.to_owned()).or_default();
                        for (figure, value) in figures {
                            let row = table.entry(figure).or_default();
                            row.entry(who.name).or_default().push(value);
                        }
                    }
                    None => *lost.entry(format!("{}, {}", scene.key, who.name)).or_default() += 1,
                }
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    let text = table::markdown(&values, &facts, &lost);
    print!("{text}");
    if only.is_some() {
        return Ok(ExitCode::SUCCESS);
    }
    fs::write(products.root.join("bench/results.md"), &text)?;
    let report = json!({ "facts": facts, "values": flat(&values) });
    fs::write(products.root.join("bench/results.json"), serde_json::to_vec_pretty(&report)?)?;
    println!("written: bench/results.md, bench/results.json");
    Ok(ExitCode::SUCCESS)
}

/// One run. `None` when a stock library did not finish; ours has to.
fn perform(
    scene: &Scene,
    who: &Competitor,
    hosts: &Hosts,
    products: &Products,
) -> Result<Option<Vec<(Figure, f64)>>> {
    let source = products.root.join("bench").join(scene.program).with_extension("c");
    let program = programs::compile(&source, who.abi, None)?;
    let job = Job::new(who.launcher, who.library, scene.ranks, program)
        .spread(scene.spread)
        .arguments(scene.arguments.iter().copied())
        .limit(scene.limit);
    let start = Instant::now();
    let outcome = job.run(hosts, Some(products))?;
    let wall = start.elapsed();
    let is_startup = scene.program == "startup";
    let is_done = is_startup || outcome.stdout.contains("done");
    // A stock library that hangs after its last result has given it; ours has to end.
    let may_hang = who.library == Library::Stock && !is_startup;
    if !is_done || !(may_hang || outcome.success()) {
        ensure!(who.library == Library::Stock, "{}: {}", who.name, outcome.explain());
        return Ok(None);
    }
    if is_startup {
        return Ok(Some(vec![(Figure::wall(), wall.as_secs_f64() * 1e6)]));
    }
    let figures: Vec<_> = outcome.stdout.lines().filter_map(Figure::read).collect();
    ensure!(!figures.is_empty(), "{} printed no figure: {}", scene.program, outcome.explain());
    Ok(Some(figures))
}

/// The values with keys as text: `two-hosts/PingPong/8/median`.
fn flat(values: &Values) -> BTreeMap<String, &BTreeMap<&'static str, Vec<f64>>> {
    let mut all = BTreeMap::new();
    for (scene, figures) in values {
        for (Figure { name, bytes, statistic }, row) in figures {
            all.insert(format!("{scene}/{name}/{bytes}/{statistic}"), row);
        }
    }
    all
}

fn facts(hosts: &Hosts, rounds: usize) -> BTreeMap<String, String> {
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
        ("rounds".into(), rounds.to_string()),
        ("commit".into(), ask(&["git", "rev-parse", "--short", "HEAD"])),
        ("load before".into(), load.split(' ').next().unwrap_or_default().into()),
    ])
}
