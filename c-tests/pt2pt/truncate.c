/* A message longer than the receive: an error of that receive only; nothing is
 * written past the buffer, and the next message arrives as ever. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    static const int lengths[] = { 10, 5000, 100000, 300000 };
    int at, way, code;
    int *words = malloc(300000 * sizeof(int));

    begin(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    for (at = 0; at < 4; at++)
        for (way = 0; way < 4; way++) {
            int length = lengths[at], room = length / 2, i;
            MPI_Barrier(MPI_COMM_WORLD);
            if (rank == 0) {
                for (i = 0; i < length; i++)
                    words[i] = i;
                code = MPI_Send(words, length, MPI_INT, 1, 1, MPI_COMM_WORLD);
                must(code == MPI_SUCCESS);
                MPI_Send(&length, 1, MPI_INT, 1, 2, MPI_COMM_WORLD);
            } else if (rank == 1) {
                MPI_Request requests[2] = { MPI_REQUEST_NULL, MPI_REQUEST_NULL };
                MPI_Status status, statuses[2];
                int after = 0, guard;
                for (i = 0; i < length; i++)
                    words[i] = -1;
                if (way == 0)
                    code = MPI_Recv(words, room, MPI_INT, 0, 1, MPI_COMM_WORLD, &status);
                else {
                    MPI_Irecv(words, room, MPI_INT, 0, 1, MPI_COMM_WORLD, &requests[0]);
                    if (way == 1)
                        code = MPI_Wait(&requests[0], &status);
                    if (way == 2) {
                        int flag = 0;
                        while (!flag)
                            code = MPI_Test(&requests[0], &flag, &status);
                    }
                    if (way == 3) {
                        MPI_Irecv(&after, 1, MPI_INT, 0, 2, MPI_COMM_WORLD, &requests[1]);
                        code = MPI_Waitall(2, requests, statuses);
                        say("each: %s, %s", class_name(statuses[0].MPI_ERROR),
                            statuses[1].MPI_ERROR == MPI_SUCCESS || statuses[1].MPI_ERROR == MPI_ERR_PENDING
                                ? "success or pending" : class_name(statuses[1].MPI_ERROR));
                        MPI_Wait(&requests[1], MPI_STATUS_IGNORE);
                    }
                }
                if (way != 3)
                    MPI_Recv(&after, 1, MPI_INT, 0, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
                for (guard = 1, i = room; i < length; i++)
                    guard &= words[i] == -1;
                say("%d ints into %d, way %d: %s, guard %d, next %d", length, room, way, class_name(code), guard,
                    after == length);
            }
        }
    return end();
}
