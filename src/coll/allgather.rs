//! Allgather and allgatherv: everybody's block on every rank. `own` is none
//! where the caller's block is already in its place.

use super::blocks::Blocks;
use super::by_host::{self, in_host_order};
use super::choose::{Allgather, Allgatherv, Settings, Shape};
use super::schedule::{Schedule, StepId};
use crate::object::buffer::Buffer;

/// With the algorithm that the settings choose for those who take part.
pub(super) fn chosen(s: &mut Schedule, settings: &Settings, own: Option<&Buffer>, blocks: &Blocks) {
    let shape = Shape::of(s, blocks.len_of(0));
    if shape.bytes == 0 {
        return;
    }
    match settings.allgather(shape) {
        Allgather::Doubling => doubling(s, own, blocks),
        Allgather::Bruck => bruck(s, own, blocks),
        Allgather::Ring => ring_by_host(s, own, blocks),
        Allgather::Window => window(s, own, blocks),
        Allgather::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::allgather(s, settings, &hosts, own, blocks);
        }
    }
}

/// As `chosen`, for blocks of any lengths.
pub(super) fn chosen_v(
    s: &mut Schedule,
    settings: &Settings,
    own: Option<&Buffer>,
    blocks: &Blocks,
) {
    let total = (0..s.size()).map(|rank| blocks.len_of(rank)).sum();
    match settings.allgatherv(Shape::of(s, total)) {
        Allgatherv::Bruck => bruck(s, own, blocks),
        Allgatherv::Ring => ring_by_host(s, own, blocks),
        Allgatherv::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::allgather(s, settings, &hosts, own, blocks);
        }
    }
}

fn ring_by_host(s: &mut Schedule, own: Option<&Buffer>, blocks: &Blocks) {
    let hosts = s.hosts();
    in_host_order(s, hosts, 0, |s, _, order| match order {
        Some(order) => ring(s, own, &blocks.pick(order)),
        None => ring(s, own, blocks),
    });
}

/// Partners swap all they have: fewest rounds, for a power of two of ranks
/// and blocks that lie one after the other.
pub(super) fn doubling(s: &mut Schedule, own: Option<&Buffer>, blocks: &Blocks) {
    let (rank, size) = (s.rank(), s.size());
    let mut ready: Option<StepId> = own.map(|own| s.copy(own, &blocks.of(rank)));
    let mut distance = 1;
    while distance < size {
        let have = rank & !(distance - 1);
        let run = |first| blocks.run(first, distance).expect("chosen only for blocks in one row");
        let sent = s.after(ready).send(rank ^ distance, &run(have));
        let got = s.recv(rank ^ distance, &run(have ^ distance));
        ready = Some(s.after([sent, got]).after(ready).join());
        distance *= 2;
    }
}

/// Bruck's way: each round doubles a packed row that begins with the own
/// block. Fewest rounds for any number of ranks and any block lengths.
pub(super) fn bruck(s: &mut Schedule, own: Option<&Buffer>, blocks: &Blocks) {
    let (rank, size) = (s.rank(), s.size());
    // Where each block lies in the row: the own first, then rank order.
    let mut at = vec![0; size + 1];
    for index in 0..size {
        at[index + 1] = at[index] + blocks.len_of((rank + index) % size);
    }
    let row = Buffer::scratch(at[size]);
    let mine = blocks.of(rank);
    let mut ready = s.copy(own.unwrap_or(&mine), &row.part(0, at[1]));
    let mut have = 1;
    while have < size {
        let count = have.min(size - have);
        let (to, from) = ((rank + size - have) % size, (rank + have) % size);
        let (out, into) = (row.part(0, at[count]), row.part(at[have], at[have + count] - at[have]));
        let sent = (!out.is_empty()).then(|| s.after([ready]).send(to, &out));
        let got = (!into.is_empty()).then(|| s.recv(from, &into));
        ready = s.after([ready]).after(sent).after(got).join();
        have += count;
    }
    let mut unpack = |first: usize, from: usize, count: usize| {
        let packed = row.part(at[from], at[from + count] - at[from]);
        match blocks.run(first, count) {
            _ if packed.is_empty() => {}
            Some(run) => {
                s.after([ready]).copy(&packed, &run);
            }
            None => {
                for index in 0..count {
                    let (start, end) = (at[from + index], at[from + index + 1]);
                    let block = row.part(start, end - start);
                    s.after([ready]).copy(&block, &blocks.of(first + index));
                }
            }
        }
    };
    match own {
        Some(_) => unpack(rank, 0, size - rank),
        None if rank + 1 < size => unpack(rank + 1, 1, size - rank - 1),
        None => {}
    }
    if rank > 0 {
        unpack(0, size - rank, rank);
    }
}

/// Each block straight from its rank to every other, all at once: nobody waits
/// for somebody who waits.
pub(super) fn window(s: &mut Schedule, own: Option<&Buffer>, blocks: &Blocks) {
    let (rank, size) = (s.rank(), s.size());
    let mine = blocks.of(rank);
    let out = own.unwrap_or(&mine);
    for turn in 1..size {
        let (to, from) = ((rank + turn) % size, (rank + size - turn) % size);
        s.send(to, out);
        s.recv(from, &blocks.of(from));
    }
    if let Some(own) = own {
        s.copy(own, &mine);
    }
}

/// Blocks travel around a ring, each straight into its place: each rank
/// sends and receives the data once, for long data.
pub(super) fn ring(s: &mut Schedule, own: Option<&Buffer>, blocks: &Blocks) {
    let (rank, size) = (s.rank(), s.size());
    let (left, right) = ((rank + size - 1) % size, (rank + 1) % size);
    let mut ready: Option<StepId> = None;
    if let Some(own) = own {
        s.copy(own, &blocks.of(rank));
    }
    for turn in 0..size - 1 {
        let (out, into) = ((rank + size - turn) % size, (rank + size - turn - 1) % size);
        if blocks.len_of(out) > 0 {
            let block = own.filter(|_| turn == 0).cloned().unwrap_or_else(|| blocks.of(out));
            s.after(ready).send(right, &block);
        }
        ready = (blocks.len_of(into) > 0).then(|| s.recv(left, &blocks.of(into)));
    }
}
