//! The table at the end of a pass, and the file that keeps each line's result.

use super::reference::Status;
use super::testlist::{Key, Language};
use super::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// One line of a pass.
pub struct Row {
    pub key: Key,
    pub status: Status,
    pub verdict: Verdict,
    pub elapsed: Duration,
}

/// Directory, tests, passed, failed, not applicable; then the reasons, each
/// with the programs it is for.
pub fn render(title: &str, rows: &[Row], elapsed: Duration) -> String {
    let mut text = format!("\n{title}\n");
    let head = ["tests", "passed", "failed", "not applicable"];
    let _ = writeln!(
        text,
        "{:28}{:>7}{:>8}{:>8}{:>16}",
        "directory", head[0], head[1], head[2], head[3]
    );
    let mut write = |name: &str, rows: &[&Row]| {
        let count =
            |wanted: fn(&Verdict) -> bool| rows.iter().filter(|row| wanted(&row.verdict)).count();
        let passed = count(|verdict| *verdict == Verdict::Passed);
        let failed = count(|verdict| *verdict == Verdict::Failed);
        let none = count(|verdict| matches!(verdict, Verdict::NotApplicable(_)));
        let _ = writeln!(text, "{name:28}{:7}{passed:8}{failed:8}{none:16}", rows.len());
    };
    for directory in Language::ALL.iter().flat_map(|language| language.directories()) {
        let chosen: Vec<&Row> = rows.iter().filter(|row| row.key.directory == *directory).collect();
        if !chosen.is_empty() {
            write(directory, &chosen);
        }
    }
    write("all", &rows.iter().collect::<Vec<_>>());

    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in rows {
        if let Verdict::NotApplicable(reason) = &row.verdict {
            let name = row.key.name();
            let names = reasons.entry(reason).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    for (reason, names) in reasons {
        let _ = writeln!(text, "not applicable, {reason}: {}", names.join(", "));
    }
    let _ = writeln!(text, "took {:.0} s", elapsed.as_secs_f64());
    text
}

/// A row of a result file: the columns of the reference, and what else is known.
pub fn record(row: &Row) -> String {
    let verdict = match &row.verdict {
        Verdict::Passed => "passed".to_string(),
        Verdict::Failed => "failed".to_string(),
        Verdict::NotApplicable(reason) => format!("not applicable: {reason}"),
    };
    let seconds = row.elapsed.as_secs_f64();
    format!("{}\t{}\t{seconds:.2}\t{verdict}", row.key.columns(), row.status.name())
}

pub const RECORD_HEAD: &str =
    "# directory\tprogram\tranks\targuments\tvariables\tstatus\tseconds\tverdict";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_counts_by_directory_and_names_what_is_not_applicable() {
        let row = |directory: &str, program: &str, verdict| Row {
            key: Key {
                directory: directory.into(),
                program: program.into(),
                ranks: 2,
                arguments: Vec::new(),
                variables: Vec::new(),
            },
            status: Status::Fail,
            verdict,
            elapsed: Duration::from_millis(1500),
        };
        let excused = || Verdict::NotApplicable("a reason".into());
        let rows = [
            row("coll", "one", Verdict::Passed),
            row("coll", "two", Verdict::Failed),
            row("coll", "three", excused()),
            row("coll", "three", excused()),
            row("attr", "four", Verdict::Passed),
        ];
        let text = render("a title", &rows, Duration::from_secs(7));
        let numbers = |name: &str| -> Vec<usize> {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().skip(1).map(|word| word.parse().unwrap()).collect()
        };
        assert_eq!(numbers("coll"), [4, 1, 1, 2]);
        assert_eq!(numbers("attr"), [1, 1, 0, 0]);
        assert_eq!(numbers("all"), [5, 2, 1, 2]);
        assert!(text.contains("not applicable, a reason: coll/three\n"), "{text}");
        assert_eq!(record(&rows[1]), "coll\ttwo\t2\t\t\tfail\t1.50\tfailed");
    }
}
