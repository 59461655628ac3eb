//! Exchange with the neighbours of a topology: one message along each edge.

use super::schedule::Schedule;
use crate::object::buffer::Buffer;

/// All at once. Where several edges join two ranks, their messages match in
/// the order of the lists.
pub(super) fn exchange(s: &mut Schedule, out: &[(usize, Buffer)], into: &[(usize, Buffer)]) {
    for (from, buffer) in into.iter().filter(|(_, buffer)| !buffer.is_empty()) {
        s.recv(*from, buffer);
    }
    for (to, buffer) in out.iter().filter(|(_, buffer)| !buffer.is_empty()) {
        s.send(*to, buffer);
    }
}
