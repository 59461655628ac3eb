//! Functions removed in MPI-3.0 that old binaries still import.

use super::environment::{comm_create_errhandler, comm_get_errhandler, comm_set_errhandler};
use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Address(location: Buf, address: OutCountA) = missing, anytime;
    fn MPI_Attr_delete(comm: InComm, keyval: InKeyval) = missing;
    fn MPI_Attr_get(
        comm: InComm, keyval: InKeyval, attribute_val: OutPointer, flag: OutFlag
    ) = missing;
    fn MPI_Attr_put(comm: InComm, keyval: InKeyval, attribute_val: Pointer) = missing;
    fn MPI_Errhandler_create(
        comm_errhandler_fn: CommErrhandlerFn, errhandler: OutErrhandler
    ) = comm_create_errhandler, anytime;
    fn MPI_Errhandler_get(comm: InComm, errhandler: OutErrhandler) = comm_get_errhandler;
    fn MPI_Errhandler_set(comm: InComm, errhandler: InErrhandler) = comm_set_errhandler;
    fn MPI_Keyval_create(
        copy_fn: OldCopyFn, delete_fn: OldDeleteFn, keyval: OutKeyval, extra_state: Pointer
    ) = missing, anytime;
    fn MPI_Keyval_free(keyval: InOutKeyval) = missing, anytime;
    fn MPI_Type_extent(datatype: InDatatype, extent: OutCountA) = missing;
    fn MPI_Type_hindexed(
        count: Count, array_of_blocklengths: CountsOld, array_of_displacements: DisplsOld,
        oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_hvector(
        count: Count, blocklength: Count, stride: Disp, oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_lb(datatype: InDatatype, displacement: OutCountA) = missing;
    fn MPI_Type_struct(
        count: Count, array_of_blocklengths: CountsOld, array_of_displacements: DisplsOld,
        array_of_types: DatatypesOld, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_ub(datatype: InDatatype, displacement: OutCountA) = missing;
}
