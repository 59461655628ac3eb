/* Generalized requests: which callbacks are called when, and what they tell
 * comes back, from every function that ends requests. */
#include "../lib/story.h"

struct work { const char *name; int elements; int cancelled; };

static int query(void *state, MPI_Status *status)
{
    struct work *work = state;
    say("%s: query", work->name);
    MPI_Status_set_elements(status, MPI_INT, work->elements);
    MPI_Status_set_cancelled(status, work->cancelled);
    status->MPI_SOURCE = 3;
    status->MPI_TAG = 5;
    return MPI_SUCCESS;
}

static int release(void *state)
{
    say("%s: free", ((struct work *)state)->name);
    return MPI_SUCCESS;
}

static int cancel(void *state, int complete)
{
    say("%s: cancel, complete %d", ((struct work *)state)->name, complete);
    if (!complete)
        ((struct work *)state)->cancelled = 1;
    return MPI_SUCCESS;
}

static void show(const char *name, MPI_Status *status)
{
    int count, cancelled;
    MPI_Get_elements(status, MPI_INT, &count);
    MPI_Test_cancelled(status, &cancelled);
    say("%s: source %d tag %d elements %d cancelled %d", name, status->MPI_SOURCE, status->MPI_TAG,
        count, cancelled);
}

static MPI_Request start(struct work *work)
{
    MPI_Request request;
    MPI_Grequest_start(query, release, cancel, work, &request);
    return request;
}

int main(int argc, char **argv)
{
    struct work a = { "a", 4, 0 }, b = { "b", 0, 0 }, c = { "c", 9, 0 }, d = { "d", 1, 0 };
    struct work e = { "e", 2, 0 }, f = { "f", 3, 0 };
    MPI_Request request, requests[3];
    MPI_Status status, statuses[3];
    int flag, index, outcount, indices[3], i, value = 0;

    begin(&argc, &argv);
    request = start(&a);
    MPI_Test(&request, &flag, &status);
    say("a: done %d", flag);
    MPI_Request_get_status(request, &flag, &status);
    say("a: looked at, done %d", flag);
    MPI_Grequest_complete(request);
    MPI_Request_get_status(request, &flag, &status);
    say("a: looked at, done %d", flag);
    show("a", &status);
    MPI_Wait(&request, &status);
    show("a", &status);
    say("a: null %d", request == MPI_REQUEST_NULL);

    /* Nobody wants the status, the callbacks are called all the same. */
    request = start(&b);
    MPI_Cancel(&request);
    MPI_Grequest_complete(request);
    MPI_Cancel(&request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    say("b: null %d", request == MPI_REQUEST_NULL);

    /* Cancelled, and said so. */
    request = start(&c);
    MPI_Cancel(&request);
    MPI_Grequest_complete(request);
    MPI_Test(&request, &flag, &status);
    say("c: done %d", flag);
    show("c", &status);

    /* Among others, in the functions on several. */
    requests[0] = start(&d);
    MPI_Irecv(&value, 1, MPI_INT, rank, 7, MPI_COMM_WORLD, &requests[1]);
    requests[2] = MPI_REQUEST_NULL;
    MPI_Testany(3, requests, &index, &flag, &status);
    say("any: done %d, index undefined %d", flag, index == MPI_UNDEFINED);
    MPI_Testsome(3, requests, &outcount, indices, statuses);
    say("some: %d", outcount);
    i = 10 + rank;
    MPI_Send(&i, 1, MPI_INT, rank, 7, MPI_COMM_WORLD);
    MPI_Grequest_complete(requests[0]);
    MPI_Waitall(3, requests, statuses);
    show("d", &statuses[0]);
    say("received %d, null %d %d", value - rank, requests[0] == MPI_REQUEST_NULL,
        requests[1] == MPI_REQUEST_NULL);

    requests[0] = start(&e);
    requests[1] = start(&f);
    MPI_Grequest_complete(requests[1]);
    MPI_Waitany(2, requests, &index, &status);
    say("any: index %d", index);
    show("f", &status);
    MPI_Grequest_complete(requests[0]);
    MPI_Waitsome(2, requests, &outcount, indices, statuses);
    say("some: %d, first %d", outcount, indices[0]);
    show("e", &statuses[0]);

    /* Freed when it is complete. */
    request = start(&d);
    MPI_Grequest_complete(request);
    say("d: to be freed");
    MPI_Request_free(&request);
    say("d: freed, null %d", request == MPI_REQUEST_NULL);
    return end();
}
