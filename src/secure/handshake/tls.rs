//! TLS 1.3 in memory: rustls with throw-away raw public keys (RFC 7250) on
//! both sides. It gives a channel nobody else can read or alter and an
//! exporter (RFC 8446, section 7.5) that names this conversation; who is at
//! the other end is proved afterwards, by `proof`.
//!
//! Each link has a key pair of its own, which dies with the handshake. There
//! are no certificates, no names, no tickets, no resumption, no early data
//! and no TLS 1.2 here, and one TLS suite.

use std::io::{Read, Write};
use std::sync::Arc;

use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring as provider,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer,
    UnixTime,
};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, DistinguishedName, Error,
    ServerConfig, ServerConnection, SignatureScheme,
};
use zeroize::Zeroizing;

/// Application protocol: another service behind the same port is refused.
const ALPN: &[u8] = b"mpi-secure/1";

/// Exporter label, in the space that RFC 5705 leaves for private use.
const EXPORTER_LABEL: &[u8] = b"EXPERIMENTAL mpi-secure link";

/// Bytes of exporter output.
pub(super) const EXPORTER_LEN: usize = 48;

/// Most application data the peer may send inside TLS: its proof.
const HEARD_MAX: usize = 1024;

/// What TLS needs and links can share.
pub(crate) fn crypto_provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![provider::cipher_suite::TLS13_AES_256_GCM_SHA384],
        ..provider::default_provider()
    })
}

/// One end of the conversation.
pub(super) struct Tls {
    connection: Connection,
    own_key: Vec<u8>,
}

impl Tls {
    pub(super) fn initiate(provider: &Arc<CryptoProvider>) -> Tls {
        let key = throwaway_key();
        let own_key = key.cert[0].to_vec();
        let algorithms = provider.signature_verification_algorithms;
        let mut config = ClientConfig::builder_with_details(provider.clone(), Arc::new(NoClock))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("the suite is one of TLS 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyRawKey { algorithms }))
            .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(key)));
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.resumption = Resumption::disabled();
        config.enable_sni = false;
        let name = ServerName::try_from("mpi-secure.invalid").expect("a well-formed name");
        let connection =
            ClientConnection::new(Arc::new(config), name).expect("the configuration is complete");
        Tls { connection: connection.into(), own_key }
    }

    pub(super) fn accept(provider: &Arc<CryptoProvider>) -> Tls {
        let key = throwaway_key();
        let own_key = key.cert[0].to_vec();
        let algorithms = provider.signature_verification_algorithms;
        let mut config = ServerConfig::builder_with_details(provider.clone(), Arc::new(NoClock))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("the suite is one of TLS 1.3")
            .with_client_cert_verifier(Arc::new(AnyRawKey { algorithms }))
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(key)));
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        let connection =
            ServerConnection::new(Arc::new(config)).expect("the configuration is complete");
        Tls { connection: connection.into(), own_key }
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

    /// The peer's end of an agreed application protocol and its raw key; to
    /// be called once TLS is done.
    pub(super) fn peer_key(&self) -> Option<&[u8]> {
        if self.connection.alpn_protocol() != Some(ALPN) {
            return None;
        }
        match self.connection.peer_certificates() {
            Some([key]) => Some(key),
            _ => None,
        }
    }

    pub(super) fn own_key(&self) -> &[u8] {
        &self.own_key
    }

    /// A secret that the two ends of this very conversation share.
    pub(super) fn exporter(&self) -> Result<Zeroizing<[u8; EXPORTER_LEN]>, Error> {
        let mut out = Zeroizing::new([0; EXPORTER_LEN]);
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

fn throwaway_key() -> Arc<CertifiedKey> {
    let random = ring::rand::SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random)
        .expect("the kernel gives random numbers");
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(document.as_ref()));
    let key = provider::sign::any_ecdsa_type(&der).expect("a key just made is well-formed");
    let public = key.public_key().expect("an ECDSA key has a public half");
    let certificate = CertificateDer::from(public.as_ref().to_vec());
    Arc::new(CertifiedKey::new(vec![certificate], key))
}

/// Accepts whatever raw key the peer shows, provided that it holds the other
/// half. That is all a throw-away key can mean; `proof` binds the key to the
/// cluster key and to the peer's claim.
#[derive(Debug)]
struct AnyRawKey {
    algorithms: WebPkiSupportedAlgorithms,
}

impl AnyRawKey {
    fn verify(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(key.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms)
    }
}

const NO_TLS12: &str = "TLS 1.2 is not offered";

impl ServerCertVerifier for AnyRawKey {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _key: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General(NO_TLS12.into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(message, key, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for AnyRawKey {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _key: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General(NO_TLS12.into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(message, key, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// Raw keys have no dates and tickets are off: nothing asks for the time, and
/// this layer has no clock.
#[derive(Debug)]
struct NoClock;

impl TimeProvider for NoClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(std::time::Duration::ZERO))
    }
}
