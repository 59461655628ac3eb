//! The three forms of a collective: blocking, nonblocking, persistent. All
//! start from the plan of the call, a function that checks the arguments and
//! writes down the schedule (`collective_plan`, `neighbor_plan`).

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use super::comm_create::{only_intra, party};
use super::pt2pt::hand_out;
use crate::abi::Cx;
use crate::abi::fortran::Copies;
use crate::abi::kind::{self, HandlePlace, Memory, Rank};
use crate::abi::process::{Comm, Ref, Request};
use crate::coll::{self, Execution, Party, Root, Schedule, Settings};
use crate::engine::{Engine, RequestId, Startable, Task};
use crate::object::{Class, Error, Result};

/// The communicator of a call, seen by a plan.
pub(super) struct Call<'a> {
    pub(super) cx: &'a Cx,
    pub(super) comm: &'a Comm,
    /// For a persistent request.
    lasting: bool,
}

/// The root of a call as the caller sees it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) root: Root,
    /// Whether it is the caller.
    pub(super) is_here: bool,
}

impl Call<'_> {
    /// Takes part from here on: the arguments are right.
    pub(super) fn party(&self) -> Party {
        let party = party(self.comm).placed(self.cx.process.placement_of(self.comm));
        if self.lasting { party.lasting() } else { party }
    }

    pub(super) fn settings(&self) -> &'static Settings {
        self.cx.process.collectives()
    }

    /// Processes on the caller's side.
    pub(super) fn size(&self) -> usize {
        self.comm.size() as usize
    }

    /// Processes whose data the caller gets: those of the other side of an
    /// intercommunicator.
    pub(super) fn others(&self) -> usize {
        self.comm.remote_group().size() as usize
    }

    pub(super) fn rank(&self) -> usize {
        self.comm.rank as usize
    }

    pub(super) fn is_inter(&self) -> bool {
        self.comm.is_inter()
    }

    /// For what makes no sense between two sides.
    pub(super) fn only_intra(&self) -> Result<()> {
        only_intra(self.cx, self.comm)
    }

    /// Whether `memory` is `MPI_IN_PLACE`, which must not be on an
    /// intercommunicator.
    pub(super) fn in_place(&self, memory: Memory) -> Result<bool> {
        if memory.is_in_place() && self.comm.is_inter() {
            let message = format!("{} is MPI_IN_PLACE on an intercommunicator", memory.name());
            return Err(Error::new(Class::Buffer, message));
        }
        Ok(memory.is_in_place())
    }

    pub(super) fn root(&self, root: Rank) -> Result<Place> {
        if !self.comm.is_inter() {
            let root = root.root(self.size())? as usize;
            return Ok(Place { root: Root::Rank(root), is_here: root == self.rank() });
        }
        let root = match root.remote_root(self.others())? {
            kind::Root::Rank(rank) => Root::Rank(rank as usize),
            kind::Root::Me => Root::Me,
            kind::Root::Null => Root::Aside,
        };
        Ok(Place { root, is_here: root == Root::Me })
    }
}

/// Runs the collective in the caller's thread.
pub(super) fn run(
    cx: &Cx,
    comm: &Ref<Comm>,
    plan: impl FnOnce(&Call) -> Result<Schedule>,
) -> Result<()> {
    let schedule = plan(&Call { cx, comm, lasting: false })?;
    coll::run(cx.process.engine(), schedule)
}

/// Starts the collective as a task of the engine.
pub(super) fn start(
    cx: &Cx,
    comm: &Ref<Comm>,
    request: &HandlePlace<Request>,
    plan: impl FnOnce(&Call) -> Result<Schedule>,
) -> Result<()> {
    let schedule = plan(&Call { cx, comm, lasting: false })?;
    let execution = Execution::new(schedule);
    let task: Box<dyn Task> = match cx.take_copies() {
        None => Box::new(execution),
        Some(copies) => Box::new(OnCopies { execution, copies }),
    };
    let id = cx.process.engine().spawn(task);
    hand_out(cx, id, comm, request);
    Ok(())
}

/// A collective that works with copies of what the program gave.
struct OnCopies {
    execution: Execution,
    copies: Box<Copies>,
}

impl Task for OnCopies {
    fn advance(&mut self, engine: &Engine) -> Poll<Result<()>> {
        let outcome = self.execution.advance(engine);
        if outcome.is_ready() {
            self.copies.give_back();
        }
        outcome
    }
}

/// Keeps the collective for `MPI_Start`.
pub(super) fn keep(
    cx: &Cx,
    comm: &Ref<Comm>,
    request: &HandlePlace<Request>,
    plan: impl FnOnce(&Call) -> Result<Schedule>,
) -> Result<()> {
    let schedule = plan(&Call { cx, comm, lasting: true })?;
    let at_home = AtHome { execution: Execution::new(schedule), copies: cx.take_copies() };
    let kept = Kept(Arc::new(Mutex::new(Some(at_home))));
    let id = cx.process.engine().persistent(Arc::new(kept));
    hand_out(cx, id, comm, request);
    Ok(())
}

/// The collective of a persistent request: here while inactive, with the
/// engine while it runs, so that no lock is held then.
#[derive(Clone)]
struct Kept(Arc<Mutex<Option<AtHome>>>);

struct AtHome {
    execution: Execution,
    copies: Option<Box<Copies>>,
}

struct Running {
    kept: Option<AtHome>,
    home: Kept,
}

impl Startable for Kept {
    fn start(&self, engine: &Engine) -> Result<RequestId> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The engine starts only inactive requests.
        let mut kept = kept.expect("the collective came back when it completed");
        kept.execution.restart();
        if let Some(copies) = &mut kept.copies {
            copies.renew();
        }
        Ok(engine.spawn(Box::new(Running { kept: Some(kept), home: self.clone() })))
    }
}

impl Task for Running {
    fn advance(&mut self, engine: &Engine) -> Poll<Result<()>> {
        let kept = self.kept.as_mut().expect("not advanced after its end");
        let outcome = kept.execution.advance(engine);
        if outcome.is_ready() {
            if let Some(copies) = &kept.copies {
                copies.give_back();
            }
            let mut home = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
            *home = self.kept.take();
        }
        outcome
    }
}

/// The three forms of each collective: plan, then the names of the blocking,
/// the nonblocking and the persistent one, and the arguments before `comm`.
macro_rules! forms {
    ($($plan:ident: $blocking:ident, $nonblocking:ident, $persistent:ident $(<$c:ident>)?
        ($($arg:ident: $type:ty),*);)*) => {$(
        pub(super) fn $blocking $(<$c: Kind<Value = usize>>)? (
            cx: &Cx,
            $($arg: $type,)*
            comm: Ref<Comm>,
        ) -> Result<()> {
            super::collective_form::run(cx, &comm, |call| $plan(call $(, $arg)*))
        }

        pub(super) fn $nonblocking $(<$c: Kind<Value = usize>>)? (
            cx: &Cx,
            $($arg: $type,)*
            comm: Ref<Comm>,
            request: HandlePlace<Request>,
        ) -> Result<()> {
            super::collective_form::start(cx, &comm, &request, |call| $plan(call $(, $arg)*))
        }

        pub(super) fn $persistent $(<$c: Kind<Value = usize>>)? (
            cx: &Cx,
            $($arg: $type,)*
            comm: Ref<Comm>,
            _info: Option<Ref<Info>>,
            request: HandlePlace<Request>,
        ) -> Result<()> {
            super::collective_form::keep(cx, &comm, &request, |call| $plan(call $(, $arg)*))
        }
    )*};
}
pub(super) use forms;
