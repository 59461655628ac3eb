//! Section 14.4: reading and writing files.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_File_iread(
        fh: InFile, buf: Buf, count: Count, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iread_all(
        fh: InFile, buf: Buf, count: Count, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iread_all_c(
        fh: InFile, buf: Buf, count: CountC, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iread_at(
        fh: InFile, offset: Offset, buf: Buf, count: Count, datatype: InDatatype,
        request: OutRequest
    ) = missing;
    fn MPI_File_iread_at_all(
        fh: InFile, offset: Offset, buf: Buf, count: Count, datatype: InDatatype,
        request: OutRequest
    ) = missing;
    fn MPI_File_iread_at_all_c(
        fh: InFile, offset: Offset, buf: Buf, count: CountC, datatype: InDatatype,
        request: OutRequest
    ) = missing;
    fn MPI_File_iread_at_c(
        fh: InFile, offset: Offset, buf: Buf, count: CountC, datatype: InDatatype,
        request: OutRequest
    ) = missing;
    fn MPI_File_iread_c(
        fh: InFile, buf: Buf, count: CountC, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iread_shared(
        fh: InFile, buf: Buf, count: Count, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iread_shared_c(
        fh: InFile, buf: Buf, count: CountC, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iwrite(
        fh: InFile, buf: ConstBuf, count: Count, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iwrite_all(
        fh: InFile, buf: ConstBuf, count: Count, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iwrite_all_c(
        fh: InFile, buf: ConstBuf, count: CountC, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iwrite_at(
        fh: InFile, offset: Offset, buf: ConstBuf, count: Count, datatype: InDatatype,
        request: OutRequest
    ) = missing;
    fn MPI_File_iwrite_at_all(
        fh: InFile, offset: Offset, buf: ConstBuf, count: Count, datatype: InDatatype,
        request: OutRequest
    ) = missing;
    fn MPI_File_iwrite_at_all_c(
        fh: InFile, offset: Offset, buf: ConstBuf, count: CountC, datatype: InDatatype,
        request: OutRequest
    ) = missing;
    fn MPI_File_iwrite_at_c(
        fh: InFile, offset: Offset, buf: ConstBuf, count: CountC, datatype: InDatatype,
        request: OutRequest
    ) = missing;
    fn MPI_File_iwrite_c(
        fh: InFile, buf: ConstBuf, count: CountC, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iwrite_shared(
        fh: InFile, buf: ConstBuf, count: Count, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_iwrite_shared_c(
        fh: InFile, buf: ConstBuf, count: CountC, datatype: InDatatype, request: OutRequest
    ) = missing;
    fn MPI_File_read(
        fh: InFile, buf: Buf, count: Count, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_read_all(
        fh: InFile, buf: Buf, count: Count, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_read_all_begin(fh: InFile, buf: Buf, count: Count, datatype: InDatatype) = missing;
    fn MPI_File_read_all_begin_c(
        fh: InFile, buf: Buf, count: CountC, datatype: InDatatype
    ) = missing;
    fn MPI_File_read_all_c(
        fh: InFile, buf: Buf, count: CountC, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_read_all_end(fh: InFile, buf: Buf, status: OutStatus) = missing;
    fn MPI_File_read_at(
        fh: InFile, offset: Offset, buf: Buf, count: Count, datatype: InDatatype,
        status: OutStatus
    ) = missing;
    fn MPI_File_read_at_all(
        fh: InFile, offset: Offset, buf: Buf, count: Count, datatype: InDatatype,
        status: OutStatus
    ) = missing;
    fn MPI_File_read_at_all_begin(
        fh: InFile, offset: Offset, buf: Buf, count: Count, datatype: InDatatype
    ) = missing;
    fn MPI_File_read_at_all_begin_c(
        fh: InFile, offset: Offset, buf: Buf, count: CountC, datatype: InDatatype
    ) = missing;
    fn MPI_File_read_at_all_c(
        fh: InFile, offset: Offset, buf: Buf, count: CountC, datatype: InDatatype,
        status: OutStatus
    ) = missing;
    fn MPI_File_read_at_all_end(fh: InFile, buf: Buf, status: OutStatus) = missing;
    fn MPI_File_read_at_c(
        fh: InFile, offset: Offset, buf: Buf, count: CountC, datatype: InDatatype,
        status: OutStatus
    ) = missing;
    fn MPI_File_read_c(
        fh: InFile, buf: Buf, count: CountC, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_read_ordered(
        fh: InFile, buf: Buf, count: Count, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_read_ordered_begin(
        fh: InFile, buf: Buf, count: Count, datatype: InDatatype
    ) = missing;
    fn MPI_File_read_ordered_begin_c(
        fh: InFile, buf: Buf, count: CountC, datatype: InDatatype
    ) = missing;
    fn MPI_File_read_ordered_c(
        fh: InFile, buf: Buf, count: CountC, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_read_ordered_end(fh: InFile, buf: Buf, status: OutStatus) = missing;
    fn MPI_File_read_shared(
        fh: InFile, buf: Buf, count: Count, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_read_shared_c(
        fh: InFile, buf: Buf, count: CountC, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_write(
        fh: InFile, buf: ConstBuf, count: Count, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_write_all(
        fh: InFile, buf: ConstBuf, count: Count, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_write_all_begin(
        fh: InFile, buf: ConstBuf, count: Count, datatype: InDatatype
    ) = missing;
    fn MPI_File_write_all_begin_c(
        fh: InFile, buf: ConstBuf, count: CountC, datatype: InDatatype
    ) = missing;
    fn MPI_File_write_all_c(
        fh: InFile, buf: ConstBuf, count: CountC, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_write_all_end(fh: InFile, buf: ConstBuf, status: OutStatus) = missing;
    fn MPI_File_write_at(
        fh: InFile, offset: Offset, buf: ConstBuf, count: Count, datatype: InDatatype,
        status: OutStatus
    ) = missing;
    fn MPI_File_write_at_all(
        fh: InFile, offset: Offset, buf: ConstBuf, count: Count, datatype: InDatatype,
        status: OutStatus
    ) = missing;
    fn MPI_File_write_at_all_begin(
        fh: InFile, offset: Offset, buf: ConstBuf, count: Count, datatype: InDatatype
    ) = missing;
    fn MPI_File_write_at_all_begin_c(
        fh: InFile, offset: Offset, buf: ConstBuf, count: CountC, datatype: InDatatype
    ) = missing;
    fn MPI_File_write_at_all_c(
        fh: InFile, offset: Offset, buf: ConstBuf, count: CountC, datatype: InDatatype,
        status: OutStatus
    ) = missing;
    fn MPI_File_write_at_all_end(fh: InFile, buf: ConstBuf, status: OutStatus) = missing;
    fn MPI_File_write_at_c(
        fh: InFile, offset: Offset, buf: ConstBuf, count: CountC, datatype: InDatatype,
        status: OutStatus
    ) = missing;
    fn MPI_File_write_c(
        fh: InFile, buf: ConstBuf, count: CountC, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_write_ordered(
        fh: InFile, buf: ConstBuf, count: Count, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_write_ordered_begin(
        fh: InFile, buf: ConstBuf, count: Count, datatype: InDatatype
    ) = missing;
    fn MPI_File_write_ordered_begin_c(
        fh: InFile, buf: ConstBuf, count: CountC, datatype: InDatatype
    ) = missing;
    fn MPI_File_write_ordered_c(
        fh: InFile, buf: ConstBuf, count: CountC, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_write_ordered_end(fh: InFile, buf: ConstBuf, status: OutStatus) = missing;
    fn MPI_File_write_shared(
        fh: InFile, buf: ConstBuf, count: Count, datatype: InDatatype, status: OutStatus
    ) = missing;
    fn MPI_File_write_shared_c(
        fh: InFile, buf: ConstBuf, count: CountC, datatype: InDatatype, status: OutStatus
    ) = missing;
}
