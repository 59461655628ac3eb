//! Sections 19.3, 20.4: handles and statuses as Fortran and integers have them.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Comm_c2f(comm: NamedComm) -> Fint = missing, anytime;
    fn MPI_Comm_f2c(comm: FortranHandle) -> NamedComm = missing, anytime;
    fn MPI_Comm_fromint(comm: IntHandle) -> NamedComm = missing, anytime;
    fn MPI_Comm_toint(comm: NamedComm) = missing, anytime;
    fn MPI_Errhandler_c2f(errhandler: NamedErrhandler) -> Fint = missing, anytime;
    fn MPI_Errhandler_f2c(errhandler: FortranHandle) -> NamedErrhandler = missing, anytime;
    fn MPI_Errhandler_fromint(errhandler: IntHandle) -> NamedErrhandler = missing, anytime;
    fn MPI_Errhandler_toint(errhandler: NamedErrhandler) = missing, anytime;
    fn MPI_File_c2f(file: NamedFile) -> Fint = missing, anytime;
    fn MPI_File_f2c(file: FortranHandle) -> NamedFile = missing, anytime;
    fn MPI_File_fromint(file: IntHandle) -> NamedFile = missing, anytime;
    fn MPI_File_toint(file: NamedFile) = missing, anytime;
    fn MPI_Group_c2f(group: NamedGroup) -> Fint = missing, anytime;
    fn MPI_Group_f2c(group: FortranHandle) -> NamedGroup = missing, anytime;
    fn MPI_Group_fromint(group: IntHandle) -> NamedGroup = missing, anytime;
    fn MPI_Group_toint(group: NamedGroup) = missing, anytime;
    fn MPI_Info_c2f(info: NamedInfo) -> Fint = missing, anytime;
    fn MPI_Info_f2c(info: FortranHandle) -> NamedInfo = missing, anytime;
    fn MPI_Info_fromint(info: IntHandle) -> NamedInfo = missing, anytime;
    fn MPI_Info_toint(info: NamedInfo) = missing, anytime;
    fn MPI_Message_c2f(message: NamedMessage) -> Fint = missing, anytime;
    fn MPI_Message_f2c(message: FortranHandle) -> NamedMessage = missing, anytime;
    fn MPI_Message_fromint(message: IntHandle) -> NamedMessage = missing, anytime;
    fn MPI_Message_toint(message: NamedMessage) = missing, anytime;
    fn MPI_Op_c2f(op: NamedOp) -> Fint = missing, anytime;
    fn MPI_Op_f2c(op: FortranHandle) -> NamedOp = missing, anytime;
    fn MPI_Op_fromint(op: IntHandle) -> NamedOp = missing, anytime;
    fn MPI_Op_toint(op: NamedOp) = missing, anytime;
    fn MPI_Request_c2f(request: NamedRequest) -> Fint = missing, anytime;
    fn MPI_Request_f2c(request: FortranHandle) -> NamedRequest = missing, anytime;
    fn MPI_Request_fromint(request: IntHandle) -> NamedRequest = missing, anytime;
    fn MPI_Request_toint(request: NamedRequest) = missing, anytime;
    fn MPI_Session_c2f(session: NamedSession) -> Fint = missing, anytime;
    fn MPI_Session_f2c(session: FortranHandle) -> NamedSession = missing, anytime;
    fn MPI_Session_fromint(session: IntHandle) -> NamedSession = missing, anytime;
    fn MPI_Session_toint(session: NamedSession) = missing, anytime;
    fn MPI_Status_c2f(c_status: InStatus, f_status: OutFStatus) = missing, anytime;
    fn MPI_Status_c2f08(c_status: InStatus, f08_status: OutF08Status) = missing, anytime;
    fn MPI_Status_f082c(f08_status: F08Status, c_status: OutStatus) = missing, anytime;
    fn MPI_Status_f082f(f08_status: F08Status, f_status: OutFStatus) = missing, anytime;
    fn MPI_Status_f2c(f_status: FStatus, c_status: OutStatus) = missing, anytime;
    fn MPI_Status_f2f08(f_status: FStatus, f08_status: OutF08Status) = missing, anytime;
    fn MPI_Type_c2f(datatype: NamedDatatype) -> Fint = missing, anytime;
    fn MPI_Type_f2c(datatype: FortranHandle) -> NamedDatatype = missing, anytime;
    fn MPI_Type_fromint(datatype: IntHandle) -> NamedDatatype = missing, anytime;
    fn MPI_Type_toint(datatype: NamedDatatype) = missing, anytime;
    fn MPI_Win_c2f(win: NamedWin) -> Fint = missing, anytime;
    fn MPI_Win_f2c(win: FortranHandle) -> NamedWin = missing, anytime;
    fn MPI_Win_fromint(win: IntHandle) -> NamedWin = missing, anytime;
    fn MPI_Win_toint(win: NamedWin) = missing, anytime;
}
