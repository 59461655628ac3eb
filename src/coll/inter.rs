//! Collectives on intercommunicators (MPI-4.1, section 6.2.3): what one side
//! says, the other hears. Rank 0 of each side speaks for it where data is
//! combined or goes to everybody, so that it crosses between the sides once;
//! what stays on a side is chosen as for any other group.

use super::Root;
use super::blocks::Blocks;
use super::choose::{ALLTOALL_WINDOW, Settings, Shape};
use super::reduce::Reduction;
use super::schedule::{Schedule, StepId};
use crate::object::buffer::Buffer;

/// Blocks up to this many bytes are gathered by rank 0 of their side first.
const SHORT_BYTES_MAX: usize = 2 << 10;

/// The leaders swap what they have.
fn swap(s: &mut Schedule, out: &Buffer, into: &Buffer) {
    if s.rank() == 0 {
        let other = s.across(0);
        s.recv(other, into);
        s.send(other, out);
    }
}

pub(super) fn barrier(s: &mut Schedule) {
    let form = Shape::of(s, 0).form();
    super::barrier::arrive(s, form);
    s.fence();
    swap(s, &Buffer::empty(), &Buffer::empty());
    s.fence();
    super::barrier::release(s, form);
}

pub(super) fn bcast(s: &mut Schedule, settings: &Settings, root: Root, buffer: &Buffer) {
    if buffer.is_empty() {
        return;
    }
    match root {
        Root::Aside => {}
        Root::Me => {
            let first = s.across(0);
            s.send(first, buffer);
        }
        Root::Rank(root) => {
            if s.rank() == 0 {
                let root = s.across(root);
                s.recv(root, buffer);
            }
            s.fence();
            super::bcast::chosen(s, settings, 0, buffer);
        }
    }
}

pub(super) fn reduce(
    s: &mut Schedule,
    settings: &Settings,
    root: Root,
    r: &Reduction,
    own: &Buffer,
    result: Option<&Buffer>,
) {
    if r.bytes() == 0 {
        return;
    }
    match root {
        Root::Aside => {}
        Root::Me => {
            let first = s.across(0);
            s.recv(first, result.expect("the root has room for the result"));
        }
        Root::Rank(root) => {
            let partial = (s.rank() == 0).then(|| r.scratch(r.count));
            super::reduce::chosen(s, settings, 0, r, own, partial.as_ref());
            s.fence();
            if let Some(partial) = &partial {
                let root = s.across(root);
                s.send(root, partial);
            }
        }
    }
}

pub(super) fn allreduce(
    s: &mut Schedule,
    settings: &Settings,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
) {
    if r.bytes() == 0 {
        return;
    }
    let partial = (s.rank() == 0).then(|| r.scratch(r.count));
    super::reduce::chosen(s, settings, 0, r, own, partial.as_ref());
    s.fence();
    if let Some(partial) = &partial {
        swap(s, partial, result);
    }
    s.fence();
    super::bcast::chosen(s, settings, 0, result);
}

/// The vector that the other side combined, in parts for this side.
pub(super) fn reduce_scatter(
    s: &mut Schedule,
    settings: &Settings,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
    cuts: &[usize],
) {
    if r.bytes() == 0 {
        return;
    }
    let leader = (s.rank() == 0).then(|| (r.scratch(r.count), r.scratch(r.count)));
    let partial = leader.as_ref().map(|(partial, _)| partial);
    super::reduce::chosen(s, settings, 0, r, own, partial);
    s.fence();
    let parts = leader.as_ref().map(|(partial, theirs)| {
        swap(s, partial, theirs);
        let part = |cut: &[usize]| theirs.items(cut[0], cut[1] - cut[0]);
        Blocks::List(cuts.windows(2).map(part).collect())
    });
    s.fence();
    super::scatter::linear(s, 0, Some(result), parts.as_ref());
}

/// Equal blocks of `each` bytes of the `others` ranks of the other side.
pub(super) fn gather(
    s: &mut Schedule,
    root: Root,
    others: usize,
    own: Option<&Buffer>,
    blocks: Option<&Blocks>,
    each: usize,
) {
    if each > SHORT_BYTES_MAX {
        return gatherv(s, root, others, own, blocks);
    }
    match (root, own, blocks) {
        _ if each == 0 => {}
        (Root::Me, _, Some(blocks)) => {
            let whole = blocks.run(0, others).expect("equal blocks lie in one row");
            let first = s.across(0);
            s.recv(first, &whole);
        }
        (Root::Rank(root), Some(own), _) => {
            let size = s.size();
            let row = (s.rank() == 0).then(|| Buffer::scratch(size * each));
            let parts = row.as_ref().map(|row| Blocks::Even { whole: row.clone(), each });
            super::gather::binomial(s, 0, Some(own), parts.as_ref(), each);
            s.fence();
            if let Some(row) = &row {
                let root = s.across(root);
                s.send(root, row);
            }
        }
        _ => {}
    }
}

pub(super) fn gatherv(
    s: &mut Schedule,
    root: Root,
    others: usize,
    own: Option<&Buffer>,
    blocks: Option<&Blocks>,
) {
    match (root, own, blocks) {
        (Root::Me, _, Some(blocks)) => receive(s, others, blocks),
        (Root::Rank(root), Some(own), _) if !own.is_empty() => {
            let root = s.across(root);
            s.send(root, own);
        }
        _ => {}
    }
}

/// A block from each rank of the other side.
fn receive(s: &mut Schedule, others: usize, blocks: &Blocks) {
    for rank in (0..others).filter(|&rank| blocks.len_of(rank) > 0) {
        let other = s.across(rank);
        s.recv(other, &blocks.of(rank));
    }
}

/// As `gather`, the other way.
pub(super) fn scatter(
    s: &mut Schedule,
    root: Root,
    others: usize,
    blocks: Option<&Blocks>,
    own: Option<&Buffer>,
    each: usize,
) {
    if each > SHORT_BYTES_MAX {
        return scatterv(s, root, others, blocks, own);
    }
    match (root, own, blocks) {
        _ if each == 0 => {}
        (Root::Me, _, Some(blocks)) => {
            let whole = blocks.run(0, others).expect("equal blocks lie in one row");
            let first = s.across(0);
            s.send(first, &whole);
        }
        (Root::Rank(root), Some(own), _) => {
            let size = s.size();
            let row = (s.rank() == 0).then(|| Buffer::scratch(size * each));
            if let Some(row) = &row {
                let root = s.across(root);
                s.recv(root, row);
            }
            s.fence();
            let parts = row.map(|whole| Blocks::Even { whole, each });
            super::scatter::binomial(s, 0, Some(own), parts.as_ref(), each);
        }
        _ => {}
    }
}

pub(super) fn scatterv(
    s: &mut Schedule,
    root: Root,
    others: usize,
    blocks: Option<&Blocks>,
    own: Option<&Buffer>,
) {
    match (root, own, blocks) {
        (Root::Me, _, Some(blocks)) => {
            for rank in (0..others).filter(|&rank| blocks.len_of(rank) > 0) {
                let other = s.across(rank);
                s.send(other, &blocks.of(rank));
            }
        }
        (Root::Rank(root), Some(own), _) if !own.is_empty() => {
            let root = s.across(root);
            s.recv(root, own);
        }
        _ => {}
    }
}

/// Every block goes to rank 0 of the other side, which alone knows how long
/// the blocks of all are, and from there to everybody.
pub(super) fn allgather(
    s: &mut Schedule,
    settings: &Settings,
    others: usize,
    own: Option<&Buffer>,
    blocks: &Blocks,
) {
    if let Some(own) = own.filter(|own| !own.is_empty()) {
        let first = s.across(0);
        s.send(first, own);
    }
    if let Some(whole) = blocks.run(0, others) {
        if s.rank() == 0 {
            receive(s, others, blocks);
        }
        s.fence();
        super::bcast::chosen(s, settings, 0, &whole);
        return;
    }
    // Blocks at any places travel in one row.
    let mut at = vec![0];
    for rank in 0..others {
        at.push(at[rank] + blocks.len_of(rank));
    }
    let row = Buffer::scratch(at[others]);
    let parts = at.windows(2).map(|cut| row.part(cut[0], cut[1] - cut[0])).collect();
    let parts = Blocks::List(parts);
    if s.rank() == 0 {
        receive(s, others, &parts);
    }
    s.fence();
    super::bcast::chosen(s, settings, 0, &row);
    s.fence();
    for rank in (0..others).filter(|&rank| blocks.len_of(rank) > 0) {
        s.copy(&parts.of(rank), &blocks.of(rank));
    }
}

/// Each block straight to its place. In each turn, whoever sends to a rank is
/// the one that rank receives from, so no two wait for each other's turn.
pub(super) fn alltoallw(s: &mut Schedule, others: usize, send: Option<&Blocks>, recv: &Blocks) {
    let send = send.expect("there is no in place between two sides");
    let (rank, turns) = (s.rank(), s.size().max(others));
    let mut under_way: Vec<StepId> = Vec::with_capacity(turns);
    for turn in 0..turns {
        let earlier = turn.checked_sub(ALLTOALL_WINDOW).map(|index| under_way[index]);
        let (to, from) = ((rank + turn) % turns, (rank + turns - turn) % turns);
        let mut steps: Vec<StepId> = earlier.into_iter().collect();
        if from < others && recv.len_of(from) > 0 {
            let other = s.across(from);
            steps.push(s.after(earlier).recv(other, &recv.of(from)));
        }
        if to < others && send.len_of(to) > 0 {
            let other = s.across(to);
            steps.push(s.after(earlier).send(other, &send.of(to)));
        }
        under_way.push(s.after(steps).join());
    }
}

/// What everybody says, on all ranks of both sides.
pub(super) fn exchange(s: &mut Schedule, others: usize, own: &Buffer, rows: &Buffer) {
    let (size, each) = (s.size(), own.len());
    let ours = rows.part(0, size * each);
    let theirs = rows.part(size * each, others * each);
    let blocks = Blocks::Even { whole: rows.clone(), each };
    super::allgather::chosen(s, &Settings::DEFAULT, Some(own), &blocks);
    s.fence();
    swap(s, &ours, &theirs);
    s.fence();
    super::bcast::chosen(s, &Settings::DEFAULT, 0, &theirs);
}
