//! One call of an MPI function, from the exported symbol to the body and back.
//!
//! The good path: read the ABI, check that MPI is running, and let the row
//! decode the arguments and run the body. The rest is cold: deciding the ABI at
//! the first call, and turning an error into what the standard says, the error
//! handler of the object the call was about.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::fmt::Write;
use std::sync::Arc;

use super::failure::Subject;
use super::function::Run;
use super::kind::{Raw, Returned, Sort};
use super::process::{Object, Process, Stage, process};
use super::{Abi, Function, Language, decided, detect, fortran, word};
use crate::engine::Owner;
use crate::object::{Class, Comm, Error, Kind, Session};

/// The call in progress: who calls, for which ABI, on which process.
pub struct Cx {
    pub abi: Abi,
    pub language: Language,
    pub process: &'static Process,
    pub function: &'static Function,
    /// The communicator whose error handler is meant, when no argument tells
    /// (a request's).
    blamed: RefCell<Option<Subject>>,
    /// What stands in for the program's memory, and must last as long as the
    /// operation that the body starts.
    copies: Cell<Option<Box<fortran::Copies>>>,
}

impl Cx {
    #[inline(always)]
    fn new(function: &'static Function, abi: Abi, language: Language) -> Cx {
        let (blamed, copies) = (RefCell::new(None), Cell::new(None));
        Cx { abi, language, process: process(), function, blamed, copies }
    }

    /// For the operation that goes on after the call.
    pub fn take_copies(&self) -> Option<Box<fortran::Copies>> {
        self.copies.take()
    }

    /// True in the `_c` form of a function.
    pub fn is_large(&self) -> bool {
        self.function.name.ends_with("_c")
    }

    /// A call of `function`, for tests of bodies.
    #[cfg(test)]
    pub fn test(abi: Abi, function: &'static Function) -> Cx {
        Cx::new(function, abi, Language::C)
    }

    /// Errors of this call go to the error handler of `comm`.
    pub fn blame(&self, comm: Arc<Comm>) {
        *self.blamed.borrow_mut() = Some(Subject::Comm(comm));
    }

    /// Errors of this call go to the error handler of a request's owner.
    pub fn blame_owner(&self, owner: Option<Owner>) {
        if let Some(comm) = owner.and_then(Owner::downcast::<Comm>) {
            self.blame(comm);
        }
    }
}

/// A call from C of a function that returns an error code.
pub fn call(function: &'static Function, words: &[u64]) -> c_int {
    let abi = match decided() {
        Some(abi) => abi,
        None => detect::at_call(function, words),
    };
    conduct(&Cx::new(function, abi, Language::C), words)
}

/// A call from C of a function that returns something else.
pub fn value<R: Returned>(function: &'static Function, words: &[u64]) -> R::Raw {
    let abi = match decided() {
        Some(abi) => abi,
        None => detect::at_call(function, words),
    };
    match evaluate(&Cx::new(function, abi, Language::C), words) {
        Some(bits) => R::Raw::from_word(bits),
        None => R::nothing(),
    }
}

/// A call from Fortran. The words are those C would have passed, but for
/// handles in memory, which are integers there.
pub fn call_from_fortran(
    function: &'static Function,
    abi: Abi,
    words: &[u64],
    copies: fortran::Copies,
) -> c_int {
    let cx = Cx::new(function, abi, Language::Fortran);
    if copies.is_empty() {
        return conduct(&cx, words);
    }
    cx.copies.set(Some(Box::new(copies)));
    let code = conduct(&cx, words);
    let are_lost = code == 0 && cx.take_copies().is_some();
    assert!(!are_lost, "{} goes on and did not take the copies it works with", function.name);
    code
}

/// A call from Fortran whose arguments are wrong before C would have seen them.
#[cold]
pub fn fail_from_fortran(
    function: &'static Function,
    abi: Abi,
    words: &[u64],
    error: Error,
) -> c_int {
    failed(&Cx::new(function, abi, Language::Fortran), words, error)
}

/// Fortran's form of [`value`]; `None` when the function cannot answer.
pub fn value_from_fortran(function: &'static Function, abi: Abi, words: &[u64]) -> Option<u64> {
    evaluate(&Cx::new(function, abi, Language::Fortran), words)
}

#[inline(always)]
fn conduct(cx: &Cx, words: &[u64]) -> c_int {
    if !cx.function.anytime && !cx.process.is_usable() {
        return failed(cx, words, not_usable(cx));
    }
    let Run::Code(run) = cx.function.run else {
        return failed(cx, words, missing(cx));
    };
    match run(cx, words) {
        Ok(()) => 0,
        Err(error) => failed(cx, words, error),
    }
}

#[inline(always)]
fn evaluate(cx: &Cx, words: &[u64]) -> Option<u64> {
    let result = match cx.function.run {
        Run::Value(run) => run(cx, words),
        _ => Err(missing(cx)),
    };
    match result {
        Ok(bits) => Some(bits),
        Err(error) => {
            failed(cx, words, error);
            None
        }
    }
}

/// What a function that is not there yet does: reports itself by name.
#[cold]
fn missing(cx: &Cx) -> Error {
    let name = cx.function.name;
    let message = format!("{name} is not implemented by this version of mpi-secure");
    Error::new(Class::UnsupportedOperation, message)
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
            Sort::Int | Sort::Flag | Sort::Rank | Sort::Tag | Sort::ThreadLevel | Sort::Keyval => {
                write!(text, "{}", raw as i32)
            }
            Sort::Long => write!(text, "{}", raw as i64),
            Sort::Handle(kind) => write!(text, "{}", handle_name(cx.abi, kind, raw)),
            _ => write!(text, "{raw:#x}"),
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
