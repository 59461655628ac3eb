//! Link arguments of the shared library, the extension header, and the names
//! of Fortran.

use std::path::{Path, PathBuf};

#[path = "build/fortran_names.rs"]
mod fortran_names;

const CHAPTERS: &str = "src/mpi";
const EXTENSION: &str = "src/abi/extension.rs";
const CBINDGEN: &str = "cbindgen.toml";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The linker takes a preloaded copy and one that a program needs for the
    // same library when they have the same name.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmpisecure.so");
    // Threads and exit handlers of a process outlive whoever opened the
    // library, so it is never unloaded.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");

    // A build does not write into the source tree: a test compares the two.
    println!("cargo::rerun-if-changed={EXTENSION}");
    println!("cargo::rerun-if-changed={CBINDGEN}");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let config = cbindgen::Config::from_file(CBINDGEN).expect("cbindgen.toml is in order");
    cbindgen::Builder::new()
        .with_src(EXTENSION)
        .with_config(config)
        .generate()
        .expect("the extension is plain enough for C")
        .write_to_file(out.join("mpi_secure.h"));

    println!("cargo::rerun-if-changed={CHAPTERS}");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/abi/fortran/only_c.rs");
    let architecture = std::env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
    let names = fortran_names::print(Path::new(CHAPTERS), &architecture);
    std::fs::write(out.join("fortran_names.rs"), names).expect("OUT_DIR is writable");
    let exports = out.join("fortran.map");
    std::fs::write(&exports, fortran_names::EXPORTS).expect("OUT_DIR is writable");
    println!("cargo::rustc-cdylib-link-arg=-Wl,--version-script={}", exports.display());
}
