/* Partitioned communication: rounds, partitions cut differently on both sides,
 * any order of becoming ready, matching by the order of creation. (MPICH
 * 4.0.2 crashes on MPI_PROC_NULL here; see abi/crashes.c.) */
#include "../lib/story.h"

enum { ITEMS = 480, ROUNDS = 3 };

static void shift(int parts_out, int parts_in)
{
    static int out[ITEMS], in[ITEMS];
    int to = (rank + 1) % size, from = (rank + size - 1) % size, round, i, list[2];
    MPI_Request requests[2];
    MPI_Status statuses[2];

    MPI_Psend_init(out, parts_out, ITEMS / parts_out, MPI_INT, to, 1, MPI_COMM_WORLD, MPI_INFO_NULL,
                   &requests[0]);
    MPI_Precv_init(in, parts_in, ITEMS / parts_in, MPI_INT, from, 1, MPI_COMM_WORLD, MPI_INFO_NULL,
                   &requests[1]);
    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < ITEMS; i++) {
            out[i] = rank * 100000 + round * 1000 + i;
            in[i] = -1;
        }
        MPI_Startall(2, requests);
        if (round == 0) {
            for (i = parts_out; i-- > 0;)
                MPI_Pready(i, requests[0]);
        } else if (round == 1) {
            MPI_Pready_range(0, parts_out - 1, requests[0]);
        } else {
            for (i = 0; 2 * i < parts_out; i++) {
                list[0] = parts_out - 1 - i;
                list[1] = i;
                MPI_Pready_list(list[0] == list[1] ? 1 : 2, list, requests[0]);
            }
        }
        for (i = 0; i < parts_in; i++) {
            int arrived = 0;
            while (!arrived)
                MPI_Parrived(requests[1], i, &arrived);
            must(in[i * (ITEMS / parts_in)] >= 0 && in[(i + 1) * (ITEMS / parts_in) - 1] >= 0);
        }
        MPI_Waitall(2, requests, statuses);
        say("%d to %d, round %d: %d %d, sum %016llx", parts_out, parts_in, round, in[0],
            in[ITEMS - 1], (unsigned long long)checksum(in, sizeof in));
        say_status("received", &statuses[1], MPI_INT);
    }
    must(requests[0] != MPI_REQUEST_NULL);
    MPI_Request_free(&requests[0]);
    MPI_Request_free(&requests[1]);
}

int main(int argc, char **argv)
{
    int value[3] = { 0, 0, 0 }, got[3] = { -1, -1, -1 }, i;
    MPI_Request sends[3], receives[3];
    MPI_Status status;

    begin(&argc, &argv);
    shift(1, 1);
    shift(16, 16);
    shift(48, 6);
    shift(5, 96);
    shift(1, 480);

    /* Same envelope: the order in which they were made counts, not the order
     * in which they are started. An ordinary message is no partner. */
    for (i = 0; i < 3; i++) {
        value[i] = 10 * rank + i;
        MPI_Psend_init(&value[i], 1, 1, MPI_INT, (rank + 1) % size, 2, MPI_COMM_WORLD, MPI_INFO_NULL,
                       &sends[i]);
        MPI_Precv_init(&got[i], 1, 1, MPI_INT, (rank + size - 1) % size, 2, MPI_COMM_WORLD,
                       MPI_INFO_NULL, &receives[i]);
    }
    for (i = 3; i-- > 0;) {
        MPI_Start(&sends[i]);
        MPI_Pready(0, sends[i]);
    }
    i = 7;
    MPI_Sendrecv_replace(&i, 1, MPI_INT, (rank + 1) % size, 2, (rank + size - 1) % size, 2,
                         MPI_COMM_WORLD, &status);
    MPI_Startall(3, receives);
    MPI_Waitall(3, receives, MPI_STATUSES_IGNORE);
    MPI_Waitall(3, sends, MPI_STATUSES_IGNORE);
    say("in order: %d %d %d, apart from it %d", got[0], got[1], got[2], i);
    for (i = 0; i < 3; i++) {
        MPI_Request_free(&sends[i]);
        MPI_Request_free(&receives[i]);
    }
    return end();
}
