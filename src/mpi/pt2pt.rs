//! Chapter 3: point-to-point communication in all modes, probing, buffers.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Bsend(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPI_Bsend_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPI_Bsend_init(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Bsend_init_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Buffer_attach(buffer: Buf, size: Count) = missing, anytime;
    fn MPI_Buffer_attach_c(buffer: Buf, size: CountC) = missing, anytime;
    fn MPI_Buffer_detach(buffer_addr: OutPointer, size: OutCount) = missing, anytime;
    fn MPI_Buffer_detach_c(buffer_addr: OutPointer, size: OutCountC) = missing, anytime;
    fn MPI_Buffer_flush() = missing;
    fn MPI_Buffer_iflush(request: OutRequest) = missing;
    fn MPI_Comm_attach_buffer(comm: InComm, buffer: Buf, size: Count) = missing;
    fn MPI_Comm_attach_buffer_c(comm: InComm, buffer: Buf, size: CountC) = missing;
    fn MPI_Comm_detach_buffer(comm: InComm, buffer_addr: OutPointer, size: OutCount) = missing;
    fn MPI_Comm_detach_buffer_c(comm: InComm, buffer_addr: OutPointer, size: OutCountC) = missing;
    fn MPI_Comm_flush_buffer(comm: InComm) = missing;
    fn MPI_Comm_iflush_buffer(comm: InComm, request: OutRequest) = missing;
    fn MPI_Ibsend(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Ibsend_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Improbe(
        source: InRank, tag: InTag, comm: InComm, flag: OutFlag, message: OutMessage,
        status: OutStatus
    ) = missing;
    fn MPI_Imrecv(
        buf: Buf, count: Count, datatype: InDatatype, message: InOutMessage, request: OutRequest
    ) = missing;
    fn MPI_Imrecv_c(
        buf: Buf, count: CountC, datatype: InDatatype, message: InOutMessage, request: OutRequest
    ) = missing;
    fn MPI_Iprobe(
        source: InRank, tag: InTag, comm: InComm, flag: OutFlag, status: OutStatus
    ) = missing;
    fn MPI_Irecv(
        buf: Buf, count: Count, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Irecv_c(
        buf: Buf, count: CountC, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Irsend(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Irsend_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Isend(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Isend_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Isendrecv(
        sendbuf: ConstBuf, sendcount: Count, sendtype: InDatatype, dest: InRank, sendtag: InTag,
        recvbuf: Buf, recvcount: Count, recvtype: InDatatype, source: InRank, recvtag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Isendrecv_c(
        sendbuf: ConstBuf, sendcount: CountC, sendtype: InDatatype, dest: InRank, sendtag: InTag,
        recvbuf: Buf, recvcount: CountC, recvtype: InDatatype, source: InRank, recvtag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Isendrecv_replace(
        buf: Buf, count: Count, datatype: InDatatype, dest: InRank, sendtag: InTag,
        source: InRank, recvtag: InTag, comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Isendrecv_replace_c(
        buf: Buf, count: CountC, datatype: InDatatype, dest: InRank, sendtag: InTag,
        source: InRank, recvtag: InTag, comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Issend(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Issend_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Mprobe(
        source: InRank, tag: InTag, comm: InComm, message: OutMessage, status: OutStatus
    ) = missing;
    fn MPI_Mrecv(
        buf: Buf, count: Count, datatype: InDatatype, message: InOutMessage, status: OutStatus
    ) = missing;
    fn MPI_Mrecv_c(
        buf: Buf, count: CountC, datatype: InDatatype, message: InOutMessage, status: OutStatus
    ) = missing;
    fn MPI_Probe(source: InRank, tag: InTag, comm: InComm, status: OutStatus) = missing;
    fn MPI_Recv(
        buf: Buf, count: Count, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        status: OutStatus
    ) = missing;
    fn MPI_Recv_c(
        buf: Buf, count: CountC, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        status: OutStatus
    ) = missing;
    fn MPI_Recv_init(
        buf: Buf, count: Count, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Recv_init_c(
        buf: Buf, count: CountC, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Rsend(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPI_Rsend_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPI_Rsend_init(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Rsend_init_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Send(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPI_Send_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPI_Send_init(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Send_init_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPI_Sendrecv(
        sendbuf: ConstBuf, sendcount: Count, sendtype: InDatatype, dest: InRank, sendtag: InTag,
        recvbuf: Buf, recvcount: Count, recvtype: InDatatype, source: InRank, recvtag: InTag,
        comm: InComm, status: OutStatus
    ) = missing;
    fn MPI_Sendrecv_c(
        sendbuf: ConstBuf, sendcount: CountC, sendtype: InDatatype, dest: InRank, sendtag: InTag,
        recvbuf: Buf, recvcount: CountC, recvtype: InDatatype, source: InRank, recvtag: InTag,
        comm: InComm, status: OutStatus
    ) = missing;
    fn MPI_Sendrecv_replace(
        buf: Buf, count: Count, datatype: InDatatype, dest: InRank, sendtag: InTag,
        source: InRank, recvtag: InTag, comm: InComm, status: OutStatus
    ) = missing;
    fn MPI_Sendrecv_replace_c(
        buf: Buf, count: CountC, datatype: InDatatype, dest: InRank, sendtag: InTag,
        source: InRank, recvtag: InTag, comm: InComm, status: OutStatus
    ) = missing;
    fn MPI_Session_attach_buffer(session: InSession, buffer: Buf, size: Count) = missing;
    fn MPI_Session_attach_buffer_c(session: InSession, buffer: Buf, size: CountC) = missing;
    fn MPI_Session_detach_buffer(
        session: InSession, buffer_addr: OutPointer, size: OutCount
    ) = missing;
    fn MPI_Session_detach_buffer_c(
        session: InSession, buffer_addr: OutPointer, size: OutCountC
    ) = missing;
    fn MPI_Session_flush_buffer(session: InSession) = missing;
    fn MPI_Session_iflush_buffer(session: InSession, request: OutRequest) = missing;
    fn MPI_Ssend(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPI_Ssend_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPI_Ssend_init(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPI_Ssend_init_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
}
