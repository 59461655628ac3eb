//! Scan and exscan: each rank the combination of the ranks up to it. Rank
//! order is kept throughout, so every operation is right.

use super::reduce::{Reduction, same_memory};
use super::schedule::{Schedule, StepId};
use crate::object::buffer::Buffer;

/// Whether a rank's own contribution is part of its result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Included,
    Left,
}

/// Recursive doubling: partners swap the combination of the run of ranks they
/// know; what comes from the left also belongs to the result.
pub(super) fn doubling(s: &mut Schedule, r: &Reduction, own: &Buffer, result: &Buffer, kind: Own) {
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
