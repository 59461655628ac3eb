//! Broadcast: the root's data to everybody.

use super::by_host::{self, in_host_order};
use super::choose::{Bcast, CHAIN_SEGMENT, Settings, Shape};
use super::schedule::{Schedule, StepId};
use super::tree::{Form, Place};
use crate::object::buffer::Buffer;

/// With the algorithm that the settings choose for those who take part.
pub(super) fn chosen(s: &mut Schedule, settings: &Settings, root: usize, buffer: &Buffer) {
    let shape = Shape::of(s, buffer.len());
    if shape.ranks < 2 || shape.bytes == 0 {
        return;
    }
    match settings.bcast(shape) {
        Bcast::Binomial => tree(s, Form::Binomial, root, buffer),
        Bcast::Flat => tree(s, Form::Flat, root, buffer),
        Bcast::ScatterRing => {
            let hosts = s.hosts();
            in_host_order(s, hosts, root, |s, root, _| scatter_ring(s, root, buffer));
        }
        Bcast::Chain => {
            let hosts = s.hosts();
            in_host_order(s, hosts, root, |s, root, _| chain(s, root, buffer, CHAIN_SEGMENT));
        }
        Bcast::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::bcast(s, settings, &hosts, root, buffer);
        }
    }
}

/// Whole messages down a tree: fewest rounds, for short data.
pub(super) fn tree(s: &mut Schedule, form: Form, root: usize, buffer: &Buffer) {
    let place = Place::new(form, s.rank(), root, s.size());
    let got = place.parent().map(|parent| s.recv(parent, buffer));
    for child in place.children().rev() {
        s.after(got).send(place.rank_of(child), buffer);
    }
}

/// Pieces along a chain, each passed on as soon as it arrived: every link
/// carries the data once, for long data.
pub(super) fn chain(s: &mut Schedule, root: usize, buffer: &Buffer, segment: usize) {
    /// Pieces a rank asks for ahead of the one it waits for.
    const AHEAD: usize = 8;
    let (rank, size) = (s.rank(), s.size());
    let place = Place::binomial(rank, root, size);
    let mut got: Vec<StepId> = Vec::new();
    let mut sent: Option<StepId> = None;
    for at in (0..buffer.len()).step_by(segment.max(1)) {
        let piece = buffer.part(at, segment.min(buffer.len() - at));
        let mut ready = None;
        if place.v > 0 {
            let ahead = got.len().checked_sub(AHEAD).map(|index| got[index]);
            let step = s.after(ahead).recv((rank + size - 1) % size, &piece);
            got.push(step);
            ready = Some(step);
        }
        if place.v + 1 < size {
            // In order, so that early pieces arrive early.
            sent = Some(s.after(ready).after(sent).send((rank + 1) % size, &piece));
        }
    }
}

/// A piece for each rank down the tree, then everybody's pieces around a
/// ring: each rank receives the data about once and sends it about once.
pub(super) fn scatter_ring(s: &mut Schedule, root: usize, buffer: &Buffer) {
    let (rank, size) = (s.rank(), s.size());
    let place = Place::binomial(rank, root, size);
    let v = place.v;
    let len = buffer.len();
    let each = len.div_ceil(size).max(1);
    let pieces = |first: usize, count: usize| {
        let (start, end) = ((first * each).min(len), ((first + count) * each).min(len));
        buffer.part(start, end - start)
    };

    let mine = pieces(v, place.subtree(v));
    let parent = place.parent().filter(|_| !mine.is_empty());
    let got = parent.map(|parent| s.recv(parent, &mine));
    for child in place.children().rev() {
        let theirs = pieces(child, place.subtree(child));
        if !theirs.is_empty() {
            s.after(got).send(place.rank_of(child), &theirs);
        }
    }

    // What the tree brought needs no second delivery: both neighbours know
    // each other's subtree and leave those pieces out.
    let (left, right) = ((rank + size - 1) % size, (rank + 1) % size);
    let brought = |v: usize, piece: usize| (v..v + place.subtree(v)).contains(&piece);
    let mut arrived: Vec<Option<StepId>> = vec![got; size];
    for turn in 0..size - 1 {
        let (ours, next) = ((v + size - turn) % size, (v + size - turn - 1) % size);
        let (out, into) = (pieces(ours, 1), pieces(next, 1));
        if !out.is_empty() && !brought((v + 1) % size, ours) {
            s.after(arrived[ours]).send(right, &out);
        }
        if !into.is_empty() && !brought(v, next) {
            arrived[next] = Some(s.recv(left, &into));
        }
    }
}
