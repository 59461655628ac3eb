//! Duplicates of communicators, blocking and nonblocking (MPI-4.1, section
//! 7.4.2): only the context id has to be agreed on; the rest is copied.

use std::sync::Arc;
use std::task::Poll;

use super::comm_create::{Proposal, agreed, party, room, rows, said};
use super::{hints, secure};
use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Info, Process, Ref, Request};
use crate::coll::{self, Execution, Schedule};
use crate::engine::{Engine, Owner, Task};
use crate::object::comm::Kind as Sides;
use crate::object::{Buffer, Result};

/// The duplicate of `comm` with everything that duplicates inherit.
fn duplicate(process: &Process, comm: &Arc<Comm>, context: u64, info: Info) -> Result<Arc<Comm>> {
    let kind = match &comm.kind {
        Sides::Intra => Sides::Intra,
        Sides::Inter { remote } => Sides::Inter { remote: remote.clone() },
    };
    let handler = comm.errhandler.load_full();
    let new = Arc::new(Comm::new(context, kind, comm.group.clone(), comm.rank, handler));
    if let Some(topology) = comm.topology.get() {
        let _ = new.topology.set(topology.clone());
    }
    new.info.store(Arc::new(info));
    secure::made(process, &new, Some(comm), Some(&new.info.load()))?;
    new.attributes.copy_from(comm, &comm.attributes)?;
    Ok(new)
}

/// The context id of a duplicate on its way: from rank 0, or from the ranks 0
/// of both sides.
enum Agreement {
    Single(Proposal),
    Sides(Buffer),
}

impl Agreement {
    fn new(process: &Process, comm: &Comm) -> (Agreement, Schedule) {
        if !comm.is_inter() {
            let proposal = Proposal::new(process, comm.rank == 0);
            let schedule = proposal.spread(party(comm));
            return (Agreement::Single(proposal), schedule);
        }
        let own = Buffer::from_bytes(&process.propose_context().to_le_bytes());
        let rows = rows::<8>(comm);
        let schedule = coll::exchange(party(comm), &own, &rows);
        (Agreement::Sides(rows), schedule)
    }

    fn context(&self, comm: &Comm) -> Result<u64> {
        match self {
            Agreement::Single(proposal) => proposal.read(),
            Agreement::Sides(rows) => {
                let said = said::<8>(comm, rows);
                room(said.ours.iter().chain(&said.theirs).map(|row| u64::from_le_bytes(*row)))?;
                Ok(agreed([said.ours[0], said.theirs[0]].map(u64::from_le_bytes)))
            }
        }
    }
}

pub(super) fn dup(cx: &Cx, comm: Ref<Comm>, newcomm: HandlePlace<Comm>) -> Result<()> {
    let info = hints::inherited(cx.abi, &comm);
    blocking_dup(cx, &comm, info, newcomm)
}

pub(super) fn dup_with_info(
    cx: &Cx,
    comm: Ref<Comm>,
    info: Option<Ref<Info>>,
    newcomm: HandlePlace<Comm>,
) -> Result<()> {
    blocking_dup(cx, &comm, hints::of(info.as_ref()), newcomm)
}

fn blocking_dup(cx: &Cx, comm: &Arc<Comm>, info: Info, newcomm: HandlePlace<Comm>) -> Result<()> {
    // Null when a copy callback refuses.
    newcomm.set_null(cx);
    let (agreement, schedule) = Agreement::new(cx.process, comm);
    coll::run(cx.process.engine(), schedule)?;
    newcomm.put(cx, duplicate(cx.process, comm, agreement.context(comm)?, info)?).map(drop)
}

pub(super) fn idup(
    cx: &Cx,
    comm: Ref<Comm>,
    newcomm: HandlePlace<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    let info = hints::inherited(cx.abi, &comm);
    start_dup(cx, comm.share(), info, newcomm, request)
}

pub(super) fn idup_with_info(
    cx: &Cx,
    comm: Ref<Comm>,
    info: Option<Ref<Info>>,
    newcomm: HandlePlace<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    start_dup(cx, comm.share(), hints::of(info.as_ref()), newcomm, request)
}

/// A duplicate on its way.
struct Duplication {
    process: &'static Process,
    comm: Arc<Comm>,
    info: Info,
    agreement: Agreement,
    execution: Execution,
    newcomm: LatePlace<Comm>,
}

fn start_dup(
    cx: &Cx,
    comm: Arc<Comm>,
    info: Info,
    newcomm: HandlePlace<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    newcomm.set_null(cx);
    let (agreement, schedule) = Agreement::new(cx.process, &comm);
    let execution = Execution::new(schedule);
    let newcomm = newcomm.later(cx);
    let owner = Owner::Counted(comm.clone());
    let task = Duplication { process: cx.process, comm, info, agreement, execution, newcomm };
    let id = cx.process.engine().spawn(Box::new(task));
    cx.process.engine().set_owner(id, owner);
    request.set_request(cx, id);
    Ok(())
}

impl Task for Duplication {
    fn advance(&mut self, engine: &Engine) -> Poll<Result<()>> {
        self.execution.advance(engine).map(|outcome| {
            outcome?;
            let context = self.agreement.context(&self.comm)?;
            let info = std::mem::take(&mut self.info);
            let new = duplicate(self.process, &self.comm, context, info)?;
            self.newcomm.put(self.process, new).map(drop)
        })
    }
}
