//! Several gigabytes through two hosts: the ranks must not grow with them.

use super::Stage;
use crate::job::{Abi, Job, Launcher, Library};
use crate::programs;
use crate::tally::Tally;
use anyhow::Result;

const MEGABYTES: &str = "3000";

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let source = stage.products.root.join("c-tests/stress/memory.c");
    let mut growth = String::new();
    tally.case(&format!("{MEGABYTES} MB each way in flat memory"), || {
        let program = programs::compile(&source, Abi::Mpich, None)?;
        let outcome = Job::new(Launcher::Mpiexec, Library::Preloaded, 2, program)
            .arguments([MEGABYTES])
            .limit(300)
            .run(&stage.hosts, Some(&stage.products))?;
        growth = outcome
            .stderr
            .lines()
            .find(|line| line.contains("resident"))
            .unwrap_or_default()
            .into();
        let right = outcome.success() && outcome.stdout.contains("growth below 16 MB: 1");
        Ok((!right).then(|| outcome.explain()))
    });
    if !growth.is_empty() {
        tally.line(&format!("     {growth}"));
    }
    Ok(())
}
