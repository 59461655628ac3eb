//! Requests: what an operation that has been started is, until its completion
//! has been collected. A slab: the id is the slot, slots are reused last in
//! first out, so that steady traffic allocates nothing.

use std::any::Any;
use std::sync::Arc;

use crate::channel::PeerId;
use crate::object::buffer::Buffer;
use crate::object::status::Status;
use crate::object::table::Found;
use crate::object::{Class, Error, Result};
use crate::secure::ProfileSet;

use super::Engine;
use super::envelope::{Envelope, Mode, Pattern};
use super::packet::ReceiverToken;
use super::partitioned::Partitioned;

/// Name of a request; the application's `MPI_Request` is this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub u32);

impl RequestId {
    /// The request of every send that was complete when it was started: one for
    /// all of them, always complete, and never gone.
    pub const SENT: RequestId = RequestId(0);
}

/// A persistent operation: `MPI_Start` makes one ordinary request of it.
pub trait Startable: Send + Sync {
    fn start(&self, engine: &Engine) -> Result<RequestId>;
}

/// What the application does about a generalized request (MPI-4.1, section
/// 13.2). None of it runs under a lock, nor by a thread that leads.
pub trait Generalized: Send + Sync {
    /// The status of the operation, and the error when it has one.
    fn query(&self) -> Status;
    /// The last call: the request is gone.
    fn free(&self) -> Result<()>;
    fn cancel(&self, complete: bool) -> Result<()>;
    /// True when [`Generalized::poll`] wants to be called while one waits.
    fn polls(&self) -> bool;
    /// Looks whether the operation has ended (an extension of MPICH's).
    fn poll(&self) -> Result<()>;
}

pub(super) enum Operation {
    Send(Outbound),
    Receive(Receive),
    /// Progresses elsewhere, in a [`super::Task`].
    External,
    /// Progresses in the application.
    General {
        application: Arc<dyn Generalized>,
        complete: bool,
    },
    /// Complete when both are; the status is the receive's.
    Pair {
        send: RequestId,
        receive: RequestId,
    },
    /// A partitioned send or receive, persistent like the next.
    Partitioned(Box<Partitioned>),
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
        /// The security contexts in which its data may come.
        admitted: ProfileSet,
    },
}

/// Whose request it is: the communicator whose error handler hears of its
/// failure. Opaque here, kept alive until the request has been collected.
#[derive(Clone)]
pub enum Owner {
    /// An `Arc` that lives as long as the process. It is not counted: every
    /// message on `MPI_COMM_WORLD` would write its count, twice.
    Lasting(&'static (dyn Any + Send + Sync)),
    Counted(Arc<dyn Any + Send + Sync>),
}

impl Owner {
    #[inline]
    pub fn of<T: Any + Send + Sync>(object: &Found<T>) -> Owner {
        match object.lasting() {
            Some(object) => Owner::Lasting(object),
            None => Owner::Counted(object.share()),
        }
    }

    /// The owner, if it is a `T`.
    pub fn downcast<T: Any + Send + Sync>(self) -> Option<Arc<T>> {
        match self {
            Owner::Lasting(object) => object.downcast_ref::<Arc<T>>().cloned(),
            Owner::Counted(object) => object.downcast().ok(),
        }
    }
}

/// A request that has ended.
pub struct Finished {
    pub status: Status,
    pub owner: Option<Owner>,
    /// False for a persistent request, which is only inactive now.
    pub gone: bool,
    /// There was nothing to end: a null or inactive request, whose status is
    /// the standard's empty one, error included (MPI-4.1, section 3.7.3).
    pub idle: bool,
    /// Of a generalized request: whom to ask for the status, and to tell that
    /// the request is gone.
    pub application: Option<Arc<dyn Generalized>>,
}

impl Finished {
    fn plain(status: Status, owner: Option<Owner>) -> Finished {
        Finished { status, owner, gone: true, idle: false, application: None }
    }

    /// [`RequestId::SENT`].
    #[inline]
    pub fn sent() -> Finished {
        Finished::plain(Status::EMPTY, None)
    }

    /// What `MPI_Wait` and its like report of a null or inactive request.
    pub fn nothing() -> Finished {
        Finished { gone: false, idle: true, ..Finished::plain(Status::EMPTY, None) }
    }

    /// The status, which the application tells for a generalized request.
    pub fn query(&self) -> Status {
        match &self.application {
            Some(application) => application.query(),
            None => self.status.clone(),
        }
    }

    /// The status, after the last word of the application: when it cannot free
    /// its part, that is the error (MPI-4.1, section 13.2). And whose error.
    #[inline]
    pub fn conclude(self) -> (Status, Option<Owner>) {
        let Some(application) = self.application else { return (self.status, self.owner) };
        let status = application.query();
        let status = match application.free() {
            Ok(()) => status,
            Err(error) => Status { error: Some(error), ..status },
        };
        (status, self.owner)
    }
}

pub(super) struct Request {
    pub operation: Operation,
    pub owner: Option<Owner>,
    /// `MPI_Request_free` on an active request: the slot goes when it completes.
    pub released: bool,
}

pub(super) struct Requests {
    slots: Vec<Option<Request>>,
    free: Vec<u32>,
    /// Requests that have completed since the engine began.
    pub completions: u64,
}

impl Default for Requests {
    fn default() -> Requests {
        let sent =
            Request { operation: Operation::Complete(Status::EMPTY), owner: None, released: false };
        Requests { slots: vec![Some(sent)], free: Vec::new(), completions: 0 }
    }
}

impl Requests {
    #[inline]
    pub fn insert(&mut self, operation: Operation) -> RequestId {
        self.insert_for(operation, None)
    }

    #[inline(always)]
    pub fn insert_for(&mut self, operation: Operation, owner: Option<Owner>) -> RequestId {
        let request = Request { operation, owner, released: false };
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

    #[inline]
    pub fn find(&mut self, id: RequestId) -> Option<&mut Request> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }

    #[inline]
    pub fn operation(&mut self, id: RequestId) -> Option<&mut Operation> {
        self.find(id).map(|request| &mut request.operation)
    }

    pub fn remove(&mut self, id: RequestId) -> Option<Request> {
        if id == RequestId::SENT {
            return None;
        }
        let request = self.slots.get_mut(id.0 as usize)?.take()?;
        self.free.push(id.0);
        Some(request)
    }

    #[inline]
    pub fn complete(&mut self, id: RequestId, completion: Status) {
        self.completions += 1;
        let Some(request) = self.find(id) else { return };
        match &mut request.operation {
            Operation::Partitioned(partitioned) => partitioned.complete(completion),
            operation => *operation = Operation::Complete(completion),
        }
        if request.released {
            self.remove(id);
        }
    }

    /// Whether `id` has completed; an inactive persistent request has.
    #[inline]
    pub fn is_complete(&mut self, id: RequestId) -> bool {
        match self.operation(id) {
            Some(Operation::Complete(_)) => true,
            Some(Operation::Receive(_) | Operation::Send(_) | Operation::External) => false,
            _ => self.is_compound_complete(id),
        }
    }

    fn is_compound_complete(&mut self, id: RequestId) -> bool {
        match self.operation(id) {
            Some(Operation::Persistent { active: Some(active), .. }) => {
                let active = *active;
                self.is_complete(active)
            }
            Some(Operation::Pair { send, receive }) => {
                let (send, receive) = (*send, *receive);
                self.is_complete(send) && self.is_complete(receive)
            }
            Some(Operation::General { complete, .. }) => *complete,
            Some(Operation::Partitioned(partitioned)) => !partitioned.is_active(),
            Some(Operation::Persistent { .. } | Operation::Complete(_)) | None => true,
            Some(_) => false,
        }
    }

    /// Ends a plain request, if it is complete. Most are, so this moves no more
    /// than it has to.
    #[inline]
    pub fn take_complete(&mut self, id: RequestId) -> Option<(Status, Option<Owner>)> {
        if id == RequestId::SENT {
            return Some((Status::EMPTY, None));
        }
        let slot = self.slots.get_mut(id.0 as usize)?;
        let Some(Request { operation: Operation::Complete(status), owner, .. }) = slot else {
            return None;
        };
        let ended = (std::mem::take(status), owner.take());
        *slot = None;
        self.free.push(id.0);
        Some(ended)
    }

    /// Ends a plain request that ended well, or such a round of a persistent one.
    /// Shows the status, and whether the request is gone. Else does nothing and
    /// says so.
    #[inline]
    pub fn end_well(&mut self, id: RequestId, tell: impl FnOnce(&Status, bool)) -> bool {
        let (ended, gone) = match self.operation(id) {
            Some(Operation::Persistent { active: Some(active), .. }) => (*active, false),
            _ => (id, true),
        };
        if ended == RequestId::SENT {
            tell(&Status::EMPTY, gone);
        } else {
            let Some(slot) = self.slots.get_mut(ended.0 as usize) else { return false };
            match slot {
                Some(Request { operation: Operation::Complete(status), .. })
                    if status.error.is_none() =>
                {
                    tell(status, gone);
                }
                _ => return false,
            }
            *slot = None;
            self.free.push(ended.0);
        }
        if !gone && let Some(Operation::Persistent { active, .. }) = self.operation(id) {
            *active = None;
        }
        true
    }

    /// Ends `id` if it is complete: a plain request is gone after this, a
    /// persistent one inactive.
    #[inline]
    pub fn finish(&mut self, id: RequestId) -> Option<Finished> {
        if let Some((status, owner)) = self.take_complete(id) {
            return Some(Finished::plain(status, owner));
        }
        if self.is_complete(id) { self.finish_compound(id) } else { None }
    }

    fn finish_compound(&mut self, id: RequestId) -> Option<Finished> {
        match self.find(id) {
            Some(Request { operation: Operation::Persistent { active, .. }, owner, .. }) => {
                let owner = owner.clone();
                let active = active.take();
                let finished = active.map_or(Some(Finished::nothing()), |id| self.finish(id))?;
                Some(Finished { owner, gone: false, ..finished })
            }
            Some(Request { operation: Operation::Partitioned(partitioned), owner, .. }) => {
                let finished = match partitioned.collect() {
                    Some(status) => Finished::plain(status, None),
                    None => Finished::nothing(),
                };
                Some(Finished { owner: owner.clone(), gone: false, ..finished })
            }
            Some(_) => {
                let Request { operation, owner, .. } = self.remove(id)?;
                match operation {
                    Operation::General { application, .. } => {
                        let application = Some(application);
                        Some(Finished { application, ..Finished::plain(Status::EMPTY, owner) })
                    }
                    Operation::Pair { send, receive } => {
                        let sent = self.finish(send)?.status;
                        let received = self.finish(receive)?.status;
                        Some(Finished::plain(both(sent, received), owner))
                    }
                    _ => unreachable!("is_complete said so"),
                }
            }
            None => Some(Finished::plain(Status::failed(unknown(id)), None)),
        }
    }

    /// How many entries, from the first on, are complete or null.
    pub fn leading_complete(&mut self, ids: &[Option<RequestId>]) -> usize {
        let pending = |id: &Option<RequestId>| id.is_some_and(|id| !self.is_complete(id));
        ids.iter().position(pending).unwrap_or(ids.len())
    }

    /// What [`Requests::finish`] would say, without ending the request.
    pub fn peek(&mut self, id: RequestId) -> Option<Finished> {
        if !self.is_complete(id) {
            return None;
        }
        let owner = self.find(id).and_then(|request| request.owner.clone());
        let status = match self.operation(id) {
            Some(Operation::Persistent { active, .. }) => match *active {
                Some(active) => return Some(Finished { owner, ..self.peek(active)? }),
                None => return Some(Finished { owner, ..Finished::nothing() }),
            },
            Some(Operation::General { application, .. }) => {
                let application = Some(application.clone());
                return Some(Finished { application, ..Finished::plain(Status::EMPTY, owner) });
            }
            Some(Operation::Pair { send, receive }) => {
                let (send, receive) = (*send, *receive);
                both(self.peek(send)?.status, self.peek(receive)?.status)
            }
            Some(Operation::Partitioned(partitioned)) => match partitioned.outcome() {
                Some(status) => status,
                None => return Some(Finished { owner, ..Finished::nothing() }),
            },
            Some(Operation::Complete(status)) => status.clone(),
            Some(_) => unreachable!("is_complete said so"),
            None => Status::failed(unknown(id)),
        };
        Some(Finished::plain(status, owner))
    }

    /// `MPI_Request_free`: what is under way goes on, and frees itself when it
    /// completes. Gives back whom to tell that a generalized request is gone.
    pub fn release(&mut self, id: RequestId) -> Option<Arc<dyn Generalized>> {
        let complete = self.is_complete(id);
        match self.operation(id)? {
            Operation::Persistent { active, .. } => {
                let active = *active;
                self.remove(id);
                active.and_then(|active| self.release(active))
            }
            Operation::Pair { send, receive } => {
                let (send, receive) = (*send, *receive);
                self.remove(id);
                self.release(send);
                self.release(receive);
                None
            }
            _ if complete => match self.remove(id)?.operation {
                Operation::General { application, .. } => Some(application),
                _ => None,
            },
            _ => {
                self.find(id)?.released = true;
                None
            }
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

/// The status of a send and a receive that are one request.
fn both(sent: Status, received: Status) -> Status {
    Status { error: received.error.or(sent.error), ..received }
}

#[cold]
pub(super) fn unknown(id: RequestId) -> Error {
    Error::new(Class::Request, format!("request {} does not exist or was freed already", id.0))
}
