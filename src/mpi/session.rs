//! Section 11.3: sessions.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Comm_create_from_group(
        group: InGroup, stringtag: InString, info: OptInfo, errhandler: InErrhandler,
        newcomm: OutComm
    ) = missing;
    fn MPI_Group_from_session_pset(
        session: InSession, pset_name: InString, newgroup: OutGroup
    ) = missing;
    fn MPI_Session_call_errhandler(session: InSession, errorcode: ErrorCode) = missing, anytime;
    fn MPI_Session_create_errhandler(
        session_errhandler_fn: SessionErrhandlerFn, errhandler: OutErrhandler
    ) = missing, anytime;
    fn MPI_Session_finalize(session: InOutSession) = missing, anytime;
    fn MPI_Session_get_errhandler(session: InSession, errhandler: OutErrhandler) = missing, anytime;
    fn MPI_Session_get_info(session: InSession, info_used: OutInfo) = missing, anytime;
    fn MPI_Session_get_nth_pset(
        session: InSession, info: OptInfo, n: Int, pset_len: OutInt, pset_name: OutString
    ) = missing, anytime;
    fn MPI_Session_get_num_psets(
        session: InSession, info: OptInfo, npset_names: OutInt
    ) = missing, anytime;
    fn MPI_Session_get_pset_info(
        session: InSession, pset_name: InString, info: OutInfo
    ) = missing, anytime;
    fn MPI_Session_init(
        info: OptInfo, errhandler: InErrhandler, session: OutSession
    ) = missing, anytime;
    fn MPI_Session_set_errhandler(session: InSession, errhandler: InErrhandler) = missing, anytime;
    fn MPI_Session_set_info(session: InSession, info: OptInfo) = missing, anytime;
}
