//! A cipher of [`super::bare`] (or none) with a MAC of [`super::mac`] (or
//! none), encrypt-then-MAC: the tag covers header, number and ciphertext, and
//! is verified before anything is decrypted.
//!
//! The body is the ciphertext and the tag. Cipher and MAC have keys of their
//! own, cut from one piece of the key schedule.

use std::sync::LazyLock;

use crate::sys::locked::Locked;

use super::bare::{self, Bare};
use super::mac::{self, Mac};
use super::{Cipher, Forged, NONCE_LEN, Strength, Suite};

/// How the policy says that nothing is encrypted.
pub const CIPHERLESS: &str = "none";

/// How the policy says that nothing is checked.
pub const MACLESS: &str = "none";

const UNCHECKED: &str = "nobody notices what is altered on the way";

/// The number of the first; four for each cipher, by MAC.
const FIRST_ID: u8 = 16;

/// The place of "no cipher" behind those of [`bare::CIPHERS`].
const CIPHERLESS_ID: u8 = 11;

pub(super) struct Composed {
    name: String,
    cipher: Option<&'static Bare>,
    mac: Option<&'static Mac>,
}

/// Every cipher, and none, with every MAC, and none.
pub(super) fn all() -> &'static [Composed] {
    static ALL: LazyLock<Vec<Composed>> = LazyLock::new(|| {
        let ciphers = bare::CIPHERS.iter().map(Some).chain([None]);
        ciphers
            .flat_map(|cipher| {
                mac::MACS.iter().map(Some).chain([None]).map(move |mac| (cipher, mac))
            })
            .map(|(cipher, mac)| Composed {
                name: format!(
                    "{}+{}",
                    cipher.map_or(CIPHERLESS, |cipher| cipher.name),
                    mac.map_or(MACLESS, |mac| mac.name)
                ),
                cipher,
                mac,
            })
            .collect()
    });
    &ALL
}

impl Composed {
    fn cipher_key_len(&self) -> usize {
        self.cipher.map_or(0, |cipher| cipher.key_len)
    }

    fn tag_len(&self) -> usize {
        self.mac.map_or(0, |mac| mac.tag_len)
    }
}

impl Suite for Composed {
    fn name(&self) -> &str {
        &self.name
    }

    fn cipher_name(&self) -> &str {
        self.cipher.map_or(CIPHERLESS, |cipher| cipher.name)
    }

    fn integrity_name(&self) -> &str {
        self.mac.map_or(MACLESS, |mac| mac.name)
    }

    fn id(&self) -> u8 {
        let cipher = self.cipher.map_or(CIPHERLESS_ID, |cipher| cipher.id);
        FIRST_ID + 4 * cipher + self.mac.map_or(0, |mac| mac.id)
    }

    fn strength(&self) -> Strength {
        Strength {
            secrecy_bits: self.cipher.map_or(0, |cipher| cipher.strength_bits),
            integrity_bits: self.mac.map_or(0, |mac| mac.strength_bits),
        }
    }

    fn weakness(&self) -> Option<&'static str> {
        let cipher = self.cipher.and_then(|cipher| cipher.weakness);
        cipher.or(self.mac.is_none().then_some(UNCHECKED))
    }

    fn is_sound_when_checked(&self) -> bool {
        self.cipher.is_none_or(|cipher| cipher.weakness.is_none())
    }

    fn hides(&self) -> bool {
        self.cipher.is_some()
    }

    fn wear_bytes_max(&self) -> u64 {
        self.cipher.map_or(u64::MAX, Bare::wear_bytes_max)
    }

    fn library(&self) -> &'static str {
        "RustCrypto"
    }

    fn key_len(&self) -> usize {
        self.cipher_key_len() + self.mac.map_or(0, |_| mac::KEY_LEN)
    }

    fn sealed_len(&self, plain_len: usize) -> usize {
        self.cipher.map_or(plain_len, |cipher| cipher.encrypted_len(plain_len)) + self.tag_len()
    }

    fn cipher(&'static self, key: &[u8]) -> Locked<dyn Cipher> {
        let (cipher_key, mac_key) = key.split_at(self.cipher_key_len());
        Locked::new(EncryptThenMac {
            cipher: self.cipher.map(|cipher| (cipher.keyed)(cipher_key)),
            mac: self.mac.map(|mac| (mac.keyed)(mac_key)),
            tag_len: self.tag_len(),
        })
        .widen(|cipher| cipher as &mut dyn Cipher)
    }
}

struct EncryptThenMac {
    cipher: Option<Locked<dyn bare::Keyed>>,
    mac: Option<Locked<dyn mac::Keyed>>,
    tag_len: usize,
}

impl Cipher for EncryptThenMac {
    fn seal(&mut self, nonce: &[u8; NONCE_LEN], aad: &[u8], body: &mut [u8], plain_len: usize) {
        let (text, tag) = body.split_at_mut(body.len() - self.tag_len);
        if let Some(cipher) = &mut self.cipher {
            cipher.encrypt(nonce, text, plain_len);
        }
        if let Some(mac) = &self.mac {
            mac.sign(aad, text, tag);
        }
    }

    fn open<'a>(
        &mut self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged> {
        let text_len = body.len().checked_sub(self.tag_len).ok_or(Forged)?;
        let (text, tag) = body.split_at_mut(text_len);
        if let Some(mac) = &self.mac
            && !mac.verifies(aad, text, tag)
        {
            return Err(Forged);
        }
        match &mut self.cipher {
            Some(cipher) => cipher.decrypt(nonce, text),
            None => Ok(text),
        }
    }
}
