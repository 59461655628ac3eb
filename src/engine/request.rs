//! Requests: what an operation that has been started is, until its completion
//! has been collected. A slab: the id is the slot, slots are reused last in
//! first out, so that steady traffic allocates nothing.

use std::any::Any;
use std::sync::Arc;

use crate::channel::PeerId;
use crate::object::buffer::Buffer;
use crate::object::status::Status;
use crate::object::{Class, Error, Result};

use super::Engine;
use super::envelope::{Envelope, Mode, Pattern};
use super::packet::ReceiverToken;

/// Name of a request; the application's `MPI_Request` is this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub u32);

/// A persistent operation: `MPI_Start` makes one ordinary request of it.
pub trait Startable: Send + Sync {
    fn start(&self, engine: &Engine) -> Result<RequestId>;
}

pub(super) enum Operation {
    Send(Outbound),
    Receive(Receive),
    /// Progresses elsewhere: a [`super::Task`] or the application.
    External,
    /// Inactive or with one active operation.
    Persistent {
        startable: Arc<dyn Startable>,
        active: Option<RequestId>,
    },
    Complete(Status),
}

pub(super) struct Outbound {
    pub to: PeerId,
    pub envelope: Envelope,
    pub mode: Mode,
    pub buffer: Buffer,
    pub stage: SendStage,
    pub cancel_asked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendStage {
    /// Not yet accepted by the channel.
    Queued,
    /// Eager and synchronous: the data has left, the match is awaited.
    AwaitingMatch,
    /// Announced, waiting to be cleared.
    Announced,
    /// Cleared: `sent` of `accept` bytes are in the channel.
    Streaming { receiver: ReceiverToken, sent: u64, accept: u64 },
}

pub(super) struct Receive {
    pub pattern: Pattern,
    pub buffer: Buffer,
    pub stage: ReceiveStage,
}

pub(super) enum ReceiveStage {
    Posted,
    /// Matched with an announced message; `received` of `expected` bytes are here.
    Streaming {
        from: PeerId,
        received: u64,
        expected: u64,
        completion: Status,
    },
}

/// Whose request it is: the communicator whose error handler hears of its
/// failure. Opaque here, kept alive until the request has been collected.
pub type Owner = Arc<dyn Any + Send + Sync>;

/// A request that has ended.
pub struct Finished {
    pub status: Status,
    pub owner: Option<Owner>,
    /// False for a persistent request, which is only inactive now.
    pub gone: bool,
}

pub(super) struct Request {
    pub operation: Operation,
    pub owner: Option<Owner>,
    /// `MPI_Request_free` on an active request: the slot goes when it completes.
    pub released: bool,
}

#[derive(Default)]
pub(super) struct Requests {
    slots: Vec<Option<Request>>,
    free: Vec<u32>,
    /// Requests that have completed since the engine began.
    pub completions: u64,
}

impl Requests {
    pub fn insert(&mut self, operation: Operation) -> RequestId {
        let request = Request { operation, owner: None, released: false };
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(request);
                RequestId(slot)
            }
            None => {
                self.slots.push(Some(request));
                RequestId(self.slots.len() as u32 - 1)
            }
        }
    }

    pub fn find(&mut self, id: RequestId) -> Option<&mut Request> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }

    pub fn operation(&mut self, id: RequestId) -> Option<&mut Operation> {
        self.find(id).map(|request| &mut request.operation)
    }

    pub fn remove(&mut self, id: RequestId) -> Option<Request> {
        let request = self.slots.get_mut(id.0 as usize)?.take()?;
        self.free.push(id.0);
        Some(request)
    }

    pub fn complete(&mut self, id: RequestId, completion: Status) {
        self.completions += 1;
        let Some(request) = self.find(id) else { return };
        request.operation = Operation::Complete(completion);
        if request.released {
            self.remove(id);
        }
    }

    /// Whether `id` has completed; an inactive persistent request has.
    pub fn is_complete(&mut self, id: RequestId) -> bool {
        match self.operation(id) {
            Some(Operation::Persistent { active: Some(active), .. }) => {
                let active = *active;
                self.is_complete(active)
            }
            Some(Operation::Persistent { .. } | Operation::Complete(_)) | None => true,
            Some(_) => false,
        }
    }

    /// Ends `id` if it is complete: a plain request is gone after this, a
    /// persistent one inactive.
    pub fn finish(&mut self, id: RequestId) -> Option<Finished> {
        if !self.is_complete(id) {
            return None;
        }
        match self.find(id) {
            Some(Request { operation: Operation::Persistent { active, .. }, owner, .. }) => {
                let owner = owner.clone();
                let status = match active.take() {
                    Some(active) => self.finish(active)?.status,
                    None => Status::EMPTY,
                };
                Some(Finished { status, owner, gone: false })
            }
            Some(_) => match self.remove(id)? {
                Request { operation: Operation::Complete(status), owner, .. } => {
                    Some(Finished { status, owner, gone: true })
                }
                _ => unreachable!("is_complete said so"),
            },
            None => Some(Finished { status: Status::failed(unknown(id)), owner: None, gone: true }),
        }
    }

    pub fn ids(&self) -> impl Iterator<Item = RequestId> + use<'_> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.is_some())
            .map(|(slot, _)| RequestId(slot as u32))
    }
}

#[cold]
pub(super) fn unknown(id: RequestId) -> Error {
    Error::new(Class::Request, format!("request {} does not exist or was freed already", id.0))
}
