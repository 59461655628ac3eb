//! Making communicators (MPI-4.1, section 7.4.2): who is in it, and which
//! context id it gets.
//!
//! Context ids are never used twice in a job: a process proposes numbers of
//! its own, and a new communicator takes what its rank 0 proposed (of the two
//! ranks 0 of an intercommunicator: the lower number). The proposal travels
//! with what the constructor exchanges anyway.

use std::sync::Arc;

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{COMMS_MAX, Comm, Errhandler, Group, NO_CONTEXT, Process, Ref};
use crate::channel::PeerId;
use crate::coll::{self, Blocks, Party, Reduction, Schedule, Settings};
use crate::object::comm::Kind as Sides;
use crate::object::op::Builtin;
use crate::object::{Basic, Buffer, Class, Datatype, Error, Op, Result};

/// Everybody of the communicator; takes the next number of its collective
/// operations.
pub(super) fn party(comm: &Comm) -> Party {
    let party = Party::new(comm.context(), comm.next_collective(), comm.rank, &comm.group);
    match &comm.kind {
        Sides::Intra => party,
        Sides::Inter { remote } => party.facing(remote),
    }
}

pub(super) fn only_intra(cx: &Cx, comm: &Comm) -> Result<()> {
    if comm.is_inter() {
        let message = format!(
            "communicator {} is an intercommunicator, on which {} is not defined",
            comm.name.read(),
            cx.function.name
        );
        return Err(Error::new(Class::Comm, message));
    }
    Ok(())
}

/// What every rank said, by rank: on the caller's side, and on the other side
/// of an intercommunicator.
pub(super) struct Said<T> {
    pub(super) ours: Vec<T>,
    pub(super) theirs: Vec<T>,
}

pub(super) fn exchange<const N: usize>(
    process: &Process,
    comm: &Comm,
    own: [u8; N],
) -> Result<Said<[u8; N]>> {
    let rows = rows::<N>(comm);
    let schedule = coll::exchange(party(comm), &Buffer::from_bytes(&own), &rows);
    coll::run(process.engine(), schedule)?;
    Ok(said(comm, &rows))
}

/// Room for what everybody says.
pub(super) fn rows<const N: usize>(comm: &Comm) -> Buffer {
    let others = if comm.is_inter() { comm.remote_group().size() } else { 0 };
    Buffer::scratch(N * (comm.size() + others) as usize)
}

pub(super) fn said<const N: usize>(comm: &Comm, rows: &Buffer) -> Said<[u8; N]> {
    let mut ours: Vec<[u8; N]> = (0..rows.len() / N)
        .map(|index| {
            let mut row = [0; N];
            rows.pack(index * N, &mut row);
            row
        })
        .collect();
    let theirs = ours.split_off(comm.size() as usize);
    Said { ours, theirs }
}

/// What every rank of `comm` said, by rank, where each may say a different
/// amount.
pub(super) fn exchange_bytes(process: &Process, comm: &Comm, own: &[u8]) -> Result<Vec<Vec<u8>>> {
    let lens = exchange(process, comm, own.len().to_le_bytes())?.ours;
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

/// Sides of a communicator to be: ranks of the old one.
struct Members {
    ours: Vec<u32>,
    theirs: Vec<u32>,
}

/// A communicator of members of `parent`, with its error handler. None when the
/// caller is not among them, or when one side would be empty.
fn descend(process: &Process, parent: &Comm, members: &Members, context: u64) -> Option<Arc<Comm>> {
    let rank = members.ours.iter().position(|&rank| rank == parent.rank)? as u32;
    let pick = |group: &Group, ranks: &[u32]| {
        let peers: Vec<PeerId> =
            ranks.iter().map(|&rank| group.peer(rank).expect("a rank of the parent")).collect();
        Group::from_peers(peers)
    };
    let kind = match &parent.kind {
        Sides::Intra => Sides::Intra,
        Sides::Inter { .. } if members.theirs.is_empty() => return None,
        Sides::Inter { remote } => Sides::Inter { remote: pick(remote, &members.theirs) },
    };
    let group = pick(&parent.group, &members.ours).within(parent.group.session());
    let new = Comm::new(context, kind, group, rank, parent.errhandler.load_full());
    process.engine().comm_made(context, Some(parent.context()), None);
    Some(Arc::new(new))
}

/// An error when one of those who spoke has no room for another communicator:
/// then nobody makes one, so that all agree on which there are.
pub(super) fn room(proposals: impl IntoIterator<Item = u64>) -> Result<()> {
    if proposals.into_iter().all(|proposal| proposal != NO_CONTEXT) { Ok(()) } else { Err(full()) }
}

#[cold]
pub(super) fn full() -> Error {
    let message = format!(
        "one of the processes has {COMMS_MAX} communicators, the most there may be at once: free \
         those that are not needed any more (MPI_Comm_free)"
    );
    Error::new(Class::Other, message)
}

/// The context id of a communicator whose ranks 0 proposed these: one, or one
/// for each side.
pub(super) fn agreed(proposals: impl IntoIterator<Item = u64>) -> u64 {
    proposals.into_iter().min().expect("a communicator has a rank 0")
}

/// What decides who comes together in `MPI_Comm_split` and its kin.
pub(super) type Color = [u8; 16];

/// A color of the application's.
pub(super) fn color_of(number: i32) -> Color {
    u128::from(number.unsigned_abs()).to_le_bytes()
}

/// What a rank says in `MPI_Comm_split`.
struct Vote {
    color: Option<Color>,
    key: i32,
    proposal: u64,
}

impl Vote {
    fn encode(&self) -> [u8; 32] {
        let mut row = [0; 32];
        row[..16].copy_from_slice(&self.color.unwrap_or_default());
        row[16..20].copy_from_slice(&self.key.to_le_bytes());
        row[20..24].copy_from_slice(&u32::from(self.color.is_some()).to_le_bytes());
        row[24..].copy_from_slice(&self.proposal.to_le_bytes());
        row
    }

    fn decode(row: &[u8; 32]) -> Vote {
        let number = |at: usize| {
            u32::from_le_bytes(row[at..at + 4].try_into().expect("four bytes of a vote"))
        };
        let color: Color = row[..16].try_into().expect("sixteen bytes of a vote");
        Vote {
            color: (number(20) != 0).then_some(color),
            key: number(16) as i32,
            proposal: u64::from(number(28)) << 32 | u64::from(number(24)),
        }
    }
}

/// Ranks of `comm` by what they voted: those of the caller's color, by key and
/// then by rank; none without a color.
pub(super) fn divide(
    process: &Process,
    comm: &Comm,
    color: Option<Color>,
    key: i32,
) -> Result<Option<Arc<Comm>>> {
    let vote = Vote { color, key, proposal: process.propose_context() };
    let said = exchange(process, comm, vote.encode())?;
    // Who goes without a communicator needs no room for one.
    let votes = said.ours.iter().chain(&said.theirs).map(Vote::decode);
    room(votes.filter(|vote| vote.color.is_some()).map(|vote| vote.proposal))?;
    if color.is_none() {
        return Ok(None);
    }
    let together = |rows: &[[u8; 32]]| {
        let mut votes: Vec<(u32, Vote)> = (0..).zip(rows.iter().map(Vote::decode)).collect();
        votes.retain(|(_, vote)| vote.color == color);
        votes.sort_by_key(|(rank, vote)| (vote.key, *rank));
        let first = votes.first().map(|(_, vote)| vote.proposal);
        (votes.iter().map(|(rank, _)| *rank).collect::<Vec<u32>>(), first)
    };
    let (ours, first) = together(&said.ours);
    let (theirs, other) = together(&said.theirs);
    let context = agreed(first.into_iter().chain(other));
    Ok(descend(process, comm, &Members { ours, theirs }, context))
}

pub(super) fn put(cx: &Cx, place: &HandlePlace<Comm>, comm: Option<Arc<Comm>>) -> Result<()> {
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
    if color < 0 && color != UNDEFINED {
        let message = format!("color is {color} but must not be negative (or MPI_UNDEFINED)");
        return Err(Error::new(Class::Arg, message));
    }
    let color = (color != UNDEFINED).then(|| color_of(color));
    put(cx, &newcomm, divide(cx.process, &comm, color, key)?)
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

/// Everybody says which rank it is to have. Within one group that tells no
/// more than the caller's group does; of the other side it tells who is in.
pub(super) fn create(
    cx: &Cx,
    comm: Ref<Comm>,
    group: Ref<Group>,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    const NO_PLACE: u32 = u32::MAX;
    let ours = members(&comm, &group)?;
    let place = ours.iter().position(|&rank| rank == comm.rank).map_or(NO_PLACE, |at| at as u32);
    let mut row = [0; 12];
    row[..8].copy_from_slice(&cx.process.propose_context().to_le_bytes());
    row[8..].copy_from_slice(&place.to_le_bytes());
    let said = exchange(cx.process, &comm, row)?;
    let proposal = |row: &[u8; 12]| u64::from_le_bytes(row[..8].try_into().expect("eight bytes"));
    let place = |row: &[u8; 12]| u32::from_le_bytes(row[8..].try_into().expect("four bytes"));
    let placed = said.ours.iter().chain(&said.theirs).filter(|row| place(row) != NO_PLACE);
    room(placed.map(proposal))?;
    let mut theirs: Vec<u32> = (0..)
        .zip(&said.theirs)
        .filter(|(_, row)| place(row) != NO_PLACE)
        .map(|(rank, _)| rank)
        .collect();
    theirs.sort_by_key(|&rank| place(&said.theirs[rank as usize]));
    let first = ours.first().map(|&rank| proposal(&said.ours[rank as usize]));
    let other = theirs.first().map(|&rank| proposal(&said.theirs[rank as usize]));
    let new = match first {
        Some(_) => {
            let context = agreed(first.into_iter().chain(other));
            descend(cx.process, &comm, &Members { ours, theirs }, context)
        }
        None => None,
    };
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
    let handler = comm.errhandler.load_full();
    let group = (**group).clone().within(comm.group.session());
    let new = Comm::new(proposal.read()?, Sides::Intra, group, rank, handler);
    cx.process.engine().comm_made(new.context(), Some(comm.context()), None);
    put(cx, &newcomm, Some(Arc::new(new)))
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
    let new = Comm::new(proposal.read()?, Sides::Intra, group.clone(), rank, errhandler);
    Ok(Some(Arc::new(new)))
}

/// A context id on its way from rank 0 to all: the least of what the ranks say,
/// who say nothing, unless they have no room.
pub(super) struct Proposal {
    own: Buffer,
    all: Buffer,
}

impl Proposal {
    pub(super) fn new(process: &Process, is_first: bool) -> Proposal {
        let context = match process.propose_context() {
            NO_CONTEXT => NO_CONTEXT,
            context if is_first => context,
            _ => u64::MAX,
        };
        let datatype = Datatype::predefined(Basic::Uint64);
        let number = || Buffer::scratch_items(1, datatype).expect("eight bytes are little");
        let (own, all) = (number(), number());
        own.unpack(0, &context.to_ne_bytes());
        Proposal { own, all }
    }

    pub(super) fn spread(&self, party: Party) -> Schedule {
        let op = Arc::new(Op::builtin(Builtin::Min));
        let datatype = Datatype::predefined(Basic::Uint64);
        let least = Reduction { op: &op, datatype, count: 1 };
        coll::allreduce(party, &Settings::DEFAULT, &least, &self.own, &self.all)
    }

    pub(super) fn read(&self) -> Result<u64> {
        let mut bytes = [0; 8];
        self.all.pack(0, &mut bytes);
        match u64::from_ne_bytes(bytes) {
            NO_CONTEXT => Err(full()),
            context => Ok(context),
        }
    }
}
