//! Frames: whatever a peer puts behind a sound handshake, and whatever a
//! capture holds. Nothing opens, nothing panics, nothing of size is believed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mpisecure::secure::record::RekeyLimits;
use mpisecure::secure::suite::all;
use mpisecure::secure::walk::walk;
use mpisecure::secure::{
    Claim, ClusterKey, Decision, Established, FRAME_MAX, Handshake, LinkSettings, Outbox, Role,
    Step,
};
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    /// A link of every suite.
    static LINKS: RefCell<Vec<Box<Established>>> = RefCell::new(all().map(|suite| {
        let key = Arc::new(ClusterKey::from_bytes([7; 32]));
        link(&LinkSettings::new(Some(key), suite, RekeyLimits::MAX, [0; 32]))
    }).collect());
}

fn link(settings: &LinkSettings) -> Box<Established> {
    let rank = |number| Claim::new(Role::Rank, number, "fuzz");
    let (mut out, mut back) = (Outbox::new(), Outbox::new());
    let mut first = Handshake::initiate(settings, rank(0), rank(1), &mut out);
    let mut second = Handshake::accept(settings, rank(1));
    loop {
        let bytes = take(&mut out);
        if let (_, Step::Decide(_)) = second.feed(&bytes, &mut back).expect("both are honest") {
            match second.decide(Decision::Accept, &mut back).expect("both are honest") {
                Step::Open(link) => return link,
                other => panic!("{other:?}"),
            }
        }
        let bytes = take(&mut back);
        first.feed(&bytes, &mut out).expect("both are honest");
    }
}

fn take(outbox: &mut Outbox) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !outbox.is_empty() {
        let wire = outbox.wire();
        bytes.extend_from_slice(wire.bytes());
        let len = wire.len();
        outbox.consume(len);
    }
    bytes
}

fuzz_target!(|data: &[u8]| {
    let _ = walk(data);
    let Some((which, data)) = data.split_first() else { return };
    LINKS.with_borrow_mut(|links| {
        let which = usize::from(*which) % links.len();
        let integrity = all().nth(which).expect("a link a suite").strength().integrity_bits > 0;
        let opener = &mut links[which].opener;
        if let Ok(Some(len)) = opener.frame_len(data) {
            assert!(len <= FRAME_MAX);
        }
        // Without a check some rubbish opens, and may end the link in order.
        if integrity {
            assert!(opener.open(&mut data.to_vec()).is_err());
        }
    });
});
