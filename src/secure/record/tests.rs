//! What the record layer lets through, and that nothing else does.

use super::*;
use crate::secure::profile::Profile;
use crate::secure::signature::SCHEMES;
use crate::secure::suite::{SUITES, all, default_suite, find};
use crate::sys::locked::Locked;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Both ends of one direction.
struct Stream {
    sealer: Sealer,
    opener: Opener,
    outbox: Outbox,
}

fn secret(fill: u8) -> Secret {
    Secret::from_bytes(&[fill; 32])
}

fn stream_with(protection: Protection, link: u8, limits: RekeyLimits) -> Stream {
    let direction = Direction::FromInitiator;
    let terms = Terms::new(protection, limits);
    let (private, public) = signing_keys();
    Stream {
        sealer: Sealer::new(&secret(link), direction, &terms, Some(private)).unwrap(),
        opener: Opener::new(&secret(link), direction, &terms, Some(&public)).unwrap(),
        outbox: Outbox::new(),
    }
}

fn signing_keys() -> (FrameKey, Vec<u8>) {
    use p256::pkcs8::EncodePublicKey;
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let public = key.verifying_key().to_public_key_der().unwrap();
    (Arc::new(Locked::new(key)), public.as_bytes().to_vec())
}

fn sealer_of(link: &Secret, direction: Direction, limits: RekeyLimits) -> Sealer {
    Sealer::new(link, direction, &Terms::new(Protection::default(), limits), None).unwrap()
}

fn stream_of(suite: &'static dyn Suite, link: u8, limits: RekeyLimits) -> Stream {
    stream_with(Protection::of(suite), link, limits)
}

/// Every suite, without and with each signature and padding.
fn protections() -> Vec<Protection> {
    let suites = all().map(Protection::of);
    suites
        .flat_map(|plain| {
            let signed = SCHEMES.iter().map(Some).chain([None]);
            signed.map(move |signature| Protection { signature, ..plain })
        })
        .collect()
}

fn stream() -> Stream {
    stream_of(default_suite(), 1, RekeyLimits::MAX)
}

fn frames(frames: u64) -> RekeyLimits {
    RekeyLimits { frames, ..RekeyLimits::MAX }
}

impl Stream {
    fn take(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !self.outbox.is_empty() {
            let wire = self.outbox.wire();
            bytes.extend_from_slice(wire.bytes());
            let len = wire.len();
            self.outbox.consume(len);
        }
        bytes
    }

    fn seal_in(&mut self, context: ContextId, plain: &[u8]) -> Vec<u8> {
        let len =
            self.sealer.seal(&mut self.outbox, context, FrameKind::Data, plain.len(), |out| {
                out.copy_from_slice(plain);
            });
        let frame = self.take();
        assert_eq!(frame.len(), len);
        frame
    }

    fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        self.seal_in(ContextId(0), plain)
    }

    fn close(&mut self) -> Vec<u8> {
        self.sealer.close(&mut self.outbox);
        self.take()
    }

    fn make_context(&mut self) -> (ContextId, Vec<u8>) {
        let id = self.sealer.make_context(&mut self.outbox, ProfileId::LINK, None).unwrap();
        (id, self.take())
    }

    /// Opens a frame as the channel does, and copies what it held.
    fn open(&mut self, frame: &[u8]) -> Result<Vec<u8>, RecordError> {
        let mut frame = frame.to_vec();
        match self.opener.frame_len(&frame)? {
            Some(len) if len == frame.len() => {}
            _ => return Err(RecordError::Malformed),
        }
        match self.opener.open(&mut frame)? {
            Opened::Frame { plain, .. } => Ok(plain.to_vec()),
            Opened::ContextMade(id) => Ok(id.0.to_be_bytes().to_vec()),
            Opened::Closed => Ok(Vec::new()),
        }
    }
}

#[test]
fn every_suite_carries_every_size() {
    for protection in protections() {
        for padding in Padding::ALL {
            let protection = Protection { padding, ..protection };
            let mut stream = stream_with(protection, 1, RekeyLimits::MAX);
            for len in [0, 1, 15, 16, 17, 1000, PLAIN_MAX] {
                let plain: Vec<u8> = (0..len).map(|at| at as u8).collect();
                let frame = stream.seal(&plain);
                assert_eq!(frame.len(), stream.sealer.frame_len(ContextId(0), len));
                assert!(frame.len() <= FRAME_MAX);
                assert!(stream.open(&frame).unwrap() == plain, "{} {len}", protection.name());
            }
        }
    }
}

/// The frames of a small stream as a separate implementation makes them: the
/// key schedule and the layout of this protocol's version 3. If this fails,
/// the version has to change.
#[test]
fn frames_are_those_of_version_3() {
    let link: [u8; 32] = std::array::from_fn(|at| at as u8);
    let link = Secret::from_bytes(&link);
    let mut stream = stream();
    stream.sealer = sealer_of(&link, Direction::FromInitiator, frames(2));
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let first = stream.seal(b"first");
    assert_eq!(hex(&first), "031000000000000001000015036f972ef6eefa1d360eb68cb2bf58a6aa64964245");
    let (context, announcement) = stream.make_context();
    assert_eq!(
        hex(&announcement),
        "031200000000000001000015712d0c37d9e7cd45b1472b93e82b5a318ea3030212"
    );
    stream.sealer.seal(&mut stream.outbox, context, FrameKind::Data, 6, |out| {
        out.copy_from_slice(b"second");
    });
    let second = stream.take();
    assert_eq!(
        hex(&second),
        "031000010000000001000016d64d7a87f3f858010549c356bdceb1a1d02bb552a65a"
    );
    // Two frames wore the first key of context 0: the close is in epoch 1.
    let close = stream.close();
    assert_eq!(hex(&close), "031300000000000101000010ffe21e938a25c9d3ad70a06fa7d76910");
}

#[test]
fn any_altered_bit_of_a_frame_is_an_error() {
    for protection in protections() {
        let signed = protection.signature.is_some();
        if protection.suite.strength().integrity_bits == 0 && !signed {
            continue;
        }
        let mut sender = stream_with(protection, 1, RekeyLimits::MAX);
        let mut receiver = stream_with(protection, 1, RekeyLimits::MAX);
        let frame = sender.seal(b"twenty bytes of text");
        for at in 0..frame.len() {
            // Signatures take long: one bit of each byte is enough for them.
            for bit in if signed { at % 8..at % 8 + 1 } else { 0..8 } {
                let mut altered = frame.clone();
                altered[at] ^= 1 << bit;
                let opened = receiver.open(&altered);
                assert!(opened.is_err(), "{}: byte {at}, bit {bit}", protection.name());
            }
        }
        assert!(receiver.open(&frame).is_ok());
    }
}

/// The control of the test above: what claims no integrity has none.
#[test]
fn without_integrity_an_altered_frame_is_not_always_noticed() {
    for suite in all().filter(|suite| suite.strength().integrity_bits == 0) {
        let frame = stream_of(suite, 1, RekeyLimits::MAX).seal(&[b'x'; 48]);
        let mut altered = frame.clone();
        altered[HEADER_LEN + 20] ^= 1;
        let opened = stream_of(suite, 1, RekeyLimits::MAX).open(&altered);
        assert!(opened.is_ok_and(|plain| plain != [b'x'; 48]), "{}", suite.name());
    }
}

#[test]
fn a_frame_cut_anywhere_never_opens() {
    let mut stream = stream();
    let frame = stream.seal(b"twenty bytes of text");
    for len in 0..frame.len() {
        match stream.opener.frame_len(&frame[..len]) {
            Ok(None) => assert!(len < HEADER_LEN),
            Ok(Some(whole)) => assert_eq!(whole, frame.len()),
            Err(error) => panic!("{error}"),
        }
        assert!(stream.open(&frame[..len]).is_err());
        assert!(stream.opener.open(&mut frame[..len].to_vec()).is_err());
    }
    assert!(stream.open(&frame).is_ok());
}

#[test]
fn a_repeated_frame_is_an_error() {
    let mut stream = stream();
    let frame = stream.seal(b"pay once");
    assert!(stream.open(&frame).is_ok());
    assert_eq!(stream.open(&frame), Err(RecordError::Forged));
}

#[test]
fn reordered_frames_are_an_error() {
    let mut stream = stream();
    let (_, second) = (stream.seal(b"one"), stream.seal(b"two"));
    assert_eq!(stream.open(&second), Err(RecordError::Forged));
}

#[test]
fn a_dropped_frame_is_an_error_at_the_next() {
    let mut stream = stream();
    let frames: Vec<_> = (0..5).map(|_| stream.seal(b"same")).collect();
    assert!(stream.open(&frames[0]).is_ok());
    assert_eq!(stream.open(&frames[2]), Err(RecordError::Forged));
}

#[test]
fn frames_of_two_contexts_cannot_change_places() {
    let mut stream = stream();
    let (context, announcement) = stream.make_context();
    let one = stream.seal_in(context, b"one");
    let two = stream.seal(b"two");
    stream.open(&announcement).unwrap();
    let mut other = super::tests::stream();
    other.open(&announcement).unwrap();
    assert_eq!(other.open(&two), Err(RecordError::Forged));
    assert!(stream.open(&one).is_ok() && stream.open(&two).is_ok());
}

#[test]
fn frames_of_another_link_direction_context_or_suite_do_not_open() {
    let mut stream = stream();
    let other_link = stream_of(default_suite(), 2, RekeyLimits::MAX).seal(b"spliced");
    assert_eq!(stream.open(&other_link), Err(RecordError::Forged));

    let mut back = super::tests::stream();
    back.sealer = sealer_of(&secret(1), Direction::FromAcceptor, RekeyLimits::MAX);
    let reflected = back.seal(b"spliced");
    assert_eq!(stream.open(&reflected), Err(RecordError::Forged));

    let mut other_suite = stream_of(SUITES[2], 1, RekeyLimits::MAX).seal(b"spliced");
    assert_eq!(stream.open(&other_suite), Err(RecordError::Suite));
    other_suite[8] = default_suite().id();
    assert_eq!(stream.open(&other_suite), Err(RecordError::Forged));

    let (context, announcement) = stream.make_context();
    stream.open(&announcement).unwrap();
    let mut moved = stream.seal_in(context, b"spliced");
    moved[3] = 0;
    assert_eq!(stream.open(&moved), Err(RecordError::Forged));
}

#[test]
fn equal_messages_look_different_and_do_not_show() {
    for protection in protections() {
        let mut stream = stream_with(protection, 1, RekeyLimits::MAX);
        let (context, _) = stream.make_context();
        let plain = b"CANARY-CANARY-CANARY-CANARY-CANARY-CANARY";
        let name = protection.name();
        let sealed = [stream.seal(plain), stream.seal(plain), stream.seal_in(context, plain)];
        for (at, frame) in sealed.iter().enumerate() {
            let shows = frame.windows(6).any(|window| window == b"CANARY");
            assert_eq!(shows, !protection.suite.hides(), "{name}");
            // What follows the first 32 bytes is a tag, or nothing.
            let text = |frame: &[u8]| frame[HEADER_LEN..HEADER_LEN + 32].to_vec();
            let equal = sealed[..at].iter().any(|other| text(other) == text(frame));
            match protection.suite.cipher_name() {
                // The weakness of ECB, and of no cipher at all: the frames of
                // one context are equal.
                "none" => assert_eq!(equal, at > 0, "{name}"),
                name if name.ends_with("-ecb") => assert_eq!(equal, at == 1, "{name}"),
                _ => assert!(!equal, "{name}"),
            }
        }
    }
}

#[test]
fn equal_blocks_of_a_message_show_in_ecb_and_nowhere_else() {
    for suite in all().filter(|suite| suite.hides()) {
        let frame = stream_of(suite, 1, RekeyLimits::MAX).seal(&[0; 64]);
        let body = &frame[HEADER_LEN..];
        let equal = body[..16] == body[16..32];
        assert_eq!(equal, suite.cipher_name().ends_with("-ecb"), "{}", suite.name());
    }
}

#[test]
fn padded_frames_of_one_class_are_equally_long() {
    for suite in [default_suite(), find("aes-256-cbc", "hmac-sha256").unwrap()] {
        for padding in [Padding::Mtu, Padding::Buckets] {
            let protection = Protection { padding, ..Protection::of(suite) };
            let mut stream = stream_with(protection, 1, RekeyLimits::MAX);
            let lens: Vec<usize> = (0..200).map(|len| stream.seal(&vec![0; len]).len()).collect();
            assert!(lens.iter().all(|len| *len == lens[0]), "{padding:?} {lens:?}");
        }
    }
}

#[test]
fn small_blocks_wear_their_keys_early() {
    let suite = find("3des-cbc", "hmac-sha256").unwrap();
    let mut stream = stream_of(suite, 1, RekeyLimits::MAX);
    for _ in 0..(9 << 20) / PLAIN_MAX {
        let frame = stream.seal(&[0; PLAIN_MAX]);
        stream.open(&frame).unwrap();
    }
    assert_eq!((stream.sealer.tally().rekeys, stream.opener.tally().rekeys), (1, 1));
}

/// Terms under which contexts may be authenticated only.
fn lax_terms() -> Terms {
    let suite = find("none", "hmac-sha256").unwrap();
    let named = vec![Profile::of(suite)];
    let mut terms = Terms::new(Protection::default(), RekeyLimits::MAX);
    terms.profiles = Arc::new(Profiles::new(terms.protection, named, None, None));
    terms
}

#[test]
fn a_context_has_the_suite_of_its_profile_if_the_terms_have_it() {
    let lax = ProfileId(1);
    let (direction, terms) = (Direction::FromInitiator, lax_terms());
    let mut stream = stream();
    stream.sealer = Sealer::new(&secret(1), direction, &terms, None).unwrap();
    stream.opener = Opener::new(&secret(1), direction, &terms, None).unwrap();
    assert_eq!(stream.sealer.make_context(&mut stream.outbox, ProfileId(120), None), None);
    let id = stream.sealer.make_context(&mut stream.outbox, lax, None).unwrap();
    let announcement = stream.take();
    assert_eq!(announcement.len(), stream.sealer.announcement_len());
    let frame = stream.seal_in(id, b"in the clear, and vouched for");
    assert!(frame.windows(8).any(|window| window == b"in the c"));
    stream.open(&announcement).unwrap();
    assert_eq!(stream.open(&frame).unwrap(), b"in the clear, and vouched for");
    let sealed = stream.seal(b"as the link has it");
    assert_eq!(stream.open(&sealed).unwrap(), b"as the link has it");
    let tallies = stream.opener.tallies();
    assert_eq!(tallies, stream.sealer.tallies());
    let bytes: Vec<_> = tallies.iter().map(|(profile, tally)| (*profile, tally.bytes)).collect();
    assert_eq!(bytes, [(ProfileId::LINK, 18), (lax, 29)]);

    // Words of the channel, the end and announcements are the link's own.
    for kind in [Kind::Control, Kind::Close, Kind::Context] {
        let mut other = Sealer::new(&secret(1), direction, &terms, None).unwrap();
        let id = other.make_context(&mut stream.outbox, lax, None).unwrap();
        let announcement = stream.take();
        other.seal_kind(&mut stream.outbox, id, kind, 5, |out| {
            out.copy_from_slice(&[0, 2, 0, 0, 0])
        });
        let frame = stream.take();
        stream.opener = Opener::new(&secret(1), direction, &terms, None).unwrap();
        stream.open(&announcement).unwrap();
        assert_eq!(stream.open(&frame), Err(RecordError::Malformed), "{kind:?}");
    }
    // A receiver whose table has no such profile.
    let absent =
        Announcement { context: ContextId(1), profile: ProfileId(120), origin: None }.encode();
    let mut other = Sealer::new(&secret(1), direction, &terms, None).unwrap();
    other.seal_kind(&mut stream.outbox, ContextId(0), Kind::Context, absent.len(), |out| {
        out.copy_from_slice(&absent);
    });
    let announcement = stream.take();
    stream.opener = Opener::new(&secret(1), direction, &terms, None).unwrap();
    assert_eq!(stream.open(&announcement), Err(RecordError::RefusedContext));
}

#[test]
fn keys_change_by_frames_without_a_pause() {
    let mut stream = stream_of(default_suite(), 1, frames(3));
    for round in 0..30u32 {
        let frame = stream.seal(&round.to_be_bytes());
        let epoch = u32::from_be_bytes(frame[4..8].try_into().unwrap());
        assert_eq!(epoch, round / 3);
        assert_eq!(stream.open(&frame).unwrap(), round.to_be_bytes());
    }
    assert_eq!(stream.sealer.tally().rekeys, 9);
    assert_eq!(stream.opener.tally(), stream.sealer.tally());
}

#[test]
fn keys_change_by_bytes_and_a_large_frame_still_goes() {
    let limits = RekeyLimits { bytes: 100, ..RekeyLimits::MAX };
    let mut stream = stream_of(default_suite(), 1, limits);
    let epochs: Vec<u8> = [40, 24, 4, 1000, 10, 74]
        .into_iter()
        .map(|len| {
            let frame = stream.seal(&vec![0; len]);
            stream.open(&frame).unwrap();
            frame[7]
        })
        .collect();
    // Bodies are 16 bytes longer: 56 + 40 fit into 100, the rest does not.
    assert_eq!(epochs, [0, 0, 1, 2, 3, 4]);
}

#[test]
fn contexts_wear_their_keys_each_on_its_own() {
    let mut stream = stream_of(default_suite(), 1, frames(4));
    let (context, announcement) = stream.make_context();
    stream.open(&announcement).unwrap();
    for round in 0..20 {
        for id in [ContextId(0), context, context] {
            let frame = stream.seal_in(id, &[round]);
            assert_eq!(stream.open(&frame).unwrap(), [round]);
        }
    }
    assert_eq!(stream.sealer.tally().rekeys, 5 + 9);
}

#[test]
fn the_end_of_an_epoch_cannot_be_cut_off() {
    let mut stream = stream_of(default_suite(), 1, frames(3));
    let frames: Vec<_> = (0..4).map(|_| stream.seal(b"x")).collect();
    stream.open(&frames[0]).unwrap();
    stream.open(&frames[1]).unwrap();
    assert_eq!(stream.open(&frames[3]), Err(RecordError::Forged));
}

#[test]
fn epochs_go_one_by_one_and_never_back() {
    let sealed = |round: usize| {
        let mut stream = stream_of(default_suite(), 1, frames(1));
        (0..=round).map(|_| stream.seal(b"x")).collect::<Vec<_>>()
    };
    let mut stream = stream_of(default_suite(), 1, frames(1));
    let all = sealed(4);
    let skipped = RecordError::Epoch { expected: 0, found: 2 };
    stream.open(&all[0]).unwrap();
    assert_eq!(stream.open(&all[2]), Err(skipped));
    stream.open(&all[1]).unwrap();
    let back = RecordError::Epoch { expected: 1, found: 0 };
    assert_eq!(stream.open(&all[0]), Err(back));
    // A change of key before anything was sealed is not a sender of ours.
    let early = RecordError::Epoch { expected: 0, found: 1 };
    assert_eq!(stream_of(default_suite(), 1, frames(1)).open(&all[1]), Err(early));
}

#[test]
fn a_forged_epoch_does_not_cost_the_keys_in_use() {
    let mut stream = stream();
    let (one, two) = (stream.seal(b"one"), stream.seal(b"two"));
    stream.open(&one).unwrap();
    let mut forged = two.clone();
    forged[7] = 1;
    assert_eq!(stream.open(&forged), Err(RecordError::Forged));
    assert_eq!(stream.open(&two).unwrap(), b"two");
}

#[test]
fn a_sender_that_keeps_a_worn_key_is_refused() {
    let mut stream = stream_of(default_suite(), 1, frames(9));
    stream.opener = stream_of(default_suite(), 1, frames(2)).opener;
    for _ in 0..2 {
        let frame = stream.seal(b"x");
        stream.open(&frame).unwrap();
    }
    let frame = stream.seal(b"x");
    assert_eq!(stream.open(&frame), Err(RecordError::WornKey));
}

#[test]
fn the_end_is_authentic_or_a_truncation() {
    let mut stream = stream();
    let (data, close) = (stream.seal(b"last"), stream.close());
    stream.open(&data).unwrap();
    assert_eq!(stream.opener.finish(), Err(RecordError::Truncated));
    stream.open(&close).unwrap();
    assert_eq!(stream.opener.finish(), Ok(()));
    assert_eq!(stream.opener.frame_len(&close), Err(RecordError::AfterClose));
    assert_eq!(stream.open(&data), Err(RecordError::AfterClose));
}

#[test]
fn an_early_close_spliced_in_is_an_error() {
    let mut stream = stream();
    let _dropped = stream.seal(b"the peer never sees this");
    let close = stream.close();
    assert_eq!(stream.open(&close), Err(RecordError::Forged));
}

#[test]
fn contexts_are_announced_in_order_and_bounded() {
    let mut stream = stream();
    let frame = {
        let mut other = super::tests::stream();
        let (context, _) = other.make_context();
        other.seal_in(context, b"x")
    };
    assert_eq!(stream.open(&frame), Err(RecordError::UnknownContext(1)));

    for number in 1..CONTEXTS_MAX {
        let (id, announcement) = stream.make_context();
        assert_eq!(usize::from(id.0), number);
        assert_eq!(stream.open(&announcement).unwrap(), id.0.to_be_bytes());
    }
    assert_eq!(stream.sealer.make_context(&mut stream.outbox, ProfileId::LINK, None), None);
    let frame = stream.seal_in(ContextId(CONTEXTS_MAX as u16 - 1), b"last");
    assert_eq!(stream.open(&frame).unwrap(), b"last");
}

#[test]
fn a_header_is_refused_before_its_body_is_awaited() {
    let stream = stream();
    let refused = |change: fn(&mut Header)| {
        let mut header = Header { kind: Kind::Data, context: 0, epoch: 0, suite: 1, body_len: 32 };
        change(&mut header);
        stream.opener.frame_len(&header.encode())
    };
    assert_eq!(refused(|_| ()), Ok(Some(HEADER_LEN + 32)));
    assert_eq!(refused(|h| h.kind = Kind::Tls), Err(RecordError::Kind(1)));
    assert_eq!(refused(|h| h.body_len = 15), Err(RecordError::TooShort(27)));
    let long = RecordError::TooLong((1 << 24) - 1 + 12);
    assert_eq!(refused(|h| h.body_len = (1 << 24) - 1), Err(long));
    assert_eq!(refused(|h| h.suite = 2), Err(RecordError::Suite));
    assert_eq!(refused(|h| h.suite = 0x41), Err(RecordError::Suite));
    assert_eq!(refused(|h| h.context = 9), Err(RecordError::UnknownContext(9)));
    let epoch = RecordError::Epoch { expected: 0, found: u32::MAX };
    assert_eq!(refused(|h| h.epoch = u32::MAX), Err(epoch));
}

#[test]
fn rubbish_is_an_error_and_never_a_panic() {
    let seed = rand::random();
    eprintln!("seed {seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    for _ in 0..20_000 {
        let mut stream = stream();
        let mut bytes = vec![0u8; random.random_range(0..80)];
        random.fill(&mut bytes[..]);
        // Half of them look like frames.
        if random.random() && bytes.len() >= HEADER_LEN {
            let body_len = (bytes.len() - HEADER_LEN) as u32;
            let kind = [Kind::Data, Kind::Control, Kind::Context, Kind::Close]
                [random.random_range(0..4usize)];
            let epoch = random.random_range(0..2);
            let header = Header { kind, context: 0, epoch, suite: 1, body_len }.encode();
            bytes[..HEADER_LEN].copy_from_slice(&header);
        }
        let _ = stream.opener.frame_len(&bytes);
        assert!(stream.opener.open(&mut bytes).is_err());
    }
}

#[test]
fn authentic_nonsense_is_malformed() {
    for (kind, plain) in [
        (Kind::Context, &[0, 1][..]),
        (Kind::Context, &[0, 2, 0, 0, 0]),
        (Kind::Context, &[0, 1, 0, 0, 7]),
        (Kind::Context, &[0, 1, 0, 0, 0, 0]),
        (Kind::Close, &[0]),
    ] {
        let mut stream = stream();
        stream.sealer.seal_kind(&mut stream.outbox, ContextId(0), kind, plain.len(), |out| {
            out.copy_from_slice(plain);
        });
        let frame = stream.take();
        assert_eq!(stream.open(&frame), Err(RecordError::Malformed));
    }
    let mut stream = stream();
    stream.sealer.seal_kind(&mut stream.outbox, ContextId(0), Kind::Context, 5, |out| {
        out.copy_from_slice(&[0, 1, 120, 0, 0]);
    });
    let frame = stream.take();
    assert_eq!(stream.open(&frame), Err(RecordError::RefusedContext));
}
