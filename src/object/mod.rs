//! What MPI handles name. Nothing here knows an ABI, a socket or a lock of
//! the engine: objects are plain values shared by `Arc`.

pub mod error;
pub mod handle;

pub use error::{Class, Error, Result};
pub use handle::{Handle, Kind};
