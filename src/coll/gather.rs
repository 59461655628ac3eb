//! Gather and gatherv: everybody's block at the root, in rank order.

use super::blocks::Blocks;
use super::by_host;
use super::choose::{Gather, Settings, Shape};
use super::schedule::{Schedule, StepId};
use super::tree::Place;
use crate::object::buffer::Buffer;

/// With the algorithm that the settings choose for those who take part; equal
/// blocks of `each` bytes.
pub(super) fn chosen(
    s: &mut Schedule,
    settings: &Settings,
    root: usize,
    own: Option<&Buffer>,
    blocks: Option<&Blocks>,
    each: usize,
) {
    if each == 0 {
        return;
    }
    match settings.gather(Shape::of(s, each)) {
        Gather::Binomial => binomial(s, root, own, blocks, each),
        Gather::Linear => linear(s, root, own, blocks),
        Gather::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::gather(s, &hosts, root, own, blocks, each);
        }
    }
}

/// Straight to the root, all at once: for long blocks and for blocks of
/// different lengths. `own` is none at a root whose block is in its place.
pub(super) fn linear(s: &mut Schedule, root: usize, own: Option<&Buffer>, blocks: Option<&Blocks>) {
    match (own, blocks) {
        (own, Some(blocks)) => {
            for rank in (0..s.size()).filter(|&rank| rank != root) {
                if blocks.len_of(rank) > 0 {
                    s.recv(rank, &blocks.of(rank));
                }
            }
            if let Some(own) = own {
                s.copy(own, &blocks.of(root));
            }
        }
        (Some(own), None) if !own.is_empty() => {
            s.send(root, own);
        }
        _ => {}
    }
}

/// Up a binomial tree, whole subtrees at a time: for short equal blocks of
/// `each` bytes.
pub(super) fn binomial(
    s: &mut Schedule,
    root: usize,
    own: Option<&Buffer>,
    blocks: Option<&Blocks>,
    each: usize,
) {
    let place = Place::binomial(s.rank(), root, s.size());
    if let Some(blocks) = blocks {
        for child in place.children() {
            let (first, count) = (place.rank_of(child), place.subtree(child));
            let whole = if first + count <= s.size() { blocks.run(first, count) } else { None };
            if let Some(whole) = whole {
                s.recv(first, &whole);
                continue;
            }
            let packed = Buffer::scratch(count * each);
            let got = s.recv(first, &packed);
            unpack(s, &packed, each, first, count, blocks, got);
        }
        if let Some(own) = own {
            s.copy(own, &blocks.of(root));
        }
        return;
    }
    let (Some(own), Some(parent)) = (own, place.parent()) else { return };
    let count = place.subtree(place.v);
    if count == 1 {
        s.send(parent, own);
        return;
    }
    let packed = Buffer::scratch(count * each);
    let mut there = vec![s.copy(own, &packed.part(0, each))];
    for child in place.children() {
        let at = (child - place.v) * each;
        let part = packed.part(at, place.subtree(child) * each);
        there.push(s.recv(place.rank_of(child), &part));
    }
    s.after(there).send(parent, &packed);
}

/// Blocks of `count` ranks from `first` on, past the last rank and round to
/// rank 0, out of one packed row.
fn unpack(
    s: &mut Schedule,
    packed: &Buffer,
    each: usize,
    first: usize,
    count: usize,
    blocks: &Blocks,
    got: StepId,
) {
    for index in 0..count {
        let rank = (first + index) % s.size();
        s.after([got]).copy(&packed.part(index * each, each), &blocks.of(rank));
    }
}
