//! The AEGIS family (draft-irtf-cfrg-aegis-aead), by libaegis: about twice as
//! fast as AES-GCM where the processor has AES instructions. Not a standard
//! yet, so a policy has to name it.
//!
//! The record layer's nonce of 12 bytes is the beginning of AEGIS's longer
//! one; the rest is zero. It is unique under a key either way.

use ::aegis::aegis128l::Aegis128L;
use ::aegis::aegis128x2::Aegis128X2;
use ::aegis::aegis256::Aegis256;
use zeroize::Zeroizing;

use crate::sys::locked::Locked;

use super::{Cipher, Forged, NONCE_LEN, Strength, Suite};

const TAG_LEN: usize = 16;

pub(super) static AEGIS_128L: Aegis =
    Aegis { name: "aegis-128l", id: 4, key_len: 16, keyed: |key| behind(L(Key::new(key))) };
pub(super) static AEGIS_256: Aegis =
    Aegis { name: "aegis-256", id: 5, key_len: 32, keyed: |key| behind(W(Key::new(key))) };
pub(super) static AEGIS_128X2: Aegis =
    Aegis { name: "aegis-128x2", id: 6, key_len: 16, keyed: |key| behind(X2(Key::new(key))) };

pub(super) struct Aegis {
    name: &'static str,
    id: u8,
    key_len: usize,
    keyed: fn(&[u8]) -> Locked<dyn Cipher>,
}

impl Suite for Aegis {
    fn name(&self) -> &str {
        self.name
    }

    fn id(&self) -> u8 {
        self.id
    }

    fn strength(&self) -> Strength {
        Strength { secrecy_bits: self.key_len as u16 * 8, integrity_bits: 128 }
    }

    fn library(&self) -> &'static str {
        "libaegis"
    }

    fn key_len(&self) -> usize {
        self.key_len
    }

    fn sealed_len(&self, plain_len: usize) -> usize {
        plain_len + TAG_LEN
    }

    fn cipher(&'static self, key: &[u8]) -> Locked<dyn Cipher> {
        (self.keyed)(key)
    }
}

fn behind(cipher: impl Cipher + 'static) -> Locked<dyn Cipher> {
    Locked::new(cipher).widen(|cipher| cipher as &mut dyn Cipher)
}

struct Key<const LEN: usize>(Zeroizing<[u8; LEN]>);

impl<const LEN: usize> Key<LEN> {
    fn new(key: &[u8]) -> Key<LEN> {
        let mut own = Zeroizing::new([0; LEN]);
        own.copy_from_slice(key);
        Key(own)
    }
}

fn widen<const LEN: usize>(nonce: &[u8; NONCE_LEN]) -> [u8; LEN] {
    let mut wide = [0; LEN];
    wide[..NONCE_LEN].copy_from_slice(nonce);
    wide
}

/// The variants have one interface and no trait in common.
macro_rules! variant {
    ($cipher:ident, $variant:ident, $key_len:literal, $nonce_len:literal) => {
        struct $cipher(Key<$key_len>);

        impl $cipher {
            fn state(&self, nonce: &[u8; $nonce_len]) -> $variant<TAG_LEN> {
                $variant::new(&self.0.0, nonce)
            }
        }

        impl Cipher for $cipher {
            #[inline]
            fn seal(
                &mut self,
                nonce: &[u8; NONCE_LEN],
                aad: &[u8],
                body: &mut [u8],
                plain_len: usize,
            ) {
                let (plain, room) = body.split_at_mut(plain_len);
                let tag = self.state(&widen(nonce)).encrypt_in_place(plain, aad);
                room.copy_from_slice(&tag);
            }

            #[inline]
            fn open<'a>(
                &mut self,
                nonce: &[u8; NONCE_LEN],
                aad: &[u8],
                body: &'a mut [u8],
            ) -> Result<&'a mut [u8], Forged> {
                let (sealed, tag) = body.split_last_chunk_mut::<TAG_LEN>().ok_or(Forged)?;
                let state = self.state(&widen(nonce));
                state.decrypt_in_place(sealed, tag, aad).map_err(|_| Forged)?;
                Ok(sealed)
            }
        }
    };
}

variant!(L, Aegis128L, 16, 16);
variant!(W, Aegis256, 32, 32);
variant!(X2, Aegis128X2, 16, 16);

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;

    /// The vector of draft-irtf-cfrg-aegis-aead for AEGIS-128X2 has a nonce of
    /// full length, so it cannot come in by the door of [`Cipher`].
    #[test]
    fn the_wide_vector_of_the_draft_comes_out() {
        let key: Vec<u8> = (0..16).collect();
        let nonce: Vec<u8> = (16..32).collect();
        let mut text: Vec<u8> = [4, 5, 6, 7].into_iter().cycle().take(120).collect();
        let aad = [1, 2, 3, 4, 1, 2, 3, 4];
        let state = || X2(Key::new(&key)).state(nonce.as_slice().try_into().unwrap());
        let tag = state().encrypt_in_place(&mut text, &aad);
        let expected = "5795544301997f93621b278809d6331b3bfa6f18e90db12c4aa35965b5e98c5fc6fb4e54\
                        bcb6111842c20637252eff747cb3a8f85b37de80919a589fe0f24872bc926360696739e0\
                        5520647e390989e1eb5fd42f99678a0276a498f8c454761c9d6aacb647ad56be62b29c22\
                        cd4b5761b38f43d5a5ee062f";
        assert_eq!(data_encoding::HEXLOWER.encode(&text), expected);
        assert_eq!(HEX.decode(b"1aebc200804f405cab637f2adebb6d77").unwrap(), tag);
        state().decrypt_in_place(&mut text, &tag, &aad).unwrap();
        assert_eq!(text[..4], [4, 5, 6, 7]);
    }
}
