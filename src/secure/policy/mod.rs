//! The policy of this process: what the files say together, ready for use.
//!
//! [`document`] reads one file; here two are put together (the user's and the
//! site's, which the user's may only tighten), defaults are filled in, and the
//! digest is made that both ends of every link compare.
//!
//! What "tighten" means, key by key, is in [`Policy::assemble`].

mod about;
mod credentials;
mod document;
mod error;
mod rules;
mod security;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::handshake::{KeyExchange, LinkSettings};
use super::identity::Identity;
use super::keys::{self, hash_parts};
use super::protection::Protection;
use super::record::RekeyLimits;
use super::rulebook::Rulebook;
use super::suite::Suite;
use crate::sys::policy_file::LockedFile;
use credentials::Credentials;
use document::{Document, Given};

pub use about::About;
pub use document::{Preference, Subnet, WithinHost};
pub use error::{PolicyError, PolicyFault};

/// Patience where the policy says nothing.
const CONNECT_TIMEOUT_MS_DEFAULT: u64 = 10_000;

/// Short: whoever swallows a message of a handshake must be found out within
/// seconds, and no honest peer needs a tenth of it.
const HANDSHAKE_TIMEOUT_MS_DEFAULT: u64 = 4_000;

/// Which of the host's addresses is used towards other hosts; both `None`
/// leave the choice to the channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    pub interface: Option<String>,
    pub subnet: Option<Subnet>,
}

/// A policy in force.
pub struct Policy {
    protection: Protection,
    within_host: WithinHost,
    rulebook: Arc<Rulebook>,
    /// The rules in words, for people and for the digest.
    rules: String,
    limits: RekeyLimits,
    connect_timeout_ms: u64,
    handshake_timeout_ms: u64,
    network: Network,
    preferences: Vec<Preference>,
    key_exchange: KeyExchange,
    credentials: Credentials,
    syslog: bool,
    /// The files it was made of: the user's, then the site's.
    sources: Vec<PathBuf>,
}

impl Policy {
    /// A policy from one file; reads the key file if it names one.
    pub fn parse(file: &LockedFile) -> Result<Policy, PolicyError> {
        Policy::assemble(Some(Document::parse(file)?), None)
    }

    /// A policy from the user's file and the site's.
    pub fn parse_both(
        user: Option<&LockedFile>,
        site: Option<&LockedFile>,
    ) -> Result<Policy, PolicyError> {
        let site = site.map(Document::parse).transpose()?;
        let user = user.map(Document::parse).transpose()?;
        Policy::assemble(user, site)
    }

    /// Puts the files together. Where the site's file says something, the
    /// user's may leave it so or be tighter:
    ///
    /// - [security]: see [`security`];
    /// - `within_host`: the same, or `encrypt`;
    /// - `rekey_bytes`, `rekey_frames`, the timeouts: the same or less;
    /// - `interface`: the same; `subnet`: the same or one within it;
    /// - `floor`, `ceiling`, rules and contexts: see [`rules`];
    /// - `key_exchange`: not less than the hybrid, if the site wants that;
    /// - credentials: see [`credentials`].
    fn assemble(user: Option<Document>, site: Option<Document>) -> Result<Policy, PolicyError> {
        if let (Some(user), Some(site)) = (&user, &site) {
            check_tightens(user, site)?;
            security::check_tightens(user, site)?;
            credentials::check_tightens(user, site)?;
            rules::check_tightens(user, site)?;
        }
        let documents: Vec<_> = user.into_iter().chain(site).collect();
        let said = |read: fn(&Document) -> Option<u64>| documents.iter().find_map(read);
        let credentials = Credentials::gather(&documents.iter().collect::<Vec<_>>())?;
        let limits = RekeyLimits {
            bytes: said(|d| value(&d.rekey_bytes)).unwrap_or(RekeyLimits::MAX.bytes),
            frames: said(|d| value(&d.rekey_frames)).unwrap_or(RekeyLimits::MAX.frames),
        };
        let all: Vec<&Document> = documents.iter().collect();
        let protection = security::resolve(&all)?;
        let (rulebook, rules) = rules::resolve(&all, protection)?;
        Ok(Policy {
            protection,
            rulebook: Arc::new(rulebook),
            rules,
            within_host: documents.iter().find_map(|d| value(&d.within_host)).unwrap_or_default(),
            limits,
            connect_timeout_ms: said(|d| value(&d.connect_timeout_ms))
                .unwrap_or(CONNECT_TIMEOUT_MS_DEFAULT),
            handshake_timeout_ms: said(|d| value(&d.handshake_timeout_ms))
                .unwrap_or(HANDSHAKE_TIMEOUT_MS_DEFAULT),
            network: Network {
                interface: documents.iter().find_map(|d| value(&d.interface)),
                subnet: documents.iter().find_map(|d| value(&d.subnet)),
            },
            // The site's first, so that the user's have the last word.
            preferences: documents
                .iter()
                .rev()
                .flat_map(|document| document.preferences.iter().cloned())
                .collect(),
            key_exchange: documents.iter().find_map(|d| value(&d.key_exchange)).unwrap_or_default(),
            credentials,
            syslog: documents.iter().find_map(|d| value(&d.syslog)).unwrap_or(false),
            sources: documents.iter().map(|document| document.path.clone()).collect(),
        })
    }

    /// The text of a new policy file, with a key nobody has seen.
    pub fn generate_text(suite: &dyn Suite) -> Zeroizing<String> {
        let key = keys::generate_hex();
        let name = suite.name();
        // Room enough from the start: growing would leave copies of the key.
        let mut text = Zeroizing::new(String::with_capacity(512));
        text.push_str(
            "# A policy of mpi-secure, with its secret key: keep it unreadable for others.\n\
             # `mpi-secure check` explains it; all hosts of a job need the same.\n\n",
        );
        for part in ["[security]\ncipher = \"", name, "\"\n\n[key]\nhex = \"", &key, "\"\n"] {
            text.push_str(part);
        }
        text
    }

    /// What two ends of a link must have in common, beside the key, which is
    /// proved on its own so that the operator learns which of the two is
    /// wrong. Timeouts and the choice of network are each host's own affair.
    pub fn digest(&self) -> [u8; 32] {
        hash_parts(&[
            b"mpi-secure policy 3",
            self.protection.name().as_bytes(),
            self.protection.padding.name().as_bytes(),
            self.key_exchange.name().as_bytes(),
            self.credentials.kind().as_bytes(),
            &self.limits.bytes.to_be_bytes(),
            &self.limits.frames.to_be_bytes(),
            self.within_host.name().as_bytes(),
            self.rules.as_bytes(),
        ])
    }

    /// What the handshakes of this process's links need.
    pub fn link(&self) -> LinkSettings {
        let Protection { suite, .. } = self.protection;
        let Credentials { key, accepted, identity, .. } = &self.credentials;
        let mut settings = LinkSettings::new(key.clone(), suite, self.limits, self.digest());
        settings.accepted = accepted.iter().cloned().collect();
        settings.identity = identity.clone();
        settings.exchange_keys_by(self.key_exchange);
        settings.on_expiry = self.credentials.on_expiry;
        settings.terms.protection = self.protection;
        settings.terms.profiles = self.rulebook.profiles.clone();
        settings.within_host = self.within_host;
        settings.connect_timeout = Duration::from_millis(self.connect_timeout_ms);
        settings.handshake_timeout = Duration::from_millis(self.handshake_timeout_ms);
        settings
    }

    pub fn network(&self) -> &Network {
        &self.network
    }

    /// What `[collectives]` says, in the order in which it counts; not judged
    /// here, and of no importance to security.
    pub fn preferences(&self) -> &[Preference] {
        &self.preferences
    }

    /// Names the suite and, where there is one, the signature.
    pub fn suite(&self) -> String {
        self.protection.name()
    }

    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// Which security context a message gets.
    pub fn rulebook(&self) -> &Arc<Rulebook> {
        &self.rulebook
    }

    /// What the operator should be reminded of whenever a job starts.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = security::warnings(&self.protection);
        warnings.extend(rules::warnings(&self.rulebook, self.protection));
        warnings
    }

    /// A name for the key that can be shown and compared; a dash where there
    /// is none.
    pub fn key_fingerprint(&self) -> String {
        self.credentials.key.as_ref().map_or("-".to_owned(), |key| key.fingerprint())
    }

    /// The host's certificate, where the policy has one.
    pub fn identity(&self) -> Option<&Arc<Identity>> {
        self.credentials.identity.as_ref()
    }

    /// Do security events go to the system's log as well?
    pub fn logs(&self) -> bool {
        self.syslog
    }

    /// What the job's report says about the policy.
    pub fn about(&self) -> About {
        About::new(self)
    }

    /// The files the policy was made of, the user's first.
    pub fn sources(&self) -> &[PathBuf] {
        &self.sources
    }
}

/// The policy in words, without secrets.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = data_encoding::HEXLOWER.encode(&self.digest());
        let Protection { suite, signature, padding } = self.protection;
        writeln!(f, "cipher       {} (by {})", suite.cipher_name(), suite.library())?;
        writeln!(f, "integrity    {}", suite.integrity_name())?;
        writeln!(f, "signature    {}", signature.map_or("none", |scheme| scheme.name))?;
        writeln!(f, "padding      {}", padding.name())?;
        writeln!(f, "key exchange {}", self.key_exchange.name())?;
        write!(f, "{}", self.credentials)?;
        writeln!(f, "within host  {}", self.within_host.name())?;
        self.rules.lines().try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(
            f,
            "new keys     after {} bytes or {} frames per direction",
            self.limits.bytes, self.limits.frames
        )?;
        writeln!(
            f,
            "timeouts     {} ms to connect, {} ms to authenticate",
            self.connect_timeout_ms, self.handshake_timeout_ms
        )?;
        writeln!(f, "syslog       {}", self.syslog)?;
        match (&self.network.interface, &self.network.subnet) {
            (None, None) => writeln!(f, "network      any")?,
            (interface, subnet) => {
                write!(f, "network     ")?;
                interface.iter().try_for_each(|name| write!(f, " interface {name}"))?;
                subnet.iter().try_for_each(|subnet| write!(f, " subnet {subnet}"))?;
                writeln!(f)?;
            }
        }
        write!(f, "digest       {digest}")?;
        self.warnings().iter().try_for_each(|warning| write!(f, "\nwarning      {warning}"))
    }
}

fn value<T: Clone>(given: &Option<Given<T>>) -> Option<T> {
    given.as_ref().map(|given| given.value.clone())
}

/// The error for a line of the user's that asks for less than the site does.
fn looser(
    (user, line): (&Document, usize),
    site: &Document,
    key: &str,
    found: &dyn fmt::Display,
    floor: &str,
) -> PolicyError {
    let message = format!(
        "{key} = {found} is looser than the site's policy {} allows ({floor}); tighten it or \
         remove the line",
        site.path.display()
    );
    PolicyError::at(PolicyFault::LooserThanSite, &user.path, line, message)
}

fn check_tightens(user: &Document, site: &Document) -> Result<(), PolicyError> {
    let looser = |line: usize, key: &str, found: &dyn fmt::Display, floor: String| {
        looser((user, line), site, key, found, &floor)
    };
    if let (Some(mine), Some(floor)) = (&user.within_host, &site.within_host)
        && mine.value < floor.value
    {
        return Err(looser(
            mine.line,
            "within_host",
            &mine.value.name(),
            floor.value.name().to_owned(),
        ));
    }
    let ceilings = [
        ("rekey_bytes", &user.rekey_bytes, &site.rekey_bytes),
        ("rekey_frames", &user.rekey_frames, &site.rekey_frames),
        ("connect_timeout_ms", &user.connect_timeout_ms, &site.connect_timeout_ms),
        ("handshake_timeout_ms", &user.handshake_timeout_ms, &site.handshake_timeout_ms),
    ];
    for (key, mine, ceiling) in ceilings {
        if let (Some(mine), Some(ceiling)) = (mine, ceiling)
            && mine.value > ceiling.value
        {
            let at_most = format!("at most {}", ceiling.value);
            return Err(looser(mine.line, key, &mine.value, at_most));
        }
    }
    if let (Some(Given { value: false, line }), Some(true)) = (&user.syslog, value(&site.syslog)) {
        return Err(looser(*line, "syslog", &"false", "true".to_owned()));
    }
    if let (Some(mine), Some(fixed)) = (&user.interface, &site.interface)
        && mine.value != fixed.value
    {
        return Err(looser(mine.line, "interface", &mine.value, fixed.value.clone()));
    }
    if let (Some(mine), Some(fixed)) = (&user.subnet, &site.subnet)
        && !fixed.value.covers(&mine.value)
    {
        let within = format!("a subnet of {}", fixed.value);
        return Err(looser(mine.line, "subnet", &mine.value, within));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
