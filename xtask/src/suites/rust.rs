//! `cargo test` of the workspace, its tests counted one by one.

use super::Stage;
use crate::process;
use crate::products::cargo;
use crate::tally::Tally;
use anyhow::Result;
use std::process::Command;
use std::time::Duration;

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    if !tally.wants("cargo test") {
        return Ok(());
    }
    tally.running("cargo test");
    let mut command = Command::new(cargo());
    command.args(["test", "--workspace", "--no-fail-fast"]).current_dir(&stage.products.root);
    let outcome = process::run(&mut command, Duration::from_secs(1200))?;
    let mut passed = 0;
    for line in outcome.stdout.lines().filter(|line| line.starts_with("test ")) {
        match line.rsplit(" ... ").next() {
            Some("ok") => passed += 1,
            Some("FAILED") => tally.fail(line.trim_end_matches(" ... FAILED"), "see cargo test"),
            Some(word) if word.starts_with("ignored") => tally.skip(line, "ignored"),
            _ => {}
        }
    }
    tally.pass_many(passed);
    tally.line(&format!(
        "pass {passed} tests of cargo test ({:.0} s)",
        outcome.elapsed.as_secs_f64()
    ));
    // What the failed tests said, a section each.
    for section in outcome.stdout.split("\n---- ").skip(1) {
        let end = section.find("\nfailures:").unwrap_or(section.len());
        tally.line(&format!("---- {}", section[..end].trim_end()));
    }
    if !outcome.success() {
        tally.fail("cargo test", &outcome.explain());
    }
    Ok(())
}
