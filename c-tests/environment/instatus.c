/* Requests that fail among others that do not: the whole says MPI_ERR_IN_STATUS,
 * and each status says what became of its own. */
#include "../lib/story.h"

enum { MESSAGES = 4 };

static int small[MESSAGES][2];

/* Of four messages, the second and fourth are too long for their buffers. */
static void post(MPI_Comm comm, MPI_Request *requests)
{
    int i, values[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    if (rank == 1)
        for (i = 0; i < MESSAGES; i++)
            MPI_Irecv(small[i], 2, MPI_INT, 0, i, comm, &requests[i]);
    MPI_Barrier(comm);
    if (rank == 0)
        for (i = 0; i < MESSAGES; i++)
            MPI_Send(values, i % 2 ? 8 : 2, MPI_INT, 1, i, comm);
    MPI_Barrier(comm);
}

static void say_errors(const int *errors)
{
    int i;
    for (i = 0; i < MESSAGES; i++)
        say("  message %d: %s", i, class_name(errors[i]));
}

int main(int argc, char **argv)
{
    MPI_Request requests[MESSAGES];
    MPI_Status statuses[MESSAGES], one;
    MPI_Comm comm;
    int i, code, index, count, indices[MESSAGES], seen[MESSAGES];

    begin(&argc, &argv);
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);

    /* A library may leave what comes after a failure pending: then ask again. */
    post(comm, requests);
    if (rank == 1) {
        int in_status = 0, pending;
        for (i = 0; i < MESSAGES; i++)
            seen[i] = MPI_ERR_PENDING;
        do {
            code = MPI_Waitall(MESSAGES, requests, statuses);
            in_status += code != MPI_SUCCESS && !strcmp(class_name(code), "in status");
            for (i = 0, pending = 0; i < MESSAGES; i++) {
                if (strcmp(class_name(seen[i]), "pending") == 0)
                    seen[i] = code == MPI_SUCCESS ? MPI_SUCCESS : statuses[i].MPI_ERROR;
                pending += requests[i] != MPI_REQUEST_NULL;
            }
        } while (pending > 0);
        say("waitall: in status %d", in_status > 0);
        say_errors(seen);
    }

    post(comm, requests);
    if (rank == 1) {
        int in_status = 0;
        do {
            code = MPI_Waitsome(MESSAGES, requests, &count, indices, statuses);
            in_status += code != MPI_SUCCESS && !strcmp(class_name(code), "in status");
            for (i = 0; count != MPI_UNDEFINED && i < count; i++)
                seen[indices[i]] = code == MPI_SUCCESS ? MPI_SUCCESS : statuses[i].MPI_ERROR;
        } while (count != MPI_UNDEFINED);
        say("waitsome: in status %d", in_status > 0);
        say_errors(seen);
    }

    post(comm, requests);
    if (rank == 1) {
        for (i = 0; i < MESSAGES; i++) {
            code = MPI_Waitany(MESSAGES, requests, &index, &one);
            seen[index] = code;
        }
        say("waitany");
        say_errors(seen);
        MPI_Waitany(MESSAGES, requests, &index, &one);
        say("  then: index undefined %d", index == MPI_UNDEFINED);
    }

    /* Each by itself. */
    post(comm, requests);
    if (rank == 1)
        for (i = 0; i < MESSAGES; i++) {
            code = MPI_Wait(&requests[i], &one);
            say("wait %d: %s, null %d", i, class_name(code), requests[i] == MPI_REQUEST_NULL);
        }
    MPI_Comm_free(&comm);
    return end();
}
