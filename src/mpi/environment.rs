//! Chapter 9: versions, time, memory, error handlers, classes, codes, strings.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Add_error_class(errorclass: OutInt) = missing, anytime;
    fn MPI_Add_error_code(errorclass: ErrorCode, errorcode: OutInt) = missing, anytime;
    fn MPI_Add_error_string(errorcode: ErrorCode, string: InString) = missing, anytime;
    fn MPI_Aint_add(base: Disp, disp: Disp) -> AddressInt = missing, anytime;
    fn MPI_Aint_diff(addr1: Disp, addr2: Disp) -> AddressInt = missing, anytime;
    fn MPI_Alloc_mem(size: SizeA, info: OptInfo, baseptr: OutPointer) = missing, anytime;
    fn MPI_Comm_call_errhandler(comm: InComm, errorcode: ErrorCode) = missing;
    fn MPI_Comm_create_errhandler(
        comm_errhandler_fn: CommErrhandlerFn, errhandler: OutErrhandler
    ) = missing, anytime;
    fn MPI_Comm_get_errhandler(comm: InComm, errhandler: OutErrhandler) = missing;
    fn MPI_Comm_set_errhandler(comm: InComm, errhandler: InErrhandler) = missing;
    fn MPI_Errhandler_free(errhandler: InOutErrhandler) = missing, anytime;
    fn MPI_Error_class(errorcode: ErrorCode, errorclass: OutInt) = missing, anytime;
    fn MPI_Error_string(
        errorcode: ErrorCode, string: OutString, resultlen: OutInt
    ) = missing, anytime;
    fn MPI_Free_mem(base: Buf) = missing, anytime;
    fn MPI_Get_count(status: InStatus, datatype: InDatatype, count: OutCount) = missing;
    fn MPI_Get_count_c(status: InStatus, datatype: InDatatype, count: OutCountC) = missing;
    fn MPI_Get_library_version(version: OutString, resultlen: OutInt) = missing, anytime;
    fn MPI_Get_processor_name(name: OutString, resultlen: OutInt) = missing, anytime;
    fn MPI_Get_version(version: OutInt, subversion: OutInt) = missing, anytime;
    fn MPI_Pcontrol(level: ConstInt, varargs: Varargs) = missing, anytime;
    fn MPI_Remove_error_class(errorclass: ErrorCode) = missing, anytime;
    fn MPI_Remove_error_code(errorcode: ErrorCode) = missing, anytime;
    fn MPI_Remove_error_string(errorcode: ErrorCode) = missing, anytime;
    fn MPI_Win_call_errhandler(win: InWin, errorcode: ErrorCode) = missing;
    fn MPI_Win_create_errhandler(
        win_errhandler_fn: WinErrhandlerFn, errhandler: OutErrhandler
    ) = missing, anytime;
    fn MPI_Win_get_errhandler(win: InWin, errhandler: OutErrhandler) = missing;
    fn MPI_Win_set_errhandler(win: InWin, errhandler: InErrhandler) = missing;
    fn MPI_Wtick() -> Double = missing, anytime;
    fn MPI_Wtime() -> Double = missing, anytime;
}
