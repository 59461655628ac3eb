//! What is known of a completed receive (MPI-4.1, section 3.2.5). The layout
//! an ABI gives `MPI_Status` is made at the boundary.

use super::error::{Error, Result};

#[derive(Clone, Debug)]
pub struct Status {
    /// Rank in the communicator, or one of the constants below.
    pub source: i32,
    pub tag: i32,
    pub error: Option<Error>,
    /// Bytes received (packed form).
    pub count: u64,
    pub cancelled: bool,
}

impl Status {
    /// `MPI_ANY_SOURCE`, `MPI_ANY_TAG` and `MPI_PROC_NULL` inside the library
    /// (MPICH's numbers).
    pub const ANY_SOURCE: i32 = -2;
    pub const ANY_TAG: i32 = -1;
    pub const PROC_NULL: i32 = -1;

    /// The standard's empty status: of null requests and send requests.
    pub const EMPTY: Status = Status {
        source: Status::ANY_SOURCE,
        tag: Status::ANY_TAG,
        error: None,
        count: 0,
        cancelled: false,
    };

    pub fn new(source: i32, tag: i32, count: u64) -> Status {
        Status { source, tag, error: None, count, cancelled: false }
    }

    /// The standard's empty status, as a value.
    pub fn empty() -> Status {
        Status::EMPTY
    }

    /// Of an operation that failed.
    pub fn failed(error: Error) -> Status {
        Status { error: Some(error), ..Status::EMPTY }
    }

    /// The status when all went well, else the error.
    pub fn into_result(mut self) -> Result<Status> {
        match self.error.take() {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// What a receive from `MPI_PROC_NULL` gives.
    pub fn proc_null() -> Status {
        Status::new(Status::PROC_NULL, Status::ANY_TAG, 0)
    }
}

impl Default for Status {
    fn default() -> Status {
        Status::empty()
    }
}
