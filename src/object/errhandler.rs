//! Error handlers: the three of the standard and the application's own. What
//! an error does is decided here; ending the job is the caller's part.

use super::error::Error;
use super::handle::HandleCell;

/// An application's error handler, made in `abi`. `O` is what it is attached
/// to: a communicator, window, file or session.
pub trait UserErrhandler: Send + Sync {
    /// Calls it for `object` (a handle as the application spells it is made by
    /// the implementation) with the code of `error`.
    fn handle(&self, object: super::Handle, error: &Error);
}

pub struct Errhandler {
    pub action: Action,
    pub handle: HandleCell,
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
        Errhandler { action, handle: HandleCell::default() }
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
