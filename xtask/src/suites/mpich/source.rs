//! MPICH's test suite, from Debian's source package of the MPICH that is
//! installed: the programs then fit the library that they are compared with.
//!
//! `apt-get source` reads the machine's own list of sources, with which it is
//! often not told where source packages are. So this gives it a list of its
//! own, made from what the machine says of binary packages, in a directory of
//! its own; neither root nor a change to the machine is needed.

use crate::process;
use crate::products::lasting_cache;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where downloads and builds are kept.
pub fn cache() -> Result<PathBuf> {
    lasting_cache("mpich-suite")
}

/// The source version of the MPICH that is installed, such as `4.0.2-3`.
pub fn version() -> Result<String> {
    let version = debian_version("libmpich-dev", "${source:Version}")?;
    version.context("Debian's MPICH is not installed: apt-get install libmpich-dev mpich")
}

/// What dpkg says of an installed package, or None.
pub fn debian_version(package: &str, format: &str) -> Result<Option<String>> {
    let mut command = Command::new("dpkg-query");
    command.args(["-W", "-f", &format!("${{db:Status-Status}} {format}"), package]);
    let outcome = process::run(&mut command, Duration::from_secs(20))?;
    Ok(outcome.stdout.trim().strip_prefix("installed ").map(String::from))
}

/// The directory `test/mpi` of the sources; fetched unless an earlier run did.
pub fn fetch(version: &str) -> Result<PathBuf> {
    let home = cache()?.join(version);
    let suite = home.join("source/test/mpi");
    if suite.join("configure").exists() {
        return Ok(suite);
    }
    fs::create_dir_all(&home)?;
    // In place at once, and only when complete.
    let work = tempfile::Builder::new().prefix("fetch-").tempdir_in(&home)?;
    eprintln!("mpich suite: fetching the sources of MPICH {version}");
    let options = apt_options(work.path())?;
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(&options).args(words).current_dir(work.path());
        process::run(&mut command, Duration::from_secs(600)).context("no apt-get")
    };
    // A source that cannot be reached matters only if it was the one.
    let update = apt(&["update", "-q"])?;
    let package = format!("mpich={version}");
    let source = apt(&["source", "-q", "--download-only", &package])?;
    if !source.success() {
        bail!(
            "apt-get source {package} failed: {}\n  after apt-get update: {}",
            source.explain(),
            update.explain()
        );
    }
    let archive = |ending: &str| -> Result<PathBuf> {
        let entries = fs::read_dir(work.path())?.flatten().map(|entry| entry.path());
        entries
            .filter(|path| path.is_file())
            .find(|path| path.to_string_lossy().ends_with(ending))
            .with_context(|| format!("the source package has no *{ending}"))
    };
    // Unpacked by dpkg-source, so that Debian's patches are applied.
    let unpacked = work.path().join("source");
    let mut unpack = Command::new("dpkg-source");
    unpack.arg("-x").arg(archive(".dsc")?).arg(&unpacked).current_dir(work.path());
    let outcome = process::run(&mut unpack, Duration::from_secs(300))
        .context("no dpkg-source: apt-get install dpkg-dev")?;
    ensure!(outcome.success(), "dpkg-source failed: {}", outcome.explain());
    ensure!(unpacked.join("test/mpi/configure").exists(), "MPICH's sources have no test/mpi");
    let place = home.join("source");
    let _ = fs::remove_dir_all(&place);
    fs::rename(&unpacked, &place)?;
    Ok(suite)
}

/// Options that make apt-get use a list of ours, and write into `work` only.
fn apt_options(work: &Path) -> Result<Vec<String>> {
    let (list, parts) = (work.join("list"), work.join("parts"));
    for folder in ["parts", "lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(work.join(folder))?;
    }
    let (mut one_line, mut stanzas) = (String::new(), String::new());
    for path in apt_sources() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("list") => one_line += &sources_of_list(&text),
            Some("sources") => stanzas += &sources_of_stanzas(&text),
            _ => {}
        }
    }
    ensure!(
        !one_line.is_empty() || !stanzas.is_empty(),
        "apt knows no source of packages: add one to /etc/apt/sources.list"
    );
    fs::write(&list, one_line)?;
    fs::write(parts.join("suite.sources"), stanzas)?;
    let settings = [
        ("Dir::Etc::sourcelist", list),
        ("Dir::Etc::sourceparts", parts),
        ("Dir::State::lists", work.join("lists")),
        ("Dir::Cache", work.join("cache")),
    ];
    let mut options: Vec<String> = Vec::new();
    for (name, path) in settings {
        options.extend(["-o".into(), format!("{name}={}", path.display())]);
    }
    // Root's apt-get downloads as another user, who cannot enter our directory.
    options.extend(["-o".into(), "APT::Sandbox::User=root".into()]);
    Ok(options)
}

fn apt_sources() -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::from("/etc/apt/sources.list")];
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    let mut parts: Vec<_> = parts.map(|entry| entry.path()).collect();
    parts.sort();
    paths.append(&mut parts);
    paths
}

/// Each line for binary packages, as one for source packages.
fn sources_of_list(text: &str) -> String {
    let words = text.lines().filter_map(|line| line.trim().strip_prefix("deb "));
    words.map(|rest| format!("deb-src {rest}\n")).collect()
}

/// Each stanza (deb822), for source packages.
fn sources_of_stanzas(text: &str) -> String {
    let replaced = text.lines().map(|line| match line.split_once(':') {
        Some((name, _)) if name.eq_ignore_ascii_case("types") => "Types: deb-src".to_string(),
        _ => line.to_string(),
    });
    let mut text = replaced.collect::<Vec<_>>().join("\n");
    // Two files may follow one another.
    text += "\n\n";
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_binary_packages_become_lines_for_sources() {
        let text = "# deb old\ndeb [signed-by=/k.gpg] http://host/debian stable main\n\
                    deb-src http://host/debian stable main\n";
        assert_eq!(
            sources_of_list(text),
            "deb-src [signed-by=/k.gpg] http://host/debian stable main\n"
        );
    }

    #[test]
    fn stanzas_keep_everything_but_their_types() {
        let text = "Types: deb\nURIs: http://host/debian\nSuites: stable\nComponents: main\n\
                    Signed-By: /k.gpg\n\nTypes: deb deb-src\nURIs: http://other/\n";
        let made = sources_of_stanzas(text);
        assert_eq!(made.matches("Types: deb-src\n").count(), 2);
        assert!(made.contains("Signed-By: /k.gpg\n\nTypes"), "{made}");
        assert!(!made.contains("Types: deb\n"));
    }
}
