//! What is measured: programs of `bench/`, how many ranks, where, and by whom.

use super::competitor::Role;
use crate::job::Spread;

/// Who takes part in a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Ours, and the stock libraries.
    Stock,
    /// Those, and ours without protection.
    StockAndBare,
    /// Those of `Stock`, and ours sealing within the host.
    WithinHost,
    /// Ours under each suite, and without.
    Suites,
    /// Ours, bare sockets and bolted-on encryption.
    Alternatives,
    /// Those of `StockAndBare`, and ours sealing the coupler only.
    Coupled,
}

impl Field {
    pub fn admits(self, role: Role) -> bool {
        let others: &[Role] = match self {
            Field::Stock => &[Role::Stock],
            Field::StockAndBare => &[Role::Stock, Role::Bare],
            Field::WithinHost => &[Role::Stock, Role::SealedWithin],
            Field::Suites => &[Role::Suite, Role::Bare],
            Field::Alternatives => &[Role::Alternative],
            Field::Coupled => &[Role::Stock, Role::Bare, Role::CouplerOnly],
        };
        role == Role::Ours || others.contains(&role)
    }
}

/// Whether the ranks have a core each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    Light,
    Crowded,
}

/// One program run in one way.
#[derive(Debug)]
pub struct Scene {
    pub title: &'static str,
    /// In the keys of the results.
    pub key: &'static str,
    pub program: &'static str,
    pub arguments: &'static [&'static str],
    pub ranks: usize,
    pub spread: Spread,
    pub field: Field,
    /// Whether `--quick` has it.
    pub quick: bool,
}

/// Seconds that one run may take: some take two, and what hangs is to cost little.
pub const LIMIT: u64 = 20;

impl Scene {
    /// Its arguments. Of `patterns` the first is the seconds for each size, and a quick
    /// run has two sizes only.
    pub fn arguments(&self, quick: bool) -> Vec<String> {
        let words = self.arguments.iter().map(|word| word.to_string());
        if !quick || self.program != "patterns" {
            return words.collect();
        }
        let short = |word: String| match word.split(':').next() {
            Some(name) if name != "Barrier" => format!("{name}:8,65536"),
            _ => word,
        };
        std::iter::once("0.001".into()).chain(words.skip(1).map(short)).collect()
    }

    /// The sizes that it asks of a pattern, as the program takes them.
    pub fn sizes(&self, pattern: &str) -> Option<&'static str> {
        self.arguments.iter().find_map(|word| word.strip_prefix(pattern)?.strip_prefix(':'))
    }

    /// The two hosts share the machine's cores.
    pub fn load(&self) -> Load {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if self.ranks > cores { Load::Crowded } else { Load::Light }
    }

    const fn quick(mut self) -> Scene {
        self.quick = true;
        self
    }
}

const fn scene(
    key: &'static str,
    title: &'static str,
    (program, arguments): (&'static str, &'static [&'static str]),
    ranks: usize,
    spread: Spread,
    field: Field,
) -> Scene {
    Scene { title, key, program, arguments, ranks, spread, field, quick: false }
}

type Words = &'static [&'static str];

/// Words of `patterns`, with what a target asks for of every pattern but latency and
/// bandwidth.
macro_rules! with_targets {
    ($($first:literal),+) => {
        (
            "patterns",
            &[
                $($first,)+
                "Sendrecv:8,1024,65536,1048576",
                "Exchange:8,1024,65536,1048576",
                "Biband:8,1024,65536,1048576",
                "Bcast:8,1024,65536,1048576",
                "Reduce:8,1024,65536,1048576",
                "Allreduce:8,1024,65536,1048576",
                "Allgather:8,1024,65536,1048576",
                "Alltoall:8,1024,65536,1048576",
                "Barrier",
            ],
        )
    };
}

const PAIR: (&str, Words) =
    with_targets!("0.04", "PingPong", "Uniband", "PingPing:8,1024,65536,1048576");
const FOUR: (&str, Words) = with_targets!("0.03");
const SUITES: (&str, Words) = ("patterns", &["0.04", "PingPong", "Uniband"]);
/// WireGuard moves 30 MB/s: a window of larger messages would take seconds.
const SEALED: (&str, Words) =
    ("patterns", &["0.04", "PingPong:1,8,64,256,1024,4096,65536,1048576", "Uniband:8,1024,65536"]);
const CROWD: (&str, Words) = (
    "patterns",
    &["0.05", "Allreduce:8,1024,65536", "Alltoall:8,1024,65536", "Halo:8,1024,65536", "Barrier"],
);
const START: (&str, Words) = ("startup", &[]);
const STENCIL: (&str, Words) = ("stencil", &["512", "100"]);

use self::Field::*;
use crate::job::Spread::{BothHosts, OneHost};

pub const SCENES: &[Scene] = &[
    scene("two-hosts", "Two hosts, one rank each", PAIR, 2, BothHosts, StockAndBare).quick(),
    scene("suites", "Cipher suites, two hosts", SUITES, 2, BothHosts, Suites).quick(),
    scene("alternatives", "Bare sockets and other encryption", SEALED, 2, BothHosts, Alternatives)
        .quick(),
    scene("two-by-two", "Two hosts, two ranks each", FOUR, 4, BothHosts, StockAndBare),
    scene("one-host", "One host, two ranks", PAIR, 2, OneHost, WithinHost).quick(),
    scene("crowded-8", "One host, eight ranks", CROWD, 8, OneHost, Stock),
    scene("crowded-10", "One host, ten ranks", CROWD, 10, OneHost, Stock),
    scene("crowded-4-4", "Two hosts, four ranks each", CROWD, 8, BothHosts, Stock),
    scene("crowded-5-5", "Two hosts, five ranks each", CROWD, 10, BothHosts, Stock),
    scene("overhead", "Host overhead, two hosts", ("overhead", &[]), 2, BothHosts, StockAndBare),
    scene("stencil", "Stencil, two hosts", STENCIL, 4, BothHosts, StockAndBare).quick(),
    scene(
        "transpose",
        "Transpose, two hosts",
        ("transpose", &["1024", "10"]),
        4,
        BothHosts,
        StockAndBare,
    ),
    scene(
        "coupled",
        "Coupled climate model, two hosts",
        ("coupled", &["10"]),
        4,
        BothHosts,
        Coupled,
    )
    .quick(),
    scene("start-2", "Start and end, two hosts", START, 2, BothHosts, Stock).quick(),
    scene("start-8", "Start and end, two hosts", START, 8, BothHosts, Stock),
    scene("start-16", "Start and end, two hosts", START, 16, BothHosts, Stock),
    scene("start-one-2", "Start and end, one host", START, 2, OneHost, Stock),
    scene("start-one-8", "Start and end, one host", START, 8, OneHost, Stock),
    scene("start-one-16", "Start and end, one host", START, 16, OneHost, Stock),
];

/// One figure of a scene: `PingPong/8/2/median`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figure {
    pub name: String,
    pub bytes: u64,
    pub statistic: String,
}

impl Figure {
    pub fn new(name: &str, bytes: u64, statistic: &str) -> Figure {
        Figure { name: name.into(), bytes, statistic: statistic.into() }
    }

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
        Figure::new("wall", 0, "median")
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

    #[test]
    fn a_scene_tells_the_sizes_of_a_pattern() {
        let scene = SCENES.iter().find(|scene| scene.key == "alternatives").unwrap();
        assert_eq!(scene.sizes("Uniband"), Some("8,1024,65536"));
        assert_eq!(scene.sizes("Uni"), None);
        assert_eq!(scene.sizes("Barrier"), None);
    }

    #[test]
    fn a_quick_run_shortens_patterns_only() {
        let words = |key: &str| {
            let scene = SCENES.iter().find(|scene| scene.key == key).expect("a scene");
            scene.arguments(true)
        };
        assert_eq!(words("suites"), ["0.001", "PingPong:8,65536", "Uniband:8,65536"]);
        assert_eq!(words("two-by-two").last().unwrap(), "Barrier");
        assert_eq!(words("stencil"), ["512", "100"]);
    }
}
