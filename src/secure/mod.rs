//! What makes a link between two processes secure: the policy they share, the
//! handshake that proves it, and the record layer that seals every frame.
//!
//! - [`policy`] parses `mpi-secure.toml`; [`load`] finds and opens it;
//! - [`handshake`] turns bytes of a stranger into an authenticated peer;
//! - [`record`] seals and opens frames; [`suite`] holds the ciphers;
//! - [`outbox`] is the only source of bytes that a socket accepts.
//!
//! No clock, no sockets and no unsafe code here. Randomness comes from the
//! kernel through ring; files only through `sys::policy_file`.
#![forbid(unsafe_code)]

pub mod frame;
pub mod handshake;
mod keys;
pub mod load;
pub mod outbox;
pub mod policy;
pub mod record;
pub mod suite;

pub use frame::{FRAME_MAX, HEADER_LEN, PLAIN_MAX};
pub use handshake::{
    Claim, Decision, Established, Handshake, LinkFailure, LinkSettings, Role, Step,
};
pub use keys::ClusterKey;
pub use load::{CONFIG_VARIABLE, SITE_PATH, Search};
pub use outbox::{Outbox, Wire};
pub use policy::{Network, Policy, PolicyError, PolicyFault, Subnet, WithinHost};
pub use record::{ContextId, FrameKind, Opened, Opener, RecordError, Sealer, Tally};
