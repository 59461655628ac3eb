//! One file, read: what its keys say, and where. Every key that exists is a
//! row of [`KEYS`]; what is not a row is an error, and so is a second time.
//!
//! Nothing is merged or judged across files here.

use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{PolicyError, PolicyFault};
use super::rules;
use crate::secure::handshake::KeyExchange;
use crate::secure::identity::OnExpiry;
use crate::secure::keys::ClusterKey;
use crate::secure::padding::Padding;
use crate::secure::record::{REKEY_BYTES_MAX, REKEY_FRAMES_MAX};
use crate::secure::signature::{SCHEMES, Scheme};
use crate::secure::suite::{self, Provider};
use crate::sys::policy_file::LockedFile;

/// Below this, changing keys would cost more than sealing.
const REKEY_BYTES_MIN: u64 = 64 << 10;
const REKEY_FRAMES_MIN: u64 = 16;

const TIMEOUT_MS: Range<u64> = 100..600_001;

/// A key of the policy file.
struct Key {
    section: &'static str,
    name: &'static str,
    /// How its value enters the document.
    read: fn(&mut Document, &Place, &DeValue<'_>) -> Result<(), PolicyError>,
}

/// The keys that exist, each documented here and in `docs/security.md`.
static KEYS: &[Key] = &[
    // The cipher of every link between processes.
    Key { section: "security", name: "cipher", read: read_cipher },
    // What shows an alteration: the AEAD's own tag, a MAC, or nothing.
    Key { section: "security", name: "integrity", read: read_integrity },
    // A signature over each frame beside it, or none.
    Key { section: "security", name: "signature", read: read_signature },
    // What is filled in so that lengths say less.
    Key { section: "security", name: "pad", read: read_pad },
    // Consent to suites that protect too little.
    Key { section: "security", name: "weak", read: read_weak },
    // Consent to suites that encrypt nothing.
    Key { section: "security", name: "plaintext", read: read_plaintext },
    // How the keys of a link are agreed on.
    Key { section: "security", name: "key_exchange", read: read_key_exchange },
    // The library that does AES-GCM and ChaCha20-Poly1305.
    Key { section: "security", name: "provider", read: read_provider },
    // The cluster key: the path of a file with 64 hexadecimal digits and
    // nothing else, relative to the policy file; as locked down as this one.
    Key { section: "key", name: "file", read: read_key_file },
    // The cluster key itself: 64 hexadecimal digits.
    Key { section: "key", name: "hex", read: read_key_hex },
    // While one cluster key takes over from another: the one that a caller may
    // prove instead.
    Key { section: "key", name: "accept_file", read: read_accept_file },
    Key { section: "key", name: "accept_hex", read: read_accept_hex },
    // The host's certificate, behind it those between it and the authority's.
    Key { section: "identity", name: "certificate", read: read_certificate },
    // The certificate's private key; as locked down as a cluster key.
    Key { section: "identity", name: "private_key", read: read_private_key },
    // Certificates of the authorities whose hosts are accepted.
    Key { section: "identity", name: "trust", read: read_trust },
    // What those authorities have revoked.
    Key { section: "identity", name: "revoked", read: read_revoked },
    // What happens to an open link when a certificate expires.
    Key { section: "identity", name: "on_expiry", read: read_on_expiry },
    // What protects memory shared by two processes of one host.
    Key { section: "policy", name: "within_host", read: read_within_host },
    // The least that a rule may use.
    Key { section: "policy", name: "floor", read: read_floor },
    // The most that a program may ask for.
    Key { section: "policy", name: "ceiling", read: read_ceiling },
    // What MPI_Pcontrol asks for at level 2, 3, ...
    Key { section: "policy", name: "pcontrol", read: read_pcontrol },
    // Code of the site's that contexts may send content through.
    Key { section: "policy", name: "module", read: rules::read_modules },
    // Security contexts by name, for rules and programs.
    Key { section: "policy", name: "context", read: rules::read_contexts },
    // What, where and when: the first that matches decides.
    Key { section: "policy", name: "rule", read: rules::read_rules },
    // Bytes sealed under one key before the next one takes over.
    Key { section: "link", name: "rekey_bytes", read: read_rekey_bytes },
    // Frames sealed under one key before the next one takes over.
    Key { section: "link", name: "rekey_frames", read: read_rekey_frames },
    // Milliseconds for a TCP connection to come about.
    Key { section: "link", name: "connect_timeout_ms", read: read_connect_timeout },
    // Milliseconds from the connection to an authenticated link.
    Key { section: "link", name: "handshake_timeout_ms", read: read_handshake_timeout },
    // Whether security events go to the system's log as well.
    Key { section: "log", name: "syslog", read: read_syslog },
    // The network interface whose address is used between hosts.
    Key { section: "network", name: "interface", read: read_interface },
    // The subnet in which the address used between hosts lies.
    Key { section: "network", name: "subnet", read: read_subnet },
];

/// The section whose keys are none of this layer's: it has no bearing on
/// security, and whoever uses it knows its names.
const PREFERENCES: &str = "collectives";

/// An entry of the section `[collectives]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    pub name: String,
    pub value: String,
    pub path: PathBuf,
    pub line: usize,
}

/// A range of addresses, as `10.1.0.0/16` or `fd00::/8` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    pub address: IpAddr,
    pub prefix_len: u8,
}

impl Subnet {
    pub fn parse(text: &str) -> Option<Subnet> {
        let (address, prefix_len) = text.split_once('/')?;
        let subnet =
            Subnet { address: address.parse().ok()?, prefix_len: prefix_len.parse().ok()? };
        let bits = if subnet.address.is_ipv4() { 32 } else { 128 };
        (subnet.prefix_len <= bits).then_some(subnet)
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let differs = match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => u128::from(a.to_bits() ^ b.to_bits()) << 96,
            (IpAddr::V6(a), IpAddr::V6(b)) => a.to_bits() ^ b.to_bits(),
            _ => return false,
        };
        // A shift by all bits is the empty prefix.
        differs.checked_shr(128 - u32::from(self.prefix_len)).unwrap_or(0) == 0
    }

    /// Is every address of `other` in this subnet?
    pub fn covers(&self, other: &Subnet) -> bool {
        self.prefix_len <= other.prefix_len && self.contains(other.address)
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_len)
    }
}

/// What protects the memory that two processes of one host share. Ordered:
/// what is greater is tighter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum WithinHost {
    /// The kernel alone, which lets no other user at it.
    #[default]
    None,
    /// The frames of the suite, as on the wire.
    Encrypt,
}

impl WithinHost {
    pub fn name(self) -> &'static str {
        match self {
            WithinHost::None => "none",
            WithinHost::Encrypt => "encrypt",
        }
    }
}

#[derive(Clone)]
pub(super) enum KeySource {
    Inline(Arc<ClusterKey>),
    /// Absolute, or relative to the policy's directory.
    File(PathBuf),
}

/// A value and the line it stands on.
#[derive(Clone)]
pub(super) struct Given<T> {
    pub(super) value: T,
    pub(super) line: usize,
}

/// What one file says; `None` is not said.
#[derive(Default)]
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) cipher: Option<Given<&'static str>>,
    pub(super) integrity: Option<Given<&'static str>>,
    pub(super) signature: Option<Given<Option<&'static Scheme>>>,
    pub(super) pad: Option<Given<Padding>>,
    pub(super) weak: Option<Given<bool>>,
    pub(super) plaintext: Option<Given<bool>>,
    /// `None` in it is the choice by measurement.
    pub(super) provider: Option<Given<Option<Provider>>>,
    pub(super) key_exchange: Option<Given<KeyExchange>>,
    pub(super) key: Option<Given<KeySource>>,
    pub(super) within_host: Option<Given<WithinHost>>,
    /// Names of profiles, not looked up yet, as in contexts and rules.
    pub(super) floor: Option<Given<String>>,
    pub(super) ceiling: Option<Given<String>>,
    pub(super) pcontrol: Option<Given<Vec<String>>>,
    pub(super) modules: Vec<Given<rules::ModuleText>>,
    pub(super) contexts: Vec<Given<rules::ContextText>>,
    pub(super) rules: Vec<Given<rules::RuleText>>,
    pub(super) accept: Option<Given<KeySource>>,
    /// Absolute, or relative to the policy's directory, as are those below.
    pub(super) certificate: Option<Given<PathBuf>>,
    pub(super) private_key: Option<Given<PathBuf>>,
    pub(super) trust: Option<Given<PathBuf>>,
    pub(super) revoked: Option<Given<PathBuf>>,
    pub(super) on_expiry: Option<Given<OnExpiry>>,
    pub(super) rekey_bytes: Option<Given<u64>>,
    pub(super) rekey_frames: Option<Given<u64>>,
    pub(super) connect_timeout_ms: Option<Given<u64>>,
    pub(super) handshake_timeout_ms: Option<Given<u64>>,
    pub(super) syslog: Option<Given<bool>>,
    pub(super) interface: Option<Given<String>>,
    pub(super) subnet: Option<Given<Subnet>>,
    pub(super) preferences: Vec<Preference>,
}

impl Document {
    pub(super) fn parse(file: &LockedFile) -> Result<Document, PolicyError> {
        let path = &file.path;
        let lines = Lines::new(&file.text);
        let table = DeTable::parse(&file.text).map_err(|error| {
            let line = error.span().map_or(1, |span| lines.of(span));
            let what = error.message().replace('\n', " ");
            PolicyError::at(PolicyFault::Syntax, path, line, format!("{what}; correct the line"))
        })?;
        let mut document = Document { path: path.clone(), ..Document::default() };
        for (section, content) in in_order(table.get_ref()) {
            let known: Vec<_> =
                KEYS.iter().filter(|key| key.section == *section.get_ref()).collect();
            let line = lines.of(section.span());
            let is_preferences = *section.get_ref() == PREFERENCES;
            if known.is_empty() && !is_preferences {
                return Err(unknown_section(path, line, section.get_ref()));
            }
            let Some(keys) = content.get_ref().as_table() else {
                let message =
                    format!("`{0}` is a section: write [{0}] above its keys", section.get_ref());
                return Err(PolicyError::at(PolicyFault::Value, path, line, message));
            };
            for (name, value) in in_order(keys) {
                let line = lines.of(name.span());
                if is_preferences {
                    let name = name.get_ref();
                    let place = Place { path, line, section: PREFERENCES, name, lines: &lines };
                    let value = place.text(value.get_ref(), "the name of an algorithm")?;
                    let (name, value) = (name.to_string(), value.to_string());
                    document.preferences.push(Preference { name, value, path: path.clone(), line });
                    continue;
                }
                let Some(key) = known.iter().find(|key| key.name == *name.get_ref()) else {
                    return Err(unknown_key(path, line, section.get_ref(), name.get_ref(), &known));
                };
                let (section, name) = (key.section, key.name);
                let place = Place { path, line, section, name, lines: &lines };
                (key.read)(&mut document, &place, value.get_ref())?;
            }
        }
        let holds_secret = [&document.key, &document.accept]
            .into_iter()
            .any(|key| matches!(key, Some(Given { value: KeySource::Inline(_), .. })));
        if holds_secret && file.is_readable_by_others() {
            return Err(PolicyError::secret_readable(path, file.mode));
        }
        Ok(document)
    }
}

/// Reads a key file: 64 hexadecimal digits, white space around them allowed.
pub(super) fn parse_key_file(file: &LockedFile) -> Result<ClusterKey, PolicyError> {
    if file.is_readable_by_others() {
        return Err(PolicyError::secret_readable(&file.path, file.mode));
    }
    ClusterKey::from_hex(file.text.trim_ascii()).ok_or_else(|| {
        let message = "a key file holds 64 hexadecimal digits (256 bits), not only zeros, and \
                       nothing else; make a key with `mpi-secure keygen --output FILE`";
        PolicyError::new(PolicyFault::Key, &file.path, message)
    })
}

/// Where a value stands, for its error.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) line: usize,
    pub(super) section: &'static str,
    pub(super) name: &'a str,
    /// Of the whole file, for values that have keys of their own.
    pub(super) lines: &'a Lines,
}

impl Place<'_> {
    pub(super) fn given<T>(&self, value: T) -> Option<Given<T>> {
        Some(Given { value, line: self.line })
    }

    /// `found` never comes from a key that holds a secret.
    pub(super) fn error(&self, found: &str, allowed: &str) -> PolicyError {
        let Place { section, name, .. } = self;
        let message = format!("[{section}] {name} = {found} is not possible; allowed: {allowed}");
        PolicyError::at(PolicyFault::Value, self.path, self.line, message)
    }

    pub(super) fn text<'v>(
        &self,
        value: &'v DeValue<'_>,
        allowed: &str,
    ) -> Result<&'v str, PolicyError> {
        value
            .as_str()
            .ok_or_else(|| self.error(&format!("(a value of type {})", value.type_str()), allowed))
    }

    /// An array of strings.
    pub(super) fn texts(
        &self,
        value: &DeValue<'_>,
        each: &str,
    ) -> Result<Vec<String>, PolicyError> {
        let Some(items) = value.as_array() else {
            let found = format!("(a value of type {})", value.type_str());
            return Err(self.error(&found, &format!("an array, each of {each}")));
        };
        items.iter().map(|item| Ok(self.text(item.get_ref(), each)?.to_owned())).collect()
    }

    /// The choice that the value names.
    fn one_of<T: Copy>(
        &self,
        value: &DeValue<'_>,
        choices: impl IntoIterator<Item = T>,
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, PolicyError> {
        let choices: Vec<T> = choices.into_iter().collect();
        let names: Vec<_> = choices.iter().map(|one| format!("\"{}\"", name(*one))).collect();
        let allowed = names.join(", ");
        let found = self.text(value, &allowed)?;
        let choice = choices.into_iter().find(|one| name(*one) == found);
        choice.ok_or_else(|| self.error(&format!("{found:?}"), &allowed))
    }

    pub(super) fn path_of(
        &self,
        document: &Document,
        value: &DeValue<'_>,
        allowed: &str,
    ) -> Result<PathBuf, PolicyError> {
        let path = self.text(value, allowed)?;
        Ok(document.path.parent().unwrap_or(Path::new("/")).join(path))
    }

    fn hex_key(&self, value: &DeValue<'_>) -> Result<Arc<ClusterKey>, PolicyError> {
        // The value is not repeated in the message: it may be most of a secret.
        let allowed = "64 hexadecimal digits as `mpi-secure keygen` makes them, and not only zeros";
        let key = value.as_str().and_then(ClusterKey::from_hex);
        key.map(Arc::new).ok_or_else(|| self.error("(what is written there)", allowed))
    }

    fn consent(&self, value: &DeValue<'_>) -> Result<bool, PolicyError> {
        self.one_of(value, [false, true], |allow| if allow { "allow" } else { "refuse" })
    }

    pub(super) fn number(
        &self,
        value: &DeValue<'_>,
        range: Range<u64>,
    ) -> Result<u64, PolicyError> {
        let allowed = format!("a whole number from {} to {}", range.start, range.end - 1);
        let Some(integer) = value.as_integer() else {
            return Err(self.error(&format!("(a value of type {})", value.type_str()), &allowed));
        };
        match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(self.error(integer.as_str(), &allowed)),
        }
    }
}

pub(super) type Read = Result<(), PolicyError>;

fn read_cipher(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let names = suite::cipher_names();
    if let Some(name) = value.as_str()
        && let Err(what) = suite::check_fips(name)
    {
        let message = format!(
            "[security] cipher = \"{name}\" {what} (docs/security.md, \"With a FIPS module\")"
        );
        return Err(PolicyError::at(PolicyFault::Value, place.path, place.line, message));
    }
    document.cipher = place.given(place.one_of(value, names, |name| name)?);
    Ok(())
}

fn read_integrity(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let names = suite::integrity_names();
    document.integrity = place.given(place.one_of(value, names, |name| name)?);
    Ok(())
}

fn read_signature(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let choices = [None].into_iter().chain(SCHEMES.iter().map(Some));
    let name = |scheme: Option<&Scheme>| scheme.map_or("none", |scheme| scheme.name);
    document.signature = place.given(place.one_of(value, choices, name)?);
    Ok(())
}

fn read_pad(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.pad = place.given(place.one_of(value, Padding::ALL, Padding::name)?);
    Ok(())
}

fn read_weak(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.weak = place.given(place.consent(value)?);
    Ok(())
}

fn read_plaintext(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.plaintext = place.given(place.consent(value)?);
    Ok(())
}

fn read_provider(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let choices = [None].into_iter().chain(Provider::ALL.iter().copied().map(Some));
    let name = |provider: Option<Provider>| provider.map_or("fastest", Provider::name);
    document.provider = place.given(place.one_of(value, choices, name)?);
    Ok(())
}

fn read_key_exchange(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let choices = KeyExchange::ALL.iter().copied();
    document.key_exchange = place.given(place.one_of(value, choices, KeyExchange::name)?);
    Ok(())
}

fn read_key_file(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    one_key(&document.key, place)?;
    let path = place.path_of(document, value, "the path of a file with the key")?;
    document.key = place.given(KeySource::File(path));
    Ok(())
}

fn read_key_hex(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    one_key(&document.key, place)?;
    document.key = place.given(KeySource::Inline(place.hex_key(value)?));
    Ok(())
}

fn read_accept_file(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    one_key(&document.accept, place)?;
    let path = place.path_of(document, value, "the path of a file with the key")?;
    document.accept = place.given(KeySource::File(path));
    Ok(())
}

fn read_accept_hex(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    one_key(&document.accept, place)?;
    document.accept = place.given(KeySource::Inline(place.hex_key(value)?));
    Ok(())
}

fn one_key(known: &Option<Given<KeySource>>, place: &Place) -> Read {
    match known {
        None => Ok(()),
        Some(first) => {
            let message = format!("a second key beside that of line {}; keep one", first.line);
            Err(PolicyError::at(PolicyFault::Key, place.path, place.line, message))
        }
    }
}

fn read_within_host(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let known = [WithinHost::None, WithinHost::Encrypt];
    document.within_host = place.given(place.one_of(value, known, WithinHost::name)?);
    Ok(())
}

fn read_floor(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.floor = place.given(place.text(value, rules::USES)?.to_owned());
    Ok(())
}

fn read_ceiling(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.ceiling = place.given(place.text(value, rules::USES)?.to_owned());
    Ok(())
}

fn read_pcontrol(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.pcontrol = place.given(place.texts(value, rules::USES)?);
    Ok(())
}

const PEM: &str = "the path of a file in PEM";

fn read_certificate(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.certificate = place.given(place.path_of(document, value, PEM)?);
    Ok(())
}

fn read_private_key(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.private_key = place.given(place.path_of(document, value, PEM)?);
    Ok(())
}

fn read_trust(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.trust = place.given(place.path_of(document, value, PEM)?);
    Ok(())
}

fn read_revoked(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.revoked = place.given(place.path_of(document, value, PEM)?);
    Ok(())
}

fn read_on_expiry(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.on_expiry = place.given(place.one_of(value, OnExpiry::ALL, OnExpiry::name)?);
    Ok(())
}

fn read_rekey_bytes(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let number = place.number(value, REKEY_BYTES_MIN..REKEY_BYTES_MAX + 1)?;
    document.rekey_bytes = place.given(number);
    Ok(())
}

fn read_rekey_frames(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let number = place.number(value, REKEY_FRAMES_MIN..REKEY_FRAMES_MAX + 1)?;
    document.rekey_frames = place.given(number);
    Ok(())
}

fn read_connect_timeout(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.connect_timeout_ms = place.given(place.number(value, TIMEOUT_MS)?);
    Ok(())
}

fn read_handshake_timeout(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    document.handshake_timeout_ms = place.given(place.number(value, TIMEOUT_MS)?);
    Ok(())
}

fn read_syslog(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let Some(wanted) = value.as_bool() else {
        let found = format!("(a value of type {})", value.type_str());
        return Err(place.error(&found, "true or false"));
    };
    document.syslog = place.given(wanted);
    Ok(())
}

fn read_interface(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let allowed = "the name of an interface, such as \"eth0\" (at most 15 characters)";
    let name = place.text(value, allowed)?;
    let fits = (1..=15).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits {
        return Err(place.error(&format!("{name:?}"), allowed));
    }
    document.interface = place.given(name.to_owned());
    Ok(())
}

fn read_subnet(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    let allowed = "a subnet such as \"10.1.0.0/16\" or \"fd00::/8\"";
    let text = place.text(value, allowed)?;
    let subnet = Subnet::parse(text).ok_or_else(|| place.error(&format!("{text:?}"), allowed))?;
    document.subnet = place.given(subnet);
    Ok(())
}

fn unknown_section(path: &Path, line: usize, found: &str) -> PolicyError {
    let mut sections: Vec<_> = KEYS.iter().map(|key| format!("[{}]", key.section)).collect();
    sections.dedup();
    sections.push(format!("[{PREFERENCES}]"));
    let message = format!(
        "there is no section or key `{found}`; sections are {}; correct or remove it",
        sections.join(", ")
    );
    PolicyError::at(PolicyFault::UnknownKey, path, line, message)
}

fn unknown_key(
    path: &Path,
    line: usize,
    section: &str,
    found: &str,
    known: &[&Key],
) -> PolicyError {
    let names: Vec<_> = known.iter().map(|key| key.name).collect();
    let message = format!(
        "[{section}] has no key `{found}`; its keys are {}; correct or remove it",
        names.join(", ")
    );
    PolicyError::at(PolicyFault::UnknownKey, path, line, message)
}

/// The entries of a table as the file has them, so that the first mistake is
/// the one reported.
pub(super) fn in_order<'a, 'i>(
    table: &'a DeTable<'i>,
) -> Vec<(&'a Spanned<toml::de::DeString<'i>>, &'a Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

/// Line numbers of byte positions.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Lines {
        Lines(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    pub(super) fn of(&self, span: Range<usize>) -> usize {
        1 + self.0.partition_point(|end| *end < span.start)
    }
}

/// The keys of the policy file with their sections, for the documentation's
/// freshness test.
#[cfg(test)]
pub(super) fn key_names() -> std::collections::BTreeMap<&'static str, Vec<&'static str>> {
    let mut sections = std::collections::BTreeMap::<_, Vec<_>>::new();
    for key in KEYS {
        sections.entry(key.section).or_default().push(key.name);
    }
    sections
}
