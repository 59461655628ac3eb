//! The map in `src/lib.rs` holds: imports go one way, and `unsafe` stands only
//! where it may. Reads the sources, test modules apart.

use std::fs;
use std::path::{Path, PathBuf};

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the source folder is readable") {
        let path = entry.expect("an entry of the source folder").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The layers in the order of `src/lib.rs`.
fn layers() -> Vec<String> {
    let map = fs::read_to_string(source_root().join("lib.rs")).expect("src/lib.rs");
    let names = map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_string).collect()
}

/// The code of a file: no comments, nothing from its test module on.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).expect("a source file is readable");
    text.lines()
        .enumerate()
        .take_while(|(_, line)| *line != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number + 1, line.to_string()))
        .collect()
}

/// Files that are test modules as a whole.
fn is_test_file(path: &Path) -> bool {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let parent = path.parent().expect("a file has a folder");
    let declares = |file: &str| {
        fs::read_to_string(parent.join(file))
            .is_ok_and(|text| text.contains(&format!("#[cfg(test)]\nmod {name};")))
    };
    name != "mod" && (declares("mod.rs") || declares("../mod.rs"))
}

#[test]
fn a_layer_uses_only_the_layers_above_it_in_the_map() {
    let layers = layers();
    assert_eq!(layers.len(), 10, "{layers:?}");
    let mut wrong = Vec::new();
    for (position, layer) in layers.iter().enumerate() {
        let mut files = Vec::new();
        rust_files(&source_root().join(layer), &mut files);
        assert!(!files.is_empty(), "layer {layer} has no files");
        for path in files.iter().filter(|path| !is_test_file(path)) {
            for (number, line) in code(path) {
                for upper in &layers[position + 1..] {
                    let import = format!("crate::{upper}");
                    let used = line.match_indices(&import).any(|(at, _)| {
                        let next = line[at + import.len()..].chars().next();
                        !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
                    });
                    if used {
                        wrong.push(format!("{}:{number}: {layer} uses {upper}", path.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the map:\n{}", wrong.join("\n"));
}

#[test]
fn unsafe_stands_only_where_it_may() {
    let root = source_root();
    let allowed = |path: &Path| {
        let inner = path.strip_prefix(&root).expect("below the root");
        inner.starts_with("abi")
            || inner.starts_with("sys")
            || inner == Path::new("channel/shm/ring.rs")
            || inner == Path::new("object/buffer.rs")
            || inner == Path::new("object/reduce.rs")
    };
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let mut wrong = Vec::new();
    for path in files.iter().filter(|path| !allowed(path) && !is_test_file(path)) {
        for (number, line) in code(path) {
            let unsafe_code = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"]
                .iter()
                .any(|form| line.contains(form));
            if unsafe_code {
                wrong.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "unsafe outside its places:\n{}", wrong.join("\n"));
}
