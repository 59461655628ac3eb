//! What `record.py` wrote, one file per rank, and the comparison with what the
//! stock library makes of each test.

use crate::job::Abi;
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, HashMap, HashSet};
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

/// Stands for a test where a job ended between two.
const THE_END: &str = "the end";

/// The worst outcome of each test over the ranks, and its words.
#[derive(Debug, Default)]
pub struct Record {
    tests: BTreeMap<String, (Outcome, String)>,
}

/// What a record comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judged {
    pub passed: usize,
    /// The stock library fails or skips them too, or an exception names them.
    pub excused: usize,
    /// One of these was a failure, so that the job failed.
    pub excused_failure: bool,
    pub failed: Vec<(String, String)>,
}

/// What one rank says of one test: nothing, as long as it has not ended there.
type Said = BTreeMap<String, Option<(Outcome, String)>>;

impl Record {
    /// Adds what the ranks of a job left in `file.RANK`, and says whether all of
    /// them came to the end of the suite.
    pub fn add_job(&mut self, file: &Path, ranks: usize) -> Result<bool> {
        let mut texts = Vec::new();
        for rank in 0..ranks {
            let path = PathBuf::from(format!("{}.{rank}", file.display()));
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            texts.push(text);
        }
        Ok(self.add(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// Of a job that hung or died only the tests count that every rank has begun:
    /// in a later one a rank had waited for others that never came there.
    fn add(&mut self, texts: &[&str]) -> bool {
        let (said, ended): (Vec<Said>, Vec<bool>) = texts.iter().map(|text| read(text)).unzip();
        let complete = ended.iter().all(|ended| *ended);
        let mut guilty = false;
        for (rank, tests) in said.iter().enumerate() {
            for (test, end) in tests {
                if !complete && !said.iter().all(|tests| tests.contains_key(test)) {
                    continue;
                }
                match end {
                    Some((outcome, words)) => {
                        self.note(test, *outcome, &format!("rank {rank}: {words}"));
                    }
                    None => {
                        guilty = true;
                        self.note(test, Outcome::Fail, &format!("rank {rank} stayed in it"));
                    }
                }
            }
        }
        if !complete && !guilty {
            let rank = ended.iter().position(|ended| !ended).unwrap_or_default();
            self.note(THE_END, Outcome::Fail, &format!("rank {rank} did not come to it"));
        }
        complete
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

    /// The names of all tests, a line each.
    pub fn names(&self) -> String {
        self.tests.keys().map(|test| format!("{test}\n")).collect()
    }

    pub fn judge(&self, reference: &Reference) -> Judged {
        let mut judged = Judged::default();
        for (test, (outcome, words)) in &self.tests {
            match (outcome, reference.outcome(test)) {
                (Outcome::Pass, _) => judged.passed += 1,
                (outcome, Outcome::Pass) if reference.exceptions.contains(test) => {
                    judged.excused += 1;
                    judged.excused_failure |= *outcome == Outcome::Fail;
                }
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

/// What the file of one rank says, and whether it came to its end.
fn read(text: &str) -> (Said, bool) {
    let mut said = Said::new();
    let mut ended = false;
    for line in text.lines() {
        let mut columns = line.splitn(3, '\t');
        let kind = columns.next().unwrap_or_default();
        let test = columns.next().unwrap_or_default();
        let words = columns.next().unwrap_or_default();
        match (kind, Outcome::parse(kind)) {
            ("begin", _) => {
                said.entry(test.to_string()).or_default();
            }
            ("end", _) => ended = true,
            (_, Some(outcome)) => {
                // Parts of a test may fail one by one before it ends.
                let known = said.entry(test.to_string()).or_default();
                if known.as_ref().is_none_or(|(worst, _)| outcome > *worst) {
                    *known = Some((outcome, words.to_string()));
                }
            }
            _ => {}
        }
    }
    (said, ended)
}

/// What the stock library makes of each test: it passes, unless a row says
/// something else.
#[derive(Default)]
pub struct Reference {
    outcomes: HashMap<String, Outcome>,
    /// Tests that pass in stock and whose failure says nothing about this library.
    exceptions: HashSet<String>,
}

impl Reference {
    /// From `stock.tsv` and `exceptions.tsv`. No stock library of the standard's ABI
    /// is here: there MPICH's is the reference.
    pub fn read(folder: &Path, abi: Abi, ranks: usize) -> Result<Reference> {
        let stock = if abi == Abi::Standard { Abi::Mpich } else { abi };
        let mut reference = Reference::default();
        let rows = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        for_each_row(&rows("stock.tsv")?, |row| reference.add_stock(row, stock, ranks))
            .context("stock.tsv")?;
        for_each_row(&rows("exceptions.tsv")?, |row| reference.add_exception(row, abi))
            .context("exceptions.tsv")?;
        Ok(reference)
    }

    fn add_stock(&mut self, row: [&str; 4], abi: Abi, ranks: usize) -> Result<()> {
        let [whose, of, test, outcome] = row;
        let outcome =
            Outcome::parse(outcome).with_context(|| format!("{outcome:?} is no outcome"))?;
        if whose == abi.name() && of == ranks.to_string() {
            self.outcomes.insert(test.to_string(), outcome);
        }
        Ok(())
    }

    fn add_exception(&mut self, row: [&str; 3], abi: Abi) -> Result<()> {
        let [whose, test, reason] = row;
        ensure!(!reason.is_empty(), "{test} has no reason");
        if whose == "all" || whose == abi.name() {
            self.exceptions.insert(test.to_string());
        }
        Ok(())
    }

    fn outcome(&self, test: &str) -> Outcome {
        self.outcomes.get(test).copied().unwrap_or(Outcome::Pass)
    }
}

/// The tests that rows of results are about, a line each.
pub fn tests_of(rows: &str, abi: Abi, ranks: usize) -> Result<String> {
    let mut tests = String::new();
    for_each_row(rows, |[whose, of, test, _]| {
        let of_reference = whose == Abi::Standard.name() && abi == Abi::Mpich;
        if (whose == abi.name() || of_reference) && of == ranks.to_string() {
            tests += &format!("{test}\n");
        }
        Ok(())
    })?;
    Ok(tests)
}

/// Calls `take` with the columns of every row; what it complains of is told with the
/// line's number.
fn for_each_row<const COLUMNS: usize>(
    text: &str,
    mut take: impl FnMut([&str; COLUMNS]) -> Result<()>,
) -> Result<()> {
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let count = columns.len();
        <[&str; COLUMNS]>::try_from(columns)
            .map_err(|_| anyhow::anyhow!("{count} columns, not {COLUMNS}"))
            .and_then(&mut take)
            .with_context(|| format!("line {}", number + 1))?;
    }
    Ok(())
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
        record.add(texts);
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
    fn a_job_that_stops_fails_the_test_that_all_had_begun_and_leaves_the_next_to_another() {
        let mut record = Record::default();
        let first = "begin\ta\t\npass\ta\t\nbegin\tb\t\n";
        assert!(!record.add(&[first, &format!("{first}pass\tb\t\nbegin\tc\t\n")]));
        assert_eq!((record.names().as_str(), record.tests()), ("a\nb\n", 2));
        assert!(record.add(&["begin\tc\t\npass\tc\t\nend\t1\t0.1\n"; 2]));
        assert_eq!(record.rows(Abi::Mpich, 2), "mpich\t2\tb\tfail\n");
    }

    #[test]
    fn a_job_that_stops_between_two_tests_fails_the_end() {
        let record = record(&["begin\ta\t\npass\ta\t\n", "begin\ta\t\npass\ta\t\nbegin\tb\t\n"]);
        assert_eq!(record.rows(Abi::Mpich, 2), "mpich\t2\tthe end\tfail\n");
    }

    fn reference(stock: &str, exceptions: &str) -> Result<Reference> {
        let mut reference = Reference::default();
        for_each_row(stock, |row| reference.add_stock(row, Abi::Mpich, 1))?;
        for_each_row(exceptions, |row| reference.add_exception(row, Abi::Mpich))?;
        Ok(reference)
    }

    #[test]
    fn only_what_stock_passes_is_asked_for_and_skipping_it_is_no_way_out() {
        let stock = "# head\nmpich\t1\tb\tfail\nmpich\t2\ta\tfail\nmpich\t1\td\tskip\n";
        let text = "fail\ta\tw\nfail\tb\tw\nskip\tc\tw\nskip\td\tw\npass\te\t\nend\t5\t0.1\n";
        let judged = record(&[text]).judge(&reference(stock, "").unwrap());
        assert_eq!((judged.passed, judged.excused, judged.excused_failure), (1, 2, true));
        let names: Vec<&str> = judged.failed.iter().map(|(test, _)| test.as_str()).collect();
        assert_eq!(names, ["a", "c"]);
    }

    #[test]
    fn an_exception_is_for_its_abi_and_needs_a_reason() {
        let exceptions = "mpich\ta\tno fault of ours\nopenmpi\tb\tnor this\n";
        let judged = record(&["fail\ta\tw\nfail\tb\tw\nend\t2\t0.1\n"])
            .judge(&reference("", exceptions).unwrap());
        assert_eq!((judged.excused, judged.failed.len()), (1, 1));
        assert!(reference("", "mpich\ta\t\n").is_err());
    }

    #[test]
    fn a_row_with_an_unknown_outcome_is_refused() {
        assert!(reference("mpich\t1\ta\tmaybe\n", "").is_err());
        assert!(reference("mpich\ta\tfail\n", "").is_err());
    }
}
