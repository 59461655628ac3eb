//! The connection to the launcher, shared by the threads of a process: the
//! channel looks addresses up while the application may be about to abort.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::{Job, WireUp, WireUpError};

pub struct Launcher {
    job: Job,
    wire_up: Mutex<Box<dyn WireUp>>,
}

impl Launcher {
    pub fn new(wire_up: Box<dyn WireUp>) -> Launcher {
        Launcher { job: wire_up.job().clone(), wire_up: Mutex::new(wire_up) }
    }

    pub fn job(&self) -> &Job {
        &self.job
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn WireUp>> {
        self.wire_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn put(&self, key: &str, value: &[u8]) -> Result<(), WireUpError> {
        self.lock().put(key, value)
    }

    pub fn fence(&self) -> Result<(), WireUpError> {
        self.lock().fence()
    }

    pub fn get(&self, rank: u32, key: &str) -> Result<Vec<u8>, WireUpError> {
        self.lock().get(rank, key)
    }

    /// Asks the launcher to end the job. Where another thread waits for the
    /// launcher just now, the exit of this process has to say it.
    pub fn abort(&self, code: i32) {
        match self.wire_up.try_lock() {
            Ok(mut wire_up) => wire_up.abort(code, ""),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().abort(code, ""),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    pub fn finalize(&self) -> Result<(), WireUpError> {
        self.lock().finalize()
    }
}
