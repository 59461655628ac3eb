/* MPI_Request_get_status_all, _any and _some (MPI-4.1, section 3.7.6), which no
 * stock library has: they look at requests and end none. */
#include <mpi.h>
#include <stdio.h>

#define must(condition) do { \
    if (!(condition)) { \
        fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
        MPI_Abort(MPI_COMM_WORLD, 9); \
    } } while (0)

int main(int argc, char **argv)
{
    int in[2] = { 0, 0 }, out = 5, flag, index, outcount, indices[4], i, short_one;
    MPI_Request requests[4], persistent;
    MPI_Status status, statuses[4];

    MPI_Init(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    for (i = 0; i < 4; i++)
        requests[i] = MPI_REQUEST_NULL;
    MPI_Request_get_status_all(4, requests, &flag, MPI_STATUSES_IGNORE);
    must(flag);
    MPI_Request_get_status_any(4, requests, &index, &flag, &status);
    must(flag && index == MPI_UNDEFINED && status.MPI_SOURCE == MPI_ANY_SOURCE);
    MPI_Request_get_status_some(4, requests, &outcount, indices, statuses);
    must(outcount == MPI_UNDEFINED);
    MPI_Request_get_status_all(0, NULL, &flag, MPI_STATUSES_IGNORE);
    must(flag);

    MPI_Recv_init(&short_one, 1, MPI_INT, 0, 9, MPI_COMM_SELF, &persistent);
    requests[0] = persistent;
    MPI_Irecv(&in[0], 1, MPI_INT, 0, 1, MPI_COMM_SELF, &requests[1]);
    MPI_Irecv(&in[1], 1, MPI_INT, 0, 2, MPI_COMM_SELF, &requests[3]);
    MPI_Request_get_status_any(4, requests, &index, &flag, &status);
    must(!flag && index == MPI_UNDEFINED);
    MPI_Request_get_status_some(4, requests, &outcount, indices, statuses);
    must(outcount == 0);
    MPI_Send(&out, 1, MPI_INT, 0, 2, MPI_COMM_SELF);
    for (i = 0; i < 2; i++) {
        MPI_Request_get_status_any(4, requests, &index, &flag, &status);
        must(flag && index == 3 && status.MPI_TAG == 2);
        MPI_Request_get_status_some(4, requests, &outcount, indices, statuses);
        must(outcount == 1 && indices[0] == 3 && statuses[0].MPI_TAG == 2);
        MPI_Request_get_status_all(4, requests, &flag, statuses);
        must(!flag);
    }
    MPI_Send(&out, 1, MPI_INT, 0, 1, MPI_COMM_SELF);
    MPI_Request_get_status_all(4, requests, &flag, statuses);
    must(flag && statuses[1].MPI_TAG == 1 && statuses[3].MPI_TAG == 2);
    must(statuses[0].MPI_TAG == MPI_ANY_TAG && statuses[2].MPI_SOURCE == MPI_ANY_SOURCE);
    must(requests[1] != MPI_REQUEST_NULL && requests[3] != MPI_REQUEST_NULL);
    MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
    must(in[0] == 5 && in[1] == 5 && requests[1] == MPI_REQUEST_NULL);

    /* A failed one is told as such, as often as one asks. */
    MPI_Irecv(&in[0], 1, MPI_INT, 0, 1, MPI_COMM_SELF, &requests[1]);
    {
        int two[2] = { 1, 2 }, code, class;
        MPI_Send(two, 2, MPI_INT, 0, 1, MPI_COMM_SELF);
        for (i = 0; i < 2; i++) {
            code = MPI_Request_get_status_all(4, requests, &flag, statuses);
            MPI_Error_class(code, &class);
            must(flag && class == MPI_ERR_IN_STATUS);
            MPI_Error_class(statuses[1].MPI_ERROR, &class);
            must(class == MPI_ERR_TRUNCATE && statuses[0].MPI_ERROR == MPI_SUCCESS);
        }
        code = MPI_Wait(&requests[1], MPI_STATUS_IGNORE);
        MPI_Error_class(code, &class);
        must(class == MPI_ERR_TRUNCATE);
    }
    MPI_Request_free(&persistent);
    MPI_Finalize();
    puts("looking ends nothing");
    return 0;
}
