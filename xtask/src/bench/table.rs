//! The report: a table per scene, and the ratios that sum it up.

use super::scene::{Figure, SCENES, Scene};
use super::{COMPETITORS, Values};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const HEAD: &str = "# Sealed against plaintext\n\n\
    Written by `cargo xtask bench`: the programs of `bench/` under this library with\n\
    encryption between the hosts, and under the stock libraries in plaintext, taking turns\n\
    within the same minutes. Two hosts are network namespaces joined by a veth pair of MTU\n\
    1500. Each cell: median over the rounds of a run's median, and the best of all in\n\
    brackets. The ratio is ours to the best stock library by medians; of times, below 1 is\n\
    better than plaintext, of availability above 1. Compare within a row, not with another\n\
    day's table.\n\n";

pub fn markdown(
    values: &Values,
    facts: &BTreeMap<String, String>,
    lost: &BTreeMap<String, usize>,
) -> String {
    let mut text = String::from(HEAD);
    for (name, value) in facts {
        let _ = writeln!(text, "- {name}: {value}");
    }
    for (name, count) in lost {
        let _ = writeln!(text, "- {name}: {count} runs did not finish and are left out");
    }
    for scene in SCENES {
        if let Some(figures) = values.get(scene.key) {
            scene_table(&mut text, scene, figures);
        }
    }
    text
}

type Figures = BTreeMap<Figure, BTreeMap<&'static str, Vec<f64>>>;

fn scene_table(text: &mut String, scene: &Scene, figures: &Figures) {
    let _ = write!(
        text,
        "\n## {}\n\n`bench/{}.c`, {} ranks.\n\n| figure | unit |",
        scene.title, scene.program, scene.ranks
    );
    for who in COMPETITORS {
        let _ = write!(text, " {} |", who.name);
    }
    let _ = writeln!(text, " ratio |\n|---|---|{}---|", "---|".repeat(COMPETITORS.len()));
    let mut ratios = Vec::new();
    for (figure, row) in figures.iter().filter(|(figure, _)| figure.statistic == "median") {
        let least = Figure { statistic: "min".into(), ..figure.clone() };
        let _ = write!(text, "| {} | {} |", title(figure), figure.unit());
        for who in COMPETITORS {
            let cell = row.get(who.name).map(|all| {
                let fastest = figures.get(&least).and_then(|row| row.get(who.name)).unwrap_or(all);
                format!("{} ({})", short(median(all)), short(best(fastest, figure)))
            });
            let _ = write!(text, " {} |", cell.as_deref().unwrap_or("-"));
        }
        match ratio(figure, row) {
            Some(ratio) => {
                ratios.push(ratio);
                let _ = writeln!(text, " {ratio:.2} |");
            }
            None => {
                let _ = writeln!(text, " - |");
            }
        }
    }
    if ratios.len() > 1 && figures.keys().all(Figure::less_is_better) {
        let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
        let _ = writeln!(text, "\nGeometric mean of the ratios: {mean:.2}.");
    }
}

/// Ours to the best of the stock libraries, by medians.
fn ratio(figure: &Figure, row: &BTreeMap<&'static str, Vec<f64>>) -> Option<f64> {
    let [ours, stock @ ..] = COMPETITORS else { return None };
    let ours = median(row.get(ours.name)?);
    let stock: Vec<f64> =
        stock.iter().filter_map(|who| row.get(who.name)).map(|all| median(all)).collect();
    let rival = best(&stock, figure);
    (!stock.is_empty() && rival > 0.0).then_some(ours / rival)
}

fn title(figure: &Figure) -> String {
    match (figure.name.as_str(), figure.bytes) {
        (name, 0) => name.to_owned(),
        (name @ ("stencil" | "transpose" | "coupled"), _) => name.to_owned(),
        (name, bytes) => format!("{name}, {}", size(bytes)),
    }
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

fn best(values: &[f64], figure: &Figure) -> f64 {
    let better = if figure.less_is_better() { f64::min } else { f64::max };
    values.iter().copied().reduce(better).unwrap_or(f64::NAN)
}

fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_ratio_against_the_best_stock_library() {
        let figure = |statistic: &str| Figure {
            name: "PingPong".into(),
            bytes: 8,
            statistic: statistic.into(),
        };
        let row = |values: [&[f64]; 3]| -> BTreeMap<&'static str, Vec<f64>> {
            COMPETITORS.iter().map(|who| who.name).zip(values.map(<[f64]>::to_vec)).collect()
        };
        let mut values = Values::new();
        let figures = values.entry(SCENES[0].key.to_owned()).or_default();
        figures.insert(figure("median"), row([&[12.0, 10.0, 30.0], &[8.0], &[16.0]]));
        figures.insert(figure("min"), row([&[9.0, 9.5, 20.0], &[7.0], &[15.0]]));
        let text = markdown(&values, &BTreeMap::new(), &BTreeMap::new());
        let line = "| PingPong, 8 B | us | 12.0 (9.0) | 8.0 (7.0) | 16.0 (15.0) | 1.50 |";
        assert!(text.contains(line), "{text}");
    }
}
