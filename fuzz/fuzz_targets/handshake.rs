//! Both sides of a handshake, fed by a stranger: no link, no panic, bounded
//! memory. The first byte chooses the side and how the bytes are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mpisecure::secure::record::RekeyLimits;
use mpisecure::secure::suite::default_suite;
use mpisecure::secure::{Claim, ClusterKey, Handshake, LinkSettings, Outbox, Role, Step};
use std::sync::{Arc, LazyLock};

static SETTINGS: LazyLock<LinkSettings> = LazyLock::new(|| {
    let key = Arc::new(ClusterKey::from_bytes([7; 32]));
    LinkSettings::new(Some(key), default_suite(), RekeyLimits::MAX, [0; 32])
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, mut data)) = data.split_first() else { return };
    let rank = |number| Claim::new(Role::Rank, number, "fuzz");
    let mut outbox = Outbox::new();
    let mut handshake = match choice & 1 {
        0 => Handshake::accept(&SETTINGS, rank(1)),
        _ => Handshake::initiate(&SETTINGS, rank(0), rank(1), &mut outbox),
    };
    loop {
        match handshake.feed(data, &mut outbox) {
            Ok((0, Step::More)) | Err(_) => break,
            Ok((taken, Step::More)) => data = &data[taken..],
            Ok((_, step)) => panic!("a stranger came as far as {step:?}"),
        }
    }
});
