//! What the report says of a link.

use super::connection::Connection;
use super::link::Link;
use super::porter::Facts;
use crate::channel::PeerId;
use crate::channel::report::{Context as ContextLine, Link as LinkLine, Traffic};
use crate::secure::record::Terms;
use crate::secure::{Protection, Tally, WithinHost};

pub(super) fn account(
    peer: PeerId,
    (link, facts): (&Link, &Facts),
    terms: &Terms,
    state: String,
) -> LinkLine {
    let (transport, suite, sent, received) = match link {
        Link::Wire(wire) => ("tcp", facts.suite.as_str(), wire.sent(), wire.received()),
        Link::Shared(shared) => {
            let transport = if shared.is_shared() { "shared memory" } else { "unix socket" };
            let suite = match shared.protection() {
                WithinHost::None if shared.is_shared() => "none",
                _ => facts.suite.as_str(),
            };
            (transport, suite, shared.sent(), shared.received())
        }
    };
    LinkLine {
        peer: peer.0,
        host: facts.host.clone(),
        address: facts.address.to_string(),
        identity: facts.identity.clone(),
        transport,
        suite: suite.to_owned(),
        opened_here: facts.opened_here,
        handshake_us: facts.handshake.as_micros() as u64,
        sent: traffic(sent),
        received: traffic(received),
        contexts: contexts(link.connection(), terms),
        state,
    }
}

/// One line for each profile that either side has used.
fn contexts(connection: &Connection, terms: &Terms) -> Vec<ContextLine> {
    let [sent, received] = connection.by_profile();
    let mut profiles: Vec<_> = sent.iter().chain(&received).map(|(profile, _)| *profile).collect();
    profiles.sort_unstable();
    profiles.dedup();
    let of = |tallies: &[(_, Tally)], wanted| {
        let found = tallies.iter().find(|(profile, _)| *profile == wanted);
        found.map_or(Traffic::default(), |(_, tally)| traffic(*tally))
    };
    let line = |profile| {
        let suite = terms.profiles.get(profile).map(|found| found.suite);
        let protection = Protection { suite: suite?, ..terms.protection };
        Some(ContextLine {
            name: terms.profiles.name(profile).to_owned(),
            suite: protection.name(),
            sent: of(&sent, profile),
            received: of(&received, profile),
        })
    };
    profiles.into_iter().filter_map(line).collect()
}

fn traffic(tally: Tally) -> Traffic {
    let Tally { frames, bytes, rekeys, contexts } = tally;
    let contexts = u64::from(contexts);
    Traffic { frames, bytes, epochs: rekeys + contexts, contexts }
}
