//! Instructions and allocations of the hot path, counted in valgrind: the same on a busy machine
//! as on a quiet one. They are compared with those on record.
//!
//! `examples/instructions.rs` does an operation so many times; the difference
//! between two numbers of times is the operation's. `UPDATE=1` records anew. None
//! of the operations takes memory from the heap.

use super::Stage;
use crate::products::{Products, cargo};
use crate::tally::Tally;
use crate::{packages, process};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const OPERATIONS: &[&str] = &[
    "seal-64",
    "pass-64",
    "seal-65536",
    "pass-65536",
    "send",
    "expected",
    "unexpected",
    "ruled-send",
    "ruled-expected",
];

const RECORD: &str = "bench/instructions.tsv";

/// How much more than on record is noise: other versions of the C library move
/// memory otherwise.
const TOLERANCE: f64 = 0.05;

/// Each time: none, but for the queue of `send`, which doubles now and then, since
/// nobody reads it.
const ALLOCATIONS_MAX: f64 = 0.01;

/// Two numbers of times, past all that only grows at first.
fn times(operation: &str) -> [u64; 2] {
    if operation.ends_with("65536") { [50, 150] } else { [500, 1500] }
}

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    if !has_avx2() {
        tally.skip("all", &format!("{RECORD} is of processors with AVX2"));
        return Ok(());
    }
    packages::install("valgrind", "valgrind")?;
    let program = build(&stage.products)?;
    let path = stage.products.root.join(RECORD);
    let updates = std::env::var_os("UPDATE").is_some();
    let known = if updates { BTreeMap::new() } else { read(&path)? };
    let mut counted = BTreeMap::new();
    for &operation in OPERATIONS {
        tally.case(operation, || {
            let allocations = of_each(operation, |times| allocations(&program, operation, times))?;
            if allocations > ALLOCATIONS_MAX {
                return Ok(Some(format!("{allocations:.2} allocations each time")));
            }
            let each = of_each(operation, |times| instructions(&program, operation, times))?;
            counted.insert(operation.to_owned(), each);
            if updates {
                return Ok(None);
            }
            let known = known.get(operation).with_context(|| format!("not in {RECORD}"))?;
            Ok((each > known * (1.0 + TOLERANCE))
                .then(|| format!("{each:.0} instructions, and {known:.0} in {RECORD}")))
        });
    }
    for (operation, each) in &counted {
        tally.line(&format!("     {operation}: {each:.0} instructions"));
    }
    if updates {
        write(&path, &counted)?;
    }
    Ok(())
}

/// As the ciphers' library asks: other code runs where this is missing.
fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

fn build(products: &Products) -> Result<PathBuf> {
    let status = Command::new(cargo())
        .args(["build", "--quiet", "--release", "--example", "instructions"])
        .current_dir(&products.root)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "examples/instructions.rs does not build");
    Ok(products.folder.join("examples/instructions"))
}

/// What one more time adds to a count.
fn of_each(operation: &str, count: impl Fn(u64) -> Result<u64>) -> Result<f64> {
    let [few, many] = times(operation);
    let (less, more) = (count(few)?, count(many)?);
    Ok((more as f64 - less as f64) / (many - few) as f64)
}

/// All instructions of a run.
fn instructions(program: &Path, operation: &str, times: u64) -> Result<u64> {
    let options = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];
    number(valgrind(&options, program, operation, times)?.split_once("I   refs:"))
}

/// All allocations of a run.
fn allocations(program: &Path, operation: &str, times: u64) -> Result<u64> {
    let options = ["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"];
    number(valgrind(&options, program, operation, times)?.split_once("total heap usage:"))
}

fn valgrind(options: &[&str], program: &Path, operation: &str, times: u64) -> Result<String> {
    let mut command = Command::new("valgrind");
    command.args(options).arg(program).arg(operation).arg(times.to_string());
    let outcome = process::run(&mut command, Duration::from_secs(240))?;
    ensure!(outcome.success(), "{}", outcome.explain());
    Ok(outcome.stderr)
}

/// The first number behind a label.
fn number(found: Option<(&str, &str)>) -> Result<u64> {
    let (_, rest) = found.context("valgrind counted nothing")?;
    let number = rest.split_whitespace().next().context("valgrind's count is empty")?;
    Ok(number.replace(',', "").parse()?)
}

fn read(path: &Path) -> Result<BTreeMap<String, f64>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let (operation, each) = row.split_once('\t').context("a row without a tab")?;
        Ok((operation.to_owned(), each.parse()?))
    })
    .collect()
}

fn write(path: &Path, counted: &BTreeMap<String, f64>) -> Result<()> {
    let mut text = String::from("# operation (examples/instructions.rs)\tinstructions\n");
    for (operation, each) in counted {
        text += &format!("{operation}\t{each:.0}\n");
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
