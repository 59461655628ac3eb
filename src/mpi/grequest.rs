//! Section 13.2: generalized requests, whose operation the application carries
//! out itself; with MPICH's extension of callbacks that progress them.

use crate::abi::Cx;
use crate::abi::callback::{self, GeneralFunctions};
use crate::abi::kind::*;
use crate::abi::process::Request;
use crate::mpi_functions;
use crate::object::{Class, Error, Handle, Result};

mpi_functions! {
    fn MPI_Grequest_complete(request: NamedRequest) = grequest_complete;
    fn MPI_Grequest_start(
        query_fn: GrequestQueryFn, free_fn: GrequestFreeFn, cancel_fn: GrequestCancelFn,
        extra_state: Pointer, request: OutRequest
    ) = grequest_start;
    fn MPIX_Grequest_class_allocate(
        greq_class: XGrequestClass, extra_state: Pointer, request: OutRequest
    ) = class_allocate;
    fn MPIX_Grequest_class_create(
        query_fn: GrequestQueryFn, free_fn: GrequestFreeFn, cancel_fn: GrequestCancelFn,
        poll_fn: GrequestPollFn, wait_fn: GrequestWaitFn, greq_class: OutXGrequestClass
    ) = class_create;
    fn MPIX_Grequest_start(
        query_fn: GrequestQueryFn, free_fn: GrequestFreeFn, cancel_fn: GrequestCancelFn,
        poll_fn: GrequestPollFn, wait_fn: GrequestWaitFn, extra_state: Pointer, request: OutRequest
    ) = polled_start;
}

const NO_FUNCTION: Callback = Callback(0);

fn start(cx: &Cx, functions: GeneralFunctions, extra: usize, request: &HandlePlace<Request>) {
    let application = callback::generalized(cx, functions, extra);
    request.set_request(cx, cx.process.engine().general(application));
}

fn functions(
    query: Callback,
    free: Callback,
    cancel: Callback,
    poll: Callback,
    wait: Callback,
) -> Result<GeneralFunctions> {
    for (function, name) in [(query, "query_fn"), (free, "free_fn"), (cancel, "cancel_fn")] {
        if function.is_null() {
            return Err(null_argument(name));
        }
    }
    Ok(GeneralFunctions { query, free, cancel, poll, wait })
}

fn grequest_start(
    cx: &Cx,
    query: Callback,
    free: Callback,
    cancel: Callback,
    extra_state: usize,
    request: HandlePlace<Request>,
) -> Result<()> {
    let functions = functions(query, free, cancel, NO_FUNCTION, NO_FUNCTION)?;
    start(cx, functions, extra_state, &request);
    Ok(())
}

fn grequest_complete(cx: &Cx, request: Handle) -> Result<()> {
    let id = active_request_id(request)?;
    cx.process.engine().complete_general(id)
}

fn polled_start(
    cx: &Cx,
    query: Callback,
    free: Callback,
    cancel: Callback,
    poll: Callback,
    wait: Callback,
    extra_state: usize,
    request: HandlePlace<Request>,
) -> Result<()> {
    start(cx, functions(query, free, cancel, poll, wait)?, extra_state, &request);
    Ok(())
}

/// A class is the number of its functions in a table that only grows.
fn class_create(
    cx: &Cx,
    query: Callback,
    free: Callback,
    cancel: Callback,
    poll: Callback,
    wait: Callback,
    class: Place<GrequestClass>,
) -> Result<()> {
    let mut classes = cx.process.general_classes();
    classes.push(functions(query, free, cancel, poll, wait)?);
    class.set(GrequestClass(classes.len() as i32 - 1));
    Ok(())
}

fn class_allocate(
    cx: &Cx,
    class: i32,
    extra_state: usize,
    request: HandlePlace<Request>,
) -> Result<()> {
    let found = usize::try_from(class).ok().and_then(|index| {
        let classes = cx.process.general_classes();
        classes.get(index).copied()
    });
    let Some(functions) = found else {
        let text = format!("greq_class is {class}, which MPIX_Grequest_class_create never gave");
        return Err(Error::new(Class::Arg, text));
    };
    start(cx, functions, extra_state, &request);
    Ok(())
}
