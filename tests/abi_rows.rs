//! The export table against facts about MPI: names, C types, twins.

mod abi_support;

use mpisecure::abi::Function;
use mpisecure::abi::function::Class;
use mpisecure::mpi;

#[test]
fn every_function_is_declared_once() {
    let mut names: Vec<&str> = mpi::functions().map(|f| f.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn large_count_twins_have_the_arguments_of_the_plain_form() {
    for large in mpi::functions().filter(|f| f.class() == Class::LargeCount) {
        let plain = large.name.strip_suffix("_c").unwrap();
        let plain = mpi::functions().find(|f| f.name == plain).expect(large.name);
        let names = |f: &Function| f.arguments.iter().map(|a| a.name).collect::<Vec<_>>();
        if large.name != "MPI_Type_get_envelope_c" && large.name != "MPI_Type_get_contents_c" {
            assert_eq!(names(large), names(plain), "{}", large.name);
        }
    }
}

#[test]
fn committed_coverage_is_what_the_rows_print() {
    abi_support::assert_fresh("docs/coverage.md", &mpisecure::abi::coverage::matrix(mpi::CHAPTERS));
}
