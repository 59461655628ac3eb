//! TLS 1.3 in memory: rustls with the certificates of both hosts, or, where
//! the policy has none, with throw-away raw public keys (RFC 7250). It gives a
//! channel nobody else can read or alter and an exporter (RFC 8446, section
//! 7.5) that names this conversation; the rest of who is at the other end is
//! proved afterwards, by `proof`.
//!
//! A raw key pair belongs to one link, and dies with its handshake unless it
//! signs the link's frames. There are no names, no tickets, no resumption, no
//! early data and no TLS 1.2 here, and one TLS suite.

use std::io::{Read, Write};
use std::sync::Arc;

use p256::pkcs8::DecodePrivateKey;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer,
    UnixTime,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, Connection, DigitallySignedStruct,
    DistinguishedName, Error, OtherError, ServerConfig, ServerConnection, SignatureScheme,
};

use super::LinkSettings;
use crate::secure::identity::{Identity, Refused, Usage};
use crate::secure::primitives::rand::SystemRandom;
use crate::secure::primitives::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use crate::secure::primitives::tls as provider;
use crate::secure::signature::FrameKey;
use crate::sys::locked::Locked;

/// Application protocol: another service behind the same port is refused.
const ALPN: &[u8] = b"mpi-secure/1";

/// Exporter label, in the space that RFC 5705 leaves for private use.
const EXPORTER_LABEL: &[u8] = b"EXPERIMENTAL mpi-secure link";

/// Bytes of exporter output.
pub(super) const EXPORTER_LEN: usize = 48;

/// Most application data the peer may send inside TLS: its proof.
const HEARD_MAX: usize = 1024;

/// What TLS needs and links can share.
pub(crate) fn crypto_provider(exchange: KeyExchange) -> Arc<CryptoProvider> {
    let usual = provider::default_provider();
    #[cfg(feature = "aws-lc")]
    let hybrid = vec![rustls::crypto::aws_lc_rs::kx_group::X25519MLKEM768];
    #[cfg(not(feature = "aws-lc"))]
    let hybrid = Vec::new();
    let kx_groups = match exchange {
        KeyExchange::Hybrid => hybrid,
        KeyExchange::Any => hybrid.into_iter().chain(usual.kx_groups).collect(),
    };
    Arc::new(CryptoProvider {
        cipher_suites: vec![provider::cipher_suite::TLS13_AES_256_GCM_SHA384],
        kx_groups,
        ..provider::default_provider()
    })
}

/// Which key exchanges a link may begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyExchange {
    /// Whatever both have, the hybrid one first.
    #[default]
    Any,
    /// X25519MLKEM768 alone: also who records everything and has a quantum
    /// computer later reads nothing. Present with the feature `aws-lc`.
    Hybrid,
}

impl KeyExchange {
    /// Those that were built in.
    pub const ALL: &[KeyExchange] = match cfg!(feature = "aws-lc") {
        true => &[KeyExchange::Any, KeyExchange::Hybrid],
        false => &[KeyExchange::Any],
    };

    /// As the policy names it.
    pub fn name(self) -> &'static str {
        match self {
            KeyExchange::Any => "any",
            KeyExchange::Hybrid => "hybrid",
        }
    }
}

/// One end of the conversation.
pub(super) struct Tls {
    connection: Connection,
    /// What we showed: a raw key, or our certificate.
    own_end: Vec<u8>,
    signing_key: Option<FrameKey>,
}

impl Tls {
    pub(super) fn initiate(settings: &LinkSettings) -> Tls {
        let LinkSettings { provider, clock, .. } = settings;
        let shown = Shown::by(settings);
        let mut config = ClientConfig::builder_with_details(provider.clone(), clock.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("the suite is one of TLS 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Judge::by(settings))
            .with_client_cert_resolver(shown.resolver());
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.resumption = Resumption::disabled();
        config.enable_sni = false;
        let name = ServerName::try_from("mpi-secure.invalid").expect("a well-formed name");
        let connection =
            ClientConnection::new(Arc::new(config), name).expect("the configuration is complete");
        shown.with(connection.into())
    }

    pub(super) fn accept(settings: &LinkSettings) -> Tls {
        let LinkSettings { provider, clock, .. } = settings;
        let shown = Shown::by(settings);
        let mut config = ServerConfig::builder_with_details(provider.clone(), clock.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("the suite is one of TLS 1.3")
            .with_client_cert_verifier(Judge::by(settings))
            .with_cert_resolver(shown.resolver());
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        let connection =
            ServerConnection::new(Arc::new(config)).expect("the configuration is complete");
        shown.with(connection.into())
    }

    /// Takes bytes of the peer.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let taken = self.connection.read_tls(&mut bytes);
            match taken {
                Ok(0) | Err(_) => return Err(Error::General("more than TLS takes".into())),
                Ok(_) => self.connection.process_new_packets()?,
            };
        }
        Ok(())
    }

    /// Bytes for the peer; empty when TLS has nothing to say.
    pub(super) fn drain(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut out).expect("a vector takes everything");
        }
        out
    }

    pub(super) fn is_done(&self) -> bool {
        !self.connection.is_handshaking()
    }

    /// What the peer showed, its raw key or its certificate, if it agreed on
    /// our application protocol; to be called once TLS is done.
    pub(super) fn peer_end(&self) -> Option<&CertificateDer<'static>> {
        if self.connection.alpn_protocol() != Some(ALPN) {
            return None;
        }
        self.connection.peer_certificates()?.first()
    }

    pub(super) fn own_end(&self) -> &[u8] {
        &self.own_end
    }

    /// The private key that signs frames, where the policy wants that.
    pub(super) fn signing_key(&self) -> Option<FrameKey> {
        self.signing_key.clone()
    }

    /// A secret that the two ends of this very conversation share.
    pub(super) fn exporter(&self) -> Result<Locked<[u8; EXPORTER_LEN]>, Error> {
        let mut out = Locked::zeroed();
        self.connection.export_keying_material(&mut out[..], EXPORTER_LABEL, None)?;
        Ok(out)
    }

    /// Name of the key exchange, for the report.
    pub(super) fn key_exchange(&self) -> &'static str {
        match self.connection.negotiated_key_exchange_group().map(|group| group.name()) {
            Some(rustls::NamedGroup::X25519) => "X25519",
            Some(rustls::NamedGroup::secp256r1) => "P-256",
            Some(rustls::NamedGroup::secp384r1) => "P-384",
            Some(rustls::NamedGroup::X25519MLKEM768) => "X25519MLKEM768",
            _ => "unknown",
        }
    }

    /// Sends words to the peer, inside TLS.
    pub(super) fn say(&mut self, words: &[u8]) {
        self.connection.writer().write_all(words).expect("TLS buffers a short message");
    }

    /// What the peer said inside TLS since the last call. `None` when it is
    /// more than any proof, or the peer ended the conversation.
    pub(super) fn hear(&mut self) -> Option<Vec<u8>> {
        let mut words = vec![0; HEARD_MAX + 1];
        let mut len = 0;
        while len < words.len() {
            match self.connection.reader().read(&mut words[len..]) {
                Ok(0) => return None,
                Ok(more) => len += more,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(_) => return None,
            }
        }
        words.truncate(len);
        (len <= HEARD_MAX).then_some(words)
    }
}

/// Are these whole records, each sealed application data to the eye? TLS does
/// not authenticate the first three bytes of a record, so the messages with
/// the proofs, which the proof within does not cover, are held to the only
/// right form.
pub(super) fn is_sealed(mut records: &[u8]) -> bool {
    while let Some(([0x17, 3, 3, high, low], rest)) = records.split_first_chunk() {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let Some(rest) = rest.get(len..) else { return false };
        records = rest;
    }
    records.is_empty()
}

/// The rest behind the one open record that the initiator's last message may
/// begin with, for the sake of middleboxes (RFC 8446, appendix D.4).
pub(super) fn skip_change_cipher_spec(records: &[u8]) -> &[u8] {
    records.strip_prefix(&[0x14, 3, 3, 0, 1, 1]).unwrap_or(records)
}

/// What this process shows the peer, with the keys behind it.
struct Shown {
    certified: Arc<CertifiedKey>,
    is_raw: bool,
    signing_key: Option<FrameKey>,
}

impl Shown {
    fn by(settings: &LinkSettings) -> Shown {
        let signs = settings.terms.protection.signature.is_some();
        match &settings.identity {
            Some(identity) => {
                let key = identity.key();
                let chain = identity.chain().to_vec();
                Shown {
                    certified: Arc::new(CertifiedKey::new(chain, key.clone())),
                    is_raw: false,
                    signing_key: signs.then(|| key.key().clone()),
                }
            }
            None => Shown::raw(signs),
        }
    }

    /// A key nobody has seen.
    fn raw(signs: bool) -> Shown {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random)
            .expect("the kernel gives random numbers");
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(document.as_ref()));
        let key = provider::sign::any_ecdsa_type(&der).expect("a key just made is well-formed");
        let public = key.public_key().expect("an ECDSA key has a public half");
        let certificate = CertificateDer::from(public.as_ref().to_vec());
        let signing_key = signs.then(|| {
            let key = p256::ecdsa::SigningKey::from_pkcs8_der(document.as_ref());
            Arc::new(Locked::new(key.expect("a key just made is well-formed")))
        });
        let certified = Arc::new(CertifiedKey::new(vec![certificate], key));
        Shown { certified, is_raw: true, signing_key }
    }

    fn resolver(&self) -> Arc<Always> {
        Arc::new(Always { certified: self.certified.clone(), is_raw: self.is_raw })
    }

    fn with(self, connection: Connection) -> Tls {
        let own_end = self.certified.cert[0].to_vec();
        Tls { connection, own_end, signing_key: self.signing_key }
    }
}

/// Shows one end, whatever the peer would like.
#[derive(Debug)]
struct Always {
    certified: Arc<CertifiedKey>,
    is_raw: bool,
}

impl ResolvesClientCert for Always {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.certified.clone())
    }

    fn only_raw_public_keys(&self) -> bool {
        self.is_raw
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.certified.clone())
    }

    fn only_raw_public_keys(&self) -> bool {
        self.is_raw
    }
}

/// Judges the end that the peer shows. In any case the peer holds the private
/// half of it.
struct Judge {
    algorithms: WebPkiSupportedAlgorithms,
    /// Judges certificates of hosts. Which host it must be for is asked
    /// afterwards, when the peer has said where it is. Without, every raw key
    /// is accepted: that is all a throw-away key can mean, and `proof` binds
    /// it to the cluster key and to the peer's claim.
    identity: Option<Arc<Identity>>,
}

impl Judge {
    fn by(settings: &LinkSettings) -> Arc<Judge> {
        let algorithms = settings.provider.signature_verification_algorithms;
        Arc::new(Judge { algorithms, identity: settings.identity.clone() })
    }

    fn judge(
        &self,
        end: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        usage: Usage,
    ) -> Result<(), Error> {
        let Some(identity) = &self.identity else { return Ok(()) };
        let mut chain = vec![end.clone()];
        chain.extend_from_slice(intermediates);
        let judged = identity.verify(&chain, now, usage);
        let refused = |why: Refused| {
            Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(why))))
        };
        judged.map(|_| ()).map_err(refused)
    }

    fn verify(
        &self,
        message: &[u8],
        end: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.identity.is_some() {
            return verify_tls13_signature(message, end, signature, &self.algorithms);
        }
        let key = SubjectPublicKeyInfoDer::from(end.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms)
    }
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Judge")
    }
}

/// What our own judgement of a certificate said, if the error is one.
pub(super) fn refused(error: &Error) -> Option<String> {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(why))) => {
            Some(why.to_string())
        }
        _ => None,
    }
}

const NO_TLS12: &str = "TLS 1.2 is not offered";

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(end_entity, intermediates, now, Usage::Acceptor)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _end: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General(NO_TLS12.into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        end: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(message, end, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.identity.is_none()
    }
}

impl ClientCertVerifier for Judge {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(end_entity, intermediates, now, Usage::Initiator)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        end: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ServerCertVerifier::verify_tls12_signature(self, message, end, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        end: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(message, end, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ServerCertVerifier::supported_verify_schemes(self)
    }

    fn requires_raw_public_keys(&self) -> bool {
        ServerCertVerifier::requires_raw_public_keys(self)
    }
}
