//! Reading another process's memory, in one copy and without its help.
//!
//! The kernel allows it between processes of one user, unless something
//! stricter is in force (Yama, seccomp, another process namespace): who means
//! to use it tries first.

use std::io;

/// A run of this process's memory that another process's bytes may replace.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    address: *mut u8,
    len: usize,
}

// SAFETY: an address and a length, used only where `Span::new` is vouched for.
unsafe impl Send for Span {}

impl Span {
    /// # Safety
    /// While the span is used, its bytes are writable, and nobody has a Rust
    /// reference to them.
    pub unsafe fn new(address: *mut u8, len: usize) -> Span {
        Span { address, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes `at..at + len` of the span.
    pub fn part(&self, at: usize, len: usize) -> Span {
        assert!(at.checked_add(len).is_some_and(|end| end <= self.len));
        Span { address: self.address.wrapping_add(at), len }
    }
}

/// Fills `target` from `address` of process `pid`. What is not there, or not
/// allowed, is an error; part of `target` may have been written then.
pub fn read(pid: i32, address: u64, target: Span) -> io::Result<()> {
    let mut done = 0;
    while done < target.len {
        let rest = target.part(done, target.len - done);
        let local = libc::iovec { iov_base: rest.address.cast(), iov_len: rest.len };
        let from = address.wrapping_add(done as u64) as usize;
        let remote =
            libc::iovec { iov_base: std::ptr::without_provenance_mut(from), iov_len: rest.len };
        // SAFETY: `Span::new` vouches for the local memory; the remote one is
        // for the kernel to check.
        let len = unsafe { libc::process_vm_readv(pid, &local, 1, &remote, 1, 0) };
        match len {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            len if len < 0 => return Err(io::Error::last_os_error()),
            len => done += len as usize,
        }
    }
    Ok(())
}

/// Reads one word; `None` where that is not possible.
pub fn read_word(pid: i32, address: u64) -> Option<u64> {
    let mut word = 0u64;
    // SAFETY: a word of this stack frame, which nothing else refers to.
    let target = unsafe { Span::new((&raw mut word).cast(), size_of::<u64>()) };
    read(pid, address, target).ok().map(|()| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_or_an_error_and_never_a_fault() {
        let own = std::process::id() as i32;
        let word = Box::new(0x0123_4567_89ab_cdef_u64);
        let address = std::ptr::from_ref(&*word).addr() as u64;
        assert_eq!(read_word(own, address), Some(*word));
        assert_eq!(read_word(own, 8), None);
        assert_eq!(read_word(own, u64::MAX - 3), None);
        assert_eq!(read_word(0, address), None);
        assert_eq!(read_word(i32::MAX, address), None);
    }
}
