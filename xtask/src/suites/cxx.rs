//! What is left of MPI's C++ bindings, which MPI-3.0 removed: a program that uses
//! them runs over the stock C++ library, whose C functions are ours; and what
//! that library does behind our back is refused by name.

use super::{Stage, c};
use crate::job::{Abi, Job, Launcher, Library, Spread};
use crate::products::root;
use crate::programs;
use crate::tally::Tally;
use anyhow::{Result, ensure};

const RANKS: usize = 4;

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let source = root().join("c-tests/cxx/whole.cpp");
    for abi in [Abi::Mpich, Abi::OpenMpi] {
        tally.case(&format!("cxx/whole, {RANKS} ranks, {}", abi.name()), || {
            let program = programs::compile(&source, abi, None)?;
            let launcher = if abi == Abi::OpenMpi { Launcher::Orte } else { Launcher::Hydra };
            let stock = Job::new(launcher, Library::Stock, RANKS, &program)
                .spread(Spread::OneHost)
                .run(&stage.hosts, None)?;
            ensure!(stock.success(), "stock {}: {}", abi.name(), stock.explain());
            ensure!(stock.stdout.contains("grid"), "stock {} did not come to its end", abi.name());
            let outcome = Job::new(Launcher::Mpiexec, Library::Preloaded, RANKS, &program)
                .run(&stage.hosts, Some(&stage.products))?;
            Ok(c::complaint(&stock.stdout, &outcome))
        });
        tally.case(&format!("cxx/whole op, {}: refused", abi.name()), || {
            let program = programs::compile(&source, abi, None)?;
            let outcome = Job::new(Launcher::Mpiexec, Library::Preloaded, RANKS, &program)
                .arguments(["op"])
                .run(&stage.hosts, Some(&stage.products))?;
            let says = outcome.stderr.contains("an operation (Op::Init) of MPI's C++ bindings");
            Ok((outcome.success() || !says).then(|| outcome.explain()))
        });
    }
    Ok(())
}
