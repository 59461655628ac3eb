//! What makes a link between two processes secure: the policy they share, the
//! handshake that proves it, and the record layer that seals every frame.
//!
//! - [`handshake`] turns bytes of a stranger into an authenticated peer;
//! - [`record`] seals and opens frames; [`suite`] holds the ciphers;
//! - [`outbox`] is the only source of bytes that a socket accepts.
//!
//! No clock, no sockets and no unsafe code here. Randomness comes from the
//! kernel through ring.
#![forbid(unsafe_code)]

pub mod frame;
pub mod handshake;
mod keys;
pub mod outbox;
pub mod record;
pub mod suite;

pub use frame::{FRAME_MAX, HEADER_LEN, PLAIN_MAX};
pub use handshake::{
    Claim, Decision, Established, Handshake, LinkFailure, LinkSettings, Role, Step,
};
pub use keys::ClusterKey;
pub use outbox::{Outbox, Wire};
pub use record::{ContextId, FrameKind, Opened, Opener, RecordError, Sealer, Tally};
