//! Chapter 11.2: starting and ending MPI.

use super::startup;
use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::Stage;
use crate::mpi_functions;
use crate::object::{Class, Error, Handle, Result};

mpi_functions! {
    fn MPI_Abort(comm: NamedComm, errorcode: ErrorCode) = abort, anytime;
    fn MPI_Finalize() = finalize, anytime;
    fn MPI_Finalized(flag: OutFlag) = finalized, anytime;
    fn MPI_Init(argc: ArgcAt, argv: ArgvAt) = init, anytime;
    fn MPI_Init_thread(
        argc: ArgcAt, argv: ArgvAt, required: InThreadLevel, provided: OutThreadLevel
    ) = init_thread, anytime;
    fn MPI_Initialized(flag: OutFlag) = initialized, anytime;
    fn MPI_Is_thread_main(flag: OutFlag) = is_thread_main;
    fn MPI_Query_thread(provided: OutThreadLevel) = query_thread;
}

fn init(cx: &Cx, _argc: usize, _argv: Words) -> Result<()> {
    begin(cx, ThreadLevel::Single)
}

/// Every level is granted as asked: the engine locks for itself.
fn init_thread(
    cx: &Cx,
    _argc: usize,
    _argv: Words,
    required: ThreadLevel,
    provided: ChoicePlace,
) -> Result<()> {
    begin(cx, required)?;
    provided.set(cx, required);
    Ok(())
}

fn begin(cx: &Cx, level: ThreadLevel) -> Result<()> {
    let name = cx.function.name;
    match cx.process.stage() {
        Stage::Fresh => {
            startup::start(cx.process, level);
            Ok(())
        }
        Stage::Running => Err(Error::new(Class::Other, format!("{name} was called a second time"))),
        Stage::Finalized => Err(Error::new(
            Class::Other,
            format!("{name} was called after MPI_Finalize; MPI cannot be started again"),
        )),
    }
}

fn finalize(cx: &Cx) -> Result<()> {
    match cx.process.stage() {
        Stage::Running => {}
        Stage::Fresh => {
            return Err(Error::new(Class::Other, "MPI_Finalize was called before MPI_Init"));
        }
        Stage::Finalized => {
            return Err(Error::new(Class::Other, "MPI_Finalize was called a second time"));
        }
    }
    // MPI-4.1, section 11.2.4: the attributes of MPI_COMM_SELF go first, while
    // everything still works, so that libraries can clean up.
    if let Some(own) = cx.process.own() {
        own.attributes.delete_all(&own)?;
    }
    startup::finish(cx.process);
    Ok(())
}

fn initialized(cx: &Cx, flag: FlagPlace) -> Result<()> {
    flag.set(cx.process.stage() != Stage::Fresh);
    Ok(())
}

fn finalized(cx: &Cx, flag: FlagPlace) -> Result<()> {
    flag.set(cx.process.stage() == Stage::Finalized);
    Ok(())
}

fn abort(cx: &Cx, comm: Handle, code: i32) -> Result<()> {
    let comm = cx.process.objects.comms.get(comm).map(|comm| comm.name.read());
    eprintln!(
        "mpi-secure: {}: the application called MPI_Abort({}, {code})",
        cx.process.place(),
        comm.as_deref().unwrap_or("an invalid communicator"),
    );
    cx.process.abort(code)
}

fn is_thread_main(cx: &Cx, flag: FlagPlace) -> Result<()> {
    flag.set(cx.process.is_main_thread());
    Ok(())
}

fn query_thread(cx: &Cx, provided: ChoicePlace) -> Result<()> {
    provided.set(cx, cx.process.thread_level());
    Ok(())
}
