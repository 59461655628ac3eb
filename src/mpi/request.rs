//! Sections 3.7 to 3.9, 13.2: completing, testing, cancelling and starting
//! requests; generalized requests; what a status says.

use smallvec::SmallVec;

use crate::abi::kind::*;
use crate::abi::process::{Datatype, Ref, Request};
use crate::abi::{Cx, code};
use crate::engine::{Finished, Owner, Phase, RequestId};
use crate::mpi_functions;
use crate::object::status::Status;
use crate::object::{Class, Error, Handle, Result};

mpi_functions! {
    fn MPI_Cancel(request: InOutRequest) = cancel;
    fn MPI_Grequest_complete(request: NamedRequest) = missing;
    fn MPI_Grequest_start(
        query_fn: GrequestQueryFn, free_fn: GrequestFreeFn, cancel_fn: GrequestCancelFn,
        extra_state: Pointer, request: OutRequest
    ) = missing;
    fn MPI_Request_free(request: InOutRequest) = request_free;
    fn MPI_Request_get_status(request: NamedRequest, flag: OutFlag, status: OutStatus) = request_get_status;
    fn MPI_Request_get_status_all(
        count: Count, array_of_requests: Requests, flag: OutFlag, array_of_statuses: OutStatuses
    ) = missing;
    fn MPI_Request_get_status_any(
        count: Count, array_of_requests: Requests, index: OutInt, flag: OutFlag, status: OutStatus
    ) = missing;
    fn MPI_Request_get_status_some(
        incount: Count, array_of_requests: Requests, outcount: OutInt, array_of_indices: OutInts,
        array_of_statuses: OutStatuses
    ) = missing;
    fn MPI_Start(request: InOutRequest) = start;
    fn MPI_Startall(count: Count, array_of_requests: MutRequests) = startall;
    fn MPI_Status_get_error(status: InStatus, error: OutInt) = status_get_error;
    fn MPI_Status_get_source(status: InStatus, source: OutRank) = status_get_source;
    fn MPI_Status_get_tag(status: InStatus, tag: OutTag) = status_get_tag;
    fn MPI_Status_set_cancelled(status: InOutStatus, flag: Flag) = status_set_cancelled;
    fn MPI_Status_set_elements(status: InOutStatus, datatype: InDatatype, count: Count) = status_set_elements;
    fn MPI_Status_set_elements_c(
        status: InOutStatus, datatype: InDatatype, count: CountC
    ) = status_set_elements;
    fn MPI_Status_set_elements_x(
        status: InOutStatus, datatype: InDatatype, count: CountC
    ) = status_set_elements;
    fn MPI_Status_set_error(status: InOutStatus, error: ErrorCode) = status_set_error;
    fn MPI_Status_set_source(status: InOutStatus, source: InRank) = status_set_source;
    fn MPI_Status_set_tag(status: InOutStatus, tag: InTag) = status_set_tag;
    fn MPI_Test(request: InOutRequest, flag: OutFlag, status: OutStatus) = test;
    fn MPI_Test_cancelled(status: InStatus, flag: OutFlag) = test_cancelled;
    fn MPI_Testall(
        count: Count, array_of_requests: MutRequests, flag: OutFlag,
        array_of_statuses: OutStatuses
    ) = testall;
    fn MPI_Testany(
        count: Count, array_of_requests: MutRequests, index: OutInt, flag: OutFlag,
        status: OutStatus
    ) = testany;
    fn MPI_Testsome(
        incount: Count, array_of_requests: MutRequests, outcount: OutInt,
        array_of_indices: OutInts, array_of_statuses: OutStatuses
    ) = testsome;
    fn MPI_Wait(request: InOutRequest, status: OutStatus) = wait;
    fn MPI_Waitall(
        count: Count, array_of_requests: MutRequests, array_of_statuses: OutStatuses
    ) = waitall;
    fn MPI_Waitany(
        count: Count, array_of_requests: MutRequests, index: OutInt, status: OutStatus
    ) = waitany;
    fn MPI_Waitsome(
        incount: Count, array_of_requests: MutRequests, outcount: OutInt,
        array_of_indices: OutInts, array_of_statuses: OutStatuses
    ) = waitsome;
}

/// The request behind a handle that must not be null.
fn required(cx: &Cx, request: &HandlePlace<Request>) -> Result<RequestId> {
    request.request(cx)?.ok_or_else(|| {
        Error::new(Class::Request, "request is MPI_REQUEST_NULL, which cannot be used here")
    })
}

/// Reports one ended request through a single status.
fn conclude(cx: &Cx, finished: Finished, forget: impl FnOnce(), status: StatusPlace) -> Result<()> {
    if finished.gone {
        forget();
    }
    status.set(&finished.status);
    match finished.status.error {
        None => Ok(()),
        Some(error) => {
            cx.blame_owner(finished.owner);
            Err(error)
        }
    }
}

/// Collects the results of functions that end several requests: each goes into
/// its status, and when any failed the whole is `MPI_ERR_IN_STATUS` (MPI-4.1,
/// section 3.7.5).
struct Harvest {
    statuses: StatusArray,
    failure: Option<(Error, Option<Owner>)>,
    failed: usize,
}

impl Harvest {
    fn new(statuses: StatusArray) -> Harvest {
        Harvest { statuses, failure: None, failed: 0 }
    }

    /// Books an ended request in entry `at` of the statuses.
    fn add(&mut self, cx: &Cx, at: usize, finished: Finished) {
        let place = self.statuses.place(at);
        place.set(&finished.status);
        match finished.status.error {
            None => place.set_error(0),
            Some(error) => {
                place.set_error(code::encode(cx.abi, cx.process, cx.function.name, &error));
                self.failed += 1;
                self.failure.get_or_insert((error, finished.owner));
            }
        }
    }

    fn end(self, cx: &Cx, of: usize) -> Result<()> {
        let Some((error, owner)) = self.failure else { return Ok(()) };
        cx.blame_owner(owner);
        let failed = self.failed;
        Err(Error::new(
            Class::InStatus,
            format!("{failed} of {of} requests failed; the first: {error}"),
        ))
    }
}

fn wait(cx: &Cx, request: HandlePlace<Request>, status: StatusPlace) -> Result<()> {
    let Some(id) = request.request(cx)? else {
        status.set(&Status::EMPTY);
        return Ok(());
    };
    let finished = cx.process.engine().finish_wait(id);
    conclude(cx, finished, || request.set_null(cx), status)
}

fn test(
    cx: &Cx,
    request: HandlePlace<Request>,
    flag: FlagPlace,
    status: StatusPlace,
) -> Result<()> {
    let Some(id) = request.request(cx)? else {
        flag.set(true);
        status.set(&Status::EMPTY);
        return Ok(());
    };
    let engine = cx.process.engine();
    engine.progress();
    let finished = engine.finish(id);
    flag.set(finished.is_some());
    match finished {
        Some(finished) => conclude(cx, finished, || request.set_null(cx), status),
        None => Ok(()),
    }
}

/// Ends every request of the list, all of which are complete.
fn end_all(
    cx: &Cx,
    ids: &RequestList,
    requests: &Handles<Request>,
    statuses: StatusArray,
) -> Result<()> {
    let mut harvest = Harvest::new(statuses);
    for (i, id) in ids.iter().enumerate() {
        let finished = match id {
            Some(id) => cx.process.engine().finish_wait(*id),
            None => Finished { status: Status::EMPTY, owner: None, gone: false },
        };
        if finished.gone {
            requests.set_null(cx, i);
        }
        harvest.add(cx, i, finished);
    }
    harvest.end(cx, ids.len())
}

fn waitall(cx: &Cx, count: usize, requests: Handles<Request>, statuses: StatusArray) -> Result<()> {
    let ids = requests.requests(cx, count)?;
    let engine = cx.process.engine();
    // Requests before this index are known to be complete.
    let mut done = 0;
    engine.block_until(|engine| {
        done += engine.leading_complete(&ids[done..]);
        (done == ids.len()).then_some(())
    });
    end_all(cx, &ids, &requests, statuses)
}

fn testall(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    flag: FlagPlace,
    statuses: StatusArray,
) -> Result<()> {
    let ids = requests.requests(cx, count)?;
    let engine = cx.process.engine();
    engine.progress();
    let all = engine.leading_complete(&ids);
    flag.set(all == ids.len());
    if all == ids.len() { end_all(cx, &ids, &requests, statuses) } else { Ok(()) }
}

/// The requests that count: neither null nor inactive, with their indices.
fn active(cx: &Cx, ids: &RequestList) -> Result<SmallVec<[(usize, RequestId); 16]>> {
    let mut active = SmallVec::new();
    for (i, id) in ids.iter().enumerate() {
        let Some(id) = *id else { continue };
        match cx.process.engine().phase(id) {
            Phase::Inactive => {}
            Phase::Unknown => {
                return Err(Error::new(
                    Class::Request,
                    format!("entry {i} of array_of_requests was completed or freed already"),
                ));
            }
            Phase::Pending | Phase::Complete => active.push((i, id)),
        }
    }
    Ok(active)
}

fn end_one(
    cx: &Cx,
    (i, id): (usize, RequestId),
    requests: &Handles<Request>,
    status: StatusPlace,
) -> Result<()> {
    let finished = cx.process.engine().finish_wait(id);
    conclude(cx, finished, || requests.set_null(cx, i), status)
}

fn waitany(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    index: Place<i32>,
    status: StatusPlace,
) -> Result<()> {
    let active = active(cx, &requests.requests(cx, count)?)?;
    if active.is_empty() {
        index.set(UNDEFINED);
        status.set(&Status::EMPTY);
        return Ok(());
    }
    let first = cx
        .process
        .engine()
        .block_until(|engine| engine.first_complete(active.iter().map(|entry| entry.1)));
    index.set(active[first].0 as i32);
    end_one(cx, active[first], &requests, status)
}

fn testany(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    index: Place<i32>,
    flag: FlagPlace,
    status: StatusPlace,
) -> Result<()> {
    let active = active(cx, &requests.requests(cx, count)?)?;
    let engine = cx.process.engine();
    engine.progress();
    let first = engine.first_complete(active.iter().map(|entry| entry.1));
    flag.set(first.is_some() || active.is_empty());
    index.set(first.map_or(UNDEFINED, |first| active[first].0 as i32));
    match first {
        Some(first) => end_one(cx, active[first], &requests, status),
        None => {
            if active.is_empty() {
                status.set(&Status::EMPTY);
            }
            Ok(())
        }
    }
}

/// Ends all of `active` that are complete.
fn end_some(
    cx: &Cx,
    active: &[(usize, RequestId)],
    requests: &Handles<Request>,
    outcount: Place<i32>,
    indices: NumbersOut,
    statuses: StatusArray,
) -> Result<()> {
    let mut harvest = Harvest::new(statuses);
    let mut count = 0;
    for (i, id) in active {
        let Some(finished) = cx.process.engine().finish(*id) else { continue };
        if finished.gone {
            requests.set_null(cx, *i);
        }
        indices.set(count, *i as i64);
        harvest.add(cx, count, finished);
        count += 1;
    }
    outcount.set(count as i32);
    harvest.end(cx, count)
}

fn waitsome(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    outcount: Place<i32>,
    indices: NumbersOut,
    statuses: StatusArray,
) -> Result<()> {
    let active = active(cx, &requests.requests(cx, count)?)?;
    if active.is_empty() {
        outcount.set(UNDEFINED);
        return Ok(());
    }
    cx.process
        .engine()
        .block_until(|engine| engine.first_complete(active.iter().map(|entry| entry.1)));
    end_some(cx, &active, &requests, outcount, indices, statuses)
}

fn testsome(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    outcount: Place<i32>,
    indices: NumbersOut,
    statuses: StatusArray,
) -> Result<()> {
    let active = active(cx, &requests.requests(cx, count)?)?;
    if active.is_empty() {
        outcount.set(UNDEFINED);
        return Ok(());
    }
    cx.process.engine().progress();
    end_some(cx, &active, &requests, outcount, indices, statuses)
}

fn request_free(cx: &Cx, request: HandlePlace<Request>) -> Result<()> {
    cx.process.engine().release(required(cx, &request)?);
    request.set_null(cx);
    Ok(())
}

fn cancel(cx: &Cx, request: HandlePlace<Request>) -> Result<()> {
    cx.process.engine().cancel(required(cx, &request)?);
    Ok(())
}

fn start(cx: &Cx, request: HandlePlace<Request>) -> Result<()> {
    cx.process.engine().start(required(cx, &request)?)
}

fn startall(cx: &Cx, count: usize, requests: Handles<Request>) -> Result<()> {
    for (i, id) in requests.requests(cx, count)?.into_iter().enumerate() {
        let id = id.ok_or_else(|| {
            Error::new(
                Class::Request,
                format!("entry {i} of array_of_requests is MPI_REQUEST_NULL"),
            )
        })?;
        cx.process.engine().start(id)?;
    }
    Ok(())
}

fn request_get_status(
    cx: &Cx,
    request: Handle,
    flag: FlagPlace,
    status: StatusPlace,
) -> Result<()> {
    let Some(id) = request_id(request) else {
        flag.set(true);
        status.set(&Status::EMPTY);
        return Ok(());
    };
    let engine = cx.process.engine();
    engine.progress();
    let found = engine.peek(id);
    flag.set(found.is_some());
    match found {
        Some(found) => {
            status.set(&found);
            found.into_result().map(drop)
        }
        None => Ok(()),
    }
}

fn test_cancelled(_: &Cx, status: StatusPlace, flag: FlagPlace) -> Result<()> {
    flag.set(status.get().cancelled);
    Ok(())
}

fn status_set_cancelled(_: &Cx, status: StatusPlace, flag: bool) -> Result<()> {
    status.set_cancelled(flag);
    Ok(())
}

fn status_set_elements(
    _: &Cx,
    status: StatusPlace,
    datatype: Ref<Datatype>,
    count: usize,
) -> Result<()> {
    status.set_count(datatype.signature().bytes_of(count as u64));
    Ok(())
}

fn status_get_source(cx: &Cx, status: StatusPlace, source: RankPlace) -> Result<()> {
    source.set(cx, status.get().source);
    Ok(())
}

fn status_get_tag(cx: &Cx, status: StatusPlace, tag: TagPlace) -> Result<()> {
    tag.set(cx, status.get().tag);
    Ok(())
}

fn status_get_error(_: &Cx, status: StatusPlace, error: Place<i32>) -> Result<()> {
    error.set(status.error());
    Ok(())
}

fn status_set_source(_: &Cx, status: StatusPlace, source: Rank) -> Result<()> {
    status.set_source(source.ours());
    Ok(())
}

fn status_set_tag(_: &Cx, status: StatusPlace, tag: Tag) -> Result<()> {
    status.set_tag(tag.pattern()?.unwrap_or(ANY_TAG));
    Ok(())
}

fn status_set_error(_: &Cx, status: StatusPlace, error: i32) -> Result<()> {
    status.set_error(error);
    Ok(())
}
