//! Libraries that are nothing but a name: `lib/compat/libmpi.so.12` and its
//! like need `libmpisecure.so` and hold no code. With `LD_LIBRARY_PATH` set to
//! their folder, a program built with another MPI runs on ours, whether or not
//! that other MPI is installed. Of the stock Fortran libraries those stay that
//! hold code of modules (`use mpi_f08`); they find our entry points.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names that programs already need.
pub const STOCK: &[&str] = &[
    "libmpi.so.12",
    "libmpich.so.12",
    "libmpifort.so.12",
    "libmpichfort.so.12",
    "libmpi.so.40",
    "libmpi_mpifh.so.40",
    "libmpi_usempif08.so.40",
    "libmpi_usempi_ignore_tkr.so.40",
    "libmpi_abi.so.1",
];

/// Names for `mpicc -abi=NAME` to link, when an object file cannot say itself
/// which ABI it was compiled for.
pub const OURS: &[&str] =
    &["libmpisecure-mpich.so", "libmpisecure-openmpi.so", "libmpisecure-abi.so"];

/// Makes `lib/compat` and `lib/pkgconfig` in the folder of `libmpisecure.so`;
/// the path of the former.
pub fn build(folder: &Path, include: &Path) -> io::Result<PathBuf> {
    let compat = folder.join("lib/compat");
    std::fs::create_dir_all(&compat)?;
    for name in STOCK.iter().chain(OURS) {
        let output = compat.join(name);
        let status = Command::new("cc")
            .args(["-shared", "-nostdlib", "-o"])
            .arg(&output)
            .arg(format!("-Wl,-soname,{name}"))
            .args(["-Wl,-rpath,$ORIGIN/../..", "-Wl,--no-as-needed", "-L"])
            .arg(folder)
            .arg("-lmpisecure")
            .status()
            .map_err(|error| {
                io::Error::other(format!("cannot run cc (Debian package gcc): {error}"))
            })?;
        if !status.success() {
            return Err(io::Error::other(format!("cc could not make {}", output.display())));
        }
    }
    let pkgconfig = folder.join("lib/pkgconfig");
    std::fs::create_dir_all(&pkgconfig)?;
    let text = PKG_CONFIG
        .replace("@LIBDIR@", &folder.display().to_string())
        .replace("@INCLUDEDIR@", &include.display().to_string())
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    std::fs::write(pkgconfig.join("mpi-secure.pc"), text)?;
    Ok(compat)
}

const PKG_CONFIG: &str = "\
libdir=@LIBDIR@
includedir=@INCLUDEDIR@

Name: mpi-secure
Description: An MPI library that encrypts every byte it puts on a socket
Version: @VERSION@
Cflags: -I${includedir}
Libs: -L${libdir} -Wl,-rpath,${libdir} -lmpisecure
";
