//! What security contexts can be made of: the table of profiles that both ends
//! of every link share, because it follows from the policy alone.
//!
//! A context is a profile with keys and counters of its own on one link. The
//! first profile is that of the links themselves, of `[security]`. Behind it
//! stand those that the policy names in its rules and contexts, and then every
//! sound suite that is at least as strong as the first: a program may ask for
//! more than the policy gives, and for nothing that is not in the table.
//!
//! Profiles are ordered by strength in two directions, secrecy and integrity,
//! so two of them may be without an order: neither takes the other's place.

use super::protection::Protection;
use super::suite::{self, Provider, Strength, Suite};
use crate::sys::module::Module;
use std::sync::Arc;

/// Profiles that a policy can name.
pub const NAMED_MAX: usize = 60;

/// The number of a profile in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileId(pub u8);

impl ProfileId {
    /// The profile of the links, and of everything that no rule is about.
    pub const LINK: ProfileId = ProfileId(0);

    /// What came through memory that the kernel isolates, as it is: not sealed,
    /// and open to nobody who could have put it there.
    pub const LOCAL: ProfileId = ProfileId(u8::MAX);

    /// Neither of the link's own profile nor local.
    #[inline]
    pub fn is_special(self) -> bool {
        self.0.wrapping_add(1) > 1
    }

    fn bit(self) -> Profiles128 {
        1 << self.0
    }
}

type Profiles128 = u128;

/// Some of the profiles of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileSet(Profiles128);

impl ProfileSet {
    pub const NONE: ProfileSet = ProfileSet(0);

    /// What is local is in every set.
    #[inline]
    pub fn contains(self, profile: ProfileId) -> bool {
        profile == ProfileId::LOCAL || (profile.0 < 128 && self.0 & profile.bit() != 0)
    }

    pub fn union(self, other: ProfileSet) -> ProfileSet {
        ProfileSet(self.0 | other.0)
    }
}

/// How the frames of a security context are made.
#[derive(Clone, Debug)]
pub struct Profile {
    /// As rules, programs and reports call it.
    pub name: String,
    pub suite: &'static dyn Suite,
    /// What content goes through before it is sealed, in this order.
    pub modules: Vec<Arc<Module>>,
}

impl Profile {
    /// A suite by itself.
    pub fn of(suite: &'static dyn Suite) -> Profile {
        Profile { name: suite.name().to_owned(), suite, modules: Vec::new() }
    }
}

/// Why a program does not get the context it asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotGiven {
    #[error(
        "there is no security context \"{asked}\" here; there are {known}, and every suite that \
         is as strong as the policy's"
    )]
    Unknown { asked: String, known: String },
    #[error(
        "security context \"{asked}\" protects less than {least}, which the policy gives here: a \
         program may ask for more and never for less"
    )]
    Less { asked: String, least: String },
    #[error("security context \"{asked}\" is above the policy's ceiling, {ceiling}")]
    AboveCeiling { asked: String, ceiling: String },
}

/// The table.
#[derive(Debug)]
pub struct Profiles {
    entries: Vec<Profile>,
    /// By profile: those that are at least as strong.
    at_least: Vec<ProfileSet>,
    /// How many of the first the policy names.
    named: usize,
    ceiling: Option<Strength>,
    ceiling_name: String,
}

impl Strength {
    /// At least as much in both respects.
    pub fn covers(self, other: Strength) -> bool {
        self.secrecy_bits >= other.secrecy_bits && self.integrity_bits >= other.integrity_bits
    }
}

impl Profiles {
    /// `named` come from the policy, without the link's own; above the ceiling
    /// programs get nothing.
    pub fn new(
        link: Protection,
        named: Vec<Profile>,
        ceiling: Option<&Profile>,
        provider: Option<Provider>,
    ) -> Profiles {
        assert!(named.len() <= NAMED_MAX, "the policy's parser counts them");
        let mut entries = vec![Profile::of(link.suite)];
        entries.extend(named);
        let named = entries.len();
        let (floor, top) = (link.suite.strength(), ceiling.map(|one| one.suite.strength()));
        for suite in suite::all() {
            let strength = suite.strength();
            let known = entries.iter().any(|entry| entry.name == suite.name());
            let admitted = top.is_none_or(|top| top.covers(strength));
            if !known && admitted && suite.weakness().is_none() && strength.covers(floor) {
                // Not measured: most of these are never used.
                let suite =
                    provider.map_or(suite, |wanted| suite::from_provider(suite, Some(wanted)));
                entries.push(Profile::of(suite));
            }
        }
        assert!(entries.len() < 128, "there are fewer suites than that");
        let at_least = entries
            .iter()
            .map(|one| {
                let covers = |(at, other): (usize, &Profile)| {
                    let covers = other.suite.strength().covers(one.suite.strength());
                    if covers { 1 << at } else { 0 }
                };
                ProfileSet(entries.iter().enumerate().map(covers).sum())
            })
            .collect();
        Profiles {
            entries,
            at_least,
            named,
            ceiling: top,
            ceiling_name: ceiling.map_or_else(String::new, |one| one.name.clone()),
        }
    }

    /// A table of nothing but the link's own profile.
    pub fn of_link(link: Protection) -> Profiles {
        Profiles::new(link, Vec::new(), None, None)
    }

    pub fn get(&self, id: ProfileId) -> Option<&Profile> {
        self.entries.get(usize::from(id.0))
    }

    pub fn name(&self, id: ProfileId) -> &str {
        match self.get(id) {
            Some(profile) => &profile.name,
            None => "local",
        }
    }

    /// Those that may stand in for `id`, itself among them.
    pub fn at_least(&self, id: ProfileId) -> ProfileSet {
        self.at_least.get(usize::from(id.0)).copied().unwrap_or(ProfileSet::NONE)
    }

    /// `asked` where it is at least as strong as `given`, else `given`.
    pub fn stronger(&self, given: ProfileId, asked: Option<ProfileId>) -> ProfileId {
        asked.filter(|&asked| self.at_least(given).contains(asked)).unwrap_or(given)
    }

    pub fn find(&self, name: &str) -> Option<ProfileId> {
        let name = match name {
            "encrypt" => return Some(ProfileId::LINK),
            "authenticate" => AUTHENTICATE,
            name => name,
        };
        let at = self.entries.iter().position(|entry| entry.name == name)?;
        Some(ProfileId(at as u8))
    }

    /// What a program gets that asks for a context where the policy gives
    /// `given`.
    pub fn ask(
        &self,
        name: &str,
        given: impl IntoIterator<Item = ProfileId>,
    ) -> Result<ProfileId, NotGiven> {
        let asked = || name.to_owned();
        let Some(found) = self.find(name) else {
            let exists = suite::all().any(|suite| suite.name() == name);
            return Err(match exists {
                true if self.ceiling.is_some() => {
                    NotGiven::AboveCeiling { asked: asked(), ceiling: self.ceiling_name.clone() }
                }
                true => NotGiven::Less { asked: asked(), least: self.entries[0].name.clone() },
                false => {
                    let known: Vec<_> = self.named().map(|entry| entry.name.as_str()).collect();
                    NotGiven::Unknown { asked: asked(), known: known.join(", ") }
                }
            });
        };
        for given in given {
            if !self.at_least(given).contains(found) {
                return Err(NotGiven::Less { asked: asked(), least: self.name(given).to_owned() });
            }
            let above = self.ceiling.is_some_and(|top| {
                !top.covers(self.entries[usize::from(found.0)].suite.strength())
            });
            if above && found != given {
                let ceiling = self.ceiling_name.clone();
                return Err(NotGiven::AboveCeiling { asked: asked(), ceiling });
            }
        }
        Ok(found)
    }

    /// Those that the policy names, the link's own first.
    pub fn named(&self) -> impl Iterator<Item = &Profile> {
        self.entries[..self.named].iter()
    }
}

/// The suite behind `use = "authenticate"`.
pub const AUTHENTICATE: &str = "none+hmac-sha256";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::suite::{find, suite_named};

    fn table(link: &str, named: &[(&str, &str)]) -> Profiles {
        let named = named.iter().map(|(cipher, mac)| find(cipher, mac).unwrap()).map(Profile::of);
        let link = Protection::of(suite_named(link).unwrap());
        Profiles::new(link, named.collect(), None, None)
    }

    #[test]
    fn what_is_asked_for_is_given_when_it_is_more() {
        let table = table("aes-128-gcm", &[("none", "hmac-sha256")]);
        let authenticate = table.find("authenticate").unwrap();
        assert_eq!(authenticate, ProfileId(1));
        let stronger = table.find("aes-256-gcm").unwrap();
        assert_eq!(table.stronger(ProfileId::LINK, Some(stronger)), stronger);
        assert_eq!(table.stronger(ProfileId::LINK, Some(authenticate)), ProfileId::LINK);
        assert_eq!(table.stronger(authenticate, Some(ProfileId::LINK)), ProfileId::LINK);
        assert!(table.at_least(authenticate).contains(stronger));
        assert!(!table.at_least(stronger).contains(ProfileId::LINK));
        assert!(table.at_least(stronger).contains(ProfileId::LOCAL));
    }

    #[test]
    fn what_is_less_unknown_or_too_much_is_refused_with_a_reason() {
        let table = table("aes-256-gcm", &[("none", "hmac-sha256")]);
        let ask = |name| table.ask(name, [ProfileId::LINK]);
        assert_eq!(ask("encrypt"), Ok(ProfileId::LINK));
        assert!(matches!(ask("authenticate"), Err(NotGiven::Less { .. })));
        assert!(matches!(ask("aes-128-gcm"), Err(NotGiven::Less { .. })));
        assert!(matches!(ask("rot-13"), Err(NotGiven::Unknown { .. })));
        let low = Profile::of(suite_named("aes-128-gcm").unwrap());
        let link = Protection::of(low.suite);
        let bounded = Profiles::new(link, Vec::new(), Some(&low), None);
        let refused = bounded.ask("aes-256-gcm", [ProfileId::LINK]);
        assert!(matches!(refused, Err(NotGiven::AboveCeiling { .. })), "{refused:?}");
        assert_eq!(bounded.ask("aegis-128l", [ProfileId::LINK]).map(|id| id.0 > 0), Ok(true));
    }

    #[test]
    fn programs_find_nothing_weak_that_the_policy_does_not_name() {
        let table = table("aes-128-gcm", &[]);
        assert!(table.entries[1..].iter().all(|entry| entry.suite.weakness().is_none()));
        assert!(table.entries.len() > 6 && table.find("authenticate").is_none());
    }
}
