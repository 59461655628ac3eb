//! Which security context a message travels in, and in which it may have come.
//!
//! A guard is there only where the policy has rules, or once the program has
//! asked for more than the policy gives: everybody else has one profile, and
//! pays one branch.
//!
//! The sender chooses, and the receiver does not believe it: a context may be
//! weaker than others on the same link, so a packet is judged by its context
//! when it meets what it is for. The receiver wants at least what its own rules
//! say. Of what the program asks it wants what was asked when the communicator
//! was made, from the first message on; what is asked later raises only what
//! this side sends, since the others ask for it at another moment. For the same
//! reason a message may come as any name of the communicator so far had it.
//!
//! Words of the protocol without an envelope travel as the link has it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use smallvec::SmallVec;

use super::envelope::Envelope;
use super::vci::Core;
use crate::channel::{Lane, LinkError, PeerId};
use crate::secure::rulebook::RuleMask;
use crate::secure::{End, NotGiven, ProfileId, ProfileSet, Rulebook};

/// Freed communicators that are remembered, for messages that are still under
/// way on them.
const RETIRED_MAX: usize = 1024;

/// What the name of a communicator without one matches.
const UNNAMED: &str = "";

pub(super) struct Guard {
    book: Arc<Rulebook>,
    /// By peer: the rules about its host and ours, once there is a link.
    peers: Vec<Option<RuleMask>>,
    anywhere: RuleMask,
    /// By context, even.
    comms: HashMap<u64, Ward>,
    retired: VecDeque<u64>,
    /// The rules about communicators that nobody told of.
    unnamed: RuleMask,
    /// What `MPI_Pcontrol` asks for at present.
    phase: Option<ProfileId>,
}

/// What is known about one communicator.
#[derive(Clone, Debug)]
struct Ward {
    /// Its name, or that of the one it was made from.
    name: Arc<str>,
    /// The rules about its present name first, then about former ones.
    rules: SmallVec<[RuleMask; 1]>,
    /// What the program asks for.
    asked: Option<ProfileId>,
    /// What it asked for when the communicator was made.
    wanted: Option<ProfileId>,
    /// What it was made from.
    origin: Option<u64>,
}

/// The communicator's own number, without the bit for collectives.
fn ward_of(context: u64) -> u64 {
    context & !1
}

impl Guard {
    pub fn new(book: Arc<Rulebook>) -> Guard {
        let (anywhere, unnamed) = (book.anywhere(), book.about(UNNAMED));
        Guard {
            book,
            peers: Vec::new(),
            anywhere,
            comms: HashMap::new(),
            retired: VecDeque::new(),
            unnamed,
            phase: None,
        }
    }

    pub fn linked(&mut self, peer: PeerId, here: &End, there: &End) {
        let at = peer.0 as usize;
        if at >= self.peers.len() {
            self.peers.resize(at + 1, None);
        }
        self.peers[at] = Some(self.book.between(here, there));
    }

    fn between(&self, peer: PeerId) -> RuleMask {
        self.peers.get(peer.0 as usize).copied().flatten().unwrap_or(self.anywhere)
    }

    /// A communicator was made from `parent`, and asked for a context.
    pub fn made(&mut self, context: u64, parent: Option<u64>, asked: Option<ProfileId>) {
        let known = parent.and_then(|parent| self.comms.get(&ward_of(parent))).cloned();
        let mut ward = known.unwrap_or_else(|| self.unknown());
        ward.origin = parent.map(ward_of);
        ward.rules.truncate(1);
        ward.asked = asked.or(ward.asked);
        ward.wanted = ward.asked;
        self.comms.insert(ward_of(context), ward);
    }

    fn unknown(&self) -> Ward {
        let rules = SmallVec::from_buf([self.unnamed]);
        Ward { name: UNNAMED.into(), rules, asked: None, wanted: None, origin: None }
    }

    fn ward(&mut self, context: u64) -> &mut Ward {
        let unknown = self.unknown();
        self.comms.entry(ward_of(context)).or_insert(unknown)
    }

    pub fn named(&mut self, context: u64, name: &str) {
        let rules = self.book.about(name);
        let ward = self.ward(context);
        ward.name = name.into();
        ward.rules.retain(|former| *former != rules);
        ward.rules.insert(0, rules);
    }

    /// The communicator was freed. What is under way on it is still judged as
    /// before.
    pub fn retire(&mut self, context: u64) {
        if context & 1 != 0 || !self.comms.contains_key(&context) {
            return;
        }
        self.retired.push_back(context);
        if self.retired.len() > RETIRED_MAX
            && let Some(oldest) = self.retired.pop_front()
        {
            self.comms.remove(&oldest);
        }
    }

    /// From now on the program wants this on a communicator; `None` takes it
    /// back.
    pub fn ask(&mut self, context: u64, asked: Option<ProfileId>) {
        self.ward(context).asked = asked;
    }

    /// All that the rules may give on a communicator, to whomever.
    pub fn given(&self, context: u64) -> Vec<ProfileId> {
        let rules = self.comms.get(&ward_of(context)).map_or(self.unnamed, |ward| ward.rules[0]);
        self.book.outcomes(rules).collect()
    }

    pub fn set_phase(&mut self, level: i32) {
        let at = usize::try_from(level).ok().and_then(|level| level.checked_sub(2));
        self.phase = at.and_then(|at| self.book.levels.get(at)).copied();
    }

    fn decide(&self, rules: RuleMask, peer: PeerId, envelope: &Envelope, len: u64) -> ProfileId {
        let tag = (envelope.context & 1 == 0).then_some(envelope.tag);
        self.book.decide(rules & self.between(peer), tag, len)
    }

    /// In what a message leaves.
    pub fn outgoing(&self, to: PeerId, envelope: &Envelope, len: u64) -> ProfileId {
        let ward = self.comms.get(&ward_of(envelope.context));
        let rules = ward.map_or(self.unnamed, |ward| ward.rules[0]);
        let given = self.decide(rules, to, envelope, len);
        let asked = self.book.profiles.stronger(given, ward.and_then(|ward| ward.asked));
        self.book.profiles.stronger(asked, self.phase)
    }

    /// The lane for a message, if it takes one: each communicator has keys of its
    /// own, and states of modules that begin as its origin's are.
    pub fn lane(&self, to: PeerId, envelope: &Envelope, len: u64) -> Option<Lane> {
        let profile = self.outgoing(to, envelope, len);
        if profile == ProfileId::LINK {
            return None;
        }
        let stream = ward_of(envelope.context);
        let origin = self.comms.get(&stream).and_then(|ward| ward.origin);
        Some(Lane { profile, stream, origin })
    }

    /// In what a message may have come.
    pub fn incoming(&self, from: PeerId, envelope: &Envelope, len: u64) -> ProfileSet {
        let profiles = &self.book.profiles;
        let Some(ward) = self.comms.get(&ward_of(envelope.context)) else {
            return profiles.at_least(self.decide(self.unnamed, from, envelope, len));
        };
        ward.rules.iter().fold(ProfileSet::NONE, |admitted, &rules| {
            let given = self.decide(rules, from, envelope, len);
            let least = profiles.stronger(given, ward.wanted);
            admitted.union(profiles.at_least(least))
        })
    }

    /// The communicator's name, for messages.
    pub fn name(&self, context: u64) -> String {
        match self.comms.get(&ward_of(context)) {
            Some(ward) if !ward.name.is_empty() => format!("communicator \"{}\"", ward.name),
            _ => "a communicator without a name".to_owned(),
        }
    }
}

impl Core {
    /// The lane in which a message leaves; none for the link's own context.
    #[inline]
    pub(super) fn lane(&self, to: PeerId, envelope: &Envelope, len: usize) -> Option<Lane> {
        self.guard.as_ref()?.lane(to, envelope, len as u64)
    }

    /// The security contexts in which a message may have come.
    pub(super) fn admitted(&self, from: PeerId, envelope: &Envelope, len: u64) -> ProfileSet {
        match &self.guard {
            Some(guard) => guard.incoming(from, envelope, len),
            None => self.book.profiles.at_least(ProfileId::LINK),
        }
    }

    /// Whether a message may be used that came in this security context; ends the
    /// link with its sender where not.
    #[inline]
    pub(super) fn passes(
        &mut self,
        from: PeerId,
        profile: ProfileId,
        envelope: &Envelope,
        len: u64,
    ) -> bool {
        !self.is_suspect(profile) || self.judge(from, profile, envelope, len)
    }

    /// Whether there may be anything to judge about a packet.
    #[inline]
    pub(super) fn is_suspect(&self, profile: ProfileId) -> bool {
        self.guard.is_some() | profile.is_special()
    }

    fn judge(&mut self, from: PeerId, profile: ProfileId, envelope: &Envelope, len: u64) -> bool {
        if self.admitted(from, envelope, len).contains(profile) {
            return true;
        }
        let name = match &self.guard {
            Some(guard) => guard.name(envelope.context),
            None => "a communicator".to_owned(),
        };
        let message = format!(
            "a message from rank {} on {name} came in security context {}, which is less than \
             this side's policy and program want for it: no data of it was used; name \
             communicators alike and ask for the same contexts on all ranks, and if they do, \
             somebody between the hosts has put it in",
            from.0,
            self.book.profiles.name(profile)
        );
        self.lose(from, Arc::new(LinkError { peer: Some(from), security: true, message }));
        false
    }
}

/// What may be asked for, without a guard.
pub(super) fn ask(
    book: &Rulebook,
    guard: Option<&Guard>,
    context: u64,
    name: &str,
) -> Result<ProfileId, NotGiven> {
    let given = guard.map_or_else(|| vec![ProfileId::LINK], |guard| guard.given(context));
    book.profiles.ask(name, given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::Subnet;
    use crate::secure::profile::{Profile, Profiles};
    use crate::secure::rulebook::{HostPattern, Rule};
    use crate::secure::{Protection, suite};

    const LAX: ProfileId = ProfileId(1);
    const THERE: PeerId = PeerId(1);

    fn rule() -> Rule {
        let (hosts, communicator, tags) = Default::default();
        Rule { hosts, communicator, tags, bytes: 0..=u64::MAX, profile: LAX }
    }

    fn guard(rules: Vec<Rule>) -> Guard {
        let lax = suite::find("none", "hmac-sha256").unwrap();
        let named = vec![Profile::of(lax)];
        let link = Protection::of(suite::suite_named("aes-128-gcm").unwrap());
        let profiles = Arc::new(Profiles::new(link, named, None, None));
        Guard::new(Arc::new(Rulebook { profiles, rules, levels: vec![ProfileId::LINK] }))
    }

    fn envelope(context: u64, tag: i32) -> Envelope {
        Envelope { context, source: 0, tag }
    }

    fn strong(guard: &Guard) -> ProfileId {
        guard.book.profiles.find("aes-256-gcm").unwrap()
    }

    #[test]
    fn names_choose_rules_and_pass_to_what_is_made() {
        let by_name = Rule { communicator: Some("coupler*".into()), ..rule() };
        let mut guard = guard(vec![by_name]);
        let out = |guard: &Guard, context| guard.outgoing(THERE, &envelope(context, 7), 100);
        guard.named(2, "coupler");
        guard.made(4, Some(2), None);
        guard.made(6, None, None);
        let all = [2, 3, 4, 5, 6, 8].map(|context| out(&guard, context));
        assert_eq!(all, [LAX, LAX, LAX, LAX, ProfileId::LINK, ProfileId::LINK]);
        // What came under the former name is still good, and what leaves has
        // the new one's.
        guard.named(4, "ocean");
        assert_eq!(out(&guard, 4), ProfileId::LINK);
        assert!(guard.incoming(THERE, &envelope(4, 7), 100).contains(LAX));
        assert!(!guard.incoming(THERE, &envelope(6, 7), 100).contains(LAX));
        guard.retire(2);
        assert_eq!(out(&guard, 2), LAX);
    }

    #[test]
    fn a_program_raises_and_never_lowers() {
        let mut guard = guard(vec![Rule { tags: Some(100..=199), ..rule() }]);
        let strong = strong(&guard);
        guard.made(2, None, Some(strong));
        guard.made(4, Some(2), None);
        guard.made(6, None, None);
        let out = |guard: &Guard, context, tag| guard.outgoing(THERE, &envelope(context, tag), 1);
        assert_eq!(
            [(2, 100), (4, 1), (6, 100), (6, 1)].map(|(c, tag)| out(&guard, c, tag)),
            [strong, strong, LAX, ProfileId::LINK]
        );
        // Both ends want it from the first message on.
        assert!(!guard.incoming(THERE, &envelope(4, 1), 1).contains(ProfileId::LINK));
        assert!(guard.incoming(THERE, &envelope(6, 1), 1).contains(strong));
        guard.ask(6, Some(strong));
        assert_eq!(out(&guard, 6, 100), strong);
        assert!(guard.incoming(THERE, &envelope(6, 1), 1).contains(ProfileId::LINK));
        guard.ask(6, Some(LAX));
        assert_eq!(out(&guard, 6, 1), ProfileId::LINK);
        assert!(ask(&guard.book.clone(), Some(&guard), 6, "authenticate").is_err());
        assert_eq!(ask(&guard.book.clone(), Some(&guard), 6, "aes-256-gcm"), Ok(strong));
    }

    #[test]
    fn phases_raise_what_rules_have_lowered() {
        let mut guard = guard(vec![rule()]);
        let out = |guard: &Guard| guard.outgoing(THERE, &envelope(2, 1), 1);
        let mut at = |level| {
            guard.set_phase(level);
            out(&guard)
        };
        let link = ProfileId::LINK;
        assert_eq!([0, 1, 2, 3, -1, 2].map(&mut at), [LAX, LAX, link, LAX, LAX, link]);
    }

    #[test]
    fn hosts_are_judged_by_the_ends_of_the_link() {
        let subnet = HostPattern::Subnet(Subnet::parse("10.1.0.0/16").unwrap());
        let mut guard = guard(vec![Rule { hosts: Some([subnet.clone(), subnet]), ..rule() }]);
        let end =
            |address: &str| End { address: Some(address.parse().unwrap()), host: String::new() };
        guard.linked(PeerId(1), &end("10.1.0.1"), &end("10.1.9.9"));
        guard.linked(PeerId(2), &end("10.1.0.1"), &end("10.2.0.1"));
        let out = |peer| guard.outgoing(PeerId(peer), &envelope(2, 1), 1);
        assert_eq!([1, 2, 3].map(out), [LAX, ProfileId::LINK, ProfileId::LINK]);
    }
}
