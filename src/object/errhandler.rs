//! Error handlers: the three of the standard and the application's own. What
//! an error does is decided here; ending the job is the caller's part.

use std::sync::Mutex;

use super::error::{Class, Error, Result};
use super::handle::{HandleCell, Kind};

/// An application's error handler, made in `abi`.
pub trait UserErrhandler: Send + Sync {
    /// Calls it for `object` with an error code in the application's numbers,
    /// which it may change. How the application spells the handle is the
    /// implementation's business.
    fn handle(&self, object: super::Handle, code: &mut i32);
}

pub struct Errhandler {
    pub action: Action,
    /// The kind of object the function is for; any, when it is predefined.
    pub only: Option<Kind>,
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
    /// One of the standard's.
    pub fn predefined(action: Action) -> Errhandler {
        Errhandler { action, only: None, handle: HandleCell::default(), held: Mutex::new(0) }
    }

    /// A function of the application, for objects of `kind`.
    pub fn user(kind: Kind, function: std::sync::Arc<dyn UserErrhandler>) -> Errhandler {
        Errhandler { only: Some(kind), ..Errhandler::predefined(Action::User(function)) }
    }

    /// An error when the function is for other objects than `kind`: it would
    /// be called with a handle it takes for something else.
    pub fn check(&self, kind: Kind) -> Result<()> {
        match self.only {
            Some(only) if only != kind => Err(Error::new(
                Class::Errhandler,
                format!("the error handler was made for MPI_{only:?}, not for MPI_{kind:?}"),
            )),
            _ => Ok(()),
        }
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
