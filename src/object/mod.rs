//! What MPI handles name. Nothing here knows an ABI, a socket or a lock of
//! the engine: objects are plain values shared by `Arc`.

pub mod array;
pub mod attached;
pub mod attribute;
pub mod basic;
pub mod buffer;
pub mod comm;
pub mod construct;
pub mod contents;
pub mod datatype;
pub mod errhandler;
pub mod error;
pub mod external32;
pub mod group;
pub mod handle;
pub mod hosts;
pub mod info;
pub mod layout;
pub mod name;
pub mod op;
#[cfg(test)]
mod property;
pub mod reduce;
pub mod session;
pub mod signature;
pub mod status;
pub mod table;
pub mod topology;

pub use basic::Basic;
pub use buffer::Buffer;
pub use comm::Comm;
pub use datatype::Datatype;
pub use error::{Class, Error, Result};
pub use group::Group;
pub use handle::{Handle, Kind};
pub use hosts::{Hosts, Placement};
pub use info::Info;
pub use op::Op;
pub use session::Session;
pub use status::Status;
pub use table::Table;
