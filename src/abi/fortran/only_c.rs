//! Which functions exist in C only. A file of its own, since the library and the
//! build script that makes its labels go by it.

/// Handles and statuses are converted in C. (`MPI_T_` has no Fortran at all.)
pub fn is_only_c(name: &str) -> bool {
    let of_status = name.strip_prefix("MPI_Status_").unwrap_or_default();
    name.starts_with("MPI_T_")
        || ["_c2f", "_f2c", "_toint", "_fromint"].iter().any(|end| name.ends_with(end))
        || of_status.contains("2c")
        || of_status.starts_with("c2")
}
