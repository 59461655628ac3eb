//! The AEADs of ring, and the same of aws-lc-rs where the feature `aws-lc` is
//! on. They carry nothing but a tag of 16 bytes.
//!
//! Which of the two is faster depends on the processor: ring has code for
//! VAES with AVX2, aws-lc-rs for AVX-512. So they are measured.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::sys::locked::Locked;

use super::{Cipher, Forged, KEY_MAX, NONCE_LEN, Strength, Suite};

/// A library that has the AES-GCM and ChaCha20-Poly1305 suites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Ring,
    /// Present with the feature `aws-lc` only.
    AwsLc,
}

impl Provider {
    /// Those that were built in.
    pub const ALL: &[Provider] = match cfg!(feature = "aws-lc") {
        true => &[Provider::Ring, Provider::AwsLc],
        false => &[Provider::Ring],
    };

    /// As the policy names it.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Ring => "ring",
            Provider::AwsLc => "aws-lc",
        }
    }
}

/// What a suite is, whoever does the work.
struct Facts {
    name: &'static str,
    id: u8,
    bits: u16,
}

const AES_256_GCM_FACTS: Facts = Facts { name: "aes-256-gcm", id: 1, bits: 256 };
const AES_128_GCM_FACTS: Facts = Facts { name: "aes-128-gcm", id: 2, bits: 128 };
const CHACHA20_POLY1305_FACTS: Facts = Facts { name: "chacha20-poly1305", id: 3, bits: 256 };

/// The two libraries have one interface and no trait in common.
macro_rules! provider {
    ($module:ident, $library:ident, $name:literal) => {
        pub(super) mod $module {
            use super::*;
            use ::$library::aead;

            pub(in super::super) static AES_256_GCM: Aead =
                Aead { facts: AES_256_GCM_FACTS, algorithm: &aead::AES_256_GCM };
            pub(in super::super) static AES_128_GCM: Aead =
                Aead { facts: AES_128_GCM_FACTS, algorithm: &aead::AES_128_GCM };
            pub(in super::super) static CHACHA20_POLY1305: Aead =
                Aead { facts: CHACHA20_POLY1305_FACTS, algorithm: &aead::CHACHA20_POLY1305 };

            pub(in super::super) struct Aead {
                facts: Facts,
                algorithm: &'static aead::Algorithm,
            }

            impl Suite for Aead {
                fn name(&self) -> &str {
                    self.facts.name
                }

                fn id(&self) -> u8 {
                    self.facts.id
                }

                fn strength(&self) -> Strength {
                    Strength { secrecy_bits: self.facts.bits, integrity_bits: 128 }
                }

                fn library(&self) -> &'static str {
                    $name
                }

                fn key_len(&self) -> usize {
                    self.algorithm.key_len()
                }

                fn sealed_len(&self, plain_len: usize) -> usize {
                    plain_len + self.algorithm.tag_len()
                }

                fn cipher(&'static self, key: &[u8]) -> Locked<dyn Cipher> {
                    let key = aead::UnboundKey::new(self.algorithm, key)
                        .expect("the key has the suite's length");
                    let cipher = AeadCipher(aead::LessSafeKey::new(key));
                    Locked::new(cipher).widen(|cipher| cipher as &mut dyn Cipher)
                }
            }

            /// ring's key lies in it and is wiped with the locked memory;
            /// aws-lc-rs has its own on the heap of C, and wipes it itself.
            struct AeadCipher(aead::LessSafeKey);

            impl Cipher for AeadCipher {
                #[inline]
                fn seal(
                    &mut self,
                    nonce: &[u8; NONCE_LEN],
                    aad: &[u8],
                    body: &mut [u8],
                    plain_len: usize,
                ) {
                    let nonce = aead::Nonce::assume_unique_for_key(*nonce);
                    let (plain, room) = body.split_at_mut(plain_len);
                    let tag = self
                        .0
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
                    self.0.open_in_place(nonce, aead::Aad::from(aad), body).map_err(|_| Forged)
                }
            }
        }
    };
}

provider!(by_ring, ring, "ring");
#[cfg(feature = "aws-lc")]
provider!(by_aws_lc, aws_lc_rs, "aws-lc");

pub(super) use by_ring::{AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305};

fn of_provider(id: u8, provider: Provider) -> Option<&'static dyn Suite> {
    match provider {
        Provider::Ring => {
            [&AES_256_GCM, &AES_128_GCM, &CHACHA20_POLY1305].map(|suite| suite as &dyn Suite)
        }
        #[cfg(feature = "aws-lc")]
        Provider::AwsLc => {
            use by_aws_lc as aws;
            [&aws::AES_256_GCM, &aws::AES_128_GCM, &aws::CHACHA20_POLY1305]
                .map(|suite| suite as &dyn Suite)
        }
        #[cfg(not(feature = "aws-lc"))]
        Provider::AwsLc => return None,
    }
    .into_iter()
    .find(|suite| suite.id() == id)
}

/// See [`super::from_provider`].
pub(super) fn from_provider(
    suite: &'static dyn Suite,
    wanted: Option<Provider>,
) -> &'static dyn Suite {
    let provider = match (wanted, Provider::ALL) {
        (Some(provider), _) => provider,
        (None, [only]) => *only,
        (None, _) => {
            // Per suite, for the winner of one need not win the other; a
            // measurement takes a millisecond, so it is made once.
            static FASTEST: [OnceLock<Provider>; 4] = [const { OnceLock::new() }; 4];
            match FASTEST.get(usize::from(suite.id())) {
                Some(known) => *known.get_or_init(|| fastest(suite.id())),
                None => return suite,
            }
        }
    };
    of_provider(suite.id(), provider).unwrap_or(suite)
}

fn fastest(id: u8) -> Provider {
    let timed = Provider::ALL.iter().filter_map(|provider| {
        let suite = of_provider(id, *provider)?;
        Some((seal_time(suite), *provider))
    });
    timed.min_by_key(|(time, _)| *time).map_or(Provider::Ring, |(_, provider)| provider)
}

/// The best of several rounds over what one send of 64 KiB and one of 64
/// bytes take.
fn seal_time(suite: &'static dyn Suite) -> Duration {
    let mut cipher = suite.cipher(&[7; KEY_MAX][..suite.key_len()]);
    let mut body = vec![0; suite.sealed_len(64 << 10)];
    let mut round = || {
        let start = Instant::now();
        for len in [64 << 10, 64] {
            let body = &mut body[..suite.sealed_len(len)];
            cipher.seal(&[0; NONCE_LEN], &[0; 20], body, len);
        }
        start.elapsed()
    };
    (0..12).map(|_| round()).min().expect("there were rounds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_chosen_and_named() {
        for suite in [&AES_256_GCM as &'static dyn Suite, &CHACHA20_POLY1305] {
            for provider in Provider::ALL {
                let chosen = from_provider(suite, Some(*provider));
                assert_eq!((chosen.name(), chosen.id()), (suite.name(), suite.id()));
                assert_eq!(chosen.library(), provider.name());
            }
            let fastest = from_provider(suite, None).library();
            assert!(Provider::ALL.iter().any(|provider| provider.name() == fastest));
        }
        // Others have one implementation, whatever is asked for.
        let other = super::super::suite_named("aegis-256").unwrap();
        assert_eq!(from_provider(other, Some(Provider::Ring)).library(), "libaegis");
        assert_eq!(from_provider(other, None).library(), "libaegis");
    }

    #[test]
    fn what_one_provider_seals_the_other_opens() {
        let key = [9; 32];
        for id in [1, 2, 3] {
            let seal = |provider| {
                let suite = of_provider(id, provider).unwrap();
                let mut body = vec![5; suite.sealed_len(1000)];
                let mut cipher = suite.cipher(&key[..suite.key_len()]);
                cipher.seal(&[1; NONCE_LEN], b"aad", &mut body, 1000);
                assert_eq!(
                    cipher.open(&[1; NONCE_LEN], b"aad", &mut body.clone()).unwrap(),
                    [5; 1000]
                );
                body
            };
            let all: Vec<_> = Provider::ALL.iter().map(|provider| seal(*provider)).collect();
            assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }
}
