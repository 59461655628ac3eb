//! `mpicc`: the C compiler, with what a program of the standard ABI needs to
//! compile against this library and to find it when it runs. Everything it
//! does not know goes to the compiler unchanged. `-show` prints the command
//! instead, for build systems that want to know.

mod wrapper;

use std::process::ExitCode;

use wrapper::{Language, Modules, plan};

const HELP: &str = "\
mpicc: compile and link C programs with mpi-secure

    mpicc [OPTIONS] [COMPILER OPTIONS] FILES

  -show              print the command and run nothing (also -showme)
  -compile_info      the same, for compiling only (also -showme:compile)
  -link_info         the same, for linking only (also -showme:link)
  -cc=COMPILER       the compiler (also MPISECURE_CC in the environment; cc)
  -abi=NAME          objects to link were compiled for mpich, openmpi or standard
  -help
";

fn main() -> ExitCode {
    let compiler = std::env::var_os("MPISECURE_CC").unwrap_or_else(|| "cc".into());
    let c = Language { compiler, option: "-cc=", abi: None };
    wrapper::run("mpicc", HELP, |words, places| {
        plan(words, &c, &places, |_| Ok(Modules::default()))
    })
}
