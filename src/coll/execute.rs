//! Carries out a [`Schedule`]: starts every step whose needs are met, lets
//! messages complete in any order, copies and reduces in the caller's thread
//! with no lock held.
//!
//! A process that failed (a lost peer, a truncated message) still goes through
//! the rest of its schedule so that nobody waits for it: it receives as
//! planned, skips copies and reductions, and sends a *mark* in place of each
//! message. A mark is a message of a length that no healthy sender would
//! choose: empty where data is due, one byte where none is. Whoever receives
//! one fails too. So the failure reaches exactly those whose result depends on
//! it, and every process returns.

use std::task::Poll;

use smallvec::SmallVec;

use super::schedule::{Action, NO_EDGE, Schedule};
use crate::engine::{Engine, Mode, RequestId, Task};
use crate::object::buffer::Buffer;
use crate::object::{Class, Error, Result, Status};

/// Runs a collective to its end in the caller's thread.
pub fn run(engine: &Engine, schedule: Schedule) -> Result<()> {
    let mut execution = Execution::new(schedule);
    engine.block_until(|engine| match execution.advance(engine) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    })
}

/// A schedule under way.
pub struct Execution {
    schedule: Schedule,
    /// Per step, how many of its needs are still open.
    open: SmallVec<[u32; 16]>,
    /// Steps in the order they became ready; those before `begun` were begun.
    ready: SmallVec<[u32; 16]>,
    begun: usize,
    active: SmallVec<[(u32, RequestId); 8]>,
    left: usize,
    error: Option<Error>,
}

impl Execution {
    pub fn new(schedule: Schedule) -> Execution {
        let mut execution = Execution {
            schedule,
            open: SmallVec::new(),
            ready: SmallVec::new(),
            begun: 0,
            active: SmallVec::new(),
            left: 0,
            error: None,
        };
        execution.restart();
        execution
    }

    /// Makes a finished (or never started) execution ready to run again.
    pub fn restart(&mut self) {
        assert!(self.active.is_empty(), "a collective is restarted only after it completed");
        let steps = &self.schedule.steps;
        self.open.clear();
        self.open.extend(steps.iter().map(|step| step.needs));
        self.ready.clear();
        self.ready.extend((0..steps.len() as u32).filter(|&step| steps[step as usize].needs == 0));
        self.begun = 0;
        self.left = steps.len();
        self.error = None;
    }

    /// Does all that can be done now, without waiting.
    pub fn advance(&mut self, engine: &Engine) -> Poll<Result<()>> {
        loop {
            while let Some(&step) = self.ready.get(self.begun) {
                self.begun += 1;
                self.begin(engine, step);
            }
            if self.left == 0 {
                return Poll::Ready(self.error.take().map_or(Ok(()), Err));
            }
            let mut index = 0;
            while let Some(&(step, request)) = self.active.get(index) {
                if let Some(status) = engine.collect(request) {
                    self.active.swap_remove(index);
                    self.complete(step, status);
                } else {
                    index += 1;
                }
            }
            if self.begun == self.ready.len() && self.left > 0 {
                return Poll::Pending;
            }
        }
    }

    fn begin(&mut self, engine: &Engine, step: u32) {
        let party = &self.schedule.party;
        match &self.schedule.steps[step as usize].action {
            Action::Send { to, label, buffer } => {
                let mark = self.error.as_ref().map(|_| mark(buffer.len()));
                let buffer = mark.as_ref().unwrap_or(buffer);
                let (peer, envelope) = party.envelope(*to as usize, *label);
                let request = engine.isend(peer, envelope, Mode::Standard, buffer);
                self.active.push((step, request));
                return;
            }
            Action::Recv { from, label, buffer } => {
                let pattern = party.pattern(*from as usize, *label);
                let request = engine.irecv(pattern, buffer.clone());
                self.active.push((step, request));
                return;
            }
            Action::Copy { from, to } if self.error.is_none() => {
                self.error = Buffer::copy(from, to).err();
            }
            Action::Reduce { op, input, inout } if self.error.is_none() => {
                self.error = op.apply(input, inout).err();
            }
            Action::Copy { .. } | Action::Reduce { .. } | Action::Join => {}
        }
        self.finish(step);
    }

    fn complete(&mut self, step: u32, status: Status) {
        let error = status.error.or_else(|| match &self.schedule.steps[step as usize].action {
            Action::Recv { from, buffer, .. } => {
                let (expected, received) = (buffer.len() as u64, status.count);
                (received < expected).then(|| short(*from, expected, received))
            }
            _ => None,
        });
        if self.error.is_none() {
            self.error = error;
        }
        self.finish(step);
    }

    fn finish(&mut self, step: u32) {
        self.left -= 1;
        let mut edge = self.schedule.steps[step as usize].first_edge;
        while edge != NO_EDGE {
            let next = &self.schedule.edges[edge as usize];
            let open = &mut self.open[next.to as usize];
            *open -= 1;
            if *open == 0 {
                self.ready.push(next.to);
            }
            edge = next.next;
        }
    }
}

impl Task for Execution {
    fn advance(&mut self, engine: &Engine) -> Poll<Result<()>> {
        Execution::advance(self, engine)
    }
}

/// A message that no healthy process sends where `len` bytes are due.
fn mark(len: usize) -> Buffer {
    Buffer::scratch(usize::from(len == 0))
}

#[cold]
fn short(from: u32, expected: u64, received: u64) -> Error {
    if received == 0 {
        return Error::new(
            Class::Other,
            format!("rank {from} failed in this collective operation: see its own message"),
        );
    }
    Error::new(
        Class::Other,
        format!(
            "rank {from} sent {received} bytes in this collective operation where {expected} \
             were expected: counts and types must agree on all ranks"
        ),
    )
}
