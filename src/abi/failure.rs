//! What becomes of an error: the error handler of the object, as the standard
//! says, or the end of the job with one block of text.

use std::ffi::c_int;

use super::entry::{Cx, describe};
use super::{code, predefined};
use crate::object::{Error, Handle};

/// Reports an error of the call `cx` to the error handler of `object`, or to
/// the default one, and returns the code for the caller.
pub(super) fn report(cx: &Cx, words: &[u64], object: Option<Handle>, error: Error) -> c_int {
    fatal(cx, words, object, error)
}

/// `MPI_ERRORS_ARE_FATAL`: says everything once and ends the job.
fn fatal(cx: &Cx, words: &[u64], object: Option<Handle>, error: Error) -> ! {
    let on = object.and_then(predefined::name).map(|name| format!(" ({name})"));
    eprintln!(
        "mpi-secure: {}: {}: {error}{}",
        cx.process.place(),
        describe(cx, words),
        on.unwrap_or_default(),
    );
    cx.process.abort(code::number(cx.abi, error.class()))
}
