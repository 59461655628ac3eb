//! What MPI handles name. Nothing here knows an ABI, a socket or a lock of
//! the engine: objects are plain values shared by `Arc`.

pub mod array;
pub mod attribute;
pub mod basic;
pub mod buffer;
pub mod construct;
pub mod contents;
pub mod datatype;
pub mod error;
pub mod handle;
pub mod layout;
pub mod name;
pub mod signature;
pub mod status;
pub mod table;

pub use basic::Basic;
pub use buffer::Buffer;
pub use datatype::Datatype;
pub use error::{Class, Error, Result};
pub use handle::{Handle, Kind};
pub use status::Status;
pub use table::Table;
