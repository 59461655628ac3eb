//! What the library offers beyond MPI, in `include/mpi_secure.h`: who it is,
//! which ABI it found the program to use, and the layouts of `MPI_Status` it
//! writes. cbindgen prints the header from this file when the crate is built.

use std::ffi::{c_char, c_int};

/// `MPI_Status` of programs compiled with MPICH's header.
#[repr(C)]
pub struct MpiSecureStatusMpich {
    /// Lower 32 bits of the number of bytes.
    pub count_low: c_int,
    /// Upper 31 bits of it, above one bit that says "cancelled".
    pub count_high_and_cancelled: c_int,
    pub source: c_int,
    pub tag: c_int,
    pub error: c_int,
}

/// `MPI_Status` of programs compiled with Open MPI's header.
#[repr(C)]
pub struct MpiSecureStatusOpenMpi {
    pub source: c_int,
    pub tag: c_int,
    pub error: c_int,
    pub cancelled: c_int,
    /// Number of bytes.
    pub count: usize,
}

/// `MPI_Status` of the standard ABI.
#[repr(C)]
pub struct MpiSecureStatusStandard {
    pub source: c_int,
    pub tag: c_int,
    pub error: c_int,
    /// As the first two words of MPICH's.
    pub count_low: c_int,
    pub count_high_and_cancelled: c_int,
    pub unused: [c_int; 3],
}

/// Version of the library, such as "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn mpi_secure_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The ABI this program was found to use: "mpich", "openmpi", "standard", or
/// "unknown" while nothing has told.
#[unsafe(no_mangle)]
pub extern "C" fn mpi_secure_abi() -> *const c_char {
    match super::detect::verdict() {
        Some(super::Abi::Mpich) => c"mpich".as_ptr(),
        Some(super::Abi::OpenMpi) => c"openmpi".as_ptr(),
        Some(super::Abi::Standard) => c"standard".as_ptr(),
        None => c"unknown".as_ptr(),
    }
}
