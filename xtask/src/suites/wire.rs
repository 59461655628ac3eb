//! What passes between two hosts: only our frames, and no canary.
//!
//! The control comes first: the same program under a stock MPI must show the
//! canary, else the search proves nothing.

use super::Stage;
use crate::capture::{Capture, Watch};
use crate::frames;
use crate::hosts::Host;
use crate::job::{Abi, Job, Launcher, Library};
use crate::products::Products;
use crate::programs;
use crate::tally::Tally;
use anyhow::{Result, ensure};

/// In the messages of `c-tests/demo`.
pub const CANARY: &[u8] = b"CANARY-the-plate-glows-in-the-dark-7f3a";

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    if !stage.hosts.are_namespaces() {
        tally.skip("all", "watching the wire needs namespaces, and they need root");
        return Ok(());
    }
    let products = &stage.products;
    tally.case("control: stock Open MPI shows the canary", || {
        let (capture, _) = watch(stage, Launcher::Orte, Library::Stock, Abi::OpenMpi, None)?;
        Ok((capture.count(CANARY) == 0)
            .then(|| format!("not seen in {} bytes", capture.payload_bytes())))
    });
    tally.case("control: stock MPICH shows the canary", || {
        let (capture, _) = watch(stage, Launcher::Hydra, Library::Stock, Abi::Mpich, None)?;
        Ok((capture.count(CANARY) == 0)
            .then(|| format!("not seen in {} bytes", capture.payload_bytes())))
    });
    for (launcher, abi, library) in [
        (Launcher::Mpiexec, Abi::Mpich, Library::Preloaded),
        (Launcher::Mpiexec, Abi::OpenMpi, Library::Preloaded),
        (Launcher::Mpiexec, Abi::Standard, Library::Linked),
    ] {
        tally.case(&format!("sealed: {} program under {}", abi.name(), launcher.name()), || {
            let (capture, _) = watch(stage, launcher, library, abi, Some(products))?;
            Ok(complaint(&capture))
        });
    }
    for (launcher, abi) in [(Launcher::Hydra, Abi::Mpich), (Launcher::Orte, Abi::OpenMpi)] {
        // The launcher's own connections are in the clear there: only the
        // canary is looked for, and every sealed stream is walked.
        tally.case(&format!("sealed: {} program under {}", abi.name(), launcher.name()), || {
            let (capture, _) = watch(stage, launcher, Library::Preloaded, abi, Some(products))?;
            let sealed =
                capture.streams.iter().filter(|stream| frames::walk(stream).is_ok()).count();
            Ok(match (capture.count(CANARY), sealed) {
                (0, 0) => Some("no sealed stream was seen".into()),
                (0, _) => None,
                (count, _) => Some(format!("the canary is in {count} streams")),
            })
        });
    }
    Ok(())
}

/// Everything must be our frames, and hold no canary.
fn complaint(capture: &Capture) -> Option<String> {
    if capture.streams.len() < 2 || capture.payload_bytes() < 100_000 {
        return Some(format!(
            "only {} bytes in {} streams",
            capture.payload_bytes(),
            capture.streams.len()
        ));
    }
    if capture.count(CANARY) > 0 {
        return Some("the canary was seen".into());
    }
    let mut sealed = 0;
    for stream in &capture.streams {
        match frames::walk(stream) {
            Ok(walked) => sealed += walked.sealed,
            Err(why) => return Some(format!("{:?} to {:?}: {why:#}", stream.from, stream.to)),
        }
    }
    (sealed < 100).then(|| format!("only {sealed} sealed frames"))
}

/// Runs the demo's program across both hosts and captures what passes.
pub fn watch(
    stage: &Stage,
    launcher: Launcher,
    library: Library,
    abi: Abi,
    products: Option<&Products>,
) -> Result<(Capture, String)> {
    let source = stage.products.root.join("c-tests/demo/heat.c");
    let program = programs::compile(&source, abi, products)?;
    let watch = Watch::start(&stage.hosts, Host::A)?;
    let outcome = Job::new(launcher, library, 2, program)
        .arguments(["72", "48", "400"])
        .limit(60)
        .run(&stage.hosts, products)?;
    let capture = watch.stop(&stage.hosts)?;
    ensure!(outcome.success(), "the program failed: {}", outcome.explain());
    ensure!(outcome.stdout.contains("mean temperature 7.2589"), "wrong result: {}", outcome.stdout);
    Ok((capture, outcome.stdout))
}
