//! Hints on communicators (MPI-4.1, section 7.4.4). Those that are known are
//! kept and given back; the others are ignored, as the standard has it. Today
//! no hint changes how a communicator works: what the application promises not
//! to do costs nothing here when it is not done.

use super::secure;
use crate::abi::Abi;
use crate::abi::process::{Comm, Info, Ref};

/// Promises of the application, true or false.
const ASSERTIONS: &[&str] = &[
    "mpi_assert_no_any_tag",
    "mpi_assert_no_any_source",
    "mpi_assert_exact_length",
    "mpi_assert_allow_overtaking",
    "mpi_assert_strict_start_ordering",
    "mpi_assert_strict_persistent_collective_ordering",
];

/// Takes over the hints that are known and make sense.
pub(super) fn update(kept: &Info, given: Option<&Ref<Info>>) {
    let Some(given) = given else { return };
    // Judged by whoever makes the communicator, or changes it.
    if let Some(name) = given.get(secure::HINT) {
        kept.set(secure::HINT, &name).expect("a known key, and a value that was one");
    }
    for key in ASSERTIONS {
        if let Some(value) = given.get(key).filter(|value| value == "true" || value == "false") {
            kept.set(key, &value).expect("a known key and a short value");
        }
    }
}

/// The hints of a new communicator that was made with these.
pub(super) fn of(given: Option<&Ref<Info>>) -> Info {
    let kept = Info::new();
    update(&kept, given);
    kept
}

/// What a duplicate inherits: nothing since MPI-4.0, all before.
pub(super) fn inherited(abi: Abi, parent: &Comm) -> Info {
    match abi {
        Abi::OpenMpi => parent.info.load().dup(),
        Abi::Mpich | Abi::Standard => Info::new(),
    }
}
