//! The one handle all MPI objects share inside the library.
//!
//! The bit layout is MPICH's own, so that the MPICH ABI needs no translation;
//! the other ABIs spell it differently at the boundary (`abi`). Not here: the
//! tables that map a handle to its object (`object::table`).

/// Class of the object a [`Handle`] names (bits 29:26, MPICH's numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Comm = 1,
    Group = 2,
    Datatype = 3,
    File = 4,
    Errhandler = 5,
    Op = 6,
    Info = 7,
    Win = 8,
    Keyval = 9,
    Request = 11,
    Message = 12,
    Session = 13,
}

/// Name of an MPI object: 2 bits origin (null, built in, dynamic), 4 bits
/// [`Kind`], 26 bits index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub u32);

const INDEX_BITS: u32 = 26;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
const BUILTIN: u32 = 1 << 30;
const DYNAMIC: u32 = 2 << 30;
const ORIGIN_MASK: u32 = 3 << 30;

impl Handle {
    /// Most objects of one kind alive at once.
    pub const INDEX_MAX: u32 = INDEX_MASK;

    pub const fn null(kind: Kind) -> Handle {
        Handle((kind as u32) << INDEX_BITS)
    }

    pub const fn builtin(kind: Kind, index: u32) -> Handle {
        Handle(BUILTIN | (kind as u32) << INDEX_BITS | (index & INDEX_MASK))
    }

    pub const fn dynamic(kind: Kind, index: u32) -> Handle {
        Handle(DYNAMIC | (kind as u32) << INDEX_BITS | (index & INDEX_MASK))
    }

    pub const fn is_builtin(self) -> bool {
        self.0 & ORIGIN_MASK == BUILTIN
    }

    pub const fn is_dynamic(self) -> bool {
        self.0 & ORIGIN_MASK == DYNAMIC
    }

    pub const fn is(self, kind: Kind) -> bool {
        (self.0 & !ORIGIN_MASK) >> INDEX_BITS == kind as u32
    }

    pub const fn index(self) -> u32 {
        self.0 & INDEX_MASK
    }
}

/// The handle an object is known by at present, so that callbacks can be
/// given one.
#[derive(Debug, Default)]
pub struct HandleCell(std::sync::atomic::AtomicU32);

impl HandleCell {
    /// The handle, or nothing when there is none (any more).
    pub fn get(&self) -> Option<Handle> {
        // Relaxed: whoever can reach the object got it with, or after, its handle.
        let bits = self.0.load(std::sync::atomic::Ordering::Relaxed);
        (bits != 0).then_some(Handle(bits))
    }

    pub fn set(&self, handle: Handle) {
        self.0.store(handle.0, std::sync::atomic::Ordering::Relaxed);
    }

    /// Forgets `handle` if it is the one known.
    pub fn clear(&self, handle: Handle) {
        use std::sync::atomic::Ordering::Relaxed;
        let _ = self.0.compare_exchange(handle.0, 0, Relaxed, Relaxed);
    }
}
