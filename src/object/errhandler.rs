//! Error handlers: the three of the standard and the application's own. What
//! an error does is decided here; ending the job is the caller's part.

use std::sync::Mutex;

use super::handle::HandleCell;

/// An application's error handler, made in `abi`.
pub trait UserErrhandler: Send + Sync {
    /// Calls it for `object` with an error code in the application's numbers,
    /// which it may change. How the application spells the handle is the
    /// implementation's business.
    fn handle(&self, object: super::Handle, code: &mut i32);
}

pub struct Errhandler {
    pub action: Action,
    pub handle: HandleCell,
    /// How often the application was given the handle and has not freed it:
    /// `MPI_Comm_get_errhandler` gives out the same one again, and each is to
    /// be freed (MPI-4.1, section 9.3).
    pub held: Mutex<u32>,
}

#[derive(Clone)]
pub enum Action {
    /// `MPI_ERRORS_ARE_FATAL`: ends the job.
    Fatal,
    /// `MPI_ERRORS_ABORT`: ends the processes of the communicator.
    Abort,
    /// `MPI_ERRORS_RETURN`: the function returns the code.
    Return,
    User(std::sync::Arc<dyn UserErrhandler>),
}

impl Errhandler {
    pub fn new(action: Action) -> Errhandler {
        Errhandler { action, handle: HandleCell::default(), held: Mutex::new(0) }
    }
}

impl std::fmt::Debug for Errhandler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.action {
            Action::Fatal => "MPI_ERRORS_ARE_FATAL",
            Action::Abort => "MPI_ERRORS_ABORT",
            Action::Return => "MPI_ERRORS_RETURN",
            Action::User(_) => "user error handler",
        })
    }
}
