//! AES-GCM by AWS-LC's FIPS module, which makes the nonces itself: of sealing with
//! AES-GCM, that is what the module approves outside TLS. The nonce is random and
//! stands in the frame, behind the tag; order and freshness come from the frame's
//! number, which is in the additional data in any case.

use aws_lc_rs::aead::{self, Aad, Nonce, RandomizedNonceKey};

use crate::sys::locked::Locked;

use super::{Cipher, FIPS_SUITES, Forged, NONCE_LEN, Strength, Suite};

/// As reports name it.
pub const LIBRARY: &str = "aws-lc-fips";

const TAG_LEN: usize = 16;

pub(super) static AES_256_GCM: Fips =
    Fips { name: FIPS_SUITES[0], id: 7, algorithm: &aead::AES_256_GCM };
pub(super) static AES_128_GCM: Fips =
    Fips { name: FIPS_SUITES[1], id: 8, algorithm: &aead::AES_128_GCM };

pub(super) struct Fips {
    name: &'static str,
    id: u8,
    algorithm: &'static aead::Algorithm,
}

impl Suite for Fips {
    fn name(&self) -> &str {
        self.name
    }

    fn id(&self) -> u8 {
        self.id
    }

    fn strength(&self) -> Strength {
        Strength { secrecy_bits: self.key_len() as u16 * 8, integrity_bits: 128 }
    }

    fn library(&self) -> &'static str {
        LIBRARY
    }

    fn key_len(&self) -> usize {
        self.algorithm.key_len()
    }

    fn sealed_len(&self, plain_len: usize) -> usize {
        plain_len + TAG_LEN + NONCE_LEN
    }

    fn cipher(&'static self, key: &[u8]) -> Locked<dyn Cipher> {
        let key = RandomizedNonceKey::new(self.algorithm, key);
        let cipher = Random(key.expect("the key has the suite's length"));
        Locked::new(cipher).widen(|cipher| cipher as &mut dyn Cipher)
    }
}

/// Its key lies on AWS-LC's own heap, and is wiped there.
struct Random(RandomizedNonceKey);

impl Cipher for Random {
    fn seal(&mut self, _: &[u8; NONCE_LEN], aad: &[u8], body: &mut [u8], plain_len: usize) {
        let (plain, room) = body.split_at_mut(plain_len);
        let sealed = self.0.seal_in_place_separate_tag(Aad::from(aad), plain);
        let (nonce, tag) = sealed.expect("a frame is far below the limit of the cipher");
        room[..TAG_LEN].copy_from_slice(tag.as_ref());
        room[TAG_LEN..].copy_from_slice(nonce.as_ref());
    }

    fn open<'a>(
        &mut self,
        _: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged> {
        let end = body.len().checked_sub(NONCE_LEN).ok_or(Forged)?;
        let (sealed, nonce) = body.split_at_mut(end);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Forged)?;
        self.0.open_in_place(nonce, Aad::from(aad), sealed).map_err(|_| Forged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_frames_differ_and_every_byte_counts() {
        super::super::check_fips(AES_256_GCM.name).unwrap();
        for suite in [&AES_256_GCM, &AES_128_GCM] {
            let mut cipher = suite.cipher(&[7; 32][..suite.key_len()]);
            let mut seal = || {
                let mut body = vec![5; suite.sealed_len(40)];
                cipher.seal(&[0; NONCE_LEN], b"frame 1", &mut body, 40);
                body
            };
            let (body, again) = (seal(), seal());
            assert_ne!(body, again);
            let mut sealed = body.clone();
            let opened = cipher.open(&[0; NONCE_LEN], b"frame 1", &mut sealed).unwrap();
            assert_eq!(opened, [5; 40]);
            assert!(cipher.open(&[0; NONCE_LEN], b"frame 2", &mut body.clone()).is_err());
            for at in 0..body.len() {
                let mut altered = body.clone();
                altered[at] ^= 1;
                assert!(cipher.open(&[0; NONCE_LEN], b"frame 1", &mut altered).is_err());
            }
        }
    }
}
