//! The symbols of the built library against those of the vendors' libraries.

mod abi_support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use abi_support::{library, run, vendors};
use mpisecure::abi::openmpi::SYMBOLS;
use mpisecure::mpi;

/// Exported symbols of a library: type letter and size.
fn symbols(library: &Path) -> BTreeMap<String, (char, u64)> {
    let listing = run(Command::new("nm").args(["-D", "-S", "--defined-only"]).arg(library));
    listing
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            // Labels in assembly have no size.
            let (size, letter, name) = match words[..] {
                [_, size, letter, name] => (size, letter, name),
                [_, letter, name] => ("0", letter, name),
                _ => return None,
            };
            // Some libraries version their symbols; the name ends there.
            let name = name.split('@').next().unwrap().to_string();
            Some((name, (letter.chars().next()?, u64::from_str_radix(size, 16).ok()?)))
        })
        .collect()
}

#[test]
fn every_row_is_exported_under_both_names() {
    let ours = symbols(&library());
    for function in mpi::functions() {
        for name in [function.name.to_string(), format!("P{}", function.name)] {
            assert!(ours.get(&name).is_some_and(|s| s.0 == 'T'), "{name} is not exported");
        }
    }
}

#[test]
fn every_mpi_function_of_the_vendors_is_exported() {
    let ours = symbols(&library());
    for vendor in vendors() {
        let mut count = 0;
        for (name, (letter, _)) in symbols(&vendor.library) {
            let is_mpi = ["MPI_", "PMPI_", "MPIX_", "PMPIX_"].iter().any(|p| name.starts_with(p));
            // Names in one case, or with an underscore at the end, are Fortran's.
            let is_fortran = name.ends_with('_') || !name.contains(|c: char| c.is_lowercase());
            if !is_mpi || is_fortran || !"TW".contains(letter) {
                continue;
            }
            count += 1;
            assert!(ours.contains_key(&name), "{name} of {} is missing", vendor.abi.name());
        }
        assert!(count > 700, "{}: only {count} functions", vendor.abi.name());
    }
}

/// Debian's Fortran libraries.
const FORTRAN: &[&str] = &[
    "libmpichfort.so.12",
    "libmpi_mpifh.so.40",
    "libmpi_usempif08.so.40",
    "libmpi_usempi_ignore_tkr.so.40",
];

#[test]
fn every_fortran_name_of_the_vendors_is_exported() {
    let ours = symbols(&library());
    // C's conversions, Open MPI's duplicates in C's spelling, what gfortran
    // adds to every type, conversions of handles no compiler calls by itself,
    // the start of MPICH's own C layer, and agreement after failures.
    let is_left_out = |name: &str| {
        let in_c = name.starts_with("MPI") || name.starts_with("PMPI");
        in_c && name.contains(|c: char| c.is_lowercase())
            || ["___copy_", "_c2f", "_f2c", "c_interface_glue", "mpirinit", "pmpixr_", "dummy"]
                .iter()
                .chain(&["_assign_", "pompi_"])
                .any(|part| name.contains(part))
    };
    for name in FORTRAN {
        let path = Path::new("/usr/lib/x86_64-linux-gnu").join(name);
        if !path.exists() {
            eprintln!("not compared with {name}: it is not installed");
            continue;
        }
        let theirs = symbols(&path);
        let wanted: Vec<&String> = theirs
            .iter()
            .filter(|(name, (letter, _))| "TW".contains(*letter) && !is_left_out(name))
            .map(|(name, _)| name)
            .collect();
        assert!(wanted.len() > 300, "{name}: only {} names", wanted.len());
        // Undecorated names are those of other people's C functions as well:
        // the libraries of `lib/compat` have them, not what is preloaded.
        let is_there = |name: &str| {
            let undecorated = !name.ends_with('_') && !name.starts_with("__");
            ours.contains_key(name) || undecorated && ours.contains_key(&format!("{name}_"))
        };
        let missing: Vec<_> = wanted.iter().filter(|name| !is_there(name)).collect();
        assert!(missing.is_empty(), "of {name}, these are missing: {missing:?}");
    }
}

/// R's Rmpi, preloaded, would find ours instead of its own.
#[test]
fn undecorated_names_of_fortran_are_not_preloaded() {
    let ours = symbols(&library());
    assert!(ours.contains_key("mpi_comm_size_"));
    assert!(!ours.contains_key("mpi_comm_size") && !ours.contains_key("pmpi_send"));
}

/// An executable holds a copy of each object it refers to, of the size it was
/// linked with; the loader warns when the library's is another.
#[test]
fn data_objects_have_the_vendors_sizes() {
    let ours = symbols(&library());
    for (name, size) in SYMBOLS {
        assert_eq!(ours.get(*name).map(|s| s.1), Some(*size as u64), "{name}");
    }
    for vendor in vendors() {
        for (name, (letter, size)) in symbols(&vendor.library) {
            // Fortran programs define these themselves, with the size of a status
            // that Open MPI's Fortran library has and its C library has not.
            let of_program = name.starts_with("mpi_fortran_status");
            let data = "BDR".contains(letter) && !of_program;
            if let Some((_, our_size)) = ours.get(&name).filter(|_| data) {
                assert_eq!(*our_size, size, "{name} of {}", vendor.abi.name());
            }
        }
    }
}
