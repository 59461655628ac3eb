//! Sections 7.4, 7.6, 7.8: communicators and intercommunicators.

use std::sync::Arc;

use super::comm_create::*;
use super::comm_dup::*;
use super::intercomm::*;
use super::split_type::split_type;
use super::{hints, secure};
use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Group, Info, Object, Ref};
use crate::mpi_functions;
use crate::object::{Class, Error, Result};

mpi_functions! {
    fn MPI_Comm_compare(comm1: InComm, comm2: InComm, result: OutComparison) = compare;
    fn MPI_Comm_create(comm: InComm, group: InGroup, newcomm: OutComm) = create;
    fn MPI_Comm_create_group(comm: InComm, group: InGroup, tag: InTag, newcomm: OutComm) = create_group;
    fn MPI_Comm_dup(comm: InComm, newcomm: OutComm) = dup;
    fn MPI_Comm_dup_with_info(comm: InComm, info: OptInfo, newcomm: OutComm) = dup_with_info;
    fn MPI_Comm_free(comm: InOutComm) = free;
    fn MPI_Comm_get_info(comm: InComm, info_used: OutInfo) = get_info;
    fn MPI_Comm_get_name(comm: OptComm, comm_name: OutString, resultlen: OutInt) = get_name;
    fn MPI_Comm_group(comm: InComm, group: OutGroup) = group;
    fn MPI_Comm_idup(comm: InComm, newcomm: OutComm, request: OutRequest) = idup;
    fn MPI_Comm_idup_with_info(
        comm: InComm, info: OptInfo, newcomm: OutComm, request: OutRequest
    ) = idup_with_info;
    fn MPI_Comm_rank(comm: InComm, rank: OutInt) = rank;
    fn MPI_Comm_remote_group(comm: InComm, group: OutGroup) = remote_group;
    fn MPI_Comm_remote_size(comm: InComm, size: OutInt) = remote_size;
    fn MPI_Comm_set_info(comm: InComm, info: OptInfo) = set_info;
    fn MPI_Comm_set_name(comm: InComm, comm_name: InString) = set_name;
    fn MPI_Comm_size(comm: InComm, size: OutInt) = size;
    fn MPI_Comm_split(comm: InComm, color: Int, key: Int, newcomm: OutComm) = split;
    fn MPI_Comm_split_type(
        comm: InComm, split_type: InSplitType, key: Int, info: OptInfo, newcomm: OutComm
    ) = split_type;
    fn MPI_Comm_test_inter(comm: InComm, flag: OutFlag) = test_inter;
    fn MPI_Intercomm_create(
        local_comm: InComm, local_leader: InRank, peer_comm: Maybe<InComm>, remote_leader: InRank,
        tag: InTag, newintercomm: OutComm
    ) = intercomm_create;
    fn MPI_Intercomm_create_from_groups(
        local_group: InGroup, local_leader: InRank, remote_group: Maybe<InGroup>,
        remote_leader: InRank, stringtag: InString, info: OptInfo, errhandler: InErrhandler,
        newintercomm: OutComm
    ) = intercomm_create_from_groups;
    fn MPI_Intercomm_merge(intercomm: InComm, high: Flag, newintracomm: OutComm) = intercomm_merge;
}

fn rank(_: &Cx, comm: Ref<Comm>, rank: Place<i32>) -> Result<()> {
    rank.set(comm.rank as i32);
    Ok(())
}

fn size(_: &Cx, comm: Ref<Comm>, size: Place<i32>) -> Result<()> {
    size.set(comm.size() as i32);
    Ok(())
}

fn compare(cx: &Cx, a: Ref<Comm>, b: Ref<Comm>, result: ChoicePlace) -> Result<()> {
    result.set(cx, a.compare(&b));
    Ok(())
}

/// Requests under way go on: they hold the communicator themselves.
fn free(cx: &Cx, place: HandlePlace<Comm>) -> Result<()> {
    let comm = place.get(cx)?;
    let handle = place.handle(cx)?;
    if handle.is_builtin() {
        let message = format!("{} cannot be freed", comm.name.read());
        return Err(Error::new(Class::Comm, message));
    }
    comm.attributes.delete_all(&comm)?;
    let Some(comm) = Comm::remove(cx.process, handle) else {
        return Err(Error::new(Class::Comm, "the communicator was freed by another thread"));
    };
    comm.mark_freed();
    let engine = cx.process.engine();
    engine.retire_context(comm.context());
    engine.retire_context(comm.collective_context());
    place.set_null(cx);
    Ok(())
}

fn group(cx: &Cx, comm: Ref<Comm>, group: HandlePlace<Group>) -> Result<()> {
    group.put(cx, Arc::new(comm.group.clone())).map(drop)
}

fn remote_group(cx: &Cx, comm: Ref<Comm>, group: HandlePlace<Group>) -> Result<()> {
    want_inter(&comm)?;
    group.put(cx, Arc::new(comm.remote_group().clone())).map(drop)
}

fn remote_size(_: &Cx, comm: Ref<Comm>, size: Place<i32>) -> Result<()> {
    want_inter(&comm)?;
    size.set(comm.remote_group().size() as i32);
    Ok(())
}

fn want_inter(comm: &Comm) -> Result<()> {
    if comm.is_inter() {
        return Ok(());
    }
    Err(Error::new(Class::Comm, "comm is an intracommunicator and has no remote group"))
}

fn test_inter(_: &Cx, comm: Ref<Comm>, flag: FlagPlace) -> Result<()> {
    flag.set(comm.is_inter());
    Ok(())
}

/// Rules of the policy know communicators by their names.
fn set_name(cx: &Cx, comm: Ref<Comm>, name: Text) -> Result<()> {
    let name = name.at_most(cx.abi.limits().object_name - 1);
    cx.process.engine().comm_named(comm.context(), &name);
    comm.name.write(name);
    Ok(())
}

/// The null handle has a name too (MPI-4.1, section 7.8).
fn get_name(cx: &Cx, comm: Option<Ref<Comm>>, name: TextPlace, len: Place<i32>) -> Result<()> {
    let text = comm.map_or(Comm::NULL.to_string(), |comm| comm.name.read());
    len.set(name.set(&text, cx.abi.limits().object_name) as i32);
    Ok(())
}

fn set_info(cx: &Cx, comm: Ref<Comm>, info: Option<Ref<Info>>) -> Result<()> {
    if let Some(info) = &info {
        secure::hint(cx.process, &comm, info)?;
    }
    hints::update(&comm.info.load(), info.as_ref());
    Ok(())
}

fn get_info(cx: &Cx, comm: Ref<Comm>, info_used: HandlePlace<Info>) -> Result<()> {
    info_used.put(cx, Arc::new(comm.info.load().dup())).map(drop)
}
