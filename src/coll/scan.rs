//! Scan and exscan: each rank the combination of the ranks up to it. Rank
//! order is kept throughout, so every operation is right.

use super::choose::{Scan, Settings, Shape};
use super::reduce::{Reduction, same_memory};
use super::schedule::{Schedule, StepId};
use crate::object::buffer::Buffer;

/// Whether a rank's own contribution is part of its result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Included,
    Left,
}

/// With the algorithm that the settings choose.
pub(super) fn chosen(
    s: &mut Schedule,
    settings: &Settings,
    r: &Reduction,
    own: &Buffer,
    result: &Buffer,
    kind: Own,
) {
    if r.bytes() == 0 {
        return;
    }
    match settings.scan(Shape::of_reduction(s, r)) {
        Scan::Doubling => doubling(s, r, own, result, kind),
        Scan::Chain => chain(s, r, own, result, kind),
    }
}

/// Pieces along a chain: each rank adds its own to what comes from the left
/// and passes it on.
fn chain(s: &mut Schedule, r: &Reduction, own: &Buffer, result: &Buffer, kind: Own) {
    // Little in simulations, as in `by_host`.
    const PIECE_BYTES: usize = if cfg!(test) { 1 << 10 } else { 64 << 10 };
    const AHEAD: usize = 4;
    let (rank, size) = (s.rank(), s.size());
    let each = r.datatype.size().max(1) as usize;
    let piece = (PIECE_BYTES / each).max(1);
    let mut ends: Vec<StepId> = Vec::new();
    for first in (0..r.count).step_by(piece) {
        let count = piece.min(r.count - first);
        let (own, result) = (own.items(first, count), result.items(first, count));
        let earlier = ends.len().checked_sub(AHEAD).map(|index| ends[index]);
        // The own contribution, then its combination with what comes before.
        let value = r.scratch(count);
        let mut ready = s.after(earlier).copy(&own, &value);
        let mut end = ready;
        if rank > 0 {
            let incoming = r.scratch(count);
            let got = s.after(earlier).recv(rank - 1, &incoming);
            if kind == Own::Left {
                // `ready` has read `own`, which may be this memory.
                end = s.after([got, ready]).copy(&incoming, &result);
            }
            ready = s.after([got, ready]).reduce(r.op, &incoming, &value);
        }
        if rank + 1 < size {
            s.after([ready]).send(rank + 1, &value);
        }
        if kind == Own::Included {
            end = s.after([ready]).copy(&value, &result);
        }
        ends.push(s.after([ready, end]).join());
    }
}

/// Recursive doubling: partners swap the combination of the run of ranks they
/// know; what comes from the left also belongs to the result.
fn doubling(s: &mut Schedule, r: &Reduction, own: &Buffer, result: &Buffer, kind: Own) {
    let (rank, size) = (s.rank(), s.size());
    // The run of ranks known so far, and its part up to this rank.
    let mut known = r.scratch(r.count);
    let mut ready = s.copy(own, &known);
    let mut so_far: Option<StepId> = None;
    let mut begun = kind == Own::Included;
    if begun && !same_memory(own, result) {
        so_far = Some(s.copy(own, result));
    }
    let mut distance = 1;
    while distance < size {
        let partner = rank ^ distance;
        distance *= 2;
        if partner >= size {
            continue;
        }
        let mut incoming = r.scratch(r.count);
        let sent = s.after([ready]).send(partner, &known);
        let got = s.recv(partner, &incoming);
        if partner > rank {
            ready = s.after([sent, got, ready]).reduce(r.op, &known, &incoming);
            std::mem::swap(&mut known, &mut incoming);
            continue;
        }
        so_far = Some(if begun {
            s.after([got]).after(so_far).reduce(r.op, &incoming, result)
        } else {
            // `known` was copied from `own`, which may be this memory.
            s.after([got, ready]).copy(&incoming, result)
        });
        begun = true;
        ready = s.after([sent, got, ready]).reduce(r.op, &incoming, &known);
    }
}
