//! Certificates, rotating keys, and every suite under both kinds of
//! credentials, between two ends in one process.

use super::tests::{End, Outcome, converse, meet, open, rank, settings, settings_with};
use super::*;
use crate::secure::authority::{Authority, Period, Revoked};
use crate::secure::frame::HEADER_LEN;
use crate::secure::protection::name_of_mark;
use crate::secure::signature::SCHEMES;
use crate::secure::suite::all;
use crate::secure::{FrameKind, Opened, RecordError};
use rustls::pki_types::UnixTime;

const DAY: u64 = 86_400;
/// The day of the tests, 2026-11-27.
const TODAY: u64 = 20_784 * DAY;
const YEAR: Period = Period { from: TODAY - DAY, until: TODAY + 365 * DAY };

/// A day that does not pass.
#[derive(Debug)]
struct Day(u64);

impl TimeProvider for Day {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0)))
    }
}

struct Cluster {
    authority: Authority,
    certificate: String,
    list: Option<String>,
}

impl Cluster {
    fn new() -> Cluster {
        let (authority, issued) = Authority::create("a test cluster", YEAR).unwrap();
        Cluster { authority, certificate: issued.certificate, list: None }
    }

    fn identity(&self, host: &str, period: Period) -> Identity {
        let issued = self.authority.issue(&[host], period).unwrap();
        let list = self.list.as_deref();
        Identity::parse(&issued.certificate, &issued.private_key, &self.certificate, list).unwrap()
    }

    /// Settings of a process on `host` that has a certificate for `name`.
    fn named(&self, host: &str, name: &str, period: Period) -> LinkSettings {
        let mut settings = settings();
        settings.key = None;
        settings.identity = Some(Arc::new(self.identity(name, period)));
        settings.host = host.to_owned();
        settings.clock = Arc::new(Day(TODAY));
        settings
    }

    fn host(&self, host: &str) -> LinkSettings {
        self.named(host, host, YEAR)
    }
}

fn link_of(first: &LinkSettings, second: &LinkSettings) -> (Box<Established>, Box<Established>) {
    let mut a = End::initiator(first, rank(0), rank(1));
    a.handshake.expect_host(&second.host);
    let mut b = End::acceptor(second, rank(1));
    let (a, b) = converse(&mut a, &mut b, Decision::Accept, |_, _| ());
    (open(a), open(b))
}

/// The acceptor's message when it refuses, the initiator's otherwise.
fn refusal(first: &LinkSettings, second: &LinkSettings) -> (Check, String) {
    let mut a = End::initiator(first, rank(0), rank(1));
    a.handshake.expect_host(&second.host);
    let mut b = End::acceptor(second, rank(1));
    let outcome = converse(&mut a, &mut b, Decision::Accept, |_, _| ());
    let failure = |outcome: Option<Outcome>| match outcome {
        Some(Err(failure)) => Some((failure.check, failure.line("rank 1 at hostb (10.0.0.2:4)"))),
        _ => None,
    };
    let (a, b) = (failure(outcome.0), failure(outcome.1));
    let told = [b, a].into_iter().flatten().find(|(check, _)| *check != Check::Refused);
    let (check, line) = told.expect("one of them refuses and says why");
    println!("{line}");
    (check, line)
}

fn seal(link: &mut Established, plain: &[u8]) -> Vec<u8> {
    let mut outbox = Outbox::new();
    link.sealer.seal(&mut outbox, Default::default(), FrameKind::Data, plain.len(), |out| {
        out.copy_from_slice(plain);
    });
    outbox.wire().bytes().to_vec()
}

fn opened(link: &mut Established, frame: &[u8]) -> Result<Vec<u8>, RecordError> {
    let mut frame = frame.to_vec();
    match link.opener.open(&mut frame)? {
        Opened::Frame { plain, .. } => Ok(plain.to_vec()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_suite_works_under_a_cluster_key_and_under_certificates() {
    let cluster = Cluster::new();
    let with_key = [settings(), settings()];
    let with_certificates = [cluster.host("hosta"), cluster.host("hostb")];
    for (credentials, [first, second]) in
        [("cluster key", with_key), ("certificate", with_certificates)]
    {
        for suite in all() {
            // Signed as well, for one suite of each kind.
            let signed = ["aes-256-gcm", "aes-256-cbc+none", "none+none"].contains(&suite.name());
            let schemes = SCHEMES.iter().map(Some).filter(|_| signed).chain([None]);
            for signature in schemes {
                let protection = Protection { signature, ..Protection::of(suite) };
                let name = format!("{} under {credentials}", protection.name());
                let with = |settings: &LinkSettings| {
                    let mut settings = settings.clone();
                    settings.terms.protection = protection;
                    settings
                };
                let (mut a, mut b) = link_of(&with(&first), &with(&second));
                assert!(a.handshake.contains(credentials), "{}", a.handshake);
                assert_eq!((&a.suite, &b.suite), (&protection.name(), &protection.name()));
                table_row(&mut a, &mut b, protection, &name);
                table_row(&mut b, &mut a, protection, &name);
            }
        }
    }
}

/// What every row of the table of suites must show, one way.
fn table_row(from: &mut Established, to: &mut Established, protection: Protection, name: &str) {
    let plain = [b'x'; 64];
    let frames = [seal(from, &plain), seal(from, &plain)];
    // The frame says what it is sealed with.
    assert_eq!(name_of_mark(frames[0][8]), Some(protection.name()), "{name}");
    let texts = frames.each_ref().map(|frame| &frame[HEADER_LEN..HEADER_LEN + 64]);
    let repeats = protection.suite.cipher_name().ends_with("-ecb") || !protection.suite.hides();
    assert_eq!(texts[0] == texts[1], repeats, "{name}: equal messages");
    assert_eq!(texts[0] == plain, !protection.suite.hides(), "{name}");
    let integrity =
        protection.suite.strength().integrity_bits > 0 || protection.signature.is_some();
    if integrity {
        // Signatures take long: every seventh byte is enough for them.
        let step = if protection.signature.is_some() { 7 } else { 1 };
        for at in (0..frames[0].len()).step_by(step) {
            let mut altered = frames[0].clone();
            altered[at] ^= 0x20;
            assert!(opened(to, &altered).is_err(), "{name}: byte {at}");
        }
    }
    for frame in &frames {
        assert_eq!(opened(to, frame).unwrap(), plain, "{name}");
    }
}

#[test]
fn certificates_and_a_cluster_key_can_both_be_asked_for() {
    let cluster = Cluster::new();
    let both = |host: &str, key: u8| {
        let mut settings = cluster.host(host);
        settings.key = settings_with(key, 1).key;
        settings
    };
    let (a, b) = link_of(&both("hosta", 1), &both("hostb", 1));
    assert!(a.handshake.contains("hostb") && a.handshake.ends_with("cluster key"));
    assert_eq!((a.host.as_str(), b.host.as_str()), ("hostb", "hosta"));
    assert_eq!(a.expires_at, Some(YEAR.until));
    let (check, _) = refusal(&both("hosta", 2), &both("hostb", 1));
    assert_eq!(check, Check::ClusterKey);
}

#[test]
fn a_revoked_certificate_is_refused() {
    let mut cluster = Cluster::new();
    let bad = cluster.host("hosta");
    let serial = bad.identity.as_ref().unwrap().facts().serial.clone();
    let serial = data_encoding::HEXLOWER.decode(serial.as_bytes()).unwrap();
    let revoked = [Revoked { serial, at: TODAY }];
    cluster.list = Some(cluster.authority.revocation_list(1, &revoked, YEAR).unwrap());
    // Who has the list refuses it whoever calls.
    let checks = cluster.host("hostb");
    for (first, second) in [(&bad, &checks), (&checks, &bad)] {
        let (check, line) = refusal(first, second);
        assert_eq!(check, Check::Certificate);
        assert!(line.contains("hosta") && line.contains("is revoked"), "{line}");
        assert!(line.contains("mpi-secure ca"), "{line}");
    }
    link_of(&cluster.host("hosta"), &checks);
}

#[test]
fn a_list_out_of_date_accepts_nobody() {
    let mut cluster = Cluster::new();
    let old = Period { from: TODAY - 3 * DAY, until: TODAY - DAY };
    cluster.list = Some(cluster.authority.revocation_list(1, &[], old).unwrap());
    let (check, line) = refusal(&cluster.host("hosta"), &cluster.host("hostb"));
    assert_eq!(check, Check::Certificate);
    assert!(line.contains("revocation list") && line.contains("out of date"), "{line}");
}

#[test]
fn an_expired_certificate_is_refused() {
    let cluster = Cluster::new();
    let past = Period { from: TODAY - 9 * DAY, until: TODAY - DAY };
    let expired = cluster.named("hosta", "hosta", past);
    let (check, line) = refusal(&expired, &cluster.host("hostb"));
    assert_eq!(check, Check::Certificate);
    assert!(line.contains("hosta") && line.contains("has expired"), "{line}");
    let next = Period { from: TODAY + DAY, until: TODAY + 9 * DAY };
    let early = cluster.named("hosta", "hosta", next);
    let (_, line) = refusal(&early, &cluster.host("hostb"));
    assert!(line.contains("not valid yet"), "{line}");
    // A process finds its own out before it calls anybody.
    let own = expired.identity.unwrap().check(expired.clock.current_time().unwrap());
    assert!(own.unwrap_err().to_string().contains("has expired"));
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let (cluster, other) = (Cluster::new(), Cluster::new());
    let (check, line) = refusal(&other.host("hosta"), &cluster.host("hostb"));
    assert_eq!(check, Check::Certificate);
    assert!(line.contains("not trusted here"), "{line}");
}

#[test]
fn a_stolen_host_name_is_found_out() {
    let cluster = Cluster::new();
    // A co-tenant on hostc says it is on hosta.
    let thief = cluster.named("hosta", "hostc", YEAR);
    let (check, line) = refusal(&thief, &cluster.host("hostb"));
    assert_eq!(check, Check::Certificate);
    assert!(line.contains("it says it is on host hosta"), "{line}");
    assert!(line.contains("certificate is for hostc"), "{line}");
    // It answers on hosta's address, and says honestly where it is.
    let mut first = End::initiator(&cluster.host("hostb"), rank(0), rank(1));
    first.handshake.expect_host("hosta");
    let mut second = End::acceptor(&cluster.host("hostc"), rank(1));
    let outcome = converse(&mut first, &mut second, Decision::Accept, |_, _| ());
    let Some(Err(failure)) = outcome.0 else { panic!("{outcome:?}") };
    assert_eq!(failure.check, Check::Certificate);
    assert!(failure.to_string().contains("host hosta was called, and it is on host hostc"));
}

#[test]
fn a_certificate_here_and_none_there_is_called_a_difference_of_policy() {
    let cluster = Cluster::new();
    for (first, second) in
        [(settings(), cluster.host("hostb")), (cluster.host("hosta"), settings())]
    {
        let (check, line) = refusal(&first, &second);
        assert_eq!(check, Check::Policy, "{line}");
    }
}

#[test]
fn a_key_rotates_host_by_host_without_a_pause() {
    let with = |own: u8, accepted: Option<u8>| {
        let mut settings = settings_with(own, 1);
        settings.accepted =
            accepted.map(|key| settings_with(key, 1).key.unwrap()).into_iter().collect();
        settings
    };
    const OLD: u8 = 1;
    const NEW: u8 = 2;
    // Accept the new one; make it one's own; forget the old one.
    let steps = [with(OLD, None), with(OLD, Some(NEW)), with(NEW, Some(OLD)), with(NEW, None)];
    for pair in steps.windows(2) {
        let (a, b) = link_of(&pair[0], &pair[1]);
        assert!(a.handshake.contains("cluster key") && b.handshake.contains("cluster key"));
        link_of(&pair[1], &pair[0]);
    }
    // Two steps apart they are strangers, and are told so.
    let mut first = End::initiator(&steps[2], rank(0), rank(1));
    let (_, second) = meet(&mut first, &mut End::acceptor(&steps[0], rank(1)));
    assert_eq!(second.check, Check::ClusterKey);
    // Who called with the second key is named so, and its frames pass.
    let (mut a, mut b) = link_of(&steps[1], &steps[2]);
    assert!(b.handshake.contains("accepted besides"), "{}", b.handshake);
    let frame = seal(&mut a, b"under the old key");
    assert_eq!(opened(&mut b, &frame).unwrap(), b"under the old key");
}

#[test]
fn identities_that_do_not_fit_together_are_told_apart() {
    use crate::secure::identity::IdentityFault;
    let cluster = Cluster::new();
    let issue = || cluster.authority.issue(&["hosta"], YEAR).unwrap();
    let (one, other) = (issue(), issue());
    let trust = cluster.certificate.as_str();
    let parse = Identity::parse;
    let fault = |result: Result<Identity, IdentityFault>| result.err().expect("a fault");
    assert!(matches!(
        fault(parse(&one.certificate, &other.private_key, trust, None)),
        IdentityFault::PrivateKey(why) if why.contains("another certificate")
    ));
    assert!(matches!(
        fault(parse("nothing", &one.private_key, trust, None)),
        IdentityFault::Certificate(_)
    ));
    // More than a handshake message holds.
    assert!(matches!(
        fault(parse(&one.certificate.repeat(20), &one.private_key, trust, None)),
        IdentityFault::Certificate(why) if why.contains("20 certificates")
    ));
    assert!(matches!(
        fault(parse(&one.certificate, "nothing", trust, None)),
        IdentityFault::PrivateKey(_)
    ));
    assert!(matches!(
        fault(parse(&one.certificate, &one.private_key, "", None)),
        IdentityFault::Trust(_)
    ));
    assert!(matches!(
        fault(parse(&one.certificate, &one.private_key, trust, Some("x"))),
        IdentityFault::Revoked(_)
    ));
}
