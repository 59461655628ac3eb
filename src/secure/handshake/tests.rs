//! Handshakes between two ends in one process.

use super::*;
use crate::secure::suite::default_suite;
use crate::secure::{FrameKind, Opened};

const JOB: &str = "job-1";

pub(super) fn settings_with(key: u8, digest: u8) -> LinkSettings {
    let key = Arc::new(ClusterKey::from_bytes([key; 32]));
    LinkSettings::new(Some(key), default_suite(), RekeyLimits::MAX, [digest; 32])
}

pub(super) fn settings() -> LinkSettings {
    settings_with(1, 1)
}

pub(super) fn rank(number: u32) -> Claim {
    Claim::new(Role::Rank, number, JOB)
}

/// One end with its outgoing bytes.
pub(super) struct End {
    pub(super) handshake: Handshake,
    outbox: Outbox,
}

impl End {
    pub(super) fn initiator(settings: &LinkSettings, me: Claim, peer: Claim) -> End {
        let mut outbox = Outbox::new();
        let handshake = Handshake::initiate(settings, me, peer, &mut outbox);
        End { handshake, outbox }
    }

    pub(super) fn acceptor(settings: &LinkSettings, me: Claim) -> End {
        End { handshake: Handshake::accept(settings, me), outbox: Outbox::new() }
    }

    /// Everything this end has to say, as it goes over the wire.
    fn speak(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !self.outbox.is_empty() {
            let wire = self.outbox.wire();
            bytes.extend_from_slice(wire.bytes());
            let len = wire.len();
            self.outbox.consume(len);
        }
        bytes
    }

    /// A refusal as it goes over the wire.
    fn speak_refusal(&mut self) -> Vec<u8> {
        self.outbox.push_handshake(Kind::Refusal, &[], |_| ());
        self.speak()
    }

    /// Feeds all of `bytes`, deciding `decision` when asked.
    fn hear(&mut self, mut bytes: &[u8], decision: Decision) -> Result<Step, LinkFailure> {
        loop {
            let (taken, step) = self.handshake.feed(bytes, &mut self.outbox)?;
            bytes = &bytes[taken..];
            match step {
                Step::Decide(_) => return self.handshake.decide(decision, &mut self.outbox),
                Step::More if taken > 0 && !bytes.is_empty() => {}
                step => return Ok(step),
            }
        }
    }
}

pub(super) type Outcome = Result<Step, LinkFailure>;

/// Lets the two talk until neither has anything to say; `tamper` sees and may
/// change each flight (number, bytes).
pub(super) fn converse(
    initiator: &mut End,
    acceptor: &mut End,
    decision: Decision,
    mut tamper: impl FnMut(usize, &mut Vec<u8>),
) -> (Option<Outcome>, Option<Outcome>) {
    let (mut first, mut second) = (None, None);
    for flight in 0.. {
        let (from, to, outcome) = match flight % 2 {
            0 => (&mut *initiator, &mut *acceptor, &mut second),
            _ => (&mut *acceptor, &mut *initiator, &mut first),
        };
        let mut bytes = from.speak();
        tamper(flight, &mut bytes);
        if bytes.is_empty() {
            break;
        }
        let over = !matches!(outcome, None | Some(Ok(Step::More)));
        if !over {
            *outcome = Some(to.hear(&bytes, decision));
        }
    }
    (first, second)
}

pub(super) fn open(outcome: Option<Outcome>) -> Box<Established> {
    match outcome {
        Some(Ok(Step::Open(link))) => link,
        other => panic!("no link: {other:?}"),
    }
}

#[test]
fn two_processes_of_a_job_get_a_link_that_carries_frames_both_ways() {
    let settings = settings();
    let mut initiator = End::initiator(&settings, rank(0), rank(1));
    let mut acceptor = End::acceptor(&settings, rank(1));
    let (first, second) = converse(&mut initiator, &mut acceptor, Decision::Accept, |_, _| ());
    let (mut a, mut b) = (open(first), open(second));
    assert_eq!((a.peer.clone(), b.peer.clone()), (rank(1), rank(0)));
    for (from, to) in [(&mut a.sealer, &mut b.opener), (&mut b.sealer, &mut a.opener)] {
        let mut outbox = Outbox::new();
        from.seal(&mut outbox, Default::default(), FrameKind::Data, 5, |out| {
            out.copy_from_slice(b"hello");
        });
        let mut frame = outbox.wire().bytes().to_vec();
        assert!(!frame.windows(5).any(|window| window == b"hello"));
        assert_eq!(to.frame_len(&frame), Ok(Some(frame.len())));
        match to.open(&mut frame).unwrap() {
            Opened::Frame { plain, kind, .. } => {
                assert_eq!((&*plain, kind), (&b"hello"[..], FrameKind::Data))
            }
            other => panic!("{other:?}"),
        }
    }
}

/// What each side reports when these two meet.
pub(super) fn meet(initiator: &mut End, acceptor: &mut End) -> (LinkFailure, LinkFailure) {
    match converse(initiator, acceptor, Decision::Accept, |_, _| ()) {
        (Some(Err(first)), Some(Err(second))) => {
            assert!(first.is_initiator && !second.is_initiator);
            (first, second)
        }
        other => panic!("{other:?}"),
    }
}

/// The acceptor finds `check` wrong; the initiator learns of a refusal only.
fn is_refused(
    initiator: (LinkSettings, Claim, Claim),
    acceptor: (LinkSettings, Claim),
    check: Check,
) {
    let (settings, me, peer) = initiator;
    let mut first = End::initiator(&settings, me, peer);
    let (settings, me) = acceptor;
    let mut second = End::acceptor(&settings, me);
    let (first, second) = meet(&mut first, &mut second);
    assert_eq!((first.check, second.check), (Check::Refused, check));
    let line = second.line("rank 0 at alpha (10.0.0.1:4000)");
    assert!(line.starts_with("no link with rank 0 at alpha (10.0.0.1:4000): "), "{line}");
    assert!(!line.contains('\n') && line.contains("; "), "no remedy: {line}");
}

#[test]
fn a_wrong_cluster_key_is_refused() {
    let strangers = (settings_with(2, 1), rank(0), rank(1));
    is_refused(strangers, (settings(), rank(1)), Check::ClusterKey);
}

#[test]
fn an_unequal_policy_is_refused_and_said_to_be_unequal() {
    let lax = (settings_with(1, 2), rank(0), rank(1));
    is_refused(lax.clone(), (settings(), rank(1)), Check::Policy);
    let mut first = End::initiator(&lax.0, rank(0), rank(1));
    let (_, second) = meet(&mut first, &mut End::acceptor(&settings(), rank(1)));
    let line = second.to_string();
    assert!(line.contains("020202020202") && line.contains("010101010101"), "{line}");
    assert!(line.contains("mpi-secure check"), "{line}");
}

#[test]
fn a_process_of_another_job_is_refused() {
    let foreign = |number| Claim::new(Role::Rank, number, "job-2");
    let call = (settings(), foreign(0), foreign(1));
    is_refused(call, (settings(), rank(1)), Check::Job);
    let call = (settings(), foreign(0), rank(1));
    is_refused(call, (settings(), rank(1)), Check::Job);
}

#[test]
fn a_call_for_another_process_is_refused() {
    is_refused((settings(), rank(0), rank(2)), (settings(), rank(1)), Check::Peer);
    let server = Claim::new(Role::Server, 1, JOB);
    is_refused((settings(), rank(0), server), (settings(), rank(1)), Check::Peer);
}

#[test]
fn a_process_that_claims_to_be_the_one_it_calls_is_refused() {
    is_refused((settings(), rank(1), rank(1)), (settings(), rank(1)), Check::Peer);
}

#[test]
fn the_owner_can_refuse_an_authenticated_peer() {
    let mut first = End::initiator(&settings(), rank(99), rank(1));
    let mut second = End::acceptor(&settings(), rank(1));
    let outcome = converse(&mut first, &mut second, Decision::Refuse, |_, _| ());
    let (Some(Err(first)), Some(Err(second))) = outcome else { panic!("{outcome:?}") };
    assert_eq!((first.check, second.check), (Check::Refused, Check::Peer));
    assert!(second.to_string().contains("rank 99"));
}

#[test]
fn of_two_simultaneous_connections_one_yields() {
    let settings = settings();
    let mut first = End::initiator(&settings, rank(0), rank(1));
    let mut second = End::acceptor(&settings, rank(1));
    match converse(&mut first, &mut second, Decision::Yield, |_, _| ()) {
        (Some(Ok(Step::Yielded(a))), Some(Ok(Step::Yielded(b)))) => {
            assert_eq!((a, b), (rank(1), rank(0)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn launchers_and_servers_shake_hands_alike() {
    let settings = settings();
    let launcher = Claim::new(Role::Launcher, 0, JOB);
    let server = Claim::new(Role::Server, 3, JOB);
    let mut first = End::initiator(&settings, server.clone(), launcher.clone());
    let mut second = End::acceptor(&settings, launcher);
    let (first, second) = converse(&mut first, &mut second, Decision::Accept, |_, _| ());
    open(first);
    assert_eq!(open(second).peer, server);
}

#[test]
fn the_acceptor_must_be_who_was_called() {
    // An acceptor that holds key and policy, and lies about nothing but whom
    // it takes calls for: it answers a call for rank 1 as if it were rank 2,
    // so its honest library refuses. Make one that does not look.
    let settings = settings();
    let mut first = End::initiator(&settings, rank(0), rank(1));
    let mut second = End::acceptor(&settings, rank(1));
    let hello = first.speak();
    second.hear(&hello, Decision::Accept).unwrap();
    let flight = second.speak();
    first.hear(&flight, Decision::Accept).unwrap();
    let proof = first.speak();
    let (taken, step) = second.handshake.feed(&proof, &mut second.outbox).unwrap();
    assert!(taken == proof.len() && matches!(step, Step::Decide(_)));
    second.handshake.me = rank(2);
    second.handshake.decide(Decision::Accept, &mut second.outbox).unwrap();
    let answer = second.speak();
    assert_eq!(first.hear(&answer, Decision::Accept).err().unwrap().check, Check::Peer);
}

#[test]
fn an_acceptor_without_the_key_learns_nothing_and_is_refused() {
    // Rogue acceptor: it claims to have verified and answers with its own key.
    let mut first = End::initiator(&settings(), rank(0), rank(1));
    let rogue = settings_with(2, 1);
    let mut second = End::acceptor(&rogue, rank(1));
    let hello = first.speak();
    second.hear(&hello, Decision::Accept).unwrap();
    let flight = second.speak();
    first.hear(&flight, Decision::Accept).unwrap();
    let handshake = &mut second.handshake;
    let tls = handshake.tls.as_mut().unwrap();
    let proof = first.speak();
    tls.feed(&proof[HEADER_LEN..]).unwrap();
    let mut proving = Proving::new(tls, rogue.keys(), Side::Acceptor).unwrap();
    let (me, peer, host) = (rank(1), rank(0), String::new());
    let words = Words { me, host, peer, policy: [1; 32], decision: Decision::Accept };
    let forged = proving.prove(&words, &[0; 32]);
    tls.say(&forged);
    handshake.flush(&mut second.outbox);
    let answer = second.speak();
    let failure = first.hear(&answer, Decision::Accept).err().unwrap();
    assert_eq!(failure.check, Check::ClusterKey);
}

#[test]
fn a_proof_reflected_to_its_maker_is_refused() {
    // The acceptor sends the initiator's own proof back, inside its own TLS.
    let settings = settings();
    let mut first = End::initiator(&settings, rank(0), rank(1));
    let mut second = End::acceptor(&settings, rank(1));
    let hello = first.speak();
    second.hear(&hello, Decision::Accept).unwrap();
    let flight = second.speak();
    first.hear(&flight, Decision::Accept).unwrap();
    let handshake = &mut second.handshake;
    let tls = handshake.tls.as_mut().unwrap();
    let proof = first.speak();
    tls.feed(&proof[HEADER_LEN..]).unwrap();
    let heard = tls.hear().unwrap();
    tls.say(&heard);
    handshake.flush(&mut second.outbox);
    let answer = second.speak();
    let failure = first.hear(&answer, Decision::Accept).err().unwrap();
    assert_eq!(failure.check, Check::ClusterKey);
}

#[test]
fn a_man_in_the_middle_cannot_carry_proofs_across() {
    // Two TLS conversations, the same application data: the proofs differ in
    // their exporters.
    let settings = settings();
    let mut first = End::initiator(&settings, rank(0), rank(1));
    let mut second = End::acceptor(&settings, rank(1));
    let mut towards_first = Tls::accept(&settings);
    let mut towards_second = Tls::initiate(&settings);
    towards_first.feed(&first.speak()[HEADER_LEN..]).unwrap();
    let frame = |bytes: Vec<u8>| {
        let mut outbox = Outbox::new();
        outbox.push_handshake(Kind::Tls, &bytes, |_| ());
        outbox.wire().bytes().to_vec()
    };
    first.hear(&frame(towards_first.drain()), Decision::Accept).unwrap();
    towards_first.feed(&first.speak()[HEADER_LEN..]).unwrap();
    let proof = towards_first.hear().unwrap();
    assert!(!proof.is_empty());

    second.hear(&frame(towards_second.drain()), Decision::Accept).unwrap();
    towards_second.feed(&second.speak()[HEADER_LEN..]).unwrap();
    towards_second.say(&proof);
    let failure = second.hear(&frame(towards_second.drain()), Decision::Accept).err().unwrap();
    assert_eq!(failure.check, Check::ClusterKey);
}

/// All four flights of a good conversation.
fn recorded() -> Vec<Vec<u8>> {
    let settings = settings();
    let mut flights = Vec::new();
    let mut first = End::initiator(&settings, rank(0), rank(1));
    let mut second = End::acceptor(&settings, rank(1));
    let keep = |_, bytes: &mut Vec<u8>| flights.push(bytes.clone());
    converse(&mut first, &mut second, Decision::Accept, keep);
    flights.retain(|flight| !flight.is_empty());
    assert_eq!(flights.len(), 4);
    flights
}

/// Neither side may have a link after this. A side that still waits is fine:
/// its deadline ends it.
fn no_link(outcome: &(Option<Outcome>, Option<Outcome>), what: &str) {
    for side in [&outcome.0, &outcome.1] {
        assert!(!matches!(side, Some(Ok(Step::Open(_) | Step::Yielded(_)))), "{what}");
    }
}

#[test]
fn a_recorded_handshake_played_again_opens_nothing() {
    let settings = settings();
    let flights = recorded();
    let mut second = End::acceptor(&settings, rank(1));
    second.hear(&flights[0], Decision::Accept).unwrap();
    assert_eq!(second.hear(&flights[2], Decision::Accept).err().unwrap().check, Check::Tls);
    let mut first = End::initiator(&settings, rank(0), rank(1));
    assert_eq!(first.hear(&flights[1], Decision::Accept).err().unwrap().check, Check::Tls);
}

#[test]
fn any_altered_byte_of_the_first_three_flights_opens_nothing() {
    let settings = settings();
    for (flight, bytes) in recorded()[..3].iter().enumerate() {
        // Flight lengths vary by a byte or two (signatures are DER).
        for at in 0..bytes.len() - 4 {
            let mut first = End::initiator(&settings, rank(0), rank(1));
            let mut second = End::acceptor(&settings, rank(1));
            let outcome = converse(&mut first, &mut second, Decision::Accept, |number, bytes| {
                if number == flight {
                    bytes[at] ^= 1 << (at % 8);
                }
            });
            no_link(&outcome, &format!("flight {flight}, byte {at}"));
        }
    }
}

#[test]
fn an_altered_answer_leaves_the_initiator_without_a_link() {
    let settings = settings();
    let len = recorded()[3].len();
    for at in 0..len {
        let mut first = End::initiator(&settings, rank(0), rank(1));
        let mut second = End::acceptor(&settings, rank(1));
        let outcome = converse(&mut first, &mut second, Decision::Accept, |number, bytes| {
            if number == 3 {
                bytes[at] ^= 1;
            }
        });
        assert!(!matches!(outcome.0, Some(Ok(Step::Open(_)))), "byte {at}");
    }
}

#[test]
fn a_conversation_cut_anywhere_opens_nothing() {
    let settings = settings();
    for (flight, bytes) in recorded().iter().enumerate() {
        for len in (0..bytes.len() - 4).step_by(3) {
            let mut first = End::initiator(&settings, rank(0), rank(1));
            let mut second = End::acceptor(&settings, rank(1));
            let outcome = converse(&mut first, &mut second, Decision::Accept, |number, bytes| {
                if number == flight {
                    bytes.truncate(len);
                }
            });
            if flight < 3 {
                no_link(&outcome, &format!("flight {flight} cut to {len}"));
            }
            assert!(!matches!(outcome.0, Some(Ok(Step::Open(_)))));
        }
    }
}

#[test]
fn a_message_sent_twice_is_an_error() {
    let settings = settings();
    for flight in 0..4 {
        let mut first = End::initiator(&settings, rank(0), rank(1));
        let mut second = End::acceptor(&settings, rank(1));
        let outcome = converse(&mut first, &mut second, Decision::Accept, |number, bytes| {
            if number == flight {
                bytes.extend_from_within(..);
            }
        });
        // The second copy of a proof follows an open link and is no frame. An
        // acceptor's flight twice leaves the acceptor with a link that the
        // initiator has already refused.
        let again = match flight {
            0 => {
                no_link(&outcome, "the hello twice");
                continue;
            }
            1 => {
                assert!(matches!(outcome.0, Some(Err(_))));
                open(outcome.1).opener.frame_len(&first.speak_refusal())
            }
            2 => open(outcome.1).opener.frame_len(&recorded()[2]),
            _ => open(outcome.0).opener.frame_len(&recorded()[3]),
        };
        assert!(again.is_err());
    }
}

#[test]
fn bytes_may_come_one_by_one() {
    let settings = settings();
    let mut first = End::initiator(&settings, rank(0), rank(1));
    let mut second = End::acceptor(&settings, rank(1));
    let mut waiting = [Vec::new(), Vec::new()];
    let mut links = Vec::new();
    for turn in 0..8 {
        let (from, to, side) =
            if turn % 2 == 0 { (&mut first, &mut second, 0) } else { (&mut second, &mut first, 1) };
        for byte in from.speak() {
            let heard = &mut waiting[side];
            heard.push(byte);
            assert!(heard.len() <= super::super::frame::HANDSHAKE_MAX);
            let (taken, step) = to.handshake.feed(heard, &mut to.outbox).unwrap();
            heard.drain(..taken);
            let step = match step {
                Step::Decide(_) => to.handshake.decide(Decision::Accept, &mut to.outbox).unwrap(),
                step => step,
            };
            if let Step::Open(link) = step {
                links.push(link.peer);
            }
        }
    }
    assert_eq!(links, [rank(0), rank(1)]);
}

#[test]
fn strangers_get_no_answer_and_cost_no_cryptography() {
    for rubbish in
        [&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01\x00", b"\0"]
    {
        let mut second = End::acceptor(&settings(), rank(1));
        let failure = second.hear(rubbish, Decision::Accept).err().unwrap();
        assert_eq!(failure.check, Check::Protocol);
        assert!(second.outbox.is_empty() && second.handshake.tls.is_none());
        assert!(second.handshake.is_silent());
    }
}

#[test]
fn a_stranger_cannot_make_us_hold_more_than_one_message() {
    let mut second = End::acceptor(&settings(), rank(1));
    let header =
        Header { kind: Kind::Tls, context: 0, epoch: 0, suite: 0, body_len: 8193 }.encode();
    assert_eq!(second.hear(&header, Decision::Accept).err().unwrap().check, Check::Protocol);
}

#[test]
fn a_handshake_that_never_ends_is_ended() {
    // Empty messages are steps of TLS that lead nowhere.
    let mut second = End::acceptor(&settings(), rank(1));
    let empty = Header { kind: Kind::Tls, context: 0, epoch: 0, suite: 0, body_len: 0 }.encode();
    let ends = (0..10_000).any(|_| second.hear(&empty, Decision::Accept).is_err());
    assert!(ends);
}

#[test]
fn a_newer_version_is_named() {
    let mut second = End::acceptor(&settings(), rank(1));
    let mut header =
        Header { kind: Kind::Tls, context: 0, epoch: 0, suite: 0, body_len: 0 }.encode();
    header[0] = VERSION + 1;
    let failure = second.hear(&header, Decision::Accept).err().unwrap();
    assert_eq!(failure.check, Check::Version);
    let version = format!("version {}", VERSION + 1);
    assert!(failure.to_string().contains(&version), "{failure}");
}

#[test]
fn rubbish_on_either_side_is_an_error_and_never_a_panic() {
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};
    let seed = rand::random();
    eprintln!("seed {seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let settings = settings();
    let flights = recorded();
    for round in 0..600 {
        let mut first = End::initiator(&settings, rank(0), rank(1));
        let mut second = End::acceptor(&settings, rank(1));
        // Rubbish takes the place of one flight: raw, framed, or a mangled
        // piece of a real one.
        let target = round % 4;
        let outcome = converse(&mut first, &mut second, Decision::Accept, |number, bytes| {
            if number != target {
                return;
            }
            let mut rubbish = vec![0u8; random.random_range(1..300)];
            random.fill(&mut rubbish[..]);
            match random.random_range(0..3) {
                0 => *bytes = rubbish,
                1 => {
                    let body_len = rubbish.len() as u32;
                    let header =
                        Header { kind: Kind::Tls, context: 0, epoch: 0, suite: 0, body_len };
                    *bytes = [&header.encode()[..], &rubbish].concat();
                }
                _ => {
                    *bytes = flights[number].clone();
                    for _ in 0..random.random_range(1..20) {
                        let at = random.random_range(0..bytes.len());
                        bytes[at] = random.random();
                    }
                }
            }
        });
        assert!(!matches!(outcome.0, Some(Ok(Step::Open(_)))), "round {round}");
        assert!(target == 3 || !matches!(outcome.1, Some(Ok(Step::Open(_)))), "round {round}");
    }
}

#[test]
fn after_a_failure_nothing_helps() {
    let settings = settings();
    let flights = recorded();
    let mut second = End::acceptor(&settings, rank(1));
    let mut broken = flights[0].clone();
    // The type of the first handshake message, behind two headers.
    broken[HEADER_LEN + 5] ^= 0xff;
    assert!(second.hear(&broken, Decision::Accept).is_err());
    let refusal = second.speak();
    assert_eq!(Header::decode(refusal.first_chunk().unwrap()).unwrap().kind, Kind::Refusal);
    assert_eq!(refusal.len(), HEADER_LEN);
    let mut first = End::initiator(&settings, rank(0), rank(1));
    assert!(second.hear(&first.speak(), Decision::Accept).is_err());
    assert!(second.outbox.is_empty(), "one refusal is enough");
}

#[test]
fn an_end_and_a_deadline_have_their_own_words() {
    let mut outbox = Outbox::new();
    let mut handshake = Handshake::initiate(&settings(), rank(0), rank(1), &mut outbox);
    assert_eq!(handshake.cut().check, Check::Cut);
    let mut handshake = Handshake::initiate(&settings(), rank(0), rank(1), &mut outbox);
    assert!(handshake.expire(&mut outbox).to_string().contains("10s"));
}

#[test]
fn long_and_odd_job_names_are_hashed() {
    let plain = Claim::new(Role::Rank, 1, "kvs_4711_0");
    assert_eq!(plain.job(), "kvs_4711_0");
    for odd in ["a job", "x\u{1b}[31m", &"x".repeat(200)] {
        assert!(Claim::new(Role::Rank, 1, odd).job().starts_with("sha256:"));
    }
}

/// Both sides have AWS-LC: they agree by the hybrid exchange, asked for or not,
/// and who insists on it has no link with a side that lacks it.
#[cfg(feature = "aws-lc")]
#[test]
fn keys_are_agreed_on_by_the_hybrid_exchange() {
    let of = |exchange| {
        let mut settings = settings();
        settings.exchange_keys_by(exchange);
        settings
    };
    let hybrid = of(KeyExchange::Hybrid);
    for (calling, called) in
        [(&hybrid, &hybrid), (&settings(), &hybrid), (&settings(), &settings())]
    {
        let mut initiator = End::initiator(calling, rank(0), rank(1));
        let mut acceptor = End::acceptor(called, rank(1));
        let (first, second) = converse(&mut initiator, &mut acceptor, Decision::Accept, |_, _| ());
        for link in [open(first), open(second)] {
            assert!(link.handshake.contains("X25519MLKEM768"), "{}", link.handshake);
        }
    }
    let mut classical = settings();
    let mut provider = (*classical.provider).clone();
    provider.kx_groups.retain(|group| group.name() != rustls::NamedGroup::X25519MLKEM768);
    classical.provider = Arc::new(provider);
    for (calling, called) in [(&classical, &hybrid), (&hybrid, &classical)] {
        let mut initiator = End::initiator(calling, rank(0), rank(1));
        let mut acceptor = End::acceptor(called, rank(1));
        let (first, second) = converse(&mut initiator, &mut acceptor, Decision::Accept, |_, _| ());
        assert!([first, second].into_iter().flatten().any(|outcome| outcome.is_err()));
    }
}
