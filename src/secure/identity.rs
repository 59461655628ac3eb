//! The identity of a host: its certificate and private key, and whose
//! certificates it trusts. `rustls-webpki` judges chains, dates and revocation
//! lists; here are the files, the words about them, and the key.
//!
//! The private key lives in locked memory and nowhere else: rustls signs
//! through [`HostKey`], and so does the signature layer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, SubjectPublicKeyInfoDer,
    TrustAnchor, UnixTime,
};
use rustls::sign::{Signer, SigningKey as TlsSigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use zeroize::Zeroizing;

use super::frame::HANDSHAKE_BODY_MAX;
use super::primitives::certificates;
use crate::sys::locked::Locked;

/// Bytes that a chain may have: it travels in one handshake message, with what
/// else TLS says there (key exchange, signature, proof: below 2 KiB).
const CHAIN_LEN_MAX: usize = HANDSHAKE_BODY_MAX - (2 << 10);

/// What certificate signatures may be made with: elliptic curves only.
static ALGORITHMS: &[&dyn rustls::pki_types::SignatureVerificationAlgorithm] = &[
    certificates::ECDSA_P256_SHA256,
    certificates::ECDSA_P256_SHA384,
    certificates::ECDSA_P384_SHA256,
    certificates::ECDSA_P384_SHA384,
];

/// A host's own certificate, with what it takes to judge others'.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: Arc<HostKey>,
    facts: Facts,
    roots: Vec<TrustAnchor<'static>>,
    revoked: Vec<CertRevocationList<'static>>,
}

/// What happens to an open link when a certificate expires. New ones are
/// refused in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExpiry {
    /// The link ends, and with it the job.
    #[default]
    End,
    /// The operator is told, and the link lives on until the job's end.
    Warn,
}

impl OnExpiry {
    pub(super) const ALL: [OnExpiry; 2] = [OnExpiry::End, OnExpiry::Warn];

    pub fn name(self) -> &'static str {
        match self {
            OnExpiry::End => "end",
            OnExpiry::Warn => "warn",
        }
    }
}

/// Which of the files is wrong, and how.
#[derive(Debug)]
pub enum IdentityFault {
    Certificate(String),
    PrivateKey(String),
    Trust(String),
    Revoked(String),
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The DNS names it is for.
    pub names: Vec<String>,
    /// Hexadecimal.
    pub serial: String,
    /// Seconds since 1970.
    pub not_after: u64,
    /// The public key, as a SubjectPublicKeyInfo.
    pub(super) public_key: Vec<u8>,
}

/// Why a peer's certificate is refused, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Which end of a TLS conversation a certificate speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    Initiator,
    Acceptor,
}

impl Identity {
    /// From PEM texts: the host's chain (its own certificate first) and key,
    /// the trusted authorities, and their revocation lists.
    pub fn parse(
        certificate: &str,
        private_key: &str,
        trust: &str,
        revoked: Option<&str>,
    ) -> Result<Identity, IdentityFault> {
        let wrong = |error| IdentityFault::Certificate(format!("it is not PEM ({error:?})"));
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(wrong)?;
        let Some(first) = chain.first() else {
            return Err(IdentityFault::Certificate("there is no certificate in it".into()));
        };
        let chain_len: usize = chain.iter().map(|certificate| certificate.len()).sum();
        if chain_len > CHAIN_LEN_MAX {
            let why = format!(
                "its {} certificates have {chain_len} bytes, and a handshake takes \
                 {CHAIN_LEN_MAX}; leave out the authority's own and what is not needed",
                chain.len()
            );
            return Err(IdentityFault::Certificate(why));
        }
        let facts = Facts::of(first).map_err(|Refused(why)| IdentityFault::Certificate(why))?;
        let key = HostKey::parse(private_key).map_err(IdentityFault::PrivateKey)?;
        if key.public != facts.public_key {
            let why = "it belongs to another certificate than the one the policy names";
            return Err(IdentityFault::PrivateKey(why.into()));
        }
        Ok(Identity {
            facts,
            key: Arc::new(key),
            roots: parse_roots(trust).map_err(IdentityFault::Trust)?,
            revoked: revoked.map_or(Ok(Vec::new()), parse_lists).map_err(IdentityFault::Revoked)?,
            chain,
        })
    }

    /// What our own certificate says.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(super) fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    pub(super) fn key(&self) -> &Arc<HostKey> {
        &self.key
    }

    /// Would our own certificate be accepted by hosts that trust as we do?
    pub fn check(&self, now: UnixTime) -> Result<(), Refused> {
        for usage in [Usage::Initiator, Usage::Acceptor] {
            self.verify(&self.chain, now, usage)?;
        }
        Ok(())
    }

    /// Judges a peer's chain, its own certificate first.
    pub(super) fn verify(
        &self,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
        usage: Usage,
    ) -> Result<Facts, Refused> {
        let Some((first, intermediates)) = chain.split_first() else {
            return Err(Refused("it showed no certificate".into()));
        };
        let facts = Facts::of(first)?;
        let certificate = EndEntityCert::try_from(first)
            .map_err(|error| Refused(format!("its certificate cannot be read ({error})")))?;
        let lists: Vec<&CertRevocationList> = self.revoked.iter().collect();
        let revocation = match lists.is_empty() {
            true => None,
            false => Some(
                RevocationOptionsBuilder::new(&lists)
                    .expect("there is a list")
                    .with_depth(RevocationCheckDepth::EndEntity)
                    .with_status_policy(UnknownStatusPolicy::Deny)
                    .with_expiration_policy(ExpirationPolicy::Enforce)
                    .build(),
            ),
        };
        let usage = match usage {
            Usage::Initiator => KeyUsage::client_auth(),
            Usage::Acceptor => KeyUsage::server_auth(),
        };
        certificate
            .verify_for_usage(ALGORITHMS, &self.roots, intermediates, now, usage, revocation, None)
            .map_err(|error| Refused(in_words(&facts, &error)))?;
        Ok(facts)
    }
}

impl Facts {
    /// Of the first certificate in a text.
    pub fn from_pem(text: &str) -> Result<Facts, Refused> {
        let certificate = CertificateDer::from_pem_slice(text.as_bytes())
            .map_err(|_| Refused("there is no certificate in PEM in it".into()))?;
        Facts::of(&certificate)
    }

    pub(super) fn of(certificate: &CertificateDer<'_>) -> Result<Facts, Refused> {
        let unreadable =
            |error: &dyn fmt::Display| Refused(format!("the certificate cannot be read ({error})"));
        let parsed = Certificate::from_der(certificate).map_err(|error| unreadable(&error))?;
        let parsed = parsed.tbs_certificate();
        let checked = EndEntityCert::try_from(certificate).map_err(|error| unreadable(&error))?;
        Ok(Facts {
            names: checked.valid_dns_names().map(str::to_owned).collect(),
            serial: data_encoding::HEXLOWER.encode(parsed.serial_number().as_bytes()),
            not_after: parsed.validity().not_after.to_unix_duration().as_secs(),
            public_key: checked.subject_public_key_info().to_vec(),
        })
    }

    /// Is the certificate for this host?
    pub fn is_for(&self, host: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    pub fn is_expired(&self, now: UnixTime) -> bool {
        now.as_secs() > self.not_after
    }
}

/// Shown in reports and messages.
impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = match self.names.as_slice() {
            [] => "no host".to_owned(),
            names => names.join(", "),
        };
        write!(f, "{names} (serial {}, until {})", self.serial, date(self.not_after))
    }
}

/// A time of UTC.
pub fn date(seconds: u64) -> String {
    let time = x509_cert::der::DateTime::from_unix_duration(Duration::from_secs(seconds));
    time.map_or_else(|_| "the end of time".to_owned(), |time| time.to_string())
}

fn in_words(facts: &Facts, error: &webpki::Error) -> String {
    use webpki::Error;
    let whose = format!("its certificate for {facts}");
    match error {
        Error::CertExpired { .. } => format!("{whose} has expired"),
        Error::CertNotValidYet { .. } => {
            format!("{whose} is not valid yet: compare the clocks of the hosts")
        }
        Error::CertRevoked => format!("{whose} is revoked"),
        // The latter where two authorities have one name.
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => {
            format!("{whose} is of an authority that is not trusted here")
        }
        Error::CrlExpired { .. } => {
            "the revocation list here is out of date, so nobody can be accepted".to_owned()
        }
        Error::UnknownRevocationStatus => {
            format!("the revocation list here is of another authority than {whose}")
        }
        other => format!("{whose} is not acceptable ({other})"),
    }
}

fn parse_roots(trust: &str) -> Result<Vec<TrustAnchor<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(trust.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| format!("it is not PEM ({error:?})"))?;
    if certificates.is_empty() {
        return Err("there is no certificate in it".into());
    }
    certificates
        .iter()
        .map(|certificate| {
            let anchor = anchor_from_trusted_cert(certificate)
                .map_err(|error| format!("a certificate in it cannot be used ({error})"))?;
            Ok(anchor.to_owned())
        })
        .collect()
}

fn parse_lists(revoked: &str) -> Result<Vec<CertRevocationList<'static>>, String> {
    let lists: Vec<_> = CertificateRevocationListDer::pem_slice_iter(revoked.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| format!("it is not PEM ({error:?})"))?;
    if lists.is_empty() {
        return Err("there is no revocation list in it".into());
    }
    let parsed = lists.iter().map(|list| OwnedCertRevocationList::from_der(list).map(Into::into));
    parsed
        .collect::<Result<_, _>>()
        .map_err(|error| format!("a list in it cannot be read ({error})"))
}

/// A host's private key, in locked memory.
pub(super) struct HostKey {
    key: Arc<Locked<SigningKey>>,
    /// As a SubjectPublicKeyInfo.
    public: Vec<u8>,
}

impl HostKey {
    fn parse(pem: &str) -> Result<HostKey, String> {
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| "there is no private key in PEM in it".to_owned())?;
        let key = match &*der {
            PrivateKeyDer::Pkcs8(der) => SigningKey::from_pkcs8_der(der.secret_pkcs8_der()).ok(),
            PrivateKeyDer::Sec1(der) => {
                p256::SecretKey::from_sec1_der(der.secret_sec1_der()).ok().map(Into::into)
            }
            _ => None,
        };
        let key = key.ok_or("the key in it is not one for ECDSA on P-256")?;
        Ok(HostKey::new(key))
    }

    pub(super) fn new(key: SigningKey) -> HostKey {
        let public = key.verifying_key().to_public_key_der().expect("a key has an encoding");
        let public = public.as_bytes().to_vec();
        HostKey { key: Arc::new(Locked::new(key)), public }
    }

    pub(super) fn key(&self) -> &Arc<Locked<SigningKey>> {
        &self.key
    }
}

/// Nothing of the key.
impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostKey")
    }
}

impl TlsSigningKey for HostKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let usable = offered.contains(&SignatureScheme::ECDSA_NISTP256_SHA256);
        usable.then(|| Box::new(HostSigner(self.key.clone())) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(SubjectPublicKeyInfoDer::from(self.public.as_slice()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

struct HostSigner(Arc<Locked<SigningKey>>);

impl fmt::Debug for HostSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostSigner")
    }
}

impl Signer for HostSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature: DerSignature = self.0.sign(message);
        Ok(signature.as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}
