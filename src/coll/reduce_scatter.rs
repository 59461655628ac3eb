//! Reduce-scatter: the combination of everybody's data, each rank its block.
//! `cuts[rank]..cuts[rank + 1]` are the elements of a rank's block. When the
//! result's memory is also the contribution's (in place), it is written only
//! after everything else is done.

use super::by_host;
use super::choose::{ReduceScatter, Settings, Shape};
use super::reduce::{Line, Reduction, halve};
use super::schedule::{Schedule, StepId};
use crate::object::buffer::Buffer;

/// With the algorithm that the settings choose for those who take part.
pub(super) fn chosen(
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
    match settings.reduce_scatter(Shape::of_reduction(s, r)) {
        ReduceScatter::Halving => halving(s, r, own, result, cuts),
        ReduceScatter::Pairwise => pairwise(s, r, own, result, cuts),
        ReduceScatter::Ordered => ordered(s, r, own, result, cuts),
        ReduceScatter::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::reduce_scatter(s, settings, &hosts, r, own, result, cuts);
        }
    }
}

/// A block of a contribution, by rank.
fn block(whole: &Buffer, cuts: &[usize], rank: usize) -> Buffer {
    whole.items(cuts[rank], cuts[rank + 1] - cuts[rank])
}

/// Each contribution straight to the rank that combines it, and combined as
/// it comes: for long data and operations that commute.
pub(super) fn pairwise(
    s: &mut Schedule,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
    cuts: &[usize],
) {
    let (rank, size) = (s.rank(), s.size());
    let mine = block(own, cuts, rank);
    let value = r.scratch(mine.count());
    let mut ready = s.copy(&mine, &value);
    let mut temporaries = [(); 2].map(|()| (r.scratch(mine.count()), None));
    let mut earlier: [Option<StepId>; 2] = [None; 2];
    for turn in 1..size {
        let (to, from) = ((rank + turn) % size, (rank + size - turn) % size);
        let theirs = block(own, cuts, to);
        if !theirs.is_empty() {
            earlier[turn % 2] = Some(s.after(earlier[turn % 2]).send(to, &theirs));
        }
        if !mine.is_empty() {
            let (incoming, free) = &mut temporaries[turn % 2];
            let got = s.after(*free).recv(from, incoming);
            ready = s.after([got, ready]).reduce(r.op, incoming, &value);
            *free = Some(ready);
        }
    }
    s.fence();
    s.copy(&value, result);
}

/// As `pairwise`, but keeps all contributions and combines them in rank
/// order: right for every operation, with room for one vector more.
pub(super) fn ordered(
    s: &mut Schedule,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
    cuts: &[usize],
) {
    let (rank, size) = (s.rank(), s.size());
    let mine = block(own, cuts, rank);
    let mut values: Vec<(Buffer, Option<StepId>)> = Vec::with_capacity(size);
    for from in 0..size {
        let value = r.scratch(mine.count());
        let filled = match mine.len() {
            0 => None,
            _ if from == rank => Some(s.copy(&mine, &value)),
            _ => Some(s.recv(from, &value)),
        };
        values.push((value, filled));
    }
    for turn in 1..size {
        let to = (rank + turn) % size;
        let theirs = block(own, cuts, to);
        if !theirs.is_empty() {
            s.send(to, &theirs);
        }
    }
    let (mut value, mut ready) = values[0].clone();
    if !mine.is_empty() {
        for (next, filled) in &values[1..] {
            ready = Some(s.after(ready).after(*filled).reduce(r.op, &value, next));
            value = next.clone();
        }
    }
    s.fence();
    s.copy(&value, result);
}

/// Recursive halving along the cuts: fewest rounds, for short data and
/// operations that commute.
pub(super) fn halving(
    s: &mut Schedule,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
    cuts: &[usize],
) {
    let rank = s.rank();
    let line = Line::new(s.size());
    let value = r.scratch(r.count);
    let filled = s.copy(own, &value);
    // A place carries its neighbour's block too; both lie side by side.
    let places: Vec<usize> = (0..line.len)
        .map(|place| cuts[line.first_rank_of(place)])
        .chain([cuts[cuts.len() - 1]])
        .collect();
    let mine = block(&value, cuts, rank);
    let (place, ready) = line.fold(s, r, &value, Some(filled));
    match place {
        None => {
            if !mine.is_empty() {
                s.after(ready).recv(rank + 1, &mine);
            }
        }
        Some(place) => {
            let done = halve(s, &line, place, r, &value, &places, ready);
            if line.first_rank_of(place) != rank {
                let theirs = block(&value, cuts, rank - 1);
                if !theirs.is_empty() {
                    s.after([done]).send(rank - 1, &theirs);
                }
            }
        }
    }
    s.fence();
    s.copy(&mine, result);
}
