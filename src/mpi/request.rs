//! Sections 3.7 to 3.9: completing, testing, cancelling and starting requests;
//! what a status says.

use std::time::Duration;

use smallvec::SmallVec;

use crate::abi::kind::*;
use crate::abi::process::{Datatype, Ref, Request};
use crate::abi::{Cx, code};
use crate::engine::{Engine, Finished, Owner, Phase, RequestId};
use crate::mpi_functions;
use crate::object::status::Status;
use crate::object::{Class, Error, Handle, Result};

mpi_functions! {
    fn MPI_Cancel(request: InOutRequest) = cancel;
    fn MPI_Request_free(request: InOutRequest) = request_free;
    fn MPI_Request_get_status(request: NamedRequest, flag: OutFlag, status: OutStatus) = request_get_status;
    fn MPI_Request_get_status_all(
        count: Count, array_of_requests: Requests, flag: OutFlag, array_of_statuses: OutStatuses
    ) = get_status_all;
    fn MPI_Request_get_status_any(
        count: Count, array_of_requests: Requests, index: OutIndex, flag: OutFlag, status: OutStatus
    ) = get_status_any;
    fn MPI_Request_get_status_some(
        incount: Count, array_of_requests: Requests, outcount: OutInt, array_of_indices: OutIndices,
        array_of_statuses: OutStatuses
    ) = get_status_some;
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
        count: Count, array_of_requests: MutRequests, index: OutIndex, flag: OutFlag,
        status: OutStatus
    ) = testany;
    fn MPI_Testsome(
        incount: Count, array_of_requests: MutRequests, outcount: OutInt,
        array_of_indices: OutIndices, array_of_statuses: OutStatuses
    ) = testsome;
    fn MPI_Wait(request: InOutRequest, status: OutStatus) = wait;
    fn MPI_Waitall(
        count: Count, array_of_requests: MutRequests, array_of_statuses: OutStatuses
    ) = waitall;
    fn MPI_Waitany(
        count: Count, array_of_requests: MutRequests, index: OutIndex, status: OutStatus
    ) = waitany;
    fn MPI_Waitsome(
        incount: Count, array_of_requests: MutRequests, outcount: OutInt,
        array_of_indices: OutIndices, array_of_statuses: OutStatuses
    ) = waitsome;
}

/// The request behind a handle that must not be null.
fn required(cx: &Cx, request: &HandlePlace<Request>) -> Result<RequestId> {
    request.request(cx)?.ok_or_else(no_request)
}

/// Reports one ended request through a single status.
fn conclude(cx: &Cx, finished: Finished, forget: impl FnOnce(), status: StatusPlace) -> Result<()> {
    if finished.gone {
        forget();
    }
    if finished.idle {
        status.set_empty();
        return Ok(());
    }
    let (outcome, owner) = finished.conclude();
    tell(cx, outcome, owner, status)
}

fn tell(cx: &Cx, outcome: Status, owner: Option<Owner>, place: StatusPlace) -> Result<()> {
    place.set(&outcome);
    match outcome.error {
        None => Ok(()),
        Some(error) => {
            cx.blame_owner(owner);
            Err(error)
        }
    }
}

/// Pause between two looks of the application at generalized requests that want
/// to be polled, while one waits.
const POLL_PAUSE: Duration = Duration::from_micros(50);

/// Before a wait for `ready`: calls the functions of generalized requests that
/// want to be polled, until all of these are complete or the wait is over.
fn poll_while_waiting(
    engine: &Engine,
    ids: impl Iterator<Item = RequestId> + Clone,
    mut ready: impl FnMut(&Engine) -> bool,
) -> Result<()> {
    while engine.poll_general(ids.clone())? && !ready(engine) {
        if !engine.progress() {
            std::thread::sleep(POLL_PAUSE);
        }
    }
    Ok(())
}

/// One turn of progress, for functions that only look.
fn poll_once(engine: &Engine, ids: impl IntoIterator<Item = RequestId>) -> Result<()> {
    engine.poll_general(ids)?;
    engine.progress();
    Ok(())
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
        let (outcome, owner) = finished.conclude();
        self.book(cx, at, outcome, owner);
    }

    fn book(&mut self, cx: &Cx, at: usize, outcome: Status, owner: Option<Owner>) {
        self.book_success(at, &outcome);
        if let Some(error) = outcome.error {
            let code = code::encode(cx.abi, cx.process, cx.function.name, &error);
            self.statuses.place(at).set_error(code);
            self.failed += 1;
            self.failure.get_or_insert((error, owner));
        }
    }

    /// Books a request that ended well.
    #[inline]
    fn book_success(&self, at: usize, outcome: &Status) {
        let place = self.statuses.place(at);
        place.set(outcome);
        place.set_error(0);
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
        status.set_empty();
        return Ok(());
    };
    let engine = cx.process.engine();
    poll_while_waiting(engine, std::iter::once(id), |engine| engine.is_complete(id))?;
    conclude(cx, engine.finish_wait(id), || request.set_null(cx), status)
}

fn test(
    cx: &Cx,
    request: HandlePlace<Request>,
    flag: FlagPlace,
    status: StatusPlace,
) -> Result<()> {
    let Some(id) = request.request(cx)? else {
        flag.set(true);
        status.set_empty();
        return Ok(());
    };
    let engine = cx.process.engine();
    poll_once(engine, [id])?;
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
    let engine = cx.process.engine();
    let mut at = 0;
    while at < ids.len() {
        at += engine.end_well(&ids[at..], |i, status, gone| {
            if gone {
                requests.set_null(cx, at + i);
            }
            harvest.book_success(at + i, status);
        });
        // All are complete; one that is not would be waited for.
        if let Some(Some(id)) = ids.get(at) {
            let finished = engine.finish_wait(*id);
            if finished.gone {
                requests.set_null(cx, at);
            }
            harvest.add(cx, at, finished);
            at += 1;
        }
    }
    harvest.end(cx, ids.len())
}

fn waitall(cx: &Cx, count: usize, requests: Handles<Request>, statuses: StatusArray) -> Result<()> {
    let ids = existing(cx, &requests, count)?;
    let engine = cx.process.engine();
    let some = ids.iter().copied().flatten();
    poll_while_waiting(engine, some.clone(), |engine| engine.all_complete(some.clone()))?;
    engine.wait_for_all(&ids);
    end_all(cx, &ids, &requests, statuses)
}

fn testall(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    flag: FlagPlace,
    statuses: StatusArray,
) -> Result<()> {
    let ids = existing(cx, &requests, count)?;
    let engine = cx.process.engine();
    poll_once(engine, ids.iter().copied().flatten())?;
    let all = engine.leading_complete(&ids);
    flag.set(all == ids.len());
    if all == ids.len() { end_all(cx, &ids, &requests, statuses) } else { Ok(()) }
}

/// The requests of an array, none of which was freed.
fn existing(cx: &Cx, requests: &Handles<Request>, count: usize) -> Result<RequestList> {
    let ids = requests.requests(cx, count)?;
    match cx.process.engine().first_unknown(&ids) {
        None => Ok(ids),
        Some(i) => Err(Error::new(
            Class::Request,
            format!("entry {i} of array_of_requests was completed or freed already"),
        )),
    }
}

/// The requests that count: neither null nor inactive, with their indices.
type Active = SmallVec<[(usize, RequestId); 16]>;

fn active(cx: &Cx, ids: &RequestList) -> Active {
    let engine = cx.process.engine();
    let counts = |id| engine.phase(id) != Phase::Inactive;
    let present = ids.iter().enumerate().filter_map(|(i, id)| id.map(|id| (i, id)));
    present.filter(|(_, id)| counts(*id)).collect()
}

fn ids(active: &Active) -> impl Iterator<Item = RequestId> + Clone + '_ {
    active.iter().map(|entry| entry.1)
}

/// Waits until one of them is complete, and says which.
fn first_of(cx: &Cx, active: &Active) -> Result<usize> {
    let engine = cx.process.engine();
    let first = |engine: &Engine| engine.first_complete(ids(active));
    poll_while_waiting(engine, ids(active), |engine| first(engine).is_some())?;
    Ok(engine.block_until(first))
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
    let active = active(cx, &existing(cx, &requests, count)?);
    if active.is_empty() {
        index.set(UNDEFINED);
        status.set_empty();
        return Ok(());
    }
    let first = first_of(cx, &active)?;
    index.set(active[first].0 as i32);
    end_one(cx, active[first], &requests, status)
}

/// Looks for one that is complete and tells of it; also says which all there
/// are.
fn look_for_one(
    cx: &Cx,
    count: usize,
    requests: &Handles<Request>,
    index: Place<i32>,
    flag: FlagPlace,
) -> Result<(Active, Option<usize>)> {
    let active = active(cx, &existing(cx, requests, count)?);
    let engine = cx.process.engine();
    poll_once(engine, ids(&active))?;
    let first = engine.first_complete(ids(&active));
    flag.set(first.is_some() || active.is_empty());
    index.set(first.map_or(UNDEFINED, |first| active[first].0 as i32));
    Ok((active, first))
}

fn testany(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    index: Place<i32>,
    flag: FlagPlace,
    status: StatusPlace,
) -> Result<()> {
    let (active, first) = look_for_one(cx, count, &requests, index, flag)?;
    match first {
        Some(first) => end_one(cx, active[first], &requests, status),
        None => {
            if active.is_empty() {
                status.set_empty();
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
    let active = active(cx, &existing(cx, &requests, count)?);
    if active.is_empty() {
        outcount.set(UNDEFINED);
        return Ok(());
    }
    first_of(cx, &active)?;
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
    let active = active(cx, &existing(cx, &requests, count)?);
    if active.is_empty() {
        outcount.set(UNDEFINED);
        return Ok(());
    }
    poll_once(cx.process.engine(), ids(&active))?;
    end_some(cx, &active, &requests, outcount, indices, statuses)
}

/// Does something with a request that must not be null; its communicator hears
/// of an error.
fn with_request(
    cx: &Cx,
    request: &HandlePlace<Request>,
    act: impl FnOnce(&Engine, RequestId) -> Result<()>,
) -> Result<()> {
    let id = required(cx, request)?;
    let engine = cx.process.engine();
    let owner = engine.owner(id);
    act(engine, id).inspect_err(|_| cx.blame_owner(owner))
}

fn request_free(cx: &Cx, request: HandlePlace<Request>) -> Result<()> {
    with_request(cx, &request, |engine, id| {
        engine.known(id)?;
        request.set_null(cx);
        engine.release(id)
    })
}

fn cancel(cx: &Cx, request: HandlePlace<Request>) -> Result<()> {
    with_request(cx, &request, |engine, id| {
        engine.known(id)?;
        engine.cancel(id)
    })
}

fn start(cx: &Cx, request: HandlePlace<Request>) -> Result<()> {
    with_request(cx, &request, |engine, id| engine.start(id))
}

/// All of them or, when one cannot be started, none.
fn startall(cx: &Cx, count: usize, requests: Handles<Request>) -> Result<()> {
    let engine = cx.process.engine();
    let ids = requests.requests(cx, count)?;
    for (i, id) in ids.iter().enumerate() {
        let startable = match id {
            Some(id) => engine.check_startable(*id),
            None => Err(Error::new(Class::Request, "it is MPI_REQUEST_NULL")),
        };
        startable.map_err(|error| {
            cx.blame_owner(id.and_then(|id| engine.owner(id)));
            let text = format!("entry {i} of array_of_requests: {}", error.message());
            Error::new(error.class(), text)
        })?;
    }
    for id in ids.into_iter().flatten() {
        engine.start(id).inspect_err(|_| cx.blame_owner(engine.owner(id)))?;
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
        status.set_empty();
        return Ok(());
    };
    let engine = cx.process.engine();
    poll_once(engine, [id])?;
    let found = engine.peek(id);
    flag.set(found.is_some());
    match found {
        Some(found) if found.idle => {
            status.set_empty();
            Ok(())
        }
        Some(found) => tell(cx, found.query(), found.owner, status),
        None => Ok(()),
    }
}

fn get_status_all(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    flag: FlagPlace,
    statuses: StatusArray,
) -> Result<()> {
    let ids = existing(cx, &requests, count)?;
    let engine = cx.process.engine();
    poll_once(engine, ids.iter().copied().flatten())?;
    let all = engine.leading_complete(&ids) == ids.len();
    flag.set(all);
    if !all {
        return Ok(());
    }
    let mut harvest = Harvest::new(statuses);
    for (i, id) in ids.iter().enumerate() {
        let found = id.and_then(|id| engine.peek(id)).unwrap_or(Finished::nothing());
        harvest.book(cx, i, found.query(), found.owner);
    }
    harvest.end(cx, ids.len())
}

fn get_status_any(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    index: Place<i32>,
    flag: FlagPlace,
    status: StatusPlace,
) -> Result<()> {
    let (active, first) = look_for_one(cx, count, &requests, index, flag)?;
    match first.and_then(|first| cx.process.engine().peek(active[first].1)) {
        Some(found) => tell(cx, found.query(), found.owner, status),
        None if active.is_empty() => {
            status.set_empty();
            Ok(())
        }
        None => Ok(()),
    }
}

fn get_status_some(
    cx: &Cx,
    count: usize,
    requests: Handles<Request>,
    outcount: Place<i32>,
    indices: NumbersOut,
    statuses: StatusArray,
) -> Result<()> {
    let active = active(cx, &existing(cx, &requests, count)?);
    if active.is_empty() {
        outcount.set(UNDEFINED);
        return Ok(());
    }
    let engine = cx.process.engine();
    poll_once(engine, ids(&active))?;
    let mut harvest = Harvest::new(statuses);
    let mut found = 0;
    for &(i, id) in &active {
        let Some(finished) = engine.peek(id) else { continue };
        indices.set(found, i as i64);
        harvest.book(cx, found, finished.query(), finished.owner);
        found += 1;
    }
    outcount.set(found as i32);
    harvest.end(cx, found)
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
