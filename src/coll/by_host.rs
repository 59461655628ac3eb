//! Collectives in two levels, for ranks that share hosts: a leader per host
//! speaks for its host, so that between hosts each byte is sealed and sent as
//! few times as the collective allows. What happens within a host, and what
//! among the leaders, is chosen as for any other group.
//!
//! Long data goes in pieces, so that both levels work at the same time.

use std::sync::Arc;

use super::blocks::Blocks;
use super::choose::{Settings, Shape};
use super::reduce::{Reduction, same_memory};
use super::schedule::{Schedule, StepId};
use crate::object::buffer::Buffer;
use crate::object::hosts::Hosts;

/// Bytes of a piece, and how many pieces are under way at a time. Little in
/// simulations, which have no time for data that is long in earnest.
const PIECE_BYTES: usize = if cfg!(test) { 1 << 10 } else { 256 << 10 };
const PIECES_AHEAD: usize = 4;

/// A rank's place in a list that has it.
fn place_of(rank: usize, ranks: &[usize]) -> usize {
    ranks.iter().position(|&other| other == rank).expect("the rank is in the list")
}

/// Writes `write` for each piece of `count` items of `each` bytes: its first
/// item and how many it has.
fn in_pieces(
    s: &mut Schedule,
    count: usize,
    each: usize,
    mut write: impl FnMut(&mut Schedule, usize, usize),
) {
    let piece = (PIECE_BYTES / each.max(1)).max(1);
    let mut ends: Vec<StepId> = Vec::new();
    for first in (0..count).step_by(piece) {
        let earlier = ends.len().checked_sub(PIECES_AHEAD).map(|index| ends[index]);
        ends.push(s.branch(earlier, |s| write(s, first, piece.min(count - first))));
    }
}

pub(super) fn barrier(s: &mut Schedule, hosts: &Hosts) {
    let here = hosts.members(hosts.of(s.rank()));
    s.within_host(here, |s| super::barrier::arrive(s, Shape::of(s, 0).form()));
    s.fence();
    s.among(&hosts.leaders(0), super::barrier::dissemination);
    s.fence();
    s.within_host(here, |s| super::barrier::release(s, Shape::of(s, 0).form()));
}

pub(super) fn bcast(
    s: &mut Schedule,
    settings: &Settings,
    hosts: &Hosts,
    root: usize,
    buffer: &Buffer,
) {
    let leaders = hosts.leaders(root);
    let home = hosts.of(s.rank());
    let here = hosts.members(home);
    let leader = place_of(leaders[home], here);
    in_pieces(s, buffer.len(), 1, |s, at, len| {
        let piece = buffer.part(at, len);
        s.among(&leaders, |s| super::bcast::chosen(s, settings, hosts.of(root), &piece));
        s.fence();
        s.within_host(here, |s| super::bcast::chosen(s, settings, leader, &piece));
    });
}

/// An operation that does not commute needs hosts that are runs of ranks.
pub(super) fn reduce(
    s: &mut Schedule,
    settings: &Settings,
    hosts: &Hosts,
    root: usize,
    r: &Reduction,
    own: &Buffer,
    result: Option<&Buffer>,
) {
    // Rank order needs nothing of the leaders: hosts are runs, and within a
    // host and among the leaders `reduce` keeps order whatever the root.
    let leaders = hosts.leaders(root);
    let home = hosts.of(s.rank());
    let here = hosts.members(home);
    let is_leader = leaders[home] == s.rank();
    let leader = place_of(leaders[home], here);
    in_pieces(s, r.count, r.datatype.size() as usize, |s, first, count| {
        let r = Reduction { count, ..*r };
        let own = own.items(first, count);
        let result = result.map(|result| result.items(first, count));
        let partial = is_leader.then(|| result.clone().unwrap_or_else(|| r.scratch(count)));
        s.within_host(here, |s| {
            super::reduce::chosen(s, settings, leader, &r, &own, partial.as_ref())
        });
        s.fence();
        if let Some(partial) = &partial {
            let root = hosts.of(root);
            s.among(&leaders, |s| {
                super::reduce::chosen(s, settings, root, &r, partial, result.as_ref());
            });
        }
    });
}

/// As `reduce`, for everybody.
pub(super) fn allreduce(
    s: &mut Schedule,
    settings: &Settings,
    hosts: &Hosts,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
) {
    let leaders = hosts.leaders(0);
    let here = hosts.members(hosts.of(s.rank()));
    let is_leader = here[0] == s.rank();
    in_pieces(s, r.count, r.datatype.size() as usize, |s, first, count| {
        let r = Reduction { count, ..*r };
        let (own, result) = (own.items(first, count), result.items(first, count));
        let partial = is_leader.then_some(&result);
        s.within_host(here, |s| super::reduce::chosen(s, settings, 0, &r, &own, partial));
        s.fence();
        s.among(&leaders, |s| super::allreduce::chosen(s, settings, &r, &result, &result));
        s.fence();
        s.within_host(here, |s| super::bcast::chosen(s, settings, 0, &result));
    });
}

/// The blocks of all ranks in one row, host by host.
struct Row {
    row: Buffer,
    /// Ranks in the order of the row.
    order: Vec<usize>,
    /// Where each place of the row begins, and its end.
    at: Vec<usize>,
}

impl Row {
    fn new(hosts: &Hosts, blocks: &Blocks) -> Row {
        let order: Vec<usize> = hosts.all().iter().flatten().copied().collect();
        let mut at = Vec::with_capacity(order.len() + 1);
        at.push(0);
        for (place, &rank) in order.iter().enumerate() {
            at.push(at[place] + blocks.len_of(rank));
        }
        // Where the blocks lie host by host already, they are the row.
        let row = match blocks.run(0, order.len()) {
            Some(whole) if hosts.are_runs() => whole,
            _ => Buffer::scratch(at[order.len()]),
        };
        Row { row, order, at }
    }

    fn is_blocks(&self, blocks: &Blocks) -> bool {
        blocks.run(0, self.order.len()).is_some_and(|whole| same_memory(&whole, &self.row))
    }

    fn places(&self, first: usize, count: usize) -> Buffer {
        self.row.part(self.at[first], self.at[first + count] - self.at[first])
    }

    /// First place of each host, and the number of places.
    fn starts(hosts: &Hosts) -> Vec<usize> {
        let mut starts = vec![0];
        for members in hosts.all() {
            starts.push(starts[starts.len() - 1] + members.len());
        }
        starts
    }
}

/// `own` is none when the own block is in its place already.
pub(super) fn allgather(
    s: &mut Schedule,
    settings: &Settings,
    hosts: &Hosts,
    own: Option<&Buffer>,
    blocks: &Blocks,
) {
    let row = Row::new(hosts, blocks);
    let is_direct = row.is_blocks(blocks);
    let starts = Row::starts(hosts);
    let home = hosts.of(s.rank());
    let here = hosts.members(home);
    let mine = blocks.of(s.rank());
    let parts = (0..here.len()).map(|index| row.places(starts[home] + index, 1)).collect();
    let parts = Blocks::List(parts);
    let own_part = match own {
        None if is_direct && here[0] == s.rank() => None,
        own => Some(own.unwrap_or(&mine)),
    };
    let is_leader = here[0] == s.rank();
    s.within_host(here, |s| super::gather::linear(s, 0, own_part, is_leader.then_some(&parts)));
    s.fence();
    let by_host = (0..hosts.count())
        .map(|host| row.places(starts[host], starts[host + 1] - starts[host]))
        .collect();
    let by_host = Blocks::List(by_host);
    s.among(&hosts.leaders(0), |s| super::allgather::chosen_v(s, settings, None, &by_host));
    s.fence();
    s.within_host(here, |s| {
        in_pieces(s, row.row.len(), 1, |s, at, len| {
            super::bcast::chosen(s, settings, 0, &row.row.part(at, len));
        });
    });
    if is_direct {
        return;
    }
    s.fence();
    for (place, &rank) in row.order.iter().enumerate() {
        let part = row.places(place, 1);
        if !part.is_empty() && (own.is_some() || rank != s.rank()) {
            s.copy(&part, &blocks.of(rank));
        }
    }
}

/// For hosts that are runs of ranks.
pub(super) fn reduce_scatter(
    s: &mut Schedule,
    settings: &Settings,
    hosts: &Hosts,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
    cuts: &[usize],
) {
    let home = hosts.of(s.rank());
    let here = hosts.members(home);
    let is_leader = here[0] == s.rank();
    let starts = Row::starts(hosts);
    let host_cuts: Vec<usize> = starts.iter().map(|&rank| cuts[rank]).collect();
    let (first, end) = (host_cuts[home], host_cuts[home + 1]);
    let ours = is_leader.then(|| r.scratch(end - first));
    let partial = is_leader.then(|| r.scratch(r.count));
    s.within_host(here, |s| super::reduce::chosen(s, settings, 0, r, own, partial.as_ref()));
    s.fence();
    if let (Some(partial), Some(ours)) = (&partial, &ours) {
        s.among(&hosts.leaders(0), |s| {
            super::reduce_scatter::chosen(s, settings, r, partial, ours, &host_cuts);
        });
    }
    s.fence();
    let parts = ours.map(|ours| {
        let part = |&rank: &usize| ours.items(cuts[rank] - first, cuts[rank + 1] - cuts[rank]);
        Blocks::List(here.iter().map(part).collect())
    });
    s.within_host(here, |s| super::scatter::linear(s, 0, Some(result), parts.as_ref()));
}

/// Short equal blocks of `each` bytes: one message from each host to the
/// root's. `own` is none at a root in place, `blocks` everywhere else.
pub(super) fn gather(
    s: &mut Schedule,
    hosts: &Hosts,
    root: usize,
    own: Option<&Buffer>,
    blocks: Option<&Blocks>,
    each: usize,
) {
    let leaders = hosts.leaders(root);
    let home = hosts.of(s.rank());
    let here = hosts.members(home);
    let leader = place_of(leaders[home], here);
    let is_leader = leaders[home] == s.rank();
    let row = (is_leader && blocks.is_none()).then(|| Buffer::scratch(here.len() * each));
    let packed = |row: &Buffer, count: usize| {
        Blocks::List((0..count).map(|index| row.part(index * each, each)).collect())
    };
    let parts = match blocks {
        Some(blocks) => Some(blocks.pick(here)),
        None => row.as_ref().map(|row| packed(row, here.len())),
    };
    s.within_host(here, |s| super::gather::binomial(s, leader, own, parts.as_ref(), each));
    s.fence();
    if let Some(row) = &row {
        s.send(root, row);
    }
    let Some(blocks) = blocks else { return };
    for (host, members) in hosts.all().iter().enumerate().filter(|(host, _)| *host != home) {
        let row = Buffer::scratch(members.len() * each);
        let got = s.recv(leaders[host], &row);
        for (index, &rank) in members.iter().enumerate() {
            s.after([got]).copy(&row.part(index * each, each), &blocks.of(rank));
        }
    }
}

/// As `gather`, the other way.
pub(super) fn scatter(
    s: &mut Schedule,
    hosts: &Hosts,
    root: usize,
    blocks: Option<&Blocks>,
    own: Option<&Buffer>,
    each: usize,
) {
    let leaders = hosts.leaders(root);
    let home = hosts.of(s.rank());
    let here = hosts.members(home);
    let leader = place_of(leaders[home], here);
    let mut parts = None;
    if let Some(blocks) = blocks {
        for (host, members) in hosts.all().iter().enumerate().filter(|(host, _)| *host != home) {
            let row = Buffer::scratch(members.len() * each);
            let copies: Vec<StepId> = members
                .iter()
                .enumerate()
                .map(|(index, &rank)| s.copy(&blocks.of(rank), &row.part(index * each, each)))
                .collect();
            s.after(copies).send(leaders[host], &row);
        }
        parts = Some(blocks.pick(here));
    } else if leaders[home] == s.rank() {
        let row = Buffer::scratch(here.len() * each);
        s.recv(root, &row);
        let part = |index: usize| row.part(index * each, each);
        parts = Some(Blocks::List((0..here.len()).map(part).collect()));
        s.fence();
    }
    s.within_host(here, |s| super::scatter::binomial(s, leader, own, parts.as_ref(), each));
}

/// Short equal blocks: the leaders collect what their hosts have for each
/// other host, and send it in one message.
pub(super) fn alltoall(
    s: &mut Schedule,
    hosts: &Hosts,
    out: &super::alltoall::Outgoing,
    recv: &Blocks,
) {
    let each = recv.len_of(0);
    let size = s.size();
    let home = hosts.of(s.rank());
    let here = hosts.members(home);
    let is_leader = here[0] == s.rank();
    let order: Vec<usize> = hosts.all().iter().flatten().copied().collect();
    let starts = Row::starts(hosts);
    let row_len = size * each;

    // Up: each rank's blocks, by receiver, in the order of the hosts.
    let row = Buffer::scratch(row_len);
    for (place, &rank) in order.iter().enumerate() {
        s.after(out.ready()).copy(&out.of(rank), &row.part(place * each, each));
    }
    s.fence();
    let cut = |buffer: &Buffer, count: usize, len: usize| {
        Blocks::List((0..count).map(|index| buffer.part(index * len, len)).collect())
    };
    let rows = is_leader.then(|| Buffer::scratch(here.len() * row_len));
    let parts = rows.as_ref().map(|rows| cut(rows, here.len(), row_len));
    s.within_host(here, |s| super::gather::linear(s, 0, Some(&row), parts.as_ref()));
    s.fence();

    // Across: by sender, then by receiver, for each pair of hosts. What comes
    // is laid out anew by receiver, then by sender.
    let sorted = is_leader.then(|| Buffer::scratch(here.len() * row_len));
    if let (Some(rows), Some(sorted)) = (&rows, &sorted) {
        let leaders = hosts.leaders(0);
        let run = |from: usize, host: usize| {
            let members = starts[host + 1] - starts[host];
            rows.part(from * row_len + starts[host] * each, members * each)
        };
        let place = |to: usize, from: usize| sorted.part(to * row_len + from * each, each);
        for step in 0..hosts.count() {
            let (to, from) =
                ((home + step) % hosts.count(), (home + hosts.count() - step) % hosts.count());
            let (to_len, from_len) = (hosts.members(to).len(), hosts.members(from).len());
            let outgoing = Buffer::scratch(here.len() * to_len * each);
            let packed: Vec<StepId> = (0..here.len())
                .map(|index| {
                    let part = outgoing.part(index * to_len * each, to_len * each);
                    s.copy(&run(index, to), &part)
                })
                .collect();
            let (incoming, got) = if step == 0 {
                (outgoing, s.after(packed).join())
            } else {
                s.after(packed).send(leaders[to], &outgoing);
                let incoming = Buffer::scratch(from_len * here.len() * each);
                let got = s.recv(leaders[from], &incoming);
                (incoming, got)
            };
            for sender in 0..from_len {
                for receiver in 0..here.len() {
                    let block = incoming.part((sender * here.len() + receiver) * each, each);
                    s.after([got]).copy(&block, &place(receiver, starts[from] + sender));
                }
            }
        }
    }
    s.fence();

    // Down: to each rank its row, by sender.
    let parts = sorted.as_ref().map(|sorted| cut(sorted, here.len(), row_len));
    s.within_host(here, |s| super::scatter::linear(s, 0, Some(&row), parts.as_ref()));
    s.fence();
    for (place, &rank) in order.iter().enumerate() {
        s.copy(&row.part(place * each, each), &recv.of(rank));
    }
}

/// Everybody in the order of their hosts, beginning with `root`: what goes from
/// neighbour to neighbour then leaves each host once.
pub(super) fn in_host_order(
    s: &mut Schedule,
    hosts: Option<Arc<Hosts>>,
    root: usize,
    write: impl FnOnce(&mut Schedule, usize, Option<&[usize]>),
) {
    match hosts {
        None => write(s, root, None),
        Some(hosts) => {
            let order = hosts.order_from(root);
            s.among(&order, |s| write(s, 0, Some(&order)));
        }
    }
}
