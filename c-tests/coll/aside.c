/* On the root's side of an intercommunicator only the root's arguments mean
   anything: the others pass what is no argument of such a call at all. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Comm half, inter;
    MPI_Request request;
    int side, place, values[3], result[3] = { -1, -1, -1 }, to, later;

    begin(&argc, &argv);
    side = rank % 2;
    MPI_Comm_split(MPI_COMM_WORLD, side, rank, &half);
    MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, !side, 0, &inter);
    MPI_Comm_rank(inter, &place);
    values[0] = rank + 1;
    values[1] = -rank;
    values[2] = 10 * rank;
    for (later = 0; later < 2; later++) {
        for (to = 0; to < 2; to++) {
            /* The root is the first of side `to`. */
            void *out = values, *in = result;
            int root = 0, count = 3;
            MPI_Datatype type = MPI_INT;
            MPI_Op op = MPI_MAX;
            if (side == to && place == 0)
                root = MPI_ROOT;
            if (side == to && place > 0) {
                root = MPI_PROC_NULL;
                out = in = NULL;
                count = 0;
                type = later ? MPI_DATATYPE_NULL : MPI_BYTE;
                op = later ? MPI_OP_NULL : MPI_SUM;
            }
            if (later) {
                MPI_Ireduce(out, in, count, type, op, root, inter, &request);
                MPI_Wait(&request, MPI_STATUS_IGNORE);
            } else {
                MPI_Reduce(out, in, count, type, op, root, inter);
            }
            say("to side %d: %d %d %d", to, result[0], result[1], result[2]);
            in = side == to ? out : in;
            if (later) {
                MPI_Ibcast(in, count, type, root, inter, &request);
                MPI_Wait(&request, MPI_STATUS_IGNORE);
            } else {
                MPI_Bcast(in, count, type, root, inter);
            }
            say("from side %d: %d %d %d", to, result[0], result[1], result[2]);
        }
    }
    MPI_Comm_free(&inter);
    MPI_Comm_free(&half);
    return end();
}
