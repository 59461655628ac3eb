//! What a channel tells about its links for the job's report.

use crate::secure::About;
use serde::Serialize;
use std::collections::BTreeMap;

/// One process's account of all its links; `mpi` writes it as JSON.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LinkReport {
    pub process: u32,
    pub host: String,
    /// What the links have in common.
    pub policy: About,
    /// How well this process keeps its secrets.
    pub memory: Memory,
    pub links: Vec<Link>,
    pub sent: Traffic,
    pub received: Traffic,
    /// Connections of strangers that were turned away, by reason.
    pub refused: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Memory {
    /// Bytes for secrets, locked and out of dumps.
    pub secret_bytes: usize,
    /// Those of them that could be swapped, because the kernel locks no more.
    pub unlocked_bytes: usize,
}

impl Memory {
    pub fn now() -> Memory {
        let crate::sys::locked::Status { bytes, unlocked_bytes } = crate::sys::locked::status();
        Memory { secret_bytes: bytes, unlocked_bytes }
    }
}

/// One link to one peer, living or ended.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    pub peer: u32,
    pub host: String,
    pub address: String,
    /// `tcp`, `shared memory`, or `unix socket` where memory was not to be had.
    pub transport: &'static str,
    /// How the peer was authenticated.
    pub identity: String,
    /// What protects the data; for shared memory what `within_host` says.
    pub suite: String,
    pub opened_here: bool,
    pub handshake_us: u64,
    pub sent: Traffic,
    pub received: Traffic,
    /// What of that was sealed, by the profile of the security context.
    pub contexts: Vec<Context>,
    /// `open`, `closed`, or the error that ended it.
    pub state: String,
}

/// The security contexts of one profile on a link.
#[derive(Clone, Debug, Serialize)]
pub struct Context {
    /// As the policy calls it.
    pub name: String,
    pub suite: String,
    pub sent: Traffic,
    pub received: Traffic,
}

/// One direction. Bytes are plaintext: packets and their headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    pub frames: u64,
    pub bytes: u64,
    /// Keys used, over all security contexts; at least 1 on a link.
    pub epochs: u64,
    /// Security contexts.
    pub contexts: u64,
}

impl std::ops::AddAssign for Traffic {
    fn add_assign(&mut self, other: Traffic) {
        self.frames += other.frames;
        self.bytes += other.bytes;
        self.epochs += other.epochs;
        self.contexts += other.contexts;
    }
}
