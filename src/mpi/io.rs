//! Chapter 14: files: opening, views, positions, consistency.

use std::sync::Arc;

use super::environment::give_errhandler;
use crate::abi::Cx;
use crate::abi::callback::errhandler;
use crate::abi::kind::*;
use crate::abi::process::Errhandler;
use crate::mpi_functions;
use crate::object::{Kind, Result};

mpi_functions! {
    fn MPI_File_call_errhandler(fh: InFile, errorcode: ErrorCode) = missing;
    fn MPI_File_close(fh: InOutFile) = missing;
    fn MPI_File_create_errhandler(
        file_errhandler_fn: FileErrhandlerFn, errhandler: OutErrhandler
    ) = file_create_errhandler, anytime;
    fn MPI_File_delete(filename: InString, info: OptInfo) = missing;
    fn MPI_File_get_amode(fh: InFile, amode: OutInt) = missing;
    fn MPI_File_get_atomicity(fh: InFile, flag: OutFlag) = missing;
    fn MPI_File_get_byte_offset(fh: InFile, offset: Offset, disp: OutOffset) = missing;
    fn MPI_File_get_errhandler(file: InFile, errhandler: OutErrhandler) = missing;
    fn MPI_File_get_group(fh: InFile, group: OutGroup) = missing;
    fn MPI_File_get_info(fh: InFile, info_used: OutInfo) = missing;
    fn MPI_File_get_position(fh: InFile, offset: OutOffset) = missing;
    fn MPI_File_get_position_shared(fh: InFile, offset: OutOffset) = missing;
    fn MPI_File_get_size(fh: InFile, size: OutOffset) = missing;
    fn MPI_File_get_type_extent(fh: InFile, datatype: InDatatype, extent: OutCountA) = missing;
    fn MPI_File_get_type_extent_c(fh: InFile, datatype: InDatatype, extent: OutCountC) = missing;
    fn MPI_File_get_view(
        fh: InFile, disp: OutOffset, etype: OutDatatype, filetype: OutDatatype, datarep: OutString
    ) = missing;
    fn MPI_File_open(
        comm: InComm, filename: InString, amode: Amode, info: OptInfo, fh: OutFile
    ) = missing;
    fn MPI_File_preallocate(fh: InFile, size: Offset) = missing;
    fn MPI_File_seek(fh: InFile, offset: Offset, whence: InWhence) = missing;
    fn MPI_File_seek_shared(fh: InFile, offset: Offset, whence: InWhence) = missing;
    fn MPI_File_set_atomicity(fh: InFile, flag: Flag) = missing;
    fn MPI_File_set_errhandler(file: InFile, errhandler: InErrhandler) = missing;
    fn MPI_File_set_info(fh: InFile, info: OptInfo) = missing;
    fn MPI_File_set_size(fh: InFile, size: Offset) = missing;
    fn MPI_File_set_view(
        fh: InFile, disp: Offset, etype: InDatatype, filetype: InDatatype, datarep: InString,
        info: OptInfo
    ) = missing;
    fn MPI_File_sync(fh: InFile) = missing;
    fn MPI_Register_datarep(
        datarep: InString, read_conversion_fn: DatarepConversionFn,
        write_conversion_fn: DatarepConversionFn, dtype_file_extent_fn: DatarepExtentFn,
        extra_state: Pointer
    ) = missing;
    fn MPI_Register_datarep_c(
        datarep: InString, read_conversion_fn: DatarepConversionFnC,
        write_conversion_fn: DatarepConversionFnC, dtype_file_extent_fn: DatarepExtentFn,
        extra_state: Pointer
    ) = missing;
}

fn file_create_errhandler(
    cx: &Cx,
    function: Callback,
    place: HandlePlace<Errhandler>,
) -> Result<()> {
    give_errhandler(cx, Arc::new(errhandler(cx, Kind::File, function)?), place)
}
