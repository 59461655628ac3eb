//! Finds the policy of this process. The one file of this layer that asks the
//! environment and the disk, the latter only through `sys::policy_file`.
//!
//! Searched: what `MPI_SECURE_CONFIG` names; else the user's own file; and in
//! any case the site's, which the other may only tighten. A file that is there
//! and cannot be trusted is an error, never a reason to look further.

use std::path::{Path, PathBuf};

use rustls::pki_types::UnixTime;

use super::policy::{Policy, PolicyError};
use crate::sys::policy_file::{FileFault, LockedFile, read_locked};

/// The variable that names the policy file.
pub const CONFIG_VARIABLE: &str = "MPI_SECURE_CONFIG";

/// Where the administrator's policy lies.
pub const SITE_PATH: &str = "/etc/mpi-secure/mpi-secure.toml";

/// The places where a policy may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// A file that must be there.
    pub named: Option<PathBuf>,
    /// The user's file, which may be there, and is not looked at when one is
    /// named.
    pub user: Option<PathBuf>,
    /// The site's file, which may be there.
    pub site: PathBuf,
}

impl Search {
    /// The places as this process's environment gives them.
    pub fn from_environment() -> Search {
        Search::from_variables(|name| std::env::var_os(name).map(PathBuf::from))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<PathBuf>) -> Search {
        let set = |name| variable(name).filter(|value| !value.as_os_str().is_empty());
        // The base directory specification: a relative path counts as unset.
        let folder = set("XDG_CONFIG_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| Some(set("HOME")?.join(".config")));
        Search {
            named: set(CONFIG_VARIABLE),
            user: folder.map(|folder| folder.join("mpi-secure/mpi-secure.toml")),
            site: PathBuf::from(SITE_PATH),
        }
    }

    /// Opens and puts together what is there.
    pub fn load(&self) -> Result<Policy, PolicyError> {
        let site = read_if_present(&self.site)?;
        let user = match (&self.named, &self.user) {
            (Some(path), _) => {
                Some(read_if_present(path)?.ok_or_else(|| PolicyError::named_absent(path))?)
            }
            (None, Some(path)) => read_if_present(path)?,
            (None, None) => None,
        };
        if user.is_none() && site.is_none() {
            let searched: Vec<_> = self.user.iter().chain([&self.site]).cloned().collect();
            return Err(PolicyError::absent(&searched));
        }
        Policy::parse_both(user.as_ref(), site.as_ref())
    }
}

impl Policy {
    /// The policy of this process, from the usual places.
    pub fn load() -> Result<Policy, PolicyError> {
        Search::from_environment().load()
    }

    /// Would other hosts accept our certificate now? Asked at the start, so
    /// that an expired one is found before anybody is called.
    pub fn check_identity(&self, host: &str) -> Result<(), PolicyError> {
        let Some(identity) = self.identity() else { return Ok(()) };
        let sources = self.sources();
        let path = sources.first().expect("a policy has a source");
        let wrong = |why: String| {
            let message = format!(
                "the certificate under [identity] cannot be used: {why}; make one for this host \
                 with `mpi-secure ca issue {host}`"
            );
            PolicyError::of_identity(path, message)
        };
        identity
            .check(UnixTime::now())
            .map_err(|refused| wrong(refused.to_string().replacen("its certificate", "it", 1)))?;
        match identity.facts().is_for(host) {
            true => Ok(()),
            false => Err(wrong(format!("it is for {}, and this is {host}", identity.facts()))),
        }
    }
}

fn read_if_present(path: &Path) -> Result<Option<LockedFile>, PolicyError> {
    match read_locked(path) {
        Ok(file) => Ok(Some(file)),
        Err(FileFault::Absent) => Ok(None),
        Err(fault) => Err(PolicyError::of_file(path, &fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::policy::PolicyFault;
    use crate::secure::suite::SUITES;
    use crate::sys::policy_file::create_private;
    use tempfile::TempDir;

    /// A host with a named file, a user's and a site's, none of them there.
    struct Host {
        folder: TempDir,
    }

    impl Host {
        fn new() -> Host {
            Host { folder: tempfile::tempdir().unwrap() }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn search(&self) -> Search {
            Search { named: None, user: Some(self.path("user")), site: self.path("site") }
        }

        fn with_policy(self, name: &str, cipher: usize) -> Host {
            let text = Policy::generate_text(SUITES[cipher]);
            create_private(&self.path(name), &text).unwrap();
            self
        }
    }

    fn fault(search: &Search) -> PolicyFault {
        search.load().err().expect("an error").fault
    }

    #[test]
    fn without_a_policy_the_places_searched_are_named() {
        let host = Host::new();
        let error = host.search().load().err().unwrap();
        assert_eq!(error.fault, PolicyFault::NoPolicy);
        for place in ["user", "site", "keygen"] {
            assert!(error.to_string().contains(place), "{error}");
        }
    }

    #[test]
    fn a_named_file_takes_the_place_of_the_users() {
        let host = Host::new().with_policy("user", 0).with_policy("named", 2);
        assert_eq!(host.search().load().unwrap().suite(), "aes-256-gcm");
        let named = Search { named: Some(host.path("named")), ..host.search() };
        assert_eq!(named.load().unwrap().suite(), "chacha20-poly1305");
    }

    #[test]
    fn a_named_file_that_is_absent_is_not_replaced_by_another() {
        let host = Host::new().with_policy("user", 0).with_policy("site", 0);
        let named = Search { named: Some(host.path("named")), ..host.search() };
        assert_eq!(fault(&named), PolicyFault::NoPolicy);
    }

    #[test]
    fn a_file_that_cannot_be_trusted_is_not_passed_over() {
        let host = Host::new().with_policy("site", 0);
        std::os::unix::fs::symlink(host.path("site"), host.path("user")).unwrap();
        assert_eq!(fault(&host.search()), PolicyFault::File);
    }

    #[test]
    fn the_site_binds_whoever_names_another_file() {
        let host = Host::new().with_policy("site", 0).with_policy("named", 1);
        let named = Search { named: Some(host.path("named")), ..host.search() };
        assert_eq!(fault(&named), PolicyFault::LooserThanSite);
    }

    #[test]
    fn the_environment_gives_the_places() {
        let search = |variables: &[(&str, &str)]| {
            Search::from_variables(|name| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        let user = |search: Search| search.user.map(|path| path.display().to_string());
        let usual = search(&[("HOME", "/home/a"), ("XDG_CONFIG_HOME", "")]);
        assert_eq!(usual.named, None);
        assert_eq!(user(usual).unwrap(), "/home/a/.config/mpi-secure/mpi-secure.toml");
        let elsewhere = search(&[("HOME", "/home/a"), ("XDG_CONFIG_HOME", "/c")]);
        assert_eq!(user(elsewhere).unwrap(), "/c/mpi-secure/mpi-secure.toml");
        let named = search(&[(CONFIG_VARIABLE, "p.toml")]);
        assert_eq!((named.named, named.user), (Some(PathBuf::from("p.toml")), None));
    }
}
