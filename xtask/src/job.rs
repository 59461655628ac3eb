//! One MPI job: which program, whose library, which launcher, which hosts.
//!
//! Every launcher is called inside host a. Variables reach the ranks by the
//! launcher's own means, never by inheritance, so that `LD_PRELOAD` does not
//! enter the launchers themselves.

use crate::hosts::{Host, Hosts};
use crate::process::{self, Outcome};
use crate::products::Products;
use crate::programs;
use anyhow::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What a program was compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Abi {
    Mpich,
    #[value(name = "openmpi")]
    OpenMpi,
    /// The standard's, with our own header.
    Standard,
}

impl Abi {
    pub const ALL: [Abi; 3] = [Abi::Mpich, Abi::OpenMpi, Abi::Standard];

    /// The ABI of this name.
    pub fn parse(name: &str) -> Option<Abi> {
        Abi::ALL.into_iter().find(|abi| abi.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Abi::Mpich => "mpich",
            Abi::OpenMpi => "openmpi",
            Abi::Standard => "standard",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launcher {
    /// Debian's `mpirun.mpich`.
    Hydra,
    /// Debian's `mpirun.openmpi`.
    Orte,
    /// Ours.
    Mpiexec,
    /// None: the program is started by itself.
    Alone,
}

impl Launcher {
    pub fn name(self) -> &'static str {
        match self {
            Launcher::Hydra => "mpirun.mpich",
            Launcher::Orte => "mpirun.openmpi",
            Launcher::Mpiexec => "mpiexec",
            Launcher::Alone => "alone",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// The one the program was linked with.
    Stock,
    /// `libmpisecure.so`, preloaded.
    Preloaded,
    /// `libmpisecure.so`, which the program itself names.
    Linked,
    /// The same under the names of stock libraries, in `lib/compat`.
    Renamed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// All ranks on host a.
    OneHost,
    /// Half on each; by blocks.
    BothHosts,
}

#[derive(Clone, Debug)]
pub struct Job {
    pub launcher: Launcher,
    pub library: Library,
    pub spread: Spread,
    pub ranks: usize,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub variables: Vec<(String, OsString)>,
    /// Further options of the launcher.
    pub options: Vec<String>,
    /// Words before everything: `taskset -c 0`.
    pub before: Vec<String>,
    pub limit: Duration,
}

impl Job {
    pub fn new(
        launcher: Launcher,
        library: Library,
        ranks: usize,
        program: impl Into<PathBuf>,
    ) -> Job {
        Job {
            launcher,
            library,
            spread: Spread::BothHosts,
            ranks,
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            options: Vec::new(),
            before: Vec::new(),
            limit: Duration::from_secs(60),
        }
    }

    pub fn spread(mut self, spread: Spread) -> Job {
        self.spread = spread;
        self
    }

    pub fn arguments<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Job {
        self.arguments.extend(words.into_iter().map(Into::into));
        self
    }

    pub fn variable(mut self, name: &str, value: impl Into<OsString>) -> Job {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn limit(mut self, seconds: u64) -> Job {
        self.limit = Duration::from_secs(seconds);
        self
    }

    pub fn before(mut self, words: &[&str]) -> Job {
        self.before = words.iter().map(|word| word.to_string()).collect();
        self
    }

    /// Threads of linear algebra would compete with the ranks.
    pub fn without_threads(self) -> Job {
        self.variable("OMP_NUM_THREADS", "1").variable("OPENBLAS_NUM_THREADS", "1")
    }

    /// Of a stock library only the results are wanted: its idle ranks, which spin,
    /// are not to keep the others from the cores.
    pub fn patient(mut self) -> Result<Job> {
        match self.launcher {
            Launcher::Hydra => return Ok(self.variable("LD_PRELOAD", programs::patience()?)),
            Launcher::Orte => {
                self.options.extend(["--mca", "mpi_yield_when_idle", "1"].map(String::from));
            }
            Launcher::Mpiexec | Launcher::Alone => {}
        }
        Ok(self)
    }

    /// Runs it, and ends whatever it leaves behind.
    pub fn run(&self, hosts: &Hosts, products: Option<&Products>) -> Result<Outcome> {
        let mut outcome = process::run(&mut self.command(hosts, products), self.limit)?;
        let swept = hosts.sweep();
        if outcome.status.is_none() {
            outcome.hung.extend(swept);
        }
        Ok(outcome)
    }

    pub fn command(&self, hosts: &Hosts, products: Option<&Products>) -> Command {
        let words = self.words(hosts, products);
        let mut command = hosts.command(Host::A, &words[0]);
        command.args(&words[1..]);
        if let Some(products) = products {
            command.env("MPI_SECURE_CONFIG", products.policy());
            // The caller's own choice of policy comes last.
            for (name, value) in
                self.variables.iter().filter(|(name, _)| name == "MPI_SECURE_CONFIG")
            {
                command.env(name, value);
            }
        }
        if self.launcher == Launcher::Alone {
            command.envs(self.all_variables(products));
        }
        command
    }

    fn words(&self, hosts: &Hosts, products: Option<&Products>) -> Vec<OsString> {
        let mut words: Vec<OsString> = self.before.iter().map(Into::into).collect();
        let mut say = |text: &[&str]| words.extend(text.iter().map(OsString::from));
        let variables = self.all_variables(products);
        let ranks = self.ranks.to_string();
        let each = self.ranks.div_ceil(2);
        let list = match self.spread {
            Spread::OneHost => format!("{}:{ranks}", hosts.name(Host::A)),
            Spread::BothHosts => hosts.list(each),
        };
        let sshlike = hosts.sshlike().display().to_string();
        match self.launcher {
            Launcher::Alone => {}
            Launcher::Hydra => {
                say(&["mpirun.mpich", "-launcher", "ssh", "-launcher-exec", &sshlike]);
                say(&["-hosts", &list, "-n", &ranks]);
                for (name, value) in &variables {
                    words.extend(["-genv".into(), name.into(), value.clone()]);
                }
            }
            Launcher::Orte => {
                say(&["mpirun.openmpi", "--allow-run-as-root", "--oversubscribe"]);
                say(&["--bind-to", "none", "--mca", "plm_rsh_agent", &sshlike]);
                let transports = match self.spread {
                    Spread::OneHost => "self,vader",
                    Spread::BothHosts => "self,tcp",
                };
                say(&["--mca", "pml", "ob1", "--mca", "btl", transports]);
                say(&["--mca", "orte_base_help_aggregate", "0", "-H", &list, "-n", &ranks]);
                for (name, value) in &variables {
                    let mut pair = OsString::from(format!("{name}="));
                    pair.push(value);
                    words.extend(["-x".into(), pair]);
                }
            }
            Launcher::Mpiexec => {
                let products = products.expect("our launcher is one of our products");
                words.push(products.program("mpiexec").into());
                words.extend(["-n".into(), ranks.into()]);
                if self.spread == Spread::BothHosts {
                    words.extend(["--hosts".into(), list.into()]);
                    words.extend(["--launcher-exec".into(), sshlike.into()]);
                }
                for (name, value) in &variables {
                    let mut pair = OsString::from(format!("{name}="));
                    pair.push(value);
                    words.extend(["-x".into(), pair]);
                }
            }
        }
        words.extend(self.options.iter().map(Into::into));
        words.push(self.program.clone().into());
        words.extend(self.arguments.iter().map(Into::into));
        words
    }

    fn all_variables(&self, products: Option<&Products>) -> Vec<(String, OsString)> {
        let mut variables = self.variables.clone();
        let mut add = |name: &str, value: &Path| {
            if !variables.iter().any(|(known, _)| known == name) {
                variables.push((name.into(), value.into()));
            }
        };
        match (self.library, products) {
            (Library::Stock, _) => {
                if self.launcher == Launcher::Hydra && self.spread == Spread::BothHosts {
                    add("UCX_TLS", Path::new("tcp,self"));
                }
            }
            (_, None) => panic!("our library is one of our products"),
            (library, Some(products)) => {
                add("MPI_SECURE_CONFIG", &products.policy());
                match library {
                    Library::Preloaded => add("LD_PRELOAD", &products.library()),
                    Library::Renamed => {
                        add("LD_LIBRARY_PATH", &products.folder.join("lib/compat"));
                    }
                    _ => add("LD_LIBRARY_PATH", &products.folder),
                }
            }
        }
        variables
    }
}
