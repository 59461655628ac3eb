//! Work that advances with the engine: nonblocking collectives, flushes.
//!
//! Every thread that makes progress advances all tasks, but each task is one
//! thread's at a time and no lock of the engine is held meanwhile: a task may
//! run a reduction of the application. Who finds a task in other hands leaves
//! word, and the thread that has it advances it once more; nothing that
//! happened meanwhile is missed, and no task waits for another one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::task::Poll;

use smallvec::SmallVec;

use super::Engine;
use super::request::RequestId;
use crate::object::Result;
use crate::object::status::Status;

/// Work that advances with the engine: a nonblocking collective, say.
pub trait Task: Send {
    /// Does what can be done now, without blocking. Runs outside all locks and
    /// may start operations. `Ready` completes the request.
    fn advance(&mut self, engine: &Engine) -> Poll<Result<()>>;
}

struct Running {
    request: RequestId,
    /// `None` when the task is done.
    task: Mutex<Option<Box<dyn Task>>>,
    /// Somebody wanted to advance it while another thread did. Sequentially
    /// consistent: raised before the second try for the lock, looked at after
    /// the lock was given back.
    again: AtomicBool,
    /// It has ended and may leave the list.
    done: AtomicBool,
}

#[derive(Default)]
pub(super) struct Tasks {
    list: Mutex<Vec<Arc<Running>>>,
    /// Length of the list. Relaxed: who adds a task advances it itself, and who
    /// misses it now sees it at the next turn.
    count: AtomicUsize,
}

impl Tasks {
    fn list(&self) -> MutexGuard<'_, Vec<Arc<Running>>> {
        self.list.lock().expect("no thread panics and lives")
    }

    pub fn add(&self, request: RequestId, task: Box<dyn Task>) {
        let task = Mutex::new(Some(task));
        let (again, done) = Default::default();
        let mut list = self.list();
        list.push(Arc::new(Running { request, task, again, done }));
        self.count.store(list.len(), Relaxed);
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count.load(Relaxed) == 0
    }

    /// Advances all tasks; true when one ended.
    pub fn advance(&self, engine: &Engine) -> bool {
        if self.is_empty() {
            return false;
        }
        let all: SmallVec<[Arc<Running>; 8]> = {
            let list = self.list();
            if list.is_empty() {
                return false;
            }
            list.iter().cloned().collect()
        };
        let ended = all.iter().filter(|running| running.advance(engine)).count();
        if ended > 0 {
            let mut list = self.list();
            list.retain(|running| !running.done.load(SeqCst));
            self.count.store(list.len(), Relaxed);
        }
        ended > 0
    }
}

impl Running {
    /// True when the task ended here and now.
    fn advance(&self, engine: &Engine) -> bool {
        let mut ended = false;
        loop {
            let Some(mut task) = self.claim() else { return ended };
            if let Some(running) = task.as_mut()
                && let Poll::Ready(outcome) = running.advance(engine)
            {
                *task = None;
                drop(task);
                self.done.store(true, SeqCst);
                let failed = Status::failed;
                engine.complete(self.request, outcome.map_or_else(failed, |()| Status::EMPTY));
                ended = true;
            } else {
                drop(task);
            }
            if !self.again.swap(false, SeqCst) {
                return ended;
            }
        }
    }

    fn claim(&self) -> Option<MutexGuard<'_, Option<Box<dyn Task>>>> {
        match self.task.try_lock() {
            Ok(task) => return Some(task),
            Err(TryLockError::Poisoned(_)) => unreachable!("no thread panics and lives"),
            Err(TryLockError::WouldBlock) => self.again.store(true, SeqCst),
        }
        // It may have been given back before the word was left.
        self.task.try_lock().ok()
    }
}
