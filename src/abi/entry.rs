//! One call of an MPI function, from the exported symbol to the body and back.
//!
//! The good path is inline in each symbol: read the ABI, check that MPI is
//! running, decode, run the body. Everything else is here once, cold: deciding
//! the ABI at the first call, and turning an error into what the standard says,
//! the error handler of the object the call was about.

use std::cell::RefCell;
use std::ffi::c_int;
use std::fmt::Write;
use std::sync::Arc;

use super::failure::Subject;
use super::kind::{Returned, Sort};
use super::process::{Object, Process, Stage, process};
use super::{Abi, Function, decided, detect, word};
use crate::engine::Owner;
use crate::object::{Class, Comm, Error, Kind, Result, Session};

/// The call in progress: who calls, for which ABI, on which process.
pub struct Cx {
    pub abi: Abi,
    pub process: &'static Process,
    pub function: &'static Function,
    /// The communicator whose error handler is meant, when no argument tells
    /// (a request's).
    blamed: RefCell<Option<Subject>>,
}

impl Cx {
    #[inline(always)]
    fn new(function: &'static Function, abi: Abi) -> Cx {
        Cx { abi, process: process(), function, blamed: RefCell::new(None) }
    }

    /// True in the `_c` form of a function.
    pub fn is_large(&self) -> bool {
        self.function.name.ends_with("_c")
    }

    /// A call of `function`, for tests of bodies.
    #[cfg(test)]
    pub fn test(abi: Abi, function: &'static Function) -> Cx {
        Cx::new(function, abi)
    }

    /// Errors of this call go to the error handler of `comm`.
    pub fn blame(&self, comm: Arc<Comm>) {
        *self.blamed.borrow_mut() = Some(Subject::Comm(comm));
    }

    /// Errors of this call go to the error handler of a request's owner.
    pub fn blame_owner(&self, owner: Option<Owner>) {
        if let Some(comm) = owner.and_then(|owner| owner.downcast::<Comm>().ok()) {
            self.blame(comm);
        }
    }
}

/// Calls a body that can fail.
#[inline(always)]
pub fn call<const N: usize>(
    function: &'static Function,
    words: impl FnOnce() -> [u64; N],
    run: impl FnOnce(&Cx) -> Result<()>,
) -> c_int {
    let (words, abi) = match decided() {
        Some(abi) => (Ok(words), abi),
        None => {
            let words = words();
            (Err(words), detect::at_call(function, &words))
        }
    };
    let words = || match words {
        Ok(words) => words(),
        Err(words) => words,
    };
    let cx = Cx::new(function, abi);
    if !function.anytime && !cx.process.is_usable() {
        return failed(&cx, &words(), not_usable(&cx));
    }
    match run(&cx) {
        Ok(()) => 0,
        Err(error) => failed(&cx, &words(), error),
    }
}

/// Calls a body whose result is a value; it fails only in decoding.
#[inline(always)]
pub fn value<R: Returned, const N: usize>(
    function: &'static Function,
    words: impl Fn() -> [u64; N],
    run: impl FnOnce(&Cx) -> Result<R::Value>,
) -> R::Raw {
    let abi = match decided() {
        Some(abi) => abi,
        None => detect::at_call(function, &words()),
    };
    let cx = Cx::new(function, abi);
    match run(&cx) {
        Ok(value) => R::encode(&cx, value),
        Err(error) => {
            failed(&cx, &words(), error);
            R::nothing()
        }
    }
}

/// What a function that is not there yet does: reports itself by name.
#[cold]
#[inline(never)]
pub fn missing(function: &'static Function, words: &[u64]) -> c_int {
    let abi = decided().unwrap_or_else(|| detect::at_call(function, words));
    let cx = Cx::new(function, abi);
    if !function.anytime && !cx.process.is_usable() {
        return failed(&cx, words, not_usable(&cx));
    }
    let message = format!("{} is not implemented by this version of mpi-secure", function.name);
    failed(&cx, words, Error::new(Class::UnsupportedOperation, message))
}

#[cold]
fn not_usable(cx: &Cx) -> Error {
    let name = cx.function.name;
    let message = match cx.process.stage() {
        Stage::Finalized => format!("{name} was called after MPI_Finalize"),
        _ => format!("{name} was called before MPI_Init (or MPI_Session_init)"),
    };
    Error::new(Class::Other, message)
}

/// Hands an error to the error handler it belongs to, and returns the code for
/// the caller, if the handler returns.
#[cold]
#[inline(never)]
fn failed(cx: &Cx, words: &[u64], error: Error) -> c_int {
    let subject = cx.blamed.take().or_else(|| subject_of(cx, words));
    super::failure::report(cx, words, subject, error)
}

/// The first communicator or session among the arguments. Windows and files
/// will have their turn when they exist.
fn subject_of(cx: &Cx, words: &[u64]) -> Option<Subject> {
    let handle = |kind, raw| word::handle(cx.abi, kind, raw);
    cx.function.arguments.iter().zip(words).find_map(|(argument, &raw)| match argument.shape.sort {
        Sort::Handle(Kind::Comm) => {
            let comm = Comm::find(cx.process, handle(Kind::Comm, raw)?)?;
            Some(Subject::Comm(comm.share()))
        }
        Sort::Handle(Kind::Session) => {
            let session = Session::find(cx.process, handle(Kind::Session, raw)?)?;
            Some(Subject::Session(session.share()))
        }
        _ => None,
    })
}

/// The call as a line of C: `MPI_Send(buf=0x7ff..., count=1, dest=7)`.
pub fn describe(cx: &Cx, words: &[u64]) -> String {
    let mut text = format!("{}(", cx.function.name);
    for (i, (argument, &raw)) in cx.function.arguments.iter().zip(words).enumerate() {
        let comma = if i > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}{}=", argument.name);
        let _ = match argument.shape.sort {
            Sort::Int | Sort::Rank | Sort::Tag | Sort::ThreadLevel => {
                write!(text, "{}", raw as i32)
            }
            Sort::Long => write!(text, "{}", raw as i64),
            Sort::Handle(kind) => write!(text, "{}", handle_name(cx.abi, kind, raw)),
            Sort::Pointer | Sort::HandleAt(_) | Sort::Text => write!(text, "{raw:#x}"),
        };
    }
    text.push(')');
    text
}

fn handle_name(abi: Abi, kind: Kind, raw: u64) -> String {
    match word::handle(abi, kind, raw).and_then(super::predefined::name) {
        Some(name) => name.to_string(),
        None if abi == Abi::Mpich => format!("{:#x}", raw as u32),
        None => format!("{raw:#x}"),
    }
}
