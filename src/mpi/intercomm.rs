//! Making intercommunicators, and one group of two (MPI-4.1, section 7.6).
//!
//! The leaders tell each other who is on their side and propose a context id;
//! each then tells its side what it heard. All messages are of collective
//! contexts, so no receive of the application can take one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::comm_create::{exchange, full, party, room};
use super::{hints, secure};
use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Errhandler, Group, Info, NO_CONTEXT, Ref};
use crate::channel::PeerId;
use crate::coll::{self, Party, Root, Settings};
use crate::engine::{Envelope, Mode, Pattern, Source};
use crate::object::comm::Kind as Sides;
use crate::object::{Buffer, Class, Error, Kind, Result};

/// One end of what two leaders say to each other.
struct Line {
    peer: PeerId,
    /// Rank of the other leader, as its messages bear it.
    source: u32,
    envelope: Envelope,
}

/// What a leader says of its side.
struct Side {
    proposal: u64,
    peers: Vec<PeerId>,
}

/// Sent in place of a side by a leader that cannot go on.
const NO_SIDE: u64 = u64::MAX;

impl Side {
    fn encode(&self) -> Vec<u8> {
        let peers = self.peers.iter().flat_map(|peer| peer.0.to_le_bytes());
        self.proposal.to_le_bytes().into_iter().chain(peers).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Side> {
        let (proposal, peers) = bytes.split_first_chunk::<8>()?;
        let peers = peers
            .chunks_exact(4)
            .map(|peer| PeerId(u32::from_le_bytes(peer.try_into().expect("four bytes"))))
            .collect();
        Some(Side { proposal: u64::from_le_bytes(*proposal), peers })
    }
}

impl Line {
    /// Says one thing and hears one: first how long it is.
    fn talk(&self, cx: &Cx, own: &[u8]) -> Result<Vec<u8>> {
        let engine = cx.process.engine();
        let swap = |own: &[u8], len: usize| -> Result<Vec<u8>> {
            let own = Buffer::from_bytes(own);
            let theirs = Buffer::scratch(len);
            let source = Source::Rank { rank: self.source, peer: self.peer };
            let tag = Some(self.envelope.tag);
            let pattern = Pattern { context: self.envelope.context, source, tag };
            let receive = engine.irecv(pattern, theirs.clone());
            let sent = engine.send(self.peer, self.envelope, Mode::Standard, &own);
            engine.wait(receive).into_result()?;
            sent?;
            Ok(theirs.to_vec())
        };
        let len = swap(&(own.len() as u64).to_le_bytes(), 8)?;
        let len = u64::from_le_bytes(len.try_into().expect("eight bytes were received"));
        swap(own, len as usize)
    }
}

/// From the leader of a side to all of it.
fn spread(cx: &Cx, party: impl Fn() -> Party, leader: usize, said: &[u8]) -> Result<Vec<u8>> {
    let engine = cx.process.engine();
    let len = Buffer::from_bytes(&(said.len() as u64).to_le_bytes());
    let root = Root::Rank(leader);
    coll::run(engine, coll::bcast(party(), &Settings::DEFAULT, root, &len))?;
    let len = u64::from_le_bytes(len.to_vec().try_into().expect("eight bytes"));
    let buffer = Buffer::scratch(len as usize);
    if said.len() == len as usize {
        buffer.unpack(0, said);
    }
    coll::run(engine, coll::bcast(party(), &Settings::DEFAULT, root, &buffer))?;
    Ok(buffer.to_vec())
}

/// The two sides meet: the leader of each talks to the other (`line`), then to
/// its own side. A leader that fails tells its side, which fails as well. When
/// its own arguments are wrong it does not know whom else to tell: the other
/// leader waits, as for any message that was never sent, until the job ends or
/// the link is lost.
fn meet(
    cx: &Cx,
    local: &Group,
    party: impl Fn() -> Party,
    leader: usize,
    line: impl FnOnce() -> Result<Line>,
    errhandler: Arc<Errhandler>,
) -> Result<Arc<Comm>> {
    let rank = party().rank();
    let mut heard = Vec::new();
    let mut failure = None;
    let mut context = NO_SIDE;
    if rank == leader {
        let own = Side { proposal: cx.process.propose_context(), peers: local.peers().collect() };
        match line().and_then(|line| line.talk(cx, &own.encode())) {
            Ok(theirs) => {
                if let Some(side) = Side::decode(&theirs) {
                    context = side.proposal.min(own.proposal);
                    heard = Side { proposal: context, ..side }.encode();
                }
            }
            Err(error) => failure = Some(error),
        }
        if context == NO_SIDE {
            heard = NO_SIDE.to_le_bytes().to_vec();
        }
    }
    let heard = spread(cx, party, leader, &heard)?;
    if let Some(error) = failure {
        return Err(error);
    }
    let side = Side::decode(&heard).filter(|side| side.proposal != NO_SIDE);
    let Some(Side { proposal: context, peers }) = side else {
        let message = format!("rank {leader}, the leader, did not reach the other leader");
        return Err(Error::new(Class::Other, message));
    };
    if context == NO_CONTEXT {
        return Err(full());
    }
    let remote = Group::from_peers(peers);
    if let Some(peer) = local.peers().find(|&peer| remote.contains(peer)) {
        let message = format!(
            "the process of rank {} is in both groups, which must be disjoint",
            local.rank_of(peer).expect("a member of the group")
        );
        return Err(Error::new(Class::Comm, message));
    }
    let kind = Sides::Inter { remote };
    Ok(Arc::new(Comm::new(context, kind, local.clone(), rank as u32, errhandler)))
}

/// `peer_comm`, `remote_leader` and `tag` are significant at the leader only.
pub(super) fn intercomm_create(
    cx: &Cx,
    local_comm: Ref<Comm>,
    local_leader: Rank,
    peer_comm: Maybe<InComm>,
    remote_leader: Rank,
    tag: Tag,
    newintercomm: HandlePlace<Comm>,
) -> Result<()> {
    super::comm_create::only_intra(cx, &local_comm)?;
    let leader = local_leader.member(local_comm.size() as usize)?;
    let line = || {
        let peer_comm = peer_comm.get(cx)?;
        let remote = remote_leader.member(peer_comm.remote_group().size() as usize)?;
        let peer = peer_comm.peer(remote).expect("the rank was checked");
        if peer == cx.process.engine().me() {
            let message = format!("remote_leader is {remote}, the local leader itself");
            return Err(Error::new(Class::Rank, message));
        }
        // A tag of its own among those of the context's collectives.
        let tag = tag.exact()? | i32::MIN;
        let context = peer_comm.collective_context();
        let envelope = Envelope { context, source: peer_comm.rank, tag };
        Ok(Line { peer, source: remote, envelope })
    };
    let handler = local_comm.errhandler.load_full();
    let party = || party(&local_comm);
    let new = meet(cx, &local_comm.group, party, leader as usize, line, handler)?;
    newintercomm.put(cx, new).map(drop)
}

/// A context that only those can name who know its parts. Its upper half no
/// process proposes.
pub(super) fn meeting_point(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    (hasher.finish() | 1 << 63) & !1
}

/// `remote_group` and `remote_leader` are significant at the leader only.
pub(super) fn intercomm_create_from_groups(
    cx: &Cx,
    local_group: Ref<Group>,
    local_leader: Rank,
    remote_group: Maybe<InGroup>,
    remote_leader: Rank,
    stringtag: Text,
    info: Option<Ref<Info>>,
    errhandler: Ref<Errhandler>,
    newintercomm: HandlePlace<Comm>,
) -> Result<()> {
    errhandler.check(Kind::Comm)?;
    let me = cx.process.engine().me();
    let leader = local_leader.member(local_group.size() as usize)?;
    let Some(rank) = local_group.rank_of(me) else {
        return Err(Error::new(Class::Group, "the calling process is not in local_group"));
    };
    let tag = stringtag.bytes();
    let line = || {
        let remote_group = remote_group.get(cx)?;
        let remote = remote_leader.member(remote_group.size() as usize)?;
        let peer = remote_group.peer(remote).expect("the rank was checked");
        if peer == me {
            let message = format!("remote_leader is {remote}, the local leader itself");
            return Err(Error::new(Class::Rank, message));
        }
        let context = meeting_point(("leaders", &tag, me.min(peer), me.max(peer))) | 1;
        // In this context processes are known by their numbers in the job.
        let envelope = Envelope { context, source: me.0, tag: 0 };
        Ok(Line { peer, source: peer.0, envelope })
    };
    let peers: Vec<PeerId> = local_group.peers().collect();
    let context = meeting_point(("side", &tag, &peers));
    let sequence = std::cell::Cell::new(0);
    let party = || Party::new(context, sequence.replace(sequence.get() + 1), rank, &local_group);
    let new = meet(cx, &local_group, party, leader as usize, line, errhandler.share())?;
    new.info.store(Arc::new(hints::of(info.as_ref())));
    secure::made(cx.process, &new, None, Some(&new.info.load()))?;
    newintercomm.put(cx, new).map(drop)
}

/// Both sides in one group: the side that said low first, or else the one
/// whose rank 0 proposed the lower context id.
pub(super) fn intercomm_merge(
    cx: &Cx,
    intercomm: Ref<Comm>,
    high: bool,
    newintracomm: HandlePlace<Comm>,
) -> Result<()> {
    let Sides::Inter { remote } = &intercomm.kind else {
        let message = format!("communicator {} is no intercommunicator", intercomm.name.read());
        return Err(Error::new(Class::Comm, message));
    };
    let mut row = [0; 9];
    row[..8].copy_from_slice(&cx.process.propose_context().to_le_bytes());
    row[8] = u8::from(high);
    let said = exchange(cx.process, &intercomm, row)?;
    let place = |row: &[u8; 9]| {
        let proposal = u64::from_le_bytes(row[..8].try_into().expect("eight bytes"));
        (row[8], proposal)
    };
    room(said.ours.iter().chain(&said.theirs).map(|row| place(row).1))?;
    // Both sides look at both, so that all fail or none.
    let is_mixed = |rows: &[[u8; 9]]| rows.iter().any(|row| row[8] != rows[0][8]);
    if is_mixed(&said.ours) || is_mixed(&said.theirs) {
        let message = "high must be the same for all processes of a side";
        return Err(Error::new(Class::Arg, message));
    }
    let (ours, theirs) = (place(&said.ours[0]), place(&said.theirs[0]));
    let (low, high, context) = match ours < theirs {
        true => (&intercomm.group, remote, ours.1),
        false => (remote, &intercomm.group, theirs.1),
    };
    let group = Group::from_peers(low.peers().chain(high.peers()).collect::<Vec<_>>());
    let group = group.within(intercomm.group.session());
    let rank = group.rank_of(cx.process.engine().me()).expect("the caller is on its own side");
    let handler = intercomm.errhandler.load_full();
    let new = Arc::new(Comm::new(context, Sides::Intra, group, rank, handler));
    cx.process.engine().comm_made(context, Some(intercomm.context()), None);
    newintracomm.put(cx, new).map(drop)
}
