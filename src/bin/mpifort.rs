//! `mpifort`: the Fortran compiler, with what a program of the standard ABI
//! needs. Modules are in a format of the compiler's own, so they are compiled
//! from `include/mpi.f90` and `include/mpi_f08.f90` by the user's compiler, the
//! first time it is used, and kept in `~/.cache/mpi-secure`.

mod wrapper;

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use wrapper::{Language, Modules, plan};

const HELP: &str = "\
mpifort: compile and link Fortran programs with mpi-secure

    mpifort [OPTIONS] [COMPILER OPTIONS] FILES

  -show              print the command and run nothing (also -showme)
  -compile_info      the same, for compiling only (also -showme:compile)
  -link_info         the same, for linking only (also -showme:link)
  -fc=COMPILER       the compiler (also MPISECURE_FC in the environment; gfortran)
  -abi=NAME          objects to link were compiled for mpich, openmpi or standard
  -help

The module files of mpi and mpi_f08 are made when a compiler is first used, and
kept in $XDG_CACHE_HOME/mpi-secure (~/.cache/mpi-secure).
";

fn main() -> ExitCode {
    let compiler = std::env::var_os("MPISECURE_FC").unwrap_or_else(|| "gfortran".into());
    let fortran = Language { compiler, option: "-fc=", abi: Some("standard") };
    wrapper::run("mpifort", HELP, |words, places| {
        plan(words, &fortran, &places, |compiler| modules(compiler, &places.include))
    })
}

/// The sources of the modules, in the order in which they are compiled.
const SOURCES: &[&str] = &["mpi.f90", "mpi_f08.f90"];
/// What their compiled code goes into, for the linker.
const ARCHIVE: &str = "libmpisecure_modules.a";

/// Where the modules for a compiler are, made if they are not there yet.
fn modules(compiler: &[OsString], include: &Path) -> Result<Modules, String> {
    let folder = cache()?.join(format!("{:016x}", fingerprint(compiler, include)?));
    if !folder.join(ARCHIVE).exists() {
        build(compiler, include, &folder)?;
    }
    let mut option = OsString::from("-I");
    option.push(&folder);
    Ok(Modules { compile: vec![option], link: vec![folder.join(ARCHIVE).into()] })
}

fn cache() -> Result<PathBuf, String> {
    let set = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
    let base = set("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let base = base.ok_or("neither XDG_CACHE_HOME nor HOME says where to keep module files")?;
    Ok(base.join("mpi-secure"))
}

/// A number that changes with the compiler and with the sources.
fn fingerprint(compiler: &[OsString], include: &Path) -> Result<u64, String> {
    let mut state = DefaultHasher::new();
    compiler.hash(&mut state);
    let version = Command::new(&compiler[0]).args(&compiler[1..]).arg("--version").output();
    let version = version
        .map_err(|error| format!("cannot run {}: {error}", compiler[0].to_string_lossy()))?;
    version.stdout.hash(&mut state);
    for source in SOURCES.iter().chain(&["mpif.h"]) {
        let path = include.join(source);
        let text = std::fs::read(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        text.hash(&mut state);
    }
    Ok(state.finish())
}

/// Compiles the modules beside their place and moves them there in one step:
/// another `mpifort` may be doing the same.
fn build(compiler: &[OsString], include: &Path, folder: &Path) -> Result<(), String> {
    let failed = |what: &Path, error: std::io::Error| format!("{}: {error}", what.display());
    let fresh = folder.with_extension(std::process::id().to_string());
    std::fs::create_dir_all(&fresh).map_err(|error| failed(&fresh, error))?;
    let made = compile(compiler, include, &fresh).and_then(|()| {
        match std::fs::rename(&fresh, folder) {
            // Somebody else was quicker.
            Err(_) if folder.join(ARCHIVE).exists() => Ok(()),
            result => result.map_err(|error| failed(folder, error)),
        }
    });
    // Whatever became of it, nothing half-made stays.
    let _ = std::fs::remove_dir_all(&fresh);
    made
}

fn compile(compiler: &[OsString], include: &Path, fresh: &Path) -> Result<(), String> {
    let mut archive = Command::new("ar");
    archive.current_dir(fresh).args(["rcs", ARCHIVE]);
    for source in SOURCES {
        let mut command = Command::new(&compiler[0]);
        command.current_dir(fresh).args(&compiler[1..]).arg("-c").arg("-I").arg(include);
        must(command.arg(include.join(source)))?;
        archive.arg(Path::new(source).with_extension("o"));
    }
    must(&mut archive)
}

fn must(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}
