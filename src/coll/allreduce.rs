//! Allreduce: everybody gets the combination of everybody's data, the same
//! bits on all ranks. Floating-point sums depend on their order, so whatever
//! two ranks compute separately they compute in the same order; the other
//! algorithms compute each element on one rank only.

use super::by_host::{self, in_host_order};
use super::choose::{Allreduce, Settings, Shape};
use super::reduce::{Line, Reduction, even_cuts, halve, same_memory};
use super::schedule::{Schedule, StepId};
use super::{bcast, reduce};
use crate::object::buffer::Buffer;

/// With the algorithm that the settings choose for those who take part.
/// `own` and `result` are the same memory when in place.
pub(super) fn chosen(
    s: &mut Schedule,
    settings: &Settings,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
) {
    if r.bytes() == 0 {
        return;
    }
    let shape = Shape::of_reduction(s, r);
    match settings.allreduce(shape) {
        Allreduce::Doubling => doubling(s, r, own, result),
        Allreduce::HalvingDoubling => halving_doubling(s, r, own, result),
        Allreduce::Ring => {
            let hosts = s.hosts();
            in_host_order(s, hosts, 0, |s, _, _| ring(s, r, own, result));
        }
        Allreduce::ReduceBcast => {
            let root = s.rank() == 0;
            let form = shape.form();
            reduce::tree(s, form, 0, r, own, root.then_some(result));
            s.fence();
            bcast::tree(s, form, 0, result);
        }
        Allreduce::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::allreduce(s, settings, &hosts, r, own, result);
        }
    }
}

/// Partners swap what they have and both combine it, left ranks on the left:
/// right for every operation, fewest rounds, for short data.
pub(super) fn doubling(s: &mut Schedule, r: &Reduction, own: &Buffer, result: &Buffer) {
    let rank = s.rank();
    let line = Line::new(s.size());
    let mut value = result.clone();
    let filled = (!same_memory(own, result)).then(|| s.copy(own, result));
    let (place, mut ready) = line.fold(s, r, &value, filled);
    let Some(place) = place else {
        s.after(ready).recv(rank + 1, result);
        return;
    };
    let mut spare: Option<(Buffer, StepId)> = None;
    let mut distance = 1;
    while distance < line.len {
        let other = place ^ distance;
        let partner = line.rank_of(other);
        let (mut incoming, free) = match spare.take() {
            Some((buffer, since)) => (buffer, Some(since)),
            None => (r.scratch(r.count), None),
        };
        let sent = s.after(ready).send(partner, &value);
        let got = s.after(free).recv(partner, &incoming);
        s.after([sent, got]).after(ready);
        let combined = if other < place {
            s.reduce(r.op, &incoming, &value)
        } else {
            let combined = s.reduce(r.op, &value, &incoming);
            std::mem::swap(&mut value, &mut incoming);
            combined
        };
        spare = Some((incoming, combined));
        ready = Some(combined);
        distance *= 2;
    }
    if !same_memory(&value, result) {
        ready = Some(s.after(ready).copy(&value, result));
    }
    if line.first_rank_of(place) != rank {
        s.after(ready).send(rank - 1, result);
    }
}

/// Recursive halving, then the way back doubling what is complete: long data
/// and operations that commute.
pub(super) fn halving_doubling(s: &mut Schedule, r: &Reduction, own: &Buffer, result: &Buffer) {
    let rank = s.rank();
    let line = Line::new(s.size());
    let filled = (!same_memory(own, result)).then(|| s.copy(own, result));
    let (place, ready) = line.fold(s, r, result, filled);
    let Some(place) = place else {
        s.after(ready).recv(rank + 1, result);
        return;
    };
    let cuts = even_cuts(r.count, line.len);
    let mut ready = halve(s, &line, place, r, result, &cuts, ready);
    let mut distance = 1;
    while distance < line.len {
        let partner = line.rank_of(place ^ distance);
        let have = place & !(distance - 1);
        let part = |first: usize| {
            let (start, end) = (cuts[first], cuts[first + distance]);
            result.items(start, end - start)
        };
        let (ours, theirs) = (part(have), part(have ^ distance));
        let sent = (!ours.is_empty()).then(|| s.after([ready]).send(partner, &ours));
        let got = (!theirs.is_empty()).then(|| s.after([ready]).recv(partner, &theirs));
        ready = s.after(sent).after(got).after([ready]).join();
        distance *= 2;
    }
    if line.first_rank_of(place) != rank {
        s.after([ready]).send(rank - 1, result);
    }
}

/// Parts travel a ring once to be combined and once to be handed out: every
/// link carries the data twice, for long data on any number of ranks.
pub(super) fn ring(s: &mut Schedule, r: &Reduction, own: &Buffer, result: &Buffer) {
    let (rank, size) = (s.rank(), s.size());
    let (left, right) = ((rank + size - 1) % size, (rank + 1) % size);
    let cuts = even_cuts(r.count, size);
    let part = |index: usize| {
        let index = index % size;
        result.items(cuts[index], cuts[index + 1] - cuts[index])
    };
    let filled = (!same_memory(own, result)).then(|| s.copy(own, result));
    // When each part of `result` may be sent, and when it may be overwritten.
    let mut right_in: Vec<Option<StepId>> = vec![filled; size];
    let mut read: Vec<Option<StepId>> = vec![None; size];
    let longest = cuts.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
    let mut temporaries = [(); 2].map(|()| (r.scratch(longest), None));
    for turn in 0..size - 1 {
        let (out, into) = ((rank + size - turn) % size, (rank + 2 * size - turn - 1) % size);
        if !part(out).is_empty() {
            read[out] = Some(s.after(right_in[out]).send(right, &part(out)));
        }
        if !part(into).is_empty() {
            let (whole, free) = &mut temporaries[turn % 2];
            let incoming = whole.items(0, part(into).count());
            let got = s.after(*free).recv(left, &incoming);
            let combined = s.after([got]).after(filled).reduce(r.op, &incoming, &part(into));
            right_in[into] = Some(combined);
            *free = Some(combined);
        }
    }
    for turn in 0..size - 1 {
        let (out, into) = ((rank + 1 + size - turn) % size, (rank + size - turn) % size);
        if !part(out).is_empty() {
            s.after(right_in[out]).send(right, &part(out));
        }
        if !part(into).is_empty() {
            right_in[into] = Some(s.after(read[into]).recv(left, &part(into)));
        }
    }
}
