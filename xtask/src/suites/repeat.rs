//! Eight ranks on two cores, and on one, again and again: what hangs once in a
//! hundred times hangs here.

use super::Stage;
use crate::job::{Abi, Job, Launcher, Library, Spread};
use crate::programs;
use crate::tally::Tally;
use anyhow::Result;

const TIMES: usize = 50;
const RANKS: usize = 8;

/// Programs that meet in many ways: matching, collectives, splitting, a ring.
const PROGRAMS: &[&str] =
    &["coll/mixing", "pt2pt/anyorder", "coll/subset", "demo/ring", "pt2pt/unexpected"];

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    for (title, before) in [("on two cores", &[][..]), ("on one core", &["taskset", "-c", "0"][..])]
    {
        tally.case(&format!("{RANKS} ranks {title}, {TIMES} times"), || {
            let mut expected = vec![None; PROGRAMS.len()];
            for time in 0..TIMES {
                let which = time % PROGRAMS.len();
                let source = stage.products.root.join(format!("c-tests/{}.c", PROGRAMS[which]));
                let program = programs::compile(&source, Abi::Mpich, None)?;
                let spread = if time % 2 == 0 { Spread::BothHosts } else { Spread::OneHost };
                let outcome = Job::new(Launcher::Mpiexec, Library::Preloaded, RANKS, program)
                    .spread(spread)
                    .before(before)
                    .limit(30)
                    .run(&stage.hosts, Some(&stage.products))?;
                if !outcome.success() {
                    return Ok(Some(format!(
                        "{} in run {time}: {}",
                        PROGRAMS[which],
                        outcome.explain()
                    )));
                }
                let first = expected[which].get_or_insert_with(|| outcome.stdout.clone());
                if *first != outcome.stdout {
                    return Ok(Some(format!(
                        "{} printed something else in run {time}",
                        PROGRAMS[which]
                    )));
                }
            }
            Ok(None)
        });
    }
    Ok(())
}
