//! The policy of this process: what the files say together, ready for use.
//!
//! [`document`] reads one file; here two are put together (the user's and the
//! site's, which the user's may only tighten), defaults are filled in, and the
//! digest is made that both ends of every link compare.
//!
//! What "tighten" means, key by key, is in [`Policy::assemble`].

mod document;
mod error;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::handshake::LinkSettings;
use super::keys::{self, ClusterKey, hash_parts};
use super::record::RekeyLimits;
use super::suite::{Suite, default_suite};
use crate::sys::policy_file::{LockedFile, read_locked};
use document::{Document, Given, KeySource};

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
    suite: &'static dyn Suite,
    within_host: WithinHost,
    limits: RekeyLimits,
    connect_timeout_ms: u64,
    handshake_timeout_ms: u64,
    network: Network,
    preferences: Vec<Preference>,
    key: Arc<ClusterKey>,
    key_path: PathBuf,
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
    /// - `cipher`: the same, or one of at least the same strength in bits;
    /// - `within_host`: the same, or `encrypt`;
    /// - `rekey_bytes`, `rekey_frames`, the timeouts: the same or less;
    /// - `interface`: the same; `subnet`: the same or one within it;
    /// - the key: any; every key has 256 bits, and one of the user's own
    ///   shuts out more processes than the site's.
    fn assemble(user: Option<Document>, site: Option<Document>) -> Result<Policy, PolicyError> {
        if let (Some(user), Some(site)) = (&user, &site) {
            check_tightens(user, site)?;
        }
        let documents: Vec<_> = user.into_iter().chain(site).collect();
        let said = |read: fn(&Document) -> Option<u64>| documents.iter().find_map(read);
        let first = documents.first().expect("a policy is made of at least one file");
        let Some((path, key)) = documents
            .iter()
            .find_map(|document| Some((&document.path, document.key.as_ref()?.clone())))
        else {
            let message = "it names no key, and without one nobody can be told from a stranger; \
                           add `file = \"cluster.key\"` under [key], or make a policy with \
                           `mpi-secure keygen --output FILE`";
            return Err(PolicyError::new(PolicyFault::Key, &first.path, message));
        };
        let (key, key_path) = resolve_key(key, path)?;
        let limits = RekeyLimits {
            bytes: said(|d| value(&d.rekey_bytes)).unwrap_or(RekeyLimits::MAX.bytes),
            frames: said(|d| value(&d.rekey_frames)).unwrap_or(RekeyLimits::MAX.frames),
        };
        Ok(Policy {
            suite: documents.iter().find_map(|d| value(&d.cipher)).unwrap_or(default_suite()),
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
            key,
            key_path,
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
            b"mpi-secure policy 1",
            self.suite.name().as_bytes(),
            &self.limits.bytes.to_be_bytes(),
            &self.limits.frames.to_be_bytes(),
            self.within_host.name().as_bytes(),
        ])
    }

    /// What the handshakes of this process's links need.
    pub fn link(&self) -> LinkSettings {
        let mut settings =
            LinkSettings::new(self.key.clone(), self.suite, self.limits, self.digest());
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

    pub fn suite(&self) -> &'static str {
        self.suite.name()
    }

    /// A name for the key that can be shown and compared.
    pub fn key_fingerprint(&self) -> String {
        self.key.fingerprint()
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
        writeln!(f, "cipher       {}", self.suite.name())?;
        writeln!(f, "key          {} (fingerprint)", self.key_fingerprint())?;
        writeln!(f, "key from     {}", self.key_path.display())?;
        writeln!(f, "within host  {}", self.within_host.name())?;
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
        match (&self.network.interface, &self.network.subnet) {
            (None, None) => writeln!(f, "network      any")?,
            (interface, subnet) => {
                write!(f, "network     ")?;
                interface.iter().try_for_each(|name| write!(f, " interface {name}"))?;
                subnet.iter().try_for_each(|subnet| write!(f, " subnet {subnet}"))?;
                writeln!(f)?;
            }
        }
        write!(f, "digest       {digest}")
    }
}

fn value<T: Clone>(given: &Option<Given<T>>) -> Option<T> {
    given.as_ref().map(|given| given.value.clone())
}

/// The key and the file that held it.
fn resolve_key(
    source: Given<KeySource>,
    policy: &std::path::Path,
) -> Result<(Arc<ClusterKey>, PathBuf), PolicyError> {
    match source.value {
        KeySource::Inline(key) => Ok((key, policy.to_owned())),
        KeySource::File(path) => {
            let file = read_locked(&path).map_err(|fault| PolicyError::of_file(&path, &fault))?;
            Ok((Arc::new(document::parse_key_file(&file)?), path))
        }
    }
}

fn check_tightens(user: &Document, site: &Document) -> Result<(), PolicyError> {
    let looser = |line: usize, key: &str, found: &dyn fmt::Display, floor: String| {
        let message = format!(
            "{key} = {found} is looser than the site's policy {} allows ({floor}); tighten it or \
             remove the line",
            site.path.display()
        );
        PolicyError::at(PolicyFault::LooserThanSite, &user.path, line, message)
    };
    if let (Some(mine), Some(floor)) = (&user.cipher, &site.cipher)
        && mine.value.strength_bits() < floor.value.strength_bits()
    {
        let at_least = format!("{} or stronger", floor.value.name());
        return Err(looser(mine.line, "cipher", &mine.value.name(), at_least));
    }
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
