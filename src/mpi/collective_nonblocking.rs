//! Section 6.12: nonblocking collective operations.

use super::collective_plan::*;
use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Iallgather(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, request: OutRequest
    ) = iallgather;
    fn MPI_Iallgather_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm, request: OutRequest
    ) = iallgather;
    fn MPI_Iallgatherv(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, comm: InComm,
        request: OutRequest
    ) = iallgatherv;
    fn MPI_Iallgatherv_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: CountsC, displs: DisplsA, recvtype: Maybe<InDatatype>, comm: InComm,
        request: OutRequest
    ) = iallgatherv;
    fn MPI_Iallreduce(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = iallreduce;
    fn MPI_Iallreduce_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = iallreduce;
    fn MPI_Ialltoall(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, request: OutRequest
    ) = ialltoall;
    fn MPI_Ialltoall_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm, request: OutRequest
    ) = ialltoall;
    fn MPI_Ialltoallv(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtype: Maybe<InDatatype>,
        comm: InComm, request: OutRequest
    ) = ialltoallv;
    fn MPI_Ialltoallv_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtype: Maybe<InDatatype>,
        comm: InComm, request: OutRequest
    ) = ialltoallv;
    fn MPI_Ialltoallw(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtypes: Datatypes, comm: InComm,
        request: OutRequest
    ) = ialltoallw;
    fn MPI_Ialltoallw_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm,
        request: OutRequest
    ) = ialltoallw;
    fn MPI_Ibarrier(comm: InComm, request: OutRequest) = ibarrier;
    fn MPI_Ibcast(
        buffer: Buf, count: Maybe<Count>, datatype: Maybe<InDatatype>, root: InRank, comm: InComm,
        request: OutRequest
    ) = ibcast;
    fn MPI_Ibcast_c(
        buffer: Buf, count: Maybe<CountC>, datatype: Maybe<InDatatype>, root: InRank, comm: InComm,
        request: OutRequest
    ) = ibcast;
    fn MPI_Iexscan(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = iexscan;
    fn MPI_Iexscan_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = iexscan;
    fn MPI_Igather(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        request: OutRequest
    ) = igather;
    fn MPI_Igather_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        request: OutRequest
    ) = igather;
    fn MPI_Igatherv(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, request: OutRequest
    ) = igatherv;
    fn MPI_Igatherv_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: CountsC, displs: DisplsA, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, request: OutRequest
    ) = igatherv;
    fn MPI_Ireduce(
        sendbuf: ConstBuf, recvbuf: Buf, count: Maybe<Count>, datatype: Maybe<InDatatype>,
        op: Maybe<InOp>, root: InRank, comm: InComm, request: OutRequest
    ) = ireduce;
    fn MPI_Ireduce_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: Maybe<CountC>, datatype: Maybe<InDatatype>,
        op: Maybe<InOp>, root: InRank, comm: InComm, request: OutRequest
    ) = ireduce;
    fn MPI_Ireduce_scatter(
        sendbuf: ConstBuf, recvbuf: Buf, recvcounts: Counts, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = ireduce_scatter;
    fn MPI_Ireduce_scatter_block(
        sendbuf: ConstBuf, recvbuf: Buf, recvcount: Count, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = ireduce_scatter_block;
    fn MPI_Ireduce_scatter_block_c(
        sendbuf: ConstBuf, recvbuf: Buf, recvcount: CountC, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = ireduce_scatter_block;
    fn MPI_Ireduce_scatter_c(
        sendbuf: ConstBuf, recvbuf: Buf, recvcounts: CountsC, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = ireduce_scatter;
    fn MPI_Iscan(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = iscan;
    fn MPI_Iscan_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm, request: OutRequest
    ) = iscan;
    fn MPI_Iscatter(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        request: OutRequest
    ) = iscatter;
    fn MPI_Iscatter_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        request: OutRequest
    ) = iscatter;
    fn MPI_Iscatterv(
        sendbuf: ConstBuf, sendcounts: Counts, displs: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, request: OutRequest
    ) = iscatterv;
    fn MPI_Iscatterv_c(
        sendbuf: ConstBuf, sendcounts: CountsC, displs: DisplsA, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, request: OutRequest
    ) = iscatterv;
}
