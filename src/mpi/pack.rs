//! Sections 5.2 and 5.3: packing and unpacking.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Pack(
        inbuf: ConstBuf, incount: Count, datatype: InDatatype, outbuf: Buf, outsize: Count,
        position: OutCount, comm: InComm
    ) = missing;
    fn MPI_Pack_c(
        inbuf: ConstBuf, incount: CountC, datatype: InDatatype, outbuf: Buf, outsize: CountC,
        position: OutCountC, comm: InComm
    ) = missing;
    fn MPI_Pack_external(
        datarep: InString, inbuf: ConstBuf, incount: Count, datatype: InDatatype, outbuf: Buf,
        outsize: SizeA, position: OutCountA
    ) = missing;
    fn MPI_Pack_external_c(
        datarep: InString, inbuf: ConstBuf, incount: CountC, datatype: InDatatype, outbuf: Buf,
        outsize: CountC, position: OutCountC
    ) = missing;
    fn MPI_Pack_external_size(
        datarep: InString, incount: Count, datatype: InDatatype, size: OutCountA
    ) = missing;
    fn MPI_Pack_external_size_c(
        datarep: InString, incount: CountC, datatype: InDatatype, size: OutCountC
    ) = missing;
    fn MPI_Pack_size(incount: Count, datatype: InDatatype, comm: InComm, size: OutCount) = missing;
    fn MPI_Pack_size_c(
        incount: CountC, datatype: InDatatype, comm: InComm, size: OutCountC
    ) = missing;
    fn MPI_Unpack(
        inbuf: ConstBuf, insize: Count, position: OutCount, outbuf: Buf, outcount: Count,
        datatype: InDatatype, comm: InComm
    ) = missing;
    fn MPI_Unpack_c(
        inbuf: ConstBuf, insize: CountC, position: OutCountC, outbuf: Buf, outcount: CountC,
        datatype: InDatatype, comm: InComm
    ) = missing;
    fn MPI_Unpack_external(
        datarep: InString, inbuf: ConstBuf, insize: SizeA, position: OutCountA, outbuf: Buf,
        outcount: Count, datatype: InDatatype
    ) = missing;
    fn MPI_Unpack_external_c(
        datarep: InString, inbuf: ConstBuf, insize: CountC, position: OutCountC, outbuf: Buf,
        outcount: CountC, datatype: InDatatype
    ) = missing;
}
