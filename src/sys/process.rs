//! This process and its children, as the operating system sees them.
//!
//! What must hold: a descriptor number taken from the environment is turned
//! into an owned descriptor at most once, and only when it is a socket.

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use std::collections::BTreeSet;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Mutex;

/// Descriptors handed out by [`inherited_socket`].
static CLAIMED: Mutex<BTreeSet<RawFd>> = Mutex::new(BTreeSet::new());

/// Takes over the socket that the parent process left open as `fd`, and keeps
/// it from this process's own children.
pub fn inherited_socket(fd: RawFd) -> std::io::Result<OwnedFd> {
    let refuse = |message: &str| std::io::Error::new(std::io::ErrorKind::InvalidInput, message);
    if fd < 0 {
        return Err(refuse("a descriptor is not negative"));
    }
    let mut claimed = CLAIMED.lock().expect("no code panics while it holds this lock");
    if claimed.contains(&fd) {
        return Err(refuse("this process has taken it already"));
    }
    // SAFETY: the borrow ends before this function returns, and the calls
    // below fail with EBADF, without any other effect, when `fd` is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    let status = nix::sys::stat::fstat(borrowed)?;
    if status.st_mode & libc::S_IFMT != libc::S_IFSOCK {
        return Err(refuse("it is not a socket"));
    }
    let flags = FdFlag::from_bits_truncate(fcntl(borrowed, FcntlArg::F_GETFD)?);
    fcntl(borrowed, FcntlArg::F_SETFD(flags | FdFlag::FD_CLOEXEC))?;
    claimed.insert(fd);
    // SAFETY: `fd` is open; the environment of this process says it is ours to
    // use; CLAIMED makes sure that no second OwnedFd is made from it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
