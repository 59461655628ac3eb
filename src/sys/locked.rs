//! Memory for secrets: locked into RAM (so never in swap), left out of core
//! dumps, wiped in the child of a fork, and wiped when it is given back.
//!
//! What must hold: a slot belongs to one [`Locked`] at a time, is as large and
//! as aligned as its value needs, and its chunk is never unmapped. Chunks are
//! kept for good, so the last holds by itself.
//!
//! The pool of chunks is the one global of this layer, as the heap is one: it
//! is an allocator, and knows nothing of jobs or links. Where the kernel
//! refuses to lock (RLIMIT_MEMLOCK), the memory is used all the same, and
//! [`status`] says so: refusing would end jobs, and the rest still holds.
//!
//! In the child of a fork the values are gone and all zeros. Whoever may be
//! called there asks [`Locked::is_alive`] before it uses one: zeros are a key
//! that everybody knows, or no value at all.
//!
//! A value may have left copies on the stack on its way in; see
//! `secure::keys::wipe_stack`.

use std::alloc::Layout;
use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mlock, mmap_anonymous};
use zeroize::Zeroize;

/// Bytes of one chunk.
const CHUNK_LEN: usize = 64 << 10;

/// Smallest and largest slot: powers of two, so that slots are aligned to
/// their size. A larger value has a chunk of its own.
const SLOT_MIN: usize = 64;
const SLOT_MAX: usize = 4096;
const CLASSES: usize = (SLOT_MAX / SLOT_MIN).ilog2() as usize + 1;

/// First word of a chunk; zero in the child of a fork.
const ALIVE: u64 = 0x6b65_7973_6865_7265;

/// A value in locked memory.
pub struct Locked<T: ?Sized> {
    value: NonNull<T>,
    slot: Slot,
}

// SAFETY: a `Locked` owns its value as a `Box` does.
unsafe impl<T: ?Sized + Send> Send for Locked<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for Locked<T> {}

impl<T> Locked<T> {
    pub fn new(value: T) -> Locked<T> {
        let layout = Layout::new::<T>();
        assert!(layout.align() <= SLOT_MIN, "no secret is aligned to {}", layout.align());
        let slot = pool().take(layout.size());
        let place = slot.start.cast::<T>();
        // SAFETY: the slot is ours alone and has the size; it is aligned to
        // SLOT_MIN at least.
        unsafe { place.write(value) };
        Locked { value: place, slot }
    }

    /// The same value behind a trait.
    pub fn widen<U: ?Sized>(self, wide: impl FnOnce(&mut T) -> &mut U) -> Locked<U> {
        let this = std::mem::ManuallyDrop::new(self);
        let mut value = this.value;
        // SAFETY: the value is there and nobody else has it.
        let wide = NonNull::from(wide(unsafe { value.as_mut() }));
        // `wide` could only be something else by leaking that.
        assert!(wide.cast::<u8>() == value.cast::<u8>(), "another value than the one given");
        Locked { value: wide, slot: this.slot }
    }
}

impl<const LEN: usize> Locked<[u8; LEN]> {
    /// Zeros, to be filled in place.
    pub fn zeroed() -> Locked<[u8; LEN]> {
        Locked::new([0; LEN])
    }
}

impl<T: ?Sized> Locked<T> {
    /// False in the child of a fork that came after the value.
    #[inline]
    pub fn is_alive(&self) -> bool {
        self.slot.is_alive()
    }
}

impl<T: ?Sized> Deref for Locked<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the value is there until the drop, but in the child of a
        // fork, where the record layer asks first.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for Locked<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and `&mut self` is the only way to it.
        unsafe { self.value.as_mut() }
    }
}

impl<T: ?Sized> Drop for Locked<T> {
    fn drop(&mut self) {
        if !self.slot.is_alive() {
            return;
        }
        // SAFETY: the value is there, and nobody can use it after this.
        unsafe { self.value.drop_in_place() };
        self.slot.wipe();
        pool().give_back(self.slot);
    }
}

/// How well secrets are kept, for reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Bytes of memory for secrets.
    pub bytes: usize,
    /// Those of them that the kernel refused to lock.
    pub unlocked_bytes: usize,
}

pub fn status() -> Status {
    pool().status
}

/// A piece of a chunk.
#[derive(Clone, Copy)]
struct Slot {
    start: NonNull<u8>,
    len: usize,
    chunk: NonNull<u64>,
}

// SAFETY: an address of memory that is never unmapped.
unsafe impl Send for Slot {}

impl Slot {
    #[inline]
    fn is_alive(&self) -> bool {
        // SAFETY: chunks stay mapped, and their first word is never written
        // after they were made.
        unsafe { self.chunk.read_volatile() == ALIVE }
    }

    fn wipe(&self) {
        // SAFETY: the slot is mapped, and nothing lives in it any more.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }.zeroize();
    }
}

#[derive(Default)]
struct Pool {
    free: [Vec<Slot>; CLASSES],
    status: Status,
}

fn pool() -> MutexGuard<'static, Pool> {
    static POOL: Mutex<Pool> = Mutex::new(Pool {
        free: [const { Vec::new() }; CLASSES],
        status: Status { bytes: 0, unlocked_bytes: 0 },
    });
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    fn take(&mut self, len: usize) -> Slot {
        let len = len.next_power_of_two().max(SLOT_MIN);
        if len > SLOT_MAX {
            // The first slot's place is the chunk's first word.
            let chunk = self.map(len + SLOT_MAX);
            return slot(chunk, SLOT_MAX, len);
        }
        let class = (len / SLOT_MIN).ilog2() as usize;
        if self.free[class].last().is_some_and(|slot| !slot.is_alive()) {
            // The chunks of the parent: locked no more, and wiped by nobody.
            *self = Pool::default();
        }
        if self.free[class].is_empty() {
            let chunk = self.map(CHUNK_LEN);
            let count = CHUNK_LEN / len;
            // From the back, so that the front is handed out first.
            self.free[class] = (1..count).rev().map(|at| slot(chunk, at * len, len)).collect();
        }
        self.free[class].pop().expect("a chunk has more than one slot")
    }

    fn give_back(&mut self, slot: Slot) {
        // A chunk of a single large value stays as it is: there are few.
        if slot.len <= SLOT_MAX {
            self.free[(slot.len / SLOT_MIN).ilog2() as usize].push(slot);
        }
    }

    fn map(&mut self, len: usize) -> NonNull<u64> {
        let size = NonZeroUsize::new(len).expect("a chunk has bytes");
        let (protection, flags) =
            (ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_PRIVATE);
        // SAFETY: a fresh mapping where the kernel likes touches nothing.
        let chunk = unsafe { mmap_anonymous(None, size, protection, flags) };
        let chunk: NonNull<c_void> = chunk.expect("the kernel gives memory for secrets");
        self.status.bytes += len;
        // SAFETY: the range is the mapping just made.
        if unsafe { mlock(chunk, len) }.is_err() {
            self.status.unlocked_bytes += len;
        }
        for advice in [MmapAdvise::MADV_DONTDUMP, MmapAdvise::MADV_WIPEONFORK] {
            // SAFETY: neither changes what this process sees of the range.
            // Kernels know both since 2017; without, the rest still holds.
            let _ = unsafe { madvise(chunk, len, advice) };
        }
        let first = chunk.cast::<u64>();
        // SAFETY: the mapping is writable and longer than a word.
        unsafe { first.write(ALIVE) };
        first
    }
}

fn slot(chunk: NonNull<u64>, at: usize, len: usize) -> Slot {
    // SAFETY: the caller's place is within the chunk.
    let start = unsafe { chunk.cast::<u8>().add(at) };
    Slot { start, len, chunk }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_live_in_slots_and_are_wiped_when_they_go() {
        let mut one = Locked::<[u8; 32]>::zeroed();
        one.fill(7);
        let other = Locked::new([9u64; 100]);
        assert_eq!((*one, *other), ([7; 32], [9; 100]));
        let at = one.value;
        drop(one);
        // SAFETY: the slot stays mapped; another test may use it by now, but
        // not fill it with sevens.
        assert_ne!(unsafe { at.as_ptr().read_volatile() }, [7; 32]);
        assert!(status().bytes >= CHUNK_LEN);
    }

    #[test]
    fn many_values_of_many_sizes_do_not_meet() {
        fn fill<const LEN: usize>(with: u8) -> Locked<[u8; LEN]> {
            Locked::new([with; LEN])
        }
        let small: Vec<_> = (0..3000).map(|at| fill::<48>(at as u8)).collect();
        let middle: Vec<_> = (0..200).map(|at| fill::<1000>(at as u8)).collect();
        let large: Vec<_> = (0..3).map(|at| fill::<10_000>(at as u8)).collect();
        assert!(small.iter().enumerate().all(|(at, value)| **value == [at as u8; 48]));
        assert!(middle.iter().enumerate().all(|(at, value)| **value == [at as u8; 1000]));
        assert!(large.iter().enumerate().all(|(at, value)| **value == [at as u8; 10_000]));
    }

    #[test]
    fn a_value_behind_a_trait_is_dropped_once() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static DROPS: AtomicUsize = AtomicUsize::new(0);
        struct Number(u32);
        trait Named {
            fn number(&self) -> u32;
        }
        impl Named for Number {
            fn number(&self) -> u32 {
                self.0
            }
        }
        impl Drop for Number {
            fn drop(&mut self) {
                DROPS.fetch_add(1, Ordering::Relaxed);
            }
        }
        let named = Locked::new(Number(5)).widen(|number| number as &mut dyn Named);
        assert_eq!(named.number(), 5);
        drop(named);
        assert_eq!(DROPS.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn the_child_of_a_fork_has_no_value_and_knows_it() {
        let secret = Locked::new([7u8; 32]);
        // SAFETY: the child looks at memory, takes no lock, and leaves at once.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let gone = !secret.is_alive() && *secret == [0; 32];
            // SAFETY: ends the child and runs nothing of the parent's.
            unsafe { libc::_exit(if gone { 0 } else { 1 }) };
        }
        let mut status = -1;
        // SAFETY: the child is ours, and the place of its status is too.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
        assert!(secret.is_alive() && *secret == [7; 32]);
    }

    /// What a core dump and a child would hold, as the kernel says.
    #[test]
    fn the_kernel_keeps_the_memory_out_of_dumps_and_children() {
        let secret = Locked::new([1u8; 64]);
        let at = secret.value.as_ptr() as usize;
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut flags = None;
        let mut inside = false;
        for line in smaps.lines() {
            if let Some((range, _)) = line.split_once(' ')
                && let Some((start, end)) = range.split_once('-')
                && let (Ok(start), Ok(end)) =
                    (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16))
            {
                inside = (start..end).contains(&at);
            }
            if inside && let Some(found) = line.strip_prefix("VmFlags:") {
                flags = Some(found.to_owned());
            }
        }
        let flags = flags.expect("the mapping is listed");
        let has = |flag: &str| flags.split_whitespace().any(|found| found == flag);
        assert!(has("dd") && has("wf"), "{flags}");
        assert!(has("lo") || status().unlocked_bytes > 0, "{flags}");
    }
}
