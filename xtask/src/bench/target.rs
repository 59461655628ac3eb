//! What was promised of our speed, and what of it was reached.
//!
//! A target is a bound on one number made of several cells, a cell being one pattern
//! at one size in one scene: the geometric mean of our ratios to a rival, or the
//! greatest difference. By medians it is reached or not; the same number by the best
//! rounds stands beside it. The best stock library is chosen for each cell anew.

use super::competitor::{BARE, COUPLER_ONLY, OURS, RAW_SPINNING, WIREGUARD};
use super::scene::Figure;
use super::values::{Summary, Values, geometric_mean};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    /// Our time over the rival's.
    TimeRatioAtMost(f64),
    /// Our rate over the rival's: their time over ours.
    RateRatioAtLeast(f64),
    /// Our time less the rival's, in microseconds.
    ExcessAtMost(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rival {
    BestStock,
    One(&'static str),
}

struct Target {
    title: String,
    bound: Bound,
    ours: &'static str,
    rival: Rival,
    /// Scene, pattern, bytes.
    cells: Vec<(&'static str, &'static str, u64)>,
}

/// A target and what was measured.
pub struct Verdict {
    pub title: String,
    pub asked: String,
    pub by_medians: Option<f64>,
    pub by_best_rounds: Option<f64>,
    /// How many of the cells were measured, and how many there are.
    pub cells: (usize, usize),
    pub rivals: BTreeSet<&'static str>,
    /// None: nothing of it was measured.
    pub reached: Option<bool>,
}

impl Bound {
    fn asked(self) -> String {
        match self {
            Bound::TimeRatioAtMost(most) => format!("time at most {most} times"),
            Bound::RateRatioAtLeast(least) => format!("rate at least {least} times"),
            Bound::ExcessAtMost(most) => format!("at most {most} us more"),
        }
    }

    /// One number of cells of our time and the rival's.
    fn reduce(self, cells: &[(f64, f64)]) -> Option<f64> {
        if cells.is_empty() {
            return None;
        }
        let each = |f: fn(f64, f64) -> f64| -> Vec<f64> {
            cells.iter().map(|&(ours, theirs)| f(ours, theirs)).collect()
        };
        Some(match self {
            Bound::TimeRatioAtMost(_) => geometric_mean(&each(|ours, theirs| ours / theirs)),
            Bound::RateRatioAtLeast(_) => geometric_mean(&each(|ours, theirs| theirs / ours)),
            Bound::ExcessAtMost(_) => {
                each(|ours, theirs| ours - theirs).into_iter().fold(f64::NEG_INFINITY, f64::max)
            }
        })
    }

    fn admits(self, value: f64) -> bool {
        match self {
            Bound::TimeRatioAtMost(most) | Bound::ExcessAtMost(most) => value <= most,
            Bound::RateRatioAtLeast(least) => value >= least,
        }
    }
}

impl Target {
    fn judge(&self, values: &Values) -> Verdict {
        let mut rivals = BTreeSet::new();
        let mut pairs = |summary: Summary| -> Vec<(f64, f64)> {
            let pair = |&(scene, name, bytes): &(&'static str, &'static str, u64)| {
                let figure = Figure::new(name, bytes, "median");
                let ours = values.summary(scene, &figure, self.ours, summary)?;
                let (theirs, who) = match self.rival {
                    Rival::BestStock => values.best_stock(scene, &figure, summary)?,
                    Rival::One(who) => (values.summary(scene, &figure, who, summary)?, who),
                };
                if summary == Summary::Median {
                    rivals.insert(who);
                }
                Some((ours, theirs))
            };
            self.cells.iter().filter_map(pair).collect()
        };
        let by_median = pairs(Summary::Median);
        let by_best = pairs(Summary::Best);
        let by_medians = self.bound.reduce(&by_median);
        Verdict {
            title: self.title.clone(),
            asked: self.bound.asked(),
            by_medians,
            by_best_rounds: self.bound.reduce(&by_best),
            cells: (by_median.len(), self.cells.len()),
            rivals,
            reached: by_medians.map(|value| self.bound.admits(value)),
        }
    }
}

impl Verdict {
    pub fn json(&self) -> Value {
        json!({
            "target": self.title, "asked": self.asked, "by medians": self.by_medians,
            "by best rounds": self.by_best_rounds, "cells measured": self.cells.0,
            "cells": self.cells.1, "rivals": self.rivals, "reached": self.reached,
        })
    }
}

/// All targets, judged.
pub fn verdicts(values: &Values) -> Vec<Verdict> {
    targets().iter().map(|target| target.judge(values)).collect()
}

const SMALL: [u64; 7] = [0, 1, 8, 64, 256, 1 << 10, 4 << 10];
const LARGE: [u64; 3] = [256 << 10, 1 << 20, 4 << 20];
/// From 1 B to 4 MiB.
const ALL: [u64; 12] =
    [1, 8, 64, 256, 1 << 10, 4 << 10, 8 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
/// From 1 KiB on.
const FROM_1_KIB: &[u64] = ALL.split_at(4).1;
const RATES: [u64; 3] = [8, 64, 256];
const FOUR: [u64; 4] = [8, 1 << 10, 64 << 10, 1 << 20];
const THREE: [u64; 3] = [8, 1 << 10, 64 << 10];
const PATTERNS: [&str; 7] =
    ["Sendrecv", "Exchange", "Biband", "Allreduce", "Bcast", "Allgather", "Alltoall"];

fn targets() -> Vec<Target> {
    let mut all = Vec::new();
    all.extend(between_hosts());
    all.extend(against_other_encryption());
    all.extend(cost_of_encryption());
    all.extend(within_a_host());
    all.extend(crowds());
    all.extend(start_and_coupled());
    all
}

fn target(
    title: impl Into<String>,
    bound: Bound,
    rival: Rival,
    cells: Vec<(&'static str, &'static str, u64)>,
) -> Target {
    Target { title: title.into(), bound, ours: OURS, rival, cells }
}

fn cells(
    scene: &'static str,
    names: &[&'static str],
    sizes: &[u64],
) -> Vec<(&'static str, &'static str, u64)> {
    names.iter().flat_map(|&name| sizes.iter().map(move |&bytes| (scene, name, bytes))).collect()
}

fn between_hosts() -> Vec<Target> {
    use Bound::{RateRatioAtLeast, TimeRatioAtMost};
    use Rival::{BestStock, One};
    let pong = |sizes: &[u64]| cells("two-hosts", &["PingPong"], sizes);
    let mut all = Vec::new();
    for bytes in SMALL {
        let title = format!("two hosts, latency, {}", size(bytes));
        all.push(target(title, TimeRatioAtMost(1.0), BestStock, pong(&[bytes])));
    }
    // A socket sends no empty message.
    for bytes in SMALL.into_iter().skip(1) {
        let title = format!("two hosts, latency, {}, to a bare spinning socket", size(bytes));
        let cells = cells("alternatives", &["PingPong"], &[bytes]);
        all.push(target(title, TimeRatioAtMost(1.25), One(RAW_SPINNING), cells));
    }
    all.push(target("two hosts, 64 KiB", TimeRatioAtMost(0.8), BestStock, pong(&[64 << 10])));
    for bytes in LARGE {
        let title = format!("two hosts, {}", size(bytes));
        all.push(target(title, TimeRatioAtMost(1.1), BestStock, pong(&[bytes])));
    }
    let title = "two hosts, 1 B to 4 MiB, geometric mean";
    all.push(target(title, TimeRatioAtMost(0.9), BestStock, pong(&ALL)));
    for bytes in RATES {
        let title = format!("two hosts, message rate, {}, window of 64", size(bytes));
        let cells = cells("two-hosts", &["Uniband"], &[bytes]);
        all.push(target(title, RateRatioAtLeast(10.0), BestStock, cells));
    }
    for (scene, ranks) in [("two-hosts", "2 ranks"), ("two-by-two", "2x2 ranks")] {
        let title = format!("two hosts, {ranks}, patterns and collectives, geometric mean");
        all.push(target(title, TimeRatioAtMost(1.0), BestStock, cells(scene, &PATTERNS, &FOUR)));
        for name in PATTERNS {
            let title = format!("two hosts, {ranks}, {name}");
            all.push(target(title, TimeRatioAtMost(1.0), BestStock, cells(scene, &[name], &FOUR)));
        }
    }
    all
}

fn against_other_encryption() -> Vec<Target> {
    let rival = Rival::One(WIREGUARD);
    let cells = |name, bytes| cells("alternatives", &[name], &[bytes]);
    vec![
        target(
            "latency, 8 B, to WireGuard in user space",
            Bound::TimeRatioAtMost(0.1),
            rival,
            cells("PingPong", 8),
        ),
        target(
            "bandwidth, 64 KiB, to WireGuard in user space",
            Bound::RateRatioAtLeast(10.0),
            rival,
            cells("Uniband", 64 << 10),
        ),
    ]
}

fn cost_of_encryption() -> Vec<Target> {
    let rival = Rival::One(BARE);
    let mut all = vec![target(
        "cost of encryption: latency, 0 to 4 KiB, the greatest",
        Bound::ExcessAtMost(0.5),
        rival,
        cells("suites", &["PingPong"], &SMALL),
    )];
    for bytes in [64 << 10, 256 << 10, 1 << 20, 4 << 20] {
        let title = format!("cost of encryption: bandwidth, {}", size(bytes));
        let cells = cells("suites", &["Uniband"], &[bytes]);
        all.push(target(title, Bound::RateRatioAtLeast(0.75), rival, cells));
    }
    for bytes in RATES {
        let title = format!("cost of encryption: message rate, {}", size(bytes));
        let cells = cells("suites", &["Uniband"], &[bytes]);
        all.push(target(title, Bound::RateRatioAtLeast(0.7), rival, cells));
    }
    all
}

fn within_a_host() -> Vec<Target> {
    use Bound::{RateRatioAtLeast, TimeRatioAtMost};
    let pong = |sizes: &[u64]| cells("one-host", &["PingPong"], sizes);
    let mut all = vec![
        target("one host, latency, 8 B", TimeRatioAtMost(1.1), Rival::BestStock, pong(&[8])),
        target(
            "one host, 1 KiB to 4 MiB, geometric mean",
            TimeRatioAtMost(1.0),
            Rival::BestStock,
            pong(FROM_1_KIB),
        ),
    ];
    for bytes in RATES {
        let title = format!("one host, message rate, {}, window of 64", size(bytes));
        let cells = cells("one-host", &["Uniband"], &[bytes]);
        all.push(target(title, RateRatioAtLeast(0.9), Rival::BestStock, cells));
    }
    all
}

fn crowds() -> Vec<Target> {
    let mut all = Vec::new();
    for (scene, ranks) in [
        ("crowded-8", "8 ranks on one host"),
        ("crowded-10", "10 ranks on one host"),
        ("crowded-4-4", "4 ranks on each of two hosts"),
        ("crowded-5-5", "5 ranks on each of two hosts"),
    ] {
        for (name, sizes) in
            [("Barrier", &[0][..]), ("Allreduce", &THREE), ("Alltoall", &THREE), ("Halo", &THREE)]
        {
            let title = format!("{ranks}, {name}");
            let cells = cells(scene, &[name], sizes);
            all.push(target(title, Bound::TimeRatioAtMost(0.2), Rival::BestStock, cells));
        }
    }
    all
}

fn start_and_coupled() -> Vec<Target> {
    let mut all = Vec::new();
    for (scene, title) in [
        ("start-2", "start and end, 2 ranks on two hosts"),
        ("start-8", "start and end, 8 ranks on two hosts"),
        ("start-16", "start and end, 16 ranks on two hosts"),
        ("start-one-2", "start and end, 2 ranks on one host"),
        ("start-one-8", "start and end, 8 ranks on one host"),
        ("start-one-16", "start and end, 16 ranks on one host"),
    ] {
        let cells = cells(scene, &["wall"], &[0]);
        all.push(target(title, Bound::TimeRatioAtMost(1.0), Rival::BestStock, cells));
    }
    for (title, ours, most) in [
        ("coupled model: coupler sealed, to nothing sealed", COUPLER_ONLY, 1.02),
        ("coupled model: all sealed, to nothing sealed", OURS, 1.10),
    ] {
        // `coupled` names its figure by the steps of a day.
        let cells = cells("coupled", &["coupled"], &[72]);
        let target = target(title, Bound::TimeRatioAtMost(most), Rival::One(BARE), cells);
        all.push(Target { ours, ..target });
    }
    all
}

/// A size for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        bytes if bytes >= 1 << 10 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::competitor::COMPETITORS;
    use crate::bench::scene::SCENES;

    fn verdict<'a>(all: &'a [Verdict], title: &str) -> &'a Verdict {
        all.iter().find(|verdict| verdict.title == title).expect("there is such a target")
    }

    #[test]
    fn a_latency_is_judged_against_the_best_stock_library_of_its_size() {
        let mut values = Values::default();
        for (who, median, min) in
            [(OURS, 7.0, 6.0), ("MPICH 4", 8.0, 5.0), ("Intel MPI", 10.0, 9.0)]
        {
            values.add("two-hosts", who, Figure::new("PingPong", 8, "median"), median);
            values.add("two-hosts", who, Figure::new("PingPong", 8, "min"), min);
        }
        let all = verdicts(&values);
        let it = verdict(&all, "two hosts, latency, 8 B");
        assert_eq!((it.by_medians, it.by_best_rounds), (Some(0.875), Some(1.2)));
        assert_eq!((it.reached, it.cells), (Some(true), (1, 1)));
        assert_eq!(it.rivals, BTreeSet::from(["MPICH 4"]));
        // What was not measured is neither reached nor missed.
        let other = verdict(&all, "two hosts, 64 KiB");
        assert_eq!((other.by_medians, other.reached, other.cells), (None, None, (0, 1)));
        let mean = verdict(&all, "two hosts, 1 B to 4 MiB, geometric mean");
        assert_eq!(mean.cells, (1, 12));
    }

    #[test]
    fn rates_are_times_turned_over() {
        let mut values = Values::default();
        let figure = Figure::new("Uniband", 64, "median");
        values.add("two-hosts", OURS, figure.clone(), 50.0);
        values.add("two-hosts", "Open MPI 4", figure, 450.0);
        let all = verdicts(&values);
        let it = verdict(&all, "two hosts, message rate, 64 B, window of 64");
        assert_eq!((it.by_medians, it.reached), (Some(9.0), Some(false)));
    }

    #[test]
    fn what_encryption_adds_is_the_greatest_difference() {
        let mut values = Values::default();
        for (bytes, sealed) in [(8, 6.25), (4096, 8.75)] {
            values.add("suites", OURS, Figure::new("PingPong", bytes, "median"), sealed);
            values.add(
                "suites",
                BARE,
                Figure::new("PingPong", bytes, "median"),
                6.0 + bytes as f64 / 2048.0,
            );
        }
        let all = verdicts(&values);
        let it = verdict(&all, "cost of encryption: latency, 0 to 4 KiB, the greatest");
        assert_eq!((it.by_medians, it.reached, it.cells), (Some(0.75), Some(false), (2, 7)));
    }

    #[test]
    fn a_mean_is_geometric() {
        let mut values = Values::default();
        for (bytes, ours) in [(1024, 2.0), (65536, 0.5)] {
            let figure = Figure::new("PingPong", bytes, "median");
            values.add("one-host", OURS, figure.clone(), ours);
            values.add("one-host", "Open MPI 5", figure, 1.0);
        }
        let all = verdicts(&values);
        let it = verdict(&all, "one host, 1 KiB to 4 MiB, geometric mean");
        assert!((it.by_medians.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(it.cells, (2, 8));
    }

    /// A target that asks for what no scene measures would never be judged.
    #[test]
    fn every_cell_is_in_a_scene_in_which_both_sides_take_part() {
        for target in targets() {
            for (key, name, bytes) in &target.cells {
                let scene = SCENES.iter().find(|scene| scene.key == *key).expect("a scene");
                let takes_part = |who: &str| {
                    let role = COMPETITORS.iter().find(|other| other.name == who).unwrap().role;
                    scene.field.admits(role)
                };
                assert!(takes_part(target.ours), "{}", target.title);
                if let Rival::One(who) = target.rival {
                    assert!(takes_part(who), "{}", target.title);
                }
                if scene.program == "patterns" {
                    let all = scene.arguments.contains(name);
                    let some = scene.sizes(name).is_some_and(|sizes| {
                        sizes.split(',').any(|word| word.parse() == Ok(*bytes))
                    });
                    assert!(all || some, "{}: {name}, {bytes}", target.title);
                }
            }
        }
    }
}
