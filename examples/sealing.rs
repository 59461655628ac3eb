//! What sealing and opening a frame costs, beside what ring alone takes for
//! the same bytes: nanoseconds per frame, the best of several rounds each.
//! Run with `cargo run --release --example sealing`.

mod common;

use std::hint::black_box;
use std::time::Instant;

use common::{link, take};
use mpisecure::secure::suite::{SUITES, Suite};
use mpisecure::secure::{ContextId, FrameKind, Outbox};
use ring::aead;

const ROUNDS: usize = 15;

/// Nanoseconds per call, the best of the rounds.
fn best(calls: usize, mut call: impl FnMut()) -> f64 {
    let round = |_| {
        let start = Instant::now();
        (0..calls).for_each(|_| call());
        start.elapsed().as_nanos() as f64 / calls as f64
    };
    (0..ROUNDS).map(round).fold(f64::MAX, f64::min)
}

/// ring by itself, sealing in place over the same bytes again and again.
fn ring_alone(suite: &dyn Suite, len: usize, calls: usize) -> f64 {
    let algorithm = match suite.name() {
        "aes-128-gcm" => &aead::AES_128_GCM,
        "aes-256-gcm" => &aead::AES_256_GCM,
        _ => &aead::CHACHA20_POLY1305,
    };
    let unbound = aead::UnboundKey::new(algorithm, &vec![7; suite.key_len()]).expect("its length");
    let key = aead::LessSafeKey::new(unbound);
    let mut plain = vec![0u8; len];
    best(calls, || {
        let nonce = aead::Nonce::assume_unique_for_key([1; 12]);
        let aad = aead::Aad::from([0u8; 20]);
        black_box(key.seal_in_place_separate_tag(nonce, aad, black_box(&mut plain)).ok());
    })
}

fn main() {
    let start = Instant::now();
    (0..50).for_each(|_| drop(link(SUITES[0])));
    println!("handshake, both ends: {} us", start.elapsed().as_micros() / 50);
    println!("{:20} {:>7} {:>10} {:>10} {:>10}", "suite", "bytes", "ring ns", "seal ns", "open ns");
    for suite in SUITES {
        for (len, calls) in [(64, 20_000), (64 << 10, 200)] {
            let [mut first, mut second] = link(*suite);
            let mut outbox = Outbox::new();
            let alone = ring_alone(*suite, len, calls);
            let mut seal = |outbox: &mut Outbox| {
                first.sealer.seal(outbox, ContextId(0), FrameKind::Data, len, |out| {
                    black_box(out);
                })
            };
            // Opening wants fresh frames; they are all sealed beforehand.
            let mut frames = Vec::new();
            for _ in 0..ROUNDS * calls.min(2000) {
                seal(&mut outbox);
                take(&mut outbox, &mut frames);
            }
            let mut rest = &mut frames[..];
            let opening = best(calls.min(2000), || {
                let frame_len = second.opener.frame_len(rest).expect("sound").expect("whole");
                let (frame, behind) = std::mem::take(&mut rest).split_at_mut(frame_len);
                rest = behind;
                black_box(second.opener.open(frame).expect("authentic"));
            });
            let sealing = best(calls, || {
                let wire_len = seal(&mut outbox);
                outbox.consume(wire_len);
            });
            let name = suite.name();
            println!("{name:20} {len:7} {alone:10.0} {sealing:10.0} {opening:10.0}");
        }
    }
}
