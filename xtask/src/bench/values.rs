//! What was measured: scene, figure, competitor, and a value of every round.

use super::competitor::{COMPETITORS, Role};
use super::scene::Figure;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A figure's values by competitor.
pub type Row = BTreeMap<&'static str, Vec<f64>>;

#[derive(Default)]
pub struct Values {
    scenes: BTreeMap<&'static str, BTreeMap<Figure, Row>>,
}

/// Which summary of the rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summary {
    /// The median over the rounds of a run's median.
    Median,
    /// The best that any round saw.
    Best,
    /// The median over the rounds of a run's 99th percentile.
    P99,
}

impl Values {
    pub fn add(&mut self, scene: &'static str, who: &'static str, figure: Figure, value: f64) {
        let rows = self.scenes.entry(scene).or_default();
        rows.entry(figure).or_default().entry(who).or_default().push(value);
    }

    pub fn scene(&self, key: &str) -> Option<&BTreeMap<Figure, Row>> {
        self.scenes.get(key)
    }

    /// The sizes of a pattern in a scene.
    pub fn sizes(&self, scene: &str, name: &str) -> Vec<u64> {
        let figures = self.scenes.get(scene).into_iter().flat_map(BTreeMap::keys);
        let mut sizes: Vec<u64> =
            figures.filter(|figure| figure.name == name).map(|figure| figure.bytes).collect();
        sizes.dedup();
        sizes
    }

    /// One competitor's summary of a figure, whose own statistic is not looked at.
    pub fn summary(
        &self,
        scene: &str,
        figure: &Figure,
        who: &str,
        summary: Summary,
    ) -> Option<f64> {
        let of = |statistic: &str| {
            let figure = Figure { statistic: statistic.into(), ..figure.clone() };
            self.scenes.get(scene)?.get(&figure)?.get(who)
        };
        match summary {
            Summary::Median => of("median").map(|all| median(all)),
            Summary::P99 => of("p99").map(|all| median(all)),
            // Some figures are one value a run.
            Summary::Best => of("min").or_else(|| of("median")).map(|all| best(all, figure)),
        }
    }

    /// The best of the stock libraries, and which one that was.
    pub fn best_stock(
        &self,
        scene: &str,
        figure: &Figure,
        summary: Summary,
    ) -> Option<(f64, &'static str)> {
        let stock = COMPETITORS.iter().filter(|who| who.role == Role::Stock);
        let found = stock.filter_map(|who| {
            self.summary(scene, figure, who.name, summary).map(|value| (value, who.name))
        });
        found.reduce(|one, other| {
            let is_better = if figure.less_is_better() { other.0 < one.0 } else { other.0 > one.0 };
            if is_better { other } else { one }
        })
    }

    /// All of it, with keys as text: `two-hosts/PingPong/8/median`.
    pub fn json(&self) -> Value {
        let mut all = BTreeMap::new();
        for (scene, figures) in &self.scenes {
            for (Figure { name, bytes, statistic }, row) in figures {
                all.insert(format!("{scene}/{name}/{bytes}/{statistic}"), json!(row));
            }
        }
        json!(all)
    }
}

/// The middle one, or the mean of the two in the middle. There has to be one.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    (low + high) / 2.0
}

pub fn geometric_mean(values: &[f64]) -> f64 {
    // Logarithms and back would move it, perhaps across a bound.
    if let [one] = values {
        return *one;
    }
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

fn best(values: &[f64], figure: &Figure) -> f64 {
    let better = if figure.less_is_better() { f64::min } else { f64::max };
    values.iter().copied().reduce(better).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_geometric_means() {
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 8.0]), 3.0);
        assert!((geometric_mean(&[1.0, 4.0]) - 2.0).abs() < 1e-12);
        assert!((geometric_mean(&[0.5, 2.0, 1.0]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_best_stock_library_is_chosen_for_each_figure_and_summary() {
        let mut values = Values::default();
        let figure = |statistic: &str| Figure::new("PingPong", 8, statistic);
        for (who, medians, minima) in [
            ("MPICH 4", [8.0, 9.0, 7.0], [6.0, 6.5, 7.0]),
            ("Open MPI 5", [9.0, 8.5, 9.5], [5.0, 8.0, 8.0]),
        ] {
            for value in medians {
                values.add("two-hosts", who, figure("median"), value);
            }
            for value in minima {
                values.add("two-hosts", who, figure("min"), value);
            }
        }
        // Better than all, but not a stock library.
        values.add("two-hosts", "ours, none", figure("median"), 1.0);
        let best = |summary| values.best_stock("two-hosts", &figure("median"), summary);
        assert_eq!(best(Summary::Median), Some((8.0, "MPICH 4")));
        assert_eq!(best(Summary::Best), Some((5.0, "Open MPI 5")));
        assert_eq!(best(Summary::P99), None);
    }

    #[test]
    fn of_availability_more_is_better() {
        let mut values = Values::default();
        let figure = Figure::new("send-availability", 8, "median");
        values.add("overhead", "MPICH 4", figure.clone(), 40.0);
        values.add("overhead", "Open MPI 4", figure.clone(), 70.0);
        let best = values.best_stock("overhead", &figure, Summary::Best);
        assert_eq!(best, Some((70.0, "Open MPI 4")));
    }

    #[test]
    fn values_are_written_under_keys_as_text() {
        let mut values = Values::default();
        values.add("two-hosts", "MPICH 4", Figure::new("PingPong", 8, "min"), 7.5);
        values.add("two-hosts", "MPICH 4", Figure::new("PingPong", 8, "min"), 7.0);
        let json = values.json();
        assert_eq!(json["two-hosts/PingPong/8/min"]["MPICH 4"], json!([7.5, 7.0]));
    }
}
