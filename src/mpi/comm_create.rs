//! Making communicators (MPI-4.1, section 7.4.2): who is in it, and which
//! context id it gets.
//!
//! Context ids are never used twice in a job: a process proposes numbers of
//! its own, and a new communicator takes what its rank 0 proposed. The proposal
//! travels with what the constructor exchanges anyway.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::task::Poll;

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Errhandler, Group, Info, Process, Ref, Request};
use crate::coll::{self, Blocks, Execution, Party, Schedule, Settings};
use crate::engine::{Engine, Task};
use crate::object::comm::Kind as Sides;
use crate::object::{Buffer, Class, Error, Result};
use crate::sys::host;

/// Takes the next number of the communicator's collective operations.
fn party(comm: &Comm) -> Party {
    Party::new(comm.context(), comm.next_collective(), comm.rank, &comm.group)
}

pub(super) fn only_intra(cx: &Cx, comm: &Comm) -> Result<()> {
    if comm.is_inter() {
        let message = format!("{} on an intercommunicator is not implemented", cx.function.name);
        return Err(Error::new(Class::UnsupportedOperation, message));
    }
    Ok(())
}

/// The application asked for MPI_UNDEFINED or is not in the group.
const NO_COLOR: i32 = UNDEFINED;

/// What every rank of `comm` said, by rank.
fn exchange<const N: usize>(process: &Process, comm: &Comm, own: [u8; N]) -> Result<Vec<[u8; N]>> {
    let size = comm.size() as usize;
    let whole = Buffer::scratch(N * size);
    let blocks = Blocks::Even { whole: whole.clone(), each: N };
    let own = Buffer::from_bytes(&own);
    let schedule = coll::allgather(party(comm), &Settings::DEFAULT, Some(&own), &blocks);
    coll::run(process.engine(), schedule)?;
    let mut row = [0; N];
    Ok((0..size)
        .map(|rank| {
            whole.pack(rank * N, &mut row);
            row
        })
        .collect())
}

/// What every rank of `comm` said, by rank, where each may say a different
/// amount.
pub(super) fn exchange_bytes(process: &Process, comm: &Comm, own: &[u8]) -> Result<Vec<Vec<u8>>> {
    let lens = exchange(process, comm, own.len().to_le_bytes())?;
    let said: Vec<Buffer> =
        lens.iter().map(|len| Buffer::scratch(usize::from_le_bytes(*len))).collect();
    let blocks = Blocks::List(said.clone());
    let own = Buffer::from_bytes(own);
    let schedule = coll::allgatherv(party(comm), &Settings::DEFAULT, Some(&own), &blocks);
    coll::run(process.engine(), schedule)?;
    Ok(said
        .iter()
        .map(|block| {
            let mut bytes = vec![0; block.len()];
            block.pack(0, &mut bytes);
            bytes
        })
        .collect())
}

/// A communicator with the error handler of the one it comes from.
fn inherit(parent: &Comm, context: u64, group: crate::object::Group, rank: u32) -> Arc<Comm> {
    Arc::new(Comm::new(context, Sides::Intra, group, rank, parent.errhandler.load_full()))
}

/// What a rank says in `MPI_Comm_split`.
struct Vote {
    color: i32,
    key: i32,
    proposal: u64,
}

impl Vote {
    fn encode(&self) -> [u8; 16] {
        let mut row = [0; 16];
        row[..4].copy_from_slice(&self.color.to_le_bytes());
        row[4..8].copy_from_slice(&self.key.to_le_bytes());
        row[8..].copy_from_slice(&self.proposal.to_le_bytes());
        row
    }

    fn decode(row: &[u8; 16]) -> Vote {
        let (head, proposal) = row.split_at(8);
        let (color, key) = head.split_at(4);
        Vote {
            color: i32::from_le_bytes(color.try_into().expect("four bytes")),
            key: i32::from_le_bytes(key.try_into().expect("four bytes")),
            proposal: u64::from_le_bytes(proposal.try_into().expect("eight bytes")),
        }
    }
}

/// Ranks of `comm` by what they voted: those of the caller's color, by key and
/// then by rank; none without a color.
pub(super) fn divide(
    process: &Process,
    comm: &Comm,
    color: i32,
    key: i32,
) -> Result<Option<Arc<Comm>>> {
    let vote = Vote { color, key, proposal: process.propose_context() };
    let votes: Vec<Vote> =
        exchange(process, comm, vote.encode())?.iter().map(Vote::decode).collect();
    if color == NO_COLOR {
        return Ok(None);
    }
    let mut members: Vec<u32> =
        (0..comm.size()).filter(|&rank| votes[rank as usize].color == color).collect();
    members.sort_by_key(|&rank| (votes[rank as usize].key, rank));
    let position = members.iter().position(|&rank| rank == comm.rank);
    let rank = position.expect("the caller voted for its own color") as u32;
    let context = votes[members[0] as usize].proposal;
    let peers: Vec<_> =
        members.iter().map(|&rank| comm.peer(rank).expect("a rank of the parent")).collect();
    Ok(Some(inherit(comm, context, crate::object::Group::from_peers(peers), rank)))
}

fn put(cx: &Cx, place: &HandlePlace<Comm>, comm: Option<Arc<Comm>>) -> Result<()> {
    match comm {
        Some(comm) => place.put(cx, comm).map(drop),
        None => {
            place.set_null(cx);
            Ok(())
        }
    }
}

pub(super) fn split(
    cx: &Cx,
    comm: Ref<Comm>,
    color: i32,
    key: i32,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    only_intra(cx, &comm)?;
    if color < 0 && color != UNDEFINED {
        let message = format!("color is {color} but must not be negative (or MPI_UNDEFINED)");
        return Err(Error::new(Class::Arg, message));
    }
    put(cx, &newcomm, divide(cx.process, &comm, color, key)?)
}

/// Only the host is known of what ranks may share. Under guidance by other
/// hardware names nobody is found, which the standard allows.
pub(super) fn split_type(
    cx: &Cx,
    comm: Ref<Comm>,
    split_type: SplitType,
    key: i32,
    _info: Option<Ref<Info>>,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    only_intra(cx, &comm)?;
    // Everybody takes part in both exchanges, wanted or not.
    let hosts = exchange(cx.process, &comm, host_digest(cx.process))?;
    let own = hosts[comm.rank as usize];
    let first = hosts.iter().position(|host| *host == own).expect("the own host is among them");
    let color = if split_type == SplitType::Shared { first as i32 } else { NO_COLOR };
    put(cx, &newcomm, divide(cx.process, &comm, color, key)?)
}

/// Tells hosts apart. Where the launcher says which ranks share a node, its
/// word counts; the kernel's identity otherwise.
fn host_digest(process: &Process) -> [u8; 16] {
    let mut digest = [0; 16];
    match process.launcher().job().local_ranks.first() {
        Some(first) => digest[..4].copy_from_slice(&first.to_le_bytes()),
        None => {
            let mut hasher = DefaultHasher::new();
            host::identity().hash(&mut hasher);
            digest[8..].copy_from_slice(&(hasher.finish() | 1).to_le_bytes());
        }
    }
    digest
}

/// Ranks in `comm` of the members of `group`, all of which must be in it.
fn members(comm: &Comm, group: &Group) -> Result<Vec<u32>> {
    group
        .peers()
        .enumerate()
        .map(|(rank, peer)| {
            comm.group.rank_of(peer).ok_or_else(|| {
                let message = format!("rank {rank} of group is not a process of the communicator");
                Error::new(Class::Group, message)
            })
        })
        .collect()
}

pub(super) fn create(
    cx: &Cx,
    comm: Ref<Comm>,
    group: Ref<Group>,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    only_intra(cx, &comm)?;
    let members = members(&comm, &group)?;
    let proposal = cx.process.propose_context();
    let proposals = exchange(cx.process, &comm, proposal.to_le_bytes())?;
    let rank = members.iter().position(|&rank| rank == comm.rank);
    let new = rank.map(|rank| {
        let context = u64::from_le_bytes(proposals[members[0] as usize]);
        inherit(&comm, context, (**group).clone(), rank as u32)
    });
    put(cx, &newcomm, new)
}

/// Collective over the group only: its rank 0 tells the others.
pub(super) fn create_group(
    cx: &Cx,
    comm: Ref<Comm>,
    group: Ref<Group>,
    tag: Tag,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    only_intra(cx, &comm)?;
    let tag = tag.exact()?;
    let members = members(&comm, &group)?;
    let all = Party::new(comm.context(), 0, comm.rank, &comm.group).tagged(tag);
    let Some(party) = all.subset(&members) else {
        newcomm.set_null(cx);
        return Ok(());
    };
    let rank = party.rank() as u32;
    let proposal = Proposal::new(cx.process, rank == 0);
    coll::run(cx.process.engine(), proposal.spread(party))?;
    put(cx, &newcomm, Some(inherit(&comm, proposal.read(), (**group).clone(), rank)))
}

/// A communicator of `group` made without a parent: rank 0 tells the others
/// its context id in the context `meeting_point`, which only they can name.
/// None when the caller is no member.
pub(super) fn create_from_group(
    cx: &Cx,
    group: &Group,
    meeting_point: u64,
    errhandler: Arc<Errhandler>,
) -> Result<Option<Arc<Comm>>> {
    let engine = cx.process.engine();
    let Some(rank) = group.rank_of(engine.me()) else {
        return Ok(None);
    };
    let proposal = Proposal::new(cx.process, rank == 0);
    coll::run(engine, proposal.spread(Party::new(meeting_point, 0, rank, group)))?;
    let new = Comm::new(proposal.read(), Sides::Intra, group.clone(), rank, errhandler);
    Ok(Some(Arc::new(new)))
}

/// A context id on its way from rank 0 to all.
struct Proposal(Buffer);

impl Proposal {
    fn new(process: &Process, is_first: bool) -> Proposal {
        let context = if is_first { process.propose_context() } else { 0 };
        Proposal(Buffer::from_bytes(&context.to_le_bytes()))
    }

    fn spread(&self, party: Party) -> Schedule {
        coll::bcast(party, &Settings::DEFAULT, 0, &self.0)
    }

    fn read(&self) -> u64 {
        let mut bytes = [0; 8];
        self.0.pack(0, &mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// The duplicate of `comm` with everything that duplicates inherit.
fn duplicate(comm: &Arc<Comm>, context: u64, info: Option<Info>) -> Result<Arc<Comm>> {
    let new = inherit(comm, context, comm.group.clone(), comm.rank);
    if let Some(topology) = comm.topology.get() {
        let _ = new.topology.set(topology.clone());
    }
    let info = info.map_or_else(|| comm.info.load_full(), Arc::new);
    new.info.store(info);
    new.attributes.copy_from(comm, &comm.attributes)?;
    Ok(new)
}

pub(super) fn dup(cx: &Cx, comm: Ref<Comm>, newcomm: HandlePlace<Comm>) -> Result<()> {
    blocking_dup(cx, &comm, None, newcomm)
}

pub(super) fn dup_with_info(
    cx: &Cx,
    comm: Ref<Comm>,
    info: Option<Ref<Info>>,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    let info = info.map_or_else(Info::new, |info| info.dup());
    blocking_dup(cx, &comm, Some(info), newcomm)
}

fn blocking_dup(
    cx: &Cx,
    comm: &Arc<Comm>,
    info: Option<Info>,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    only_intra(cx, comm)?;
    let proposal = Proposal::new(cx.process, comm.rank == 0);
    coll::run(cx.process.engine(), proposal.spread(party(comm)))?;
    newcomm.put(cx, duplicate(comm, proposal.read(), info)?).map(drop)
}

pub(super) fn idup(
    cx: &Cx,
    comm: Ref<Comm>,
    newcomm: HandlePlace<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    start_dup(cx, comm.share(), None, newcomm, request)
}

pub(super) fn idup_with_info(
    cx: &Cx,
    comm: Ref<Comm>,
    info: Option<Ref<Info>>,
    newcomm: HandlePlace<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    let info = info.map_or_else(Info::new, |info| info.dup());
    start_dup(cx, comm.share(), Some(info), newcomm, request)
}

/// A duplicate on its way.
struct Duplication {
    process: &'static Process,
    comm: Arc<Comm>,
    info: Option<Info>,
    proposal: Proposal,
    execution: Execution,
    newcomm: LatePlace<Comm>,
}

fn start_dup(
    cx: &Cx,
    comm: Arc<Comm>,
    info: Option<Info>,
    newcomm: HandlePlace<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    only_intra(cx, &comm)?;
    newcomm.set_null(cx);
    let proposal = Proposal::new(cx.process, comm.rank == 0);
    let execution = Execution::new(proposal.spread(party(&comm)));
    let newcomm = newcomm.later(cx);
    let owner = comm.clone();
    let task = Duplication { process: cx.process, comm, info, proposal, execution, newcomm };
    let id = cx.process.engine().spawn(Box::new(task));
    cx.process.engine().set_owner(id, owner);
    request.set_request(cx, id);
    Ok(())
}

impl Task for Duplication {
    fn advance(&mut self, engine: &Engine) -> Poll<Result<()>> {
        self.execution.advance(engine).map(|outcome| {
            outcome?;
            let new = duplicate(&self.comm, self.proposal.read(), self.info.take())?;
            self.newcomm.put(self.process, new).map(drop)
        })
    }
}
