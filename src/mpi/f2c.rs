//! Sections 19.3, 20.4: handles and statuses as Fortran and integers have them.

use crate::abi::kind::*;
use crate::abi::{Cx, fortran};
use crate::mpi_functions;
use crate::object::{Handle, Kind, Result};

mpi_functions! {
    fn MPI_Comm_c2f(comm: NamedComm) -> Fint = comm_to_integer, anytime;
    fn MPI_Comm_f2c(comm: FortranHandle) -> NamedComm = comm_from_integer, anytime;
    fn MPI_Comm_fromint(comm: IntHandle) -> NamedComm = comm_from_integer, anytime;
    fn MPI_Comm_toint(comm: NamedComm) -> IntValue = comm_to_integer, anytime;
    fn MPI_Errhandler_c2f(errhandler: NamedErrhandler) -> Fint = errhandler_to_integer, anytime;
    fn MPI_Errhandler_f2c(errhandler: FortranHandle) -> NamedErrhandler = errhandler_from_integer, anytime;
    fn MPI_Errhandler_fromint(errhandler: IntHandle) -> NamedErrhandler = errhandler_from_integer, anytime;
    fn MPI_Errhandler_toint(errhandler: NamedErrhandler) -> IntValue = errhandler_to_integer, anytime;
    fn MPI_File_c2f(file: NamedFile) -> Fint = file_to_integer, anytime;
    fn MPI_File_f2c(file: FortranHandle) -> NamedFile = file_from_integer, anytime;
    fn MPI_File_fromint(file: IntHandle) -> NamedFile = file_from_integer, anytime;
    fn MPI_File_toint(file: NamedFile) -> IntValue = file_to_integer, anytime;
    fn MPI_Group_c2f(group: NamedGroup) -> Fint = group_to_integer, anytime;
    fn MPI_Group_f2c(group: FortranHandle) -> NamedGroup = group_from_integer, anytime;
    fn MPI_Group_fromint(group: IntHandle) -> NamedGroup = group_from_integer, anytime;
    fn MPI_Group_toint(group: NamedGroup) -> IntValue = group_to_integer, anytime;
    fn MPI_Info_c2f(info: NamedInfo) -> Fint = info_to_integer, anytime;
    fn MPI_Info_f2c(info: FortranHandle) -> NamedInfo = info_from_integer, anytime;
    fn MPI_Info_fromint(info: IntHandle) -> NamedInfo = info_from_integer, anytime;
    fn MPI_Info_toint(info: NamedInfo) -> IntValue = info_to_integer, anytime;
    fn MPI_Message_c2f(message: NamedMessage) -> Fint = message_to_integer, anytime;
    fn MPI_Message_f2c(message: FortranHandle) -> NamedMessage = message_from_integer, anytime;
    fn MPI_Message_fromint(message: IntHandle) -> NamedMessage = message_from_integer, anytime;
    fn MPI_Message_toint(message: NamedMessage) -> IntValue = message_to_integer, anytime;
    fn MPI_Op_c2f(op: NamedOp) -> Fint = op_to_integer, anytime;
    fn MPI_Op_f2c(op: FortranHandle) -> NamedOp = op_from_integer, anytime;
    fn MPI_Op_fromint(op: IntHandle) -> NamedOp = op_from_integer, anytime;
    fn MPI_Op_toint(op: NamedOp) -> IntValue = op_to_integer, anytime;
    fn MPI_Request_c2f(request: NamedRequest) -> Fint = request_to_integer, anytime;
    fn MPI_Request_f2c(request: FortranHandle) -> NamedRequest = request_from_integer, anytime;
    fn MPI_Request_fromint(request: IntHandle) -> NamedRequest = request_from_integer, anytime;
    fn MPI_Request_toint(request: NamedRequest) -> IntValue = request_to_integer, anytime;
    fn MPI_Session_c2f(session: NamedSession) -> Fint = session_to_integer, anytime;
    fn MPI_Session_f2c(session: FortranHandle) -> NamedSession = session_from_integer, anytime;
    fn MPI_Session_fromint(session: IntHandle) -> NamedSession = session_from_integer, anytime;
    fn MPI_Session_toint(session: NamedSession) -> IntValue = session_to_integer, anytime;
    fn MPI_Status_c2f(c_status: InStatus, f_status: OutFStatus) = copy_status, anytime;
    fn MPI_Status_c2f08(c_status: InStatus, f08_status: OutF08Status) = copy_status, anytime;
    fn MPI_Status_f082c(f08_status: F08Status, c_status: OutStatus) = copy_status, anytime;
    fn MPI_Status_f082f(f08_status: F08Status, f_status: OutFStatus) = copy_status, anytime;
    fn MPI_Status_f2c(f_status: FStatus, c_status: OutStatus) = copy_status, anytime;
    fn MPI_Status_f2f08(f_status: FStatus, f08_status: OutF08Status) = copy_status, anytime;
    fn MPI_Type_c2f(datatype: NamedDatatype) -> Fint = datatype_to_integer, anytime;
    fn MPI_Type_f2c(datatype: FortranHandle) -> NamedDatatype = datatype_from_integer, anytime;
    fn MPI_Type_fromint(datatype: IntHandle) -> NamedDatatype = datatype_from_integer, anytime;
    fn MPI_Type_toint(datatype: NamedDatatype) -> IntValue = datatype_to_integer, anytime;
    fn MPI_Win_c2f(win: NamedWin) -> Fint = win_to_integer, anytime;
    fn MPI_Win_f2c(win: FortranHandle) -> NamedWin = win_from_integer, anytime;
    fn MPI_Win_fromint(win: IntHandle) -> NamedWin = win_from_integer, anytime;
    fn MPI_Win_toint(win: NamedWin) -> IntValue = win_to_integer, anytime;
}

/// Two bodies per kind of object: a value in, a value out, never an error.
macro_rules! conversions {
    ($($kind:ident: $to:ident, $from:ident;)*) => {$(
        fn $to(cx: &Cx, handle: Handle) -> i32 {
            fortran::integer(cx.abi, Kind::$kind, handle)
        }

        fn $from(cx: &Cx, integer: i32) -> Handle {
            fortran::handle(cx.abi, Kind::$kind, integer)
        }
    )*};
}

conversions! {
    Comm: comm_to_integer, comm_from_integer;
    Errhandler: errhandler_to_integer, errhandler_from_integer;
    File: file_to_integer, file_from_integer;
    Group: group_to_integer, group_from_integer;
    Info: info_to_integer, info_from_integer;
    Message: message_to_integer, message_from_integer;
    Op: op_to_integer, op_from_integer;
    Request: request_to_integer, request_from_integer;
    Session: session_to_integer, session_from_integer;
    Datatype: datatype_to_integer, datatype_from_integer;
    Win: win_to_integer, win_from_integer;
}

/// All six conversions of a status.
fn copy_status(_: &Cx, from: StatusPlace, to: StatusPlace) -> Result<()> {
    to.copy_from(&from);
    Ok(())
}
