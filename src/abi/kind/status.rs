//! `MPI_Status` in the layouts of the three ABIs.
//!
//! | | size | source, tag, error at | count and cancelled |
//! | --- | --- | --- | --- |
//! | MPICH | 20 | 8, 12, 16 | 63-bit count and the flag in bytes 0..8 |
//! | Open MPI | 24 | 0, 4, 8 | flag at 12, `size_t` count at 16 |
//! | standard | 32 | 0, 4, 8 | as MPICH, at 12 |

use super::number::null_argument;
use super::rank::{rank_outward, tag_outward};
use super::{Sort, kinds};
use crate::abi::{Abi, Cx};
use crate::object::{Result, Status};

/// Bytes of one status.
pub const fn status_size(abi: Abi) -> usize {
    match abi {
        Abi::Mpich => 20,
        Abi::OpenMpi => 24,
        Abi::Standard => 32,
    }
}

/// Offsets in 4-byte words: source, tag, error, opaque part.
const fn offsets(abi: Abi) -> (usize, usize, usize, usize) {
    match abi {
        Abi::Mpich => (2, 3, 4, 0),
        Abi::OpenMpi => (0, 1, 2, 3),
        Abi::Standard => (0, 1, 2, 3),
    }
}

// The same layouts as the extension header has them.
const _: () = {
    use crate::abi::extension::*;
    use std::mem::offset_of;
    assert!(size_of::<MpiSecureStatusMpich>() == status_size(Abi::Mpich));
    assert!(size_of::<MpiSecureStatusOpenMpi>() == status_size(Abi::OpenMpi));
    assert!(size_of::<MpiSecureStatusStandard>() == status_size(Abi::Standard));
    assert!(offset_of!(MpiSecureStatusMpich, source) == 4 * offsets(Abi::Mpich).0);
    assert!(offset_of!(MpiSecureStatusOpenMpi, error) == 4 * offsets(Abi::OpenMpi).2);
    assert!(offset_of!(MpiSecureStatusStandard, count_low) == 4 * offsets(Abi::Standard).3);
};

/// The address that means "no status": `MPI_STATUS_IGNORE` and
/// `MPI_STATUSES_IGNORE`, or nothing at all.
fn is_ignored(abi: Abi, at: usize) -> bool {
    at == 0 || (abi == Abi::Mpich && at == 1)
}

/// Words of a status in the application's memory.
struct Words(*mut i32);

impl Words {
    fn put(&self, word: usize, value: i32) {
        // SAFETY: the application's status has all the words of its layout.
        unsafe { self.0.add(word).write_unaligned(value) }
    }

    fn take(&self, word: usize) -> i32 {
        // SAFETY: as in `put`.
        unsafe { self.0.add(word).read_unaligned() }
    }

    fn put_opaque(&self, abi: Abi, word: usize, count: u64, cancelled: bool) {
        if abi == Abi::OpenMpi {
            self.put(word, cancelled as i32);
            self.put(word + 1, count as i32);
            self.put(word + 2, (count >> 32) as i32);
        } else {
            self.put(word, count as i32);
            self.put(word + 1, ((count >> 32) as i32) << 1 | cancelled as i32);
        }
    }

    fn take_opaque(&self, abi: Abi, word: usize) -> (u64, bool) {
        if abi == Abi::OpenMpi {
            let low = self.take(word + 1) as u32 as u64;
            let high = self.take(word + 2) as u32 as u64;
            (high << 32 | low, self.take(word) != 0)
        } else {
            let low = self.take(word) as u32 as u64;
            let high = self.take(word + 1) as u32;
            (((high >> 1) as u64) << 32 | low, high & 1 != 0)
        }
    }
}

/// A status argument, possibly `MPI_STATUS_IGNORE`.
#[derive(Clone, Copy)]
pub struct StatusPlace {
    at: usize,
    abi: Abi,
}

impl StatusPlace {
    /// The status at an address in the caller's memory (callbacks).
    pub fn at(abi: Abi, at: usize) -> StatusPlace {
        StatusPlace { at: if is_ignored(abi, at) { 0 } else { at }, abi }
    }

    pub fn is_ignored(&self) -> bool {
        self.at == 0
    }

    /// Stores everything but `MPI_ERROR`, which functions that return a single
    /// status leave alone (MPI-4.1, section 3.2.5).
    pub fn set(&self, status: &Status) {
        if self.at == 0 {
            return;
        }
        let words = Words(self.at as *mut i32);
        let (source, tag, _, opaque) = offsets(self.abi);
        words.put(source, rank_outward(self.abi, status.source));
        words.put(tag, tag_outward(self.abi, status.tag));
        words.put_opaque(self.abi, opaque, status.count, status.cancelled);
    }

    /// Stores the empty status of null and inactive requests, in which
    /// `MPI_ERROR` is `MPI_SUCCESS` (MPI-4.1, section 3.7.3).
    pub fn set_empty(&self) {
        self.set(&Status::EMPTY);
        self.set_error(0);
    }

    /// Stores `MPI_ERROR`, a code in the caller's numbers.
    pub fn set_error(&self, code: i32) {
        if self.at != 0 {
            Words(self.at as *mut i32).put(offsets(self.abi).2, code);
        }
    }

    /// `MPI_ERROR` as it is.
    pub fn error(&self) -> i32 {
        if self.at == 0 { 0 } else { Words(self.at as *mut i32).take(offsets(self.abi).2) }
    }

    /// Reads count and cancelled, and the raw source and tag.
    pub fn get(&self) -> Status {
        if self.at == 0 {
            return Status::empty();
        }
        let words = Words(self.at as *mut i32);
        let (source, tag, _, opaque) = offsets(self.abi);
        let (count, cancelled) = words.take_opaque(self.abi, opaque);
        let inward = |raw: i32| super::rank::rank_inward(self.abi, raw);
        let raw_tag = words.take(tag);
        let any = raw_tag == tag_outward(self.abi, super::ANY_TAG);
        let tag = if any { super::ANY_TAG } else { raw_tag };
        Status { cancelled, ..Status::new(inward(words.take(source)), tag, count) }
    }

    pub fn set_count(&self, count: u64) {
        let cancelled = self.get().cancelled;
        self.update(count, cancelled);
    }

    pub fn set_cancelled(&self, cancelled: bool) {
        let count = self.get().count;
        self.update(count, cancelled);
    }

    pub fn set_source(&self, source: i32) {
        if self.at != 0 {
            let source = rank_outward(self.abi, source);
            Words(self.at as *mut i32).put(offsets(self.abi).0, source);
        }
    }

    pub fn set_tag(&self, tag: i32) {
        if self.at != 0 {
            let tag = tag_outward(self.abi, tag);
            Words(self.at as *mut i32).put(offsets(self.abi).1, tag);
        }
    }

    /// Copies all of `other`, `MPI_ERROR` and padding included. A status has
    /// the same bytes in C and in both Fortran forms.
    pub fn copy_from(&self, other: &StatusPlace) {
        if self.at == 0 || other.at == 0 {
            return;
        }
        let (from, to) = (Words(other.at as *mut i32), Words(self.at as *mut i32));
        for word in 0..status_size(self.abi) / 4 {
            to.put(word, from.take(word));
        }
    }

    fn update(&self, count: u64, cancelled: bool) {
        if self.at != 0 {
            let words = Words(self.at as *mut i32);
            words.put_opaque(self.abi, offsets(self.abi).3, count, cancelled);
        }
    }
}

/// An array of statuses, possibly `MPI_STATUSES_IGNORE`.
#[derive(Clone, Copy)]
pub struct StatusArray {
    at: usize,
    abi: Abi,
}

impl StatusArray {
    pub fn is_ignored(&self) -> bool {
        self.at == 0
    }

    /// Entry `i`, which the application's array has.
    pub fn place(&self, i: usize) -> StatusPlace {
        let at = if self.at == 0 { 0 } else { self.at + i * status_size(self.abi) };
        StatusPlace { at, abi: self.abi }
    }
}

/// A status out. MPICH's `MPI_STATUS_IGNORE` is not the null pointer, which is
/// a mistake there; an array without entries may well be null.
fn wanted(cx: &Cx, raw: usize, name: &'static str) -> Result<StatusPlace> {
    if raw == 0 && cx.abi == Abi::Mpich {
        return Err(null_argument(name));
    }
    Ok(StatusPlace::at(cx.abi, raw))
}

fn required(cx: &Cx, raw: usize, name: &'static str) -> Result<StatusPlace> {
    if is_ignored(cx.abi, raw) {
        return Err(null_argument(name));
    }
    Ok(StatusPlace { at: raw, abi: cx.abi })
}

kinds! {
    /// Status out; may be `MPI_STATUS_IGNORE`.
    OutStatus: usize => StatusPlace, "MPI_Status*", Sort::Status,
        |cx, raw, name| wanted(cx, raw, name);
    /// Statuses out; may be `MPI_STATUSES_IGNORE`.
    OutStatuses: usize => StatusArray, "MPI_Status*", Sort::Status,
        |cx, raw, _| Ok(StatusArray { at: if is_ignored(cx.abi, raw) { 0 } else { raw }, abi: cx.abi });
    /// Status that is read.
    InStatus: usize => StatusPlace, "const MPI_Status*", Sort::Status,
        |cx, raw, name| required(cx, raw, name);
    /// A status as Fortran has it: an array of `MPI_STATUS_SIZE` integers.
    FStatus: usize => StatusPlace, "const MPI_Fint*", Sort::Status,
        |cx, raw, name| required(cx, raw, name);
    OutFStatus: usize => StatusPlace, "MPI_Fint*", Sort::Status,
        |cx, raw, name| required(cx, raw, name);
    /// A status as `mpi_f08` has it: a structure of the same words.
    F08Status: usize => StatusPlace, "const MPI_F08_status*", Sort::Status,
        |cx, raw, name| required(cx, raw, name);
    OutF08Status: usize => StatusPlace, "MPI_F08_status*", Sort::Status,
        |cx, raw, name| required(cx, raw, name);
    /// Status that is changed in place.
    InOutStatus: usize => StatusPlace, "MPI_Status*", Sort::Status,
        |cx, raw, name| required(cx, raw, name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_comes_back_as_it_was_stored_in_every_layout() {
        for abi in Abi::ALL {
            let mut memory = [0x55u8; 64];
            let place = StatusPlace::at(abi, memory.as_mut_ptr() as usize);
            for source in [0, 5, super::super::ANY_SOURCE, super::super::PROC_NULL] {
                for tag in [0, 7, super::super::ANY_TAG] {
                    let status =
                        Status { cancelled: true, ..Status::new(source, tag, 0x12_3456_789a) };
                    place.set(&status);
                    place.set_error(17);
                    let back = place.get();
                    assert_eq!((back.source, back.tag), (source, tag), "{abi:?}");
                    assert_eq!((back.count, back.cancelled), (0x12_3456_789a, true), "{abi:?}");
                    assert_eq!(place.error(), 17);
                }
            }
            assert!(memory[status_size(abi)..].iter().all(|&byte| byte == 0x55), "{abi:?}");
        }
    }

    #[test]
    fn opaque_bytes_are_those_stock_mpich_writes() {
        let mut memory = [0u32; 5];
        let place = StatusPlace::at(Abi::Mpich, memory.as_mut_ptr() as usize);
        place.set(&Status { cancelled: true, ..Status::new(1, 2, 0x12_3456_789a) });
        assert_eq!(memory[..4], [0x3456_789a, 0x25, 1, 2]);
    }

    #[test]
    fn ignored_status_is_not_touched() {
        StatusPlace::at(Abi::Mpich, 1).set(&Status::empty());
        StatusPlace::at(Abi::OpenMpi, 0).set(&Status::empty());
        StatusPlace::at(Abi::Standard, 0).set_error(3);
    }
}
