//! The section [security]: which names go together, what needs express
//! consent, and what is looser than what.
//!
//! A user's file may change a site's protection as long as none of three
//! things gets less: the work to read a message, the work to forge one, and
//! the signature. Consent (`weak`, `plaintext`) is the site's to give where
//! there is a site's file, whether that mentions it or not.

use super::document::{Document, Given};
use super::error::{PolicyError, PolicyFault};
use super::{looser, value};
use crate::secure::handshake::KeyExchange;
use crate::secure::padding::Padding;
use crate::secure::protection::Protection;
use crate::secure::suite::{self, AEAD, Suite, default_suite};

/// The MAC of a cipher that has no integrity of its own, where none is named.
const MAC_DEFAULT: &str = "hmac-sha256";

/// What the files, the user's first, say together.
pub(super) fn resolve(documents: &[&Document]) -> Result<Protection, PolicyError> {
    let suite = resolve_suite(documents)?;
    let signature = documents.iter().find_map(|d| value(&d.signature)).flatten();
    let padding = documents.iter().find_map(|d| value(&d.pad)).unwrap_or_default();
    let protection = Protection { suite, signature, padding };
    check_consent(documents, &protection)
        .map_err(|(fault, message)| fault_of_suite(documents, fault, message))?;
    Ok(Protection { suite: from_provider(documents, suite), ..protection })
}

/// The suite from the library that the files want.
pub(super) fn from_provider(
    documents: &[&Document],
    suite: &'static dyn Suite,
) -> &'static dyn Suite {
    let provider = documents.iter().find_map(|d| value(&d.provider)).flatten();
    suite::from_provider(suite, provider)
}

/// The suite can be had, and what takes the files' express consent has it; else the
/// message.
pub(super) fn check_consent(
    documents: &[&Document],
    protection: &Protection,
) -> Result<(), (PolicyFault, String)> {
    let suite = protection.suite;
    suite::check_fips(suite.name())
        .map_err(|what| (PolicyFault::Value, format!("{} {what}", in_words(suite))))?;
    let consents = |read: fn(&Document) -> &Option<Given<bool>>| {
        documents.iter().find_map(|d| value(read(d))).unwrap_or(false)
    };
    if let Some(why) = protection.weakness()
        && !consents(|d| &d.weak)
    {
        let message = format!(
            "{} protects too little: {why}; name another cipher or integrity (such as cipher = \
             \"aes-256-gcm\"), or accept that with weak = \"allow\" under [security]",
            in_words(suite)
        );
        return Err((PolicyFault::Weak, message));
    }
    if !suite.hides() && !consents(|d| &d.plaintext) {
        let message = format!(
            "{} encrypts nothing, and everybody on the network can read all messages; name a \
             cipher, or accept that with plaintext = \"allow\" under [security]",
            in_words(suite)
        );
        return Err((PolicyFault::Weak, message));
    }
    Ok(())
}

fn resolve_suite(documents: &[&Document]) -> Result<&'static dyn Suite, PolicyError> {
    let cipher = documents.iter().find_map(|d| value(&d.cipher));
    let cipher = cipher.unwrap_or(default_suite().cipher_name());
    let is_aead = suite::suite_named(cipher).is_some();
    let usual = if is_aead { AEAD } else { MAC_DEFAULT };
    let integrity = documents.iter().find_map(|d| value(&d.integrity)).unwrap_or(usual);
    suite::find(cipher, integrity).ok_or_else(|| {
        let message = match is_aead {
            true => format!(
                "integrity = \"{integrity}\" does not go with cipher = \"{cipher}\", which brings \
                 its own; write integrity = \"{AEAD}\" or remove the line"
            ),
            false => {
                let names: Vec<_> = suite::integrity_names()
                    .into_iter()
                    .filter(|name| *name != AEAD)
                    .map(|name| format!("\"{name}\""))
                    .collect();
                format!(
                    "cipher = \"{cipher}\" has no integrity of its own; integrity can be {}",
                    names.join(", ")
                )
            }
        };
        fault_of_suite(documents, PolicyFault::Value, message)
    })
}

fn in_words(suite: &dyn Suite) -> String {
    match suite.integrity_name() {
        AEAD => format!("cipher = \"{}\"", suite.cipher_name()),
        integrity => {
            format!("cipher = \"{}\" with integrity = \"{integrity}\"", suite.cipher_name())
        }
    }
}

/// An error at the line that named the suite, if one did.
fn fault_of_suite(documents: &[&Document], fault: PolicyFault, message: String) -> PolicyError {
    let line = |d: &Document| Some(d.integrity.as_ref().or(d.cipher.as_ref())?.line);
    match documents.iter().find_map(|d| Some((&d.path, line(d)?))) {
        Some((path, line)) => PolicyError::at(fault, path, line, message),
        None => PolicyError::new(fault, &documents[0].path, message),
    }
}

pub(super) fn warnings(protection: &Protection) -> Vec<String> {
    let mut warnings = Vec::new();
    let name = protection.name();
    if let Some(why) = protection.weakness() {
        warnings.push(format!("links are sealed with {name}, which is weak: {why}"));
    }
    if !protection.suite.hides() {
        warnings.push(format!("links use {name}: nothing is encrypted"));
    }
    warnings
}

pub(super) fn check_tightens(user: &Document, site: &Document) -> Result<(), PolicyError> {
    let looser = |line, key: &str, found: &str, floor: &str| {
        Err(looser((user, line), site, key, &found, floor))
    };
    let allowing =
        [("weak", &user.weak, &site.weak), ("plaintext", &user.plaintext, &site.plaintext)];
    for (key, mine, floor) in allowing {
        if let Some(Given { value: true, line }) = mine
            && !value(floor).unwrap_or(false)
        {
            return looser(*line, key, "allow", "refuse");
        }
    }
    let floor = resolve(&[site])?;
    let merged = resolve(&[user, site])?;
    let said = |d: &Document| (d.cipher.is_some(), d.integrity.is_some());
    if let ((true, _), Some(mine)) = (said(site), &user.cipher)
        && merged.suite.strength().secrecy_bits < floor.suite.strength().secrecy_bits
    {
        let least = format!("{} or stronger", floor.suite.cipher_name());
        return looser(mine.line, "cipher", mine.value, &least);
    }
    if let ((true, _) | (_, true), Some(mine)) =
        (said(site), user.integrity.as_ref().or(user.cipher.as_ref()))
        && merged.suite.strength().integrity_bits < floor.suite.strength().integrity_bits
    {
        let least = format!("{} or stronger", floor.suite.integrity_name());
        return looser(mine.line, "integrity", merged.suite.integrity_name(), &least);
    }
    if let (Some(mine), Some(floor)) = (&user.signature, value(&site.signature).flatten())
        && mine.value.map_or(0, |scheme| scheme.strength_bits) < floor.strength_bits
    {
        let found = mine.value.map_or("none", |scheme| scheme.name);
        return looser(mine.line, "signature", found, &format!("{} or stronger", floor.name));
    }
    if let (Some(mine), Some(floor)) = (&user.pad, value(&site.pad))
        && floor != Padding::None
        && mine.value != floor
    {
        return looser(mine.line, "pad", mine.value.name(), floor.name());
    }
    if let (Some(mine), Some(KeyExchange::Hybrid)) = (&user.key_exchange, value(&site.key_exchange))
        && mine.value != KeyExchange::Hybrid
    {
        return looser(mine.line, "key_exchange", mine.value.name(), "hybrid");
    }
    if let (Some(mine), Some(Some(floor))) = (&user.provider, value(&site.provider))
        && mine.value != Some(floor)
    {
        let found = mine.value.map_or("fastest", |provider| provider.name());
        return looser(mine.line, "provider", found, floor.name());
    }
    Ok(())
}
