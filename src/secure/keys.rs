//! Secrets and the key schedule: HKDF-SHA256 (RFC 5869) all the way down.
//!
//! ```text
//! cluster key + TLS exporter --extract--> link secret
//!   link secret --"i>a" / "a>i"--> direction
//!     direction --"first"------> secret of context 0, epoch 0
//!     direction --"contexts"---> chain: next context's secret, next link of the chain
//!     direction --"signature"--> what signatures are bound to
//!       context, epoch n --"key", "iv"--> what the cipher takes
//!       context, epoch n --"next"-------> context, epoch n+1
//! ```
//!
//! Every arrow goes one way and its source is erased as soon as nothing more
//! is to be derived from it: who reads the memory of a running process learns
//! the epochs in use and those to come, never those that are over.
//!
//! Secrets live in locked memory (see [`crate::sys::locked`]), are wiped on
//! drop and have neither `Debug` nor `Clone`.

use zeroize::{Zeroize, Zeroizing};

use super::primitives::{digest, hkdf, hmac};
use super::suite::{KEY_MAX, NONCE_LEN, Suite};
use crate::sys::locked::Locked;

/// Bytes of a secret, and of the cluster key.
pub(crate) const SECRET_LEN: usize = 32;

/// Prefix of every label, so that no other use of HKDF can meet ours.
const LABEL_PREFIX: &[u8] = b"mpi-secure/1 ";

/// A value from which keys are derived.
pub(crate) struct Secret(Locked<[u8; SECRET_LEN]>);

struct Len(usize);

impl hkdf::KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

impl Secret {
    fn zeroed() -> Secret {
        Secret(Locked::zeroed())
    }

    /// The caller wipes its bytes.
    pub(crate) fn from_bytes(bytes: &[u8; SECRET_LEN]) -> Secret {
        let mut secret = Secret::zeroed();
        secret.0.copy_from_slice(bytes);
        secret
    }

    /// HKDF-Expand with a label and a context, each preceded by its length.
    pub(crate) fn expand_into(&self, label: &[u8], context: &[u8], out: &mut [u8]) {
        let prk = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &self.0[..]);
        let out_len = (out.len() as u16).to_be_bytes();
        let label_len = [(LABEL_PREFIX.len() + label.len()) as u8];
        let context_len = (context.len() as u16).to_be_bytes();
        let info = [&out_len[..], &label_len, LABEL_PREFIX, label, &context_len, context];
        prk.expand(&info, Len(out.len()))
            .and_then(|okm| okm.fill(out))
            .expect("keys are far below the 255 blocks of HKDF");
    }

    pub(crate) fn expand(&self, label: &[u8], context: &[u8]) -> Secret {
        let mut next = Secret::zeroed();
        self.expand_into(label, context, &mut next.0[..]);
        next
    }

    /// Replaces the secret by the one that follows it; the old one is erased.
    pub(crate) fn ratchet(&mut self, label: &[u8]) {
        *self = self.expand(label, &[]);
    }

    pub(crate) fn hmac_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0[..])
    }
}

/// The 256-bit key that all processes of a cluster's jobs share.
pub struct ClusterKey(Secret);

impl ClusterKey {
    pub fn from_bytes(mut bytes: [u8; SECRET_LEN]) -> ClusterKey {
        let key = ClusterKey(Secret::from_bytes(&bytes));
        bytes.zeroize();
        key
    }

    /// What takes the place of the key where certificates alone decide: known
    /// to all, it proves nothing and hides nothing.
    pub(crate) fn absent() -> ClusterKey {
        ClusterKey(Secret::zeroed())
    }

    /// Reads 64 hexadecimal digits, in either case. Zeros alone are no key:
    /// that is what [`ClusterKey::absent`] is, and what people write as an
    /// example.
    pub fn from_hex(text: &str) -> Option<ClusterKey> {
        let mut key = ClusterKey(Secret::zeroed());
        if text.len() != 2 * SECRET_LEN {
            return None;
        }
        let decoder = data_encoding::HEXLOWER_PERMISSIVE;
        decoder.decode_mut(text.as_bytes(), &mut key.0.0[..]).ok()?;
        key.0.0.iter().any(|byte| *byte != 0).then_some(key)
    }

    /// A name for the key that tells nothing about it: two hosts compare it.
    pub fn fingerprint(&self) -> String {
        let mut out = [0; 8];
        self.0.expand_into(b"fingerprint", &[], &mut out);
        data_encoding::HEXLOWER.encode(&out)
    }

    /// The key under which both sides of a link prove that they know it.
    pub(crate) fn proof_key(&self) -> hmac::Key {
        self.0.expand(b"proof", &[]).hmac_key()
    }

    /// The root of a link's keys: nobody can compute it without the cluster
    /// key, nor without having taken part in this very TLS conversation.
    pub(crate) fn link_secret(&self, exporter: &[u8], transcript: &[u8; 32]) -> Secret {
        // HKDF-Extract(salt, ikm) is HMAC(salt, ikm).
        let extracted = hmac::sign(&self.0.hmac_key(), exporter);
        let mut root = Secret::zeroed();
        root.0.copy_from_slice(extracted.as_ref());
        root.expand(b"link", transcript)
    }
}

/// Overwrites the stack below the caller, where ciphers under construction and
/// the hashes of the key schedule have left copies of keys. To be called by a
/// function that itself keeps no key in its frame.
#[inline(never)]
pub(crate) fn wipe_stack() {
    // Meant to be more than the deepest of them uses; not measured yet.
    let mut below = [0u8; 16 << 10];
    std::hint::black_box(&mut below).zeroize();
}

/// A new cluster key as 64 hexadecimal digits, from the kernel's generator.
pub(crate) fn generate_hex() -> Zeroizing<String> {
    use super::primitives::rand::{SecureRandom, SystemRandom};
    let mut bytes = Zeroizing::new([0; SECRET_LEN]);
    SystemRandom::new().fill(&mut bytes[..]).expect("the kernel gives random numbers");
    Zeroizing::new(data_encoding::HEXLOWER.encode(&bytes[..]))
}

/// Who seals: the side that opened the connection, or the one that took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    FromInitiator,
    FromAcceptor,
}

impl Direction {
    /// The root of this direction's keys.
    pub(crate) fn root(self, link: &Secret) -> Secret {
        let label: &[u8] = match self {
            Direction::FromInitiator => b"i>a",
            Direction::FromAcceptor => b"a>i",
        };
        link.expand(label, &[])
    }
}

/// Yields the secrets of one direction's contexts, in the order of their
/// numbers, each once.
pub(crate) struct ContextSecrets {
    chain: Secret,
}

impl ContextSecrets {
    /// The secret of context 0, and the source of the others.
    pub(crate) fn new(root: &Secret) -> (Secret, ContextSecrets) {
        (root.expand(b"first", &[]), ContextSecrets { chain: root.expand(b"contexts", &[]) })
    }

    pub(crate) fn next(&mut self) -> Secret {
        let secret = self.chain.expand(b"context", &[]);
        self.chain.ratchet(b"chain");
        secret
    }
}

/// What a cipher is made of, for one epoch of one context.
pub(crate) struct EpochKeys {
    pub(crate) key: Locked<[u8; KEY_MAX]>,
    pub(crate) iv: Locked<[u8; NONCE_LEN]>,
}

impl EpochKeys {
    /// Derives from the secret of the epoch; the suite is part of the input,
    /// so that one secret never keys two algorithms alike.
    pub(crate) fn new(epoch: &Secret, suite: &dyn Suite) -> EpochKeys {
        let mut keys = EpochKeys { key: Locked::zeroed(), iv: Locked::zeroed() };
        let id = u16::from(suite.id()).to_be_bytes();
        epoch.expand_into(b"key", &id, &mut keys.key[..suite.key_len()]);
        epoch.expand_into(b"iv", &id, &mut keys.iv[..]);
        keys
    }
}

/// SHA-256 of the parts, each preceded by its length: no two lists of parts
/// have the same input.
pub(crate) fn hash_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::suite::default_suite;

    fn hex(bytes: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(bytes)
    }

    /// Values from a separate implementation of RFC 5869 over Python's HMAC.
    #[test]
    fn keys_are_those_of_version_1() {
        let secret = Secret::from_bytes(&std::array::from_fn(|at| at as u8));
        let expected = "243481c277a10a2795339b3eca2c8c2980dc9bd4510c01688515474548c56def";
        assert_eq!(hex(&secret.expand(b"key", &[0, 1]).0[..]), expected);
        let cluster = ClusterKey::from_bytes([7; 32]);
        assert_eq!(cluster.fingerprint(), "0527dd6953dd8b6f");
        let link = cluster.link_secret(&[9; 48], &[5; 32]);
        let expected = "457f2d82a5200b0790faf942047c3d701f71581fd8ef95b3a3a83606d545d1d9";
        assert_eq!(hex(&link.0[..]), expected);
    }

    #[test]
    fn no_two_arrows_of_the_schedule_meet() {
        let link = Secret::from_bytes(&[1; 32]);
        let mut seen = std::collections::HashSet::new();
        let mut new = |secret: &Secret| {
            let keys = EpochKeys::new(secret, default_suite());
            let key = keys.key[..SECRET_LEN].try_into().unwrap();
            assert!(seen.insert(*secret.0) && seen.insert(key));
        };
        for direction in [Direction::FromInitiator, Direction::FromAcceptor] {
            let (mut first, mut contexts) = ContextSecrets::new(&direction.root(&link));
            for _ in 0..4 {
                new(&first);
                first.ratchet(b"next");
                new(&contexts.next());
                new(&contexts.chain);
            }
        }
    }

    #[test]
    fn a_key_is_64_hexadecimal_digits() {
        let key = |text: &str| ClusterKey::from_hex(text).map(|key| key.fingerprint());
        let digits = "0707070707070707070707070707070707070707070707070707070707070707";
        assert_eq!(key(digits).unwrap(), "0527dd6953dd8b6f");
        assert_eq!(key(&"aB".repeat(32)), key(&"Ab".repeat(32)));
        for wrong in [&digits[2..], &format!("{digits}07"), "", &"zz".repeat(32)] {
            assert_eq!(key(wrong), None);
        }
        assert_ne!(*generate_hex(), *generate_hex());
        assert!(ClusterKey::from_hex(&generate_hex()).is_some());
    }

    #[test]
    fn parts_of_a_hash_cannot_slide() {
        assert_ne!(hash_parts(&[b"ab", b"c"]), hash_parts(&[b"a", b"bc"]));
        assert_ne!(hash_parts(&[b"ab"]), hash_parts(&[b"ab", b""]));
    }
}
