//! The key of a job is in no core dump of it, and in nothing that it wrote.
//!
//! `tests/secrets.rs` searches a process's memory; here a whole job between two
//! hosts is searched, in a dump that the kernel made.

use super::Stage;
use crate::capture::holds;
use crate::job::{Abi, Job, Launcher, Library};
use crate::process::Outcome;
use crate::programs;
use crate::tally::Tally;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What `c-tests/secure/dumped.c` has in its memory when it dumps it.
const CANARY: &[u8] = b"CANARY-of-the-dump";

const REPORT: &str = "report.json";

const CORE_PATTERN: &str = "/proc/sys/kernel/core_pattern";

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    tally.case("no key in the report and the outputs of a job", || {
        let searched = Searched::run(stage, false)?;
        ensure!(searched.outcome.success(), "{}", searched.outcome.explain());
        let report = searched.folder.path().join(REPORT);
        ensure!(report.exists(), "the job wrote no report");
        searched.complaint(0)
    });
    let pattern = fs::read_to_string(CORE_PATTERN).unwrap_or_default();
    if pattern.starts_with('|') || pattern.contains('/') {
        let why = format!("{CORE_PATTERN} sends dumps elsewhere: {}", pattern.trim());
        tally.skip("a core dump", &why);
        return Ok(());
    }
    tally.case("no key in a core dump and the outputs of a job", || {
        let searched = Searched::run(stage, true)?;
        ensure!(!searched.outcome.success(), "the job of a rank that crashed claims success");
        searched.complaint(1)
    });
    Ok(())
}

/// A job, and the folder of all that it wrote.
struct Searched {
    folder: TempDir,
    key: Key,
    outcome: Outcome,
}

impl Searched {
    fn run(stage: &Stage, crashes: bool) -> Result<Searched> {
        let folder = tempfile::tempdir_in(stage.products.work())?;
        let source = stage.products.root.join("c-tests/secure/dumped.c");
        let program = programs::compile(&source, Abi::Mpich, None)?;
        let outcome = Job::new(Launcher::Mpiexec, Library::Preloaded, 4, program)
            .arguments(crashes.then(|| folder.path().display().to_string()))
            .variable("MPI_SECURE_REPORT", folder.path().join(REPORT))
            .run(&stage.hosts, Some(&stage.products))?;
        fs::write(folder.path().join("stdout"), &outcome.stdout)?;
        fs::write(folder.path().join("stderr"), &outcome.stderr)?;
        Ok(Searched { folder, key: Key::of(&stage.products.policy())?, outcome })
    }

    /// A key that is somewhere, or another number of whole dumps than there should be.
    fn complaint(&self, wanted_dumps: usize) -> Result<Option<String>> {
        let mut dumps = 0;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let bytes = fs::read(&path)?;
            if let Some(form) = self.key.form_in(&bytes) {
                return Ok(Some(format!("{form} in {}", path.display())));
            }
            dumps += usize::from(holds(&bytes, CANARY));
        }
        Ok((dumps != wanted_dumps)
            .then(|| format!("{dumps} whole dumps: {}", self.outcome.explain())))
    }
}

/// The cluster key in the forms in which it might lie somewhere.
struct Key {
    forms: [(&'static str, Vec<u8>); 3],
}

impl Key {
    fn of(policy: &Path) -> Result<Key> {
        let text = fs::read_to_string(policy)?;
        let digits = text.split('"').find(|part| part.len() == 64).context("a key of 64 digits")?;
        let raw = data_encoding::HEXLOWER.decode(digits.as_bytes())?;
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
