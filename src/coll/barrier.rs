//! Barrier: nobody leaves before everybody came.

use super::schedule::Schedule;
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
