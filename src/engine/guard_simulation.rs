//! Security contexts across a whole job: what a receiver that wants more than
//! the sender gives makes of it, for every kind of message.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;
use crate::channel::simulated::Network;
use crate::secure::profile::{Profile, Profiles};
use crate::secure::rulebook::Rule;
use crate::secure::suite::find;

const CONTEXT: u64 = 4;

/// One rule: the communicator "open" is authenticated only.
fn rulebook() -> Arc<Rulebook> {
    let lax = Profile::of(find("none", "hmac-sha256").unwrap());
    let profiles = Arc::new(Profiles::new(Default::default(), vec![lax], None, None));
    let (hosts, tags) = Default::default();
    let communicator = Some("open".to_owned());
    let rule = Rule { hosts, communicator, tags, bytes: 0..=u64::MAX, profile: ProfileId(1) };
    Arc::new(Rulebook { profiles, rules: vec![rule], levels: vec![ProfileId::LINK] })
}

/// Two engines, of which the first calls the communicator "open", and the second
/// too if it `agrees`; and how often a check of security has failed.
fn engines(seed: u64, agrees: bool) -> (Vec<Engine>, Arc<AtomicU32>) {
    let alarms = Arc::new(AtomicU32::new(0));
    let engines: Vec<Engine> = Network::new(2, seed)
        .into_iter()
        .map(|end| {
            let alarms = alarms.clone();
            let settings = Settings {
                eager_max: 8 << 10,
                rulebook: rulebook(),
                spin_max: Duration::ZERO,
                on_security_failure: Box::new(move |error| {
                    assert!(error.message.contains("security context"), "{error}");
                    alarms.fetch_add(1, Ordering::Relaxed);
                }),
            };
            Engine::new(end.me(), Box::new(end), settings)
        })
        .collect();
    engines[0].comm_named(CONTEXT, "open");
    if agrees {
        engines[1].comm_named(CONTEXT, "open");
    }
    (engines, alarms)
}

fn pattern() -> Pattern {
    let source = Source::Rank { rank: 0, peer: PeerId(0) };
    Pattern { context: CONTEXT, source, tag: Some(7) }
}

fn run(engines: &[Engine], mut done: impl FnMut() -> bool) {
    for _ in 0..100_000 {
        if done() {
            return;
        }
        for engine in engines {
            engine.progress();
        }
    }
    panic!("no progress");
}

#[test]
fn a_receiver_takes_nothing_that_came_in_less_than_it_wants() {
    let envelope = Envelope { context: CONTEXT, source: 0, tag: 7 };
    // Eager and announced, expected and not, synchronous and not.
    for case in 0..16 {
        let (agrees, is_long, is_expected) = (case & 1 == 0, case & 2 == 0, case & 4 == 0);
        let mode = if case & 8 == 0 { Mode::Standard } else { Mode::Synchronous };
        let (engines, alarms) = engines(case, agrees);
        let len = if is_long { 100 << 10 } else { 100 };
        let (sent, got) = (Buffer::from_bytes(&vec![5; len]), Buffer::scratch(len));
        let early = is_expected.then(|| engines[1].irecv(pattern(), got.clone()));
        engines[0].isend(PeerId(1), envelope, mode, &sent);
        let receive = early.unwrap_or_else(|| {
            run(&engines, || engines[1].iprobe(&pattern()).is_some());
            engines[1].irecv(pattern(), got.clone())
        });
        run(&engines, || engines[1].is_complete(receive));
        let status = engines[1].collect(receive).unwrap();
        let mut bytes = vec![0; len];
        got.pack(0, &mut bytes);
        assert_eq!(status.error.is_none(), agrees, "case {case}");
        assert_eq!(bytes, vec![if agrees { 5 } else { 0 }; len], "case {case}");
        engines[1].progress();
        run(&engines, || (alarms.load(Ordering::Relaxed) > 0) != agrees);
    }
}

#[test]
fn what_a_program_asks_for_when_a_communicator_is_made_binds_its_peers() {
    let envelope = Envelope { context: CONTEXT, source: 0, tag: 7 };
    let (engines, alarms) = engines(1, true);
    let strong = engines[1].find_context(CONTEXT, "encrypt").unwrap();
    assert_eq!(engines[0].context_of(PeerId(1), &envelope, 1), "none+hmac-sha256");
    // Rank 0 does not ask, and is refused.
    engines[1].comm_made(CONTEXT, Some(CONTEXT), Some(strong));
    let receive = engines[1].irecv(pattern(), Buffer::scratch(10));
    let sent = Buffer::from_bytes(&[5; 10]);
    engines[0].isend(PeerId(1), envelope, Mode::Standard, &sent);
    run(&engines, || engines[1].is_complete(receive));
    assert!(engines[1].collect(receive).unwrap().error.is_some());
    run(&engines, || alarms.load(Ordering::Relaxed) > 0);
}
