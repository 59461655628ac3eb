//! Chapter 6: blocking collective operations.

use super::collective_plan::*;
use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Allgather(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm
    ) = allgather;
    fn MPI_Allgather_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm
    ) = allgather;
    fn MPI_Allgatherv(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, comm: InComm
    ) = allgatherv;
    fn MPI_Allgatherv_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: CountsC, displs: DisplsA, recvtype: Maybe<InDatatype>, comm: InComm
    ) = allgatherv;
    fn MPI_Allreduce(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = allreduce;
    fn MPI_Allreduce_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = allreduce;
    fn MPI_Alltoall(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm
    ) = alltoall;
    fn MPI_Alltoall_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm
    ) = alltoall;
    fn MPI_Alltoallv(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtype: Maybe<InDatatype>,
        comm: InComm
    ) = alltoallv;
    fn MPI_Alltoallv_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtype: Maybe<InDatatype>,
        comm: InComm
    ) = alltoallv;
    fn MPI_Alltoallw(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtypes: Datatypes, comm: InComm
    ) = alltoallw;
    fn MPI_Alltoallw_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm
    ) = alltoallw;
    fn MPI_Barrier(comm: InComm) = barrier;
    fn MPI_Bcast(
        buffer: Buf, count: Maybe<Count>, datatype: Maybe<InDatatype>, root: InRank, comm: InComm
    ) = bcast;
    fn MPI_Bcast_c(
        buffer: Buf, count: Maybe<CountC>, datatype: Maybe<InDatatype>, root: InRank, comm: InComm
    ) = bcast;
    fn MPI_Exscan(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = exscan;
    fn MPI_Exscan_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = exscan;
    fn MPI_Gather(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm
    ) = gather;
    fn MPI_Gather_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm
    ) = gather;
    fn MPI_Gatherv(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm
    ) = gatherv;
    fn MPI_Gatherv_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: CountsC, displs: DisplsA, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm
    ) = gatherv;
    fn MPI_Reduce(
        sendbuf: ConstBuf, recvbuf: Buf, count: Maybe<Count>, datatype: Maybe<InDatatype>,
        op: Maybe<InOp>, root: InRank, comm: InComm
    ) = reduce;
    fn MPI_Reduce_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: Maybe<CountC>, datatype: Maybe<InDatatype>,
        op: Maybe<InOp>, root: InRank, comm: InComm
    ) = reduce;
    fn MPI_Reduce_scatter(
        sendbuf: ConstBuf, recvbuf: Buf, recvcounts: Counts, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = reduce_scatter;
    fn MPI_Reduce_scatter_block(
        sendbuf: ConstBuf, recvbuf: Buf, recvcount: Count, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = reduce_scatter_block;
    fn MPI_Reduce_scatter_block_c(
        sendbuf: ConstBuf, recvbuf: Buf, recvcount: CountC, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = reduce_scatter_block;
    fn MPI_Reduce_scatter_c(
        sendbuf: ConstBuf, recvbuf: Buf, recvcounts: CountsC, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = reduce_scatter;
    fn MPI_Scan(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = scan;
    fn MPI_Scan_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = scan;
    fn MPI_Scatter(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm
    ) = scatter;
    fn MPI_Scatter_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm
    ) = scatter;
    fn MPI_Scatterv(
        sendbuf: ConstBuf, sendcounts: Counts, displs: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm
    ) = scatterv;
    fn MPI_Scatterv_c(
        sendbuf: ConstBuf, sendcounts: CountsC, displs: DisplsA, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm
    ) = scatterv;
}
