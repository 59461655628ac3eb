//! What the caller's binary expects. One library serves three ABIs (MPICH,
//! Open MPI, the standard one of MPI-5.0); which of them the caller was built
//! for is a run-time value, decided once (`detect`), and only this layer knows
//! it. Above it, `mpi` writes one row per MPI function ([`mpi_functions!`]) and
//! bodies over decoded values; below it nobody has heard of an ABI.
//!
//! Read in this order: `function` (the row), `entry` (a call from the symbol to
//! the body and back), `kind` (how each sort of argument is decoded), `word`
//! (handles as the three ABIs spell them), `process` (the one global).
//!
//! On x86-64 and AArch64 an `int`, a pointer and an 8-byte integer travel in
//! the same register or stack slot classes in all three ABIs, so one exported
//! function serves all; MPICH's 4-byte handles arrive with an undefined upper
//! half and are cut to 32 bits by the decoder.

pub mod callback;
pub mod code;
pub mod constant;
pub mod coverage;
pub mod cxx;
pub mod detect;
pub mod entry;
pub mod extension;
mod failure;
pub mod fortran;
pub mod function;
pub mod header;
pub mod kind;
pub mod memory;
pub mod openmpi;
pub mod predefined;
pub mod process;
pub mod vendor;
pub mod word;

pub use entry::Cx;
pub use function::{Argument, Function};
pub use process::{Process, process};

use std::sync::atomic::{AtomicU8, Ordering};

/// The binary interface a program was compiled against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Abi {
    /// MPICH and all that follow its ABI initiative (Intel MPI, MVAPICH, Cray).
    Mpich = 1,
    OpenMpi = 2,
    /// The ABI of MPI-5.0, chapter 20.
    Standard = 3,
}

impl Abi {
    pub const ALL: [Abi; 3] = [Abi::Mpich, Abi::OpenMpi, Abi::Standard];

    pub const fn name(self) -> &'static str {
        match self {
            Abi::Mpich => "mpich",
            Abi::OpenMpi => "openmpi",
            Abi::Standard => "standard",
        }
    }

    /// Position in the per-ABI arrays of `constant` and `predefined`.
    pub const fn index(self) -> usize {
        self as usize - 1
    }
}

/// The language of the caller. Fortran's handles lie in memory as integers
/// (`fortran`), its positions count from 1, its strings have no NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    C,
    Fortran,
}

/// Relaxed is enough: the value is written once before anything that depends
/// on it, and a thread that reads the old zero decides again to the same end.
static DECIDED: AtomicU8 = AtomicU8::new(0);

/// The ABI of this process, once it is known for sure.
#[inline(always)]
pub fn decided() -> Option<Abi> {
    match DECIDED.load(Ordering::Relaxed) {
        1 => Some(Abi::Mpich),
        2 => Some(Abi::OpenMpi),
        3 => Some(Abi::Standard),
        _ => None,
    }
}

/// Fixes the ABI for the life of the process.
pub fn decide(abi: Abi) {
    fortran::announce(abi);
    DECIDED.store(abi as u8, Ordering::Relaxed);
}
