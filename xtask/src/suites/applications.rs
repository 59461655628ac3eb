//! Programs that people use MPI for, as Debian ships them: LAMMPS and HPCC, R with
//! Rmpi, and ScaLAPACK's tests (see `fortran`). They must compute what they compute
//! under the library they were linked with; times are left out of the comparison.
//!
//! The stock run is on one host, ours across two. What the stock library
//! computed is remembered by the program and its inputs.

use super::Stage;
use crate::hosts::Hosts;
use crate::job::{Abi, Job, Launcher, Library, Spread};
use crate::packages;
use crate::products::{cache, root};
use crate::tally::Tally;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

struct Application {
    name: &'static str,
    program: &'static str,
    package: &'static str,
    /// What shows that the package is there.
    file: &'static str,
    abi: Abi,
    /// Files of `c-tests/applications` that it finds where it is started.
    inputs: &'static [&'static str],
    arguments: &'static [&'static str],
    /// A file that it writes, when its output says too little.
    result: Option<&'static str>,
    /// What of a line must be the same; nothing of some.
    essence: fn(&str) -> Option<String>,
}

const RANKS: usize = 4;

const APPLICATIONS: &[Application] = &[
    Application {
        name: "LAMMPS, a melting crystal",
        program: "/usr/bin/lmp",
        package: "lammps",
        file: "/usr/bin/lmp",
        abi: Abi::OpenMpi,
        inputs: &["melt.lammps"],
        arguments: &["-in", "melt.lammps", "-log", "none"],
        result: None,
        essence: lammps,
    },
    Application {
        name: "HPCC",
        program: "/usr/bin/hpcc",
        package: "hpcc",
        file: "/usr/bin/hpcc",
        abi: Abi::OpenMpi,
        inputs: &["hpccinf.txt"],
        arguments: &[],
        result: Some("hpccoutf.txt"),
        essence: hpcc,
    },
    Application {
        name: "R with Rmpi",
        program: "/usr/bin/Rscript",
        package: "r-cran-rmpi",
        file: "/usr/lib/R/site-library/Rmpi",
        abi: Abi::OpenMpi,
        inputs: &["tour.R"],
        arguments: &["--vanilla", "tour.R"],
        result: None,
        essence: |line| Some(line.to_string()),
    },
];

impl Application {
    fn input(&self, name: &str) -> PathBuf {
        root().join("c-tests/applications").join(name)
    }

    /// Runs it in a directory of its own, and reduces what it says.
    fn run(&self, job: Job, hosts: &Hosts, stage: Option<&Stage>) -> Result<String> {
        let folder = tempfile::Builder::new().prefix("application-").tempdir_in(cache()?)?;
        for name in self.inputs {
            fs::copy(self.input(name), folder.path().join(name))?;
        }
        let here = folder.path().display().to_string();
        let outcome = job
            .before(&["env", "-C", &here])
            .arguments(self.arguments.iter().copied())
            .without_threads()
            .limit(300)
            .run(hosts, stage.map(|stage| &stage.products))?;
        ensure!(outcome.success(), "{}", outcome.explain());
        let text = match self.result {
            None => outcome.stdout,
            Some(name) => fs::read_to_string(folder.path().join(name))
                .with_context(|| format!("it wrote no {name}"))?,
        };
        let lines: Vec<String> = text.lines().filter_map(self.essence).collect();
        ensure!(lines.len() > 10, "it said next to nothing: {text}");
        Ok(lines.join("\n") + "\n")
    }

    fn stock(&self, hosts: &Hosts) -> Result<String> {
        let mut state = DefaultHasher::new();
        (self.arguments, RANKS).hash(&mut state);
        fs::metadata(self.program)?.modified()?.hash(&mut state);
        for name in self.inputs {
            fs::read(self.input(name))?.hash(&mut state);
        }
        let folder = cache()?.join("stock");
        fs::create_dir_all(&folder)?;
        let name = self.program.replace('/', "-");
        let remembered = folder.join(format!("application{name}-{:016x}", state.finish()));
        if let Ok(text) = fs::read_to_string(&remembered) {
            return Ok(text);
        }
        let launcher = if self.abi == Abi::OpenMpi { Launcher::Orte } else { Launcher::Hydra };
        let job = Job::new(launcher, Library::Stock, RANKS, self.program);
        let text =
            self.run(job.spread(Spread::OneHost).patient()?, hosts, None).context("stock")?;
        fs::write(&remembered, &text)?;
        Ok(text)
    }
}

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    for application in APPLICATIONS.iter().filter(|one| tally.wants(one.name)) {
        packages::install(application.file, application.package)?;
    }
    packages::install("/usr/lib/x86_64-linux-gnu/scalapack/mpich-tests", "scalapack-mpi-test")?;
    for application in APPLICATIONS {
        tally.case(application.name, || {
            let wanted = application.stock(&stage.hosts)?;
            let job = Job::new(Launcher::Mpiexec, Library::Preloaded, RANKS, application.program);
            let got = application.run(job, &stage.hosts, Some(stage))?;
            Ok(super::c::difference(&wanted, &got))
        });
    }
    super::fortran::scalapack(stage, tally);
    Ok(())
}

/// All but the times and what is computed from them.
fn lammps(line: &str) -> Option<String> {
    let tells_time = ["CPU", "Loop time", "Performance", "wall time", " | ", "avg tot"];
    (!tells_time.iter().any(|word| line.contains(word))).then(|| line.to_string())
}

/// Of the summary at the end: sizes, norms, errors.
fn hpcc(line: &str) -> Option<String> {
    let (name, value) = line.split_once('=')?;
    let is_a_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_computed = name == "Success"
        || ["_N", "_Procs", "Errors", "ErrorsFraction", "_maxErr", "residual", "_RnormI"]
            .iter()
            .any(|end| name.ends_with(end))
        || ["HPL_Anorm", "HPL_Xnorm", "HPL_Bnorm", "HPL_np", "CommWorld"]
            .iter()
            .any(|start| name.starts_with(start));
    (is_a_name && is_computed).then(|| format!("{name}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_left_out_and_results_are_not() {
        assert_eq!(lammps("Loop time of 2.4 on 4 procs"), None);
        let row = "     200    1.6549642   -4.7646681            0    -2.285095    5.8216431 ";
        assert_eq!(lammps(row).as_deref(), Some(row));
        assert_eq!(hpcc("HPL_Tflops=0.01"), None);
        assert_eq!(hpcc("MPIFFT_maxErr=9.5e-16").as_deref(), Some("MPIFFT_maxErr=9.5e-16"));
    }

    #[test]
    fn every_input_exists() {
        for application in APPLICATIONS {
            for name in application.inputs {
                assert!(application.input(name).exists(), "{name}");
            }
        }
    }
}
