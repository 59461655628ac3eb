//! PMIx client: a thin coat over the system's libpmix, which Open MPI's
//! launchers and `srun --mpi=pmix` bring their server for. The library is
//! opened at `MPI_Init`; nothing here links it.

use super::{Job, VALUE_MAX, Variables, WireUp, WireUpError};
use crate::sys::pmix::{Failure, Held, Pmix as Library, Proc, RANK_WILDCARD};
use std::path::PathBuf;

/// Prefix of our keys, so that nothing of the launcher's or of another
/// library's is ever read.
const PREFIX: &str = "mpisecure.";

pub(super) struct Pmix {
    library: Library,
    me: Proc,
    job: Job,
    owner: u32,
    finalized: bool,
}

impl Pmix {
    pub(super) fn attach(variable: Variables) -> Result<Pmix, WireUpError> {
        let library = Library::load(&candidates(variable)).map_err(|error| {
            WireUpError::Environment(format!(
                "the launcher speaks PMIx, but its client library libpmix.so.2 cannot be opened \
                 ({error}); install it (Debian: apt-get install libpmix2) or add its directory \
                 to LD_LIBRARY_PATH"
            ))
        })?;
        let me = library.init().map_err(|Failure { status, reason }| {
            WireUpError::Environment(format!(
                "the PMIx server named by the environment (PMIX_NAMESPACE={}) does not accept \
                 this process: {reason} ({status}) from {}",
                variable("PMIX_NAMESPACE").unwrap_or_default(),
                library.version
            ))
        })?;
        let job = Job {
            rank: me.rank,
            size: 0,
            id: me.namespace(),
            appnum: None,
            universe_size: None,
            local_ranks: Vec::new(),
            node_of: Vec::new(),
            launcher: library.version.split([',', '(']).next().unwrap_or("PMIx").trim().to_string(),
        };
        let owner = std::process::id();
        let mut client = Pmix { library, me, job, owner, finalized: false };
        let everyone = me.with_rank(RANK_WILDCARD);
        client.job.size = client.number(&everyone, "pmix.job.size")?.unwrap_or(0);
        if client.job.rank >= client.job.size {
            return Err(client.refused(
                "its job size",
                format!("rank {} of {}", client.job.rank, client.job.size),
            ));
        }
        client.job.universe_size = client.number(&everyone, "pmix.univ.size")?;
        client.job.appnum =
            client.number(&me, "pmix.appnum")?.and_then(|number| i32::try_from(number).ok());
        if let Ok(Some(Held::Text(list))) = client.library.get(&everyone, "pmix.lpeers", true) {
            client.job.local_ranks = list.split(',').filter_map(|rank| rank.parse().ok()).collect();
            client.job.local_ranks.sort_unstable();
        }
        client.job.node_of = client.nodes();
        Ok(client)
    }

    /// Part of the job's description, which every process has, so that no
    /// server is asked. All or nothing: what is not known of one rank here may
    /// be known elsewhere.
    fn nodes(&self) -> Vec<u32> {
        let node = |rank: u32| match self.library.get(&self.me.with_rank(rank), "pmix.nodeid", true)
        {
            Ok(Some(Held::Number(number))) => u32::try_from(number).ok(),
            _ => None,
        };
        (0..self.job.size).map(node).collect::<Option<Vec<u32>>>().unwrap_or_default()
    }

    /// A number of the job's description; absent ones are no error.
    fn number(&self, of: &Proc, key: &str) -> Result<Option<u32>, WireUpError> {
        match self.library.get(of, key, false) {
            Ok(Some(Held::Number(number))) => Ok(u32::try_from(number).ok()),
            Ok(_) => Ok(None),
            Err(failure) => Err(self.failed(key, failure)),
        }
    }

    fn failed(&self, what: &str, Failure { status, reason }: Failure) -> WireUpError {
        self.refused(what, format!("{reason} ({status})"))
    }

    fn refused(&self, what: &str, reason: String) -> WireUpError {
        WireUpError::Refused {
            launcher: self.job.launcher.clone(),
            rank: self.job.rank,
            what: what.to_string(),
            reason,
        }
    }

    /// libpmix's thread does not live on in a forked child: calls would hang.
    fn here(&self) -> Result<(), WireUpError> {
        match std::process::id() {
            here if here == self.owner => Ok(()),
            here => Err(WireUpError::Forked { owner: self.owner, here }),
        }
    }
}

/// Where to look: a launcher with a library of its own says where it lives,
/// and that one is of the server's version; then the loader's own search.
fn candidates(variable: Variables) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for prefix in ["PMIX_PREFIX", "OPAL_PREFIX"].into_iter().filter_map(variable) {
        for directory in ["lib", "lib64"] {
            let path = PathBuf::from(&prefix).join(directory).join("libpmix.so.2");
            if path.exists() {
                paths.push(path);
            }
        }
    }
    paths.push(PathBuf::from("libpmix.so.2"));
    paths
}

impl WireUp for Pmix {
    fn job(&self) -> &Job {
        &self.job
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), WireUpError> {
        self.here()?;
        if value.len() > VALUE_MAX {
            return Err(WireUpError::TooLong { key: key.to_string(), len: value.len() });
        }
        self.library
            .put(&format!("{PREFIX}{key}"), value)
            .map_err(|failure| self.failed("a put", failure))
    }

    fn fence(&mut self) -> Result<(), WireUpError> {
        self.here()?;
        self.library
            .commit()
            .and_then(|()| self.library.fence(&self.me.with_rank(RANK_WILDCARD)))
            .map_err(|failure| self.failed("the fence", failure))
    }

    fn get(&mut self, rank: u32, key: &str) -> Result<Vec<u8>, WireUpError> {
        self.here()?;
        match self.library.get(&self.me.with_rank(rank), &format!("{PREFIX}{key}"), true) {
            Ok(Some(Held::Bytes(bytes))) => return Ok(bytes),
            Ok(Some(_)) => {}
            // What a fence collected is known here; a server that does not
            // collect (an option of some) is asked now.
            Ok(None) | Err(_) => {
                match self.library.get(&self.me.with_rank(rank), &format!("{PREFIX}{key}"), false) {
                    Ok(Some(Held::Bytes(bytes))) => return Ok(bytes),
                    Ok(_) => {}
                    Err(failure) => return Err(self.failed("a get", failure)),
                }
            }
        }
        Err(WireUpError::Absent { rank, key: key.to_string() })
    }

    fn abort(&mut self, code: i32, message: &str) {
        if self.here().is_ok() {
            // Whatever it answers, the caller exits next.
            let _ = self.library.abort(code, message);
        }
    }

    fn finalize(&mut self) -> Result<(), WireUpError> {
        self.here()?;
        if std::mem::replace(&mut self.finalized, true) {
            return Ok(());
        }
        self.library.finalize().map_err(|failure| self.failed("to finalize", failure))
    }
}
