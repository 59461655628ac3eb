//! What `record.py` wrote, one file per rank, and the comparison with what the
//! stock library makes of each test.

use crate::job::Abi;
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Pass,
    /// By the suite's own choice: the library lacks something, or is known to.
    Skip,
    Fail,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Skip => "skip",
            Outcome::Fail => "fail",
        }
    }

    fn parse(name: &str) -> Option<Outcome> {
        match name {
            "pass" | "xfail" => Some(Outcome::Pass),
            "skip" => Some(Outcome::Skip),
            "fail" => Some(Outcome::Fail),
            _ => None,
        }
    }
}

/// The worst outcome of each test over the ranks, and its words.
#[derive(Debug, Default)]
pub struct Record {
    tests: BTreeMap<String, (Outcome, String)>,
}

/// What a record comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judged {
    pub passed: usize,
    /// The stock library fails or skips them too.
    pub excused: usize,
    /// One of these was a failure, so that the job failed.
    pub excused_failure: bool,
    pub failed: Vec<(String, String)>,
}

impl Record {
    pub fn read(file: &Path, ranks: usize) -> Result<Record> {
        let mut record = Record::default();
        for rank in 0..ranks {
            let path = PathBuf::from(format!("{}.{rank}", file.display()));
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            record.add(rank, &text);
        }
        Ok(record)
    }

    fn add(&mut self, rank: usize, text: &str) {
        let mut begun: Option<&str> = None;
        let mut ended = false;
        for line in text.lines() {
            let mut columns = line.splitn(3, '\t');
            let kind = columns.next().unwrap_or_default();
            let test = columns.next().unwrap_or_default();
            let words = columns.next().unwrap_or_default();
            match (kind, Outcome::parse(kind)) {
                ("begin", _) => begun = Some(test),
                ("end", _) => ended = true,
                (_, Some(outcome)) => {
                    begun = None;
                    self.note(test, outcome, &format!("rank {rank}: {words}"));
                }
                _ => {}
            }
        }
        // A rank that never came to its end says where it was.
        if let (Some(test), false) = (begun, ended) {
            self.note(test, Outcome::Fail, &format!("rank {rank} did not come out of it"));
        } else if !ended {
            self.note("the end", Outcome::Fail, &format!("rank {rank} did not come to it"));
        }
    }

    fn note(&mut self, test: &str, outcome: Outcome, words: &str) {
        let known =
            self.tests.entry(test.to_string()).or_insert_with(|| (outcome, words.to_string()));
        if outcome > known.0 {
            *known = (outcome, words.to_string());
        }
    }

    pub fn tests(&self) -> usize {
        self.tests.len()
    }

    pub fn judge(&self, reference: &Reference) -> Judged {
        let mut judged = Judged::default();
        for (test, (outcome, words)) in &self.tests {
            match (outcome, reference.outcome(test)) {
                (Outcome::Pass, _) => judged.passed += 1,
                (Outcome::Skip, Outcome::Pass) => judged
                    .failed
                    .push((test.clone(), format!("it is skipped, and passes in stock: {words}"))),
                (Outcome::Fail, Outcome::Pass) => judged.failed.push((test.clone(), words.clone())),
                (outcome, _) => {
                    judged.excused += 1;
                    judged.excused_failure |= *outcome == Outcome::Fail;
                }
            }
        }
        judged
    }

    /// Rows of `stock.tsv`: what does not pass.
    pub fn rows(&self, abi: Abi, ranks: usize) -> String {
        let others = self.tests.iter().filter(|(_, (outcome, _))| *outcome != Outcome::Pass);
        let row = |(test, (outcome, _)): (&String, &(Outcome, String))| {
            format!("{}\t{ranks}\t{test}\t{}\n", abi.name(), outcome.name())
        };
        others.map(row).collect()
    }
}

/// What the stock library makes of each test: it passes, unless a row says
/// something else.
pub struct Reference(HashMap<String, Outcome>);

impl Reference {
    /// No stock library of the standard's ABI is here: there MPICH's is the
    /// reference.
    pub fn read(path: &Path, abi: Abi, ranks: usize) -> Result<Reference> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let abi = if abi == Abi::Standard { Abi::Mpich } else { abi };
        Reference::parse(&text, abi, ranks).with_context(|| path.display().to_string())
    }

    fn parse(text: &str, abi: Abi, ranks: usize) -> Result<Reference> {
        let mut outcomes = HashMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [whose, of, test, outcome] = columns[..] else {
                anyhow::bail!("line {}: {} columns, not 4", number + 1, columns.len());
            };
            let outcome = Outcome::parse(outcome)
                .with_context(|| format!("line {}: {outcome:?} is no outcome", number + 1))?;
            if whose == abi.name() && of == ranks.to_string() {
                outcomes.insert(test.to_string(), outcome);
            }
        }
        Ok(Reference(outcomes))
    }

    fn outcome(&self, test: &str) -> Outcome {
        self.0.get(test).copied().unwrap_or(Outcome::Pass)
    }
}

/// The tests that are left out, as the suite's own options: patterns of names in
/// a file that is written to `work`, and whole files.
pub fn left_out(missing: &Path, work: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(missing)
        .with_context(|| format!("cannot read {}", missing.display()))?;
    let (mut patterns, mut words) = (Vec::new(), Vec::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (pattern, reason) = line.split_once('\t').unwrap_or((line, ""));
        ensure!(!reason.is_empty(), "{}: {pattern} has no reason", missing.display());
        match pattern.strip_suffix(".py") {
            Some(file) => words.extend(["-e".into(), format!("^{file}\\.py$")]),
            None => patterns.push(pattern),
        }
    }
    let list = work.join("left-out.txt");
    fs::write(&list, patterns.join("\n"))?;
    words.extend(["--xfile".into(), list.display().to_string()]);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(texts: &[&str]) -> Record {
        let mut record = Record::default();
        for (rank, text) in texts.iter().enumerate() {
            record.add(rank, text);
        }
        record
    }

    #[test]
    fn the_worst_rank_counts() {
        let record = record(&[
            "begin\ta\t\npass\ta\t\nbegin\tb\t\nskip\tb\tlacking\nend\t2\t0.1\n",
            "begin\ta\t\nfail\ta\toh no\nbegin\tb\t\npass\tb\t\nend\t2\t0.1\n",
        ]);
        assert_eq!(record.rows(Abi::Mpich, 2), "mpich\t2\ta\tfail\nmpich\t2\tb\tskip\n");
    }

    #[test]
    fn a_rank_that_stops_inside_a_test_fails_it_and_one_that_stops_between_two_the_end() {
        let record = record(&["begin\ta\t\npass\ta\t\nbegin\tb\t\n", "begin\ta\t\npass\ta\t\n"]);
        assert_eq!(record.rows(Abi::Mpich, 2), "mpich\t2\tb\tfail\nmpich\t2\tthe end\tfail\n");
    }

    #[test]
    fn only_what_stock_passes_is_asked_for_and_skipping_it_is_no_way_out() {
        let stock = "# head\nmpich\t1\tb\tfail\nmpich\t2\ta\tfail\nmpich\t1\td\tskip\n";
        let reference = Reference::parse(stock, Abi::Mpich, 1).unwrap();
        let text = "fail\ta\tw\nfail\tb\tw\nskip\tc\tw\nskip\td\tw\npass\te\t\nend\t5\t0.1\n";
        let judged = record(&[text]).judge(&reference);
        assert_eq!((judged.passed, judged.excused, judged.excused_failure), (1, 2, true));
        let names: Vec<&str> = judged.failed.iter().map(|(test, _)| test.as_str()).collect();
        assert_eq!(names, ["a", "c"]);
    }

    #[test]
    fn a_row_with_an_unknown_outcome_is_refused() {
        assert!(Reference::parse("mpich\t1\ta\tmaybe\n", Abi::Mpich, 1).is_err());
        assert!(Reference::parse("mpich\ta\tfail\n", Abi::Mpich, 1).is_err());
    }
}
