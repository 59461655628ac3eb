//! Taking a compiled program over without `LD_PRELOAD`: by the names in
//! `lib/compat`, by relinking an object file, and by compiling with `mpicc`.
//! Skipped where Debian's MPICH or Open MPI is not installed.

#[path = "../xtask/src/compat.rs"]
mod compat;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const SOURCE: &str = r#"
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
    int rank, size, sum;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 1) MPI_Send(&sum, 1, MPI_INT, 0, 7, MPI_COMM_WORLD);
    if (rank == 0) {
        MPI_Status status;
        char library[MPI_MAX_LIBRARY_VERSION_STRING];
        int length;
        MPI_Recv(&sum, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
        MPI_Get_library_version(library, &length);
        printf("sum %d of %d, source %d, tag %d, %s\n", sum, size, status.MPI_SOURCE,
               status.MPI_TAG, library);
    }
    MPI_Finalize();
    return 0;
}
"#;

/// The folder of `mpiexec`, `mpicc` and `libmpisecure.so`. The library is put
/// there anew: `cargo test` leaves it among the dependencies, and what a
/// `cargo build` of another day left beside the programs may be old.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_BIN_EXE_mpiexec")).parent().expect("target/debug");
        let built = folder.join("deps/libmpisecure.so");
        let placed = folder.join("libmpisecure.so");
        let _ = std::fs::remove_file(&placed);
        std::fs::hard_link(&built, &placed).expect("cargo built the library");
        folder.to_path_buf()
    })
}

/// `lib/compat` in it, made once for all tests.
fn names() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
        compat::build(folder(), &include).expect("cc makes the names")
    })
}

fn must(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// A directory with the program's source and a policy.
fn workshop() -> tempfile::TempDir {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    std::fs::write(directory.path().join("hello.c"), SOURCE).expect("a file");
    let policy = directory.path().join("mpi-secure.toml");
    must(Command::new(env!("CARGO_BIN_EXE_mpi-secure")).args(["keygen", "--output"]).arg(policy));
    directory
}

/// Compiles with `compiler`; false where it is not installed.
fn compile(compiler: &str, options: &[&str], directory: &Path) -> bool {
    let mut command = Command::new(compiler);
    if command.arg("--version").output().is_err() {
        eprintln!("skipped: {compiler} is not installed");
        return false;
    }
    must(Command::new(compiler).current_dir(directory).arg("hello.c").args(options));
    true
}

/// Two ranks of `hello` under our `mpiexec` say who they are.
fn is_taken_over(directory: &Path, library_path: Option<&Path>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpiexec"));
    command.args(["--timeout", "60", "-n", "2", "./hello"]).current_dir(directory);
    command.env("MPI_SECURE_CONFIG", directory.join("mpi-secure.toml"));
    match library_path {
        Some(path) => command.env("LD_LIBRARY_PATH", path),
        None => command.env_remove("LD_LIBRARY_PATH"),
    };
    let text = String::from_utf8_lossy(&must(&mut command).stdout).into_owned();
    assert!(text.starts_with("sum 1 of 2, source 1, tag 7, mpi-secure"), "{text}");
}

#[test]
fn unmodified_mpich_program_runs_by_library_path_alone() {
    let directory = workshop();
    if compile("mpicc.mpich", &["-o", "hello"], directory.path()) {
        is_taken_over(directory.path(), Some(names()));
    }
}

#[test]
fn unmodified_open_mpi_program_runs_by_library_path_alone() {
    let directory = workshop();
    if compile("mpicc.openmpi", &["-o", "hello"], directory.path()) {
        is_taken_over(directory.path(), Some(names()));
    }
}

/// Links `hello.o` with nothing but our library.
fn relink(directory: &Path) {
    let link = format!("-Wl,-rpath,{}", folder().display());
    let mut command = Command::new("cc");
    command.current_dir(directory).args(["hello.o", "-o", "hello", "-L"]).arg(folder());
    must(command.args(["-lmpisecure", &link]));
}

#[test]
fn object_files_of_both_families_run_relinked() {
    for compiler in ["mpicc.mpich", "mpicc.openmpi"] {
        let directory = workshop();
        if compile(compiler, &["-c"], directory.path()) {
            relink(directory.path());
            is_taken_over(directory.path(), None);
        }
    }
}

#[test]
fn program_compiled_with_our_mpicc_runs() {
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/mpi.h");
    assert!(header.exists(), "{} is part of the repository", header.display());
    for options in [&["-o", "hello"][..], &["-no-pie", "-fno-pie", "-o", "hello"]] {
        let directory = workshop();
        compile(env!("CARGO_BIN_EXE_mpicc"), options, directory.path());
        is_taken_over(directory.path(), None);
    }
}

/// The first listing in `language` of the README.
fn listing(language: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(readme).expect("the README is readable");
    let opening = format!("```{language}\n");
    let (_, rest) = text.split_once(&opening).expect("the README has such a listing");
    rest.split_once("```").expect("the listing has an end").0.to_string()
}

#[test]
fn c_program_of_the_readme_runs_compiled_with_our_mpicc() {
    let directory = workshop();
    std::fs::write(directory.path().join("hello.c"), listing("c")).expect("a file");
    compile(env!("CARGO_BIN_EXE_mpicc"), &["-o", "hello"], directory.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpiexec"));
    command.args(["--timeout", "60", "-n", "2", "./hello"]).current_dir(directory.path());
    command.env("MPI_SECURE_CONFIG", directory.path().join("mpi-secure.toml"));
    let text = String::from_utf8_lossy(&must(&mut command).stdout).into_owned();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["rank 0 of 2", "rank 1 of 2"]);
}

#[test]
fn fortran_program_of_the_readme_runs_compiled_with_our_mpifort() {
    if Command::new("gfortran").arg("--version").output().is_err() {
        eprintln!("skipped: gfortran is not installed");
        return;
    }
    names();
    let directory = workshop();
    std::fs::write(directory.path().join("hello.f90"), listing("fortran")).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpifort"));
    command.env("XDG_CACHE_HOME", directory.path().join("cache"));
    must(command.current_dir(directory.path()).args(["-o", "hello", "hello.f90"]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpiexec"));
    command.args(["--timeout", "60", "-n", "2", "./hello"]).current_dir(directory.path());
    command.env("MPI_SECURE_CONFIG", directory.path().join("mpi-secure.toml"));
    let text = String::from_utf8_lossy(&must(&mut command).stdout).into_owned();
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.sort_unstable();
    let lines: Vec<String> =
        lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines, ["rank 0 of 2", "rank 1 of 2"]);
}

/// Compilers that decorate no names call `mpi_init`.
#[test]
fn undecorated_fortran_program_runs_by_library_path_alone() {
    for compiler in ["mpifort.mpich", "mpifort.openmpi"] {
        let directory = workshop();
        if Command::new(compiler).arg("--version").output().is_err() {
            eprintln!("skipped: {compiler} is not installed");
            continue;
        }
        std::fs::write(directory.path().join("hello.f"), UNDECORATED).expect("a file");
        let mut command = Command::new(compiler);
        command.current_dir(directory.path());
        must(command.args(["-fno-underscoring", "-o", "hello", "hello.f"]));
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpiexec"));
        command.args(["--timeout", "60", "-n", "2", "./hello"]).current_dir(directory.path());
        command.env("MPI_SECURE_CONFIG", directory.path().join("mpi-secure.toml"));
        command.env("LD_LIBRARY_PATH", names());
        let text = String::from_utf8_lossy(&must(&mut command).stdout).into_owned();
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words, ["sum", "1", "mpi-secure"], "{compiler}");
    }
}

const UNDECORATED: &str = r#"
      program hello
      include 'mpif.h'
      integer rank, total, length, ierr
      character*(MPI_MAX_LIBRARY_VERSION_STRING) library
      call MPI_Init(ierr)
      call MPI_Comm_rank(MPI_COMM_WORLD, rank, ierr)
      call MPI_Reduce(rank, total, 1, MPI_INTEGER, MPI_SUM, 0,
     & MPI_COMM_WORLD, ierr)
      call MPI_Get_library_version(library, length, ierr)
      if (rank .eq. 0) print *, 'sum', total, library(1:10)
      call MPI_Finalize(ierr)
      end
"#;

#[test]
fn mpicc_links_foreign_objects_when_told_their_abi() {
    for (compiler, abi) in [("mpicc.mpich", "-abi=mpich"), ("mpicc.openmpi", "-abi=openmpi")] {
        let directory = workshop();
        if compile(compiler, &["-c"], directory.path()) {
            names();
            let mut command = Command::new(env!("CARGO_BIN_EXE_mpicc"));
            must(command.current_dir(directory.path()).args([abi, "hello.o", "-o", "hello"]));
            is_taken_over(directory.path(), None);
        }
    }
}
