//! A TCP socket that takes nothing but an [`Outbox`] for writing. The stream
//! inside is private to this file, so plaintext has no way onto the wire.

use crate::secure::Outbox;
use crate::sys::net;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

pub struct Socket {
    stream: TcpStream,
    /// The other end, for messages.
    address: SocketAddr,
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
    /// Begins to connect; [`Socket::connect_outcome`] tells how it went.
    pub fn connect(address: SocketAddr) -> io::Result<Socket> {
        Ok(Socket { stream: net::connect(address)?, address })
    }

    pub fn accepted(stream: TcpStream, address: SocketAddr) -> Socket {
        Socket { stream, address }
    }

    pub fn connect_outcome(&self) -> Option<io::Result<()>> {
        net::connect_outcome(&self.stream)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn tune(&self, silence: Duration) -> io::Result<()> {
        net::tune(&self.stream, silence)
    }

    /// How long the peer's kernel has not answered, `None` while it does.
    pub fn silence(&self) -> io::Result<Option<Duration>> {
        net::silence(&self.stream)
    }

    pub fn read(&mut self, out: &mut [u8]) -> io::Result<Received> {
        match self.stream.read(out) {
            Ok(0) if !out.is_empty() => Ok(Received::End),
            Ok(len) => Ok(Received::Bytes(len)),
            Err(error) if is_transient(&error) => Ok(Received::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Hands as much of the outbox to the kernel as it takes now, and says how
    /// many bytes that were. The standard library writes with `MSG_NOSIGNAL`.
    pub fn write(&mut self, outbox: &mut Outbox) -> io::Result<usize> {
        let mut written = 0;
        while !outbox.is_empty() {
            let wire = outbox.wire();
            let wire_len = wire.len();
            match self.stream.write(wire.bytes()) {
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
        self.stream.shutdown(Shutdown::Write)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
