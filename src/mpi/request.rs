//! Sections 3.7 to 3.9, 13.2: completing, testing, cancelling and starting
//! requests; generalized requests; what a status says.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Cancel(request: InOutRequest) = missing;
    fn MPI_Grequest_complete(request: NamedRequest) = missing;
    fn MPI_Grequest_start(
        query_fn: GrequestQueryFn, free_fn: GrequestFreeFn, cancel_fn: GrequestCancelFn,
        extra_state: Pointer, request: OutRequest
    ) = missing;
    fn MPI_Request_free(request: InOutRequest) = missing;
    fn MPI_Request_get_status(request: NamedRequest, flag: OutFlag, status: OutStatus) = missing;
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
    fn MPI_Start(request: InOutRequest) = missing;
    fn MPI_Startall(count: Count, array_of_requests: MutRequests) = missing;
    fn MPI_Status_get_error(status: InStatus, error: OutInt) = missing;
    fn MPI_Status_get_source(status: InStatus, source: OutRank) = missing;
    fn MPI_Status_get_tag(status: InStatus, tag: OutTag) = missing;
    fn MPI_Status_set_cancelled(status: InOutStatus, flag: Flag) = missing;
    fn MPI_Status_set_elements(status: InOutStatus, datatype: InDatatype, count: Count) = missing;
    fn MPI_Status_set_elements_c(
        status: InOutStatus, datatype: InDatatype, count: CountC
    ) = missing;
    fn MPI_Status_set_elements_x(
        status: InOutStatus, datatype: InDatatype, count: CountC
    ) = missing;
    fn MPI_Status_set_error(status: InOutStatus, error: ErrorCode) = missing;
    fn MPI_Status_set_source(status: InOutStatus, source: InRank) = missing;
    fn MPI_Status_set_tag(status: InOutStatus, tag: InTag) = missing;
    fn MPI_Test(request: InOutRequest, flag: OutFlag, status: OutStatus) = missing;
    fn MPI_Test_cancelled(status: InStatus, flag: OutFlag) = missing;
    fn MPI_Testall(
        count: Count, array_of_requests: MutRequests, flag: OutFlag,
        array_of_statuses: OutStatuses
    ) = missing;
    fn MPI_Testany(
        count: Count, array_of_requests: MutRequests, index: OutInt, flag: OutFlag,
        status: OutStatus
    ) = missing;
    fn MPI_Testsome(
        incount: Count, array_of_requests: MutRequests, outcount: OutInt,
        array_of_indices: OutInts, array_of_statuses: OutStatuses
    ) = missing;
    fn MPI_Wait(request: InOutRequest, status: OutStatus) = missing;
    fn MPI_Waitall(
        count: Count, array_of_requests: MutRequests, array_of_statuses: OutStatuses
    ) = missing;
    fn MPI_Waitany(
        count: Count, array_of_requests: MutRequests, index: OutInt, status: OutStatus
    ) = missing;
    fn MPI_Waitsome(
        incount: Count, array_of_requests: MutRequests, outcount: OutInt,
        array_of_indices: OutInts, array_of_statuses: OutStatuses
    ) = missing;
}
