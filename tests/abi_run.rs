//! Programs compiled for each ABI, run with our library in front of (or instead
//! of) the stock one: the risky assumptions of the design, each kept as a test.

mod abi_support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use abi_support::{Vendor, library, repository, run, vendors};
use mpisecure::abi::Abi;
use tempfile::TempDir;

/// A directory with a policy, and the programs compiled into it.
struct Bench(TempDir);

impl Bench {
    fn new() -> Bench {
        let bench = Bench(tempfile::tempdir().unwrap());
        let policy = bench.path("policy.toml");
        run(Command::new(env!("CARGO_BIN_EXE_mpi-secure"))
            .args(["keygen", "--output"])
            .arg(policy));
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Compiles `c-tests/abi/NAME.c` against a header and a library.
    fn compile(&self, name: &str, include: &Path, library: &Path, flags: &[&str]) -> PathBuf {
        let program = self.path(name);
        let source = repository().join("c-tests/abi").join(name).with_extension("c");
        let mut gcc = Command::new("gcc");
        gcc.arg("-I").arg(include).arg(source).args(flags).arg(library).arg("-o").arg(&program);
        run(&mut gcc);
        program
    }

    fn program(&self, name: &str, vendor: &Vendor, flags: &[&str]) -> PathBuf {
        self.compile(name, &vendor.include, &vendor.library, flags)
    }

    /// Runs a program alone, with `preload` in front of its own libraries.
    fn command(&self, program: &Path, preload: &[&Path]) -> Command {
        let preload: Vec<_> = preload.iter().map(|path| path.display().to_string()).collect();
        let mut command = Command::new(program);
        command
            .env("LD_PRELOAD", preload.join(":"))
            // Cargo's own setting may lead to an older build.
            .env("LD_LIBRARY_PATH", library().parent().unwrap())
            .env("MPI_SECURE_CONFIG", self.path("policy.toml"))
            .env_remove("MPI_SECURE_ABI");
        command
    }
}

const HANDLES: &str = "\
struct of int and double: 12 bytes
freed datatype is null: 1
contiguous: 1
made of MPI_FLOAT: 1
duplicate is congruent: 1
freed group is null: 1
received 7 from myself 1 with tag 3
received 8, requests are null: 1
nothing from MPI_PROC_NULL: 1
freed communicator is null: 1
";

/// Open MPI's handles are copies the executable holds of our data objects
/// (copy relocations): position-independent or not, the copies are ours.
#[test]
fn handles_mean_the_same_in_stock_programs_of_either_kind() {
    let bench = Bench::new();
    for vendor in vendors() {
        for flags in [&["-fPIE", "-pie"][..], &["-fno-pie", "-no-pie"][..]] {
            let program = bench.program("handles", &vendor, flags);
            let output = run(&mut bench.command(&program, &[&library()]));
            assert_eq!(output, HANDLES, "{} {flags:?}", vendor.abi.name());
        }
    }
}

/// Nothing is preloaded and no stock library is there: the program's handles,
/// or a symbol it refers to, must tell its ABI.
#[test]
fn relinked_programs_are_recognised_without_a_stock_library() {
    let bench = Bench::new();
    let mut headers: Vec<_> = vendors().into_iter().map(|v| (v.abi, v.include)).collect();
    headers.push((Abi::Standard, repository().join("include")));
    for (abi, include) in headers {
        let program = bench.compile("handles", &include, &library(), &[]);
        let output = run(&mut bench.command(&program, &[]));
        assert_eq!(output, HANDLES, "{}", abi.name());
    }
}

/// Functions of MPI-4 that no stock library has, or has right.
#[test]
fn what_no_stock_library_has_judges_itself() {
    let bench = Bench::new();
    let include = repository().join("include");
    for (name, verdict) in [
        ("buffers", "buffers hold what they should\n"),
        ("peeks", "looking ends nothing\n"),
        ("crashes", "nothing crashed\n"),
    ] {
        let program = bench.compile(name, &include, &library(), &[]);
        assert_eq!(run(&mut bench.command(&program, &[])), verdict);
    }
}

#[test]
fn upper_half_of_an_mpich_handle_may_hold_anything() {
    let bench = Bench::new();
    for vendor in vendors().iter().filter(|vendor| vendor.abi == Abi::Mpich) {
        let program = bench.program("dirty", vendor, &[]);
        assert_eq!(run(&mut bench.command(&program, &[&library()])), "received 5\n");
    }
}

#[test]
fn twins_do_the_same() {
    let bench = Bench::new();
    for vendor in vendors() {
        let program = bench.program("twins", &vendor, &[]);
        assert_eq!(run(&mut bench.command(&program, &[&library()])), "twins agree\n");
    }
}

#[test]
fn profiling_tool_stands_between_program_and_library() {
    let bench = Bench::new();
    for vendor in vendors() {
        let tool = bench.program("tool", &vendor, &["-shared", "-fPIC"]);
        let program = bench.program("handles", &vendor, &[]);
        let output = run(&mut bench.command(&program, &[&tool, &library()]));
        assert_eq!(output, format!("{HANDLES}tool saw MPI_Comm_rank 1 times\n"));
    }
}

/// As Python does: at start-up nothing speaks of MPI.
#[test]
fn abi_of_a_plugin_loaded_later_is_recognised() {
    let bench = Bench::new();
    for vendor in vendors() {
        let plugin = bench.program("plugin", &vendor, &["-shared", "-fPIC"]);
        let loader = bench.program("loader", &vendor, &["-Wl,--as-needed"]);
        let mut command = bench.command(&loader, &[&library()]);
        assert_eq!(run(command.arg(plugin)), "plugin has rank 0\n", "{}", vendor.abi.name());
    }
}

#[test]
fn contradicting_evidence_ends_the_program_with_both_sides_named() {
    let bench = Bench::new();
    for vendor in vendors() {
        let program = bench.program("twins", &vendor, &[]);
        let mut command = bench.command(&program, &[&library()]);
        let Output { status, stderr, .. } =
            command.env("MPI_SECURE_ABI", "standard").output().unwrap();
        let error = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{error}");
        for side in ["MPI_SECURE_ABI says standard", "MPI_Comm_rank was called with comm=0x"] {
            assert!(error.contains(side), "{error}");
        }
    }
}
