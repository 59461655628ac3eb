//! HMAC (RFC 2104) with three hashes, whole tags. SHA-1 and MD5 are what the
//! papers of this field used; collisions in them do not touch HMAC.

use hmac::{Hmac, KeyInit, Mac as _};
use subtle::ConstantTimeEq;

use crate::sys::locked::Locked;

/// Bytes of the key, whichever hash.
pub(super) const KEY_LEN: usize = 32;

pub(super) struct Mac {
    pub(super) name: &'static str,
    /// Its place in the number of a composed suite: 1 to 3.
    pub(super) id: u8,
    pub(super) tag_len: usize,
    pub(super) strength_bits: u16,
    pub(super) keyed: fn(&[u8]) -> Locked<dyn Keyed>,
}

pub(super) static MACS: &[Mac] = &[
    Mac { name: "hmac-sha256", id: 1, tag_len: 32, strength_bits: 128, keyed: new::<sha2::Sha256> },
    Mac { name: "hmac-sha1", id: 2, tag_len: 20, strength_bits: 112, keyed: new::<sha1::Sha1> },
    Mac { name: "hmac-md5", id: 3, tag_len: 16, strength_bits: 96, keyed: new::<md5::Md5> },
];

/// A MAC under one key.
pub(super) trait Keyed: Send + Sync {
    /// Writes the tag over both parts into `tag`.
    fn sign(&self, aad: &[u8], body: &[u8], tag: &mut [u8]);

    fn verifies(&self, aad: &[u8], body: &[u8], tag: &[u8]) -> bool;
}

fn new<D: hmac::EagerHash>(key: &[u8]) -> Locked<dyn Keyed>
where
    Hmac<D>: KeyInit + hmac::Mac + Clone + Send + Sync + 'static,
{
    let state = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    Locked::new(WithHash::<D>(state)).widen(|state| state as &mut dyn Keyed)
}

/// The state behind the key's block, from which every tag starts.
struct WithHash<D: hmac::EagerHash>(Hmac<D>);

impl<D: hmac::EagerHash> Keyed for WithHash<D>
where
    Hmac<D>: hmac::Mac + Clone + Send + Sync,
{
    fn sign(&self, aad: &[u8], body: &[u8], tag: &mut [u8]) {
        let mut mac = self.0.clone();
        mac.update(aad);
        mac.update(body);
        tag.copy_from_slice(&mac.finalize().into_bytes());
    }

    fn verifies(&self, aad: &[u8], body: &[u8], tag: &[u8]) -> bool {
        let mut mac = self.0.clone();
        mac.update(aad);
        mac.update(body);
        mac.finalize().into_bytes()[..].ct_eq(tag).into()
    }
}
