//! Memory for the application (`MPI_Alloc_mem`), from the C library, aligned
//! for vector instructions and cache lines; and short looks at its own memory.
//!
//! What must hold: what is given back came from here and is no longer used;
//! addresses with a length are valid for it, as the standard says of them.

use crate::object::{Class, Error, Result};

/// Alignment in bytes unless more is asked for: one cache line.
pub const ALIGNMENT: usize = 64;

/// Address of `bytes` fresh bytes, aligned to `alignment`, a power of two.
pub fn allocate(bytes: usize, alignment: usize) -> Result<usize> {
    let mut at = std::ptr::null_mut();
    let alignment = alignment.max(ALIGNMENT);
    // SAFETY: `at` is a place for a pointer; the C library checks the rest.
    let outcome = unsafe { libc::posix_memalign(&mut at, alignment, bytes.max(1)) };
    if outcome != 0 {
        let message = format!("{bytes} bytes aligned to {alignment} are not available");
        return Err(Error::new(Class::NoMem, message));
    }
    Ok(at as usize)
}

/// Gives back what `allocate` gave; null is nothing to give back.
pub fn free(at: usize) {
    // SAFETY: the application passes what MPI_Alloc_mem gave it (see the top).
    unsafe { libc::free(at as *mut std::ffi::c_void) }
}

/// Copies `len` bytes of the application.
pub fn read(at: usize, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    // SAFETY: valid for `len` bytes (see the top), and ours are new.
    unsafe { std::ptr::copy_nonoverlapping(at as *const u8, bytes.as_mut_ptr(), len) };
    bytes
}

/// Writes bytes to the application's memory.
pub fn write(at: usize, bytes: &[u8]) {
    // SAFETY: valid for as many bytes (see the top), and not ours.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), at as *mut u8, bytes.len()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_aligned_and_writable_even_when_empty() {
        for (bytes, alignment) in [(0, 0), (1, 8), (1 << 20, 4096)] {
            let at = allocate(bytes, alignment).unwrap();
            assert_eq!(at % alignment.max(ALIGNMENT), 0);
            // SAFETY: at least one byte was allocated.
            unsafe { (at as *mut u8).write(7) };
            free(at);
        }
        assert_eq!(allocate(usize::MAX / 2, 64).unwrap_err().class(), Class::NoMem);
    }
}
