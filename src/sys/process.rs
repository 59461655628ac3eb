//! This process and its children, as the operating system sees them.
//!
//! What must hold: a descriptor number taken from the environment is turned
//! into an owned descriptor at most once, and only when it is a socket; what
//! runs between fork and exec makes system calls and nothing else.

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
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

/// What a child does between its fork and its program.
#[derive(Default)]
pub struct ChildSettings<'a> {
    /// Leaves this session and its terminal, as leader of a new one; else it
    /// leads a new process group of this session.
    pub new_session: bool,
    /// Sent to the child by the kernel when the thread that started it ends.
    pub death_signal: Option<Signal>,
    /// A descriptor that stays open in the child under its number.
    pub keep: Option<BorrowedFd<'a>>,
}

/// Makes `command` start its child as `settings` say, with no signal blocked. The descriptor to keep
/// must be open when the child is started.
pub fn prepare(command: &mut Command, settings: &ChildSettings) {
    let parent = std::process::id() as libc::pid_t;
    let new_session = settings.new_session;
    let death_signal = settings.death_signal.map(|signal| signal as libc::c_int);
    let keep = settings.keep.map(|fd| fd.as_raw_fd());
    let enter = move || -> std::io::Result<()> {
        let failed = |result: libc::c_int| match result {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        };
        // SAFETY: system calls on this new process itself; each may be called
        // between fork and exec, and none keeps a pointer. `sigemptyset`
        // initialises the whole set.
        unsafe {
            // The child inherits the mask, and we block what we read from a
            // signalfd.
            let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
            failed(libc::sigemptyset(none.as_mut_ptr()))?;
            failed(libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut()))?;
            match new_session {
                true => failed(libc::setsid())?,
                false => failed(libc::setpgid(0, 0))?,
            }
            if let Some(signal) = death_signal {
                failed(libc::prctl(libc::PR_SET_PDEATHSIG, signal))?;
                // The parent may have ended before the line above.
                if libc::getppid() != parent {
                    libc::_exit(128 + signal);
                }
            }
            if let Some(fd) = keep {
                failed(libc::fcntl(fd, libc::F_SETFD, 0))?;
            }
        }
        Ok(())
    };
    // SAFETY: `enter` allocates nothing, takes no lock and makes only the
    // system calls above; a last_os_error is a plain number.
    unsafe { command.pre_exec(enter) };
}
