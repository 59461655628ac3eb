//! How far apart two cores are at the moment: a cache line that goes to and fro.
//!
//! On shared machines this changes by a factor of four from one second to the next
//! and moves every latency with it, so each round of the benchmarks tells it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const TURNS: u32 = 20_000;
const PATIENCE: Duration = Duration::from_secs(1);

/// Nanoseconds for one way; the least of five tries, none of which takes longer than
/// a second: on one core a turn is a time slice.
pub fn core_distance() -> f64 {
    (0..5).map(|_| one_try()).fold(f64::INFINITY, f64::min)
}

fn one_try() -> f64 {
    // Whose turn it is, counted. Relaxed: the number is all that passes between the
    // threads.
    let turn = AtomicU32::new(0);
    let start = Instant::now();
    let take_turns = |mine: u32| {
        let mut idle = 0_u32;
        loop {
            let now = turn.load(Ordering::Relaxed);
            if now >= TURNS {
                return;
            }
            if now % 2 == mine {
                turn.store(now + 1, Ordering::Relaxed);
                continue;
            }
            idle = idle.wrapping_add(1);
            // Each for itself: the other may be waiting for the one that gave up.
            if idle.is_multiple_of(4096) && start.elapsed() > PATIENCE {
                return;
            }
            std::hint::spin_loop();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| take_turns(1));
        take_turns(0);
    });
    start.elapsed().as_nanos() as f64 / f64::from(turn.into_inner().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_measured_whatever_else_runs() {
        let nanoseconds = core_distance();
        // Light passes a processor in a tenth of a nanosecond; the bound is patience.
        assert!(nanoseconds > 0.1 && nanoseconds < 1e9, "{nanoseconds}");
    }
}
