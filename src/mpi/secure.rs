//! `MPIX_Secure_*` and the hint `mpi_secure_context`: what a program may say
//! about security at run time. It may ask for more than the policy gives, and
//! never for less.
//!
//! A communicator passes on what was asked for it, and the name by which rules
//! know it, to those that are made from it.

use serde_json::Value;

use super::comm_create::exchange_bytes;
use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Info, Process, Ref};
use crate::engine::Envelope;
use crate::mpi_functions;
use crate::object::{Class, Error, Result};
use crate::secure::ProfileId;

mpi_functions! {
    /// Asks for a security context on a communicator.
    fn MPIX_Secure_attach(comm: InComm, context: InString) = attach;
    /// Tells in which security context a message would travel.
    fn MPIX_Secure_context(
        comm: InComm, rank: InRank, tag: InTag, bytes: CountC, context: OutString,
        resultlen: OutInt
    ) = context;
    /// Describes the link to a rank, in JSON.
    fn MPIX_Secure_link(
        comm: InComm, rank: InRank, text: OptOutString, room: Int, length: OutInt
    ) = link;
    /// The report of all ranks of a communicator, in JSON; collective.
    fn MPIX_Secure_report(comm: InComm, text: OptOutString, room: Int, length: OutInt) = report;
}

/// The hint that names the security context of a communicator.
pub(super) const HINT: &str = "mpi_secure_context";

/// Asked for by nobody in particular: back to what the policy gives.
const NOTHING: &str = "";

/// What a program asks for by name on a communicator, which may be one that is
/// to be made from it.
fn find(process: &Process, context: u64, name: &str, class: Class) -> Result<Option<ProfileId>> {
    if name == NOTHING {
        return Ok(None);
    }
    let found = process.engine().find_context(context, name);
    found.map(Some).map_err(|refused| Error::new(class, refused.to_string()))
}

/// Tells the engine of a communicator that was made: of `parent`, or out of
/// nothing, with what the hints given to its constructor ask for.
pub(super) fn made(
    process: &Process,
    comm: &Comm,
    parent: Option<&Comm>,
    info: Option<&Info>,
) -> Result<()> {
    let name = info.and_then(|info| info.get(HINT));
    let judge = parent.unwrap_or(comm).context();
    let asked = match &name {
        Some(name) => find(process, judge, name, Class::InfoValue)?,
        None => None,
    };
    process.engine().comm_made(comm.context(), parent.map(Comm::context), asked);
    if let Some(name) = name {
        comm.info.load().set(HINT, &name)?;
    }
    Ok(())
}

/// `MPI_Comm_set_info`
pub(super) fn hint(process: &Process, comm: &Comm, info: &Info) -> Result<()> {
    let Some(name) = info.get(HINT) else { return Ok(()) };
    let asked = find(process, comm.context(), &name, Class::InfoValue)?;
    process.engine().ask_for_context(comm.context(), asked);
    comm.info.load().set(HINT, &name)
}

fn attach(cx: &Cx, comm: Ref<Comm>, context: Text) -> Result<()> {
    let asked = find(cx.process, comm.context(), &context.read(), Class::Arg)?;
    cx.process.engine().ask_for_context(comm.context(), asked);
    Ok(())
}

fn context(
    cx: &Cx,
    comm: Ref<Comm>,
    rank: Rank,
    tag: Tag,
    bytes: usize,
    context: TextPlace,
    len: Place<i32>,
) -> Result<()> {
    let rank = rank.member(comm.remote_group().size() as usize)?;
    let to = comm.peer(rank).expect("the rank was checked");
    let envelope = Envelope { context: comm.context(), source: comm.rank, tag: tag.exact()? };
    let name = cx.process.engine().context_of(to, &envelope, bytes);
    len.set(context.set(&name, cx.abi.limits().object_name) as i32);
    Ok(())
}

fn put(text: Option<TextPlace>, room: i32, length: Place<i32>, value: &Value) -> Result<()> {
    let room = usize::try_from(room)
        .map_err(|_| Error::new(Class::Arg, format!("room is {room} but must not be negative")))?;
    let found = value.to_string();
    length.set(i32::try_from(found.len()).unwrap_or(i32::MAX));
    if let Some(text) = text {
        text.set(&found, room);
    }
    Ok(())
}

/// The links of this process, as its report has them.
fn own_report(process: &Process) -> Value {
    serde_json::to_value(process.engine().link_report()).unwrap_or_default()
}

fn link(
    cx: &Cx,
    comm: Ref<Comm>,
    rank: Rank,
    text: Option<TextPlace>,
    room: i32,
    length: Place<i32>,
) -> Result<()> {
    let rank = rank.member(comm.remote_group().size() as usize)?;
    let peer = comm.peer(rank).expect("the rank was checked");
    let report = own_report(cx.process);
    let links = report["links"].as_array().into_iter().flatten();
    let found = links.rev().find(|link| link["peer"] == peer.0);
    put(text, room, length, found.unwrap_or(&Value::Null))
}

fn report(
    cx: &Cx,
    comm: Ref<Comm>,
    text: Option<TextPlace>,
    room: i32,
    length: Place<i32>,
) -> Result<()> {
    super::comm_create::only_intra(cx, &comm)?;
    let own = own_report(cx.process).to_string();
    let said = exchange_bytes(cx.process, &comm, own.as_bytes())?;
    let ranks: Vec<Value> =
        said.iter().map(|bytes| serde_json::from_slice(bytes).unwrap_or_default()).collect();
    let job = &cx.process.launcher().job().id;
    let version = env!("CARGO_PKG_VERSION");
    let report = serde_json::json!({ "version": version, "job": job, "ranks": ranks });
    put(text, room, length, &report)
}
