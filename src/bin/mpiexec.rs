//! `mpiexec`: runs an MPI program on this host or on several.

use std::process::ExitCode;

fn main() -> ExitCode {
    mpisecure::launch::main(std::env::args_os().skip(1))
}
