//! A small certificate authority for the hosts of a cluster: a key and a
//! certificate of its own, certificates for hosts, and the list of those that
//! are revoked. Everything is ECDSA on P-256, everything PEM. The files are
//! `mpi-secure ca`'s affair; x509-cert does the encoding.

use std::str::FromStr;
use std::time::Duration;

use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder, CrlBuilder, Result as Built};
use x509_cert::certificate::{Rfc5280, TbsCertificate};
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::der::asn1::{GeneralizedTime, Ia5String, UtcTime};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{DecodePem, EncodePem};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlNumber, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, der};
use zeroize::Zeroizing;

use super::primitives::rand::{SecureRandom, SystemRandom};

const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");

/// Bytes of a serial number: random, so that nobody can guess the next.
const SERIAL_LEN: usize = 16;

/// In words, for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct AuthorityError(String);

fn in_words<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> AuthorityError {
    move |error| AuthorityError(format!("{what}: {error}"))
}

pub struct Authority {
    certificate: Certificate,
    key: SigningKey,
}

/// A certificate and its key, in PEM.
pub struct Issued {
    pub certificate: String,
    pub private_key: Zeroizing<String>,
    /// Hexadecimal.
    pub serial: String,
}

/// A certificate that is not to be accepted any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    pub serial: Vec<u8>,
    /// Seconds since 1970.
    pub at: u64,
}

/// From when to when, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: u64,
    pub until: u64,
}

impl Authority {
    pub fn create(name: &str, period: Period) -> Result<(Authority, Issued), AuthorityError> {
        let key = new_key();
        let subject = common_name(name)?;
        let certificate = certify(Root { subject }, &key, &key, period)?;
        let issued = issued(&certificate, &key)?;
        Ok((Authority { certificate, key }, issued))
    }

    /// An authority there already is; its key must be one for ECDSA on P-256.
    pub fn from_pem(certificate: &str, private_key: &str) -> Result<Authority, AuthorityError> {
        let certificate = Certificate::from_pem(certificate)
            .map_err(in_words("the authority's certificate cannot be read"))?;
        let key = SigningKey::from_pkcs8_pem(private_key)
            .map_err(in_words("the authority's key is no PKCS #8 key for ECDSA on P-256"))?;
        Ok(Authority { certificate, key })
    }

    /// A new key and a certificate for a host under all of its names.
    pub fn issue(&self, hosts: &[&str], period: Period) -> Result<Issued, AuthorityError> {
        let first = hosts.first().ok_or_else(|| AuthorityError("a host has a name".into()))?;
        let names: Result<Vec<GeneralName>, _> =
            hosts.iter().map(|host| Ia5String::new(host).map(GeneralName::DnsName)).collect();
        let host = Host {
            issuer: self.certificate.tbs_certificate().subject().clone(),
            subject: common_name(first)?,
            names: names.map_err(in_words("a host's name has letters of ASCII"))?,
        };
        let key = new_key();
        issued(&certify(host, &key, &self.key, period)?, &key)
    }

    /// The list of what is revoked, in PEM. Each list has a higher number than
    /// the one before.
    pub fn revocation_list(
        &self,
        number: u64,
        revoked: &[Revoked],
        period: Period,
    ) -> Result<String, AuthorityError> {
        let made = || -> Built<String> {
            let number = CrlNumber::try_from(u128::from(number))?;
            let list = CrlBuilder::<Rfc5280>::new_with_this_update(
                &self.certificate,
                number,
                time(period.from)?,
            )?
            .with_next_update(Some(time(period.until)?));
            let entries = revoked
                .iter()
                .map(|one| {
                    Ok(RevokedCert {
                        serial_number: SerialNumber::new(&one.serial)?,
                        revocation_date: time(one.at)?,
                        crl_entry_extensions: None,
                    })
                })
                .collect::<der::Result<Vec<_>>>()?;
            // A list of none has to be absent (RFC 5280, section 5.1.2.6).
            let list = match entries.is_empty() {
                true => list,
                false => list.with_certificates(entries.into_iter()),
            };
            let list = list.build::<_, DerSignature>(&self.key)?;
            Ok(list.to_pem(LineEnding::LF)?)
        };
        made().map_err(in_words("the revocation list cannot be made"))
    }

    /// When the authority's own certificate ends, in seconds since 1970.
    pub fn expires_at(&self) -> u64 {
        self.certificate.tbs_certificate().validity().not_after.to_unix_duration().as_secs()
    }
}

/// The content of a list that [`Authority::revocation_list`] made.
pub fn parse_revocation_list(pem: &str) -> Result<Vec<Revoked>, AuthorityError> {
    let list = CertificateList::<Rfc5280>::from_pem(pem)
        .map_err(in_words("the revocation list cannot be read"))?;
    let revoked = list.tbs_cert_list.revoked_certificates.unwrap_or_default();
    let revoked = revoked.iter().map(|one| Revoked {
        serial: one.serial_number.as_bytes().to_vec(),
        at: one.revocation_date.to_unix_duration().as_secs(),
    });
    Ok(revoked.collect())
}

fn certify(
    profile: impl BuilderProfile,
    key: &SigningKey,
    signer: &SigningKey,
    period: Period,
) -> Result<Certificate, AuthorityError> {
    let made = || -> Built<Certificate> {
        let mut serial = [0; SERIAL_LEN];
        SystemRandom::new().fill(&mut serial).expect("the kernel gives random numbers");
        // Positive, and of full length.
        serial[0] = serial[0] & 0x7f | 0x40;
        let serial = SerialNumber::new(&serial)?;
        let validity = Validity::new(time(period.from)?, time(period.until)?);
        let public = SubjectPublicKeyInfo::from_key(key.verifying_key())?;
        let builder = CertificateBuilder::new(profile, serial, validity, public)?;
        builder.build::<_, DerSignature>(signer)
    };
    made().map_err(in_words("the certificate cannot be made"))
}

fn issued(certificate: &Certificate, key: &SigningKey) -> Result<Issued, AuthorityError> {
    let serial = certificate.tbs_certificate().serial_number().as_bytes();
    Ok(Issued {
        serial: data_encoding::HEXLOWER.encode(serial),
        certificate: certificate
            .to_pem(LineEnding::LF)
            .map_err(in_words("the certificate cannot be written"))?,
        private_key: key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(in_words("the key cannot be written"))?,
    })
}

fn new_key() -> SigningKey {
    let mut bytes = Zeroizing::new([0; 32]);
    loop {
        SystemRandom::new().fill(&mut bytes[..]).expect("the kernel gives random numbers");
        // All but 2^-32 of the numbers are below the order of the curve.
        if let Ok(key) = SigningKey::from_slice(&bytes[..]) {
            return key;
        }
    }
}

fn common_name(name: &str) -> Result<Name, AuthorityError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " .-_".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        let why = format!("{name:?} is no name: letters, digits, dots, dashes and spaces are");
        return Err(AuthorityError(why));
    }
    Name::from_str(&format!("CN={name}")).map_err(in_words("that is no name"))
}

fn time(seconds: u64) -> der::Result<Time> {
    let seconds = Duration::from_secs(seconds);
    // UTCTime until 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5).
    match UtcTime::from_unix_duration(seconds) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => GeneralizedTime::from_unix_duration(seconds).map(Time::GeneralTime),
    }
}

struct Root {
    subject: Name,
}

impl BuilderProfile for Root {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        public: SubjectPublicKeyInfoRef<'_>,
        _issuer: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> Built<Vec<Extension>> {
        // Hosts only: nothing this authority certifies can certify others.
        let constraints = BasicConstraints { ca: true, path_len_constraint: Some(0) };
        let usages = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
        let subject = &self.subject;
        Ok(vec![
            constraints.to_extension(subject, &[])?,
            usages.to_extension(subject, &[])?,
            SubjectKeyIdentifier::try_from(public)?.to_extension(subject, &[])?,
        ])
    }
}

struct Host {
    issuer: Name,
    subject: Name,
    names: Vec<GeneralName>,
}

impl BuilderProfile for Host {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _public: SubjectPublicKeyInfoRef<'_>,
        issuer: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> Built<Vec<Extension>> {
        // A process calls and is called: client and server.
        let usages = ExtendedKeyUsage(vec![SERVER_AUTH, CLIENT_AUTH]);
        let subject = &self.subject;
        Ok(vec![
            KeyUsage(KeyUsages::DigitalSignature.into()).to_extension(subject, &[])?,
            usages.to_extension(subject, &[])?,
            SubjectAltName(self.names.clone()).to_extension(subject, &[])?,
            AuthorityKeyIdentifier::try_from(issuer)?.to_extension(subject, &[])?,
        ])
    }
}
