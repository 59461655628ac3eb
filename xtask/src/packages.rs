//! Debian packages that the tests need: installed when root, named otherwise.

use crate::process;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A program or file that shows a package is there, and the package.
const NEEDED: &[(&str, &str)] = &[
    ("gcc", "gcc"),
    ("gfortran", "gfortran"),
    ("mpirun.mpich", "mpich"),
    ("/usr/include/x86_64-linux-gnu/mpich/mpi.h", "libmpich-dev"),
    ("mpirun.openmpi", "openmpi-bin"),
    ("/usr/lib/x86_64-linux-gnu/openmpi/include/mpi.h", "libopenmpi-dev"),
    ("NPmpich2", "netpipe-mpich2"),
    ("NPopenmpi", "netpipe-openmpi"),
    ("tcpdump", "tcpdump"),
    ("ip", "iproute2"),
    ("nsenter", "util-linux"),
    ("pkg-config", "pkg-config"),
    ("pip3", "python3-pip"),
    // For MPICH's test suite.
    ("make", "make"),
    ("dpkg-source", "dpkg-dev"),
];

pub fn install_missing() -> Result<()> {
    install_of(NEEDED)
}

/// The package of a program or file that only one suite needs.
pub fn install(program: &str, package: &str) -> Result<()> {
    install_of(&[(program, package)])
}

fn install_of(needed: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> = needed
        .iter()
        .filter(|(program, _)| find(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !nix::unistd::geteuid().is_root() {
        bail!("Debian packages are missing; as root: apt-get install {list}");
    }
    println!("installing {list}");
    apt(&["update", "-q"])?;
    let mut words = vec!["install", "-y", "-q", "--no-install-recommends"];
    words.extend(&missing);
    apt(&words)
}

fn apt(words: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(words).env("DEBIAN_FRONTEND", "noninteractive");
    let outcome = process::run(&mut command, Duration::from_secs(900))?;
    if !outcome.success() {
        bail!("apt-get {} failed: {}", words.join(" "), outcome.explain());
    }
    Ok(())
}

/// Where a program lies.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    // Joined to any folder, an absolute path remains what it is.
    let places = path.split(':').chain(["/usr/sbin", "/sbin"]);
    places.map(|folder| Path::new(folder).join(program)).find(|path| path.exists())
}
