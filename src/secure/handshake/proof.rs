//! What the two ends tell each other inside TLS once it is up, and how they
//! prove it: an HMAC under a key derived from the cluster key, over the TLS
//! exporter, what both showed, the role and the words themselves.
//!
//! The exporter ties the proof to this conversation: a proof carried over to
//! another one (a stranger in the middle, a replay) verifies nowhere. The
//! role keeps a proof from being reflected to its maker. The acceptor's proof
//! covers the initiator's, so both agree on everything that was said.

use std::fmt;
use std::sync::Arc;

use super::Decision;
use super::failure::Check;
use super::tls::Tls;
use crate::secure::keys::{ClusterKey, Secret, hash_parts};
use crate::secure::primitives::{digest, hmac};
use crate::sys::locked::Locked;

/// Longest job name that travels as it is; longer ones travel as a hash.
const JOB_LEN_MAX: usize = 96;

/// Longest name of a host (RFC 1035).
const HOST_LEN_MAX: usize = 253;

const MAC_LEN: usize = 32;
const DIGEST_LEN: usize = 32;

/// What a process is in a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Role {
    /// A process of the MPI program.
    Rank = 1,
    /// The program that started the job.
    Launcher = 2,
    /// What the launcher runs on each host.
    Server = 3,
}

impl Role {
    fn from_byte(byte: u8) -> Option<Role> {
        [Role::Rank, Role::Launcher, Role::Server].into_iter().find(|role| *role as u8 == byte)
    }
}

/// Who one says one is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    pub role: Role,
    pub number: u32,
    job: String,
}

impl Claim {
    /// `job` is the name that the wire-up gives to all processes of the job.
    pub fn new(role: Role, number: u32, job: &str) -> Claim {
        let plain = job.len() <= JOB_LEN_MAX && job.bytes().all(|byte| byte.is_ascii_graphic());
        let job = if plain {
            job.to_owned()
        } else {
            let hash = digest::digest(&digest::SHA256, job.as_bytes());
            format!("sha256:{}", data_encoding::HEXLOWER.encode(hash.as_ref()))
        };
        Claim { role, number, job }
    }

    pub fn job(&self) -> &str {
        &self.job
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.role as u8);
        out.extend_from_slice(&self.number.to_be_bytes());
        out.push(self.job.len() as u8);
        out.extend_from_slice(self.job.as_bytes());
    }

    fn decode(bytes: &mut &[u8]) -> Option<Claim> {
        let role = Role::from_byte(take(bytes, 1)?[0])?;
        let number = u32::from_be_bytes(take(bytes, 4)?.try_into().ok()?);
        let len = usize::from(take(bytes, 1)?[0]);
        let job = std::str::from_utf8(take(bytes, len)?).ok()?;
        if len > JOB_LEN_MAX || !job.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        Some(Claim { role, number, job: job.to_owned() })
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Rank => "rank",
            Role::Launcher => "launcher",
            Role::Server => "server",
        };
        write!(f, "{role} {} of job {}", self.number, self.job)
    }
}

/// A host's name as it travels: one that no certificate could be for is empty.
pub(super) fn host_name(host: &str) -> String {
    let fits = host.len() <= HOST_LEN_MAX && host.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { host.to_owned() } else { String::new() }
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(head)
}

/// The words of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) me: Claim,
    /// The host we are on; what a certificate must be for.
    pub(super) host: String,
    pub(super) peer: Claim,
    pub(super) policy: [u8; DIGEST_LEN],
    pub(super) decision: Decision,
}

impl Words {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.me.encode(&mut out);
        out.push(self.host.len() as u8);
        out.extend_from_slice(self.host.as_bytes());
        self.peer.encode(&mut out);
        out.extend_from_slice(&self.policy);
        out.push(match self.decision {
            Decision::Accept => 1,
            Decision::Yield => 2,
            Decision::Refuse => 3,
        });
        out
    }

    fn decode(mut bytes: &[u8]) -> Option<Words> {
        let me = Claim::decode(&mut bytes)?;
        let len = usize::from(take(&mut bytes, 1)?[0]);
        let host = std::str::from_utf8(take(&mut bytes, len)?).ok()?;
        if len > HOST_LEN_MAX || !host.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let host = host.to_owned();
        let peer = Claim::decode(&mut bytes)?;
        let policy = take(&mut bytes, DIGEST_LEN)?.try_into().ok()?;
        let decision = match take(&mut bytes, 1)? {
            [1] => Decision::Accept,
            [2] => Decision::Yield,
            [3] => Decision::Refuse,
            _ => return None,
        };
        bytes.is_empty().then_some(Words { me, host, peer, policy, decision })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Initiator,
    Acceptor,
}

/// One conversation, from the point where TLS is done.
pub(super) struct Proving {
    /// The keys that may prove, ours first; the acceptor takes whichever the
    /// initiator has.
    keys: Vec<Arc<ClusterKey>>,
    /// The one in use on this link.
    chosen: usize,
    /// Names the conversation: exporter and what both showed.
    conversation: [u8; 32],
    exporter: Locked<[u8; super::tls::EXPORTER_LEN]>,
    /// The proofs exchanged so far, in order.
    said: Vec<Vec<u8>>,
    side: Side,
}

impl Proving {
    pub(super) fn new(tls: &Tls, keys: Vec<Arc<ClusterKey>>, side: Side) -> Option<Proving> {
        let exporter = tls.exporter().ok()?;
        let (own, peer) = (tls.own_end(), &tls.peer_end()?[..]);
        let (initiator, acceptor) = match side {
            Side::Initiator => (own, peer),
            Side::Acceptor => (peer, own),
        };
        let conversation = hash_parts(&[&exporter[..], initiator, acceptor]);
        Some(Proving { keys, chosen: 0, conversation, exporter, said: Vec::new(), side })
    }

    /// Our proof, ready to be sent: length, words, HMAC. `wire` is the hash
    /// of all messages before the one that carries it.
    pub(super) fn prove(&mut self, words: &Words, wire: &[u8; 32]) -> Vec<u8> {
        let words = words.encode();
        let key = self.keys[self.chosen].proof_key();
        let mac = hmac::sign(&key, &self.statement(self.side, &words, wire));
        let mut out = ((words.len() + MAC_LEN) as u16).to_be_bytes().to_vec();
        out.extend_from_slice(&words);
        out.extend_from_slice(mac.as_ref());
        self.said.push(words);
        out
    }

    /// Verifies the peer's proof: exactly one, and nothing behind it. The
    /// HMAC comes first; nothing of the words is believed before.
    pub(super) fn verify(
        &mut self,
        heard: &[u8],
        wire: &[u8; 32],
    ) -> Result<Words, (Check, String)> {
        let (words, mac) = split(heard)
            .ok_or_else(|| (Check::Protocol, "it sent no proof of the cluster key".to_owned()))?;
        let peer_side = match self.side {
            Side::Initiator => Side::Acceptor,
            Side::Acceptor => Side::Initiator,
        };
        let statement = self.statement(peer_side, words, wire);
        // The acceptor answers under the key it was called with.
        let candidates = match self.side {
            Side::Initiator => self.chosen..self.chosen + 1,
            Side::Acceptor => 0..self.keys.len(),
        };
        let proved =
            |at: &usize| hmac::verify(&self.keys[*at].proof_key(), &statement, mac).is_ok();
        self.chosen = candidates
            .into_iter()
            .find(proved)
            .ok_or_else(|| (Check::ClusterKey, "it did not prove our cluster key".to_owned()))?;
        let parsed = Words::decode(words)
            .ok_or_else(|| (Check::Protocol, "its proof makes no sense".to_owned()))?;
        self.said.push(words.to_vec());
        Ok(parsed)
    }

    /// The root of the link's keys; bound to everything said.
    pub(super) fn link_secret(&self, wire: &[u8; 32]) -> Secret {
        let mut parts: Vec<&[u8]> = vec![&self.conversation, wire];
        parts.extend(self.said.iter().map(Vec::as_slice));
        self.keys[self.chosen].link_secret(&self.exporter[..], &hash_parts(&parts))
    }

    /// Which of the keys it is: 0 is our own.
    pub(super) fn chosen(&self) -> usize {
        self.chosen
    }

    fn statement(&self, by: Side, words: &[u8], wire: &[u8; 32]) -> [u8; 32] {
        let role: &[u8] = match by {
            Side::Initiator => b"initiator proves",
            Side::Acceptor => b"acceptor proves",
        };
        let mut parts: Vec<&[u8]> = vec![role, &self.conversation, wire, words];
        parts.extend(self.said.iter().map(Vec::as_slice));
        hash_parts(&parts)
    }
}

fn split(heard: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = heard.split_first_chunk::<2>()?;
    if rest.len() != usize::from(u16::from_be_bytes(*len)) || rest.len() < MAC_LEN {
        return None;
    }
    Some(rest.split_at(rest.len() - MAC_LEN))
}
