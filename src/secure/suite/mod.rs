//! The cipher suites, by name.
//!
//! - [`aead`]: ciphers that bring their own integrity, from ring (and from
//!   aws-lc-rs where the feature `aws-lc` is on); [`aegis`]: the AEGIS family;
//!   `fips`: AES-GCM with the nonces of AWS-LC's FIPS module, where that is built in;
//! - [`bare`]: ciphers without integrity, [`mac`]: integrity without a cipher;
//! - [`composed`]: one of each, encrypt-then-MAC.
//!
//! Adding one is an implementation, a line in its table, published vectors in
//! [`vectors`] and a row of `examples/suites.rs`.
//!
//! A suite works in place on the *body* of a frame, the bytes after the
//! header. It says where in the body the plaintext stands and how long the
//! body becomes, so that explicit nonces (which a validated module makes
//! itself), block padding and tags all have a place.
//!
//! What protects too little to be used unasked says so ([`Suite::weakness`],
//! [`Suite::hides`]); whether it may be used all the same is the policy's
//! affair.

use crate::sys::locked::Locked;

mod aead;
mod aegis;
mod bare;
mod composed;
#[cfg(feature = "fips")]
mod fips;
mod mac;
#[cfg(test)]
mod vectors;

pub use aead::Provider;
pub use composed::{CIPHERLESS, MACLESS};
#[cfg(feature = "fips")]
pub use fips::LIBRARY as FIPS_LIBRARY;

/// Bytes of the nonce the record layer supplies: epoch IV xor frame number.
pub const NONCE_LEN: usize = 12;

/// Longest key of a suite, in bytes: a cipher's 32 and a MAC's 32.
pub const KEY_MAX: usize = 64;

/// How the policy names the integrity that an AEAD brings along.
pub const AEAD: &str = "aead";

/// What an attacker is up against; a site's policy is a floor in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// Work to read what was sent; 0 where patterns or all of it show.
    pub secrecy_bits: u16,
    /// Work to have something accepted that was not sent; 0 without a check.
    pub integrity_bits: u16,
}

/// A kind of protection that a policy can name.
pub trait Suite: Sync {
    /// In reports: the cipher, and behind a `+` the integrity it is composed
    /// with.
    fn name(&self) -> &str;
    /// As `cipher = ` of the policy names it; an AEAD's name is that.
    fn cipher_name(&self) -> &str {
        self.name()
    }
    /// As `integrity = ` of the policy names it.
    fn integrity_name(&self) -> &str {
        AEAD
    }
    /// As it stands on the wire and is mixed into keys: below 64.
    fn id(&self) -> u8;
    fn strength(&self) -> Strength;
    /// Why it takes `weak = "allow"` to use it.
    fn weakness(&self) -> Option<&'static str> {
        None
    }
    /// True where a missing check is all that [`Suite::weakness`] is about.
    fn is_sound_when_checked(&self) -> bool {
        self.weakness().is_none()
    }
    /// False where the plaintext stands in the frame as it is.
    fn hides(&self) -> bool {
        true
    }
    /// Bytes that one key may seal, where that is less than the policy allows.
    fn wear_bytes_max(&self) -> u64 {
        u64::MAX
    }
    /// Who does the work, for reports.
    fn library(&self) -> &'static str;
    fn key_len(&self) -> usize;
    /// Bytes of the body before the plaintext.
    fn prefix_len(&self) -> usize {
        0
    }
    /// Bytes of the whole body for a plaintext of `plain_len` bytes: at most
    /// `plain_len + SUITE_OVERHEAD_MAX`.
    fn sealed_len(&self, plain_len: usize) -> usize;
    /// A cipher under `key`, which has [`Suite::key_len`] bytes.
    fn cipher(&'static self, key: &[u8]) -> Locked<dyn Cipher>;
}

impl std::fmt::Debug for dyn Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
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

/// The suites that a policy can name by their cipher alone, because it is an
/// AEAD. The first is the default.
pub static SUITES: &[&dyn Suite] = &[
    &aead::AES_256_GCM,
    &aead::AES_128_GCM,
    &aead::CHACHA20_POLY1305,
    &aegis::AEGIS_128L,
    &aegis::AEGIS_256,
    &aegis::AEGIS_128X2,
    #[cfg(feature = "fips")]
    &fips::AES_256_GCM,
    #[cfg(feature = "fips")]
    &fips::AES_128_GCM,
];

/// The suite used when the policy names none.
pub fn default_suite() -> &'static dyn Suite {
    SUITES[0]
}

/// An AEAD by its name.
pub fn suite_named(name: &str) -> Option<&'static dyn Suite> {
    SUITES.iter().copied().find(|suite| suite.name() == name)
}

/// Suites that only a build with the feature `fips` has.
pub const FIPS_SUITES: [&str; 2] = ["aes-256-gcm-fips", "aes-128-gcm-fips"];

/// What a suite takes that cannot be had in this process, if it is one of those.
pub fn check_fips(name: &str) -> Result<(), &'static str> {
    if !FIPS_SUITES.contains(&name) {
        return Ok(());
    }
    #[cfg(feature = "fips")]
    return aws_lc_rs::try_fips_mode()
        .map_err(|_| "takes AWS-LC in FIPS mode, and it is not: build it anew");
    #[cfg(not(feature = "fips"))]
    Err("takes a library that was built with the feature fips")
}

/// Every suite there is: the AEADs, then the composed ones.
pub fn all() -> impl Iterator<Item = &'static dyn Suite> {
    let composed = composed::all().iter().map(|suite| suite as &dyn Suite);
    SUITES.iter().copied().chain(composed)
}

/// The suite with this cipher and this integrity.
pub fn find(cipher: &str, integrity: &str) -> Option<&'static dyn Suite> {
    all().find(|suite| suite.cipher_name() == cipher && suite.integrity_name() == integrity)
}

/// The suite that a frame's header names, for readers of captures.
pub fn by_id(id: u8) -> Option<&'static dyn Suite> {
    all().find(|suite| suite.id() == id)
}

/// The same suite from the provider that `wanted` names, or from the one that
/// measures best on this processor. The others see no difference.
pub fn from_provider(suite: &'static dyn Suite, wanted: Option<Provider>) -> &'static dyn Suite {
    aead::from_provider(suite, wanted)
}

/// What `cipher = ` can be.
pub fn cipher_names() -> Vec<&'static str> {
    let bare = bare::CIPHERS.iter().map(|cipher| cipher.name);
    SUITES.iter().map(|suite| suite.cipher_name()).chain(bare).chain([CIPHERLESS]).collect()
}

/// What `integrity = ` can be.
pub fn integrity_names() -> Vec<&'static str> {
    [AEAD].into_iter().chain(mac::MACS.iter().map(|mac| mac.name)).chain([MACLESS]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::frame::SUITE_OVERHEAD_MAX;

    #[test]
    fn suites_keep_to_the_bounds_of_a_frame() {
        let mut ids = std::collections::HashSet::new();
        for suite in all() {
            let name = suite.name();
            assert!(suite.key_len() <= KEY_MAX, "{name}");
            assert!((0..100).all(|len| suite.sealed_len(len) <= len + SUITE_OVERHEAD_MAX));
            assert!((1..100).all(|len| suite.sealed_len(len) >= suite.sealed_len(len - 1)));
            // The upper bits of the byte on the wire belong to signatures.
            assert!(suite.id() < 64 && suite.id() > 0 && ids.insert(suite.id()), "{name}");
            let found = find(suite.cipher_name(), suite.integrity_name()).unwrap();
            assert_eq!((found.name(), by_id(suite.id()).unwrap().name()), (name, name));
        }
        assert!(cipher_names().iter().all(|name| all().any(|s| s.cipher_name() == *name)));
        assert!(integrity_names().iter().all(|name| all().any(|s| s.integrity_name() == *name)));
    }

    #[test]
    fn what_protects_too_little_says_so() {
        for suite in all() {
            let Strength { secrecy_bits, integrity_bits } = suite.strength();
            let little = secrecy_bits < 112 || integrity_bits == 0;
            assert_eq!(little && suite.hides(), suite.weakness().is_some() && suite.hides());
            if !suite.hides() {
                assert_eq!(secrecy_bits, 0);
                assert_eq!(integrity_bits == 0, suite.weakness().is_some());
            }
        }
    }
}
