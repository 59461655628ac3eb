//! The chapters of the MPI standard, one file each: a row per function, then
//! the bodies.

mod abi_chapter;
mod attribute;
mod collective;
mod collective_nonblocking;
mod collective_persistent;
mod comm;
mod datatype;
mod environment;
mod ext;
mod f2c;
mod group;
mod info;
mod init;
mod io;
mod io_access;
mod neighbor;
mod op;
mod pack;
mod partitioned;
mod pt2pt;
mod removed;
mod request;
mod rma;
mod session;
mod spawn;
mod tool;
mod topology;

use crate::abi::Function;

/// All functions of the library, chapter by chapter.
pub static CHAPTERS: &[&[Function]] = &[
    init::ROWS,
    environment::ROWS,
    pt2pt::ROWS,
    request::ROWS,
    partitioned::ROWS,
    datatype::ROWS,
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
    removed::ROWS,
];

/// All functions of the library.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    CHAPTERS.iter().flat_map(|chapter| chapter.iter())
}
