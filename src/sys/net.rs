//! Nonblocking TCP sockets, and what the kernel knows about a link. Every
//! descriptor made here is close-on-exec, so children of the application
//! inherit none.

use nix::errno::Errno;
use nix::sys::socket::{
    self, AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, sockopt,
};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

/// A nonblocking listener on a port of the kernel's choice, on every address:
/// IPv6 and IPv4 through one socket, or IPv4 alone where there is no IPv6.
pub fn listen() -> io::Result<TcpListener> {
    let any6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let any4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let listener: TcpListener = listen_at(any6).or_else(|_| listen_at(any4))?.into();
    Ok(listener)
}

fn listen_at(address: SocketAddr) -> io::Result<OwnedFd> {
    let socket = stream_socket(address)?;
    if address.is_ipv6() {
        socket::setsockopt(&socket, sockopt::Ipv6V6Only, &false)?;
    }
    socket::bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    socket::listen(&socket, Backlog::MAXCONN)?;
    Ok(socket)
}

/// Begins to connect and returns at once: the socket becomes writable when the
/// outcome is known, which [`connect_outcome`] then tells.
pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = stream_socket(address)?;
    match socket::connect(socket.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(socket.into()),
        Err(error) => Err(error.into()),
    }
}

/// `None` while a connection attempt is under way.
pub fn connect_outcome(stream: &TcpStream) -> Option<io::Result<()>> {
    match stream.take_error() {
        Ok(Some(error)) | Err(error) => return Some(Err(error)),
        Ok(None) => {}
    }
    match stream.peer_addr() {
        Ok(_) => Some(Ok(())),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => None,
        Err(error) => Some(Err(error)),
    }
}

fn stream_socket(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    Ok(socket::socket(family, SockType::Stream, flags, None)?)
}

/// Accepts one connection, nonblocking.
pub fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, from) = listener.accept()?;
    stream.set_nonblocking(true)?;
    Ok((stream, canonical(from)))
}

/// An IPv4 address that arrived through an IPv6 socket, as itself again.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Sends small messages at once, and lets the kernel probe a link on which
/// nothing is under way, so that it fails after about `silence`.
///
/// `TCP_USER_TIMEOUT` is absent on purpose: it also ends links whose peer is
/// alive but computes for longer than that without reading, which an MPI
/// program may do for hours. [`silence`] looks after data under way instead.
pub fn tune(stream: &TcpStream, silence: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let silence_s = silence.as_secs().clamp(4, 7200) as u32;
    socket::setsockopt(stream, sockopt::KeepAlive, &true)?;
    socket::setsockopt(stream, sockopt::TcpKeepIdle, &(silence_s / 2))?;
    socket::setsockopt(stream, sockopt::TcpKeepInterval, &(silence_s / 8).max(1))?;
    socket::setsockopt(stream, sockopt::TcpKeepCount, &4)?;
    Ok(())
}

/// For how long the peer's kernel has answered neither our data nor our
/// questions about its full window; `None` while it answers.
pub fn silence(stream: &TcpStream) -> io::Result<Option<Duration>> {
    // SAFETY: an all-zero tcp_info is a valid value of that plain struct.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut len = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into `info`, both ours.
    let outcome = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &mut len,
        )
    };
    if outcome != 0 {
        return Err(io::Error::last_os_error());
    }
    // One unanswered probe may be the one sent just now: their pace slows down
    // to minutes while a live peer does not read.
    let unanswered = info.tcpi_retransmits > 0 || info.tcpi_probes > 1;
    let quiet = Duration::from_millis(info.tcpi_last_ack_recv.into());
    Ok(unanswered.then_some(quiet))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_listener_takes_ipv4_and_reports_plain_addresses() {
        let listener = listen().unwrap();
        let port = listener.local_addr().unwrap().port();
        let stream = connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        let from = loop {
            match accept(&listener) {
                Ok((_, from)) => break from,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            assert!(Instant::now() < deadline);
        };
        assert!(from.is_ipv4());
        connect_outcome(&stream).unwrap().unwrap();
        tune(&stream, Duration::from_secs(30)).unwrap();
        assert_eq!(silence(&stream).unwrap(), None);
    }

    #[test]
    fn a_closed_port_is_an_outcome_and_not_a_hang() {
        let port = listen().unwrap().local_addr().unwrap().port();
        let deadline = Instant::now() + Duration::from_secs(10);
        let outcome = match connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
            Err(error) => Err(error),
            Ok(stream) => loop {
                assert!(Instant::now() < deadline);
                if let Some(outcome) = connect_outcome(&stream) {
                    break outcome;
                }
            },
        };
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }
}
