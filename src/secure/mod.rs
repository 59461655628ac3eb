//! What makes a link between two processes secure: the policy they share, the
//! handshake that proves it, and the record layer that seals every frame.
//!
//! - [`policy`] parses `mpi-secure.toml`; [`load`] finds and opens it;
//! - [`identity`] is the host's certificate, and whose it trusts;
//! - [`handshake`] turns bytes of a stranger into an authenticated peer;
//! - [`profile`] is what security contexts can be made of, [`rulebook`] which
//!   message gets which;
//! - [`record`] seals and opens frames; [`suite`] holds the ciphers,
//!   [`signature`] what is signed over them, [`padding`] what hides lengths;
//! - [`transform`] is what a site's own modules do to content;
//! - [`walk`] reads captures, [`authority`] certifies hosts;
//! - [`outbox`] is the only source of bytes that a socket accepts.
//!
//! No sockets and no unsafe code here, and no clock but the one that tells
//! whether a certificate is valid (`LinkSettings::clock`, which tests set), and
//! the stopwatch that compares two providers of a cipher (`suite::aead`).
//! Randomness comes from the kernel through [`primitives`]; files only through
//! `sys::policy_file`; secrets live in `sys::locked`.
#![forbid(unsafe_code)]

pub mod authority;
pub mod frame;
pub mod handshake;
pub mod identity;
mod keys;
pub mod load;
pub mod outbox;
pub mod padding;
pub mod policy;
mod primitives;
pub mod profile;
pub mod protection;
pub mod record;
pub mod rulebook;
pub mod signature;
pub mod suite;
mod transform;
pub mod walk;

pub use frame::{FRAME_MAX, HEADER_LEN, PLAIN_MAX};
pub use handshake::{
    Claim, Decision, Established, Handshake, LinkFailure, LinkSettings, Role, Step,
};
pub use identity::OnExpiry;
pub use keys::ClusterKey;
pub use load::{CONFIG_VARIABLE, SITE_PATH, Search};
pub use outbox::{Outbox, Wire};
pub use padding::Padding;
pub use policy::{About, Network, Policy, PolicyError, PolicyFault, Subnet, WithinHost};
pub use profile::{NotGiven, ProfileId, ProfileSet, Profiles};
pub use protection::Protection;
pub use record::{ContextId, FrameKind, Opened, Opener, RecordError, Sealer, Tally};
pub use rulebook::{End, Rule, Rulebook};
