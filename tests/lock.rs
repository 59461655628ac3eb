//! `Cargo.lock`, for what CI does not compile: the build with the feature `fips`.

use std::fs;
use std::path::Path;

/// bindgen hands what it has parsed to prettyplease, and takes either major version of
/// syn: any change of the lock may part the two, and then neither compiles.
#[test]
fn bindgen_and_prettyplease_have_the_same_syn() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock = fs::read_to_string(path).expect("Cargo.lock is committed");
    let syn_of = |name: &str| -> Vec<&str> {
        let package = format!("name = \"{name}\"");
        let blocks = lock.split("[[package]]").filter(|block| block.contains(&package));
        blocks.flat_map(str::lines).filter(|line| line.starts_with(" \"syn")).collect()
    };
    let (bindgen, prettyplease) = (syn_of("bindgen"), syn_of("prettyplease"));
    assert_eq!((bindgen.len(), &bindgen), (1, &prettyplease), "fips needs one for both");
}
