//! `cargo xtask test`: the suites, in the order in which trust is built.
//!
//! A suite gets a [`Stage`] and tells a [`Tally`]. It needs no other suite to
//! have run.

mod applications;
mod bench;
mod c;
mod contexts;
mod cxx;
mod differential;
mod faults;
mod fortran;
mod instructions;
mod memory;
pub mod mpich;
mod peers;
mod policy;
pub mod python;
mod repeat;
mod rust;
mod secrets;
mod stress;
mod ciphers;
mod wire;

pub use differential::Extent;
pub use wire::CANARY;

use crate::hosts::Hosts;
use crate::job::Abi;
use crate::packages;
use crate::products::Products;
use crate::tally::Tally;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::ExitCode;

/// What every suite may use.
pub struct Stage {
    pub hosts: Hosts,
    pub products: Products,
    /// How far the differential suite goes.
    pub extent: Extent,
    /// What of MPICH's suite to run, when it is named.
    pub mpich: Option<mpich::Options>,
    /// The ABIs to run mpi4py's suite in, when it is named; none says all of them.
    pub abis: Vec<Abi>,
    /// What else of mpi4py's suite to run then.
    pub python: python::Matrix,
    /// Where suite python writes what did not pass.
    pub results: Option<PathBuf>,
    /// The suites that were asked for by name.
    names: Vec<String>,
}

impl Stage {
    /// Whether the suite was asked for by name: some are short otherwise.
    pub fn is_named(&self, suite: &str) -> bool {
        self.names.iter().any(|name| name == suite)
    }
}

struct Suite {
    name: &'static str,
    about: &'static str,
    run: fn(&Stage, &mut Tally) -> Result<()>,
}

const SUITES: &[Suite] = &[
    Suite { name: "rust", about: "unit and integration tests of the crates", run: rust::run },
    Suite { name: "c", about: "C programs in three ABIs against the stock libraries", run: c::run },
    Suite { name: "fortran", about: "Fortran programs likewise", run: fortran::run },
    Suite { name: "cxx", about: "what is left of MPI's C++ bindings", run: cxx::run },
    Suite {
        name: "python",
        about: "mpi4py and its own test suite (all of it when named)",
        run: python::run,
    },
    Suite {
        name: "differential",
        about: "random programs against the stock libraries (--seeds, --seed, --steps)",
        run: differential::run,
    },
    Suite {
        name: "wire",
        about: "a canary looked for on the wire between two hosts",
        run: wire::run,
    },
    Suite {
        name: "suites",
        about: "every cipher suite under a cluster key and under certificates, on the wire",
        run: ciphers::run,
    },
    Suite {
        name: "contexts",
        about: "rules, requests and several security contexts on one connection",
        run: contexts::run,
    },
    Suite {
        name: "secrets",
        about: "a job's key, looked for in a core dump and in all that the job wrote",
        run: secrets::run,
    },
    Suite { name: "policy", about: "policies that must be refused, and how", run: policy::run },
    Suite {
        name: "peers",
        about: "other people's programs, unmodified, across two hosts",
        run: peers::run,
    },
    Suite {
        name: "mpich",
        about: "MPICH's own test suite (all of it when named)",
        run: mpich::run,
    },
    Suite { name: "faults", about: "killed ranks, a pulled cable, strangers", run: faults::run },
    Suite { name: "stress", about: "100,000 random messages between two hosts", run: stress::run },
    Suite {
        name: "instructions",
        about: "instructions and allocations of the hot path, against the record (UPDATE=1 writes it)",
        run: instructions::run,
    },
    Suite { name: "memory", about: "gigabytes moved in flat memory", run: memory::run },
    Suite {
        name: "bench",
        about: "the benchmarks in short: that they run, not what they measure",
        run: bench::run,
    },
    Suite {
        name: "applications",
        about: "LAMMPS, HPCC and ScaLAPACK's tests across two hosts (only when named)",
        run: applications::run,
    },
    Suite {
        name: "repeat",
        about: "eight ranks on two cores, and on one, 50 times",
        run: repeat::run,
    },
];

pub fn list() {
    for suite in SUITES {
        println!("{:12} {}", suite.name, suite.about);
    }
}

/// Runs the named suites, or all.
pub fn run(
    names: &[String],
    only: Option<String>,
    stock_only: bool,
    mpich: &mpich::Options,
    python: python::Matrix,
    extent: Extent,
) -> Result<ExitCode> {
    if let Some(name) = names.iter().find(|name| SUITES.iter().all(|suite| suite.name != **name)) {
        let known: Vec<_> = SUITES.iter().map(|suite| suite.name).collect();
        bail!("no suite {name}; there are {}", known.join(", "));
    }
    packages::install_missing()?;
    let mut tally = Tally::new(only);
    if stock_only && names == ["mpich"] {
        tally.begin_suite("mpich");
        mpich::run_whole(mpich, true, None, &mut tally)?;
        return Ok(exit(tally));
    }
    if stock_only && names == ["python"] {
        tally.begin_suite("python");
        python::run_stock(&mpich.abi, &python, mpich.results.as_deref(), &mut tally)?;
        return Ok(exit(tally));
    }
    if stock_only {
        tally.begin_suite("c");
        c::run_stock(&Hosts::up()?, &mut tally)?;
        return Ok(exit(tally));
    }
    let (abis, results) = (mpich.abi.clone(), mpich.results.clone());
    let is_mpich = |name: &String| name == "mpich";
    let mpich = names.iter().any(is_mpich).then(|| mpich.clone());
    let names = names.to_vec();
    let (products, hosts) = (Products::build()?, Hosts::up()?);
    let stage = Stage { products, hosts, extent, mpich, abis, python, results, names };
    tally.line(&stage.hosts.describe());
    for suite in SUITES {
        // Its packages are large.
        let by_default = stage.names.is_empty() && suite.name != "applications";
        if by_default || stage.is_named(suite.name) {
            tally.begin_suite(suite.name);
            let before = tally.count();
            if let Err(error) = (suite.run)(&stage, &mut tally) {
                tally.fail("the suite itself", &format!("{error:#}"));
            } else if tally.count() == before && !tally.is_filtered() {
                tally.fail("the suite itself", "it ran nothing");
            }
        }
    }
    Ok(exit(tally))
}

fn exit(tally: Tally) -> ExitCode {
    if tally.finish() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
