//! What a process shows and proves: the cluster key, a second one that is
//! accepted while the first takes over from it, the host's certificate.
//!
//! A cluster key alone, a certificate alone, or both. A user may bring any key
//! of his own, since that shuts out more processes than the site's; where the
//! site has certificates, he may bring another one of his host, and nothing
//! about whose certificates are accepted.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::document::{self, Document, Given, KeySource};
use super::error::{PolicyError, PolicyFault};
use super::{looser, value};
use crate::secure::identity::{Identity, IdentityFault, OnExpiry};
use crate::secure::keys::ClusterKey;
use crate::sys::policy_file::{LockedFile, read_locked};

pub(super) struct Credentials {
    pub(super) key: Option<Arc<ClusterKey>>,
    key_path: PathBuf,
    pub(super) accepted: Option<Arc<ClusterKey>>,
    pub(super) identity: Option<Arc<Identity>>,
    certificate_path: PathBuf,
    has_list: bool,
    pub(super) on_expiry: OnExpiry,
}

impl Credentials {
    /// Reads the files that the documents, the user's first, name.
    pub(super) fn gather(documents: &[&Document]) -> Result<Credentials, PolicyError> {
        let (key, key_path) = match find(documents, |d| d.key.clone()) {
            Some((source, document)) => {
                let (key, path) = resolve_key(source, &document.path)?;
                (Some(key), path)
            }
            None => (None, PathBuf::new()),
        };
        // Of the file that has the key: a user with a key of his own does not
        // want the processes that the site's second key lets in.
        let accepted = find(documents, |d| d.key.as_ref().map(|_| d.accept.clone()))
            .and_then(|(source, document)| Some((source?, document)))
            .map(|(source, document)| Ok(resolve_key(source, &document.path)?.0))
            .transpose()?;
        let identity = gather_identity(documents)?;
        let first = documents.first().expect("a policy is made of at least one file");
        if key.is_none() && identity.is_none() {
            let message = "it names no key, and without one nobody can be told from a stranger; \
                           add `file = \"cluster.key\"` under [key] or certificates under \
                           [identity], or make a policy with `mpi-secure keygen --output FILE`";
            return Err(PolicyError::new(PolicyFault::Key, &first.path, message));
        }
        let lonely = |d: &Document| d.accept.as_ref().filter(|_| d.key.is_none()).cloned();
        if let Some((second, document)) = find(documents, lonely) {
            let message = "a key to be accepted beside the file's own, and the file has none; \
                           name that with `file` or `hex`";
            return Err(PolicyError::at(PolicyFault::Key, &document.path, second.line, message));
        }
        let certificate_path = find(documents, |d| value(&d.certificate));
        Ok(Credentials {
            key,
            key_path,
            accepted,
            identity,
            certificate_path: certificate_path.map(|(path, _)| path).unwrap_or_default(),
            has_list: find(documents, |d| value(&d.revoked)).is_some(),
            on_expiry: find(documents, |d| value(&d.on_expiry)).map(|(v, _)| v).unwrap_or_default(),
        })
    }

    /// What both ends of a link must have alike; part of the digest.
    pub(super) fn kind(&self) -> &'static str {
        match (&self.key, &self.identity) {
            (Some(_), None) => "cluster key",
            (None, Some(_)) => "certificates",
            (Some(_), Some(_)) => "cluster key and certificates",
            (None, None) => "nothing",
        }
    }
}

fn find<'d, T>(
    documents: &[&'d Document],
    read: impl Fn(&Document) -> Option<T>,
) -> Option<(T, &'d Document)> {
    documents.iter().find_map(|document| Some((read(document)?, *document)))
}

/// The key and the file that held it.
fn resolve_key(
    source: Given<KeySource>,
    policy: &Path,
) -> Result<(Arc<ClusterKey>, PathBuf), PolicyError> {
    match source.value {
        KeySource::Inline(key) => Ok((key, policy.to_owned())),
        KeySource::File(path) => Ok((Arc::new(document::parse_key_file(&open(&path)?)?), path)),
    }
}

fn open(path: &Path) -> Result<LockedFile, PolicyError> {
    read_locked(path).map_err(|fault| PolicyError::of_file(path, &fault))
}

fn gather_identity(documents: &[&Document]) -> Result<Option<Arc<Identity>>, PolicyError> {
    let certificate = find(documents, |d| value(&d.certificate));
    let private_key = find(documents, |d| value(&d.private_key));
    let trust = find(documents, |d| value(&d.trust));
    let revoked = find(documents, |d| value(&d.revoked));
    let (certificate, private_key, trust) = match (certificate, private_key, trust) {
        (None, None, None) => return Ok(None),
        (Some((certificate, _)), Some((private_key, _)), Some((trust, _))) => {
            (certificate, private_key, trust)
        }
        _ => {
            let first = documents.first().expect("a policy is made of at least one file");
            let message = "[identity] takes all three of certificate, private_key and trust; \
                           name the missing one (`mpi-secure ca issue` makes the first two)";
            return Err(PolicyError::new(PolicyFault::Identity, &first.path, message));
        }
    };
    let key_file = open(&private_key)?;
    if key_file.is_readable_by_others() {
        return Err(PolicyError::secret_readable(&private_key, key_file.mode));
    }
    let revoked = revoked.map(|(path, _)| path);
    let list = revoked.as_deref().map(open).transpose()?;
    let parsed = Identity::parse(
        &open(&certificate)?.text,
        &key_file.text,
        &open(&trust)?.text,
        list.as_ref().map(|file| file.text.as_str()),
    );
    let identity = parsed.map_err(|fault| {
        let (path, why) = match fault {
            IdentityFault::Certificate(why) => (&certificate, why),
            IdentityFault::PrivateKey(why) => (&private_key, why),
            IdentityFault::Trust(why) => (&trust, why),
            IdentityFault::Revoked(why) => {
                (revoked.as_ref().expect("only a list that is there is wrong"), why)
            }
        };
        let message = format!("{why}; name the right file, or make one with `mpi-secure ca`");
        PolicyError::new(PolicyFault::Identity, path, message)
    })?;
    Ok(Some(Arc::new(identity)))
}

pub(super) fn check_tightens(user: &Document, site: &Document) -> Result<(), PolicyError> {
    let paths = [("trust", &user.trust, &site.trust), ("revoked", &user.revoked, &site.revoked)];
    for (key, mine, fixed) in paths {
        if let (Some(mine), Some(fixed)) = (mine, fixed)
            && mine.value != fixed.value
        {
            let (found, fixed) = (mine.value.display(), fixed.value.display().to_string());
            return Err(looser((user, mine.line), site, key, &found, &fixed));
        }
    }
    if let (Some(Given { value: OnExpiry::Warn, line }), true) =
        (&user.on_expiry, site.trust.is_some())
        && value(&site.on_expiry) != Some(OnExpiry::Warn)
    {
        return Err(looser((user, *line), site, "on_expiry", &"warn", "end"));
    }
    Ok(())
}

/// In words, without secrets.
impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            writeln!(f, "key          {} (fingerprint)", key.fingerprint())?;
            writeln!(f, "key from     {}", self.key_path.display())?;
        }
        if let Some(key) = &self.accepted {
            writeln!(f, "accepted too {} (fingerprint of the other key)", key.fingerprint())?;
        }
        if let Some(identity) = &self.identity {
            writeln!(f, "certificate  {}", identity.facts())?;
            writeln!(f, "             from {}", self.certificate_path.display())?;
            let list = if self.has_list { "checked" } else { "none is checked" };
            writeln!(f, "revocation   {list}")?;
            writeln!(f, "on expiry    {}", self.on_expiry.name())?;
        }
        Ok(())
    }
}
