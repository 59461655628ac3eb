//! Layer `sys`: the operating system, wrapped so that the layers above need no
//! unsafe for it. No protocol and no policy here.

/// Host identity, addresses, processors.
pub mod host;
/// Nonblocking TCP sockets.
pub mod net;
/// Readiness and waking.
pub mod poll;
