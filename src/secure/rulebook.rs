//! Rules in force: which security context a message gets, by the hosts at the
//! two ends, the communicator, the tag and the size. The first rule that
//! matches decides, and where none does, the links' own profile.
//!
//! Communicators and tags are words of MPI; nothing below the engine reads
//! them. Here a rule only knows whether a name or a number fits.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::policy::Subnet;
use super::profile::{ProfileId, Profiles};
use super::protection::Protection;

/// Rules that a policy can have: one bit each in a word.
pub const RULES_MAX: usize = 64;

/// Some of the rules, by their places.
pub type RuleMask = u64;

/// Hosts that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    Subnet(Subnet),
    /// A name, with `*` for any run of characters.
    Name(String),
}

/// One end of a link, as both ends see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// `None` within a host.
    pub address: Option<IpAddr>,
    pub host: String,
}

impl HostPattern {
    fn matches(&self, end: &End) -> bool {
        match self {
            HostPattern::Subnet(subnet) => {
                end.address.is_some_and(|address| subnet.contains(address))
            }
            HostPattern::Name(pattern) => glob(&pattern.to_lowercase(), &end.host.to_lowercase()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// One end matches the first, the other the second.
    pub hosts: Option<[HostPattern; 2]>,
    /// The communicator's name, or that of the one it was made from.
    pub communicator: Option<String>,
    /// Such a rule is about point-to-point messages only.
    pub tags: Option<RangeInclusive<i32>>,
    /// Bytes of the whole message.
    pub bytes: RangeInclusive<u64>,
    pub profile: ProfileId,
}

impl Rule {
    fn is_between(&self, here: &End, there: &End) -> bool {
        let Some([one, other]) = &self.hosts else { return true };
        one.matches(here) && other.matches(there) || one.matches(there) && other.matches(here)
    }

    fn is_for(&self, communicator: &str) -> bool {
        self.communicator.as_ref().is_none_or(|pattern| glob(pattern, communicator))
    }

    fn admits(&self, tag: Option<i32>, bytes: u64) -> bool {
        let tag_fits = match (&self.tags, tag) {
            (None, _) => true,
            (Some(tags), Some(tag)) => tags.contains(&tag),
            (Some(_), None) => false,
        };
        tag_fits && self.bytes.contains(&bytes)
    }
}

/// The rules and the table they point into.
#[derive(Clone, Debug)]
pub struct Rulebook {
    pub profiles: Arc<Profiles>,
    pub rules: Vec<Rule>,
    /// What `MPI_Pcontrol` asks for: the first at level 2, and so on.
    pub levels: Vec<ProfileId>,
}

impl Rulebook {
    /// No rules.
    pub fn of_link(link: Protection) -> Rulebook {
        let profiles = Arc::new(Profiles::of_link(link));
        Rulebook { profiles, rules: Vec::new(), levels: vec![ProfileId::LINK] }
    }

    /// The rules about a link between these ends.
    pub fn between(&self, here: &End, there: &End) -> RuleMask {
        self.mask(|rule| rule.is_between(here, there))
    }

    /// The rules that are not about particular hosts.
    pub fn anywhere(&self) -> RuleMask {
        self.mask(|rule| rule.hosts.is_none())
    }

    /// The rules about a communicator of this name.
    pub fn about(&self, communicator: &str) -> RuleMask {
        self.mask(|rule| rule.is_for(communicator))
    }

    fn mask(&self, fits: impl Fn(&Rule) -> bool) -> RuleMask {
        let bits = self.rules.iter().enumerate().filter(|(_, rule)| fits(rule));
        bits.fold(0, |mask, (at, _)| mask | 1 << at)
    }

    /// What the first of the rules in `mask` says; a collective has no tag.
    pub fn decide(&self, mask: RuleMask, tag: Option<i32>, bytes: u64) -> ProfileId {
        let mut left = mask;
        while left != 0 {
            let rule = &self.rules[left.trailing_zeros() as usize];
            if rule.admits(tag, bytes) {
                return rule.profile;
            }
            left &= left - 1;
        }
        ProfileId::LINK
    }

    /// All that the rules in `mask` may say, whatever the message.
    pub fn outcomes(&self, mask: RuleMask) -> impl Iterator<Item = ProfileId> {
        let ruled = self.rules.iter().enumerate();
        let ruled = ruled.filter(move |(at, _)| mask & 1 << at != 0).map(|(_, rule)| rule.profile);
        ruled.chain([ProfileId::LINK])
    }
}

/// Does `text` match `pattern`, in which `*` stands for any run of characters?
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::profile::Profile;
    use crate::secure::suite;

    #[test]
    fn stars_stand_for_any_run() {
        for (pattern, text, fits) in [
            ("coupler", "coupler", true),
            ("coupler", "coupler 2", false),
            ("coupler*", "coupler 2", true),
            ("*ler*", "coupler 2", true),
            ("c*r*2", "coupler 2", true),
            ("c*r*3", "coupler 2", false),
            ("*", "", true),
            ("", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    fn end(address: &str, host: &str) -> End {
        End { address: Some(address.parse().unwrap()), host: host.into() }
    }

    fn rulebook(rules: Vec<Rule>) -> Rulebook {
        let authenticate = suite::find("none", "hmac-sha256").unwrap();
        let named = vec![Profile::of(authenticate)];
        let profiles = Profiles::new(Protection::default(), named, None, None);
        Rulebook { profiles: Arc::new(profiles), rules, levels: Vec::new() }
    }

    const LOOSE: ProfileId = ProfileId(1);

    fn rule() -> Rule {
        let (hosts, communicator, tags) = Default::default();
        Rule { hosts, communicator, tags, bytes: 0..=u64::MAX, profile: LOOSE }
    }

    #[test]
    fn hosts_match_from_either_end() {
        let subnet = |text| HostPattern::Subnet(Subnet::parse(text).unwrap());
        let hosts = Some([subnet("10.1.0.0/16"), HostPattern::Name("Login*".into())]);
        let book = rulebook(vec![Rule { hosts, ..rule() }, rule()]);
        let (a, b) = (end("10.1.0.7", "node7"), end("10.9.0.1", "login1"));
        assert_eq!((book.between(&a, &b), book.between(&b, &a)), (3, 3));
        assert_eq!((book.between(&a, &a), book.between(&b, &b)), (2, 2));
        assert_eq!(book.anywhere(), 2);
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let book = rulebook(vec![
            Rule { tags: Some(100..=199), bytes: 0..=63, profile: ProfileId::LINK, ..rule() },
            Rule { tags: Some(100..=199), ..rule() },
            Rule { communicator: Some("coupler*".into()), ..rule() },
        ]);
        let world = book.about("MPI_COMM_WORLD");
        assert_eq!((world, book.about("coupler 1")), (3, 7));
        assert_eq!(book.decide(world, Some(150), 63), ProfileId::LINK);
        assert_eq!(book.decide(world, Some(150), 64), LOOSE);
        assert_eq!(book.decide(world, Some(200), 64), ProfileId::LINK);
        // Collectives have no tag.
        assert_eq!(book.decide(world, None, 64), ProfileId::LINK);
        assert_eq!(book.decide(7, None, 64), LOOSE);
    }
}
