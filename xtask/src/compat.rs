//! Libraries that are nothing but a name: `lib/compat/libmpi.so.12` and its
//! like need `libmpisecure.so` and hold no code. With `LD_LIBRARY_PATH` set to
//! their folder, a program built with another MPI runs on ours, whether or not
//! that other MPI is installed. Of the stock Fortran libraries those stay that
//! hold code of modules (`use mpi_f08`); they find our entry points.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names that programs already need, or load while they run: `libmpi.so` is what
/// mpi4py looks for, and says nothing of the ABI.
pub const STOCK: &[&str] = &[
    "libmpi.so",
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

/// Of these, and of ours, those that Fortran programs need. They also hold the
/// names of compilers that decorate none: `mpi_send`.
const FORTRAN: &[&str] = &["libmpifort.so.12", "libmpichfort.so.12", "libmpi_mpifh.so.40"];

/// Names for `mpicc -abi=NAME` to link, when an object file cannot say itself
/// which ABI it was compiled for.
pub const OURS: &[&str] =
    &["libmpisecure-mpich.so", "libmpisecure-openmpi.so", "libmpisecure-abi.so"];

/// Makes `lib/compat` and `lib/pkgconfig` in the folder of `libmpisecure.so`;
/// the path of the former.
pub fn build(folder: &Path, include: &Path) -> io::Result<PathBuf> {
    let compat = folder.join("lib/compat");
    std::fs::create_dir_all(&compat)?;
    let undecorated = compat.join("undecorated.s");
    std::fs::write(&undecorated, undecorated_names(&folder.join("libmpisecure.so"))?)?;
    for name in STOCK.iter().chain(OURS) {
        let output = compat.join(name);
        let is_fortran = FORTRAN.contains(name) || OURS.contains(name);
        let status = Command::new("cc")
            .args(["-shared", "-nostdlib", "-o"])
            .arg(&output)
            .args(is_fortran.then_some(&undecorated))
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

/// Assembly in which each of the library's names with an underscore at its end
/// has one without, which leads to it.
fn undecorated_names(library: &Path) -> io::Result<String> {
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output();
    let output = output.map_err(|error| {
        io::Error::other(format!("cannot run nm (Debian package binutils): {error}"))
    })?;
    let jump = if cfg!(target_arch = "aarch64") { "b" } else { "jmp" };
    let plt = if cfg!(target_arch = "aarch64") { "" } else { "@PLT" };
    let mut text = String::from(".text\n");
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let symbol = line.rsplit(' ').next().unwrap_or_default();
        let Some(name) = symbol.strip_suffix('_') else { continue };
        let is_function = ["mpi_", "pmpi_", "mpix_", "pmpix_"].iter().any(|p| name.starts_with(p));
        let is_other = name.ends_with('_') || name.contains("_f08") || name.contains("_fortran_");
        if is_function && !is_other && !name.starts_with("mpi_secure_") {
            text +=
                &format!(".globl {name}\n.type {name}, %function\n{name}: {jump} {symbol}{plt}\n");
        }
    }
    if !text.contains("mpi_send") {
        return Err(io::Error::other(format!("{} has no Fortran names", library.display())));
    }
    // Nothing here wants an executable stack.
    Ok(text + ".section .note.GNU-stack,\"\",%progbits\n")
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
