//! 100,000 random messages between four ranks on two hosts, each checked.

use super::Stage;
use crate::job::{Abi, Job, Launcher, Library};
use crate::programs;
use crate::tally::Tally;
use anyhow::Result;

const MESSAGES: &str = "100000";

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let source = stage.products.root.join("c-tests/stress/random.c");
    // Another seed on request; the default is the same everywhere.
    let seed = std::env::var("STRESS_SEED").unwrap_or_else(|_| "20".into());
    tally.case(&format!("{MESSAGES} random messages, seed {seed}"), || {
        let program = programs::compile(&source, Abi::Mpich, None)?;
        let outcome = Job::new(Launcher::Mpiexec, Library::Preloaded, 4, program)
            .arguments([MESSAGES, &seed])
            .limit(600)
            .run(&stage.hosts, Some(&stage.products))?;
        let received: u64 = outcome
            .stdout
            .lines()
            .filter_map(|line| line.split(' ').nth(1)?.parse::<u64>().ok())
            .sum();
        let right = outcome.success()
            && received.to_string() == MESSAGES
            && outcome.stdout.lines().all(|line| line.ends_with(" 0 wrong"));
        Ok((!right).then(|| outcome.explain()))
    });
    Ok(())
}
