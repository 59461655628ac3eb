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
