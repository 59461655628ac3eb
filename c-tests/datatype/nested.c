/* Types of types of types: what a layout engine has to flatten. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    MPI_Datatype pair, rows, blocks, all, dup;
    int lengths[] = { 2, 1, 3 }, starts[] = { 4, 0, 9 };
    MPI_Aint places[] = { 0, 2000, 1200 };
    MPI_Datatype types[3];

    begin(&argc, &argv);
    MPI_Type_vector(2, 1, 3, MPI_SHORT, &pair);
    MPI_Type_create_hvector(5, 2, 40, pair, &rows);
    MPI_Type_indexed(3, lengths, starts, pair, &blocks);
    types[0] = rows;
    types[1] = blocks;
    types[2] = MPI_DOUBLE;
    MPI_Type_create_struct(3, lengths, places, types, &all);
    MPI_Type_commit(&rows);
    MPI_Type_commit(&blocks);
    MPI_Type_commit(&all);
    say_type("pair", pair);
    say_type("rows", rows);
    say_type("blocks", blocks);
    say_type("all", all);
    exchange("rows", rows, 4, 1000, 0);
    exchange("blocks", blocks, 6, 1000, 0);
    exchange("all", all, 1, 3000, 0);
    exchange("several", all, 20, 60000, 0);
    MPI_Type_dup(all, &dup);
    MPI_Type_free(&all);
    MPI_Type_free(&pair);
    MPI_Type_free(&rows);
    MPI_Type_free(&blocks);
    say_type("twin of what is gone", dup);
    exchange("twin of what is gone", dup, 3, 9000, 0);
    MPI_Type_free(&dup);
    return end();
}
