//! An established link of either kind, for the table of links.

use super::connection::{Break, Connection, Sent};
use crate::channel::shm::Shared;
use crate::channel::{Lane, Sink};

/// A link in use.
#[expect(clippy::large_enum_variant, reason = "its owner has it in a box already")]
pub enum Link {
    /// Sealed frames on a socket.
    Wire(Connection),
    Shared(Shared),
}

impl Link {
    pub fn connection(&self) -> &Connection {
        match self {
            Link::Wire(connection) => connection,
            Link::Shared(shared) => &shared.connection,
        }
    }

    pub fn connection_mut(&mut self) -> &mut Connection {
        match self {
            Link::Wire(connection) => connection,
            Link::Shared(shared) => &mut shared.connection,
        }
    }

    #[inline]
    pub fn send(
        &mut self,
        lane: Option<&Lane>,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Sent, Break> {
        match self {
            Link::Shared(shared) => shared.send(lane, header, payload_len, fill),
            Link::Wire(connection) => connection.send(lane, header, payload_len, fill),
        }
    }

    /// Moves what is on the socket, both ways.
    pub fn attend(&mut self, sink: &mut dyn Sink) -> Result<bool, Break> {
        match self {
            Link::Shared(shared) => shared.attend(sink),
            Link::Wire(connection) => {
                let received = connection.receive(sink)?;
                Ok(connection.flush()? | received)
            }
        }
    }

    /// Opens what came right behind the handshake.
    pub fn open_early(&mut self, sink: &mut dyn Sink) -> Result<(), Break> {
        match self {
            Link::Shared(shared) => shared.open(sink),
            Link::Wire(connection) => connection.open_frames(sink),
        }
    }
}
