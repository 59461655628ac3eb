/* What stock MPICH 4.0.2 crashes on: MPI_PROC_NULL in MPI_Isendrecv and in
 * partitioned communication, types with gaps in MPI_Isendrecv; and the status
 * of MPI_Isendrecv, which it leaves unset. The program judges itself. */
#include <mpi.h>
#include <stdio.h>

#define must(condition) do { \
    if (!(condition)) { \
        fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
        MPI_Abort(MPI_COMM_WORLD, 9); \
    } } while (0)

static int count_of(MPI_Status *status)
{
    int count;
    MPI_Get_count(status, MPI_INT, &count);
    return count;
}

/* Every second int goes to where every second int is, past long messages. */
static void gaps(void)
{
    enum { LONG = 200000 };
    static int out[LONG], in[LONG];
    MPI_Datatype every_second;
    MPI_Request requests[2];
    MPI_Status statuses[2];
    int i;

    MPI_Type_vector(LONG / 2, 1, 2, MPI_INT, &every_second);
    MPI_Type_commit(&every_second);
    for (i = 0; i < LONG; i++) {
        out[i] = i;
        in[i] = -1;
    }
    MPI_Isendrecv(out, 1, every_second, 0, 6, in, 1, every_second, 0, 6, MPI_COMM_WORLD,
                  &requests[0]);
    MPI_Isendrecv_replace(out + 1, 1, every_second, 0, 7, 0, 7, MPI_COMM_WORLD, &requests[1]);
    MPI_Type_free(&every_second);
    MPI_Waitall(2, requests, statuses);
    must(statuses[0].MPI_SOURCE == 0 && statuses[0].MPI_TAG == 6);
    must(statuses[1].MPI_SOURCE == 0 && statuses[1].MPI_TAG == 7);
    for (i = 0; i < LONG; i++) {
        must(out[i] == i);
        must(in[i] == (i % 2 ? -1 : i));
    }
}

int main(int argc, char **argv)
{
    int value = 4, other = 5, flag, round;
    MPI_Request request, pair[2];
    MPI_Status status;

    MPI_Init(&argc, &argv);
    MPI_Isendrecv(&value, 1, MPI_INT, MPI_PROC_NULL, 1, &other, 1, MPI_INT, MPI_PROC_NULL, 1,
                  MPI_COMM_WORLD, &request);
    MPI_Wait(&request, &status);
    must(status.MPI_SOURCE == MPI_PROC_NULL && status.MPI_TAG == MPI_ANY_TAG);
    must(count_of(&status) == 0 && other == 5 && request == MPI_REQUEST_NULL);

    /* Half of it is somewhere. */
    MPI_Irecv(&other, 1, MPI_INT, 0, 2, MPI_COMM_WORLD, &pair[0]);
    MPI_Isendrecv_replace(&value, 1, MPI_INT, 0, 2, MPI_PROC_NULL, 2, MPI_COMM_WORLD, &pair[1]);
    MPI_Waitall(2, pair, MPI_STATUSES_IGNORE);
    must(value == 4 && other == 4);
    other = 9;
    MPI_Isend(&other, 1, MPI_INT, 0, 3, MPI_COMM_WORLD, &pair[0]);
    MPI_Isendrecv_replace(&value, 1, MPI_INT, MPI_PROC_NULL, 3, 0, 3, MPI_COMM_WORLD, &pair[1]);
    MPI_Waitall(2, pair, MPI_STATUSES_IGNORE);
    must(value == 9);

    MPI_Psend_init(&value, 1, 1, MPI_INT, MPI_PROC_NULL, 4, MPI_COMM_WORLD, MPI_INFO_NULL, &pair[0]);
    MPI_Precv_init(&other, 1, 1, MPI_INT, MPI_PROC_NULL, 4, MPI_COMM_WORLD, MPI_INFO_NULL, &pair[1]);
    for (round = 0; round < 2; round++) {
        MPI_Startall(2, pair);
        MPI_Pready(0, pair[0]);
        MPI_Parrived(pair[1], 0, &flag);
        must(flag);
        MPI_Wait(&pair[0], MPI_STATUS_IGNORE);
        MPI_Wait(&pair[1], &status);
        must(status.MPI_SOURCE == MPI_PROC_NULL && count_of(&status) == 0);
    }
    must(pair[0] != MPI_REQUEST_NULL);
    MPI_Request_free(&pair[0]);
    MPI_Request_free(&pair[1]);
    gaps();
    MPI_Finalize();
    puts("nothing crashed");
    return 0;
}
