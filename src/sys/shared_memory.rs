//! Memory that two processes of one host map at once: a memfd without a name,
//! sealed so that neither can cut it short under the other.
//!
//! What must hold: a mapping lives exactly as long as its [`SharedMemory`],
//! and its file can never become shorter than it, because the seals say so
//! before it is mapped. The other process may write any byte at any time. So
//! what is read here is read through atomics, or once, as bytes that decide
//! nothing; a reference to plain data in it never outlives one call.

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap, munmap};
use nix::sys::stat::fstat;
use std::ffi::c_void;
use std::io;
use std::num::NonZero;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// What makes the length of the memory final.
const SEALS: SealFlag =
    SealFlag::F_SEAL_SHRINK.union(SealFlag::F_SEAL_GROW).union(SealFlag::F_SEAL_SEAL);

pub struct SharedMemory {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping belongs to this value and not to a thread.
unsafe impl Send for SharedMemory {}
// SAFETY: references handed out are to atomics; the raw address is the
// business of whoever uses it.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// `len` zeroed bytes, and the descriptor by which another process gets
    /// them. Pages exist when they are first touched.
    pub fn create(len: usize) -> io::Result<(SharedMemory, OwnedFd)> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let file = memfd_create(c"mpi-secure", flags)?;
        nix::unistd::ftruncate(&file, len as i64)?;
        fcntl(&file, FcntlArg::F_ADD_SEALS(SEALS))?;
        Ok((SharedMemory::map(&file, len)?, file))
    }

    /// Maps what another process made. Anything but sealed memory of exactly
    /// this length is refused: a file that can shrink would end us with SIGBUS.
    pub fn adopt(file: &OwnedFd, len: usize) -> io::Result<SharedMemory> {
        let seals = SealFlag::from_bits_retain(fcntl(file, FcntlArg::F_GET_SEALS)?);
        let found = fstat(file)?.st_size;
        if !seals.contains(SEALS) || found != len as i64 {
            return Err(io::Error::other(format!(
                "the peer's memory is not {len} sealed bytes but {found}, with seals {seals:?}"
            )));
        }
        SharedMemory::map(file, len)
    }

    fn map(file: impl AsFd, len: usize) -> io::Result<SharedMemory> {
        let size = NonZero::new(len).ok_or(io::ErrorKind::InvalidInput)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at a place of the kernel's choice disturbs
        // nothing that exists.
        let base = unsafe { mmap(None, size, access, MapFlags::MAP_SHARED, file, 0)? };
        // SAFETY: the range was mapped just above; the advice keeps messages
        // out of core dumps, and where the kernel does not take it, nothing
        // else changes.
        let _ = unsafe { madvise(base, len, MmapAdvise::MADV_DONTDUMP) };
        Ok(SharedMemory { base: base.cast(), len })
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The word of 32 bits at byte `at`.
    #[inline(always)]
    pub fn word(&self, at: usize) -> &AtomicU32 {
        assert!(at.is_multiple_of(4) && at + 4 <= self.len);
        // SAFETY: in the mapping, aligned (its base is a page), and for as
        // long as `self`; an atomic may be written by others meanwhile.
        unsafe { &*self.base.as_ptr().add(at).cast::<AtomicU32>() }
    }

    /// The word of 64 bits at byte `at`.
    #[inline(always)]
    pub fn long(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(8) && at + 8 <= self.len);
        // SAFETY: as in `word`.
        unsafe { &*self.base.as_ptr().add(at).cast::<AtomicU64>() }
    }

    /// The address of bytes `at..at + len`.
    #[inline(always)]
    pub fn address(&self, at: usize, len: usize) -> *mut u8 {
        assert!(at <= self.len && len <= self.len - at);
        self.base.as_ptr().wrapping_add(at)
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: mapped in `map` with this length, and nothing borrows it.
        let _ = unsafe { munmap(self.base.cast::<c_void>(), self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    #[test]
    fn two_mappings_are_one_memory() {
        let (here, file) = SharedMemory::create(8192).unwrap();
        let there = SharedMemory::adopt(&file, 8192).unwrap();
        here.long(4096).store(7, Ordering::Release);
        assert_eq!(there.long(4096).load(Ordering::Acquire), 7);
        assert_eq!(there.word(4096).load(Ordering::Acquire), 7);
    }

    #[test]
    fn sealed_memory_can_be_neither_cut_nor_opened_again() {
        let (_here, file) = SharedMemory::create(8192).unwrap();
        assert!(nix::unistd::ftruncate(&file, 4096).is_err());
        assert!(nix::unistd::ftruncate(&file, 16384).is_err());
        let more = SealFlag::F_SEAL_WRITE;
        assert!(fcntl(&file, FcntlArg::F_ADD_SEALS(more)).is_err());
    }

    #[test]
    fn what_could_be_cut_is_not_adopted() {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let open = memfd_create(c"open", flags).unwrap();
        nix::unistd::ftruncate(&open, 8192).unwrap();
        assert!(SharedMemory::adopt(&open, 8192).is_err());
        let half = FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK);
        fcntl(&open, half).unwrap();
        assert!(SharedMemory::adopt(&open, 8192).is_err());
        let (_short, file) = SharedMemory::create(4096).unwrap();
        assert!(SharedMemory::adopt(&file, 8192).is_err());
        let ordinary = OwnedFd::from(tempfile::tempfile().unwrap());
        nix::unistd::ftruncate(&ordinary, 8192).unwrap();
        assert!(SharedMemory::adopt(&ordinary, 8192).is_err());
    }
}
