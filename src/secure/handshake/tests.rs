//! Handshakes between two ends in one process.

use super::*;
use crate::secure::suite::default_suite;
use crate::secure::{FrameKind, Opened};

const JOB: &str = "job-1";

fn settings_with(key: u8, digest: u8) -> LinkSettings {
    let key = Arc::new(ClusterKey::from_bytes([key; 32]));
    LinkSettings::new(key, default_suite(), RekeyLimits::MAX, [digest; 32])
}

fn settings() -> LinkSettings {
    settings_with(1, 1)
}

fn rank(number: u32) -> Claim {
    Claim::new(Role::Rank, number, JOB)
}

/// One end with its outgoing bytes.
struct End {
    handshake: Handshake,
    outbox: Outbox,
}

impl End {
    fn initiator(settings: &LinkSettings, me: Claim, peer: Claim) -> End {
        let mut outbox = Outbox::new();
        let handshake = Handshake::initiate(settings, me, peer, &mut outbox);
        End { handshake, outbox }
    }

    fn acceptor(settings: &LinkSettings, me: Claim) -> End {
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

type Outcome = Result<Step, LinkFailure>;

/// Lets the two talk until neither has anything to say; `tamper` sees and may
/// change each flight (number, bytes).
fn converse(
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

fn open(outcome: Option<Outcome>) -> Box<Established> {
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
