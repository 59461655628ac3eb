//! Functions removed in MPI-3.0 that old binaries still import.

use super::attribute::{
    comm_create_keyval, comm_delete_attr, comm_free_keyval, comm_get_attr, comm_set_attr,
};
use super::datatype::{create_hindexed, create_hvector, create_struct};
use super::environment::{comm_create_errhandler, comm_get_errhandler, comm_set_errhandler};
use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::Ref;
use crate::mpi_functions;
use crate::object::{Datatype, Result};

mpi_functions! {
    fn MPI_Address(location: Buf, address: OutCountA) = address, anytime;
    fn MPI_Attr_delete(comm: InComm, keyval: InKeyval) = comm_delete_attr;
    fn MPI_Attr_get(
        comm: InComm, keyval: InKeyval, attribute_val: OutPointer, flag: OutFlag
    ) = comm_get_attr;
    fn MPI_Attr_put(comm: InComm, keyval: InKeyval, attribute_val: Pointer) = comm_set_attr;
    fn MPI_Errhandler_create(
        comm_errhandler_fn: CommErrhandlerFn, errhandler: OutErrhandler
    ) = comm_create_errhandler, anytime;
    fn MPI_Errhandler_get(comm: InComm, errhandler: OutErrhandler) = comm_get_errhandler;
    fn MPI_Errhandler_set(comm: InComm, errhandler: InErrhandler) = comm_set_errhandler;
    fn MPI_Keyval_create(
        copy_fn: OldCopyFn, delete_fn: OldDeleteFn, keyval: OutKeyval, extra_state: Pointer
    ) = comm_create_keyval, anytime;
    fn MPI_Keyval_free(keyval: InOutKeyval) = comm_free_keyval, anytime;
    fn MPI_Type_extent(datatype: InDatatype, extent: OutCountA) = extent;
    fn MPI_Type_hindexed(
        count: Count, array_of_blocklengths: CountsOld, array_of_displacements: DisplsOld,
        oldtype: InDatatype, newtype: OutDatatype
    ) = create_hindexed;
    fn MPI_Type_hvector(
        count: Count, blocklength: Count, stride: Disp, oldtype: InDatatype, newtype: OutDatatype
    ) = create_hvector;
    fn MPI_Type_lb(datatype: InDatatype, displacement: OutCountA) = lb;
    fn MPI_Type_struct(
        count: Count, array_of_blocklengths: CountsOld, array_of_displacements: DisplsOld,
        array_of_types: DatatypesOld, newtype: OutDatatype
    ) = create_struct;
    fn MPI_Type_ub(datatype: InDatatype, displacement: OutCountA) = ub;
}

fn address(_: &Cx, location: Memory, address: NumberPlace) -> Result<()> {
    address.set(location.address() as i64);
    Ok(())
}

fn extent(_: &Cx, datatype: Ref<Datatype>, extent: NumberPlace) -> Result<()> {
    extent.set(datatype.extent());
    Ok(())
}

fn lb(_: &Cx, datatype: Ref<Datatype>, displacement: NumberPlace) -> Result<()> {
    displacement.set(datatype.lower());
    Ok(())
}

fn ub(_: &Cx, datatype: Ref<Datatype>, displacement: NumberPlace) -> Result<()> {
    displacement.set(datatype.upper());
    Ok(())
}
