//! Chapter 11.2: starting and ending MPI.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Abort(comm: InComm, errorcode: ErrorCode) = missing, anytime;
    fn MPI_Finalize() = missing, anytime;
    fn MPI_Finalized(flag: OutFlag) = missing, anytime;
    fn MPI_Init(argc: ArgcAt, argv: ArgvAt) = missing, anytime;
    fn MPI_Init_thread(
        argc: ArgcAt, argv: ArgvAt, required: InThreadLevel, provided: OutThreadLevel
    ) = missing, anytime;
    fn MPI_Initialized(flag: OutFlag) = missing, anytime;
    fn MPI_Is_thread_main(flag: OutFlag) = missing;
    fn MPI_Query_thread(provided: OutThreadLevel) = missing;
}
