//! Sections 7.4, 7.6, 7.8: communicators and intercommunicators.

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::Ref;
use crate::mpi_functions;
use crate::object::{Comm, Result};

mpi_functions! {
    fn MPI_Comm_compare(comm1: InComm, comm2: InComm, result: OutComparison) = missing;
    fn MPI_Comm_create(comm: InComm, group: InGroup, newcomm: OutComm) = missing;
    fn MPI_Comm_create_group(comm: InComm, group: InGroup, tag: InTag, newcomm: OutComm) = missing;
    fn MPI_Comm_dup(comm: InComm, newcomm: OutComm) = missing;
    fn MPI_Comm_dup_with_info(comm: InComm, info: OptInfo, newcomm: OutComm) = missing;
    fn MPI_Comm_free(comm: InOutComm) = missing;
    fn MPI_Comm_get_info(comm: InComm, info_used: OutInfo) = missing;
    fn MPI_Comm_get_name(comm: InComm, comm_name: OutString, resultlen: OutInt) = missing;
    fn MPI_Comm_group(comm: InComm, group: OutGroup) = missing;
    fn MPI_Comm_idup(comm: InComm, newcomm: OutComm, request: OutRequest) = missing;
    fn MPI_Comm_idup_with_info(
        comm: InComm, info: OptInfo, newcomm: OutComm, request: OutRequest
    ) = missing;
    fn MPI_Comm_rank(comm: InComm, rank: OutInt) = rank;
    fn MPI_Comm_remote_group(comm: InComm, group: OutGroup) = missing;
    fn MPI_Comm_remote_size(comm: InComm, size: OutInt) = missing;
    fn MPI_Comm_set_info(comm: InComm, info: OptInfo) = missing;
    fn MPI_Comm_set_name(comm: InComm, comm_name: InString) = missing;
    fn MPI_Comm_size(comm: InComm, size: OutInt) = size;
    fn MPI_Comm_split(comm: InComm, color: Int, key: Int, newcomm: OutComm) = missing;
    fn MPI_Comm_split_type(
        comm: InComm, split_type: InSplitType, key: Int, info: OptInfo, newcomm: OutComm
    ) = missing;
    fn MPI_Comm_test_inter(comm: InComm, flag: OutFlag) = missing;
    fn MPI_Intercomm_create(
        local_comm: InComm, local_leader: InRank, peer_comm: InComm, remote_leader: InRank,
        tag: InTag, newintercomm: OutComm
    ) = missing;
    fn MPI_Intercomm_create_from_groups(
        local_group: InGroup, local_leader: InRank, remote_group: InGroup, remote_leader: InRank,
        stringtag: InString, info: OptInfo, errhandler: InErrhandler, newintercomm: OutComm
    ) = missing;
    fn MPI_Intercomm_merge(intercomm: InComm, high: Flag, newintracomm: OutComm) = missing;
}

fn rank(_: &Cx, comm: Ref<Comm>, rank: Place<i32>) -> Result<()> {
    rank.set(comm.rank as i32);
    Ok(())
}

fn size(_: &Cx, comm: Ref<Comm>, size: Place<i32>) -> Result<()> {
    size.set(comm.size() as i32);
    Ok(())
}
