//! The chapters of the MPI standard, one file each: a row per function, then
//! the bodies.
//!
//! # Adding a function
//! 1. Change its row from `= missing` to `= body` (any name; twins such as
//!    `MPI_Send` and `MPI_Send_c` share one). Change a kind in the row where
//!    another one fits better; the C type of a kind must stay the same.
//! 2. Write the body below the rows: it takes `&Cx` and one decoded value per
//!    argument, in order, and returns `Result<()>`.
//!
//! Kinds and the values bodies get (all in `abi::kind`):
//!
//! | kind | value |
//! | --- | --- |
//! | `Count`, `CountC`, `SizeA` | `usize`, never negative |
//! | `Int`, `Disp`, `Stride`, `Flag` | `i32`, `i64`, `i64`, `bool` |
//! | `ConstBuf`, `Buf` | `Memory`: `is_in_place()`, `buffer(count, &datatype)?` |
//! | `InComm`, `InDatatype`, `InOp`... | `Ref<T>`: derefs to `Arc<T>`; `.share()` for an own `Arc` |
//! | `OptInfo` | `Option<Ref<Info>>` |
//! | `OutComm`, `OutDatatype`... | `HandlePlace<T>`: `put(cx, arc)?`, `set(cx, handle)`, `set_null(cx)` |
//! | `InOutComm`... | the same, and `get(cx)?`, `handle(cx)?` |
//! | `OutRequest`, `InOutRequest` | `set_request(cx, id)`, `request(cx)?` (`None`: null), `set_null(cx)` |
//! | `MutRequests` | `Handles`: `requests(cx, n)?`, `set_null(cx, i)`, `set(cx, i, handle)` |
//! | `Datatypes` | `Handles`: `read(cx, n)?` gives `Vec<Arc<Datatype>>` |
//! | `InRank` | `Rank`: `destination(size)?`, `source(size)?`, `root(size)?`, `member(size)?` |
//! | `InTag` | `Tag`: `exact()?` to send, `pattern()?` to receive |
//! | `Counts`, `Displs`, `Ints`... | `Numbers`: `read_counts(n)?`, `read(n)?`, `at(i)` |
//! | `OutStatus`, `OutStatuses` | `StatusPlace` (ignored ones swallow `set(&status)`), `place(i)` |
//! | `OutInt`, `OutFlag`, `OutRank`, `OutCount` | a place with `set` |
//! | `InString`, `OutString` | `Text`: `read()`; `TextPlace`: `set(text, cx.abi.limits().object_name)` |
//! | `Maybe<K>` | decoded by `get(cx)?`, when the argument turns out significant |
//!
//! Three things to know. Errors go to the error handler of the communicator
//! (window, file, session) among the arguments; a function on requests says
//! whose with `cx.blame(handle)`. `cx.process` has the engine, the object
//! tables and the world. Rows that may be called before `MPI_Init` or after
//! `MPI_Finalize` end in `, anytime`; in all others the engine is there.
//!
//! ```ignore
//! fn MPI_Type_contiguous(count: Count, oldtype: InDatatype, newtype: OutDatatype) = contiguous;
//! fn MPI_Get_count(status: InStatus, datatype: InDatatype, count: OutCount) = get_count;
//! fn MPI_Comm_rank(comm: InComm, rank: OutInt) = rank;
//!
//! fn contiguous(cx: &Cx, count: usize, old: Ref<Datatype>, new: HandlePlace<Datatype>) -> Result<()> {
//!     new.put(cx, Datatype::contiguous(Form::Small, count as i64, &old)?)?;
//!     Ok(())
//! }
//!
//! fn rank(_: &Cx, comm: Ref<Comm>, rank: Place<i32>) -> Result<()> {
//!     rank.set(comm.rank as i32);
//!     Ok(())
//! }
//! ```

// The standard's functions have as many arguments as they have.
#![allow(clippy::too_many_arguments)]

mod abi_chapter;
mod attribute;
mod buffer;
mod collective;
mod collective_form;
mod collective_nonblocking;
mod collective_persistent;
mod collective_plan;
mod comm;
mod comm_create;
mod comm_dup;
mod datatype;
mod datatype_choice;
mod datatype_record;
mod environment;
mod ext;
mod f2c;
mod fortran;
mod grequest;
mod group;
mod hints;
mod info;
mod init;
mod intercomm;
mod io;
mod io_access;
mod neighbor;
mod neighbor_plan;
mod op;
mod pack;
mod partitioned;
pub mod predefined_attribute;
pub mod preferences;
mod pt2pt;
mod removed;
mod request;
mod rma;
mod secure;
mod sendrecv;
mod session;
mod startup;
mod spawn;
mod split_type;
mod tool;
mod topology;

use crate::abi::Function;

/// All functions of the library, chapter by chapter.
pub static CHAPTERS: &[&[Function]] = &[
    init::ROWS,
    environment::ROWS,
    pt2pt::ROWS,
    sendrecv::ROWS,
    buffer::ROWS,
    request::ROWS,
    grequest::ROWS,
    partitioned::ROWS,
    datatype::ROWS,
    datatype_choice::ROWS,
    datatype_record::ROWS,
    pack::ROWS,
    collective::ROWS,
    collective_nonblocking::ROWS,
    collective_persistent::ROWS,
    neighbor::ROWS,
    op::ROWS,
    group::ROWS,
    comm::ROWS,
    attribute::ROWS,
    info::ROWS,
    topology::ROWS,
    rma::ROWS,
    io::ROWS,
    io_access::ROWS,
    spawn::ROWS,
    session::ROWS,
    tool::ROWS,
    f2c::ROWS,
    abi_chapter::ROWS,
    ext::ROWS,
    secure::ROWS,
    removed::ROWS,
];

/// All functions of the library.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    CHAPTERS.iter().flat_map(|chapter| chapter.iter())
}

/// A call of `name`, for tests of bodies.
#[cfg(test)]
fn call_of(abi: crate::abi::Abi, name: &str) -> crate::abi::Cx {
    let function = functions().find(|function| function.name == name);
    crate::abi::Cx::test(abi, function.expect("a function of MPI"))
}
