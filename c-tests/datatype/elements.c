/* Counts of whole and of part types that arrived. */
#include "../lib/layout.h"

static void report(const char *what, MPI_Status *status, MPI_Datatype type)
{
    int count, elements;
    MPI_Count long_elements;
    MPI_Get_count(status, type, &count);
    MPI_Get_elements(status, type, &elements);
    MPI_Get_elements_x(status, type, &long_elements);
    if (count == MPI_UNDEFINED)
        say("%s: count undefined, elements %d", what, elements);
    else
        say("%s: count %d, elements %d", what, count, elements);
    must(long_elements == elements);
}

int main(int argc, char **argv)
{
    MPI_Datatype pair, mixed, types[] = { MPI_INT, MPI_DOUBLE };
    int lengths[] = { 1, 2 }, words[40] = { 0 }, sent;
    MPI_Aint places[] = { 0, 8 };
    MPI_Status status;
    char room[400];

    begin(&argc, &argv);
    MPI_Type_contiguous(2, MPI_INT, &pair);
    MPI_Type_create_struct(2, lengths, places, types, &mixed);
    MPI_Type_commit(&pair);
    MPI_Type_commit(&mixed);
    for (sent = 0; sent < 6; sent++)
        if (rank == 0)
            MPI_Send(words, sent, MPI_INT, 1, sent, MPI_COMM_WORLD);
        else {
            MPI_Recv(words, 20, pair, 0, sent, MPI_COMM_WORLD, &status);
            report("ints as pairs", &status, pair);
        }
    for (sent = 0; sent <= 8; sent++)
        if (rank == 0) {
            /* int, double, double, int, double, double, ... cut after `sent` of them. */
            char packed[400];
            int position = 0, i;
            double real = 1.5;
            for (i = 0; i < sent; i++)
                if (i % 3 == 0)
                    MPI_Pack(&i, 1, MPI_INT, packed, sizeof packed, &position, MPI_COMM_WORLD);
                else
                    MPI_Pack(&real, 1, MPI_DOUBLE, packed, sizeof packed, &position, MPI_COMM_WORLD);
            MPI_Send(packed, position, MPI_PACKED, 1, sent, MPI_COMM_WORLD);
        } else {
            MPI_Recv(room, 5, mixed, 0, sent, MPI_COMM_WORLD, &status);
            report("mixed", &status, mixed);
        }
    MPI_Status_set_elements(&status, MPI_INT, 7);
    MPI_Status_set_cancelled(&status, 1);
    report("set by hand", &status, MPI_INT);
    MPI_Test_cancelled(&status, &sent);
    say("cancelled by hand: %d", !!sent);
    MPI_Type_free(&pair);
    MPI_Type_free(&mixed);
    return end();
}
