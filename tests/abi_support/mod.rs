//! What the ABI tests share: the vendors installed here, compilers, our library.

#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mpisecure::abi::Abi;

/// An MPI whose header and library are compared with ours.
pub struct Vendor {
    pub abi: Abi,
    /// Directory of its `mpi.h`.
    pub include: PathBuf,
    /// Its C library.
    pub library: PathBuf,
}

/// The vendors installed here, in Debian's places.
pub fn vendors() -> Vec<Vendor> {
    let base = Path::new("/usr/lib/x86_64-linux-gnu");
    let all = [
        Vendor {
            abi: Abi::Mpich,
            include: "/usr/include/x86_64-linux-gnu/mpich".into(),
            library: base.join("libmpich.so.12"),
        },
        Vendor {
            abi: Abi::OpenMpi,
            include: base.join("openmpi/include"),
            library: base.join("libmpi.so.40"),
        },
    ];
    let installed = |v: &Vendor| {
        let here = v.include.join("mpi.h").exists() && v.library.exists();
        if !here {
            eprintln!("not compared with {}: its mpi.h is not installed", v.abi.name());
        }
        here
    };
    all.into_iter().filter(installed).collect()
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The library this test run was built with.
pub fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let deps = test.parent().unwrap();
    let places = [deps.join("libmpisecure.so"), deps.join("../libmpisecure.so")];
    let newest = places
        .into_iter()
        .filter(|p| p.exists())
        .max_by_key(|p| p.metadata().unwrap().modified().unwrap());
    newest.expect("cargo builds the cdylib beside the tests").canonicalize().unwrap()
}

/// Compiles a C program that sees `include` first.
pub fn compile(source: &str, include: &Path, arguments: &[&str], output: &Path) -> Output {
    let file = output.with_extension("c");
    std::fs::write(&file, source).unwrap();
    Command::new("gcc")
        // Open MPI hides what MPI-3.0 removed unless asked.
        .args(["-w", "-DOMPI_OMIT_MPI1_COMPAT_DECLS=0", "-I"])
        .arg(include)
        .arg(&file)
        .args(arguments)
        .arg("-o")
        .arg(output)
        .output()
        .expect("gcc is installed")
}

/// Standard output of a command that must succeed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{error}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Fails, or with `UPDATE=1` writes, when the committed file is not `text`.
pub fn assert_fresh(path: &str, text: &str) {
    let file = repository().join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == text, "{path} is stale: run the same test with UPDATE=1 and commit it");
}
