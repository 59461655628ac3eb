//! The cipher suites, by name. Adding one is an implementation of [`Suite`],
//! a line in [`SUITES`], published vectors in the tests and a bench row.
//!
//! A suite works in place on the *body* of a frame, the bytes after the
//! header. It says where in the body the plaintext stands and how long the
//! body becomes, so that explicit nonces (which a validated module makes
//! itself), padding, tags and signatures all have a place. The suites of
//! today have neither prefix nor padding: plaintext, then a tag of 16 bytes.

use ring::aead;

/// Bytes of the nonce the record layer supplies: epoch IV xor frame number.
pub const NONCE_LEN: usize = 12;

/// Longest key of a suite, in bytes.
pub const KEY_MAX: usize = 32;

/// A kind of protection that a policy can name.
pub trait Suite: Sync {
    /// As written in the policy.
    fn name(&self) -> &'static str;
    /// As announced on the wire and mixed into keys.
    fn id(&self) -> u16;
    /// What an attacker has to search; a site's policy is a floor in this.
    fn strength_bits(&self) -> u16;
    fn key_len(&self) -> usize;
    /// Bytes of the body before the plaintext.
    fn prefix_len(&self) -> usize {
        0
    }
    /// Bytes of the whole body for a plaintext of `plain_len` bytes: at most
    /// `plain_len + OVERHEAD_MAX`.
    fn sealed_len(&self, plain_len: usize) -> usize;
    /// A cipher under `key`, which has [`Suite::key_len`] bytes.
    fn cipher(&'static self, key: &[u8]) -> Box<dyn Cipher>;
}

/// Seals and opens under one key.
pub trait Cipher: Send + Sync {
    /// Seals in place: the plaintext stands at `prefix_len`, and the body has
    /// the `sealed_len` of its `plain_len`.
    fn seal(&mut self, nonce: &[u8; NONCE_LEN], aad: &[u8], body: &mut [u8], plain_len: usize);

    /// Verifies and opens in place. The bytes of a body that fails are
    /// unspecified and must not be used.
    fn open<'a>(
        &mut self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged>;
}

/// The body, its header, its number or its key is not what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;

/// Every suite that a policy can name. The first is the default.
pub static SUITES: &[&dyn Suite] = &[
    &Aead { name: "aes-256-gcm", id: 1, strength_bits: 256, algorithm: &aead::AES_256_GCM },
    &Aead { name: "aes-128-gcm", id: 2, strength_bits: 128, algorithm: &aead::AES_128_GCM },
    &Aead {
        name: "chacha20-poly1305",
        id: 3,
        strength_bits: 256,
        algorithm: &aead::CHACHA20_POLY1305,
    },
];

/// The suite used when the policy names none.
pub fn default_suite() -> &'static dyn Suite {
    SUITES[0]
}

pub fn suite_named(name: &str) -> Option<&'static dyn Suite> {
    SUITES.iter().copied().find(|suite| suite.name() == name)
}

/// The AEADs of ring, which carry nothing but a tag.
struct Aead {
    name: &'static str,
    id: u16,
    strength_bits: u16,
    algorithm: &'static aead::Algorithm,
}

impl Suite for Aead {
    fn name(&self) -> &'static str {
        self.name
    }

    fn id(&self) -> u16 {
        self.id
    }

    fn strength_bits(&self) -> u16 {
        self.strength_bits
    }

    fn key_len(&self) -> usize {
        self.algorithm.key_len()
    }

    fn sealed_len(&self, plain_len: usize) -> usize {
        plain_len + self.algorithm.tag_len()
    }

    fn cipher(&'static self, key: &[u8]) -> Box<dyn Cipher> {
        Box::new(AeadCipher { key: aead_key(self.algorithm, key), algorithm: self.algorithm })
    }
}

fn aead_key(algorithm: &'static aead::Algorithm, key: &[u8]) -> aead::LessSafeKey {
    let unbound = aead::UnboundKey::new(algorithm, key).expect("the key has the suite's length");
    aead::LessSafeKey::new(unbound)
}

struct AeadCipher {
    key: aead::LessSafeKey,
    algorithm: &'static aead::Algorithm,
}

impl Cipher for AeadCipher {
    #[inline]
    fn seal(&mut self, nonce: &[u8; NONCE_LEN], aad: &[u8], body: &mut [u8], plain_len: usize) {
        let nonce = aead::Nonce::assume_unique_for_key(*nonce);
        let (plain, room) = body.split_at_mut(plain_len);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, aead::Aad::from(aad), plain)
            .expect("a frame is far below the limit of the cipher");
        room.copy_from_slice(tag.as_ref());
    }

    #[inline]
    fn open<'a>(
        &mut self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged> {
        let nonce = aead::Nonce::assume_unique_for_key(*nonce);
        self.key.open_in_place(nonce, aead::Aad::from(aad), body).map_err(|_| Forged)
    }
}

impl Drop for AeadCipher {
    /// ring has no way to wipe a key, so another is written over it. The
    /// opaque use of the place keeps the write from being optimised away.
    fn drop(&mut self) {
        self.key = aead_key(self.algorithm, &[0; KEY_MAX][..self.algorithm.key_len()]);
        std::hint::black_box(&mut self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::frame::OVERHEAD_MAX;
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;

    struct Vector {
        suite: &'static str,
        key: &'static str,
        nonce: &'static str,
        aad: &'static str,
        plain: &'static [u8],
        sealed: &'static str,
    }

    const GCM_PLAIN: &[u8] = &[
        0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26,
        0x9a, 0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31,
        0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49,
        0xa6, 0xb5, 0x25, 0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39,
    ];

    const VECTORS: &[Vector] = &[
        // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 4.
        Vector {
            suite: "aes-128-gcm",
            key: "feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plain: GCM_PLAIN,
            sealed: "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
                     21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091\
                     5bc94fbc3221a5db94fae95ae7121a47",
        },
        // The same, test case 16.
        Vector {
            suite: "aes-256-gcm",
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plain: GCM_PLAIN,
            sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                     8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
                     76fc6ece0f4e1768cddf8853bb2d551b",
        },
        // RFC 8439, section 2.8.2.
        Vector {
            suite: "chacha20-poly1305",
            key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            nonce: "070000004041424344454647",
            aad: "50515253c0c1c2c3c4c5c6c7",
            plain: b"Ladies and Gentlemen of the class of '99: If I could offer you only one \
                     tip for the future, sunscreen would be it.",
            sealed: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6\
                     3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36\
                     92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc\
                     3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060\
                     0691",
        },
    ];

    #[test]
    fn published_vectors_come_out() {
        for vector in VECTORS {
            let suite = suite_named(vector.suite).unwrap();
            let bytes = |hex: &str| HEX.decode(hex.as_bytes()).unwrap();
            let mut cipher = suite.cipher(&bytes(vector.key));
            let nonce = bytes(vector.nonce).try_into().unwrap();
            let aad = bytes(vector.aad);
            let mut body = vec![0; suite.sealed_len(vector.plain.len())];
            let at = suite.prefix_len();
            body[at..at + vector.plain.len()].copy_from_slice(vector.plain);
            cipher.seal(&nonce, &aad, &mut body, vector.plain.len());
            assert!(body == bytes(vector.sealed), "{}", vector.suite);
            assert_eq!(cipher.open(&nonce, &aad, &mut body).unwrap(), vector.plain);
        }
        let tested = |name| VECTORS.iter().any(|vector| vector.suite == name);
        assert!(SUITES.iter().all(|suite| tested(suite.name())), "a suite without a vector");
    }

    #[test]
    fn suites_keep_to_the_bounds_of_a_frame() {
        let mut ids = std::collections::HashSet::new();
        for suite in SUITES {
            assert!(suite.key_len() <= KEY_MAX);
            assert!((0..100).all(|len| suite.sealed_len(len) <= len + OVERHEAD_MAX));
            assert!(ids.insert(suite.id()) && suite_named(suite.name()).is_some());
        }
    }
}
