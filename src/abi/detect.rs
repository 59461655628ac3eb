//! Which ABI the caller was built for.

use super::kind::Sort;
use super::{Abi, Function, decide};

/// Decides at a call of `function`, made before the ABI was known.
#[cold]
pub fn at_call(function: &'static Function, words: &[u64]) -> Abi {
    if let Some(abi) = by_arguments(function, words) {
        decide(abi);
        return abi;
    }
    Abi::Mpich
}

/// Handles look different in each ABI, and so do the higher thread levels.
fn by_arguments(function: &Function, words: &[u64]) -> Option<Abi> {
    function.arguments.iter().zip(words).find_map(|(argument, &raw)| match argument.shape.sort {
        Sort::Handle(_) => by_handle(raw),
        Sort::ThreadLevel if raw >= 1024 => Some(Abi::Standard),
        _ => None,
    })
}

fn by_handle(raw: u64) -> Option<Abi> {
    let low = raw as u32;
    let kind = (low >> 26) & 0xf;
    if (0x20..0x400).contains(&raw) {
        Some(Abi::Standard)
    } else if raw >> 32 == 0 && low >> 30 != 0 && (1..=13).contains(&kind) && low & 0x00ff_0000 == 0
    {
        Some(Abi::Mpich)
    } else if raw >= 4096 && raw & 7 == 0 {
        Some(Abi::OpenMpi)
    } else {
        None
    }
}
