//! What is measured: programs of `bench/`, how many ranks, and where.

use crate::job::Spread;

/// One program run in one way.
pub struct Scene {
    pub title: &'static str,
    /// In the keys of the results.
    pub key: &'static str,
    pub program: &'static str,
    pub arguments: &'static [&'static str],
    pub ranks: usize,
    pub spread: Spread,
    /// Seconds that one run may take.
    pub limit: u64,
}

const fn scene(
    key: &'static str,
    title: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    ranks: usize,
    spread: Spread,
) -> Scene {
    Scene { title, key, program, arguments, ranks, spread, limit: 60 }
}

const COLLECTIVES: &[&str] = &[
    "0.02",
    "Sendrecv",
    "Exchange",
    "Bcast",
    "Reduce",
    "Allreduce",
    "Allgather",
    "Alltoall",
    "Barrier",
];
const CROWDED: &[&str] = &["0.02", "Allreduce", "Alltoall", "Barrier"];

pub const SCENES: &[Scene] = &[
    scene("two-hosts", "Two hosts, one rank each", "patterns", &["0.05"], 2, Spread::BothHosts),
    scene("two-by-two", "Two hosts, two ranks each", "patterns", COLLECTIVES, 4, Spread::BothHosts),
    scene("one-host", "One host, two ranks", "patterns", &["0.05"], 2, Spread::OneHost),
    scene("crowded", "One host, eight ranks", "patterns", CROWDED, 8, Spread::OneHost),
    scene("crowded-hosts", "Two hosts, four ranks each", "patterns", CROWDED, 8, Spread::BothHosts),
    scene("overhead", "Host overhead, two hosts", "overhead", &[], 2, Spread::BothHosts),
    scene("stencil", "Stencil, two hosts", "stencil", &["512", "100"], 4, Spread::BothHosts),
    scene("transpose", "Transpose, two hosts", "transpose", &["1024", "10"], 4, Spread::BothHosts),
    scene("coupled", "Coupled climate model, two hosts", "coupled", &["5"], 4, Spread::BothHosts),
    scene("start-2", "Start and end, two hosts", "startup", &[], 2, Spread::BothHosts),
    scene("start-8", "Start and end, two hosts", "startup", &[], 8, Spread::BothHosts),
    scene("start-16", "Start and end, two hosts", "startup", &[], 16, Spread::BothHosts),
];

/// One figure of a scene: `PingPong/8/2/median`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figure {
    pub name: String,
    pub bytes: u64,
    pub statistic: String,
}

impl Figure {
    /// Reads a line `NAME/BYTES/RANKS/STATISTIC VALUE` of a program's output.
    pub fn read(line: &str) -> Option<(Figure, f64)> {
        let (key, value) = line.split_once(' ')?;
        let mut words = key.split('/');
        let name = words.next()?.to_owned();
        let bytes = words.next()?.parse().ok()?;
        let statistic = words.nth(1)?.to_owned();
        let value = value.trim().parse().ok()?;
        words.next().is_none().then_some((Figure { name, bytes, statistic }, value))
    }

    /// What a command that only starts and ends a job is measured by.
    pub fn wall() -> Figure {
        Figure { name: "wall".into(), bytes: 0, statistic: "median".into() }
    }

    /// Of times less is better; of availability more.
    pub fn less_is_better(&self) -> bool {
        !self.name.ends_with("availability")
    }

    pub fn unit(&self) -> &'static str {
        if self.name.ends_with("availability") { "%" } else { "us" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_program_is_a_figure() {
        let (figure, value) = Figure::read("PingPong/1024/2/median 7.25").unwrap();
        assert_eq!((figure.name.as_str(), figure.bytes), ("PingPong", 1024));
        assert_eq!((figure.statistic.as_str(), value), ("median", 7.25));
        for line in ["done", "PingPong/1024 7", "a/b/2/min 3", "PingPong/1/2/min/x 3"] {
            assert!(Figure::read(line).is_none(), "{line}");
        }
    }

    #[test]
    fn every_scene_has_its_program_and_a_key_of_its_own() {
        let mut keys = std::collections::BTreeSet::new();
        for scene in SCENES {
            let source = crate::products::root().join("bench").join(scene.program);
            assert!(source.with_extension("c").exists(), "{}", scene.program);
            assert!(keys.insert(scene.key), "{}", scene.key);
        }
    }
}
