//! `instructions OPERATION TIMES`: an operation of the hot path, so many times.
//! The test suite `instructions` runs it in a simulator that counts instructions.
//!
//! | operation | is |
//! |---|---|
//! | `seal-N` | a frame of N bytes into the send queue |
//! | `pass-N` | the same, and opened |
//! | `send` | an eager message of 8 bytes, as far as the channel |
//! | `expected` | the same, matched with a receive that waits for it, and received |
//! | `unexpected` | the same, received later than it came |
//! | `ruled-send`, ... | the same where the policy has a rule, about another tag |

mod common;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use common::{link, take};
use mpisecure::channel::PeerId;
use mpisecure::channel::loopback::Loopback;
use mpisecure::engine::{Engine, Envelope, Pattern, Settings, Source};
use mpisecure::object::buffer::Buffer;
use mpisecure::secure::suite::default_suite;
use mpisecure::secure::{ContextId, FrameKind, Outbox, ProfileId, Rule, Rulebook};

const ME: PeerId = PeerId(0);
const CONTEXT: u64 = 4;
const TAG: i32 = 1;

fn main() {
    let mut words = std::env::args().skip(1);
    let operation = words.next().expect("an operation");
    let times = words.next().and_then(|word| word.parse().ok()).expect("how many times");
    let size = |text: &str| text.parse::<usize>().expect("a number of bytes");
    match operation.split_once('-') {
        Some(("seal", len)) => seal(size(len), times, false),
        Some(("pass", len)) => seal(size(len), times, true),
        Some(("ruled", operation)) => messages(operation, times, vec![rule()]),
        _ => messages(&operation, times, Vec::new()),
    }
}

fn seal(len: usize, times: usize, opens: bool) {
    let [mut first, mut second] = link(default_suite());
    let mut outbox = Outbox::new();
    let mut frame = Vec::new();
    for _ in 0..times {
        first.sealer.seal(&mut outbox, ContextId(0), FrameKind::Data, len, |out| {
            black_box(out);
        });
        frame.clear();
        take(&mut outbox, &mut frame);
        if opens {
            black_box(second.opener.open(&mut frame).expect("authentic"));
        }
    }
}

fn rule() -> Rule {
    let tags = Some(TAG + 1..=TAG + 1);
    let (hosts, communicator) = Default::default();
    Rule { hosts, communicator, tags, bytes: 0..=u64::MAX, profile: ProfileId::LINK }
}

fn messages(operation: &str, times: usize, rules: Vec<Rule>) {
    let rulebook = Rulebook { rules, ..Rulebook::of_link(Default::default()) };
    let settings = Settings {
        eager_max: 8 << 10,
        rulebook: Arc::new(rulebook),
        spin_max: Duration::ZERO,
        on_security_failure: Box::new(|error| panic!("{error}")),
    };
    let engine = Engine::new(ME, Box::new(Loopback::new(ME)), settings);
    let envelope = || Envelope { context: CONTEXT, source: 0, tag: TAG };
    let source = Source::Rank { rank: 0, peer: ME };
    let pattern = || Pattern { context: CONTEXT, source, tag: Some(TAG) };
    let (from, to) = (Buffer::from_bytes(&[7; 8]), Buffer::scratch(8));
    let send = || engine.send_now(ME, envelope(), &from).expect("room").expect("a channel");
    for _ in 0..times {
        match operation {
            "send" => send(),
            "expected" => {
                let request = engine.irecv(pattern(), to.clone());
                send();
                engine.progress();
                black_box(engine.wait(request));
            }
            "unexpected" => {
                send();
                engine.progress();
                black_box(engine.recv(pattern(), &to));
            }
            other => panic!("no operation {other}"),
        }
    }
}
