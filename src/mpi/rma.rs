//! Chapter 12: one-sided communication.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Accumulate(
        origin_addr: ConstBuf, origin_count: Count, origin_datatype: InDatatype,
        target_rank: InRank, target_disp: Disp, target_count: Count, target_datatype: InDatatype,
        op: InOp, win: InWin
    ) = missing;
    fn MPI_Accumulate_c(
        origin_addr: ConstBuf, origin_count: CountC, origin_datatype: InDatatype,
        target_rank: InRank, target_disp: Disp, target_count: CountC, target_datatype: InDatatype,
        op: InOp, win: InWin
    ) = missing;
    fn MPI_Compare_and_swap(
        origin_addr: ConstBuf, compare_addr: ConstBuf, result_addr: Buf, datatype: InDatatype,
        target_rank: InRank, target_disp: Disp, win: InWin
    ) = missing;
    fn MPI_Fetch_and_op(
        origin_addr: ConstBuf, result_addr: Buf, datatype: InDatatype, target_rank: InRank,
        target_disp: Disp, op: InOp, win: InWin
    ) = missing;
    fn MPI_Get(
        origin_addr: Buf, origin_count: Count, origin_datatype: InDatatype, target_rank: InRank,
        target_disp: Disp, target_count: Count, target_datatype: InDatatype, win: InWin
    ) = missing;
    fn MPI_Get_accumulate(
        origin_addr: ConstBuf, origin_count: Count, origin_datatype: InDatatype, result_addr: Buf,
        result_count: Count, result_datatype: InDatatype, target_rank: InRank, target_disp: Disp,
        target_count: Count, target_datatype: InDatatype, op: InOp, win: InWin
    ) = missing;
    fn MPI_Get_accumulate_c(
        origin_addr: ConstBuf, origin_count: CountC, origin_datatype: InDatatype,
        result_addr: Buf, result_count: CountC, result_datatype: InDatatype, target_rank: InRank,
        target_disp: Disp, target_count: CountC, target_datatype: InDatatype, op: InOp, win: InWin
    ) = missing;
    fn MPI_Get_c(
        origin_addr: Buf, origin_count: CountC, origin_datatype: InDatatype, target_rank: InRank,
        target_disp: Disp, target_count: CountC, target_datatype: InDatatype, win: InWin
    ) = missing;
    fn MPI_Put(
        origin_addr: ConstBuf, origin_count: Count, origin_datatype: InDatatype,
        target_rank: InRank, target_disp: Disp, target_count: Count, target_datatype: InDatatype,
        win: InWin
    ) = missing;
    fn MPI_Put_c(
        origin_addr: ConstBuf, origin_count: CountC, origin_datatype: InDatatype,
        target_rank: InRank, target_disp: Disp, target_count: CountC, target_datatype: InDatatype,
        win: InWin
    ) = missing;
    fn MPI_Raccumulate(
        origin_addr: ConstBuf, origin_count: Count, origin_datatype: InDatatype,
        target_rank: InRank, target_disp: Disp, target_count: Count, target_datatype: InDatatype,
        op: InOp, win: InWin, request: OutRequest
    ) = missing;
    fn MPI_Raccumulate_c(
        origin_addr: ConstBuf, origin_count: CountC, origin_datatype: InDatatype,
        target_rank: InRank, target_disp: Disp, target_count: CountC, target_datatype: InDatatype,
        op: InOp, win: InWin, request: OutRequest
    ) = missing;
    fn MPI_Rget(
        origin_addr: Buf, origin_count: Count, origin_datatype: InDatatype, target_rank: InRank,
        target_disp: Disp, target_count: Count, target_datatype: InDatatype, win: InWin,
        request: OutRequest
    ) = missing;
    fn MPI_Rget_accumulate(
        origin_addr: ConstBuf, origin_count: Count, origin_datatype: InDatatype, result_addr: Buf,
        result_count: Count, result_datatype: InDatatype, target_rank: InRank, target_disp: Disp,
        target_count: Count, target_datatype: InDatatype, op: InOp, win: InWin,
        request: OutRequest
    ) = missing;
    fn MPI_Rget_accumulate_c(
        origin_addr: ConstBuf, origin_count: CountC, origin_datatype: InDatatype,
        result_addr: Buf, result_count: CountC, result_datatype: InDatatype, target_rank: InRank,
        target_disp: Disp, target_count: CountC, target_datatype: InDatatype, op: InOp,
        win: InWin, request: OutRequest
    ) = missing;
    fn MPI_Rget_c(
        origin_addr: Buf, origin_count: CountC, origin_datatype: InDatatype, target_rank: InRank,
        target_disp: Disp, target_count: CountC, target_datatype: InDatatype, win: InWin,
        request: OutRequest
    ) = missing;
    fn MPI_Rput(
        origin_addr: ConstBuf, origin_count: Count, origin_datatype: InDatatype,
        target_rank: InRank, target_disp: Disp, target_count: Count, target_datatype: InDatatype,
        win: InWin, request: OutRequest
    ) = missing;
    fn MPI_Rput_c(
        origin_addr: ConstBuf, origin_count: CountC, origin_datatype: InDatatype,
        target_rank: InRank, target_disp: Disp, target_count: CountC, target_datatype: InDatatype,
        win: InWin, request: OutRequest
    ) = missing;
    fn MPI_Win_allocate(
        size: SizeA, disp_unit: Int, info: OptInfo, comm: InComm, baseptr: OutPointer, win: OutWin
    ) = missing;
    fn MPI_Win_allocate_c(
        size: SizeA, disp_unit: Disp, info: OptInfo, comm: InComm, baseptr: OutPointer,
        win: OutWin
    ) = missing;
    fn MPI_Win_allocate_shared(
        size: SizeA, disp_unit: Int, info: OptInfo, comm: InComm, baseptr: OutPointer, win: OutWin
    ) = missing;
    fn MPI_Win_allocate_shared_c(
        size: SizeA, disp_unit: Disp, info: OptInfo, comm: InComm, baseptr: OutPointer,
        win: OutWin
    ) = missing;
    fn MPI_Win_attach(win: InWin, base: Buf, size: SizeA) = missing;
    fn MPI_Win_complete(win: InWin) = missing;
    fn MPI_Win_create(
        base: Buf, size: SizeA, disp_unit: Int, info: OptInfo, comm: InComm, win: OutWin
    ) = missing;
    fn MPI_Win_create_c(
        base: Buf, size: SizeA, disp_unit: Disp, info: OptInfo, comm: InComm, win: OutWin
    ) = missing;
    fn MPI_Win_create_dynamic(info: OptInfo, comm: InComm, win: OutWin) = missing;
    fn MPI_Win_detach(win: InWin, base: ConstBuf) = missing;
    fn MPI_Win_fence(assert: Assert, win: InWin) = missing;
    fn MPI_Win_flush(rank: InRank, win: InWin) = missing;
    fn MPI_Win_flush_all(win: InWin) = missing;
    fn MPI_Win_flush_local(rank: InRank, win: InWin) = missing;
    fn MPI_Win_flush_local_all(win: InWin) = missing;
    fn MPI_Win_free(win: InOutWin) = missing;
    fn MPI_Win_get_group(win: InWin, group: OutGroup) = missing;
    fn MPI_Win_get_info(win: InWin, info_used: OutInfo) = missing;
    fn MPI_Win_get_name(win: InWin, win_name: OutString, resultlen: OutInt) = missing;
    fn MPI_Win_lock(lock_type: InLockType, rank: InRank, assert: Assert, win: InWin) = missing;
    fn MPI_Win_lock_all(assert: Assert, win: InWin) = missing;
    fn MPI_Win_post(group: InGroup, assert: Assert, win: InWin) = missing;
    fn MPI_Win_set_info(win: InWin, info: OptInfo) = missing;
    fn MPI_Win_set_name(win: InWin, win_name: InString) = missing;
    fn MPI_Win_shared_query(
        win: InWin, rank: InRank, size: OutCountA, disp_unit: OutCount, baseptr: OutPointer
    ) = missing;
    fn MPI_Win_shared_query_c(
        win: InWin, rank: InRank, size: OutCountA, disp_unit: OutCountA, baseptr: OutPointer
    ) = missing;
    fn MPI_Win_start(group: InGroup, assert: Assert, win: InWin) = missing;
    fn MPI_Win_sync(win: InWin) = missing;
    fn MPI_Win_test(win: InWin, flag: OutFlag) = missing;
    fn MPI_Win_unlock(rank: InRank, win: InWin) = missing;
    fn MPI_Win_unlock_all(win: InWin) = missing;
    fn MPI_Win_wait(win: InWin) = missing;
}
