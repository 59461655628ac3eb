//! Unix sockets between processes of one host: abstract names, which live in
//! the network namespace and nowhere on a disk; who is at the other end, as
//! the kernel knows it; descriptors handed over with the bytes.
//!
//! What must hold: a descriptor that the kernel put into a received message is
//! owned by exactly one [`OwnedFd`], whether it was expected or not.

use nix::sys::socket::{
    self, AddressFamily, Backlog, ControlMessage, MsgFlags, SockFlag, SockType, UnixAddr, sockopt,
};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};

/// Descriptors taken from one message; the kernel drops what is over it.
pub const DESCRIPTORS_MAX: usize = 4;

/// A nonblocking listener under an abstract name.
pub fn listen(name: &str) -> io::Result<UnixListener> {
    let socket = stream_socket()?;
    socket::bind(socket.as_raw_fd(), &UnixAddr::new_abstract(name.as_bytes())?)?;
    socket::listen(&socket, Backlog::MAXCONN)?;
    Ok(socket.into())
}

/// Connects, which within a host happens at once or not at all.
pub fn connect(name: &str) -> io::Result<UnixStream> {
    let socket = stream_socket()?;
    socket::connect(socket.as_raw_fd(), &UnixAddr::new_abstract(name.as_bytes())?)?;
    Ok(socket.into())
}

fn stream_socket() -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    Ok(socket::socket(AddressFamily::Unix, SockType::Stream, flags, None)?)
}

/// Accepts one connection, nonblocking.
pub fn accept(listener: &UnixListener) -> io::Result<UnixStream> {
    let (stream, _) = listener.accept()?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// The process at the other end when the connection was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// In our own process namespace; 0 if it is not to be seen from there.
    pub pid: i32,
    /// In our own user namespace.
    pub uid: u32,
}

pub fn peer(stream: &UnixStream) -> io::Result<Credentials> {
    let found = socket::getsockopt(stream, sockopt::PeerCredentials)?;
    Ok(Credentials { pid: found.pid(), uid: found.uid() })
}

/// Whether the process at the other end runs as the same user as this one.
pub fn is_same_user(stream: &UnixStream) -> bool {
    peer(stream).is_ok_and(|peer| peer.uid == nix::unistd::geteuid().as_raw())
}

/// Sends bytes with `descriptors` attached to the first of them.
pub fn send(
    stream: &UnixStream,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<usize> {
    let raw: Vec<RawFd> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
    let control = [ControlMessage::ScmRights(&raw)];
    let control = if raw.is_empty() { &[][..] } else { &control[..] };
    let (flags, to) = (MsgFlags::MSG_NOSIGNAL, None::<&UnixAddr>);
    let fd = stream.as_raw_fd();
    Ok(socket::sendmsg(fd, &[IoSlice::new(bytes)], control, flags, to)?)
}

/// Receives bytes, and appends the descriptors that came with them.
pub fn receive(
    stream: &UnixStream,
    out: &mut [u8],
    descriptors: &mut Vec<OwnedFd>,
) -> io::Result<usize> {
    // Aligned as the header of a control message must be.
    let mut control = [0u64; 8];
    let mut part = libc::iovec { iov_base: out.as_mut_ptr().cast(), iov_len: out.len() };
    // SAFETY: an all-zero msghdr is a valid value of that plain struct.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = &mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = (control_len() as usize).min(size_of_val(&control)) as _;
    // SAFETY: the kernel writes into `out` and `control`, within the lengths
    // given, both borrowed for longer than the call.
    let len = unsafe { libc::recvmsg(stream.as_raw_fd(), &mut message, libc::MSG_CMSG_CLOEXEC) };
    if len < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has filled in `message`, whose control messages the
    // macros walk within the length it wrote; each descriptor in them is new
    // in this process and is owned by nobody yet.
    unsafe {
        let mut header = libc::CMSG_FIRSTHDR(&message);
        while !header.is_null() {
            let (level, kind) = ((*header).cmsg_level, (*header).cmsg_type);
            if (level, kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                let data = libc::CMSG_DATA(header).cast::<RawFd>();
                let data_len = (*header).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                for index in 0..data_len / size_of::<RawFd>() {
                    descriptors.push(OwnedFd::from_raw_fd(data.add(index).read_unaligned()));
                }
            }
            header = libc::CMSG_NXTHDR(&message, header);
        }
    }
    Ok(len as usize)
}

/// Room for one message with [`DESCRIPTORS_MAX`] descriptors.
fn control_len() -> u32 {
    // SAFETY: plain arithmetic.
    unsafe { libc::CMSG_SPACE((DESCRIPTORS_MAX * size_of::<RawFd>()) as u32) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn the_kernel_says_who_is_there() {
        let name = format!("mpi-secure-test-{}", std::process::id());
        let listener = listen(&name).unwrap();
        let near = connect(&name).unwrap();
        let far = accept(&listener).unwrap();
        for end in [&near, &far] {
            assert_eq!(peer(end).unwrap().pid, std::process::id() as i32);
            assert!(is_same_user(end));
        }
        drop(listener);
        assert_eq!(connect(&name).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn descriptors_arrive_with_the_first_byte_and_too_many_are_dropped() {
        let (near, far) = UnixStream::pair().unwrap();
        let file = OwnedFd::from(tempfile::tempfile().unwrap());
        let fds = [file.as_fd(), file.as_fd()];
        assert_eq!(send(&near, b"ab", &fds).unwrap(), 2);
        assert_eq!(send(&near, b"cd", &[file.as_fd(); DESCRIPTORS_MAX + 3]).unwrap(), 2);
        let (mut got, mut bytes) = (Vec::new(), [0; 8]);
        assert_eq!(receive(&far, &mut bytes[..1], &mut got).unwrap(), 1);
        assert_eq!(got.len(), 2);
        let mut rest = 0;
        while rest < 3 {
            rest += receive(&far, &mut bytes, &mut got).unwrap();
        }
        assert_eq!(got.len(), 2 + DESCRIPTORS_MAX);
        drop(near);
        assert_eq!(receive(&far, &mut bytes, &mut got).unwrap(), 0);
    }
}
