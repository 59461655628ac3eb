//! Why a handshake failed, as told to the operator. The peer learns nothing
//! but a bare refusal.

use std::fmt;

/// Which check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The bytes are not our protocol at all.
    Protocol,
    /// Another version of our protocol.
    Version,
    /// The TLS conversation failed.
    Tls,
    /// The peer's certificate is not acceptable, or not for its host.
    Certificate,
    /// The peer does not hold our cluster key.
    ClusterKey,
    /// The peer's policy is not ours.
    Policy,
    /// The peer belongs to another job.
    Job,
    /// The peer is, or wants, another process.
    Peer,
    /// The peer refused us.
    Refused,
    /// The connection ended in the middle.
    Cut,
}

/// A failed handshake. `Display` gives check and remedy; [`LinkFailure::line`]
/// adds who the peer is, which only the owner of the socket knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFailure {
    pub check: Check,
    /// What was found, in words.
    found: String,
    /// True on the side that opened the connection. That side has called a
    /// process of its own job, so the failure ends the job; whoever is called
    /// may be called by strangers, counts them, and goes on.
    pub is_initiator: bool,
}

impl LinkFailure {
    pub(super) fn new(is_initiator: bool, check: Check, found: impl Into<String>) -> LinkFailure {
        LinkFailure { check, found: found.into(), is_initiator }
    }

    /// One line for the operator; `peer` is a name with its address, such as
    /// "rank 3 at node2 (10.0.0.2:4001)".
    pub fn line(&self, peer: &str) -> String {
        format!("no link with {peer}: {self}")
    }

    fn remedy(&self) -> &'static str {
        match self.check {
            Check::Protocol => {
                "something other than mpi-secure talks there; look for a port in use by \
                 another service, or for a scan"
            }
            Check::Version => "install the same version of mpi-secure on all hosts",
            Check::Tls => {
                "install the same version of mpi-secure on all hosts; if it persists, somebody \
                 alters the traffic"
            }
            Check::Certificate => {
                "give the host a certificate of its own with `mpi-secure ca issue`, and all hosts \
                 the same trust and revocation list (`mpi-secure check` shows them)"
            }
            Check::ClusterKey => {
                "give all hosts the same key: run `mpi-secure check` on each and compare the \
                 fingerprints (where they are equal, somebody alters the traffic)"
            }
            Check::Policy => {
                "give all hosts the same mpi-secure.toml: run `mpi-secure check` on each and \
                 compare the digests"
            }
            Check::Job => "look for processes left over from an earlier job on that host",
            Check::Peer => {
                "look for processes left over from an earlier job, or for a stale address in \
                 the wire-up"
            }
            Check::Refused => {
                "its own message says why; most often the policy or the key differs: compare \
                 `mpi-secure check` on both hosts"
            }
            Check::Cut => "the process there died, or its message says why",
        }
    }
}

impl fmt::Display for LinkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.found, self.remedy())
    }
}

impl std::error::Error for LinkFailure {}
