//! The engine: matching, protocols, requests and progress of one process.
//!
//! An instance, never a global, so that a test holds a whole job in one
//! process. It knows ranks, tags and contexts, but no communicator, no ABI and
//! no socket: bytes go to a [`Channel`], application memory is a [`Buffer`].
//!
//! Locks: one mutex per virtual communication interface (there is one today);
//! application callbacks and [`Task`]s run outside it. Waiting: see `turn`.

mod envelope;
mod guard;
mod matching;
mod packet;
mod partitioned;
mod peer;
mod request;
mod tail;
mod task;
mod turn;
mod vci;

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::channel::report::LinkReport;
use crate::channel::{Channel, LinkError, PeerId, Waiter};
use crate::object::buffer::Buffer;
use crate::object::status::Status;
use crate::object::{Class, Error, Result};
use crate::secure::{NotGiven, ProfileId, Rulebook};

pub use envelope::{Envelope, Mode, Pattern, Source};
pub use peer::EAGER_CREDIT_MAX;
pub use request::{Finished, Generalized, Owner, RequestId, Startable};
pub use task::Task;
pub use vci::MessageId;

use guard::Guard;
use request::Operation;
use tail::Tail;
use task::Tasks;
use turn::{Next, Role, Spin, Turn};
use vci::{Core, Quick, Vci};

/// Longest sleep of a leader before it looks at the channel's deadlines again.
const SLEEP_MAX: Duration = Duration::from_millis(100);

/// Looks at the channel before a wait takes part in the turns (see `turn`).
/// What is on its way within a host is here by then, a microsecond or two
/// later, and has cost one lock and no look at the clock.
const QUICK_POLLS: u32 = 64;

/// What the engine is told when it is made.
pub struct Settings {
    /// Largest message sent without asking first, in bytes.
    pub eager_max: usize,
    /// Longest spin of a wait before it sleeps; zero where ranks share cores.
    pub spin_max: Duration,
    /// Which security context a message gets.
    pub rulebook: Arc<Rulebook>,
    /// Called once, outside all locks, when a security check failed. It ends
    /// the job; should it return, what depends on the link fails.
    pub on_security_failure: Box<dyn Fn(&LinkError) + Send + Sync>,
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
    tasks: Tasks,
    /// Generalized requests that wanted to be polled, ever made. Sequentially
    /// consistent for want of a reason to be less.
    polled: AtomicU32,
    settings: Settings,
}

impl Engine {
    pub fn new(me: PeerId, channel: Box<dyn Channel>, settings: Settings) -> Engine {
        let waiter = channel.waiter();
        let vci =
            Arc::new(Mutex::new(Vci::new(channel, settings.eager_max, settings.rulebook.clone())));
        let (tail, turn, tasks, polled) = Default::default();
        Engine { me, vci, tail, waiter, turn, tasks, polled, settings }
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
            (outcome, self.mind_tail(&vci), vci.core.alarm.take())
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

    /// Lets the tail's thread know when nothing lies behind, and says whether something
    /// does.
    #[inline]
    fn mind_tail(&self, vci: &Vci) -> bool {
        let behind = vci.channel.is_behind();
        if !behind {
            self.tail.caught_up();
        }
        behind
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
    pub fn isend(&self, to: PeerId, envelope: Envelope, mode: Mode, buffer: &Buffer) -> RequestId {
        self.with(|vci| vci.start_send(to, envelope, mode, buffer))
    }

    /// Sends a standard message if it can leave at once, else does nothing.
    pub fn send_now(&self, to: PeerId, envelope: Envelope, buffer: &Buffer) -> Option<Result<()>> {
        self.with(|vci| vci.send_now(to, envelope, buffer))
    }

    /// Sends and waits until the buffer is free again.
    pub fn send(&self, to: PeerId, envelope: Envelope, mode: Mode, buffer: &Buffer) -> Result<()> {
        if mode == Mode::Standard
            && let Some(outcome) = self.send_now(to, envelope, buffer)
        {
            return outcome;
        }
        let request = self.isend(to, envelope, mode, buffer);
        self.wait(request).into_result().map(drop)
    }

    /// Starts a receive. The buffer's memory stays valid and untouched by
    /// others until the request completes.
    pub fn irecv(&self, pattern: Pattern, buffer: Buffer) -> RequestId {
        self.with(|vci| vci.start_receive(pattern, buffer, None))
    }

    /// [`Engine::irecv`] and [`Engine::set_owner`] at once.
    #[inline]
    pub fn irecv_for(&self, pattern: Pattern, buffer: Buffer, owner: Owner) -> RequestId {
        self.with(|vci| vci.start_receive(pattern, buffer, Some(owner)))
    }

    pub fn recv(&self, pattern: Pattern, buffer: &Buffer) -> Status {
        let polls = self.locked_polls();
        match self.with(|vci| vci.receive_quickly(&pattern, buffer, polls)) {
            Quick::Done(status) => status,
            Quick::Posted(request) => {
                self.block_after(polls, |engine| engine.finish(request)).status
            }
        }
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

    /// Marks a request for cancellation (MPI-4.1, section 3.8.4). Of a
    /// generalized request the application is told.
    pub fn cancel(&self, id: RequestId) -> Result<()> {
        let mut asked = None;
        let general = self.with(|vci| match vci.core.requests.operation(id) {
            Some(Operation::General { application, complete }) => {
                Some((application.clone(), *complete))
            }
            _ => {
                asked = vci.cancel(id);
                None
            }
        });
        // A message to ourselves is decided upon now, by a turn for the question
        // and one for the answer: programs receive it when they are not told at
        // once that it was cancelled.
        if asked == Some(self.me) {
            self.step();
            self.step();
        }
        general.map_or(Ok(()), |(application, complete)| application.cancel(complete))
    }

    /// Forgets the matching state of a communicator that was freed.
    pub fn retire_context(&self, context: u64) {
        self.lock().core.retire(context);
    }
}

/// Security contexts of communicators.
impl Engine {
    /// The guard, made if there is none yet.
    fn guard(vci: &mut Vci) -> &mut Guard {
        let book = &vci.core.book;
        vci.core.guard.get_or_insert_with(|| Box::new(Guard::new(book.clone())))
    }

    /// A communicator was made, from `parent` if it has one, and asked for a
    /// context if it did. To be told before anything is sent or received on it.
    pub fn comm_made(&self, context: u64, parent: Option<u64>, asked: Option<ProfileId>) {
        let mut vci = self.lock();
        if asked.is_some() || vci.core.guard.is_some() {
            Engine::guard(&mut vci).made(context, parent, asked);
        }
    }

    pub fn comm_named(&self, context: u64, name: &str) {
        if let Some(guard) = &mut self.lock().core.guard {
            guard.named(context, name);
        }
    }

    /// What a program may ask for under this name on a communicator.
    pub fn find_context(&self, context: u64, name: &str) -> Result<ProfileId, NotGiven> {
        let vci = self.lock();
        guard::ask(&vci.core.book, vci.core.guard.as_deref(), context, name)
    }

    /// From now on this side sends on the communicator in what was asked for;
    /// `None` takes it back.
    pub fn ask_for_context(&self, context: u64, asked: Option<ProfileId>) {
        let mut vci = self.lock();
        if asked.is_some() || vci.core.guard.is_some() {
            Engine::guard(&mut vci).ask(context, asked);
        }
    }

    /// A phase of the program, as `MPI_Pcontrol` tells it: the levels from 2 on
    /// are the policy's.
    pub fn set_phase(&self, level: i32) {
        let mut vci = self.lock();
        let raises = vci.core.book.levels.iter().any(|profile| *profile != ProfileId::LINK);
        if raises || vci.core.guard.is_some() {
            Engine::guard(&mut vci).set_phase(level);
        }
    }

    /// The name of the context in which a message would leave.
    pub fn context_of(&self, to: PeerId, envelope: &Envelope, len: usize) -> String {
        let vci = self.lock();
        let guard = vci.core.guard.as_ref();
        let profile = guard.map_or(ProfileId::LINK, |g| g.outgoing(to, envelope, len as u64));
        vci.core.book.profiles.name(profile).to_owned()
    }
}

/// Requests.
impl Engine {
    /// A request that is complete from the start (`MPI_PROC_NULL`).
    pub fn completed(&self, completion: Status) -> RequestId {
        self.lock().core.completed(completion)
    }

    /// A send and a receive under way, as one request.
    pub fn pair(&self, send: RequestId, receive: RequestId) -> RequestId {
        self.lock().core.requests.insert(Operation::Pair { send, receive })
    }

    /// A generalized request.
    pub fn general(&self, application: Arc<dyn Generalized>) -> RequestId {
        if application.polls() {
            self.polled.fetch_add(1, SeqCst);
        }
        self.lock().core.requests.insert(Operation::General { application, complete: false })
    }

    /// `MPI_Grequest_complete`
    pub fn complete_general(&self, id: RequestId) -> Result<()> {
        let gone = self.with(|vci| {
            let requests = &mut vci.core.requests;
            match requests.operation(id) {
                Some(Operation::General { complete, .. }) if !*complete => *complete = true,
                Some(Operation::General { .. }) => {
                    let text = format!("generalized request {} is complete already", id.0);
                    return Err(Error::new(Class::Request, text));
                }
                Some(_) => {
                    let text = format!("request {} is not a generalized one", id.0);
                    return Err(Error::new(Class::Request, text));
                }
                None => return Err(request::unknown(id)),
            }
            requests.completions += 1;
            let released = requests.find(id).is_some_and(|request| request.released);
            Ok(if released { requests.release(id) } else { None })
        })?;
        gone.map_or(Ok(()), |application| application.free())
    }

    /// Lets the application look after those of its generalized requests that
    /// are not complete and want it; true when there are such.
    pub fn poll_general(&self, ids: impl IntoIterator<Item = RequestId>) -> Result<bool> {
        if self.polled.load(SeqCst) == 0 {
            return Ok(false);
        }
        let applications: Vec<Arc<dyn Generalized>> = {
            let mut vci = self.lock();
            let requests = &mut vci.core.requests;
            let wanting = |id| match requests.operation(id) {
                Some(Operation::General { application, complete: false })
                    if application.polls() =>
                {
                    Some(application.clone())
                }
                _ => None,
            };
            ids.into_iter().filter_map(wanting).collect()
        };
        applications.iter().try_for_each(|application| application.poll())?;
        Ok(!applications.is_empty())
    }

    /// A request that completes when `task` is done.
    pub fn spawn(&self, task: Box<dyn Task>) -> RequestId {
        let id = self.lock().core.requests.insert(Operation::External);
        self.tasks.add(id, task);
        self.tasks.advance(self);
        id
    }

    fn complete(&self, id: RequestId, completion: Status) {
        self.with(|vci| vci.core.requests.complete(id, completion));
    }

    /// An inactive persistent request.
    pub fn persistent(&self, startable: Arc<dyn Startable>) -> RequestId {
        let operation = Operation::Persistent { startable, active: None };
        self.lock().core.requests.insert(operation)
    }

    /// An error when there is no such request.
    pub fn known(&self, id: RequestId) -> Result<()> {
        let known = self.lock().core.requests.find(id).is_some();
        if known { Ok(()) } else { Err(request::unknown(id)) }
    }

    /// Index of the first entry that names no request (any more).
    pub fn first_unknown(&self, ids: &[Option<RequestId>]) -> Option<usize> {
        let mut vci = self.lock();
        let requests = &mut vci.core.requests;
        ids.iter().position(|id| id.is_some_and(|id| requests.find(id).is_none()))
    }

    /// An error when [`Engine::start`] would not do.
    pub fn check_startable(&self, id: RequestId) -> Result<()> {
        let text = match self.lock().core.requests.operation(id) {
            Some(Operation::Persistent { active: None, .. }) => return Ok(()),
            Some(Operation::Partitioned(partitioned)) if partitioned.is_inactive() => {
                return Ok(());
            }
            Some(Operation::Persistent { .. } | Operation::Partitioned(_)) => {
                format!("persistent request {} is active already; complete it first", id.0)
            }
            Some(_) => format!("request {} is not persistent and cannot be started", id.0),
            None => return Err(request::unknown(id)),
        };
        Err(Error::new(Class::Request, text))
    }

    /// Starts a persistent request (MPI-4.1, section 3.9).
    pub fn start(&self, id: RequestId) -> Result<()> {
        self.check_startable(id)?;
        let found = self.with(|vci| match vci.core.requests.operation(id) {
            Some(Operation::Persistent { startable, .. }) => Some(startable.clone()),
            _ => {
                vci.start_partitioned(id);
                None
            }
        });
        let Some(startable) = found else { return Ok(()) };
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

    pub fn owner(&self, id: RequestId) -> Option<Owner> {
        self.lock().core.requests.find(id)?.owner.clone()
    }

    pub fn phase(&self, id: RequestId) -> Phase {
        let mut vci = self.lock();
        let requests = &mut vci.core.requests;
        match requests.operation(id) {
            None => return Phase::Unknown,
            Some(Operation::Persistent { active: None, .. }) => return Phase::Inactive,
            Some(Operation::Partitioned(it)) if it.is_inactive() => return Phase::Inactive,
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
        self.lock().core.requests.leading_complete(ids)
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

    /// Ends the requests that ended well, from the first on, under one lock, and
    /// says how many these are. It stops at one that failed, is inactive or asks
    /// the application something: that is for [`Engine::finish`]. `tell` is shown
    /// each status, of null entries too, and whether the request is gone; it must
    /// not block.
    pub fn end_well(
        &self,
        ids: &[Option<RequestId>],
        mut tell: impl FnMut(usize, &Status, bool),
    ) -> usize {
        let mut vci = self.lock();
        let requests = &mut vci.core.requests;
        let mut ends = |(i, id): (usize, &Option<RequestId>)| match id {
            Some(id) => requests.end_well(*id, |status, gone| tell(i, status, gone)),
            None => {
                tell(i, &Status::EMPTY, false);
                true
            }
        };
        ids.iter().enumerate().position(|entry| !ends(entry)).unwrap_or(ids.len())
    }

    /// [`Engine::finish`] when only the status matters.
    pub fn collect(&self, id: RequestId) -> Option<Status> {
        self.finish(id).map(|finished| finished.status)
    }

    /// The completion without ending the request (`MPI_Request_get_status`).
    pub fn peek(&self, id: RequestId) -> Option<Finished> {
        self.lock().core.requests.peek(id)
    }

    /// Waits until `id` is complete and ends it.
    pub fn finish_wait(&self, id: RequestId) -> Finished {
        if id == RequestId::SENT {
            return Finished::sent();
        }
        self.wait_until(|core| core.requests.finish(id))
    }

    /// Waits until all of these are complete, which null entries are.
    pub fn wait_for_all(&self, ids: &[Option<RequestId>]) {
        // Requests before this index are known to be complete.
        let mut done = 0;
        self.wait_until(|core| {
            done += core.requests.leading_complete(&ids[done..]);
            (done == ids.len()).then_some(())
        })
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
    pub fn release(&self, id: RequestId) -> Result<()> {
        let gone = self.lock().core.release(id);
        gone.map_or(Ok(()), |application| application.free())
    }
}

/// Progress and waiting.
impl Engine {
    /// One turn: moves what can be moved, without blocking. True when anything
    /// moved.
    ///
    /// A thread that finds nothing to move while others of the process wait
    /// gives the processor away. It may be testing in a loop, and a kernel lets
    /// such a thread finish its slice before it runs those that were woken:
    /// with three threads in `MPI_Iprobe` on each of two ranks a fourth made
    /// 10 round trips a second on one core and 24 on two, and 994 and 1,622 once
    /// the testing threads gave way (Linux 6.18, 2026-11-27). The leader does the
    /// same meanwhile, which was not measured apart. A fair mutex made no
    /// difference.
    pub fn progress(&self) -> bool {
        let moved = self.step();
        if !moved && self.turn.is_waited_in() {
            std::thread::yield_now();
        }
        moved
    }

    fn step(&self) -> bool {
        let (moved, alarm) = {
            let mut vci = self.lock();
            let moved = vci.turn();
            self.mind_tail(&vci);
            (moved, vci.core.alarm.take())
        };
        if let Some(error) = alarm {
            (self.settings.on_security_failure)(&error);
        }
        if moved {
            self.publish();
        }
        self.tasks.advance(self) | moved
    }

    /// One look where ranks share cores: there the peer does not run meanwhile.
    #[inline]
    fn quick_polls(&self) -> u32 {
        if self.settings.spin_max.is_zero() || self.turn.has_company() { 1 } else { QUICK_POLLS }
    }

    /// Looks that a wait may take without giving the lock back meanwhile.
    #[inline]
    fn locked_polls(&self) -> u32 {
        // Tasks advance outside the lock.
        if self.tasks.is_empty() { self.quick_polls() } else { 0 }
    }

    /// [`Engine::block_until`] for a question about the core: asks at once, and
    /// again after each of some turns, all under one lock.
    #[inline]
    fn wait_until<T>(&self, mut ready: impl FnMut(&mut Core) -> Option<T>) -> T {
        let polls = self.locked_polls();
        let quickly = |vci: &mut Vci| {
            let answer = ready(&mut vci.core);
            answer.or_else(|| vci.turn_until(polls, &mut ready))
        };
        match self.with(quickly) {
            Some(answer) => answer,
            None => self.block_after(polls, |engine| ready(&mut engine.lock().core)),
        }
    }

    /// [`Engine::block_until`] after so many looks in vain.
    fn block_after<T>(&self, polls: u32, ready: impl FnMut(&Engine) -> Option<T>) -> T {
        if polls > 0 { self.take_turns(ready) } else { self.block_until(ready) }
    }

    /// Progresses until `ready` answers; spins a bounded time, then sleeps.
    /// `ready` must not block; it is asked again after every change.
    pub fn block_until<T>(&self, mut ready: impl FnMut(&Engine) -> Option<T>) -> T {
        if let Some(answer) = ready(self) {
            return answer;
        }
        for _ in 0..self.quick_polls() {
            self.step();
            if let Some(answer) = ready(self) {
                return answer;
            }
        }
        self.take_turns(ready)
    }

    fn take_turns<T>(&self, mut ready: impl FnMut(&Engine) -> Option<T>) -> T {
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
            self.step();
            if let Some(answer) = ready(self) {
                if armed {
                    self.waiter.disarm();
                }
                if !slept {
                    spin.succeeded();
                }
                return answer;
            }
            if self.turn.was_looked_at() {
                std::thread::yield_now();
            }
            if self.turn.epoch() != seen {
                spin.restart();
                continue;
            }
            match spin.next() {
                Next::Spin => {}
                Next::Yield => std::thread::yield_now(),
                Next::Sleep => {
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
            let (is_done, now) = (done(&self.lock()), Instant::now());
            if is_done || now >= deadline {
                self.waiter.disarm();
                return is_done;
            }
            if !self.step() && !self.waiter.arm() {
                self.waiter.wait((deadline - now).min(SLEEP_MAX));
            }
        }
    }
}

#[cfg(test)]
mod partitioned_simulation;
#[cfg(test)]
mod guard_simulation;

#[cfg(test)]
mod simulation;
