//! Alltoall, alltoallv, alltoallw: each rank has a block for each.

use std::collections::VecDeque;

use super::blocks::Blocks;
use super::by_host;
use super::choose::{ALLTOALL_WINDOW, Alltoall, Settings, Shape};
use super::schedule::{Schedule, StepId};
use crate::object::buffer::Buffer;

/// With the algorithm that the settings choose for those who take part; `send`
/// is none when in place.
pub(super) fn chosen(s: &mut Schedule, settings: &Settings, send: Option<&Blocks>, recv: &Blocks) {
    let shape = Shape::of(s, recv.len_of(0));
    if shape.bytes == 0 {
        return;
    }
    let out = Outgoing::new(s, send, recv);
    match settings.alltoall(shape) {
        Alltoall::Bruck => bruck(s, &out, recv),
        Alltoall::Pairwise => exchange(s, &out, recv, 1),
        Alltoall::Window => exchange(s, &out, recv, ALLTOALL_WINDOW),
        Alltoall::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::alltoall(s, &hosts, &out, recv);
        }
    }
}

/// What leaves, and the step after which it is there.
pub(super) struct Outgoing {
    blocks: Blocks,
    ready: Option<StepId>,
}

impl Outgoing {
    /// In place, what leaves is copied away from where the rest arrives.
    pub(super) fn new(s: &mut Schedule, send: Option<&Blocks>, recv: &Blocks) -> Outgoing {
        if let Some(blocks) = send {
            return Outgoing { blocks: blocks.clone(), ready: None };
        }
        let total = (0..s.size()).map(|rank| recv.len_of(rank)).sum();
        let row = Buffer::scratch(total);
        if let Blocks::Even { whole, each } = recv {
            let each = each * whole.datatype().size() as usize;
            let ready = Some(s.copy(whole, &row));
            return Outgoing { blocks: Blocks::Even { whole: row, each }, ready };
        }
        let mut at = 0;
        let mut copies = Vec::new();
        let blocks = (0..s.size())
            .map(|rank| {
                let block = row.part(at, recv.len_of(rank));
                copies.push(s.copy(&recv.of(rank), &block));
                at += block.len();
                block
            })
            .collect();
        Outgoing { blocks: Blocks::List(blocks), ready: Some(s.after(copies).join()) }
    }
}

impl Outgoing {
    pub(super) fn of(&self, rank: usize) -> Buffer {
        self.blocks.of(rank)
    }

    pub(super) fn ready(&self) -> Option<StepId> {
        self.ready
    }
}

/// Each block straight to its place, `window` partners at a time: with 1 the
/// pairwise exchange, with `size` everything at once.
pub(super) fn exchange(s: &mut Schedule, out: &Outgoing, recv: &Blocks, window: usize) {
    let (rank, size) = (s.rank(), s.size());
    let mut under_way: VecDeque<StepId> = VecDeque::new();
    s.after(out.ready).copy(&out.blocks.of(rank), &recv.of(rank));
    for turn in 1..size {
        let (to, from) = ((rank + turn) % size, (rank + size - turn) % size);
        let earlier = if under_way.len() >= window.max(1) { under_way.pop_front() } else { None };
        let mut steps = Vec::with_capacity(2);
        if recv.len_of(from) > 0 {
            steps.push(s.after(earlier).after(out.ready).recv(from, &recv.of(from)));
        }
        if out.blocks.len_of(to) > 0 {
            steps.push(s.after(earlier).after(out.ready).send(to, &out.blocks.of(to)));
        }
        if window + 1 < size {
            under_way.push_back(match steps.as_slice() {
                [only] => *only,
                _ => s.after(earlier).after(steps).join(),
            });
        }
    }
}

/// Bruck's way for short equal blocks: in round k all blocks whose way has
/// bit k set move 2^k ranks on together, so log2(size) messages are enough.
pub(super) fn bruck(s: &mut Schedule, out: &Outgoing, recv: &Blocks) {
    let (rank, size) = (s.rank(), s.size());
    let each = recv.len_of(0);
    // Slot i of the row holds the block that has i ranks to go in all.
    let row = Buffer::scratch(size * each);
    let slot = |index: usize| row.part(index * each, each);
    let mut there: Vec<StepId> = (0..size)
        .map(|way| s.after(out.ready).copy(&out.blocks.of((rank + way) % size), &slot(way)))
        .collect();
    let mut distance = 1;
    while distance < size {
        let moving: Vec<usize> = (0..size).filter(|way| way & distance != 0).collect();
        let outgoing = Buffer::scratch(moving.len() * each);
        let incoming = Buffer::scratch(moving.len() * each);
        let packed: Vec<StepId> = moving
            .iter()
            .enumerate()
            .map(|(index, &way)| {
                s.after([there[way]]).copy(&slot(way), &outgoing.part(index * each, each))
            })
            .collect();
        s.after(packed.iter().copied()).send((rank + distance) % size, &outgoing);
        let got = s.recv((rank + size - distance) % size, &incoming);
        for (index, &way) in moving.iter().enumerate() {
            let block = incoming.part(index * each, each);
            there[way] = s.after([got, packed[index]]).copy(&block, &slot(way));
        }
        distance *= 2;
    }
    for (way, &step) in there.iter().enumerate() {
        s.after([step]).copy(&slot(way), &recv.of((rank + size - way) % size));
    }
}
