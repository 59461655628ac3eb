//! Reduce: the combination of everybody's data at the root, and the pieces
//! that allreduce and reduce-scatter share with it.

use std::sync::Arc;

use super::by_host;
use super::choose::{Reduce, Settings, Shape};
use super::schedule::{Schedule, StepId};
use super::tree::{Form, Place};
use crate::object::buffer::Buffer;
use crate::object::datatype::Datatype;
use crate::object::op::Op;

/// With the algorithm that the settings choose for those who take part.
/// `result` on the root only; the same memory as `own` when in place.
pub(super) fn chosen(
    s: &mut Schedule,
    settings: &Settings,
    root: usize,
    r: &Reduction,
    own: &Buffer,
    result: Option<&Buffer>,
) {
    if r.bytes() == 0 {
        return;
    }
    match settings.reduce(Shape::of_reduction(s, r)) {
        Reduce::Binomial => tree(s, Form::Binomial, root, r, own, result),
        Reduce::Flat => tree(s, Form::Flat, root, r, own, result),
        Reduce::HalvingGather => halving_gather(s, root, r, own, result),
        Reduce::ByHost => {
            let hosts = s.hosts().expect("chosen only where hosts tell something");
            by_host::reduce(s, settings, &hosts, root, r, own, result);
        }
    }
}

/// What is combined, and how.
#[derive(Clone, Copy)]
pub struct Reduction<'a> {
    pub op: &'a Arc<Op>,
    pub datatype: &'a Arc<Datatype>,
    /// Elements in each rank's contribution.
    pub count: usize,
}

impl Reduction<'_> {
    /// Room for `count` elements laid out as the application lays them out:
    /// a user function must find each at its extent.
    pub(super) fn scratch(&self, count: usize) -> Buffer {
        Buffer::scratch_items(count, self.datatype).expect("memory for a partial result")
    }

    pub(super) fn bytes(&self) -> usize {
        self.count * self.datatype.size() as usize
    }
}

/// Whether a contribution is in the memory of its result (in place). Both
/// have the datatype of the reduction, so the address tells.
pub(super) fn same_memory(a: &Buffer, b: &Buffer) -> bool {
    a.address() == b.address()
}

/// Above this, a temporary is used again instead of one per child.
const SPARE_BYTES_MIN: usize = 64 << 10;

/// Up a tree, combining on the way. The subtree of a rank is a run
/// of ranks to its right, so `own op child op next child` keeps rank order; an
/// operation that does not commute uses the tree of rank 0 and one more hop.
pub(super) fn tree(
    s: &mut Schedule,
    form: Form,
    root: usize,
    r: &Reduction,
    own: &Buffer,
    result: Option<&Buffer>,
) {
    let (rank, size) = (s.rank(), s.size());
    let top = if r.op.commutative { root } else { 0 };
    let place = Place::new(form, rank, top, size);
    let children: Vec<usize> = place.children().collect();

    // `value` is only ever read: each combination lands in the memory the
    // child's value came in, so the caller's own data is never touched.
    let mut value = own.clone();
    let mut ready: Option<StepId> = None;
    let mut spare: Vec<(Buffer, StepId)> = Vec::new();
    let in_place = result.is_some_and(|result| same_memory(result, own));
    for (index, &child) in children.iter().enumerate() {
        let last = index + 1 == children.len() && rank == root;
        let (incoming, free) = match result {
            // The last combination lands where the result belongs, unless
            // our own contribution is still in there.
            Some(result) if last && (!in_place || index > 0) => (result.clone(), ready),
            _ => match spare.pop() {
                Some((buffer, since)) if r.bytes() >= SPARE_BYTES_MIN => (buffer, Some(since)),
                _ => (r.scratch(r.count), None),
            },
        };
        let got = s.after(free).recv(place.rank_of(child), &incoming);
        let combined = s.after([got]).after(ready).reduce(r.op, &value, &incoming);
        if index > 0 {
            spare.push((value, combined));
        }
        value = incoming;
        ready = Some(combined);
    }
    let mut sent = None;
    if let Some(parent) = place.parent() {
        sent = Some(s.after(ready).send(parent, &value));
    } else if top != root {
        s.after(ready).send(root, &value);
    }
    if let Some(result) = result {
        if top != root {
            s.after(sent).after(ready).recv(top, result);
        } else if !same_memory(&value, result) {
            s.after(ready).copy(&value, result);
        }
    }
}

/// Halves the data among a power of two of ranks, then everyone sends its
/// finished part to the root. For long data and operations that commute.
pub(super) fn halving_gather(
    s: &mut Schedule,
    root: usize,
    r: &Reduction,
    own: &Buffer,
    result: Option<&Buffer>,
) {
    let rank = s.rank();
    let line = Line::new(s.size());
    let value = result.cloned().unwrap_or_else(|| r.scratch(r.count));
    let filled = (!same_memory(&value, own)).then(|| s.copy(own, &value));
    let cuts = even_cuts(r.count, line.len);

    let (place, ready) = line.fold(s, r, &value, filled);
    let mut done = ready;
    if let Some(place) = place {
        done = Some(halve(s, &line, place, r, &value, &cuts, ready));
        if rank != root && cuts[place] < cuts[place + 1] {
            let part = value.items(cuts[place], cuts[place + 1] - cuts[place]);
            s.after(done).send(root, &part);
        }
    }
    if rank == root {
        for from in 0..line.len {
            let (first, end) = (cuts[from], cuts[from + 1]);
            if line.rank_of(from) != rank && first < end {
                s.after(done).recv(line.rank_of(from), &value.items(first, end - first));
            }
        }
    }
}

/// The ranks of a power of two: when there are more, the first few pairs give
/// one of theirs leave and let the other carry both contributions.
pub(super) struct Line {
    /// How many stand in line: a power of two.
    pub(super) len: usize,
    /// How many gave theirs to a neighbour.
    extra: usize,
}

impl Line {
    pub(super) fn new(size: usize) -> Line {
        let len = 1 << size.ilog2();
        Line { len, extra: size - len }
    }

    /// The rank at a place.
    pub(super) fn rank_of(&self, place: usize) -> usize {
        if place < self.extra { 2 * place + 1 } else { place + self.extra }
    }

    /// The first of the ranks whose contribution a place carries; the last is
    /// its own. Places carry runs of ranks in rank order.
    pub(super) fn first_rank_of(&self, place: usize) -> usize {
        if place < self.extra { 2 * place } else { place + self.extra }
    }

    /// A rank's place, none when its right neighbour carries for it.
    pub(super) fn place_of(&self, rank: usize) -> Option<usize> {
        match rank {
            _ if rank >= 2 * self.extra => Some(rank - self.extra),
            _ if rank % 2 == 1 => Some(rank / 2),
            _ => None,
        }
    }

    /// Hands over contributions: who stays in line has its neighbour's
    /// combined into `value`. Returns the caller's place and the step after
    /// which `value` is right (or, without a place, sent).
    pub(super) fn fold(
        &self,
        s: &mut Schedule,
        r: &Reduction,
        value: &Buffer,
        filled: Option<StepId>,
    ) -> (Option<usize>, Option<StepId>) {
        let rank = s.rank();
        let place = self.place_of(rank);
        match place {
            None => (None, Some(s.after(filled).send(rank + 1, value))),
            Some(place) if place < self.extra => {
                let incoming = r.scratch(r.count);
                let got = s.recv(rank - 1, &incoming);
                let combined = s.after([got]).after(filled).reduce(r.op, &incoming, value);
                (Some(place), Some(combined))
            }
            Some(_) => (place, filled),
        }
    }
}

/// `parts + 1` bounds that cut `count` elements evenly.
pub(super) fn even_cuts(count: usize, parts: usize) -> Vec<usize> {
    (0..=parts).map(|part| (count as u128 * part as u128 / parts as u128) as usize).collect()
}

/// Recursive halving: swaps halves with ever nearer partners until the part
/// between `cuts[place]` and the next cut is complete in `value`.
pub(super) fn halve(
    s: &mut Schedule,
    line: &Line,
    place: usize,
    r: &Reduction,
    value: &Buffer,
    cuts: &[usize],
    filled: Option<StepId>,
) -> StepId {
    let (mut low, mut high) = (0, line.len);
    let mut ready = filled;
    while high - low > 1 {
        let middle = (low + high) / 2;
        let distance = (high - low) / 2;
        let partner = line.rank_of(place ^ distance);
        let (keep, give) = if place < middle {
            ((low, middle), (middle, high))
        } else {
            ((middle, high), (low, middle))
        };
        let part = |(first, end): (usize, usize)| value.items(cuts[first], cuts[end] - cuts[first]);
        let (kept, given) = (part(keep), part(give));
        let sent = (!given.is_empty()).then(|| s.after(ready).send(partner, &given));
        let mut combined = None;
        if !kept.is_empty() {
            let incoming = r.scratch(kept.count());
            let got = s.recv(partner, &incoming);
            combined = Some(s.after([got]).after(ready).reduce(r.op, &incoming, &kept));
        }
        ready = Some(s.after(sent).after(combined).after(ready).join());
        (low, high) = keep;
    }
    match ready {
        Some(step) => step,
        None => s.join(),
    }
}
