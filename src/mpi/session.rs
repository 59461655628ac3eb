//! Section 11.3: sessions.

use std::sync::Arc;

use super::comm_create::create_from_group;
use super::environment::{call_errhandler, give_errhandler};
use super::intercomm::meeting_point;
use super::startup;
use super::{hints, secure};
use crate::abi::Cx;
use crate::abi::callback::errhandler;
use crate::abi::kind::*;
use crate::abi::process::{Errhandler, Object, Ref};
use crate::channel::PeerId;
use crate::mpi_functions;
use crate::object::{Class, Comm, Error, Group, Info, Kind, Result, Session};

mpi_functions! {
    fn MPI_Comm_create_from_group(
        group: InGroup, stringtag: InString, info: OptInfo, errhandler: InErrhandler,
        newcomm: OutComm
    ) = comm_create_from_group;
    fn MPI_Group_from_session_pset(
        session: InSession, pset_name: InString, newgroup: OutGroup
    ) = group_from_session_pset;
    fn MPI_Session_call_errhandler(session: InSession, errorcode: ErrorCode) = session_call_errhandler, anytime;
    fn MPI_Session_create_errhandler(
        session_errhandler_fn: SessionErrhandlerFn, errhandler: OutErrhandler
    ) = session_create_errhandler, anytime;
    fn MPI_Session_finalize(session: InOutSession) = session_finalize, anytime;
    fn MPI_Session_get_errhandler(session: InSession, errhandler: OutErrhandler) = session_get_errhandler, anytime;
    fn MPI_Session_get_info(session: InSession, info_used: OutInfo) = session_get_info, anytime;
    fn MPI_Session_get_nth_pset(
        session: InSession, info: OptInfo, n: Int, pset_len: OutInt, pset_name: OptOutString
    ) = session_get_nth_pset, anytime;
    fn MPI_Session_get_num_psets(
        session: InSession, info: OptInfo, npset_names: OutInt
    ) = session_get_num_psets, anytime;
    fn MPI_Session_get_pset_info(
        session: InSession, pset_name: InString, info: OutInfo
    ) = session_get_pset_info, anytime;
    fn MPI_Session_init(
        info: OptInfo, errhandler: InErrhandler, session: OutSession
    ) = session_init, anytime;
    fn MPI_Session_set_errhandler(session: InSession, errhandler: InErrhandler) = session_set_errhandler, anytime;
    fn MPI_Session_set_info(session: InSession, info: OptInfo) = session_set_info, anytime;
}

/// The sets of processes every session knows.
const PSETS: [&str; 2] = ["mpi://WORLD", "mpi://SELF"];

/// Every thread level is granted, so the one asked for needs no look.
fn session_init(
    cx: &Cx,
    info: Option<Ref<Info>>,
    errhandler: Ref<Errhandler>,
    session: HandlePlace<Session>,
) -> Result<()> {
    errhandler.check(Kind::Session)?;
    if !startup::start_session(cx.process) {
        let message = "MPI_Session_init was called after MPI_Finalize closed the job's links; \
            open a first session before it";
        return Err(Error::new(Class::Other, message));
    }
    let info = info.map_or_else(Info::new, |info| info.dup());
    info.set("thread_level", "MPI_THREAD_MULTIPLE")?;
    session.put(cx, Arc::new(Session::new(errhandler.share(), info))).map(drop)
}

fn session_finalize(cx: &Cx, place: HandlePlace<Session>) -> Result<()> {
    let handle = place.handle(cx)?;
    if Session::remove(cx.process, handle).is_none() {
        return Err(wrong_handle::<Session>("session", "does not exist (any more)"));
    }
    cx.process.close_session();
    place.set_null(cx);
    Ok(())
}

fn session_get_info(cx: &Cx, session: Ref<Session>, info: HandlePlace<Info>) -> Result<()> {
    info.put(cx, Arc::new(session.info.load().dup())).map(drop)
}

/// Hints, none of which are known: kept to be given back.
fn session_set_info(_: &Cx, session: Ref<Session>, info: Option<Ref<Info>>) -> Result<()> {
    session.info.store(Arc::new(info.map_or_else(Info::new, |info| info.dup())));
    Ok(())
}

fn session_get_num_psets(
    _: &Cx,
    _: Ref<Session>,
    _info: Option<Ref<Info>>,
    count: Place<i32>,
) -> Result<()> {
    count.set(PSETS.len() as i32);
    Ok(())
}

/// A length of 0 asks how long the name is, with its NUL.
fn session_get_nth_pset(
    _: &Cx,
    _: Ref<Session>,
    _info: Option<Ref<Info>>,
    n: i32,
    len: Place<i32>,
    name: Option<TextPlace>,
) -> Result<()> {
    let Some(pset) = usize::try_from(n).ok().and_then(|n| PSETS.get(n)) else {
        let message = format!("n is {n}, but there are {} process sets", PSETS.len());
        return Err(Error::new(Class::Arg, message));
    };
    if let Some(name) = name
        && len.get() > 0
    {
        name.set(pset, len.get() as usize);
    }
    len.set(pset.len() as i32 + 1);
    Ok(())
}

/// The processes of a set, by its name.
fn pset(cx: &Cx, name: &str) -> Result<Group> {
    let job = cx.process.job().expect("an open session joined the job");
    if name.eq_ignore_ascii_case(PSETS[0]) {
        Ok(Group::identity(job.size))
    } else if name.eq_ignore_ascii_case(PSETS[1]) {
        Ok(Group::from_peers([PeerId(job.rank)]))
    } else {
        let known = PSETS.join(" and ");
        let message = format!("there is no process set \"{name}\", only {known}");
        Err(Error::new(Class::Arg, message))
    }
}

fn session_get_pset_info(
    cx: &Cx,
    _: Ref<Session>,
    name: Text,
    info: HandlePlace<Info>,
) -> Result<()> {
    let size = pset(cx, &name.read())?.size();
    let entries = [("mpi_size".to_string(), size.to_string())];
    info.put(cx, Arc::new(Info::from_entries(entries))).map(drop)
}

fn group_from_session_pset(
    cx: &Cx,
    session: Ref<Session>,
    name: Text,
    group: HandlePlace<Group>,
) -> Result<()> {
    let members = pset(cx, &name.read())?.within(Some(&session.share()));
    group.put(cx, Arc::new(members)).map(drop)
}

/// There is no parent whose messages could carry the new context id. They
/// travel in a context made of the tag and the group instead.
fn comm_create_from_group(
    cx: &Cx,
    group: Ref<Group>,
    stringtag: Text,
    info: Option<Ref<Info>>,
    errhandler: Ref<Errhandler>,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    errhandler.check(Kind::Comm)?;
    let peers: Vec<PeerId> = group.peers().collect();
    let meeting_point = meeting_point(("group", stringtag.bytes(), peers));
    match create_from_group(cx, &group, meeting_point, errhandler.share())? {
        Some(comm) => {
            comm.info.store(Arc::new(hints::of(info.as_ref())));
            secure::made(cx.process, &comm, None, Some(&comm.info.load()))?;
            newcomm.put(cx, comm).map(drop)
        }
        None => {
            newcomm.set_null(cx);
            Ok(())
        }
    }
}

fn session_create_errhandler(
    cx: &Cx,
    function: Callback,
    place: HandlePlace<Errhandler>,
) -> Result<()> {
    give_errhandler(cx, Arc::new(errhandler(cx, Kind::Session, function)?), place)
}

fn session_get_errhandler(
    cx: &Cx,
    session: Ref<Session>,
    place: HandlePlace<Errhandler>,
) -> Result<()> {
    give_errhandler(cx, session.errhandler.load_full(), place)
}

fn session_set_errhandler(
    _: &Cx,
    session: Ref<Session>,
    errhandler: Ref<Errhandler>,
) -> Result<()> {
    errhandler.check(Kind::Session)?;
    session.errhandler.store(errhandler.share());
    Ok(())
}

fn session_call_errhandler(_: &Cx, session: Ref<Session>, errorcode: i32) -> Result<()> {
    call_errhandler(&session.errhandler.load_full(), &session.handle, errorcode)
}
