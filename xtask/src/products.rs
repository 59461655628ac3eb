//! What this repository builds, where it lies, and a policy to run it with.

use crate::{compat, process};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub struct Products {
    /// The repository.
    pub root: PathBuf,
    /// `target/release`, or what `XTASK_PROFILE` says.
    pub folder: PathBuf,
    /// A directory of this run, removed at the end.
    work: tempfile::TempDir,
}

/// The repository, wherever cargo was called from.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("xtask lies in the repository").to_path_buf()
}

/// Where built programs, downloads and remembered results are kept.
pub fn cache() -> Result<PathBuf> {
    let path = target().join("xtask");
    std::fs::create_dir_all(&path)?;
    Ok(path)
}

/// Where a suite keeps what outlives every `cargo clean`: outside the repository.
pub fn lasting_cache(name: &str) -> Result<PathBuf> {
    let base = match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
        (Some(path), _) if !path.is_empty() => PathBuf::from(path),
        (_, Some(home)) => PathBuf::from(home).join(".cache"),
        _ => bail!("neither XDG_CACHE_HOME nor HOME is set: no place for {name}"),
    };
    let path = base.join("mpi-secure").join(name);
    std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    Ok(path)
}

/// The cargo that runs this command, with its own compiler; else the path's.
pub fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The build profile: `release`, unless a developer in a hurry sets
/// `XTASK_PROFILE=dev`.
fn profile() -> String {
    std::env::var("XTASK_PROFILE").unwrap_or_else(|_| "release".into())
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where the library and the programs are built.
fn folder() -> PathBuf {
    let profile = profile();
    target().join(if profile == "dev" { "debug" } else { &profile })
}

impl Products {
    /// Builds the release library and programs, and makes a policy with a
    /// fresh key. `XTASK_NO_BUILD` takes what an earlier build left.
    pub fn build() -> Result<Products> {
        if std::env::var_os("XTASK_NO_BUILD").is_some() {
            return Products::built();
        }
        let status = Command::new(cargo())
            .args(["build", "--package", "mpi-secure", "--profile", &profile()])
            .current_dir(root())
            .status()
            .context("cannot run cargo")?;
        ensure!(status.success(), "the build failed");
        compat::build(&folder(), &root().join("include")).context("cannot make lib/compat")?;
        Products::built()
    }

    /// Those of an earlier build.
    pub fn built() -> Result<Products> {
        let folder = folder();
        // Not under /tmp: a policy's parents must not be writable by others.
        let work = tempfile::Builder::new().prefix("run-").tempdir_in(cache()?)?;
        let products = Products { root: root(), folder, work };
        for path in
            [products.library(), products.program("mpiexec"), products.program("mpi-secure")]
        {
            ensure!(path.exists(), "{} is not built; cargo xtask build makes it", path.display());
        }
        let outcome = process::run(
            Command::new(products.program("mpi-secure"))
                .args(["keygen", "--output"])
                .arg(products.policy()),
            Duration::from_secs(10),
        )?;
        ensure!(outcome.success(), "mpi-secure keygen failed: {}", outcome.explain());
        Ok(products)
    }

    pub fn library(&self) -> PathBuf {
        self.folder.join("libmpisecure.so")
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The policy of this run, with a key nobody else has.
    pub fn policy(&self) -> PathBuf {
        self.work.path().join("mpi-secure.toml")
    }

    /// A directory for this run's files.
    pub fn work(&self) -> &Path {
        self.work.path()
    }
}
