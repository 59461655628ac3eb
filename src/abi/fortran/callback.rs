//! Procedures that Fortran programs call or name and that are no functions of
//! MPI's table: MPI's own callbacks, and what modules define. Their names are in
//! `build/fortran_names.rs`.
//!
//! What must hold: they are called as the standard says of procedures of their
//! kind, every argument an address.

/// `MPI_COMM_DUP_FN` and its like: copies the value.
///
/// # Safety
/// Called as an attribute copy function of Fortran.
pub unsafe extern "C" fn duplicate(
    _object: usize,
    _key: usize,
    _extra: usize,
    value: *const i64,
    copied: *mut i64,
    flag: *mut i32,
    ierror: *mut i32,
) {
    // SAFETY: see above.
    unsafe {
        copied.write_unaligned(value.read_unaligned());
        flag.write(1);
        ierror.write(0);
    }
}

/// `MPI_DUP_FN` of MPI-1, whose attributes are `INTEGER`.
///
/// # Safety
/// Called as an attribute copy function of MPI-1's Fortran.
pub unsafe extern "C" fn duplicate_integer(
    _object: usize,
    _key: usize,
    _extra: usize,
    value: *const i32,
    copied: *mut i32,
    flag: *mut i32,
    ierror: *mut i32,
) {
    // SAFETY: see above.
    unsafe {
        copied.write(value.read());
        flag.write(1);
        ierror.write(0);
    }
}

/// `MPI_COMM_NULL_COPY_FN` and its like.
///
/// # Safety
/// Called as an attribute copy function of Fortran.
pub unsafe extern "C" fn copy_nothing(
    _object: usize,
    _key: usize,
    _extra: usize,
    _value: usize,
    _copied: usize,
    flag: *mut i32,
    ierror: *mut i32,
) {
    // SAFETY: see above.
    unsafe {
        flag.write(0);
        ierror.write(0);
    }
}

/// `MPI_COMM_NULL_DELETE_FN` and its like.
///
/// # Safety
/// Called as an attribute delete function of Fortran.
pub unsafe extern "C" fn delete_nothing(
    _object: usize,
    _key: usize,
    _value: usize,
    _extra: usize,
    ierror: *mut i32,
) {
    // SAFETY: see above.
    unsafe { ierror.write(0) };
}

/// `MPI_CONVERSION_FN_NULL`: recognised by its address, never called.
pub extern "C" fn convert_nothing() {}

/// `MPI_F_sync_reg`: that it is called is all it is for.
pub extern "C" fn synchronize_nothing() {}

/// `==` of two handles, or of a handle and its integer.
///
/// # Safety
/// Called with two handles of Fortran.
pub unsafe extern "C" fn handles_equal(one: *const i32, other: *const i32) -> i32 {
    // SAFETY: see above.
    unsafe { (one.read() == other.read()) as i32 }
}

/// `/=` of two handles, or of a handle and its integer.
///
/// # Safety
/// Called with two handles of Fortran.
pub unsafe extern "C" fn handles_differ(one: *const i32, other: *const i32) -> i32 {
    // SAFETY: see above.
    unsafe { (one.read() != other.read()) as i32 }
}

macro_rules! sizes {
    ($($name:ident: $bytes:literal;)*) => {$(
        /// `MPI_Sizeof` of a type with so many bytes.
        ///
        /// # Safety
        /// Called with the place of the size, and that of the error code or
        /// none.
        pub unsafe extern "C" fn $name(_x: usize, size: *mut i32, ierror: *mut i32) {
            // SAFETY: see above.
            unsafe {
                size.write($bytes);
                if !ierror.is_null() {
                    ierror.write(0);
                }
            }
        }
    )*};
}

sizes! {
    size_1: 1;
    size_2: 2;
    size_4: 4;
    size_8: 8;
    size_16: 16;
    size_32: 32;
}
