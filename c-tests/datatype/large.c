/* A derived type far larger than any internal buffer. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    MPI_Datatype rows, pieces;
    begin(&argc, &argv);
    MPI_Type_vector(3000, 700, 1000, MPI_INT, &rows);
    MPI_Type_commit(&rows);
    say_type("rows", rows);
    exchange("rows", rows, 1, 3000 * 4000, 0);
    MPI_Type_vector(300000, 1, 3, MPI_SHORT, &pieces);
    MPI_Type_commit(&pieces);
    say_type("pieces", pieces);
    exchange("pieces", pieces, 2, 2 * 300000 * 6, 0);
    MPI_Type_free(&rows);
    MPI_Type_free(&pieces);
    return end();
}
