/* Pack and unpack: mixed items in one buffer, sent packed and received in types. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    char buffer[4000];
    int position = 0, room, total = 0, number = 5, i;
    double reals[6] = { 1, 2, 3, 4, 5, 6 };
    int matrix[100];
    MPI_Datatype column;
    MPI_Status status;

    begin(&argc, &argv);
    MPI_Type_vector(10, 1, 10, MPI_INT, &column);
    MPI_Type_commit(&column);
    MPI_Pack_size(1, MPI_INT, MPI_COMM_WORLD, &room);
    total += room;
    MPI_Pack_size(6, MPI_DOUBLE, MPI_COMM_WORLD, &room);
    total += room;
    MPI_Pack_size(2, column, MPI_COMM_WORLD, &room);
    total += room;
    say("room enough: %d", total >= 4 + 48 + 80);
    if (rank == 0) {
        for (i = 0; i < 100; i++)
            matrix[i] = i * 3;
        MPI_Pack(&number, 1, MPI_INT, buffer, sizeof buffer, &position, MPI_COMM_WORLD);
        MPI_Pack(reals, 6, MPI_DOUBLE, buffer, sizeof buffer, &position, MPI_COMM_WORLD);
        MPI_Pack(matrix, 1, column, buffer, sizeof buffer, &position, MPI_COMM_WORLD);
        MPI_Pack(matrix + 3, 1, column, buffer, sizeof buffer, &position, MPI_COMM_WORLD);
        say("packed into its room: %d", position <= total);
        MPI_Send(buffer, position, MPI_PACKED, 1, 0, MPI_COMM_WORLD);
        /* The same, unpacked from plain bytes. */
        MPI_Send(buffer, position, MPI_PACKED, 1, 1, MPI_COMM_WORLD);
    } else {
        int got;
        memset(matrix, 0, sizeof matrix);
        memset(reals, 0, sizeof reals);
        number = 0;
        MPI_Recv(buffer, sizeof buffer, MPI_PACKED, 0, 0, MPI_COMM_WORLD, &status);
        MPI_Get_count(&status, MPI_PACKED, &got);
        MPI_Unpack(buffer, got, &position, &number, 1, MPI_INT, MPI_COMM_WORLD);
        MPI_Unpack(buffer, got, &position, reals, 6, MPI_DOUBLE, MPI_COMM_WORLD);
        MPI_Unpack(buffer, got, &position, matrix, 1, column, MPI_COMM_WORLD);
        MPI_Unpack(buffer, got, &position, matrix + 3, 1, column, MPI_COMM_WORLD);
        say("all of it: %d; %d %.0f %.0f %016llx", position == got, number, reals[0], reals[5],
            (unsigned long long)checksum(matrix, sizeof matrix));
        MPI_Probe(0, 1, MPI_COMM_WORLD, &status);
        MPI_Get_count(&status, MPI_PACKED, &got);
        MPI_Recv(buffer, got, MPI_PACKED, 0, 1, MPI_COMM_WORLD, &status);
        position = 0;
        MPI_Unpack(buffer, got, &position, &number, 1, MPI_INT, MPI_COMM_WORLD);
        say("first item again: %d", number);
    }
    /* Through a canonical form. */
    {
        char external[200];
        MPI_Aint at = 0, wide;
        int back[4] = { 0, 0, 0, 0 }, out[4] = { 1, -2, 0x01020304, 5 };
        MPI_Pack_external_size("external32", 4, MPI_INT, &wide);
        MPI_Pack_external("external32", out, 4, MPI_INT, external, sizeof external, &at);
        say("external32: %d bytes, %016llx", (int)wide, (unsigned long long)checksum(external, at));
        at = 0;
        MPI_Unpack_external("external32", external, wide, &at, back, 4, MPI_INT);
        say("and back: %d", memcmp(out, back, sizeof out) == 0);
    }
    MPI_Type_free(&column);
    return end();
}
