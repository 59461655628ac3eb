//! The rules of the section [policy]: what, where, when.
//!
//! ```toml
//! [[policy.context]]
//! name = "coupler"
//! use = "aes-128-gcm"
//!
//! [[policy.rule]]
//! hosts = "10.1.0.0/16"
//! communicator = "coupler*"
//! tag = "100-199"
//! min_bytes = 1024
//! use = "coupler"
//! ```
//!
//! Of a rule only `use` has to be there. The site's rules come before the
//! user's, so his decide where the site's do not, and they may use nothing that
//! is weaker than the site's floor: what its `floor` names, or else its cipher.

use std::ffi::CString;
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::document::{Document, Given, Place, Read, Subnet, in_order};
use super::error::{PolicyError, PolicyFault};
use super::{looser, security, value};
use crate::secure::keys::hash_parts;
use crate::secure::profile::{AUTHENTICATE, NAMED_MAX, Profile, ProfileId, Profiles};
use crate::secure::protection::Protection;
use crate::secure::rulebook::{HostPattern, RULES_MAX, Rule, Rulebook};
use crate::secure::suite::{self, Suite};
use crate::sys::module::Module;

/// What `use` can be, for messages.
pub(super) const USES: &str = "\"encrypt\" (the cipher of [security]), \"authenticate\", \"none\", \
                               the name of a [[policy.context]], or a suite such as \
                               \"aes-256-gcm\" or \"aes-128-cbc+hmac-sha256\"";

/// Longest name of a context, and of a pattern.
const NAME_BYTES_MAX: usize = 63;

/// A context as the file has it.
#[derive(Clone)]
pub(super) struct ContextText {
    name: String,
    uses: String,
    modules: Vec<String>,
}

/// A module as the file has it.
#[derive(Clone)]
pub(super) struct ModuleText {
    name: String,
    path: PathBuf,
    options: CString,
}

/// A rule as the file has it.
#[derive(Clone)]
pub(super) struct RuleText {
    hosts: Option<[HostPattern; 2]>,
    communicator: Option<String>,
    tags: Option<RangeInclusive<i32>>,
    min_bytes: u64,
    max_bytes: u64,
    uses: String,
}

/// The tables behind `[[policy.NAME]]`, each with its line.
fn tables<'v, 'i>(
    place: &Place,
    value: &'v DeValue<'i>,
) -> Result<Vec<(usize, &'v DeTable<'i>)>, PolicyError> {
    let wrong = || {
        let allowed = format!("tables, each under [[policy.{}]]", place.name);
        place.error(&format!("(a value of type {})", value.type_str()), &allowed)
    };
    let items = value.as_array().ok_or_else(wrong)?;
    items
        .iter()
        .map(|item| {
            let table = item.get_ref().as_table().ok_or_else(wrong)?;
            Ok((place.lines.of(item.span()), table))
        })
        .collect()
}

fn unknown(place: &Place, found: &str, known: &str) -> PolicyError {
    let section = place.section;
    let message =
        format!("[[{section}]] has no key `{found}`; its keys are {known}; correct or remove it");
    PolicyError::at(PolicyFault::UnknownKey, place.path, place.line, message)
}

fn missing(place: &Place, key: &str) -> PolicyError {
    let message = format!("[[{}]] needs a line `{key} = ...`", place.section);
    PolicyError::at(PolicyFault::Value, place.path, place.line, message)
}

pub(super) fn read_modules(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    for (line, table) in tables(place, value)? {
        let (mut name, mut path, mut options) = (None, None, CString::default());
        for (key, value) in in_order(table) {
            let line = place.lines.of(key.span());
            let place = Place { line, section: "policy.module", name: key.get_ref(), ..*place };
            let value = value.get_ref();
            match &**key.get_ref() {
                "name" => name = Some(context_name(&place, value)?),
                "file" => {
                    path = Some(place.path_of(document, value, "the path of a shared library")?);
                }
                "options" => {
                    let allowed = "a text without NUL, which the module understands";
                    let text = place.text(value, allowed)?;
                    options = CString::new(text).map_err(|_| place.error("(a NUL)", allowed))?;
                }
                other => return Err(unknown(&place, other, "name, file, options")),
            }
        }
        let place = Place { line, section: "policy.module", ..*place };
        let name = name.ok_or_else(|| missing(&place, "name"))?;
        let path = path.ok_or_else(|| missing(&place, "file"))?;
        document.modules.push(Given { value: ModuleText { name, path, options }, line });
    }
    Ok(())
}

pub(super) fn read_contexts(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    for (line, table) in tables(place, value)? {
        let (mut name, mut uses, mut modules) = (None, None, Vec::new());
        for (key, value) in in_order(table) {
            let line = place.lines.of(key.span());
            let place = Place { line, section: "policy.context", name: key.get_ref(), ..*place };
            match &**key.get_ref() {
                "name" => name = Some(context_name(&place, value.get_ref())?),
                "use" => uses = Some(place.text(value.get_ref(), USES)?.to_owned()),
                "modules" => {
                    modules = place.texts(value.get_ref(), "the name of a [[policy.module]]")?;
                }
                other => return Err(unknown(&place, other, "name, use, modules")),
            }
        }
        let place = Place { line, section: "policy.context", ..*place };
        let name = name.ok_or_else(|| missing(&place, "name"))?;
        let uses = uses.ok_or_else(|| missing(&place, "use"))?;
        document.contexts.push(Given { value: ContextText { name, uses, modules }, line });
    }
    Ok(())
}

/// A name that is no suite's and that people can type.
fn context_name(place: &Place, value: &DeValue) -> Result<String, PolicyError> {
    let allowed = "a name of letters, digits, `-`, `_` and `.`, at most 63, that no suite has";
    let name = place.text(value, allowed)?;
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let taken = ["encrypt", "authenticate", "none"].contains(&name) || suite_named(name).is_some();
    if !fits || taken {
        return Err(place.error(&format!("{name:?}"), allowed));
    }
    Ok(name.to_owned())
}

pub(super) fn read_rules(document: &mut Document, place: &Place, value: &DeValue) -> Read {
    for (line, table) in tables(place, value)? {
        let (mut hosts, mut communicator, mut tags, mut uses) = (None, None, None, None);
        let (mut min_bytes, mut max_bytes) = (0, u64::MAX);
        for (key, value) in in_order(table) {
            let line = place.lines.of(key.span());
            let place = Place { line, section: "policy.rule", name: key.get_ref(), ..*place };
            let value = value.get_ref();
            match &**key.get_ref() {
                "hosts" => hosts = Some(read_hosts(&place, value)?),
                "communicator" => communicator = Some(pattern(&place, value)?),
                "tag" => tags = Some(read_tags(&place, value)?),
                "min_bytes" => min_bytes = place.number(value, 0..u64::MAX)?,
                "max_bytes" => max_bytes = place.number(value, 0..u64::MAX)?,
                "use" => uses = Some(place.text(value, USES)?.to_owned()),
                other => {
                    let known = "hosts, communicator, tag, min_bytes, max_bytes, use";
                    return Err(unknown(&place, other, known));
                }
            }
        }
        let place = Place { line, section: "policy.rule", ..*place };
        let uses = uses.ok_or_else(|| missing(&place, "use"))?;
        let rule = RuleText { hosts, communicator, tags, min_bytes, max_bytes, uses };
        document.rules.push(Given { value: rule, line });
    }
    Ok(())
}

/// One pattern for both ends, or two.
fn read_hosts(place: &Place, value: &DeValue) -> Result<[HostPattern; 2], PolicyError> {
    let allowed = "a subnet such as \"10.1.0.0/16\" or a host's name such as \"node*\", for both \
                   ends, or an array of two of them";
    let parse = |text: &str| match (text.contains('/'), Subnet::parse(text)) {
        (true, None) => Err(place.error(&format!("{text:?}"), allowed)),
        (_, Some(subnet)) => Ok(HostPattern::Subnet(subnet)),
        (false, None) if text.is_empty() || text.len() > NAME_BYTES_MAX => {
            Err(place.error(&format!("{text:?}"), allowed))
        }
        (false, None) => Ok(HostPattern::Name(text.to_owned())),
    };
    if value.as_array().is_none() {
        let both = parse(place.text(value, allowed)?)?;
        return Ok([both.clone(), both]);
    }
    match &place.texts(value, allowed)?[..] {
        [one, other] => Ok([parse(one)?, parse(other)?]),
        more => Err(place.error(&format!("({} of them)", more.len()), allowed)),
    }
}

fn pattern(place: &Place, value: &DeValue) -> Result<String, PolicyError> {
    let allowed = "the name of a communicator, such as \"coupler*\" (at most 63 bytes)";
    let text = place.text(value, allowed)?;
    match (1..=NAME_BYTES_MAX).contains(&text.len()) {
        true => Ok(text.to_owned()),
        false => Err(place.error(&format!("{text:?}"), allowed)),
    }
}

fn read_tags(place: &Place, value: &DeValue) -> Result<RangeInclusive<i32>, PolicyError> {
    let allowed = "a tag or a range of tags, such as \"7\" or \"100-199\"";
    let text = place.text(value, allowed)?;
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<i32>().ok().filter(|tag| *tag >= 0);
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err(place.error(&format!("{text:?}"), allowed)),
    }
}

/// A suite by the name that reports give it.
fn suite_named(name: &str) -> Option<&'static dyn Suite> {
    suite::all().find(|suite| suite.name() == name)
}

/// The profiles that the files name, the link's own first.
struct Table<'a> {
    documents: &'a [&'a Document],
    link: Protection,
    entries: Vec<Profile>,
}

impl Table<'_> {
    /// The place in the table of what `use = uses` in `document` means, which is
    /// entered if it is new.
    fn enter(
        &mut self,
        document: &Document,
        line: usize,
        uses: &str,
    ) -> Result<ProfileId, PolicyError> {
        let name = match uses {
            "encrypt" => return Ok(ProfileId::LINK),
            "authenticate" => AUTHENTICATE,
            "none" => "none+none",
            name => name,
        };
        if let Some(at) = self.entries.iter().position(|entry| entry.name == name) {
            return Ok(ProfileId(at as u8));
        }
        let Some(suite) = suite_named(name) else {
            let message = format!("use = \"{uses}\" is not possible; allowed: {USES}");
            return Err(PolicyError::at(PolicyFault::Value, &document.path, line, message));
        };
        self.push(document, line, name, suite, Vec::new())
    }

    fn push(
        &mut self,
        document: &Document,
        line: usize,
        name: &str,
        suite: &'static dyn Suite,
        modules: Vec<Arc<Module>>,
    ) -> Result<ProfileId, PolicyError> {
        let protection = Protection { suite, ..self.link };
        security::check_consent(self.documents, &protection)
            .map_err(|(fault, why)| PolicyError::at(fault, &document.path, line, why))?;
        if self.entries.len() > NAMED_MAX {
            let message = format!("it names more than {NAMED_MAX} security contexts; use fewer");
            return Err(PolicyError::at(PolicyFault::Value, &document.path, line, message));
        }
        let suite = security::from_provider(self.documents, suite);
        self.entries.push(Profile { name: name.to_owned(), suite, modules });
        Ok(ProfileId((self.entries.len() - 1) as u8))
    }

    fn suite(&self, id: ProfileId) -> &'static dyn Suite {
        self.entries[usize::from(id.0)].suite
    }
}

/// The floor of what `document` may use: its own or the site's `floor`, and, for
/// the user's file beside a site's that has none, the site's cipher.
fn floors(documents: &[&Document], at: usize) -> Result<Vec<&'static dyn Suite>, PolicyError> {
    let mut floors = Vec::new();
    for document in documents {
        if let Some(floor) = &document.floor {
            floors.push(floor_of(documents, document, floor)?);
        }
    }
    if let ([_, site], 0) = (documents, at)
        && site.floor.is_none()
        && (site.cipher.is_some() || site.integrity.is_some())
    {
        floors.push(security::resolve(&[site])?.suite);
    }
    Ok(floors)
}

fn floor_of(
    documents: &[&Document],
    document: &Document,
    floor: &Given<String>,
) -> Result<&'static dyn Suite, PolicyError> {
    let name = match floor.value.as_str() {
        // The cipher that this very file, or what it stands on, names.
        "encrypt" => {
            let from = documents.iter().position(|one| std::ptr::eq(*one, document));
            return Ok(security::resolve(&documents[from.unwrap_or(0)..])?.suite);
        }
        "authenticate" => AUTHENTICATE,
        "none" => "none+none",
        name => name,
    };
    suite_named(name).ok_or_else(|| {
        let message = format!(
            "[policy] floor = {:?} is not possible; allowed: {USES}, but for a context's name",
            floor.value
        );
        PolicyError::at(PolicyFault::Value, &document.path, floor.line, message)
    })
}

/// What the files, the user's first, say together: rules, and the same in words.
pub(super) fn resolve(
    documents: &[&Document],
    link: Protection,
) -> Result<(Rulebook, String), PolicyError> {
    let mut table = Table { documents, link, entries: vec![Profile::of(link.suite)] };
    let mut text = String::new();
    let mut modules: Vec<Arc<Module>> = Vec::new();
    for document in documents.iter().rev() {
        for given in &document.modules {
            let ModuleText { name, path, options } = &given.value;
            let wrong =
                |fault, message| PolicyError::at(fault, &document.path, given.line, message);
            if modules.iter().any(|module| module.name == name) {
                let message = format!("there is a module \"{name}\" already; rename one");
                return Err(wrong(PolicyFault::Value, message));
            }
            let (module, content) = Module::load(name, path, options.clone()).map_err(|fault| {
                let message = format!("the module {}: {fault}", path.display());
                wrong(PolicyFault::File, message)
            })?;
            let content = hash_parts(&[&content]);
            let content = data_encoding::HEXLOWER.encode(&content);
            let _ = writeln!(text, "module       {name}: {options:?}, SHA-256 {content}");
            modules.push(Arc::new(module));
        }
    }
    // The site's before the user's.
    for (at, document) in documents.iter().enumerate().rev() {
        for given in &document.contexts {
            let ContextText { name, uses, modules: wanted } = &given.value;
            if table.entries.iter().any(|entry| entry.name == *name) {
                let message = format!("there is a security context \"{name}\" already; rename one");
                return Err(PolicyError::at(
                    PolicyFault::Value,
                    &document.path,
                    given.line,
                    message,
                ));
            }
            let like = table.enter(document, given.line, uses)?;
            let suite = table.suite(like);
            let found = wanted.iter().map(|wanted| {
                let found = modules.iter().find(|module| module.name == wanted).cloned();
                found.ok_or_else(|| {
                    let message = format!("there is no [[policy.module]] \"{wanted}\"; add one");
                    PolicyError::at(PolicyFault::Value, &document.path, given.line, message)
                })
            });
            let chain = found.collect::<Result<Vec<_>, _>>()?;
            table.push(document, given.line, name, suite, chain)?;
            check_floor(documents, at, given.line, suite)?;
            let through = wanted.join(", ");
            let _ = writeln!(text, "context      {name}: {} after [{through}]", suite.name());
        }
    }
    let mut rules = Vec::new();
    for (at, document) in documents.iter().enumerate().rev() {
        for given in &document.rules {
            let profile = table.enter(document, given.line, &given.value.uses)?;
            check_floor(documents, at, given.line, table.suite(profile))?;
            if rules.len() == RULES_MAX {
                let message =
                    format!("more than {RULES_MAX} rules; use fewer, with wider patterns");
                return Err(PolicyError::at(
                    PolicyFault::Value,
                    &document.path,
                    given.line,
                    message,
                ));
            }
            let rule = rule(&given.value, profile);
            let name = &table.entries[usize::from(profile.0)].name;
            let _ = writeln!(text, "rule         {}: {name}", in_words(&rule));
            rules.push(rule);
        }
    }
    for (at, document) in documents.iter().enumerate() {
        if let Some(floor) = &document.floor {
            check_floor(documents, at, floor.line, link.suite)?;
            let _ = writeln!(text, "floor        {}", floor.value);
        }
    }
    let mut levels = vec![ProfileId::LINK];
    if let Some((document, given)) = documents.iter().find_map(|d| Some((d, d.pcontrol.as_ref()?)))
    {
        let enter = |uses: &String| table.enter(document, given.line, uses);
        levels = given.value.iter().map(enter).collect::<Result<_, _>>()?;
        let _ = writeln!(text, "pcontrol     {}", given.value.join(", "));
    }
    let ceiling = match documents.iter().find_map(|d| Some((d, d.ceiling.as_ref()?))) {
        Some((document, given)) => {
            let id = table.enter(document, given.line, &given.value)?;
            let _ = writeln!(text, "ceiling      {}", given.value);
            Some(table.entries[usize::from(id.0)].clone())
        }
        None => None,
    };
    let named = table.entries.split_off(1);
    let provider = documents.iter().find_map(|d| value(&d.provider)).flatten();
    let profiles = Profiles::new(link, named, ceiling.as_ref(), provider);
    Ok((Rulebook { profiles: profiles.into(), rules, levels }, text))
}

fn check_floor(
    documents: &[&Document],
    at: usize,
    line: usize,
    suite: &'static dyn Suite,
) -> Result<(), PolicyError> {
    for floor in floors(documents, at)? {
        if !suite.strength().covers(floor.strength()) {
            let message = format!(
                "{} protects less than the policy's floor, {}; use that or more",
                suite.name(),
                floor.name()
            );
            return Err(PolicyError::at(
                PolicyFault::LooserThanSite,
                &documents[at].path,
                line,
                message,
            ));
        }
    }
    Ok(())
}

fn rule(text: &RuleText, profile: ProfileId) -> Rule {
    Rule {
        hosts: text.hosts.clone(),
        communicator: text.communicator.clone(),
        tags: text.tags.clone(),
        bytes: text.min_bytes..=text.max_bytes,
        profile,
    }
}

/// Complete, for the digest.
fn in_words(rule: &Rule) -> String {
    let mut words = Vec::new();
    if let Some([one, other]) = &rule.hosts {
        let host = |pattern: &HostPattern| match pattern {
            HostPattern::Subnet(subnet) => subnet.to_string(),
            HostPattern::Name(name) => format!("{name:?}"),
        };
        words.push(format!("hosts {} and {}", host(one), host(other)));
    }
    if let Some(pattern) = &rule.communicator {
        words.push(format!("communicator {pattern:?}"));
    }
    if let Some(tags) = &rule.tags {
        words.push(format!("tags {} to {}", tags.start(), tags.end()));
    }
    if rule.bytes != (0..=u64::MAX) {
        words.push(format!("from {} to {} bytes", rule.bytes.start(), rule.bytes.end()));
    }
    if words.is_empty() { "everything".into() } else { words.join(", ") }
}

/// Rules under which messages can be read or forged.
pub(super) fn warnings(rulebook: &Rulebook, link: Protection) -> Vec<String> {
    let mut warnings = Vec::new();
    for rule in &rulebook.rules {
        let Some(profile) = rulebook.profiles.get(rule.profile) else { continue };
        let protection = Protection { suite: profile.suite, ..link };
        let what = match protection.weakness() {
            Some(why) => format!("which is weak: {why}"),
            None if !profile.suite.hides() => "which encrypts nothing".to_owned(),
            None => continue,
        };
        warnings.push(format!("a rule ({}) uses {}, {what}", in_words(rule), profile.name));
    }
    warnings
}

/// The user may raise the floor and lower the ceiling.
pub(super) fn check_tightens(user: &Document, site: &Document) -> Result<(), PolicyError> {
    let documents = [user, site];
    if let (Some(mine), Some(floor)) = (&user.floor, &site.floor) {
        let (own, least) = (floor_of(&documents, user, mine)?, floor_of(&documents, site, floor)?);
        if !own.strength().covers(least.strength()) {
            return Err(looser((user, mine.line), site, "floor", &mine.value, &floor.value));
        }
    }
    if let (Some(mine), Some(ceiling)) = (&user.ceiling, &site.ceiling) {
        let (own, most) = (floor_of(&documents, user, mine)?, floor_of(&documents, site, ceiling)?);
        if !most.strength().covers(own.strength()) {
            return Err(looser((user, mine.line), site, "ceiling", &mine.value, &ceiling.value));
        }
    }
    Ok(())
}
