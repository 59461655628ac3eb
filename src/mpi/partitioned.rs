//! Chapter 4: partitioned point-to-point communication.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Parrived(request: NamedRequest, partition: Int, flag: OutFlag) = missing;
    fn MPI_Pready(partition: Int, request: NamedRequest) = missing;
    fn MPI_Pready_list(length: Count, array_of_partitions: Ints, request: NamedRequest) = missing;
    fn MPI_Pready_range(partition_low: Int, partition_high: Int, request: NamedRequest) = missing;
    fn MPI_Precv_init(
        buf: Buf, partitions: Int, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = missing;
    fn MPI_Precv_init_c(
        buf: Buf, partitions: Int, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = missing;
    fn MPI_Psend_init(
        buf: ConstBuf, partitions: Int, count: CountC, datatype: InDatatype, dest: InRank,
        tag: InTag, comm: InComm, info: OptInfo, request: OutRequest
    ) = missing;
    fn MPI_Psend_init_c(
        buf: ConstBuf, partitions: Int, count: CountC, datatype: InDatatype, dest: InRank,
        tag: InTag, comm: InComm, info: OptInfo, request: OutRequest
    ) = missing;
}
