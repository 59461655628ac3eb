//! Chapter 20: questions about the ABI.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Abi_get_fortran_booleans(
        logical_size: Int, logical_true: Pointer, logical_false: Pointer, is_set: OutFlag
    ) = missing, anytime;
    fn MPI_Abi_get_fortran_info(info: OutInfo) = missing, anytime;
    fn MPI_Abi_get_info(info: OutInfo) = missing, anytime;
    fn MPI_Abi_get_version(abi_major: OutInt, abi_minor: OutInt) = missing, anytime;
    fn MPI_Abi_set_fortran_booleans(
        logical_size: Int, logical_true: Pointer, logical_false: Pointer
    ) = missing, anytime;
    fn MPI_Abi_set_fortran_info(info: OptInfo) = missing, anytime;
}
