/* Persistent requests in every mode, started alone and together, many times. */
#include "../lib/story.h"

enum { ROUNDS = 20, LENGTH = 9000 };

int main(int argc, char **argv)
{
    MPI_Request requests[8];
    MPI_Status statuses[8], status;
    int *out[4], *in[4], mode, round, to, from, flag, i, index;
    void *buffer;
    int buffer_size;
    uint64_t sum = 0;

    begin(&argc, &argv);
    to = (rank + 1) % size;
    from = (rank + size - 1) % size;
    buffer_size = 4 * (LENGTH * sizeof(int) + MPI_BSEND_OVERHEAD);
    buffer = malloc(buffer_size);
    MPI_Buffer_attach(buffer, buffer_size);
    for (mode = 0; mode < 4; mode++) {
        out[mode] = malloc(LENGTH * sizeof(int));
        in[mode] = malloc(LENGTH * sizeof(int));
        MPI_Recv_init(in[mode], LENGTH, MPI_INT, from, mode, MPI_COMM_WORLD, &requests[4 + mode]);
    }
    MPI_Send_init(out[0], LENGTH, MPI_INT, to, 0, MPI_COMM_WORLD, &requests[0]);
    MPI_Ssend_init(out[1], LENGTH, MPI_INT, to, 1, MPI_COMM_WORLD, &requests[1]);
    MPI_Bsend_init(out[2], LENGTH, MPI_INT, to, 2, MPI_COMM_WORLD, &requests[2]);
    MPI_Rsend_init(out[3], LENGTH, MPI_INT, to, 3, MPI_COMM_WORLD, &requests[3]);

    MPI_Wait(&requests[0], &status);
    say_status("waiting for an inactive one", &status, MPI_INT);
    MPI_Test(&requests[4], &flag, &status);
    say_status(flag ? "testing an inactive one" : "inactive is not done", &status, MPI_INT);
    MPI_Waitany(8, requests, &index, &status);
    say("any of the inactive: undefined %d", index == MPI_UNDEFINED);

    for (round = 0; round < ROUNDS; round++) {
        for (mode = 0; mode < 4; mode++)
            for (i = 0; i < LENGTH; i++)
                out[mode][i] = (rank * 4 + mode) * 100000 + round * 7 + i;
        MPI_Startall(4, requests + 4);
        MPI_Barrier(MPI_COMM_WORLD);
        if (round % 2)
            MPI_Startall(4, requests);
        else
            for (mode = 0; mode < 4; mode++)
                MPI_Start(&requests[mode]);
        MPI_Waitall(8, requests, statuses);
        for (mode = 0; mode < 4; mode++) {
            must(requests[mode] != MPI_REQUEST_NULL);
            must(in[mode][LENGTH - 1] == (from * 4 + mode) * 100000 + round * 7 + LENGTH - 1);
            sum ^= checksum(in[mode], LENGTH * sizeof(int)) * (round + 1);
        }
    }
    say_status("last", &statuses[6], MPI_INT);
    say("sum %016llx", (unsigned long long)sum);
    for (i = 0; i < 8; i++)
        MPI_Request_free(&requests[i]);
    say("freed %d", requests[0] == MPI_REQUEST_NULL);
    MPI_Buffer_detach(&buffer, &buffer_size);
    return end();
}
