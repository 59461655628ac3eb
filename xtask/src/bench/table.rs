//! The report: who was measured, which targets were reached, a table per scene.

use super::Record;
use super::competitor::{BARE, COMPETITORS, Competitor, OURS};
use super::scene::{Figure, SCENES, Scene};
use super::target::{Verdict, size, verdicts};
use super::values::{Row, Summary, Values, geometric_mean};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const HEAD: &str = "# Sealed against plaintext\n\n\
    Written by `cargo xtask bench`: the programs of `bench/` under this library with\n\
    encryption between the hosts, and under the stock libraries in plaintext, taking turns\n\
    within the same minutes. Two hosts are network namespaces joined by a veth pair of MTU\n\
    1500. Each cell of a scene's table: median over the rounds of a run's median, and in\n\
    brackets the best of all and the median of the 99th percentiles. Ratios are of\n\
    ours with aes-256-gcm, by medians; of times, below 1 is better than plaintext, of\n\
    availability above 1. Compare within a row, not with another day's table.\n\n";

pub fn markdown(record: &Record) -> String {
    let mut text = String::from(HEAD);
    for (name, value) in &record.facts {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let probes: Vec<_> =
        record.probes.iter().map(|nanoseconds| format!("{nanoseconds:.0}")).collect();
    let _ = writeln!(
        text,
        "- a cache line between two cores, one way, ns, by round: {}",
        probes.join(", ")
    );
    competitors(&mut text, record);
    complaints(&mut text, record);
    targets(&mut text, &verdicts(&record.values));
    plots(&mut text, &record.plots);
    for scene in SCENES {
        if let Some(figures) = record.values.scene(scene.key) {
            scene_table(&mut text, scene, figures, &record.values);
        }
    }
    text
}

fn competitors(text: &mut String, record: &Record) {
    let _ = writeln!(text, "\n## Who was measured\n\n| name | what it is |\n|---|---|");
    for who in &record.present {
        let _ = writeln!(text, "| {} | {} |", who.name, record.descriptions[who.name]);
    }
}

fn complaints(text: &mut String, record: &Record) {
    if record.complaints.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n## Runs that did not end well\n\nWhat such a run printed before is counted; after two \
         that did not reach their last result, a competitor is left out of the scene.\n"
    );
    for ((scene, who), all) in &record.complaints {
        let late = all.iter().filter(|complaint| complaint.is_late).count();
        let why = all[0].text.lines().next().unwrap_or_default();
        let _ = writeln!(
            text,
            "- {scene}, {who}: {} runs, {late} of them after the last result; the first: {why}",
            all.len()
        );
    }
}

fn targets(text: &mut String, verdicts: &[Verdict]) {
    let counted = |reached| verdicts.iter().filter(|it| it.reached == reached).count();
    let _ = writeln!(
        text,
        "\n## Targets\n\n{} reached, {} not, {} not measured. Numbers are geometric means where \
         a line has several sizes, unless it says otherwise; `(n of m)` where some are missing.\n\n\
         | target | asked | reached | by best rounds | against | |\n|---|---|---|---|---|---|",
        counted(Some(true)),
        counted(Some(false)),
        counted(None)
    );
    for verdict in verdicts {
        let (measured, all) = verdict.cells;
        let part = if measured == 0 || measured == all {
            String::new()
        } else {
            format!(" ({measured} of {all})")
        };
        let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.2}"));
        let rivals: Vec<_> = verdict.rivals.iter().copied().collect();
        let _ = writeln!(
            text,
            "| {} | {} | {}{part} | {} | {} | {} |",
            verdict.title,
            verdict.asked,
            number(verdict.by_medians),
            number(verdict.by_best_rounds),
            rivals.join(", "),
            match verdict.reached {
                Some(true) => "yes",
                Some(false) => "**no**",
                None => "not measured",
            }
        );
    }
}

fn plots(text: &mut String, names: &[(&'static str, &'static str)]) {
    if names.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## Plots\n");
    for (name, title) in names {
        let _ = writeln!(text, "![{title}](plots/{name}.svg)");
    }
}

fn scene_table(text: &mut String, scene: &Scene, figures: &BTreeMap<Figure, Row>, values: &Values) {
    let took_part: Vec<&Competitor> = COMPETITORS
        .iter()
        .filter(|who| figures.values().any(|row| row.contains_key(who.name)))
        .collect();
    let _ = write!(
        text,
        "\n## {}\n\n`bench/{}.c`, {} ranks.\n\n| figure | unit |",
        scene.title, scene.program, scene.ranks
    );
    for who in &took_part {
        let _ = write!(text, " {} |", who.name);
    }
    // A column of ratios only where there is somebody to compare with.
    let rivals: Vec<Rival> = [Rival::BestStock, Rival::Unprotected]
        .into_iter()
        .filter(|rival| figures.keys().any(|figure| rival.ratio(values, scene, figure).is_some()))
        .collect();
    for rival in &rivals {
        let _ = write!(text, " {} |", rival.heading());
    }
    let _ = writeln!(text, "\n|---|---|{}", "---|".repeat(took_part.len() + rivals.len()));
    let mut ratios = vec![Vec::new(); rivals.len()];
    for figure in figures.keys().filter(|figure| figure.statistic == "median") {
        let _ = write!(text, "| {} | {} |", title(figure), figure.unit());
        for who in &took_part {
            let _ = write!(text, " {} |", cell(values, scene.key, figure, who.name));
        }
        for (rival, ratios) in rivals.iter().zip(&mut ratios) {
            let ratio = rival.ratio(values, scene, figure);
            ratios.extend(ratio);
            let _ = write!(text, " {} |", ratio.map_or("-".into(), |ratio| format!("{ratio:.2}")));
        }
        text.push('\n');
    }
    if !figures.keys().all(Figure::less_is_better) {
        return;
    }
    for (rival, ratios) in rivals.iter().zip(ratios).filter(|(_, ratios)| ratios.len() > 1) {
        let mean = geometric_mean(&ratios);
        let _ = writeln!(text, "\nGeometric mean of the ratios {}: {mean:.2}.", rival.heading());
    }
}

/// To whom a row's ratio is, by medians.
#[derive(Clone, Copy)]
enum Rival {
    BestStock,
    /// Ours without encryption: what it alone costs.
    Unprotected,
}

impl Rival {
    fn heading(self) -> &'static str {
        match self {
            Rival::BestStock => "to the best stock library",
            Rival::Unprotected => "to ours with none",
        }
    }

    fn ratio(self, values: &Values, scene: &Scene, figure: &Figure) -> Option<f64> {
        let ours = values.summary(scene.key, figure, OURS, Summary::Median)?;
        let rival = match self {
            Rival::BestStock => values.best_stock(scene.key, figure, Summary::Median)?.0,
            Rival::Unprotected => values.summary(scene.key, figure, BARE, Summary::Median)?,
        };
        (rival > 0.0).then_some(ours / rival)
    }
}

fn cell(values: &Values, scene: &str, figure: &Figure, who: &str) -> String {
    let Some(median) = values.summary(scene, figure, who, Summary::Median) else {
        return "-".into();
    };
    let best = values.summary(scene, figure, who, Summary::Best);
    let p99 = values.summary(scene, figure, who, Summary::P99);
    match (best, p99) {
        (Some(best), Some(p99)) => format!("{} ({}, {})", short(median), short(best), short(p99)),
        (Some(best), None) => format!("{} ({})", short(median), short(best)),
        (None, _) => short(median),
    }
}

fn title(figure: &Figure) -> String {
    match (figure.name.as_str(), figure.bytes) {
        ("Barrier" | "wall" | "stencil" | "transpose" | "coupled", _) => figure.name.clone(),
        (name, bytes) => format!("{name}, {}", size(bytes)),
    }
}

fn short(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::stage::Complaint;

    fn record() -> Record {
        let mut record = Record::default();
        for (who, medians, best) in [
            (OURS, &[12.0, 10.0, 30.0][..], 9.0),
            ("MPICH 4", &[8.0], 7.0),
            ("Open MPI 4", &[16.0], 15.0),
        ] {
            for &value in medians {
                record.values.add("two-hosts", who, Figure::new("PingPong", 8, "median"), value);
            }
            record.values.add("two-hosts", who, Figure::new("PingPong", 8, "min"), best);
            record.values.add("two-hosts", who, Figure::new("PingPong", 8, "p99"), 40.0);
        }
        record
    }

    #[test]
    fn a_row_has_a_ratio_against_the_best_stock_library() {
        let text = markdown(&record());
        let line = "| PingPong, 8 B | us | 12.0 (9.00, 40.0) | 8.00 (7.00, 40.0) | \
                    16.0 (15.0, 40.0) | 1.50 |";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn what_encryption_alone_costs_is_a_column_where_ours_ran_without() {
        let mut record = record();
        assert!(!markdown(&record).contains(Rival::Unprotected.heading()));
        record.values.add("two-hosts", BARE, Figure::new("PingPong", 8, "median"), 10.0);
        let text = markdown(&record);
        assert!(text.contains("| to the best stock library | to ours with none |"), "{text}");
        assert!(
            text.contains("| 10.0 (10.0) | 8.00 (7.00, 40.0) | 16.0 (15.0, 40.0) | 1.50 | 1.20 |"),
            "{text}"
        );
    }

    #[test]
    fn a_target_that_is_missed_says_by_how_much_and_to_whom() {
        let text = markdown(&record());
        let line =
            "| two hosts, latency, 8 B | time at most 1 times | 1.50 | 1.29 | MPICH 4 | **no** |";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_competitor_that_failed_is_named() {
        let mut record = record();
        let key = ("two-hosts", "Intel MPI");
        let complaint = |is_late| Complaint { text: "killed\n  hung: it".into(), is_late };
        record.complaints.insert(key, vec![complaint(false), complaint(true)]);
        let text = markdown(&record);
        let line = "- two-hosts, Intel MPI: 2 runs, 1 of them after the last result; \
                    the first: killed\n";
        assert!(text.contains(line), "{text}");
    }
}
