//! Section 9.1.2: the attributes MPI itself attaches to communicators. C
//! programs get the address of an integer, in their own numbers.

use std::sync::atomic::{AtomicI32, Ordering};

use crate::abi::kind::{PredefinedKey, TAG_MAX, rank_outward};
use crate::abi::{Abi, Process};
use crate::object::Status;

/// The value of a predefined attribute of a communicator, as the address of
/// an `int` that lives as long as the program; `None` when it has no value
/// (nobody said how large the universe is) or is one of windows.
///
/// Every communicator has them, as in MPICH; the standard asks it only of
/// `MPI_COMM_WORLD`.
pub fn predefined_attribute(process: &Process, abi: Abi, key: PredefinedKey) -> Option<usize> {
    let value = value(process, abi, key)?;
    // The application reads these through the address; a racing store writes
    // the same number, or a newer MPI_LASTUSEDCODE. Nothing else is ordered.
    static PLACES: [AtomicI32; 7] = [const { AtomicI32::new(0) }; 7];
    let place = &PLACES[key as usize];
    place.store(value, Ordering::Relaxed);
    Some(place.as_ptr() as usize)
}

fn value(process: &Process, abi: Abi, key: PredefinedKey) -> Option<i32> {
    let job = process.job();
    match key {
        PredefinedKey::TagUb => Some(TAG_MAX),
        // No rank has a special relation to its host's console.
        PredefinedKey::Host => Some(rank_outward(abi, Status::PROC_NULL)),
        // Every rank can do the language's own input and output.
        PredefinedKey::Io => Some(rank_outward(abi, Status::ANY_SOURCE)),
        PredefinedKey::WtimeIsGlobal => Some(0),
        PredefinedKey::LastUsedCode => Some(process.user_errors().last_used(abi)),
        PredefinedKey::UniverseSize => job?.universe_size.map(|size| size as i32),
        PredefinedKey::AppNum => job?.appnum,
        PredefinedKey::WinBase
        | PredefinedKey::WinSize
        | PredefinedKey::WinDispUnit
        | PredefinedKey::WinCreateFlavor
        | PredefinedKey::WinModel => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::process;

    #[test]
    fn values_are_in_the_callers_numbers_behind_a_lasting_address() {
        let value = |abi, key| {
            let at = predefined_attribute(process(), abi, key).unwrap();
            // SAFETY: the address of an `int` that lives for ever.
            unsafe { (at as *const i32).read() }
        };
        assert_eq!(value(Abi::Mpich, PredefinedKey::Host), -1);
        assert_eq!(value(Abi::OpenMpi, PredefinedKey::Host), -2);
        assert_eq!(value(Abi::Standard, PredefinedKey::Host), -3);
        assert_eq!(value(Abi::Mpich, PredefinedKey::TagUb), TAG_MAX);
        assert_eq!(predefined_attribute(process(), Abi::Mpich, PredefinedKey::WinBase), None);
    }
}
