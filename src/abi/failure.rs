//! What becomes of an error: the error handler of the communicator, as the
//! standard says, or the end of the job with one block of text.

use std::ffi::c_int;
use std::sync::Arc;

use super::entry::{Cx, describe};
use super::{Abi, code};
use crate::object::errhandler::{Action, Errhandler};
use crate::object::handle::Handle;
use crate::object::{Comm, Error, Kind, Session};

/// The object an error is about: its error handler is called.
pub enum Subject {
    Comm(Arc<Comm>),
    Session(Arc<Session>),
}

impl Subject {
    fn errhandler(&self) -> Arc<Errhandler> {
        match self {
            Subject::Comm(comm) => comm.errhandler.load_full(),
            Subject::Session(session) => session.errhandler.load_full(),
        }
    }

    /// True for a communicator that has the handler it began with.
    fn is_unset(&self, cx: &Cx) -> bool {
        match self {
            Subject::Comm(comm) => {
                Arc::ptr_eq(&comm.errhandler.load(), &cx.process.initial_errhandler())
            }
            Subject::Session(_) => false,
        }
    }

    /// The handle, null when it was freed already.
    fn handle(&self) -> Handle {
        let (cell, kind) = match self {
            Subject::Comm(comm) => (&comm.handle, Kind::Comm),
            Subject::Session(session) => (&session.handle, Kind::Session),
        };
        cell.get().unwrap_or(Handle::null(kind))
    }
}

/// Reports an error of the call `cx` to the error handler of `subject`, or to
/// the default one, and returns the code for the caller.
pub(super) fn report(cx: &Cx, words: &[u64], subject: Option<Subject>, error: Error) -> c_int {
    let (handler, subject) = match subject {
        // Under MPICH, also where it has the standard's ABI, a communicator on which
        // nobody set a handler has that of MPI_COMM_WORLD as it is now, not as it was
        // when it was duplicated.
        Some(subject) if cx.abi != Abi::OpenMpi && subject.is_unset(cx) => default_handler(cx),
        Some(subject) => (subject.errhandler(), Some(subject)),
        None => default_handler(cx),
    };
    match &handler.action {
        Action::Fatal | Action::Abort => fatal(cx, words, subject, &error),
        Action::Return => code::encode(cx.abi, cx.process, cx.function.name, &error),
        Action::User(user) => {
            let mut code = code::encode(cx.abi, cx.process, cx.function.name, &error);
            let null = Handle::null(Kind::Comm);
            user.handle(subject.map_or(null, |subject| subject.handle()), &mut code);
            code
        }
    }
}

/// Errors about no object go to `MPI_COMM_SELF` (MPI-4.1, section 9.3). Up to
/// MPI-3.1 they went to `MPI_COMM_WORLD`, which programs still expect when
/// that is the only handler they changed. Before `MPI_Init` all errors are
/// fatal.
fn default_handler(cx: &Cx) -> (Arc<Errhandler>, Option<Subject>) {
    let comms = [cx.process.own(), cx.process.world()];
    let changed = comms.into_iter().flatten().find_map(|comm| {
        let handler = comm.errhandler.load_full();
        let changed = !matches!(handler.action, Action::Fatal);
        changed.then(|| (handler, Some(Subject::Comm(comm.share()))))
    });
    changed.unwrap_or_else(|| (cx.process.initial_errhandler(), None))
}

/// `MPI_ERRORS_ARE_FATAL`: says everything once and ends the job.
fn fatal(cx: &Cx, words: &[u64], subject: Option<Subject>, error: &Error) -> ! {
    let on = match subject {
        Some(Subject::Comm(comm)) if !comm.name.read().is_empty() => {
            format!(" (communicator {})", comm.name.read())
        }
        _ => String::new(),
    };
    let text = match error.user_code() {
        Some(code) => code::text(cx.abi, cx.process, code).unwrap_or_default(),
        None => error.to_string(),
    };
    eprintln!("mpi-secure: {}: {}: {text}{on}", cx.process.place(), describe(cx, words));
    let class = code::number(cx.abi, error.class());
    cx.process.abort(error.user_code().unwrap_or(class))
}
