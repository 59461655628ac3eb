//! From what a program did to what that means: the rules of the suite's own
//! `runtests`, and then the comparison with the stock library.

use super::reference::Status;
use super::testlist::{Line, Rule};
use crate::process::Outcome;

/// How a line ended, by the rules of `runtests`.
pub fn status(line: &Line, outcome: &Outcome) -> Status {
    let waits_to_be_ended = line.rule == Rule::Fails && line.limit_is_its_own;
    // A launcher that obeys MPIEXEC_TIMEOUT ends the job by itself.
    let was_ended = outcome.elapsed >= line.limit && !waits_to_be_ended;
    if outcome.status.is_none() || was_ended {
        return Status::Timeout;
    }
    let text = format!("{}\n{}", outcome.stdout, outcome.stderr);
    let passed = match line.rule {
        Rule::NoErrors => outcome.success() && says_no_errors(&text),
        Rule::Fails => !outcome.success(),
        Rule::NoErrorsFails => !outcome.success() && says_no_errors(&text),
    };
    if passed { Status::Pass } else { Status::Fail }
}

/// "No Errors" at least once, and nothing that is not a kind of it.
fn says_no_errors(text: &str) -> bool {
    let mut said = false;
    for line in text.lines() {
        match line.trim() {
            "No Errors" | "No errors" => said = true,
            "" | "Test Passed" | "FORTRAN STOP" => {}
            _ => return false,
        }
    }
    said
}

/// What a line counts as in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Failed,
    /// Why nothing is asked of it.
    NotApplicable(String),
}

/// `stock` is the outcome under the stock library, if there is one of it;
/// `exception` is the reason from the list of exceptions.
pub fn judge(status: Status, stock: Option<Status>, exception: Option<&str>) -> Verdict {
    if status == Status::Pass {
        return Verdict::Passed;
    }
    if let Some(reason) = exception {
        return Verdict::NotApplicable(reason.into());
    }
    let reason = match stock {
        None | Some(Status::Pass) => return Verdict::Failed,
        Some(Status::NoBuild) => "does not build with the stock library",
        Some(Status::Timeout) => "the stock library does not end either",
        Some(Status::Skip) => "not run, since the reference run left it out",
        Some(Status::Fail | Status::ExpectedFail) => "the stock library fails too",
    };
    Verdict::NotApplicable(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suites::mpich::testlist::Key;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;
    use std::time::Duration;

    fn line(rule: Rule) -> Line {
        let key = Key {
            directory: "coll".into(),
            program: "some".into(),
            ranks: 2,
            arguments: Vec::new(),
            variables: Vec::new(),
        };
        let limit = Duration::from_secs(10);
        Line { key, rule, limit, limit_is_its_own: false, memory: 0.0, launcher: Vec::new() }
    }

    fn outcome(code: i32, stdout: &str, stderr: &str) -> Outcome {
        Outcome {
            status: Some(ExitStatus::from_raw(code << 8)),
            stdout: stdout.into(),
            stderr: stderr.into(),
            elapsed: Duration::from_secs(1),
            hung: Vec::new(),
        }
    }

    #[test]
    fn no_errors_and_nothing_else_passes() {
        let line = line(Rule::NoErrors);
        for text in [" No Errors\n", "No errors", "\n No Errors\n No Errors\nTest Passed\n"] {
            assert_eq!(status(&line, &outcome(0, text, "")), Status::Pass, "{text:?}");
        }
    }

    #[test]
    fn silence_a_warning_or_an_exit_code_fails() {
        let line = line(Rule::NoErrors);
        for (code, stdout, stderr) in [
            (0, "", ""),
            (0, " No Errors\nFound 3 errors\n", ""),
            (0, " No Errors\n", "warning: something\n"),
            (0, "No Errors!\n", ""),
            (1, " No Errors\n", ""),
        ] {
            let status = status(&line, &outcome(code, stdout, stderr));
            assert_eq!(status, Status::Fail, "{code} {stdout:?} {stderr:?}");
        }
    }

    #[test]
    fn a_job_that_is_to_fail_must_fail_by_itself() {
        let mut line = line(Rule::Fails);
        assert_eq!(status(&line, &outcome(1, "anything", "at all")), Status::Pass);
        assert_eq!(status(&line, &outcome(0, " No Errors\n", "")), Status::Fail);
        let killed = Outcome { status: None, ..outcome(0, "", "") };
        assert_eq!(status(&line, &killed), Status::Timeout);
        let ended = Outcome { elapsed: line.limit, ..outcome(124, "", "") };
        assert_eq!(status(&line, &ended), Status::Timeout);
        // Unless waiting for the limit is the test.
        line.limit_is_its_own = true;
        assert_eq!(status(&line, &ended), Status::Pass);
        // And then the launcher has to end it, not we.
        assert_eq!(status(&line, &killed), Status::Timeout);
    }

    #[test]
    fn a_failing_job_may_still_have_to_say_no_errors() {
        let line = line(Rule::NoErrorsFails);
        assert_eq!(status(&line, &outcome(1, " No Errors\n", "")), Status::Pass);
        assert_eq!(status(&line, &outcome(1, "", "")), Status::Fail);
        assert_eq!(status(&line, &outcome(0, " No Errors\n", "")), Status::Fail);
    }

    #[test]
    fn only_what_the_stock_library_passes_is_asked_for() {
        assert_eq!(judge(Status::Fail, Some(Status::Pass), None), Verdict::Failed);
        assert_eq!(judge(Status::Timeout, Some(Status::Pass), None), Verdict::Failed);
        assert_eq!(judge(Status::NoBuild, Some(Status::Pass), None), Verdict::Failed);
        // A line that no reference knows must pass.
        assert_eq!(judge(Status::Fail, None, None), Verdict::Failed);
        for stock in [Status::Fail, Status::Timeout, Status::NoBuild, Status::Skip] {
            let verdict = judge(Status::Fail, Some(stock), None);
            assert!(matches!(verdict, Verdict::NotApplicable(_)), "{stock:?}");
            assert_eq!(judge(Status::Pass, Some(stock), None), Verdict::Passed);
        }
    }

    #[test]
    fn an_exception_excuses_a_failure_and_hides_no_success() {
        let excused = judge(Status::Fail, Some(Status::Pass), Some("its reason"));
        assert_eq!(excused, Verdict::NotApplicable("its reason".into()));
        assert_eq!(judge(Status::Pass, Some(Status::Pass), Some("its reason")), Verdict::Passed);
    }
}
