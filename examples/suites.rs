//! What each suite costs: seal and open of 64 KiB and of 64 bytes on one core,
//! in place, and a signature. One row a suite; best of several rounds.
//!
//! `cargo run --release --example suites`

use mpisecure::secure::suite::{self, Provider, Suite};
use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() {
    println!(
        "{:28} {:11} {:>10} {:>10} {:>9}",
        "suite", "library", "seal GB/s", "open GB/s", "64 B, ns"
    );
    for suite in suite::all() {
        // Once for each provider that has it.
        let mut libraries = Vec::new();
        for provider in Provider::ALL {
            let suite = suite::from_provider(suite, Some(*provider));
            if !libraries.contains(&suite.library()) {
                libraries.push(suite.library());
                row(suite);
            }
        }
    }
}

fn row(suite: &'static dyn Suite) {
    let key = [7; suite::KEY_MAX];
    let mut cipher = suite.cipher(&key[..suite.key_len()]);
    let (nonce, aad) = ([3; suite::NONCE_LEN], [5; 20]);
    const LARGE: usize = 64 << 10;
    let mut body = vec![0; suite.sealed_len(LARGE)];
    let seal = best(4, || cipher.seal(&nonce, &aad, black_box(&mut body), LARGE));
    let sealed = body.clone();
    let open = best(4, || {
        body.copy_from_slice(&sealed);
        let plain = cipher.open(&nonce, &aad, black_box(&mut body));
        assert!(plain.is_ok(), "{}", suite.name());
    });
    let copy = best(4, || body.copy_from_slice(black_box(&sealed)));
    let mut small = vec![0; suite.sealed_len(64)];
    let short = best(200, || cipher.seal(&nonce, &aad, black_box(&mut small), 64));
    let speed = |time: Duration| LARGE as f64 / time.as_secs_f64() / 1e9;
    println!(
        "{:28} {:11} {:>10.2} {:>10.2} {:>9.0}",
        suite.name(),
        suite.library(),
        speed(seal),
        speed(open.saturating_sub(copy)),
        short.as_nanos()
    );
}

/// Time of one turn, in the best of many rounds of `turns`.
fn best(turns: u32, mut turn: impl FnMut()) -> Duration {
    let mut round = || {
        let start = Instant::now();
        (0..turns).for_each(|_| turn());
        start.elapsed() / turns
    };
    (0..30).map(|_| round()).min().expect("there were rounds")
}
