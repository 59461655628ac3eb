/* What programs written with MPICH count on: a communicator on which nobody set an
 * error handler has that of MPI_COMM_WORLD as it is now, and an attached buffer of 2,000
 * bytes has room for ten messages of 40. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    static char room[2000];
    int values[10], at, code, room_size, sum = 0;
    void *where;
    MPI_Comm comm;

    begin(&argc, &argv);
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    code = MPI_Send(values, 1, MPI_INT, size, 0, comm);
    say("to nobody: %s", class_name(code));

    MPI_Buffer_attach(room, sizeof room);
    for (at = 0; at < 10; at++) {
        for (code = 0; code < 10; code++)
            values[code] = rank + at * code;
        code = MPI_Bsend(values, 10, MPI_INT, (rank + 1) % size, at, comm);
        if (code != MPI_SUCCESS)
            say("message %d: %s", at, class_name(code));
    }
    for (at = 0; at < 10; at++) {
        MPI_Recv(values, 10, MPI_INT, (rank + size - 1) % size, at, comm, MPI_STATUS_IGNORE);
        sum += values[9];
    }
    say("sum %d", sum);
    MPI_Buffer_detach(&where, &room_size);
    MPI_Comm_free(&comm);
    return end();
}
