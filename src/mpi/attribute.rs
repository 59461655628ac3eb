//! Section 7.7: attributes and their keys.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Comm_create_keyval(
        comm_copy_attr_fn: CommCopyFn, comm_delete_attr_fn: CommDeleteFn, comm_keyval: OutKeyval,
        extra_state: Pointer
    ) = missing, anytime;
    fn MPI_Comm_delete_attr(comm: InComm, comm_keyval: InKeyval) = missing;
    fn MPI_Comm_free_keyval(comm_keyval: InOutKeyval) = missing, anytime;
    fn MPI_Comm_get_attr(
        comm: InComm, comm_keyval: InKeyval, attribute_val: OutPointer, flag: OutFlag
    ) = missing;
    fn MPI_Comm_set_attr(comm: InComm, comm_keyval: InKeyval, attribute_val: Pointer) = missing;
    fn MPI_Type_create_keyval(
        type_copy_attr_fn: TypeCopyFn, type_delete_attr_fn: TypeDeleteFn, type_keyval: OutKeyval,
        extra_state: Pointer
    ) = missing, anytime;
    fn MPI_Type_delete_attr(datatype: InDatatype, type_keyval: InKeyval) = missing;
    fn MPI_Type_free_keyval(type_keyval: InOutKeyval) = missing, anytime;
    fn MPI_Type_get_attr(
        datatype: InDatatype, type_keyval: InKeyval, attribute_val: OutPointer, flag: OutFlag
    ) = missing;
    fn MPI_Type_set_attr(
        datatype: InDatatype, type_keyval: InKeyval, attribute_val: Pointer
    ) = missing;
    fn MPI_Win_create_keyval(
        win_copy_attr_fn: WinCopyFn, win_delete_attr_fn: WinDeleteFn, win_keyval: OutKeyval,
        extra_state: Pointer
    ) = missing, anytime;
    fn MPI_Win_delete_attr(win: InWin, win_keyval: InKeyval) = missing;
    fn MPI_Win_free_keyval(win_keyval: InOutKeyval) = missing, anytime;
    fn MPI_Win_get_attr(
        win: InWin, win_keyval: InKeyval, attribute_val: OutPointer, flag: OutFlag
    ) = missing;
    fn MPI_Win_set_attr(win: InWin, win_keyval: InKeyval, attribute_val: Pointer) = missing;
}
