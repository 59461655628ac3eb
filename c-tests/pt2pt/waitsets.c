/* Waitany, Waitsome, Waitall, Testany, Testsome, Testall over mixed arrays. */
#include "../lib/story.h"

enum { COUNT = 12 };

static void serve(void)
{
    /* Every other rank sends when told, so that rank 0 knows what is finished. */
    int tag, value;
    do {
        MPI_Recv(&tag, 1, MPI_INT, 0, 1000, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        value = 100 * rank + tag;
        if (tag >= 0)
            MPI_Ssend(&value, 1, MPI_INT, 0, tag, MPI_COMM_WORLD);
    } while (tag >= 0);
}

static void ask(int number)
{
    int from = 1 + number % (size - 1);
    MPI_Send(&number, 1, MPI_INT, from, 1000, MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
    MPI_Request requests[COUNT];
    MPI_Status statuses[COUNT], status;
    int values[COUNT], indices[COUNT], i, index, count, flag, stop = -1, done;

    begin(&argc, &argv);
    if (rank != 0) {
        serve();
        return end();
    }
    for (i = 0; i < COUNT; i++)
        requests[i] = MPI_REQUEST_NULL;
    MPI_Waitany(COUNT, requests, &index, &status);
    say("waitany of nulls: undefined %d", index == MPI_UNDEFINED);
    MPI_Waitsome(COUNT, requests, &count, indices, statuses);
    say("waitsome of nulls: undefined %d", count == MPI_UNDEFINED);
    MPI_Testany(COUNT, requests, &index, &flag, &status);
    say("testany of nulls: flag %d undefined %d", !!flag, index == MPI_UNDEFINED);
    MPI_Testsome(COUNT, requests, &count, indices, statuses);
    say("testsome of nulls: undefined %d", count == MPI_UNDEFINED);
    MPI_Testall(COUNT, requests, &flag, statuses);
    say("testall of nulls: flag %d", !!flag);
    MPI_Waitall(0, NULL, NULL);

    for (i = 0; i < COUNT; i++) {
        values[i] = -1;
        if (i % 4 != 3)
            MPI_Irecv(&values[i], 1, MPI_INT, 1 + i % (size - 1), i, MPI_COMM_WORLD, &requests[i]);
    }
    MPI_Testany(COUNT, requests, &index, &flag, &status);
    say("nothing yet: testany %d", !!flag);
    MPI_Testall(COUNT, requests, &flag, statuses);
    say("nothing yet: testall %d", !!flag);
    MPI_Testsome(COUNT, requests, &count, indices, statuses);
    say("nothing yet: testsome %d", count);

    ask(5);
    MPI_Waitany(COUNT, requests, &index, &status);
    say("waitany: %d value %d tag %d, gone %d", index, values[index], status.MPI_TAG, requests[index] == MPI_REQUEST_NULL);
    ask(9);
    flag = 0;
    while (!flag)
        MPI_Testany(COUNT, requests, &index, &flag, &status);
    say("testany: %d value %d", index, values[index]);
    ask(2);
    MPI_Waitsome(COUNT, requests, &count, indices, statuses);
    say("waitsome: %d, first %d value %d tag %d", count, indices[0], values[indices[0]], statuses[0].MPI_TAG);
    ask(8);
    count = 0;
    while (count == 0)
        MPI_Testsome(COUNT, requests, &count, indices, statuses);
    say("testsome: %d, first %d value %d", count, indices[0], values[indices[0]]);
    for (i = 0, done = 0; i < COUNT; i++)
        if (requests[i] != MPI_REQUEST_NULL) {
            ask(i);
            done++;
        }
    say("%d left", done);
    flag = 0;
    while (!flag)
        MPI_Testall(COUNT, requests, &flag, statuses);
    for (i = 0; i < COUNT; i++)
        say("%2d: value %d, gone %d", i, values[i], requests[i] == MPI_REQUEST_NULL);

    /* Waitall, asked for in reverse. */
    for (i = 0; i < COUNT; i++)
        MPI_Irecv(&values[i], 1, MPI_INT, 1 + i % (size - 1), i, MPI_COMM_WORLD, &requests[i]);
    for (i = COUNT - 1; i >= 0; i--)
        ask(i);
    MPI_Waitall(COUNT, requests, statuses);
    for (i = 0; i < COUNT; i++)
        must(statuses[i].MPI_TAG == i && values[i] == 100 * (1 + i % (size - 1)) + i);
    for (i = 1; i < size; i++)
        MPI_Send(&stop, 1, MPI_INT, i, 1000, MPI_COMM_WORLD);
    return end();
}
