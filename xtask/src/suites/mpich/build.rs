//! The suite's programs, built for one ABI, outside the repository.
//!
//! Configuring takes most of a minute and the programs some minutes, so both
//! are kept: a build's directory is named after the sources and the compiler,
//! and a program is made once, when it is first asked for. What does not
//! compile is remembered with the compiler's words.

use super::source;
use super::testlist::{Language, Line};
use crate::job::Abi;
use crate::process;
use crate::products::Products;
use anyhow::{Context, Result, bail, ensure};
use nix::fcntl::{Flock, FlockArg};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Open MPI declares what MPI-3.0 removed only on request, and the suite's
/// library of datatypes calls some of it. `-w`: the suite's own warnings are
/// nobody's business here.
const FLAGS: &str = "-O1 -w";
const FLAGS_OPENMPI: &str = "-O1 -w -DOMPI_OMIT_MPI1_COMPAT_DECLS=0";

/// The suite passes buffers of several types to one procedure of mpif.h.
const FLAGS_FORTRAN: &str = "-O1 -w -fallow-argument-mismatch";

const CONFIGURE: &[&str] =
    &["--disable-cxx", "--disable-perftest", "--enable-threads=multiple", "--enable-xfail"];

pub struct Build {
    pub abi: Abi,
    pub language: Language,
    /// The sources' `test/mpi`.
    pub sources: PathBuf,
    folder: PathBuf,
    compiler: PathBuf,
    fortran: PathBuf,
    /// Why a program is not there, by `directory/program`.
    unbuilt: BTreeMap<String, String>,
}

impl Build {
    /// Sources and a configured directory; no programs yet.
    pub fn prepare(abi: Abi, language: Language, products: Option<&Products>) -> Result<Build> {
        let version = source::version()?;
        let home = source::cache()?.join(&version);
        fs::create_dir_all(&home)?;
        let _lock = lock(&home)?;
        let sources = source::fetch(&version)?;
        let (compiler, fortran, mark) = match abi {
            Abi::Mpich => {
                ("mpicc.mpich".into(), "mpifort.mpich".into(), dev_package("libmpich-dev")?)
            }
            Abi::OpenMpi => {
                ("mpicc.openmpi".into(), "mpifort.openmpi".into(), dev_package("libopenmpi-dev")?)
            }
            Abi::Standard => {
                let products = products.context("the standard ABI needs our mpicc")?;
                let compiler = products.program("mpicc");
                // The compiler's own path is written into the build.
                let mark = headers(&products.root.join("include"), &compiler)?;
                (compiler, products.program("mpifort"), mark)
            }
        };
        // Apart: who needs no Fortran does not wait for it.
        let part = if language == Language::Fortran { "fortran-" } else { "" };
        let folder = home.join(format!("{part}{}-{mark}", abi.name()));
        let unbuilt = BTreeMap::new();
        let build = Build { abi, language, sources, folder, compiler, fortran, unbuilt };
        if !build.configured().exists() {
            build.configure()?;
        }
        Ok(build)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn program(&self, line: &Line) -> PathBuf {
        self.folder.join(&line.key.directory).join(&line.key.program)
    }

    /// Why the line's program is not there, if that is so.
    pub fn unbuilt(&self, line: &Line) -> Option<&str> {
        self.unbuilt.get(&line.key.name()).map(String::as_str)
    }

    /// Makes the programs of these lines, unless that was tried before.
    pub fn make(&mut self, lines: &[&Line]) -> Result<()> {
        let _lock = lock(&self.folder)?;
        self.read_unbuilt()?;
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let missing = lines.iter().filter(|line| {
            !self.program(line).exists() && !self.unbuilt.contains_key(&line.key.name())
        });
        for line in missing {
            wanted.entry(&line.key.directory).or_default().insert(&line.key.program);
        }
        let total: usize = wanted.values().map(BTreeSet::len).sum();
        if total == 0 {
            return Ok(());
        }
        let start = Instant::now();
        let (abi, language) = (self.abi.name(), self.language.name());
        eprintln!("mpich suite: building {total} {language} programs for the {abi} ABI");
        // Fortran's programs have no use for the library of datatypes.
        let shared: &[&str] = match self.language {
            Language::C => &["util", "dtpools"],
            Language::Fortran => &["util"],
        };
        for folder in shared {
            let outcome = self.run_make(folder, &[])?;
            ensure!(outcome.success(), "make in {folder} failed: {}", outcome.explain());
        }
        for (directory, programs) in wanted {
            let programs: Vec<&str> = programs.into_iter().collect();
            let outcome = self.run_make(directory, &programs)?;
            ensure!(outcome.status.is_some(), "make in {directory}: {}", outcome.explain());
            for program in programs {
                if !self.folder.join(directory).join(program).exists() {
                    let why = reason(&outcome.stderr, program);
                    self.unbuilt.insert(format!("{directory}/{program}"), why);
                }
            }
            self.write_unbuilt()?;
        }
        eprintln!("mpich suite: built in {:.0} s", start.elapsed().as_secs_f64());
        Ok(())
    }

    fn run_make(&self, directory: &str, programs: &[&str]) -> Result<process::Outcome> {
        let mut make = Command::new("make");
        let jobs = std::thread::available_parallelism().map_or(2, |count| count.get());
        make.args(["-s", "-k", &format!("-j{jobs}"), "-C"]);
        make.arg(self.folder.join(directory)).args(programs);
        process::run(&mut make, Duration::from_secs(1800)).context("no make: apt-get install make")
    }

    fn configure(&self) -> Result<()> {
        let (abi, language) = (self.abi.name(), self.language.name());
        eprintln!("mpich suite: configuring for {language} and the {abi} ABI");
        let start = Instant::now();
        let _ = fs::remove_dir_all(&self.folder);
        fs::create_dir_all(&self.folder)?;
        let flags = if self.abi == Abi::OpenMpi { FLAGS_OPENMPI } else { FLAGS };
        let mut configure = Command::new(self.sources.join("configure"));
        configure
            .args(CONFIGURE)
            .current_dir(&self.folder)
            .env("CC", &self.compiler)
            .env("MPICC", &self.compiler)
            .env("CFLAGS", flags);
        match self.language {
            Language::C => configure.arg("--enable-fortran=no"),
            Language::Fortran => configure
                .arg("--enable-fortran=all")
                .env("MPIF77", &self.fortran)
                .env("MPIFC", &self.fortran)
                .env("FFLAGS", FLAGS_FORTRAN)
                .env("FCFLAGS", FLAGS_FORTRAN),
        };
        let outcome = process::run(&mut configure, Duration::from_secs(900))?;
        fs::write(self.folder.join("configure.out"), &outcome.stdout)?;
        if !outcome.success() {
            bail!("the suite does not configure for {}: {}", self.abi.name(), outcome.explain());
        }
        if self.language == Language::Fortran {
            self.enable_f08()?;
        }
        fs::write(self.configured(), "")?;
        eprintln!("mpich suite: configured in {:.0} s", start.elapsed().as_secs_f64());
        Ok(())
    }

    /// The suite's configure makes rules for `use mpi_f08` only when MPICH's own
    /// configure calls it, so the rules are made here once more.
    fn enable_f08(&self) -> Result<()> {
        let status = self.folder.join("config.status");
        let mut text = fs::read_to_string(&status)?;
        for (off, on) in [
            ("S[\"HAS_F08_TRUE\"]=\"#\"", "S[\"HAS_F08_TRUE\"]=\"\""),
            ("S[\"HAS_F08_FALSE\"]=\"\"", "S[\"HAS_F08_FALSE\"]=\"#\""),
        ] {
            ensure!(text.contains(off), "{} has no {off}", status.display());
            text = text.replace(off, on);
        }
        fs::write(&status, text)?;
        let mut again = Command::new("./config.status");
        let outcome = process::run(again.current_dir(&self.folder), Duration::from_secs(600))?;
        ensure!(outcome.success(), "config.status failed: {}", outcome.explain());
        Ok(())
    }

    /// Exists when configure came to its end.
    fn configured(&self) -> PathBuf {
        self.folder.join("configured")
    }

    fn read_unbuilt(&mut self) -> Result<()> {
        let text = fs::read_to_string(self.folder.join("unbuilt.tsv")).unwrap_or_default();
        let rows = text.lines().filter_map(|line| line.split_once('\t'));
        self.unbuilt = rows.map(|(name, why)| (name.into(), why.into())).collect();
        Ok(())
    }

    fn write_unbuilt(&self) -> Result<()> {
        let rows = self.unbuilt.iter().map(|(name, why)| format!("{name}\t{why}\n"));
        fs::write(self.folder.join("unbuilt.tsv"), rows.collect::<String>())?;
        Ok(())
    }
}

/// Runs of this command take turns at the cache.
fn lock(folder: &Path) -> Result<Flock<File>> {
    let file = File::create(folder.join("lock"))?;
    Flock::lock(file, FlockArg::LockExclusive)
        .map_err(|(_, error)| anyhow::anyhow!("cannot lock {}: {error}", folder.display()))
}

fn dev_package(name: &str) -> Result<String> {
    let version = source::debian_version(name, "${Version}")?;
    let version = version.with_context(|| format!("{name} is not installed"))?;
    // A colon or a tilde in a path confuses make.
    Ok(version.replace(|letter: char| !(letter.is_alphanumeric() || ".-+".contains(letter)), "_"))
}

/// A number that changes with our headers, which programs are compiled against.
fn headers(folder: &Path, compiler: &Path) -> Result<String> {
    let mut state = DefaultHasher::new();
    compiler.hash(&mut state);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        fs::read(&path)?.hash(&mut state);
    }
    Ok(format!("{:016x}", state.finish()))
}

/// The first error that the compiler or linker had about this program.
fn reason(stderr: &str, program: &str) -> String {
    let is_error = |line: &&str| line.contains("error:") || line.contains("undefined reference");
    let Some(text) = stderr.lines().filter(is_error).find(|line| mentions(line, program)) else {
        return "make did not say why".into();
    };
    // The file's path says nothing that the program's name does not.
    let text = text.split_once("error: ").map_or(text, |(_, words)| words);
    text.replace('\t', " ").trim().to_string()
}

/// Whether a file of this program is named: `some.c`, `some-other.o`, but not
/// `awesome.c` nor `some2.c`.
fn mentions(text: &str, program: &str) -> bool {
    text.match_indices(program).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + program.len()..].chars().next();
        before.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_')
            && after.is_some_and(|letter| letter == '.' || letter == '-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_program_s_own_first_error() {
        let stderr = "a.c:1:2: error: first thing\nsrc/some2.c:1:1: error: of another\n\
                      src/awesome.c:1:1: error: of yet another\n\
                      src/some.c:3:4: error: 'MPIX_Some' undeclared\n\
                      src/some.c:9:9: error: more\nmake: *** failed\n";
        assert_eq!(reason(stderr, "some"), "'MPIX_Some' undeclared");
        assert_eq!(reason(stderr, "other"), "make did not say why");
        let linker = "ld: some-part.o: undefined reference to `MPI_None'";
        assert_eq!(reason(linker, "some"), linker);
    }
}
