//! Chapter 10: info objects.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Info_create(info: OutInfo) = missing, anytime;
    fn MPI_Info_create_env(argc: Int, argv: Argv, info: OutInfo) = missing, anytime;
    fn MPI_Info_delete(info: OptInfo, key: InString) = missing, anytime;
    fn MPI_Info_dup(info: OptInfo, newinfo: OutInfo) = missing, anytime;
    fn MPI_Info_free(info: InOutInfo) = missing, anytime;
    fn MPI_Info_get(
        info: OptInfo, key: InString, valuelen: Count, value: OutString, flag: OutFlag
    ) = missing, anytime;
    fn MPI_Info_get_nkeys(info: OptInfo, nkeys: OutInt) = missing, anytime;
    fn MPI_Info_get_nthkey(info: OptInfo, n: Int, key: OutString) = missing, anytime;
    fn MPI_Info_get_string(
        info: OptInfo, key: InString, buflen: OutInt, value: OutString, flag: OutFlag
    ) = missing, anytime;
    fn MPI_Info_get_valuelen(
        info: OptInfo, key: InString, valuelen: OutInt, flag: OutFlag
    ) = missing, anytime;
    fn MPI_Info_set(info: OptInfo, key: InString, value: InString) = missing, anytime;
}
