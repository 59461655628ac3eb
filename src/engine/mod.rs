//! The engine: matching, protocols, requests and progress of one process.
//!
//! An instance, never a global, so that a test holds a whole job in one
//! process. It knows ranks, tags and contexts, but no communicator, no ABI and
//! no socket: bytes go to a [`Channel`], application memory is a [`Buffer`].
//!
//! Locks: one mutex per virtual communication interface (there is one today);
//! application callbacks and [`Task`]s run outside it. Waiting: see `turn`.

mod envelope;
mod matching;
mod packet;
mod peer;
mod request;
mod tail;
mod turn;
mod vci;

use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::channel::report::LinkReport;
use crate::channel::{Channel, LinkError, PeerId, Waiter};
use crate::object::buffer::Buffer;
use crate::object::status::Status;
use crate::object::{Class, Error, Result};

pub use envelope::{Envelope, Mode, Pattern, Source};
pub use peer::EAGER_CREDIT_MAX;
pub use request::{Finished, Owner, RequestId, Startable};
pub use vci::MessageId;

use request::Operation;
use tail::Tail;
use turn::{Role, Spin, Turn};
use vci::Vci;

/// Longest sleep of a leader before it looks at the channel's deadlines again.
const SLEEP_MAX: Duration = Duration::from_millis(100);

/// What the engine is told when it is made.
pub struct Settings {
    /// Largest message sent without asking first, in bytes.
    pub eager_max: usize,
    /// Longest spin of a wait before it sleeps; zero where ranks share cores.
    pub spin_max: Duration,
    /// Called once, outside all locks, when a security check failed. It ends
    /// the job; should it return, what depends on the link fails.
    pub on_security_failure: Box<dyn Fn(&LinkError) + Send + Sync>,
}

/// Work that advances with the engine: a nonblocking collective, say.
pub trait Task: Send {
    /// Does what can be done now, without blocking. Runs outside all locks and
    /// may start operations. `Ready` completes the request.
    fn advance(&mut self, engine: &Engine) -> Poll<Result<()>>;
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No such request.
    Unknown,
    /// A persistent request that was not started, or was collected since.
    Inactive,
    Pending,
    Complete,
}

pub struct Engine {
    me: PeerId,
    vci: Arc<Mutex<Vci>>,
    tail: Tail,
    waiter: Arc<dyn Waiter>,
    turn: Turn,
    tasks: Mutex<Vec<(RequestId, Box<dyn Task>)>>,
    settings: Settings,
}

impl Engine {
    pub fn new(me: PeerId, channel: Box<dyn Channel>, settings: Settings) -> Engine {
        let waiter = channel.waiter();
        let vci = Arc::new(Mutex::new(Vci::new(channel, settings.eager_max)));
        let (tail, turn, tasks) = (Tail::default(), Turn::default(), Mutex::default());
        Engine { me, vci, tail, waiter, turn, tasks, settings }
    }

    /// The process this engine is.
    pub fn me(&self) -> PeerId {
        self.me
    }

    fn lock(&self) -> MutexGuard<'_, Vci> {
        self.vci.lock().expect("no thread panics and lives")
    }

    /// Runs `act` under the lock, then tells those whom it may concern.
    fn with<T>(&self, act: impl FnOnce(&mut Vci) -> T) -> T {
        let (outcome, behind, alarm) = {
            let mut vci = self.lock();
            let outcome = act(&mut vci);
            (outcome, vci.channel.is_behind(), vci.core.alarm.take())
        };
        if behind {
            self.tail.left_behind(&self.vci);
        }
        self.publish();
        if let Some(error) = alarm {
            (self.settings.on_security_failure)(&error);
        }
        outcome
    }

    fn publish(&self) {
        if self.turn.publish() {
            self.waiter.wake();
        }
    }
}

/// Point-to-point operations.
impl Engine {
    /// Starts a send. The buffer's memory stays valid and unchanged until the
    /// request completes.
    pub fn isend(&self, to: PeerId, envelope: Envelope, mode: Mode, buffer: Buffer) -> RequestId {
        self.with(|vci| vci.start_send(to, envelope, mode, buffer))
    }

    /// Sends and waits until the buffer is free again.
    pub fn send(&self, to: PeerId, envelope: Envelope, mode: Mode, buffer: &Buffer) -> Result<()> {
        if mode == Mode::Standard
            && let Some(outcome) = self.with(|vci| vci.send_now(to, envelope, buffer))
        {
            return outcome;
        }
        let request = self.isend(to, envelope, mode, buffer.clone());
        self.wait(request).into_result().map(drop)
    }

    /// Starts a receive. The buffer's memory stays valid and untouched by
    /// others until the request completes.
    pub fn irecv(&self, pattern: Pattern, buffer: Buffer) -> RequestId {
        self.with(|vci| vci.start_receive(pattern, buffer))
    }

    pub fn recv(&self, pattern: Pattern, buffer: &Buffer) -> Status {
        if let Some(completion) = self.with(|vci| vci.receive_now(&pattern, buffer)) {
            return completion;
        }
        let request = self.irecv(pattern, buffer.clone());
        self.wait(request)
    }

    /// Looks for a message without receiving it, after one turn of progress.
    pub fn iprobe(&self, pattern: &Pattern) -> Option<Result<Status>> {
        self.progress();
        self.look(pattern)
    }

    pub fn probe(&self, pattern: &Pattern) -> Result<Status> {
        self.block_until(|engine| engine.look(pattern))
    }

    fn look(&self, pattern: &Pattern) -> Option<Result<Status>> {
        let mut vci = self.lock();
        match vci.core.probe(pattern) {
            Some(completion) => Some(Ok(completion)),
            None => vci.core.loss_of(pattern).map(Err),
        }
    }

    /// Matched probe (MPI-4.1, section 3.8.2): takes the message it finds.
    pub fn improbe(&self, pattern: &Pattern) -> Option<Result<(MessageId, Status)>> {
        self.progress();
        self.claim(pattern)
    }

    pub fn mprobe(&self, pattern: &Pattern) -> Result<(MessageId, Status)> {
        self.block_until(|engine| engine.claim(pattern))
    }

    fn claim(&self, pattern: &Pattern) -> Option<Result<(MessageId, Status)>> {
        let mut vci = self.lock();
        match vci.core.claim_message(pattern) {
            Some(found) => Some(Ok(found)),
            None => vci.core.loss_of(pattern).map(Err),
        }
    }

    /// Receives the message of a matched probe.
    pub fn imrecv(&self, message: MessageId, buffer: Buffer) -> Result<RequestId> {
        self.with(|vci| vci.start_matched_receive(message, buffer)).ok_or_else(|| {
            Error::new(Class::Request, format!("message {} was received already", message.0))
        })
    }

    /// Marks a request for cancellation (MPI-4.1, section 3.8.4).
    pub fn cancel(&self, id: RequestId) {
        self.with(|vci| vci.cancel(id));
    }

    /// Forgets the matching state of a communicator that was freed.
    pub fn retire_context(&self, context: u64) {
        self.lock().core.matching.retire(context);
    }
}

/// Requests.
impl Engine {
    /// A request that is complete from the start (`MPI_PROC_NULL`).
    pub fn completed(&self, completion: Status) -> RequestId {
        self.lock().core.completed(completion)
    }

    /// A request that [`Engine::complete`] will complete (generalized requests).
    pub fn external(&self) -> RequestId {
        self.lock().core.requests.insert(Operation::External)
    }

    pub fn complete(&self, id: RequestId, completion: Status) {
        self.with(|vci| vci.core.requests.complete(id, completion));
    }

    /// A request that completes when `task` is done.
    pub fn spawn(&self, task: Box<dyn Task>) -> RequestId {
        let id = self.external();
        self.tasks().push((id, task));
        self.advance_tasks();
        id
    }

    /// An inactive persistent request.
    pub fn persistent(&self, startable: Arc<dyn Startable>) -> RequestId {
        let operation = Operation::Persistent { startable, active: None };
        self.lock().core.requests.insert(operation)
    }

    /// Starts a persistent request (MPI-4.1, section 3.9).
    pub fn start(&self, id: RequestId) -> Result<()> {
        let startable = match self.lock().core.requests.operation(id) {
            Some(Operation::Persistent { startable, active: None }) => startable.clone(),
            Some(Operation::Persistent { .. }) => {
                return Err(Error::new(
                    Class::Request,
                    format!("persistent request {} is active already; complete it first", id.0),
                ));
            }
            Some(_) => {
                return Err(Error::new(
                    Class::Request,
                    format!("request {} is not persistent and cannot be started", id.0),
                ));
            }
            None => return Err(request::unknown(id)),
        };
        let started = startable.start(self)?;
        if let Some(Operation::Persistent { active, .. }) = self.lock().core.requests.operation(id)
        {
            *active = Some(started);
        }
        Ok(())
    }

    /// Says whose request `id` is.
    pub fn set_owner(&self, id: RequestId, owner: Owner) {
        if let Some(request) = self.lock().core.requests.find(id) {
            request.owner = Some(owner);
        }
    }

    pub fn phase(&self, id: RequestId) -> Phase {
        let mut vci = self.lock();
        let requests = &mut vci.core.requests;
        match requests.operation(id) {
            None => return Phase::Unknown,
            Some(Operation::Persistent { active: None, .. }) => return Phase::Inactive,
            Some(_) => {}
        }
        if requests.is_complete(id) { Phase::Complete } else { Phase::Pending }
    }

    pub fn is_complete(&self, id: RequestId) -> bool {
        self.lock().core.requests.is_complete(id)
    }

    /// Index of the first complete request, looked at under one lock.
    pub fn first_complete(&self, ids: impl IntoIterator<Item = RequestId>) -> Option<usize> {
        let mut vci = self.lock();
        ids.into_iter().position(|id| vci.core.requests.is_complete(id))
    }

    /// How many entries, from the first on, are complete or null.
    pub fn leading_complete(&self, ids: &[Option<RequestId>]) -> usize {
        let mut vci = self.lock();
        let requests = &mut vci.core.requests;
        let pending = |id: &Option<RequestId>| id.is_some_and(|id| !requests.is_complete(id));
        ids.iter().position(pending).unwrap_or(ids.len())
    }

    pub fn all_complete(&self, ids: impl IntoIterator<Item = RequestId>) -> bool {
        let mut vci = self.lock();
        ids.into_iter().all(|id| vci.core.requests.is_complete(id))
    }

    /// Ends `id` if it is complete: a plain request is gone after this, a
    /// persistent one inactive. Makes no progress.
    pub fn finish(&self, id: RequestId) -> Option<Finished> {
        self.lock().core.requests.finish(id)
    }

    /// [`Engine::finish`] when only the status matters.
    pub fn collect(&self, id: RequestId) -> Option<Status> {
        self.finish(id).map(|finished| finished.status)
    }

    /// The completion without ending the request (`MPI_Request_get_status`).
    pub fn peek(&self, id: RequestId) -> Option<Status> {
        let mut vci = self.lock();
        let requests = &mut vci.core.requests;
        let id = match requests.operation(id)? {
            Operation::Persistent { active: None, .. } => return Some(Status::EMPTY),
            Operation::Persistent { active: Some(active), .. } => *active,
            _ => id,
        };
        match requests.operation(id)? {
            Operation::Complete(completion) => Some(completion.clone()),
            _ => None,
        }
    }

    /// Waits until `id` is complete and ends it.
    pub fn finish_wait(&self, id: RequestId) -> Finished {
        match self.finish(id) {
            Some(finished) => finished,
            None => self.block_until(|engine| engine.finish(id)),
        }
    }

    pub fn wait(&self, id: RequestId) -> Status {
        self.finish_wait(id).status
    }

    /// Like `wait`, but only looks, after one turn of progress.
    pub fn test(&self, id: RequestId) -> Option<Status> {
        self.progress();
        self.collect(id)
    }

    /// `MPI_Request_free`: an active request goes on and frees itself.
    pub fn release(&self, id: RequestId) {
        let mut vci = self.lock();
        let requests = &mut vci.core.requests;
        let active = match requests.operation(id) {
            Some(Operation::Persistent { active, .. }) => {
                let active = *active;
                requests.remove(id);
                match active {
                    Some(active) => active,
                    None => return,
                }
            }
            _ => id,
        };
        if requests.is_complete(active) {
            requests.remove(active);
        } else if let Some(request) = requests.find(active) {
            request.released = true;
        }
    }
}

/// Progress and waiting.
impl Engine {
    /// One turn: moves what can be moved, without blocking. True when anything
    /// moved.
    pub fn progress(&self) -> bool {
        let (moved, alarm) = {
            let mut vci = self.lock();
            (vci.turn(), vci.core.alarm.take())
        };
        if let Some(error) = alarm {
            (self.settings.on_security_failure)(&error);
        }
        if moved {
            self.publish();
        }
        self.advance_tasks() | moved
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<(RequestId, Box<dyn Task>)>> {
        self.tasks.lock().expect("no thread panics and lives")
    }

    fn advance_tasks(&self) -> bool {
        // Taken out of the list, so that no lock is held while a task runs the
        // application's reduction operation.
        let mut tasks = std::mem::take(&mut *self.tasks());
        if tasks.is_empty() {
            return false;
        }
        let before = tasks.len();
        tasks.retain_mut(|(id, task)| match task.advance(self) {
            Poll::Pending => true,
            Poll::Ready(outcome) => {
                let completion = match outcome {
                    Ok(()) => Status::EMPTY,
                    Err(error) => Status::failed(error),
                };
                self.complete(*id, completion);
                false
            }
        });
        let finished = tasks.len() < before;
        let mut list = self.tasks();
        tasks.append(&mut list);
        *list = tasks;
        finished
    }

    /// Progresses until `ready` answers; spins a bounded time, then sleeps.
    /// `ready` must not block; it is asked again after every change.
    pub fn block_until<T>(&self, mut ready: impl FnMut(&Engine) -> Option<T>) -> T {
        self.turn.enter();
        let answer = loop {
            let seen = self.turn.epoch();
            if let Some(answer) = ready(self) {
                break answer;
            }
            if let Role::Leader = self.turn.lead_or_follow(seen) {
                let answer = self.lead(&mut ready);
                self.turn.hand_over();
                break answer;
            }
        };
        self.turn.leave();
        answer
    }

    fn lead<T>(&self, ready: &mut impl FnMut(&Engine) -> Option<T>) -> T {
        let mut spin = Spin::begin(&self.turn, self.settings.spin_max);
        let mut slept = false;
        let mut armed = false;
        loop {
            let seen = self.turn.epoch();
            self.progress();
            if let Some(answer) = ready(self) {
                if armed {
                    self.waiter.disarm();
                }
                if !slept {
                    spin.succeeded();
                }
                return answer;
            }
            if self.turn.epoch() != seen {
                spin.restart();
            } else if !spin.again() {
                armed = true;
                if self.waiter.arm() {
                    continue;
                }
                if !slept {
                    spin.slept();
                    slept = true;
                }
                self.turn.sleep(seen, || self.waiter.wait(SLEEP_MAX));
                spin.restart();
            }
        }
    }

    /// Progresses until everything sent has left this process; false when that
    /// took longer than `timeout`.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.progress_within(timeout, |vci| vci.channel.is_flushed())
    }

    /// The channel's account of its links.
    pub fn link_report(&self) -> Option<LinkReport> {
        self.lock().channel.report()
    }

    /// Ends all links in order; false when a peer did not answer in time.
    pub fn close(&self, timeout: Duration) -> bool {
        self.lock().channel.close();
        self.progress_within(timeout, |vci| vci.channel.is_closed())
    }

    fn progress_within(&self, timeout: Duration, done: impl Fn(&Vci) -> bool) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            if done(&self.lock()) {
                return true;
            }
            let now = Instant::now();
            if now >= deadline {
                return false;
            }
            if !self.progress() && !self.waiter.arm() {
                self.waiter.wait((deadline - now).min(SLEEP_MAX));
            }
        }
    }
}

#[cfg(test)]
mod simulation;
