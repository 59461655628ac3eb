//! The key of a job is in no core dump of it, and in nothing that it wrote.
//!
//! `tests/secrets.rs` searches a process's memory; here a whole job between two
//! hosts is searched, in a dump that the kernel made.

use super::Stage;
use crate::capture::holds;
use crate::job::{Abi, Job, Launcher, Library};
use crate::programs;
use crate::tally::Tally;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// What `c-tests/secure/dumped.c` has in its memory when it dumps it.
const CANARY: &[u8] = b"CANARY-of-the-dump";

const CORE_PATTERN: &str = "/proc/sys/kernel/core_pattern";

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let pattern = fs::read_to_string(CORE_PATTERN).unwrap_or_default();
    if pattern.starts_with('|') || pattern.contains('/') {
        let why = format!("{CORE_PATTERN} sends dumps elsewhere: {}", pattern.trim());
        tally.skip("a core dump", &why);
        return Ok(());
    }
    tally.case("a core dump, reports and outputs hold no key", || {
        let folder = tempfile::tempdir_in(stage.products.work())?;
        let key = Key::of(&stage.products.policy())?;
        let source = stage.products.root.join("c-tests/secure/dumped.c");
        let program = programs::compile(&source, Abi::Mpich, None)?;
        let place = folder.path().display().to_string();
        let outcome = Job::new(Launcher::Mpiexec, Library::Preloaded, 4, program)
            .arguments([place.as_str()])
            .variable("MPI_SECURE_REPORT", folder.path().join("report.json"))
            .run(&stage.hosts, Some(&stage.products))?;
        ensure!(!outcome.success(), "the job of a rank that crashed claims success");
        fs::write(folder.path().join("stdout"), &outcome.stdout)?;
        fs::write(folder.path().join("stderr"), &outcome.stderr)?;
        let mut dumps = 0;
        for file in files(folder.path())? {
            let bytes = fs::read(&file)?;
            if let Some(form) = key.form_in(&bytes) {
                return Ok(Some(format!("{form} in {}", file.display())));
            }
            dumps += usize::from(holds(&bytes, CANARY));
        }
        Ok((dumps != 1).then(|| format!("{dumps} whole dumps: {}", outcome.explain())))
    });
    Ok(())
}

/// The cluster key in the forms in which it might lie somewhere.
struct Key {
    forms: [(&'static str, Vec<u8>); 3],
}

impl Key {
    fn of(policy: &Path) -> Result<Key> {
        let text = fs::read_to_string(policy)?;
        let digits = text.split('"').find(|part| part.len() == 64).context("a key of 64 digits")?;
        let octets = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?));
        let raw = octets.collect::<Result<Vec<u8>>>()?;
        let upper = digits.to_uppercase().into_bytes();
        Ok(Key {
            forms: [
                ("the key", raw),
                ("the key's digits", digits.into()),
                ("the key's digits", upper),
            ],
        })
    }

    fn form_in(&self, bytes: &[u8]) -> Option<&'static str> {
        let found = self.forms.iter().find(|(_, form)| holds(bytes, form));
        found.map(|(name, _)| *name)
    }
}

/// All regular files of a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_every_form() {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy");
        let digits = "0a".repeat(32);
        fs::write(&policy, format!("[key]\nhex = \"{digits}\"\n")).unwrap();
        let key = Key::of(&policy).unwrap();
        for form in [vec![10; 32], digits.clone().into_bytes(), digits.to_uppercase().into()] {
            let around = [b"some".to_vec(), form, b"thing".to_vec()].concat();
            assert!(key.form_in(&around).is_some());
        }
        assert!(key.form_in(b"nothing of it").is_none());
    }
}
