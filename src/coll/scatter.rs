//! Scatter and scatterv: each rank its block of the root's data.

use super::blocks::Blocks;
use super::by_host;
use super::choose::{Scatter, Settings, Shape};
use super::schedule::Schedule;
use super::tree::Place;
use crate::object::buffer::Buffer;

/// With the algorithm that the settings choose for those who take part; equal
/// blocks of `each` bytes.
pub(super) fn chosen(
    s: &mut Schedule,
    settings: &Settings,
    root: usize,
    blocks: Option<&Blocks>,
    own: Option<&Buffer>,
    each: usize,
) {
    if each == 0 {
        return;
    }
    match settings.scatter(Shape::of(s, each)) {
        Scatter::Binomial => binomial(s, root, own, blocks, each),
        Scatter::Linear => linear(s, root, own, blocks),
        Scatter::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::scatter(s, &hosts, root, blocks, own, each);
        }
    }
}

/// Straight from the root, all at once: for long blocks and for blocks of
/// different lengths. `own` is none at a root that keeps its block in place.
pub(super) fn linear(s: &mut Schedule, root: usize, own: Option<&Buffer>, blocks: Option<&Blocks>) {
    match (own, blocks) {
        (own, Some(blocks)) => {
            for rank in (0..s.size()).filter(|&rank| rank != root) {
                if blocks.len_of(rank) > 0 {
                    s.send(rank, &blocks.of(rank));
                }
            }
            if let Some(own) = own {
                s.copy(&blocks.of(root), own);
            }
        }
        (Some(own), None) if !own.is_empty() => {
            s.recv(root, own);
        }
        _ => {}
    }
}

/// Down a binomial tree, whole subtrees at a time: for short equal blocks of
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
        for child in place.children().rev() {
            let (first, count) = (place.rank_of(child), place.subtree(child));
            let whole = if first + count <= s.size() { blocks.run(first, count) } else { None };
            if let Some(whole) = whole {
                s.send(first, &whole);
                continue;
            }
            let packed = Buffer::scratch(count * each);
            let size = s.size();
            let copies: Vec<_> = (0..count)
                .map(|index| {
                    let block = blocks.of((first + index) % size);
                    s.copy(&block, &packed.part(index * each, each))
                })
                .collect();
            s.after(copies).send(first, &packed);
        }
        if let Some(own) = own {
            s.copy(&blocks.of(root), own);
        }
        return;
    }
    let (Some(own), Some(parent)) = (own, place.parent()) else { return };
    let count = place.subtree(place.v);
    if count == 1 {
        s.recv(parent, own);
        return;
    }
    let packed = Buffer::scratch(count * each);
    let got = s.recv(parent, &packed);
    for child in place.children().rev() {
        let at = (child - place.v) * each;
        let part = packed.part(at, place.subtree(child) * each);
        s.after([got]).send(place.rank_of(child), &part);
    }
    s.after([got]).copy(&packed.part(0, each), own);
}
