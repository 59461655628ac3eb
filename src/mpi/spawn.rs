//! Sections 11.7 to 11.10: dynamic processes.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Close_port(port_name: InString) = missing;
    fn MPI_Comm_accept(
        port_name: InString, info: OptInfo, root: InRank, comm: InComm, newcomm: OutComm
    ) = missing;
    fn MPI_Comm_connect(
        port_name: InString, info: OptInfo, root: InRank, comm: InComm, newcomm: OutComm
    ) = missing;
    fn MPI_Comm_disconnect(comm: InOutComm) = missing;
    fn MPI_Comm_get_parent(parent: OutComm) = missing;
    fn MPI_Comm_join(fd: Int, intercomm: OutComm) = missing;
    fn MPI_Comm_spawn(
        command: InString, argv: Argv, maxprocs: Int, info: OptInfo, root: InRank, comm: InComm,
        intercomm: OutComm, array_of_errcodes: ErrorCodes
    ) = missing;
    fn MPI_Comm_spawn_multiple(
        count: Count, array_of_commands: Argv, array_of_argv: Argvs, array_of_maxprocs: Ints,
        array_of_info: Infos, root: InRank, comm: InComm, intercomm: OutComm,
        array_of_errcodes: ErrorCodes
    ) = missing;
    fn MPI_Lookup_name(service_name: InString, info: OptInfo, port_name: OutString) = missing;
    fn MPI_Open_port(info: OptInfo, port_name: OutString) = missing;
    fn MPI_Publish_name(service_name: InString, info: OptInfo, port_name: InString) = missing;
    fn MPI_Unpublish_name(service_name: InString, info: OptInfo, port_name: InString) = missing;
}
