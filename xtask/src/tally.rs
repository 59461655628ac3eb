//! Counting what passed and what failed, a line each, as it happens.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

pub struct Tally {
    suite: String,
    bar: ProgressBar,
    /// Only cases whose name holds this text count, and run.
    only: Option<String>,
    passed: usize,
    skipped: usize,
    failures: Vec<String>,
    started: Instant,
}

impl Tally {
    pub fn new(only: Option<String>) -> Tally {
        // Drawn on a terminal only.
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
        bar.set_style(style.expect("the template is constant"));
        bar.enable_steady_tick(Duration::from_millis(200));
        let started = Instant::now();
        Tally {
            suite: String::new(),
            bar,
            only,
            passed: 0,
            skipped: 0,
            failures: Vec::new(),
            started,
        }
    }

    pub fn begin_suite(&mut self, name: &str) {
        self.suite = name.into();
        self.line(&format!("== {name}"));
    }

    /// Whether the caller asked for this case.
    pub fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| self.full(name).contains(only.as_str()))
    }

    /// How many cases there were so far.
    pub fn count(&self) -> usize {
        self.passed + self.skipped + self.failures.len()
    }

    /// Whether only some cases were asked for.
    pub fn is_filtered(&self) -> bool {
        self.only.is_some()
    }

    /// Says what runs now.
    pub fn running(&self, name: &str) {
        self.bar.set_message(self.full(name));
    }

    pub fn pass(&mut self, name: &str, elapsed: Duration) {
        self.passed += 1;
        self.line(&format!("pass {} ({:.1} s)", self.full(name), elapsed.as_secs_f64()));
    }

    pub fn pass_many(&mut self, count: usize) {
        self.passed += count;
    }

    pub fn skip_many(&mut self, count: usize) {
        self.skipped += count;
    }

    pub fn fail(&mut self, name: &str, why: &str) {
        self.line(&format!("FAIL {}: {why}", self.full(name)));
        self.failures.push(self.full(name));
    }

    pub fn skip(&mut self, name: &str, why: &str) {
        self.skipped += 1;
        self.line(&format!("skip {}: {why}", self.full(name)));
    }

    /// Passes when there is nothing to complain of.
    pub fn judge(&mut self, name: &str, elapsed: Duration, complaint: Option<String>) {
        match complaint {
            None => self.pass(name, elapsed),
            Some(why) => self.fail(name, &why),
        }
    }

    /// A case that may go wrong in ways its own words do not cover.
    pub fn case(&mut self, name: &str, run: impl FnOnce() -> anyhow::Result<Option<String>>) {
        if !self.wants(name) {
            return;
        }
        self.running(name);
        let start = Instant::now();
        let complaint = run().unwrap_or_else(|error| Some(format!("{error:#}")));
        self.judge(name, start.elapsed(), complaint);
    }

    pub fn line(&self, text: &str) {
        self.bar.suspend(|| println!("{text}"));
    }

    /// Prints the end of it all; true when something ran and nothing failed.
    pub fn finish(self) -> bool {
        self.bar.finish_and_clear();
        let ran = self.count() > 0;
        if !ran {
            println!("no case ran: nothing matches what was asked for");
        }
        if !self.failures.is_empty() {
            println!("\nfailed:");
            for name in &self.failures {
                println!("  {name}");
            }
        }
        println!("took {:.0} s", self.started.elapsed().as_secs_f64());
        let (passed, failed) = (self.passed, self.failures.len());
        match self.skipped {
            0 => println!("{passed} passed, {failed} failed"),
            skipped => println!("{passed} passed, {failed} failed, {skipped} skipped"),
        }
        ran && failed == 0
    }

    fn full(&self, name: &str) -> String {
        format!("{}: {name}", self.suite)
    }
}
