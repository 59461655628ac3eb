//! MPIX: extensions of MPICH and Open MPI.

use super::collective_plan::*;
use super::environment::{remove_error_class, remove_error_code, remove_error_string};
use super::neighbor_plan::*;
use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPIX_Allgather_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = allgather_init;
    fn MPIX_Allgatherv_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = allgatherv_init;
    fn MPIX_Allreduce_enqueue(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = missing;
    fn MPIX_Allreduce_enqueue_c(
        sendbuf: ConstBuf, recvbuf: Buf, count: CountC, datatype: InDatatype, op: InOp,
        comm: InComm
    ) = missing;
    fn MPIX_Allreduce_init(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = allreduce_init;
    fn MPIX_Alltoall_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = alltoall_init;
    fn MPIX_Alltoallv_init(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtype: Maybe<InDatatype>,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = alltoallv_init;
    fn MPIX_Alltoallw_init(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtypes: Datatypes, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = alltoallw_init;
    fn MPIX_Async_get_state(async_thing: XAsync) -> AnyPointer = missing;
    fn MPIX_Async_spawn(
        async_thing: XAsync, poll_fn: AsyncPollFn, extra_state: Buf, stream: XStream
    ) = missing;
    fn MPIX_Async_start(poll_fn: AsyncPollFn, extra_state: Buf, stream: XStream) = missing;
    fn MPIX_Barrier_init(comm: InComm, info: OptInfo, request: OutRequest) = barrier_init;
    fn MPIX_Bcast_init(
        buffer: Buf, count: Maybe<Count>, datatype: Maybe<InDatatype>, root: InRank, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = bcast_init;
    fn MPIX_Comm_ack_failed(comm: InComm, num_to_ack: Int, num_acked: OutInt) = missing;
    fn MPIX_Comm_agree(comm: InComm, flag: OutFlag) = missing;
    fn MPIX_Comm_create_errhandler_x(
        comm_errhandler_fn_x: CommErrhandlerFnX, destructor_fn: DestructorFn, extra_state: Buf,
        errhandler: OutErrhandler
    ) = missing;
    fn MPIX_Comm_failure_ack(comm: InComm) = missing;
    fn MPIX_Comm_failure_get_acked(comm: InComm, failedgrp: OutGroup) = missing;
    fn MPIX_Comm_get_failed(comm: InComm, failedgrp: OutGroup) = missing;
    fn MPIX_Comm_get_stream(comm: InComm, idx: Int, stream: OutXStream) = missing;
    fn MPIX_Comm_iagree(comm: InComm, flag: OutFlag, request: OutRequest) = missing;
    fn MPIX_Comm_is_revoked(comm: InComm, flag: OutFlag) = missing;
    fn MPIX_Comm_revoke(comm: InComm) = missing;
    fn MPIX_Comm_shrink(comm: InComm, newcomm: OutComm) = missing;
    fn MPIX_Comm_test_threadcomm(comm: InComm, flag: OutFlag) = missing;
    fn MPIX_Delete_error_class(errorclass: Int) = remove_error_class;
    fn MPIX_Delete_error_code(errorcode: ErrorCode) = remove_error_code;
    fn MPIX_Delete_error_string(errorcode: ErrorCode) = remove_error_string;
    fn MPIX_Exscan_init(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = exscan_init;
    fn MPIX_File_create_errhandler_x(
        comm_errhandler_fn_x: FileErrhandlerFnX, destructor_fn: DestructorFn, extra_state: Buf,
        errhandler: OutErrhandler
    ) = missing;
    fn MPIX_Gather_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = gather_init;
    fn MPIX_Gatherv_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = gatherv_init;
    fn MPIX_Get_notify(
        origin_addr: Buf, origin_count: Int, origin_datatype: InDatatype, target_rank: Int,
        target_disp: Disp, target_count: Int, target_datatype: InDatatype, notification_idx: Int,
        win: InWin
    ) = missing;
    fn MPIX_Get_notify_c(
        origin_addr: Buf, origin_count: CountC, origin_datatype: InDatatype, target_rank: Int,
        target_disp: Disp, target_count: CountC, target_datatype: InDatatype,
        notification_idx: Int, win: InWin
    ) = missing;
    fn MPIX_GPU_query_support(gpu_type: Int, is_supported: OutInt) = missing;
    fn MPIX_Info_set_hex(info: OptInfo, key: InString, value: ConstBuf, value_size: Int) = missing;
    fn MPIX_Irecv_enqueue(
        buf: Buf, count: Count, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPIX_Irecv_enqueue_c(
        buf: Buf, count: CountC, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPIX_Isend_enqueue(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = missing;
    fn MPIX_Isend_enqueue_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = missing;
    fn MPIX_Neighbor_allgather_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = neighbor_allgather_init;
    fn MPIX_Neighbor_allgatherv_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcounts: Counts, displs: Displs, recvtype: Maybe<InDatatype>, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = neighbor_allgatherv_init;
    fn MPIX_Neighbor_alltoall_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, comm: InComm, info: OptInfo,
        request: OutRequest
    ) = neighbor_alltoall_init;
    fn MPIX_Neighbor_alltoallv_init(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcounts: Counts, rdispls: Displs, recvtype: Maybe<InDatatype>,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = neighbor_alltoallv_init;
    fn MPIX_Neighbor_alltoallw_init(
        sendbuf: ConstBuf, sendcounts: Counts, sdispls: DisplsA, sendtypes: Datatypes,
        recvbuf: Buf, recvcounts: Counts, rdispls: DisplsA, recvtypes: Datatypes, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = neighbor_alltoallw_init;
    fn MPIX_Op_create_x(
        user_fn_x: UserFnX, destructor_fn: DestructorFn, commute: Int, extra_state: Buf, op: OutOp
    ) = missing;
    fn MPIX_Put_notify(
        origin_addr: ConstBuf, origin_count: Int, origin_datatype: InDatatype, target_rank: Int,
        target_disp: Disp, target_count: Int, target_datatype: InDatatype, notification_idx: Int,
        win: InWin
    ) = missing;
    fn MPIX_Put_notify_c(
        origin_addr: ConstBuf, origin_count: CountC, origin_datatype: InDatatype,
        target_rank: Int, target_disp: Disp, target_count: CountC, target_datatype: InDatatype,
        notification_idx: Int, win: InWin
    ) = missing;
    fn MPIX_Query_cuda_support() = missing;
    fn MPIX_Query_hip_support() = missing;
    fn MPIX_Query_rocm_support() = missing;
    fn MPIX_Query_ze_support() = missing;
    fn MPIX_Recv_enqueue(
        buf: Buf, count: Count, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        status: OutStatus
    ) = missing;
    fn MPIX_Recv_enqueue_c(
        buf: Buf, count: CountC, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        status: OutStatus
    ) = missing;
    fn MPIX_Reduce_init(
        sendbuf: ConstBuf, recvbuf: Buf, count: Maybe<Count>, datatype: Maybe<InDatatype>,
        op: Maybe<InOp>, root: InRank, comm: InComm, info: OptInfo, request: OutRequest
    ) = reduce_init;
    fn MPIX_Reduce_scatter_block_init(
        sendbuf: ConstBuf, recvbuf: Buf, recvcount: Count, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = reduce_scatter_block_init;
    fn MPIX_Reduce_scatter_init(
        sendbuf: ConstBuf, recvbuf: Buf, recvcounts: Counts, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = reduce_scatter_init;
    fn MPIX_Request_is_complete(request: NamedRequest) = missing;
    fn MPIX_Scan_init(
        sendbuf: ConstBuf, recvbuf: Buf, count: Count, datatype: InDatatype, op: InOp,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = scan_init;
    fn MPIX_Scatter_init(
        sendbuf: ConstBuf, sendcount: Maybe<Count>, sendtype: Maybe<InDatatype>, recvbuf: Buf,
        recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank, comm: InComm,
        info: OptInfo, request: OutRequest
    ) = scatter_init;
    fn MPIX_Scatterv_init(
        sendbuf: ConstBuf, sendcounts: Counts, displs: Displs, sendtype: Maybe<InDatatype>,
        recvbuf: Buf, recvcount: Maybe<Count>, recvtype: Maybe<InDatatype>, root: InRank,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = scatterv_init;
    fn MPIX_Send_enqueue(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPIX_Send_enqueue_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = missing;
    fn MPIX_Session_create_errhandler_x(
        comm_errhandler_fn_x: SessionErrhandlerFnX, destructor_fn: DestructorFn, extra_state: Buf,
        errhandler: OutErrhandler
    ) = missing;
    fn MPIX_Start_progress_thread(stream: XStream) = missing;
    fn MPIX_Stop_progress_thread(stream: XStream) = missing;
    fn MPIX_Stream_comm_create(comm: InComm, stream: XStream, newcomm: OutComm) = missing;
    fn MPIX_Stream_comm_create_multiplex(
        comm: InComm, count: Count, array_of_streams: OutXStream, newcomm: OutComm
    ) = missing;
    fn MPIX_Stream_create(info: OptInfo, stream: OutXStream) = missing;
    fn MPIX_Stream_free(stream: OutXStream) = missing;
    fn MPIX_Stream_irecv(
        buf: Buf, count: Count, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        source_stream_index: Int, dest_stream_index: Int, request: OutRequest
    ) = missing;
    fn MPIX_Stream_irecv_c(
        buf: Buf, count: CountC, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        source_stream_index: Int, dest_stream_index: Int, request: OutRequest
    ) = missing;
    fn MPIX_Stream_isend(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        source_stream_index: Int, dest_stream_index: Int, request: OutRequest
    ) = missing;
    fn MPIX_Stream_isend_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, source_stream_index: Int, dest_stream_index: Int, request: OutRequest
    ) = missing;
    fn MPIX_Stream_progress(stream: XStream) = missing;
    fn MPIX_Stream_recv(
        buf: Buf, count: Count, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        source_stream_index: Int, dest_stream_index: Int, status: OutStatus
    ) = missing;
    fn MPIX_Stream_recv_c(
        buf: Buf, count: CountC, datatype: InDatatype, source: InRank, tag: InTag, comm: InComm,
        source_stream_index: Int, dest_stream_index: Int, status: OutStatus
    ) = missing;
    fn MPIX_Stream_send(
        buf: ConstBuf, count: Count, datatype: InDatatype, dest: InRank, tag: InTag, comm: InComm,
        source_stream_index: Int, dest_stream_index: Int
    ) = missing;
    fn MPIX_Stream_send_c(
        buf: ConstBuf, count: CountC, datatype: InDatatype, dest: InRank, tag: InTag,
        comm: InComm, source_stream_index: Int, dest_stream_index: Int
    ) = missing;
    fn MPIX_Threadcomm_finish(threadcomm: InComm) = missing;
    fn MPIX_Threadcomm_free(threadcomm: InOutComm) = missing;
    fn MPIX_Threadcomm_init(comm: InComm, num_threads: Int, newthreadcomm: OutComm) = missing;
    fn MPIX_Threadcomm_start(threadcomm: InComm) = missing;
    fn MPIX_Type_iov(
        datatype: InDatatype, iov_offset: CountC, iov: OutXIov, max_iov_len: CountC,
        actual_iov_len: OutCountC
    ) = missing;
    fn MPIX_Type_iov_len(
        datatype: InDatatype, max_iov_bytes: Long, iov_len: OutCountC, actual_iov_bytes: OutCountC
    ) = missing;
    fn MPIX_Wait_enqueue(request: InOutRequest, status: OutStatus) = missing;
    fn MPIX_Waitall_enqueue(
        count: Count, array_of_requests: MutRequests, array_of_statuses: OutStatuses
    ) = missing;
    fn MPIX_Win_create_errhandler_x(
        comm_errhandler_fn_x: WinErrhandlerFnX, destructor_fn: DestructorFn, extra_state: Buf,
        errhandler: OutErrhandler
    ) = missing;
    fn MPIX_Win_create_notify(win: InWin, notification_num: Int) = missing;
    fn MPIX_Win_free_notify(win: InWin) = missing;
    fn MPIX_Win_get_notify(win: InWin, notification_idx: Int, notification: OutCountC) = missing;
    fn MPIX_Win_get_notify_request(
        win: InWin, notification_idx: Int, expected_value: Long, request: OutRequest
    ) = missing;
    fn MPIX_Win_set_notify(win: InWin, notification_idx: Int, notification: Long) = missing;
}
