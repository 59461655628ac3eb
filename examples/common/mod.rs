//! A link between two ends in one process.

use std::sync::Arc;

use mpisecure::secure::record::RekeyLimits;
use mpisecure::secure::suite::Suite;
use mpisecure::secure::{
    Claim, ClusterKey, Decision, Established, Handshake, LinkSettings, Outbox, Role, Step,
};

/// Appends what is queued.
pub fn take(outbox: &mut Outbox, to: &mut Vec<u8>) {
    while !outbox.is_empty() {
        let wire = outbox.wire();
        to.extend_from_slice(wire.bytes());
        let len = wire.len();
        outbox.consume(len);
    }
}

/// Two ends of a link, after a handshake in memory.
pub fn link(suite: &'static dyn Suite) -> [Box<Established>; 2] {
    let key = Arc::new(ClusterKey::from_bytes([7; 32]));
    let settings = LinkSettings::new(Some(key), suite, RekeyLimits::MAX, [0; 32]);
    let rank = |number| Claim::new(Role::Rank, number, "example");
    let mut outboxes = [Outbox::new(), Outbox::new()];
    let mut ends = [
        Handshake::initiate(&settings, rank(0), rank(1), &mut outboxes[0]),
        Handshake::accept(&settings, rank(1)),
    ];
    let mut links = [None, None];
    for turn in 0.. {
        let (from, to) = (turn % 2, 1 - turn % 2);
        let mut message = Vec::new();
        take(&mut outboxes[from], &mut message);
        let (_, mut step) = ends[to].feed(&message, &mut outboxes[to]).expect("good peers");
        if let Step::Decide(_) = step {
            step = ends[to].decide(Decision::Accept, &mut outboxes[to]).expect("good peers");
        }
        if let Step::Open(link) = step {
            links[to] = Some(link);
        }
        if links.iter().all(Option::is_some) {
            break;
        }
    }
    links.map(|link| link.expect("both are open"))
}
