/* Wrong arguments are refused with the class the standard names. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int value = 0, *ub, flag, count;
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Status status;
    MPI_Comm comm;
    MPI_Datatype type, uncommitted;

    begin(&argc, &argv);
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_get_attr(comm, MPI_TAG_UB, &ub, &flag);

    say("send, count -1: %s", class_name(MPI_Send(&value, -1, MPI_INT, 0, 0, comm)));
    say("send, null type: %s", class_name(MPI_Send(&value, 1, MPI_DATATYPE_NULL, 0, 0, comm)));
    say("send, rank -7: %s", class_name(MPI_Send(&value, 1, MPI_INT, -7, 0, comm)));
    say("send, rank size: %s", class_name(MPI_Send(&value, 1, MPI_INT, size, 0, comm)));
    say("send, tag -5: %s", class_name(MPI_Send(&value, 1, MPI_INT, 0, -5, comm)));
    say("send to any source: %s", class_name(MPI_Send(&value, 1, MPI_INT, MPI_ANY_SOURCE, 0, comm)));
    say("send, any tag: %s", class_name(MPI_Send(&value, 1, MPI_INT, 0, MPI_ANY_TAG, comm)));
    say("send, null comm: %s", class_name(MPI_Send(&value, 1, MPI_INT, 0, 0, MPI_COMM_NULL)));
    say("isend, rank size: %s", class_name(MPI_Isend(&value, 1, MPI_INT, size, 0, comm, &request)));
    say("recv, rank size: %s", class_name(MPI_Recv(&value, 1, MPI_INT, size, 0, comm, &status)));
    say("recv, tag -5: %s", class_name(MPI_Recv(&value, 1, MPI_INT, 0, -5, comm, &status)));
    say("recv, count -1: %s", class_name(MPI_Recv(&value, -1, MPI_INT, 0, 0, comm, &status)));
    say("probe, rank size: %s", class_name(MPI_Probe(size, 0, comm, &status)));
    say("bcast, root size: %s", class_name(MPI_Bcast(&value, 1, MPI_INT, size, comm)));
    say("reduce, null op: %s", class_name(MPI_Allreduce(&value, &count, 1, MPI_INT, MPI_OP_NULL, comm)));
    MPI_Type_contiguous(2, MPI_INT, &uncommitted);
    say("send, uncommitted type: %s", class_name(MPI_Send(&value, 1, uncommitted, 0, 0, comm)));
    MPI_Type_free(&uncommitted);
    say("type of -1 elements: %s", class_name(MPI_Type_contiguous(-1, MPI_INT, &type)));
    say("size of no comm: %s", class_name(MPI_Comm_size(MPI_COMM_NULL, &count)));
    say("tag bound: there %d, at least 32767 %d", !!flag, *ub >= 32767);
    MPI_Comm_free(&comm);
    return end();
}
