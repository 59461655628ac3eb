//! Barrier: nobody leaves before everybody came.

use smallvec::SmallVec;

use super::bcast;
use super::schedule::{Schedule, StepId};
use super::tree::{Form, Place};
use crate::object::buffer::Buffer;

/// In round k each rank tells the one 2^k further on, so that after
/// log2(size) rounds it has heard, through others, from everyone.
pub(super) fn dissemination(s: &mut Schedule) {
    let (rank, size) = (s.rank(), s.size());
    let nothing = Buffer::empty();
    let mut heard = None;
    let mut distance = 1;
    while distance < size {
        s.after(heard).send((rank + distance) % size, &nothing);
        heard = Some(s.after(heard).recv((rank + size - distance) % size, &nothing));
        distance *= 2;
    }
}

/// Everybody comes to rank 0, and leaves when rank 0 knows.
pub(super) fn tree(s: &mut Schedule, form: Form) {
    arrive(s, form);
    s.fence();
    release(s, form);
}

/// Rank 0 knows that everybody came.
pub(super) fn arrive(s: &mut Schedule, form: Form) {
    let place = Place::new(form, s.rank(), 0, s.size());
    let nothing = Buffer::empty();
    let came: SmallVec<[StepId; 16]> =
        place.children().map(|child| s.recv(place.rank_of(child), &nothing)).collect();
    if let Some(parent) = place.parent() {
        s.after(came).send(parent, &nothing);
    }
}

/// Rank 0 lets everybody go.
pub(super) fn release(s: &mut Schedule, form: Form) {
    bcast::tree(s, form, 0, &Buffer::empty());
}
