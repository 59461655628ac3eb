//! Handles as the three ABIs spell them.
//!
//! - MPICH: the internal 32 bits themselves (a few nulls differ).
//! - Standard: predefined handles are small integers, found by a table;
//!   dynamic ones the internal 32 bits widened to a pointer.
//! - Open MPI: addresses. A predefined handle is the address of an exported
//!   data symbol, a dynamic one that of a header from a pool here; both begin
//!   with [`Header`], so that a handle is resolved by one load.
//!
//! What must hold: an Open MPI handle is the address of such a header, which
//! stays mapped for ever (the pool never shrinks). A program that makes up
//! other addresses crashes here as it does under Open MPI.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::{Abi, Language, fortran, predefined};
use crate::object::{Handle, Kind};

/// What stands behind every Open MPI handle.
#[repr(C, align(16))]
pub struct Header {
    magic: u64,
    /// The internal handle. Written when the handle is given out; whoever uses
    /// it got it from there, so relaxed order is enough.
    id: AtomicU32,
}

/// Tells our headers from Open MPI's own objects and from garbage.
pub const MAGIC: u64 = u64::from_le_bytes(*b"mpi-safe");

impl Header {
    pub const fn new(handle: Handle) -> Header {
        Header { magic: MAGIC, id: AtomicU32::new(handle.0) }
    }
}

/// Bytes of one handle of `kind` in the caller's memory.
#[inline(always)]
pub fn width(abi: Abi, kind: Kind) -> usize {
    if matches!(abi, Abi::Mpich) && !matches!(kind, Kind::File) { 4 } else { 8 }
}

/// The internal handle behind a word of the caller; `None` when it is none of
/// `kind`.
#[inline(always)]
pub fn handle(abi: Abi, kind: Kind, word: u64) -> Option<Handle> {
    let handle = match abi {
        Abi::Mpich => from_mpich(kind, word),
        Abi::OpenMpi => from_openmpi(word)?,
        Abi::Standard => from_standard(word)?,
    };
    handle.is(kind).then_some(handle)
}

#[inline(always)]
fn from_mpich(kind: Kind, word: u64) -> Handle {
    let handle = Handle(word as u32);
    if handle.is(kind) {
        return handle;
    }
    match (kind, handle.0) {
        (Kind::File, 0) | (Kind::Message, 0x2c00_0000) | (Kind::Session, 0x3800_0000) => {
            Handle::null(kind)
        }
        (Kind::Message, 0x6c00_0000) => predefined::MESSAGE_NO_PROC,
        _ => handle,
    }
}

#[inline(always)]
fn from_standard(word: u64) -> Option<Handle> {
    if word < predefined::STANDARD_END as u64 {
        let handle = predefined::STANDARD[word as usize];
        (handle != 0).then_some(Handle(handle))
    } else {
        u32::try_from(word).ok().map(Handle).filter(|h| h.is_dynamic())
    }
}

#[inline(always)]
fn from_openmpi(word: u64) -> Option<Handle> {
    if word < 4096 || word & 7 != 0 {
        return None;
    }
    let header = word as usize as *const Header;
    // SAFETY: an Open MPI handle is the address of a header (see the top).
    let header = unsafe { &*header };
    (header.magic == MAGIC).then(|| Handle(header.id.load(Ordering::Relaxed)))
}

/// The caller's word for an internal handle.
#[inline]
pub fn word(abi: Abi, kind: Kind, handle: Handle) -> u64 {
    match abi {
        Abi::Mpich => to_mpich(kind, handle) as u64,
        Abi::Standard => match predefined::standard_word(handle) {
            Some(word) => word as u64,
            None => handle.0 as u64,
        },
        Abi::OpenMpi => match predefined::openmpi_address(handle) {
            Some(address) => address as u64,
            None => header_of(kind, handle) as u64,
        },
    }
}

#[inline]
fn to_mpich(kind: Kind, handle: Handle) -> u32 {
    if handle.is_dynamic() {
        return handle.0;
    }
    match kind {
        Kind::File if handle == Handle::null(kind) => 0,
        Kind::Message if handle == Handle::null(kind) => 0x2c00_0000,
        Kind::Message if handle == predefined::MESSAGE_NO_PROC => 0x6c00_0000,
        Kind::Session if handle == Handle::null(kind) => 0x3800_0000,
        _ => handle.0,
    }
}

/// Reads the handle at entry `index` of the caller's handle array at `at`, as
/// the word C has for it.
///
/// # Safety
/// `at` is the application's array of handles of `kind`, with such an entry.
#[inline(always)]
pub unsafe fn load(abi: Abi, language: Language, kind: Kind, at: usize, index: usize) -> u64 {
    if language == Language::Fortran {
        // SAFETY: passed on; Fortran's handles are integers.
        let integer = unsafe { (at as *const i32).add(index).read_unaligned() };
        return fortran::word(abi, kind, integer);
    }
    if width(abi, kind) == 4 {
        // SAFETY: passed on.
        unsafe { (at as *const u32).add(index).read_unaligned() as u64 }
    } else {
        // SAFETY: passed on.
        unsafe { (at as *const u64).add(index).read_unaligned() }
    }
}

/// Writes `handle` to entry `index` of the caller's handle array at `at`.
///
/// # Safety
/// As for [`load`].
#[inline]
pub unsafe fn store(
    abi: Abi,
    language: Language,
    kind: Kind,
    at: usize,
    index: usize,
    handle: Handle,
) {
    if language == Language::Fortran {
        let integer = fortran::integer(abi, kind, handle);
        // SAFETY: passed on; Fortran's handles are integers.
        return unsafe { (at as *mut i32).add(index).write_unaligned(integer) };
    }
    let word = word(abi, kind, handle);
    if width(abi, kind) == 4 {
        // SAFETY: passed on.
        unsafe { (at as *mut u32).add(index).write_unaligned(word as u32) }
    } else {
        // SAFETY: passed on.
        unsafe { (at as *mut u64).add(index).write_unaligned(word) }
    }
}

/// Headers per chunk of the pool.
const CHUNK: usize = 1024;
/// Chunks per kind: room for every index of a handle.
const CHUNKS: usize = (Handle::INDEX_MAX as usize + 1) / CHUNK;

type Directory = Box<[AtomicPtr<Header>]>;

/// The pool of dynamic headers: per kind a directory of chunks, made when
/// first needed and kept for ever. A handle always has the same header, so
/// giving one out again allocates nothing.
static POOL: [OnceLock<Directory>; 16] = [const { OnceLock::new() }; 16];

/// Address of the header of a dynamic handle.
fn header_of(kind: Kind, handle: Handle) -> usize {
    let index = handle.index() as usize;
    let directory = POOL[kind as usize].get_or_init(|| {
        let empty = || AtomicPtr::new(std::ptr::null_mut());
        std::iter::repeat_with(empty).take(CHUNKS).collect()
    });
    let slot = &directory[index / CHUNK];
    // Acquire pairs with the release below: the chunk's magic words are there.
    let mut chunk = slot.load(Ordering::Acquire);
    if chunk.is_null() {
        let base = Handle::dynamic(kind, (index - index % CHUNK) as u32).0;
        let fresh: Box<[Header]> =
            (0..CHUNK as u32).map(|i| Header::new(Handle(base + i))).collect();
        let fresh = Box::into_raw(fresh).cast::<Header>();
        let null = std::ptr::null_mut();
        match slot.compare_exchange(null, fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => chunk = fresh,
            Err(other) => {
                // SAFETY: `fresh` came from `into_raw` above and nobody saw it.
                drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(fresh, CHUNK)) });
                chunk = other;
            }
        }
    }
    chunk as usize + index % CHUNK * size_of::<Header>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dynamic_handles_survive_the_round_trip_in_every_abi() {
        for abi in Abi::ALL {
            for kind in [Kind::Comm, Kind::Datatype, Kind::Request, Kind::File, Kind::Message] {
                for index in [0, 1, 1023, 1024, 70_000, Handle::INDEX_MAX] {
                    let ours = Handle::dynamic(kind, index);
                    let theirs = word(abi, kind, ours);
                    assert_eq!(handle(abi, kind, theirs), Some(ours), "{abi:?} {kind:?} {index}");
                }
            }
        }
    }

    #[test]
    fn nulls_survive_the_round_trip_in_every_abi() {
        for abi in Abi::ALL {
            for kind in predefined::KINDS {
                let ours = Handle::null(kind);
                let theirs = word(abi, kind, ours);
                assert_eq!(handle(abi, kind, theirs), Some(ours), "{abi:?} {kind:?} {theirs:#x}");
            }
        }
    }

    #[test]
    fn the_upper_half_of_an_mpich_handle_is_ignored() {
        let world = 0xdead_beef_4400_0000;
        assert_eq!(handle(Abi::Mpich, Kind::Comm, world), Some(Handle::builtin(Kind::Comm, 0)));
    }
}
