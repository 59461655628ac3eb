//! Wire-up: how a rank learns who it is, publishes where it listens, and
//! reads where the others do. Three ways in, one trait: PMI-1 (Hydra, Slurm
//! and our own `mpiexec`), PMIx (Open MPI's launchers, Slurm), and a process
//! that nobody launched. Which launcher it is has nothing to do with the ABI
//! of the program: an Open MPI binary runs under Hydra and the reverse.
//!
//! What goes through here is public: addresses and nonces, never a key.

pub mod fields;
mod launcher;
pub mod mapping;
pub mod pmi1;
mod pmix;
#[cfg(test)]
mod scripted;
mod singleton;

pub use launcher::Launcher;
pub use pmi1::{Deadlines, Pmi1};

/// This process's place in its job, known once [`attach`] returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub rank: u32,
    pub size: u32,
    /// Unique per job: the name of the key-value space or the namespace.
    pub id: String,
    /// Which of the `:`-separated commands of the launcher this process runs.
    pub appnum: Option<i32>,
    pub universe_size: Option<u32>,
    /// The ranks on this node, this one included, ascending; empty when the
    /// launcher does not say.
    pub local_ranks: Vec<u32>,
    /// A number per rank that is the same for ranks of one node, and the same
    /// on all ranks; empty when the launcher does not say.
    pub node_of: Vec<u32>,
    /// For reports: "PMI-1", "OpenPMIx 4.2.2", "singleton".
    pub launcher: String,
}

/// A connection to the launcher. One per process, used from one thread at a
/// time. Every call ends: with an answer, an error from the launcher, the end
/// of its connection, or a deadline.
pub trait WireUp: Send {
    fn job(&self) -> &Job;

    /// Offers `value` to the other ranks under this rank's name; they see it
    /// after the next [`fence`](WireUp::fence). At most [`VALUE_MAX`] bytes.
    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), WireUpError>;

    /// Returns when every rank of the job has called it.
    fn fence(&mut self) -> Result<(), WireUpError>;

    /// What `rank` put under `key` before a fence.
    fn get(&mut self, rank: u32, key: &str) -> Result<Vec<u8>, WireUpError>;

    /// Asks the launcher to end the whole job with exit status `code`. The
    /// caller exits afterwards; the launcher does not always end it first.
    fn abort(&mut self, code: i32, message: &str);

    /// Tells the launcher that this process may now exit without that being
    /// a failure of the job. Nothing else may be called afterwards.
    fn finalize(&mut self) -> Result<(), WireUpError>;
}

/// Bound of one value, in bytes: an address list is a few hundred.
pub const VALUE_MAX: usize = 64 << 10;

/// Why the wire-up cannot go on; each names the launcher's side of it.
#[derive(Debug, thiserror::Error)]
pub enum WireUpError {
    #[error("{0}")]
    Environment(String),
    #[error(
        "the launcher ({launcher}) closed its connection while rank {rank} waited for {what}: it has ended, or it ended the job"
    )]
    Closed { launcher: String, rank: u32, what: String },
    #[error("the launcher ({launcher}) did not answer {what} of rank {rank} within {seconds} s")]
    Timeout { launcher: String, rank: u32, what: String, seconds: u64 },
    #[error("the launcher ({launcher}) refused {what} of rank {rank}: {reason}")]
    Refused { launcher: String, rank: u32, what: String, reason: String },
    #[error("the launcher ({launcher}) answered {what} with {answer:?}, which is not {expected}")]
    Protocol { launcher: String, what: String, answer: String, expected: String },
    #[error("rank {rank} put no value under {key:?}")]
    Absent { rank: u32, key: String },
    #[error("value of {len} bytes under {key:?} is over the wire-up's limit of {VALUE_MAX} bytes")]
    TooLong { key: String, len: usize },
    #[error(
        "process {here} is a child of the MPI process {owner}, whose connection to the launcher it may not use"
    )]
    Forked { owner: u32, here: u32 },
}

/// Reads the environment of this process: the launcher speaks through it.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Connects to whichever launcher started this process.
pub fn attach() -> Result<Box<dyn WireUp>, WireUpError> {
    attach_by(&|name| std::env::var(name).ok())
}

/// [`attach`] with the environment as a parameter.
pub(crate) fn attach_by(variable: Variables) -> Result<Box<dyn WireUp>, WireUpError> {
    match choose(variable)? {
        Way::Pmix => Ok(Box::new(pmix::Pmix::attach(variable)?)),
        Way::Pmi1 => Ok(Box::new(Pmi1::attach(variable)?)),
        Way::Singleton => Ok(Box::new(singleton::Singleton::new())),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Way {
    Pmix,
    Pmi1,
    Singleton,
}

/// PMIx first: Slurm sets variables of both for `--mpi=pmix`. Our `mpiexec`
/// takes an outer job's variables away from its ranks, so what is here is the
/// nearest launcher's.
fn choose(variable: Variables) -> Result<Way, WireUpError> {
    let pmi1 = variable("PMI_FD").is_some() || variable("PMI_PORT").is_some();
    if variable("PMIX_NAMESPACE").is_some() {
        return Ok(Way::Pmix);
    }
    if pmi1 {
        return Ok(Way::Pmi1);
    }
    // A batch script has SLURM_NTASKS too; only a process of a step that srun
    // started has SLURM_STEP_ID.
    let tasks = variable("SLURM_NTASKS").and_then(|n| n.parse::<u32>().ok()).unwrap_or(1);
    if tasks > 1 && variable("SLURM_STEP_ID").is_some() {
        return Err(WireUpError::Environment(format!(
            "srun started {tasks} tasks without a process manager interface, so each would be \
             rank 0 of 1: use srun --mpi=pmi2 or srun --mpi=pmix"
        )));
    }
    Ok(Way::Singleton)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(variables: &[(&str, &str)]) -> Result<Way, WireUpError> {
        choose(&|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn pmix_goes_before_pmi1_goes_before_a_singleton() {
        assert_eq!(way(&[("PMIX_NAMESPACE", "j"), ("PMI_FD", "3")]).unwrap(), Way::Pmix);
        assert_eq!(way(&[("PMI_FD", "3")]).unwrap(), Way::Pmi1);
        assert_eq!(way(&[("PMI_PORT", "h:1"), ("PMI_ID", "0")]).unwrap(), Way::Pmi1);
        assert_eq!(way(&[]).unwrap(), Way::Singleton);
    }

    #[test]
    fn slurm_step_without_pmi_is_refused_with_the_remedy() {
        let step = [("SLURM_NTASKS", "4"), ("SLURM_STEP_ID", "0")];
        let error = way(&step).unwrap_err().to_string();
        assert!(error.contains("--mpi=pmi2") && error.contains("4 tasks"), "{error}");
        assert_eq!(way(&[("SLURM_NTASKS", "4")]).unwrap(), Way::Singleton);
        assert_eq!(way(&[("SLURM_NTASKS", "1"), ("SLURM_STEP_ID", "0")]).unwrap(), Way::Singleton);
    }
}
