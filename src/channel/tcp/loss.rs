//! What the operator is told when an established link ends before its time.

use super::connection::Break;
use crate::channel::PeerId;
use crate::secure::RecordError;
use crate::secure::identity::date;

impl Break {
    /// Whether a security check has failed, and the line that says so, about a
    /// peer of this name, which `is_local` when it is of the same host.
    pub(super) fn explain(&self, peer: PeerId, name: &str, is_local: bool) -> (bool, String) {
        match self {
            // Nobody stands between two processes of one host.
            Break::Record(RecordError::Truncated) | Break::Network(_) if is_local => (
                false,
                format!("lost the link with {name}: the process there died (see its messages)"),
            ),
            Break::Memory(fault) => (
                true,
                format!(
                    "the link with {name} failed a check: {fault}; that process is broken or \
                     hostile: no data of that packet was used"
                ),
            ),
            // A process that dies looks like this too, and so does an attack
            // that cuts the stream: what is missing is the authentic close.
            Break::Record(RecordError::Truncated) => (
                true,
                format!(
                    "lost the link with {name}: it ended without the authenticated close; the \
                     process there died (see its messages), or somebody cut the connection"
                ),
            ),
            Break::Record(error @ RecordError::Module { .. }) => (
                true,
                format!(
                    "the link with {name} ended: {error}; see the module's documentation, or take \
                     it out of the policy on all hosts"
                ),
            ),
            Break::Record(error) => (
                true,
                format!(
                    "the link with {name} failed a check: {error}; somebody or something between \
                     the hosts alters the traffic: no data of that frame was used"
                ),
            ),
            Break::Elsewhere { wanted, found } => {
                let wanted = wanted.as_deref().unwrap_or("(not told)");
                let line = format!(
                    "the link with {name} failed a check: process {} is on host {wanted} by the \
                     wire-up, and who called has the certificate of {found}; look for a process \
                     that claims to be another, or for one left over from an earlier job",
                    peer.0
                );
                (true, line)
            }
            Break::Expired(at) => (
                true,
                format!(
                    "the link with {name} ended: its certificate or this host's has expired ({}); \
                     make new ones with `mpi-secure ca issue`, or let running jobs end with \
                     on_expiry = \"warn\" under [identity]",
                    date(*at)
                ),
            ),
            Break::Network(error) => (
                false,
                format!(
                    "lost the link with {name}: {error}; the process or its host died, or the \
                     network between failed"
                ),
            ),
            Break::Silent(_) => (
                false,
                format!(
                    "lost the link with {name}: {self}; its host died or the network between \
                     failed"
                ),
            ),
        }
    }
}
