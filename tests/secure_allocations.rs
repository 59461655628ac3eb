//! Sealing and opening allocate nothing once a link is warm.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use mpisecure::secure::record::RekeyLimits;
use mpisecure::secure::suite::{Suite, all};
use mpisecure::secure::{
    Claim, ClusterKey, ContextId, Decision, Established, FRAME_MAX, FrameKind, Handshake,
    LinkSettings, Opened, Outbox, Role, Step,
};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counting per thread.
struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; counting
// touches a thread-local that neither allocates nor has a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `System.alloc` with this layout.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Copies what is queued into `to` and returns its length.
fn take(outbox: &mut Outbox, to: &mut [u8]) -> usize {
    let mut at = 0;
    while !outbox.is_empty() {
        let wire = outbox.wire();
        let len = wire.len();
        to[at..at + len].copy_from_slice(wire.bytes());
        outbox.consume(len);
        at += len;
    }
    at
}

fn link(suite: &'static dyn Suite) -> (Box<Established>, Box<Established>) {
    let key = Arc::new(ClusterKey::from_bytes([7; 32]));
    let settings = LinkSettings::new(Some(key), suite, RekeyLimits::MAX, [0; 32]);
    let rank = |number| Claim::new(Role::Rank, number, "allocations");
    let mut wire = vec![0; FRAME_MAX];
    let (mut out, mut back) = (Outbox::new(), Outbox::new());
    let mut first = Handshake::initiate(&settings, rank(0), rank(1), &mut out);
    let mut second = Handshake::accept(&settings, rank(1));
    let len = take(&mut out, &mut wire);
    second.feed(&wire[..len], &mut back).unwrap();
    let len = take(&mut back, &mut wire);
    first.feed(&wire[..len], &mut out).unwrap();
    let len = take(&mut out, &mut wire);
    second.feed(&wire[..len], &mut back).unwrap();
    let Step::Open(b) = second.decide(Decision::Accept, &mut back).unwrap() else { panic!() };
    let len = take(&mut back, &mut wire);
    let (_, Step::Open(a)) = first.feed(&wire[..len], &mut out).unwrap() else { panic!() };
    (a, b)
}

#[test]
fn a_warm_link_seals_and_opens_without_allocating() {
    // New keys are made in place, but small blocks need them often.
    all().filter(|suite| suite.wear_bytes_max() == u64::MAX).for_each(warm_link);
}

fn warm_link(suite: &'static dyn Suite) {
    let (mut first, mut second) = link(suite);
    let mut outbox = Outbox::new();
    let mut wire = vec![0; 16 * FRAME_MAX];
    let mut round = || {
        for len in [0, 64, 1000, 64 << 10, 64 << 10, 64 << 10, 64 << 10, 64 << 10, 64 << 10] {
            first.sealer.seal(&mut outbox, ContextId(0), FrameKind::Data, len, |out| out.fill(1));
        }
        let len = take(&mut outbox, &mut wire);
        let mut rest = &mut wire[..len];
        while let Some(len) = second.opener.frame_len(rest).unwrap() {
            let (frame, behind) = rest.split_at_mut(len);
            assert!(matches!(second.opener.open(frame).unwrap(), Opened::Frame { .. }));
            rest = behind;
        }
    };
    round();
    let before = ALLOCATIONS.get();
    for _ in 0..5 {
        round();
    }
    assert_eq!(ALLOCATIONS.get() - before, 0, "{}", suite.name());
}
