//! Which ABI the caller was built for. Decided at the first MPI call that can
//! tell, from, in this order:
//!
//! 1. `MPI_SECURE_ABI` in the environment (`mpich`, `openmpi`, `standard`);
//! 2. the MPI library each loaded object says it needs (`DT_NEEDED`);
//! 3. symbols that only one family's headers refer to;
//! 4. the name of an MPI library that is loaded, needed by no one (`dlopen`).
//!
//! Until a handle among the arguments has confirmed it the answer is
//! provisional, because a mistake costs memory safety (4-byte handles stored
//! as 8). Handles look different in each ABI, so they alone decide when
//! nothing else does. Contradictions end the program, with both sides named.

use std::ffi::CStr;
use std::sync::atomic::{AtomicU8, Ordering};

use super::kind::Sort;
use super::{Abi, Function, decide, predefined, word};
use crate::object::Kind;
use crate::sys::objects;

/// The variable that overrules detection.
pub const VARIABLE: &str = "MPI_SECURE_ABI";

/// What speaks for an ABI, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub abi: Abi,
    pub reason: String,
    /// A library that somebody loaded tells less than one that somebody needs:
    /// mpi4py loads one to ask which MPI there is, and then the extension for
    /// what it was told.
    is_weak: bool,
}

impl Evidence {
    fn new(abi: Abi, reason: String) -> Evidence {
        Evidence { abi, reason, is_weak: false }
    }
}

/// A verdict that no handle has confirmed yet (an `Abi`, or 0). Relaxed: it is
/// a hint, found again by who misses it.
static PROVISIONAL: AtomicU8 = AtomicU8::new(0);

/// Decides at a call of `function`, made before the ABI was known for sure.
#[cold]
#[inline(never)]
pub fn at_call(function: &'static Function, words: &[u64]) -> Abi {
    let evidence =
        match Abi::ALL.iter().find(|abi| **abi as u8 == PROVISIONAL.load(Ordering::Relaxed)) {
            Some(&abi) => Some(Evidence::new(abi, "an earlier call".to_string())),
            None => gather(),
        };
    if let Some(evidence) = evidence.as_ref().filter(|evidence| !evidence.is_weak) {
        PROVISIONAL.store(evidence.abi as u8, Ordering::Relaxed);
    }
    let seen = function.arguments.iter().zip(words).find_map(|(argument, &raw)| {
        let provisional = evidence.as_ref().map(|evidence| evidence.abi);
        by_argument(provisional, argument.shape.sort, raw)
            .map(|abi| Evidence::new(abi, said(function.name, argument.name, raw)))
    });
    match (evidence, seen) {
        (Some(evidence), Some(seen)) if evidence.abi != seen.abi => contradiction(&found(), &seen),
        (_, Some(seen)) => {
            decide(seen.abi);
            seen.abi
        }
        (Some(evidence), None) => evidence.abi,
        // Nothing is spelt differently so far.
        (None, None) => Abi::Mpich,
    }
}

/// Decides at a call from Fortran. Its handles are integers that tell little,
/// but its special addresses and libraries have names that tell all; where even
/// those are missing, a guess could store handles and statuses of a wrong size.
#[cold]
#[inline(never)]
pub fn at_call_from_fortran(function: &'static Function) -> Abi {
    let Some(evidence) = gather() else {
        eprintln!(
            "mpi-secure: {} was called from Fortran, and nothing in this program tells which MPI \
             it was compiled for; set {VARIABLE} to mpich, openmpi or standard",
            function.name
        );
        std::process::exit(1);
    };
    decide(evidence.abi);
    evidence.abi
}

/// The verdict so far; `None` while nothing told.
pub fn verdict() -> Option<Abi> {
    super::decided().or_else(|| gather().map(|evidence| evidence.abi))
}

fn said(function: &str, argument: &str, raw: u64) -> String {
    format!("{function} was called with {argument}={raw:#x}")
}

/// Evidence for the message of a contradiction, gathered again for its words.
fn found() -> Evidence {
    gather().expect("evidence does not go away")
}

fn gather() -> Option<Evidence> {
    if let Ok(name) = std::env::var(VARIABLE) {
        let Some(&abi) = Abi::ALL.iter().find(|abi| abi.name() == name) else {
            eprintln!(
                "mpi-secure: {VARIABLE} is {name:?} but must be one of mpich, openmpi, standard"
            );
            std::process::exit(1);
        };
        return Some(Evidence::new(abi, format!("{VARIABLE} says {name}")));
    }
    let mut scan = Scan::default();
    objects::visit(|object| scan.object(object));
    scan.verdict()
}

/// What the loaded objects say.
#[derive(Default)]
struct Scan {
    needed: Vec<Evidence>,
    symbols: Vec<Evidence>,
    loaded: Vec<Evidence>,
}

impl Scan {
    fn object(&mut self, object: &objects::Object<'_>) {
        let path = object.path.to_string_lossy();
        let name = match path.rsplit('/').next() {
            Some(name) if !name.is_empty() => name,
            _ => "the program",
        };
        if let Some(soname) = object.soname() {
            if let Some(abi) = by_library(soname) {
                // MPI libraries do not vote on what they themselves are.
                let reason = format!("{} is loaded", soname.to_string_lossy());
                self.loaded.push(Evidence { abi, reason, is_weak: true });
                return;
            }
            if soname.to_bytes().starts_with(b"libmpisecure") {
                return;
            }
        }
        if name.starts_with("libmpisecure") {
            return;
        }
        for library in object.needed() {
            if let Some(abi) = by_library(library) {
                let reason = format!("{name} needs {}", library.to_string_lossy());
                self.needed.push(Evidence::new(abi, reason));
            }
        }
        if let Some((abi, symbol)) =
            object.symbols().find_map(|symbol| by_symbol(symbol).map(|abi| (abi, symbol)))
        {
            let reason = format!("{name} refers to {}", symbol.to_string_lossy());
            self.symbols.push(Evidence::new(abi, reason));
        }
    }

    fn verdict(self) -> Option<Evidence> {
        for votes in [self.needed, self.symbols] {
            if let Some(first) = votes.first() {
                if let Some(other) = votes.iter().find(|other| other.abi != first.abi) {
                    contradiction(first, other);
                }
                return Some(first.clone());
            }
        }
        // Several libraries loaded for no one in particular tell nothing.
        let first = self.loaded.first()?;
        self.loaded.iter().all(|other| other.abi == first.abi).then(|| first.clone())
    }
}

fn contradiction(one: &Evidence, other: &Evidence) -> ! {
    eprintln!(
        "mpi-secure: this program mixes two MPI ABIs: {} ({}), but {} ({}); \
         rebuild both parts with the same MPI, or set {VARIABLE} if you know better",
        one.reason,
        one.abi.name(),
        other.reason,
        other.abi.name(),
    );
    std::process::exit(1);
}

/// MPI libraries by the beginning of their name.
const LIBRARIES: &[(&str, Abi)] = &[
    ("libmpi_abi.so", Abi::Standard),
    ("libmpifort_abi.so", Abi::Standard),
    ("libmpisecure-abi.so", Abi::Standard),
    ("libmpi.so.12", Abi::Mpich),
    ("libmpich", Abi::Mpich),
    ("libmpifort.so.12", Abi::Mpich),
    ("libmpicxx.so.12", Abi::Mpich),
    ("libmpi_gnu_", Abi::Mpich),
    ("libmpi_cray.so", Abi::Mpich),
    ("libmpi_intel.so", Abi::Mpich),
    ("libmpi_ilp64", Abi::Mpich),
    ("libmpisecure-mpich.so", Abi::Mpich),
    ("libmpi.so.40", Abi::OpenMpi),
    ("libmpi.so.20", Abi::OpenMpi),
    ("libmpi_mpifh", Abi::OpenMpi),
    ("libmpi_usempi", Abi::OpenMpi),
    ("libmpi_cxx.so", Abi::OpenMpi),
    ("libmpi_ibm", Abi::OpenMpi),
    ("libmpisecure-ompi.so", Abi::OpenMpi),
    ("libmpisecure-openmpi.so", Abi::OpenMpi),
];

fn by_library(name: &CStr) -> Option<Abi> {
    let name = name.to_bytes();
    let found = LIBRARIES.iter().find(|library| name.starts_with(library.0.as_bytes()));
    found.map(|library| library.1)
}

/// Symbols by the beginning of their name.
const SYMBOLS: &[(&str, Abi)] = &[
    ("mpi_secure_standard_abi", Abi::Standard),
    ("mpi_secure_f_", Abi::Standard),
    ("ompi_mpi_", Abi::OpenMpi),
    ("ompi_request_null", Abi::OpenMpi),
    ("ompi_f08_mpi_", Abi::OpenMpi),
    ("OMPI_C_MPI_", Abi::OpenMpi),
    ("mpi_fortran_", Abi::OpenMpi),
    ("mpipriv1_", Abi::Mpich),
    ("mpipriv2_", Abi::Mpich),
    ("MPIR_F08_MPI_", Abi::Mpich),
    ("MPIR_Dup_fn", Abi::Mpich),
    ("MPI_UNWEIGHTED", Abi::Mpich),
    ("MPI_WEIGHTS_EMPTY", Abi::Mpich),
];

fn by_symbol(name: &CStr) -> Option<Abi> {
    let name = name.to_bytes();
    // Most symbols fail on the first byte.
    if !matches!(name.first(), Some(b'm' | b'o' | b'O' | b'M')) {
        return None;
    }
    let found = SYMBOLS.iter().find(|symbol| name.starts_with(symbol.0.as_bytes()));
    found.map(|symbol| symbol.1)
}

/// Handles look different in each ABI, and so do the higher thread levels.
/// But those that we gave out, under a provisional verdict, are spelt the same
/// in MPICH's ABI and in the standard's.
fn by_argument(provisional: Option<Abi>, sort: Sort, raw: u64) -> Option<Abi> {
    match sort {
        Sort::Handle(kind)
            if provisional == Some(Abi::Standard)
                && word::handle(Abi::Standard, kind, raw).is_some() =>
        {
            provisional
        }
        Sort::Handle(kind) => by_handle(kind, raw),
        Sort::ThreadLevel if raw as i32 >= 1024 => Some(Abi::Standard),
        _ => None,
    }
}

fn by_handle(kind: Kind, raw: u64) -> Option<Abi> {
    if raw < predefined::STANDARD_END as u64 {
        return word::handle(Abi::Standard, kind, raw).map(|_| Abi::Standard);
    }
    // The upper half of an MPICH handle is not defined, so the lower one must
    // look like one: origin bits, the right kind, nothing in the middle, or all
    // null but for the kind. Such an address is possible but was never seen:
    // 16 MB in 4 GB per kind.
    let low = raw as u32;
    let null = low & 0x03ff_ffff == 0;
    let mpich = (low >> 30 != 0 && low & 0x00f0_0000 == 0 || null)
        && kind != Kind::File
        && word::handle(Abi::Mpich, kind, low as u64).is_some();
    if mpich && (raw >> 32 == 0 || !predefined::is_symbol(raw as usize)) {
        return Some(Abi::Mpich);
    }
    (raw >= 4096 && raw & 7 == 0).then_some(Abi::OpenMpi)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::openmpi;
    use crate::object::Handle;

    #[test]
    fn every_predefined_handle_tells_its_abi() {
        for row in predefined::ALL {
            let kind = *predefined::KINDS.iter().find(|kind| row.handle.is(**kind)).unwrap();
            // MPICH has numbers of its own for their nulls.
            if matches!(kind, Kind::Message | Kind::File | Kind::Session) {
                continue;
            }
            let seen = |abi| by_handle(kind, word::word(abi, kind, row.handle));
            assert_eq!(seen(Abi::Mpich), Some(Abi::Mpich), "{}", row.name);
            if row.standard != 0 {
                assert_eq!(seen(Abi::Standard), Some(Abi::Standard), "{}", row.name);
            }
            if row.symbol.is_some() {
                assert_eq!(seen(Abi::OpenMpi), Some(Abi::OpenMpi), "{}", row.name);
            }
        }
    }

    #[test]
    fn a_handle_we_gave_out_does_not_contradict_the_verdict_it_was_given_out_under() {
        let info = Sort::Handle(Kind::Info);
        let made = u64::from(Handle::dynamic(Kind::Info, 0).0);
        assert_eq!(by_argument(Some(Abi::Standard), info, made), Some(Abi::Standard));
        assert_eq!(by_argument(Some(Abi::Mpich), info, made), Some(Abi::Mpich));
        assert_eq!(by_argument(None, info, made), Some(Abi::Mpich));
        // A predefined one still does.
        let world = Sort::Handle(Kind::Comm);
        assert_eq!(by_argument(Some(Abi::Standard), world, 0x4400_0000), Some(Abi::Mpich));
    }

    #[test]
    fn garbage_in_the_upper_half_does_not_hide_an_mpich_handle() {
        let world = &raw const openmpi::ompi_mpi_comm_world as u64;
        assert_eq!(by_handle(Kind::Comm, 0x7fff_dead_4400_0000), Some(Abi::Mpich));
        assert_eq!(by_handle(Kind::Comm, world), Some(Abi::OpenMpi));
    }

    #[test]
    fn libraries_are_told_apart_by_name() {
        assert_eq!(by_library(c"libmpi.so.12"), Some(Abi::Mpich));
        assert_eq!(by_library(c"libmpich.so.12"), Some(Abi::Mpich));
        assert_eq!(by_library(c"libmpi.so.40"), Some(Abi::OpenMpi));
        assert_eq!(by_library(c"libmpi_abi.so.1"), Some(Abi::Standard));
        assert_eq!(by_library(c"libmpisecure.so"), None);
        assert_eq!(by_library(c"libmpix.so"), None);
    }
}
