//! MPICH's testlists: which programs, with how many ranks, judged how.
//!
//! A line is `PROGRAM [RANKS] [KEY=VALUE]...`; `#` begins a comment, a program
//! that is a directory means another list, and words without `=` are ignored,
//! as the suite's own `runtests` ignores them.

use anyhow::{Context, Result, bail, ensure};
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What the programs are written in. C++ is left out: MPI-3.0 removed its
/// bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    C,
    Fortran,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::C, Language::Fortran];

    pub fn name(self) -> &'static str {
        match self {
            Language::C => "C",
            Language::Fortran => "Fortran",
        }
    }

    /// The directories whose lines are run.
    pub fn directories(self) -> &'static [&'static str] {
        match self {
            Language::C => C,
            Language::Fortran => FORTRAN,
        }
    }
}

/// Left out are the chapters that the library does not have yet: one-sided
/// (`rma`), files (`io`), dynamic processes (`spawn`) and the tools interface
/// (`mpi_t`).
const C: &[&str] = &[
    "attr",
    "basic",
    "coll",
    "comm",
    "datatype",
    "errhan",
    "errors/attr",
    "errors/coll",
    "errors/comm",
    "errors/datatype",
    "errors/group",
    "errors/pt2pt",
    "errors/topo",
    "group",
    "info",
    "init",
    "part",
    "pt2pt",
    "threads/coll",
    "threads/comm",
    "threads/init",
    "threads/part",
    "threads/pt2pt",
    "topo",
    "impls/mpich/comm",
    "impls/mpich/mpi_t",
    "impls/mpich/threads/pt2pt",
];

/// Left out are the same chapters: `rma`, `io` and `spawn` of each, and
/// `errors/f77/io` and `errors/f90/io`.
const FORTRAN: &[&str] = &[
    "f77/attr",
    "f77/coll",
    "f77/comm",
    "f77/datatype",
    "f77/ext",
    "f77/info",
    "f77/init",
    "f77/profile",
    "f77/pt2pt",
    "f77/topo",
    "f90/attr",
    "f90/coll",
    "f90/comm",
    "f90/datatype",
    "f90/ext",
    "f90/f90types",
    "f90/info",
    "f90/init",
    "f90/misc",
    "f90/profile",
    "f90/pt2pt",
    "f90/timer",
    "f90/topo",
    "f08/attr",
    "f08/coll",
    "f08/comm",
    "f08/datatype",
    "f08/ext",
    "f08/info",
    "f08/init",
    "f08/misc",
    "f08/profile",
    "f08/pt2pt",
    "f08/subarray",
    "f08/timer",
    "f08/topo",
];

/// `testlist.dtp` is what configure writes for programs that take any datatype.
/// Not read: `testlist.gpu`.
const LISTS: &[&str] = &["testlist", "testlist.dtp", EVERY_ALGORITHM];

/// Repeats collectives for each of MPICH's own algorithms, which a variable of
/// MPICH's chooses: of lines that differ in nothing else one is enough.
const EVERY_ALGORITHM: &str = "testlist.cvar";

/// Limit of a line that names none. The suite's own default is three minutes.
const LIMIT: Duration = Duration::from_secs(60);

/// What tells a line from the others: the columns that result files begin with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub directory: String,
    pub program: String,
    pub ranks: usize,
    pub arguments: Vec<String>,
    pub variables: Vec<String>,
}

impl Key {
    /// `coll/allred`, the program.
    pub fn name(&self) -> String {
        format!("{}/{}", self.directory, self.program)
    }

    /// Tab-separated, as in the files of `c-tests/mpich-suite`.
    pub fn columns(&self) -> String {
        let (arguments, variables) = (self.arguments.join(" "), self.variables.join(" "));
        format!("{}\t{}\t{}\t{arguments}\t{variables}", self.directory, self.program, self.ranks)
    }

    /// For people: `coll/allred 4 -count=10`.
    pub fn title(&self) -> String {
        let mut title = format!("{} {}", self.name(), self.ranks);
        for word in self.arguments.iter().chain(&self.variables) {
            title += " ";
            title += word;
        }
        title
    }
}

/// How a line's outcome is judged, `resultTest=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It says "No Errors" and nothing else, and exits with 0.
    NoErrors,
    /// The job fails, whatever it prints.
    Fails,
    /// It says "No Errors" and nothing else, and the job fails.
    NoErrorsFails,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub key: Key,
    pub rule: Rule,
    pub limit: Duration,
    /// Whether the line itself sets the limit: where the job is to fail too,
    /// being ended by the launcher is what the test waits for.
    pub limit_is_its_own: bool,
    /// Memory it needs, in gigabytes.
    pub memory: f64,
    /// Options for the launcher, in Hydra's words.
    pub launcher: Vec<String>,
}

/// Every line of the chosen directories, each once, in the order of the lists.
/// `sources` is where lists lie that configure has nothing to replace in.
pub fn read(language: Language, build: &Path, sources: &Path) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut seen = HashSet::new();
    for directory in language.directories() {
        for list in LISTS {
            let places = [build, sources].map(|root| root.join(directory).join(list));
            // Configure leaves an empty file where the sources have the real one.
            let Some(path) = places.iter().find(|path| {
                fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() > 0)
            }) else {
                continue;
            };
            let text = fs::read_to_string(path)?;
            for (number, text) in text.lines().enumerate() {
                let line = parse(directory, text)
                    .with_context(|| format!("{}:{}", path.display(), number + 1))?;
                let Some(mut line) = line else { continue };
                if *list == EVERY_ALGORITHM {
                    line.key.variables.clear();
                }
                let is_list = sources.join(directory).join(&line.key.program).is_dir();
                if !is_list && seen.insert(line.key.clone()) {
                    lines.push(line);
                }
            }
        }
    }
    ensure!(!lines.is_empty(), "no testlist below {}", build.display());
    Ok(lines)
}

fn parse(directory: &str, text: &str) -> Result<Option<Line>> {
    let text = text.split('#').next().unwrap_or_default();
    let mut words = text.split_whitespace();
    let Some(program) = words.next() else { return Ok(None) };
    let mut line = Line {
        key: Key {
            directory: directory.into(),
            program: program.into(),
            ranks: 2,
            arguments: Vec::new(),
            variables: Vec::new(),
        },
        rule: Rule::NoErrors,
        limit: LIMIT,
        limit_is_its_own: false,
        memory: 0.0,
        launcher: Vec::new(),
    };
    if let Some(ranks) = words.next() {
        line.key.ranks = ranks.parse().with_context(|| format!("{ranks:?} ranks"))?;
    }
    for word in words {
        let Some((key, value)) = word.split_once('=') else { continue };
        match key {
            "arg" => line.key.arguments.push(value.into()),
            "env" => line.key.variables.push(value.into()),
            "mpiexecarg" => line.launcher.push(value.into()),
            "timeLimit" => {
                let seconds = value.parse().with_context(|| word.to_string())?;
                line.limit = Duration::from_secs(seconds);
                line.limit_is_its_own = true;
            }
            "mem" => line.memory = value.parse().with_context(|| word.to_string())?,
            "resultTest" => {
                line.rule = match value {
                    "TestStatus" | "TestErrFatal" => Rule::Fails,
                    "TestStatusNoErrors" => Rule::NoErrorsFails,
                    other => bail!("resultTest={other} is not known"),
                }
            }
            // What the reference says of such a line decides instead: `xfail`
            // and `strict` are about the library that the suite came with.
            "xfail" | "strict" | "mpix" | "mpiversion" | "init" | "lock" => {}
            other => bail!("key {other} is not known"),
        }
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        parse("coll", text).unwrap().unwrap()
    }

    #[test]
    fn a_bare_program_runs_on_two_ranks_for_a_minute() {
        let line = line("allred");
        assert_eq!(line.key.columns(), "coll\tallred\t2\t\t");
        assert_eq!((line.rule, line.limit), (Rule::NoErrors, LIMIT));
    }

    #[test]
    fn arguments_and_variables_keep_their_order_and_their_equal_signs() {
        let line = line("bcast 4 arg=-type=MPI_INT arg=-count=1 env=A=b env=C=d=e # words");
        assert_eq!(line.key.columns(), "coll\tbcast\t4\t-type=MPI_INT -count=1\tA=b C=d=e");
        assert_eq!(line.key.title(), "coll/bcast 4 -type=MPI_INT -count=1 A=b C=d=e");
    }

    #[test]
    fn comments_and_blank_lines_are_no_lines() {
        for text in ["", "   ", "# allred 4", "#large 2 mem=20.1"] {
            assert!(parse("coll", text).unwrap().is_none(), "{text:?}");
        }
    }

    #[test]
    fn limits_memory_and_the_launcher_s_options_are_read() {
        let line = line("abort 4 mpiexecarg=-some timeLimit=10 mem=6.5 resultTest=TestStatus");
        assert_eq!(line.limit, Duration::from_secs(10));
        assert!(line.limit_is_its_own);
        assert_eq!((line.memory, line.launcher), (6.5, vec!["-some".to_string()]));
        assert_eq!(line.rule, Rule::Fails);
    }

    #[test]
    fn words_without_a_key_are_ignored_as_the_suite_ignores_them() {
        assert_eq!(line("sendself 1 some/path arg=x").key.columns(), "coll\tsendself\t1\tx\t");
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        for text in ["allred four", "allred 4 colour=red", "allred 4 resultTest=TestLuck"] {
            assert!(parse("coll", text).is_err(), "{text}");
        }
    }
}
