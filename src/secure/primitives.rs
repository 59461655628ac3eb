//! Which library does the cryptography that is not a suite's: digests, HMAC,
//! HKDF, random numbers, signatures, TLS. It is ring; with the feature `fips`,
//! AWS-LC's FIPS module, which has the same interface.

#[cfg(feature = "fips")]
pub(super) use aws_lc_rs::{digest, hkdf, hmac, rand, signature};
#[cfg(not(feature = "fips"))]
pub(super) use ring::{digest, hkdf, hmac, rand, signature};

/// Of rustls.
#[cfg(feature = "fips")]
pub(super) use rustls::crypto::aws_lc_rs as tls;
#[cfg(not(feature = "fips"))]
pub(super) use rustls::crypto::ring as tls;

/// Verifies the signatures of certificates.
#[cfg(feature = "fips")]
pub(super) use webpki::aws_lc_rs as certificates;
#[cfg(not(feature = "fips"))]
pub(super) use webpki::ring as certificates;
