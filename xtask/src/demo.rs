//! `cargo xtask demo`: an ordinary MPI program runs across two hosts, sealed,
//! and the proof is on the wire.
//!
//! The program is compiled with Debian's MPICH, knows nothing of us, and gets
//! the library by preloading. The same program then runs in the clear under
//! stock MPIs, so that the reader sees what the watcher sees without us.

use crate::capture::Capture;
use crate::capture::Watch;
use crate::frames;
use crate::hosts::{Host, Hosts};
use crate::job::{Abi, Job, Launcher, Library};
use crate::packages;
use crate::products::Products;
use crate::programs;
use crate::suites::CANARY;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::process::ExitCode;

pub fn run() -> Result<ExitCode> {
    packages::install_missing()?;
    step("building libmpisecure.so, mpiexec and mpi-secure (release)");
    let products = Products::build()?;
    step("making two hosts");
    let hosts = Hosts::up()?;
    println!("{}", hosts.describe());
    step("making a policy with a fresh key: mpi-secure keygen");
    println!("{} (mode 0600)", products.policy().display());
    for line in
        fs::read_to_string(products.policy())?.lines().filter(|line| line.contains("cipher ="))
    {
        println!("{line}");
    }

    step("compiling c-tests/demo/heat.c, an ordinary program, with mpicc.mpich");
    let source = products.root.join("c-tests/demo/heat.c");
    let program = programs::compile(&source, Abi::Mpich, None)?;

    step("running it: 4 ranks under our mpiexec, two on each host, libmpisecure.so preloaded");
    let report = products.work().join("report.json");
    let job = Job::new(Launcher::Mpiexec, Library::Preloaded, 4, &program)
        .variable("MPI_SECURE_REPORT", &report)
        .limit(120);
    let (sealed, output) = watched(&hosts, Some(&products), &job)?;
    print!("{output}");
    print_links(&report)?;

    step("the same program in the clear, for comparison");
    let mut plain = Vec::new();
    for (name, launcher, abi) in [
        ("stock MPICH", Launcher::Hydra, Abi::Mpich),
        ("stock Open MPI", Launcher::Orte, Abi::OpenMpi),
    ] {
        // Two ranks: with more, Debian's MPICH sometimes hangs at its end over TCP.
        let program = programs::compile(&source, abi, None)?;
        let job = Job::new(launcher, Library::Stock, 2, program).limit(60);
        match watched(&hosts, None, &job) {
            Ok((capture, same)) => {
                let equal = if same == output { "same output" } else { "ANOTHER OUTPUT" };
                println!("{name}: {equal}");
                plain.push((name, capture, same == output));
            }
            Err(error) => println!("{name}: {error:#}"),
        }
    }

    step("what a watcher of the wire saw");
    println!("looking for the text that the program sends: {}", String::from_utf8_lossy(CANARY));
    let mut proved = true;
    let Some(sealed) = sealed else {
        println!("not watched: that needs namespaces, and they need root");
        return Ok(ExitCode::SUCCESS);
    };
    for (name, capture, same) in &plain {
        if let Some(capture) = capture {
            tell_of(name, capture);
            proved &= capture.count(CANARY) > 0 && *same;
        }
    }
    tell_of("mpi-secure", &sealed);
    let (mut handshakes, mut frames_seen, mut foreign) = (0, 0, 0);
    for stream in &sealed.streams {
        match frames::walk(stream) {
            Ok(walked) => {
                handshakes += walked.handshake;
                frames_seen += walked.sealed;
            }
            Err(error) => {
                foreign += 1;
                println!("  a stream is not all ours: {error:#}");
            }
        }
    }
    println!(
        "  every byte belongs to {handshakes} handshake messages and {frames_seen} sealed frames: {}",
        if foreign == 0 { "yes" } else { "NO" }
    );
    proved &= sealed.count(CANARY) == 0 && foreign == 0 && frames_seen > 0 && !plain.is_empty();
    println!(
        "\n{}",
        if proved {
            "Sealed: the canary is on the wire without mpi-secure, and not with it."
        } else {
            "NOT PROVED: see above."
        }
    );
    Ok(if proved { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn step(text: &str) {
    println!("\n--- {text}");
}

/// Runs a job, watching the wire where there is one.
fn watched(
    hosts: &Hosts,
    products: Option<&Products>,
    job: &Job,
) -> Result<(Option<Capture>, String)> {
    let watch = if hosts.are_namespaces() { Some(Watch::start(hosts, Host::A)?) } else { None };
    let outcome = job.run(hosts, products)?;
    let capture = watch.map(|watch| watch.stop(hosts)).transpose()?;
    ensure!(outcome.success(), "the program failed: {}", outcome.explain());
    Ok((capture, outcome.stdout))
}

fn tell_of(name: &str, capture: &Capture) {
    let count = capture.count(CANARY);
    println!(
        "{name}: {} packets, {} bytes in {} TCP streams; canary {}",
        capture.packets,
        capture.payload_bytes(),
        capture.streams.len(),
        if count > 0 { format!("SEEN in {count} streams") } else { "not seen".into() }
    );
}

fn print_links(report: &std::path::Path) -> Result<()> {
    let text = fs::read_to_string(report).context("the job wrote no report")?;
    let report: Value = serde_json::from_str(&text)?;
    println!("\nlinks, as the job reports them (MPI_SECURE_REPORT):");
    let row = |cells: [&str; 10]| {
        println!(
            "{:>5} {:>4}  {:<14} {:<42} {:<26} {:>9} {:>9} {:>11} {:>6}  {}",
            cells[0],
            cells[1],
            cells[2],
            cells[3],
            cells[4],
            cells[5],
            cells[6],
            cells[7],
            cells[8],
            cells[9]
        );
    };
    row([
        "rank",
        "peer",
        "its host",
        "identity",
        "suite",
        "handshake",
        "frames",
        "bytes",
        "epochs",
        "state",
    ]);
    for rank in report["ranks"].as_array().into_iter().flatten() {
        for link in rank["links"].as_array().into_iter().flatten() {
            let text =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
            let (sent, received) = (&link["sent"], &link["received"]);
            let both =
                |key: &str| sent[key].as_u64().unwrap_or(0) + received[key].as_u64().unwrap_or(0);
            row([
                &text(&rank["process"]),
                &text(&link["peer"]),
                &text(&link["host"]),
                &text(&link["identity"]),
                &match text(&link["transport"]).as_str() {
                    "tcp" => text(&link["suite"]),
                    transport => format!("{transport}, {}", text(&link["suite"])),
                },
                &format!("{} us", link["handshake_us"]),
                &both("frames").to_string(),
                &both("bytes").to_string(),
                &format!("{}/{}", sent["epochs"], received["epochs"]),
                &text(&link["state"]),
            ]);
        }
    }
    Ok(())
}
