//! Section 6.13: persistent collective operations.

use super::collective_plan::*;
use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Allgather_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = allgather_init;
    fn MPI_Allgather_init_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = allgather_init;
    fn MPI_Allgatherv_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = allgatherv_init;
    fn MPI_Allgatherv_init_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: CountsC, displs: DisplsA, recvtype: Maybe<InDatatype>, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = allgatherv_init;
    fn MPI_Allreduce_init(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = allreduce_init;
    fn MPI_Allreduce_init_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = allreduce_init;
    fn MPI_Alltoall_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = alltoall_init;
    fn MPI_Alltoall_init_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = alltoall_init;
    fn MPI_Alltoallv_init(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtype: Maybe<InDatatype>,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = alltoallv_init;
    fn MPI_Alltoallv_init_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtype: Maybe<InDatatype>,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = alltoallv_init;
    fn MPI_Alltoallw_init(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtypes: Datatypes, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = alltoallw_init;
    fn MPI_Alltoallw_init_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = alltoallw_init;
    fn MPI_Barrier_init(comm: InComm, info: OptInfo, request: OutRequest) = barrier_init;
    fn MPI_Bcast_init(
        buffer: Buf, count: Maybe<Count>, datatype: Maybe<InDatatype>, root: InRank, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = bcast_init;
    fn MPI_Bcast_init_c(
        buffer: Buf, count: Maybe<CountC>, datatype: Maybe<InDatatype>, root: InRank, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = bcast_init;
    fn MPI_Exscan_init(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = exscan_init;
    fn MPI_Exscan_init_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = exscan_init;
    fn MPI_Gather_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = gather_init;
    fn MPI_Gather_init_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = gather_init;
    fn MPI_Gatherv_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = gatherv_init;
    fn MPI_Gatherv_init_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: CountsC, displs: DisplsA, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = gatherv_init;
    fn MPI_Reduce_init(
        sendbuf: ConstBuf, recvbuf: Buf, count: Maybe<Count>, datatype: Maybe<InDatatype>,
        op: Maybe<InOp>, root: InRank, comm: InComm, info: OptInfo, request: OutRequest
    ) = reduce_init;
    fn MPI_Reduce_init_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: Maybe<CountC>, datatype: Maybe<InDatatype>,
        op: Maybe<InOp>, root: InRank, comm: InComm, info: OptInfo, request: OutRequest
    ) = reduce_init;
    fn MPI_Reduce_scatter_block_init(
        sendbuf: ConstBuf, recvbuf: Buf, recvcount: Count, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = reduce_scatter_block_init;
    fn MPI_Reduce_scatter_block_init_c(
        sendbuf: ConstBuf, recvbuf: Buf, recvcount: CountC, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = reduce_scatter_block_init;
    fn MPI_Reduce_scatter_init(
        sendbuf: ConstBuf, recvbuf: Buf, recvcounts: Counts, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = reduce_scatter_init;
    fn MPI_Reduce_scatter_init_c(
        sendbuf: ConstBuf, recvbuf: Buf, recvcounts: CountsC, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = reduce_scatter_init;
    fn MPI_Scan_init(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = scan_init;
    fn MPI_Scan_init_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = scan_init;
    fn MPI_Scatter_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = scatter_init;
    fn MPI_Scatter_init_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = scatter_init;
    fn MPI_Scatterv_init(
        sendbuf: ConstBuf, sendcounts: Counts, displs: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = scatterv_init;
    fn MPI_Scatterv_init_c(
        sendbuf: ConstBuf, sendcounts: CountsC, displs: DisplsA, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = scatterv_init;
}
