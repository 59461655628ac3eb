//! A stream socket that takes nothing but an [`Outbox`] for writing. The
//! stream inside is private to this file, so plaintext has no way onto the
//! wire. Between hosts it is TCP; within one, a Unix socket, on which
//! descriptors can travel.

use crate::secure::Outbox;
use crate::sys::{net, unix};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Descriptors kept for the owner of a link; a peer that sends more loses them.
const DESCRIPTORS_MAX: usize = 3;

/// Where a process may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Network(SocketAddr),
    /// The name of a Unix socket, in the network namespace of both.
    Local(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Network(address) => address.fmt(f),
            Address::Local(_) => f.write_str("within the host"),
        }
    }
}

enum Stream {
    Tcp(TcpStream),
    Unix {
        stream: UnixStream,
        /// Leave with the next bytes.
        outgoing: Vec<OwnedFd>,
        /// Came with bytes that were read.
        incoming: Vec<OwnedFd>,
    },
}

pub struct Socket {
    stream: Stream,
    /// The other end, for messages.
    address: Address,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    Bytes(usize),
    Nothing,
    /// The peer's end of the stream, authentic or not.
    End,
}

impl Socket {
    /// Begins to connect; [`Socket::connect_outcome`] tells how it went. A
    /// local name that another user's process listens under is not our peer's.
    pub fn connect(address: &Address) -> io::Result<Socket> {
        match address {
            Address::Network(to) => {
                let stream = Stream::Tcp(net::connect(*to)?);
                Ok(Socket { stream, address: address.clone() })
            }
            Address::Local(name) => {
                let stream = unix::connect(name)?;
                if !unix::is_same_user(&stream) {
                    return Err(ErrorKind::PermissionDenied.into());
                }
                Ok(Socket::local(stream, address.clone()))
            }
        }
    }

    pub fn accepted(stream: TcpStream, from: SocketAddr) -> Socket {
        Socket { stream: Stream::Tcp(stream), address: Address::Network(from) }
    }

    /// A connection within the host, from a process of the same user.
    pub fn accepted_local(stream: UnixStream) -> Socket {
        Socket::local(stream, Address::Local(String::new()))
    }

    fn local(stream: UnixStream, address: Address) -> Socket {
        let stream = Stream::Unix { stream, outgoing: Vec::new(), incoming: Vec::new() };
        Socket { stream, address }
    }

    pub fn connect_outcome(&self) -> Option<io::Result<()>> {
        match &self.stream {
            Stream::Tcp(stream) => net::connect_outcome(stream),
            Stream::Unix { .. } => Some(Ok(())),
        }
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The addresses of this end and of the other; none within a host.
    pub fn ends(&self) -> Option<(IpAddr, IpAddr)> {
        match (&self.stream, &self.address) {
            (Stream::Tcp(stream), Address::Network(there)) => {
                let here = stream.local_addr().ok()?;
                Some((here.ip().to_canonical(), there.ip().to_canonical()))
            }
            _ => None,
        }
    }

    /// The process at the other end of a connection within the host, as this
    /// process's namespace numbers it.
    pub fn peer_pid(&self) -> Option<i32> {
        match &self.stream {
            Stream::Tcp(_) => None,
            Stream::Unix { stream, .. } => {
                unix::peer(stream).ok().map(|peer| peer.pid).filter(|&pid| pid > 0)
            }
        }
    }

    pub fn is_local(&self) -> bool {
        matches!(self.stream, Stream::Unix { .. })
    }

    pub fn tune(&self, silence: Duration) -> io::Result<()> {
        match &self.stream {
            Stream::Tcp(stream) => net::tune(stream, silence),
            Stream::Unix { .. } => Ok(()),
        }
    }

    /// How long the peer's kernel has not answered, `None` while it does.
    pub fn silence(&self) -> io::Result<Option<Duration>> {
        match &self.stream {
            Stream::Tcp(stream) => net::silence(stream),
            Stream::Unix { .. } => Ok(None),
        }
    }

    /// Sends descriptors along with the next bytes that are written; dropped
    /// where none can travel.
    pub fn attach(&mut self, descriptors: impl IntoIterator<Item = OwnedFd>) {
        if let Stream::Unix { outgoing, .. } = &mut self.stream {
            outgoing.extend(descriptors);
        }
    }

    /// The descriptors that came with what was read so far.
    pub fn take_descriptors(&mut self) -> Vec<OwnedFd> {
        match &mut self.stream {
            Stream::Tcp(_) => Vec::new(),
            Stream::Unix { incoming, .. } => std::mem::take(incoming),
        }
    }

    pub fn read(&mut self, out: &mut [u8]) -> io::Result<Received> {
        let outcome = match &mut self.stream {
            Stream::Tcp(stream) => stream.read(out),
            Stream::Unix { stream, incoming, .. } => {
                let outcome = unix::receive(stream, out, incoming);
                incoming.truncate(DESCRIPTORS_MAX);
                outcome
            }
        };
        match outcome {
            Ok(0) if !out.is_empty() => Ok(Received::End),
            Ok(len) => Ok(Received::Bytes(len)),
            Err(error) if is_transient(&error) => Ok(Received::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Hands as much of the outbox to the kernel as it takes now, and says how
    /// many bytes that were. No write raises SIGPIPE.
    pub fn write(&mut self, outbox: &mut Outbox) -> io::Result<usize> {
        let mut written = 0;
        while !outbox.is_empty() {
            let wire = outbox.wire();
            let wire_len = wire.len();
            let outcome = match &mut self.stream {
                Stream::Tcp(stream) => stream.write(wire.bytes()),
                Stream::Unix { stream, outgoing, .. } => {
                    let attached: Vec<_> = outgoing.iter().map(AsFd::as_fd).collect();
                    let outcome = unix::send(stream, wire.bytes(), &attached);
                    if outcome.is_ok() {
                        outgoing.clear();
                    }
                    outcome
                }
            };
            match outcome {
                Ok(len) => {
                    outbox.consume(len);
                    written += len;
                    if len < wire_len {
                        break;
                    }
                }
                Err(error) if is_transient(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    /// Ends our direction; the peer reads what is under way, then the end.
    pub fn finish(&self) -> io::Result<()> {
        match &self.stream {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Stream::Unix { stream, .. } => stream.shutdown(Shutdown::Write),
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.stream {
            Stream::Tcp(stream) => stream.as_fd(),
            Stream::Unix { stream, .. } => stream.as_fd(),
        }
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
