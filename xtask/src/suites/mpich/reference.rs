//! What is expected of each line: its outcome under the stock library, and the
//! few exceptions, both in `c-tests/mpich-suite`.

use super::testlist::Key;
use crate::job::Abi;
use crate::products::root;
use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pass,
    Fail,
    Timeout,
    NoBuild,
    /// Not run, since this machine or this library has not what it needs.
    Skip,
    /// Failed, as the suite's own list says it would.
    ExpectedFail,
}

const NAMES: &[(Status, &str)] = &[
    (Status::Pass, "pass"),
    (Status::Fail, "fail"),
    (Status::Timeout, "timeout"),
    (Status::NoBuild, "nobuild"),
    (Status::Skip, "skip"),
    (Status::ExpectedFail, "xfail"),
];

impl Status {
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(status, _)| *status == self).expect("every status has a name").1
    }

    fn parse(name: &str) -> Result<Status> {
        let known = NAMES.iter().find(|(_, known)| *known == name);
        Ok(known.with_context(|| format!("{name:?} is no status"))?.0)
    }
}

/// Lines whose failure says nothing about the library, each with the reason.
struct Exception {
    /// None: every ABI.
    abi: Option<Abi>,
    directory: String,
    program: String,
    /// Empty: whatever the arguments.
    arguments: String,
    reason: String,
}

pub struct Reference {
    /// By [`Key::columns`].
    stock: HashMap<String, Status>,
    exceptions: Vec<Exception>,
    abi: Abi,
}

pub fn folder() -> PathBuf {
    root().join("c-tests/mpich-suite")
}

impl Reference {
    /// No stock library has the standard's ABI: there MPICH is the reference,
    /// from which most of the standard's ABI was taken.
    pub fn read(abi: Abi) -> Result<Reference> {
        let name = match abi {
            Abi::Mpich | Abi::Standard => "stock.mpich.tsv",
            Abi::OpenMpi => "stock.openmpi.tsv",
        };
        let read = |name: &str| {
            let path = folder().join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        Ok(Reference {
            stock: parse_stock(&read(name)?).with_context(|| name.to_string())?,
            exceptions: parse_exceptions(&read("exceptions.tsv")?).context("exceptions.tsv")?,
            abi,
        })
    }

    /// The variables of the lists are MPICH's own, and change its ways but not
    /// what it has to do: a line that differs in them only is the same line.
    pub fn stock(&self, key: &Key) -> Option<Status> {
        let plain = Key { variables: Vec::new(), ..key.clone() };
        let found = self.stock.get(&key.columns()).or_else(|| self.stock.get(&plain.columns()));
        found.copied()
    }

    pub fn exception(&self, key: &Key) -> Option<&str> {
        let arguments = key.arguments.join(" ");
        let found = self.exceptions.iter().find(|exception| {
            exception.abi.is_none_or(|abi| abi == self.abi)
                && exception.directory == key.directory
                && exception.program == key.program
                && (exception.arguments.is_empty() || exception.arguments == arguments)
        });
        found.map(|exception| exception.reason.as_str())
    }
}

fn rows(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    lines.map(|(number, line)| (number + 1, line.split('\t').collect()))
}

fn parse_stock(text: &str) -> Result<HashMap<String, Status>> {
    let mut stock = HashMap::new();
    for (number, columns) in rows(text) {
        ensure!(columns.len() == 6, "line {number}: {} columns, not 6", columns.len());
        let status = Status::parse(columns[5]).with_context(|| format!("line {number}"))?;
        let before = stock.insert(columns[..5].join("\t"), status);
        ensure!(before.is_none(), "line {number} is there twice");
    }
    Ok(stock)
}

fn parse_exceptions(text: &str) -> Result<Vec<Exception>> {
    let mut exceptions = Vec::new();
    for (number, columns) in rows(text) {
        let [abi, directory, program, arguments, reason] = columns[..] else {
            anyhow::bail!("line {number}: {} columns, not 5", columns.len());
        };
        let abi = match abi {
            "all" => None,
            name => Some(Abi::parse(name).with_context(|| format!("line {number}: ABI {name}"))?),
        };
        ensure!(!reason.is_empty(), "line {number} has no reason");
        exceptions.push(Exception {
            abi,
            directory: directory.into(),
            program: program.into(),
            arguments: arguments.into(),
            reason: reason.into(),
        });
    }
    Ok(exceptions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(directory: &str, program: &str, arguments: &str) -> Key {
        Key {
            directory: directory.into(),
            program: program.into(),
            ranks: 2,
            arguments: arguments.split_whitespace().map(String::from).collect(),
            variables: Vec::new(),
        }
    }

    #[test]
    fn the_committed_files_are_read() {
        for abi in Abi::ALL {
            let reference = Reference::read(abi).unwrap();
            assert!(reference.stock.len() > 500, "{}: {}", abi.name(), reference.stock.len());
            assert_eq!(reference.stock(&key("attr", "attrt", "")), Some(Status::Pass));
            assert_eq!(reference.stock(&key("attr", "nosuch", "")), None);
        }
    }

    #[test]
    fn an_exception_holds_for_its_abi_and_its_arguments_only() {
        let text = "# ABI...\nopenmpi\tcoll\tsome\t\twhy\nall\tcoll\tother\t-a -b\twhy not\n";
        let reference = |abi| Reference {
            stock: HashMap::new(),
            exceptions: parse_exceptions(text).unwrap(),
            abi,
        };
        let openmpi = reference(Abi::OpenMpi);
        assert_eq!(openmpi.exception(&key("coll", "some", "-x")), Some("why"));
        assert_eq!(openmpi.exception(&key("comm", "some", "-x")), None);
        assert_eq!(openmpi.exception(&key("coll", "other", "-a -b")), Some("why not"));
        assert_eq!(openmpi.exception(&key("coll", "other", "-a")), None);
        assert_eq!(reference(Abi::Mpich).exception(&key("coll", "some", "-x")), None);
    }

    #[test]
    fn a_row_without_a_reason_or_with_an_unknown_status_is_refused() {
        assert!(parse_exceptions("all\tcoll\tsome\t\t\n").is_err());
        assert!(parse_exceptions("lam\tcoll\tsome\t\twhy\n").is_err());
        assert!(parse_stock("coll\tsome\t2\t\t\tmaybe\n").is_err());
        assert!(parse_stock("coll\tsome\t2\t\t\tpass\ncoll\tsome\t2\t\t\tfail\n").is_err());
    }
}
