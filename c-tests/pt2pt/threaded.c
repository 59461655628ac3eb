/* Threads in different blocking calls at once, each in conversation with the
 * same thread of the next rank; and one that computes nothing but tests. */
#include "../lib/story.h"
#include <pthread.h>

enum { THREADS = 6, ROUNDS = 150, LONG = 40000 };

static int sums[THREADS];
static volatile int over;

static void *converse(void *argument)
{
    int me = (int)(intptr_t)argument, round, i;
    int to = (rank + 1) % size, from = (rank + size - 1) % size;
    int *out = malloc(LONG * sizeof(int)), *in = malloc(LONG * sizeof(int));

    for (round = 0; round < ROUNDS; round++) {
        /* Every tenth message is too long to travel at once. */
        int length = round % 10 == me ? LONG : 1 + round;
        MPI_Status status;
        MPI_Message message;
        MPI_Request requests[2];
        for (i = 0; i < length; i++)
            out[i] = rank + me + round + i;
        switch (me) {
        case 0:
            MPI_Sendrecv(out, length, MPI_INT, to, me, in, LONG, MPI_INT, from, me, MPI_COMM_WORLD,
                         &status);
            break;
        case 1:
            MPI_Irecv(in, LONG, MPI_INT, from, me, MPI_COMM_WORLD, &requests[0]);
            MPI_Isend(out, length, MPI_INT, to, me, MPI_COMM_WORLD, &requests[1]);
            MPI_Waitany(2, requests, &i, &status);
            MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
            break;
        case 2:
            MPI_Isend(out, length, MPI_INT, to, me, MPI_COMM_WORLD, &requests[0]);
            MPI_Probe(from, me, MPI_COMM_WORLD, &status);
            MPI_Get_count(&status, MPI_INT, &i);
            must(i == length);
            MPI_Recv(in, i, MPI_INT, from, me, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
            break;
        case 3:
            MPI_Isend(out, length, MPI_INT, to, me, MPI_COMM_WORLD, &requests[0]);
            MPI_Mprobe(MPI_ANY_SOURCE, me, MPI_COMM_WORLD, &message, &status);
            MPI_Mrecv(in, LONG, MPI_INT, &message, MPI_STATUS_IGNORE);
            MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
            break;
        case 4:
            MPI_Issend(out, length, MPI_INT, to, me, MPI_COMM_WORLD, &requests[0]);
            MPI_Recv(in, LONG, MPI_INT, MPI_ANY_SOURCE, me, MPI_COMM_WORLD, &status);
            MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
            break;
        default:
            MPI_Irecv(in, LONG, MPI_INT, from, me, MPI_COMM_WORLD, &requests[0]);
            MPI_Ssend(out, length, MPI_INT, to, me, MPI_COMM_WORLD);
            for (i = 0; !i;)
                MPI_Test(&requests[0], &i, MPI_STATUS_IGNORE);
        }
        for (i = 0; i < length; i++)
            must(in[i] == from + me + round + i);
        sums[me] += in[0] + in[length - 1];
    }
    free(out);
    free(in);
    return NULL;
}

/* Never blocks and never ends by itself. */
static void *look(void *argument)
{
    int flag;
    while (!over)
        MPI_Iprobe(MPI_ANY_SOURCE, 99, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
    return argument;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS], looker;
    int provided, i;

    MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_dup(MPI_COMM_WORLD, &story_comm);
    must(provided == MPI_THREAD_MULTIPLE);
    pthread_create(&looker, NULL, look, NULL);
    for (i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, converse, (void *)(intptr_t)i);
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    over = 1;
    pthread_join(looker, NULL);
    for (i = 0; i < THREADS; i++)
        say("thread %d: %d", i, sums[i]);
    return end();
}
