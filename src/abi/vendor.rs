//! Functions and variables that the vendors' headers refer to besides the MPI
//! functions themselves: the predefined attribute callbacks, which are real
//! functions in MPICH and Open MPI, and MPICH's pointer variables.

#![allow(non_snake_case, non_upper_case_globals)]

use std::ffi::c_int;
use std::sync::atomic::AtomicUsize;

/// Copies the value as it is.
///
/// # Safety
/// Called as an attribute copy callback: `out` and `flag` are valid.
unsafe fn duplicate(value: usize, out: *mut usize, flag: *mut c_int) -> c_int {
    // SAFETY: see above.
    unsafe {
        *out = value;
        *flag = 1;
    }
    0
}

macro_rules! duplicates {
    ($($name:ident)*) => {$(
        /// `MPI_DUP_FN` of a vendor.
        ///
        /// # Safety
        /// Called as an attribute copy callback.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            _object: usize, _key: c_int, _extra: usize,
            value: usize, out: *mut usize, flag: *mut c_int,
        ) -> c_int {
            // SAFETY: passed on.
            unsafe { duplicate(value, out, flag) }
        }
    )*};
}

duplicates! {
    MPIR_Dup_fn
    OMPI_C_MPI_DUP_FN
    OMPI_C_MPI_COMM_DUP_FN
    OMPI_C_MPI_TYPE_DUP_FN
    OMPI_C_MPI_WIN_DUP_FN
}

macro_rules! null_copies {
    ($($name:ident)*) => {$(
        /// `MPI_NULL_COPY_FN` of Open MPI: copies nothing.
        ///
        /// # Safety
        /// Called as an attribute copy callback.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            _object: usize, _key: c_int, _extra: usize,
            _value: usize, _out: *mut usize, flag: *mut c_int,
        ) -> c_int {
            // SAFETY: a copy callback gets a valid flag.
            unsafe { *flag = 0 };
            0
        }
    )*};
}

null_copies! {
    OMPI_C_MPI_NULL_COPY_FN
    OMPI_C_MPI_COMM_NULL_COPY_FN
    OMPI_C_MPI_TYPE_NULL_COPY_FN
    OMPI_C_MPI_WIN_NULL_COPY_FN
}

macro_rules! null_deletes {
    ($($name:ident)*) => {$(
        /// `MPI_NULL_DELETE_FN` of Open MPI: does nothing.
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(_object: usize, _key: c_int, _value: usize, _extra: usize) -> c_int {
            0
        }
    )*};
}

null_deletes! {
    OMPI_C_MPI_NULL_DELETE_FN
    OMPI_C_MPI_COMM_NULL_DELETE_FN
    OMPI_C_MPI_TYPE_NULL_DELETE_FN
    OMPI_C_MPI_WIN_NULL_DELETE_FN
}

/// A pointer that points to itself or to a word of ours, to be recognised.
#[repr(transparent)]
pub struct PointerVariable(*const [AtomicUsize; 1]);

// SAFETY: the pointer itself is never written.
unsafe impl Sync for PointerVariable {}

static UNWEIGHTED: [AtomicUsize; 1] = [AtomicUsize::new(0)];
static WEIGHTS_EMPTY: [AtomicUsize; 1] = [AtomicUsize::new(0)];
static PVAR_ALL_HANDLES: [AtomicUsize; 1] = [AtomicUsize::new(0)];

/// The values of `MPI_UNWEIGHTED` and `MPI_WEIGHTS_EMPTY` in MPICH's ABI.
pub fn special_weights() -> (usize, usize) {
    (&raw const UNWEIGHTED as usize, &raw const WEIGHTS_EMPTY as usize)
}

/// MPICH's `MPI_UNWEIGHTED`: a variable whose value is recognised.
#[unsafe(no_mangle)]
pub static MPI_UNWEIGHTED: PointerVariable = PointerVariable(&raw const UNWEIGHTED);
/// MPICH's `MPI_WEIGHTS_EMPTY`.
#[unsafe(no_mangle)]
pub static MPI_WEIGHTS_EMPTY: PointerVariable = PointerVariable(&raw const WEIGHTS_EMPTY);
/// MPICH's `MPI_T_PVAR_ALL_HANDLES`.
#[unsafe(no_mangle)]
pub static MPI_T_PVAR_ALL_HANDLES: PointerVariable = PointerVariable(&raw const PVAR_ALL_HANDLES);

/// Status variables of C's Fortran support: null until the ABI is decided.
#[unsafe(no_mangle)]
pub static MPI_F_STATUS_IGNORE: AtomicUsize = AtomicUsize::new(0);
#[unsafe(no_mangle)]
pub static MPI_F_STATUSES_IGNORE: AtomicUsize = AtomicUsize::new(0);

/// What the f08 variables point to: a status no one reads.
#[repr(C, align(8))]
pub struct IgnoredStatus([u8; 32]);

static F08_STATUS: IgnoredStatus = IgnoredStatus([0; 32]);
static F08_STATUSES: IgnoredStatus = IgnoredStatus([0; 32]);

#[repr(transparent)]
pub struct StatusVariable(*const IgnoredStatus);

// SAFETY: the pointer itself is never written.
unsafe impl Sync for StatusVariable {}

#[unsafe(no_mangle)]
pub static MPI_F08_STATUS_IGNORE: StatusVariable = StatusVariable(&raw const F08_STATUS);
#[unsafe(no_mangle)]
pub static MPI_F08_STATUSES_IGNORE: StatusVariable = StatusVariable(&raw const F08_STATUSES);

/// Programs compiled with our own `mpi.h` refer to this, and to nothing else
/// that would tell which ABI they were compiled for.
#[unsafe(no_mangle)]
pub static mpi_secure_standard_abi: c_int = 1;
