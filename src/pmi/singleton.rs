//! A process that no launcher started: rank 0 of 1, and nobody to ask.

use super::{Job, WireUp, WireUpError};
use std::collections::HashMap;

pub(super) struct Singleton {
    job: Job,
    values: HashMap<String, Vec<u8>>,
}

impl Singleton {
    pub(super) fn new() -> Singleton {
        let id = format!("singleton_{}_{:016x}", std::process::id(), rand::random::<u64>());
        let job = Job {
            rank: 0,
            size: 1,
            id,
            appnum: None,
            universe_size: None,
            local_ranks: vec![0],
            node_of: vec![0],
            launcher: "singleton".to_string(),
        };
        Singleton { job, values: HashMap::new() }
    }
}

impl WireUp for Singleton {
    fn job(&self) -> &Job {
        &self.job
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), WireUpError> {
        self.values.insert(key.to_string(), value.to_vec());
        Ok(())
    }

    fn fence(&mut self) -> Result<(), WireUpError> {
        Ok(())
    }

    fn get(&mut self, rank: u32, key: &str) -> Result<Vec<u8>, WireUpError> {
        let value = if rank == 0 { self.values.get(key).cloned() } else { None };
        value.ok_or_else(|| WireUpError::Absent { rank, key: key.to_string() })
    }

    fn abort(&mut self, _code: i32, _message: &str) {}

    fn finalize(&mut self) -> Result<(), WireUpError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singleton_reads_its_own_value_and_no_other() {
        let mut alone = Singleton::new();
        alone.put("address", b"here").unwrap();
        alone.fence().unwrap();
        assert_eq!(alone.get(0, "address").unwrap(), b"here");
        assert!(alone.get(1, "address").is_err());
        assert_ne!(Singleton::new().job().id, alone.job().id);
    }
}
