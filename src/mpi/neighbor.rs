//! Sections 8.6 to 8.9: neighborhood collectives.

use super::neighbor_plan::*;
use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Ineighbor_allgather(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, request: OutRequest
    ) = ineighbor_allgather;
    fn MPI_Ineighbor_allgather_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm, request: OutRequest
    ) = ineighbor_allgather;
    fn MPI_Ineighbor_allgatherv(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, comm: InComm,
        request: OutRequest
    ) = ineighbor_allgatherv;
    fn MPI_Ineighbor_allgatherv_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: CountsC, displs: DisplsA, recvtype: Maybe<InDatatype>, comm: InComm,
        request: OutRequest
    ) = ineighbor_allgatherv;
    fn MPI_Ineighbor_alltoall(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, request: OutRequest
    ) = ineighbor_alltoall;
    fn MPI_Ineighbor_alltoall_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm, request: OutRequest
    ) = ineighbor_alltoall;
    fn MPI_Ineighbor_alltoallv(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtype: Maybe<InDatatype>,
        comm: InComm, request: OutRequest
    ) = ineighbor_alltoallv;
    fn MPI_Ineighbor_alltoallv_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtype: Maybe<InDatatype>,
        comm: InComm, request: OutRequest
    ) = ineighbor_alltoallv;
    fn MPI_Ineighbor_alltoallw(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: Counts, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm,
        request: OutRequest
    ) = ineighbor_alltoallw;
    fn MPI_Ineighbor_alltoallw_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm,
        request: OutRequest
    ) = ineighbor_alltoallw;
    fn MPI_Neighbor_allgather(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm
    ) = neighbor_allgather;
    fn MPI_Neighbor_allgather_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm
    ) = neighbor_allgather;
    fn MPI_Neighbor_allgather_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = neighbor_allgather_init;
    fn MPI_Neighbor_allgather_init_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = neighbor_allgather_init;
    fn MPI_Neighbor_allgatherv(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, comm: InComm
    ) = neighbor_allgatherv;
    fn MPI_Neighbor_allgatherv_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: CountsC, displs: DisplsA, recvtype: Maybe<InDatatype>, comm: InComm
    ) = neighbor_allgatherv;
    fn MPI_Neighbor_allgatherv_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = neighbor_allgatherv_init;
    fn MPI_Neighbor_allgatherv_init_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: CountsC, displs: DisplsA, recvtype: Maybe<InDatatype>, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = neighbor_allgatherv_init;
    fn MPI_Neighbor_alltoall(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm
    ) = neighbor_alltoall;
    fn MPI_Neighbor_alltoall_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm
    ) = neighbor_alltoall;
    fn MPI_Neighbor_alltoall_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = neighbor_alltoall_init;
    fn MPI_Neighbor_alltoall_init_c(
        sendbuf: ConstBuf, sendcount: Maybe<CountC>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<CountC>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = neighbor_alltoall_init;
    fn MPI_Neighbor_alltoallv(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtype: Maybe<InDatatype>,
        comm: InComm
    ) = neighbor_alltoallv;
    fn MPI_Neighbor_alltoallv_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtype: Maybe<InDatatype>,
        comm: InComm
    ) = neighbor_alltoallv;
    fn MPI_Neighbor_alltoallv_init(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtype: Maybe<InDatatype>,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = neighbor_alltoallv_init;
    fn MPI_Neighbor_alltoallv_init_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtype: Maybe<InDatatype>,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = neighbor_alltoallv_init;
    fn MPI_Neighbor_alltoallw(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: Counts, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm
    ) = neighbor_alltoallw;
    fn MPI_Neighbor_alltoallw_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm
    ) = neighbor_alltoallw;
    fn MPI_Neighbor_alltoallw_init(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: Counts, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = neighbor_alltoallw_init;
    fn MPI_Neighbor_alltoallw_init_c(
        sendbuf: ConstBuf, sendcounts: CountsC, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: CountsC, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = neighbor_alltoallw_init;
}
