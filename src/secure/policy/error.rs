//! What is wrong with a policy: file, line, the value found, what is allowed
//! there, and the remedy, in one line.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::sys::policy_file::FileFault;

/// The kind of fault, for programs; the message is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyFault {
    /// No file was found anywhere.
    NoPolicy,
    /// A file is there and cannot be trusted, or not be opened.
    File,
    /// A file with a secret that others can read.
    SecretReadable,
    /// Not TOML, or a key given twice.
    Syntax,
    UnknownKey,
    /// A value of the wrong type, out of range, or of an unknown name.
    Value,
    /// There is no key, or it cannot be used.
    Key,
    /// A certificate, its key, or what it is judged by cannot be used.
    Identity,
    /// Protection that is too little to be used without express consent.
    Weak,
    /// The user's file asks for less than the site's.
    LooserThanSite,
}

/// A policy that cannot be used. There is no way to go on without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    pub fault: PolicyFault,
    pub path: Option<PathBuf>,
    pub line: Option<usize>,
    message: String,
}

impl PolicyError {
    pub(super) fn new(fault: PolicyFault, path: &Path, message: impl Into<String>) -> PolicyError {
        PolicyError { fault, path: Some(path.to_owned()), line: None, message: message.into() }
    }

    pub(super) fn at(
        fault: PolicyFault,
        path: &Path,
        line: usize,
        message: impl Into<String>,
    ) -> PolicyError {
        PolicyError { line: Some(line), ..PolicyError::new(fault, path, message) }
    }

    pub(crate) fn of_file(path: &Path, fault: &FileFault) -> PolicyError {
        PolicyError::new(PolicyFault::File, path, fault.to_string())
    }

    pub(crate) fn of_identity(path: &Path, message: String) -> PolicyError {
        PolicyError::new(PolicyFault::Identity, path, message)
    }

    /// No policy: where it was looked for.
    pub(crate) fn absent(searched: &[PathBuf]) -> PolicyError {
        let places: Vec<_> = searched.iter().map(|path| path.display().to_string()).collect();
        let message = format!(
            "there is no policy, and without one nothing is sent; looked for {}; make one with \
             `mpi-secure keygen --output FILE` and copy it to every host",
            places.join(", ")
        );
        PolicyError { fault: PolicyFault::NoPolicy, path: None, line: None, message }
    }

    /// The variable, or the operator, names a file that is not there.
    pub(crate) fn named_absent(path: &Path) -> PolicyError {
        let message = "there is no such file, though it was named (by MPI_SECURE_CONFIG, or on \
                       the command line); correct the name, or make the file with \
                       `mpi-secure keygen --output FILE`";
        PolicyError::new(PolicyFault::NoPolicy, path, message)
    }

    pub(super) fn secret_readable(path: &Path, mode: u32) -> PolicyError {
        let message = format!(
            "it holds a secret key, and others can read it (mode {mode:04o}); make a new key if \
             they may have, then run `chmod 600 {}`",
            path.display()
        );
        PolicyError::new(PolicyFault::SecretReadable, path, message)
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("policy ")?;
        if let Some(path) = &self.path {
            write!(f, "{}", path.display())?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            f.write_str(": ")?;
        } else {
            f.write_str("missing: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for PolicyError {}
