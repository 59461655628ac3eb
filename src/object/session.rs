//! Sessions (MPI-4.1, section 11.3): a library's own way into MPI, beside the
//! world that `MPI_Init` makes. All sessions of a process share its engine; a
//! session by itself is its error handler and what its caller asked for.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::attached::Attachment;
use super::errhandler::Errhandler;
use super::handle::HandleCell;
use super::info::Info;

#[derive(Debug)]
pub struct Session {
    pub errhandler: ArcSwap<Errhandler>,
    pub info: ArcSwap<Info>,
    /// For buffered sends on communicators that come from this session and
    /// have no buffer of their own.
    pub attachment: Attachment,
    pub handle: HandleCell,
}

impl Session {
    pub fn new(errhandler: Arc<Errhandler>, info: Info) -> Session {
        Session {
            errhandler: ArcSwap::new(errhandler),
            info: ArcSwap::new(Arc::new(info)),
            attachment: Attachment::default(),
            handle: HandleCell::default(),
        }
    }
}
