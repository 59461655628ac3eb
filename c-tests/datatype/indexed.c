/* Indexed types: a triangle, unordered and empty blocks, displacements in bytes. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    enum { ROWS = 12 };
    int lengths[ROWS], starts[ROWS], i;
    int odd_lengths[] = { 2, 0, 3, 1 }, odd_starts[] = { 9, 100, 0, 5 }, equal_starts[] = { 7, 0, 3 };
    MPI_Aint byte_starts[] = { 52, 4, 22, 0 }, equal_bytes[] = { 40, 0, 17 };
    MPI_Datatype triangle, odd, bytes, equal, hequal;

    begin(&argc, &argv);
    for (i = 0; i < ROWS; i++) {
        lengths[i] = ROWS - i;
        starts[i] = i * ROWS + i;
    }
    MPI_Type_indexed(ROWS, lengths, starts, MPI_DOUBLE, &triangle);
    MPI_Type_indexed(4, odd_lengths, odd_starts, MPI_INT, &odd);
    MPI_Type_create_hindexed(4, odd_lengths, byte_starts, MPI_SHORT, &bytes);
    MPI_Type_create_indexed_block(3, 2, equal_starts, MPI_INT, &equal);
    MPI_Type_create_hindexed_block(3, 5, equal_bytes, MPI_CHAR, &hequal);
    MPI_Type_commit(&triangle);
    MPI_Type_commit(&odd);
    MPI_Type_commit(&bytes);
    MPI_Type_commit(&equal);
    MPI_Type_commit(&hequal);
    say_type("triangle", triangle);
    say_type("odd", odd);
    say_type("in bytes", bytes);
    say_type("equal blocks", equal);
    say_type("equal blocks in bytes", hequal);
    exchange("triangle", triangle, 1, ROWS * ROWS * 8, 0);
    exchange("triangles", triangle, 30, 30 * ROWS * ROWS * 8, 0);
    exchange("odd", odd, 3, 1000, 0);
    exchange("in bytes", bytes, 2, 256, 0);
    exchange("equal blocks", equal, 4, 256, 0);
    exchange("equal blocks in bytes", hequal, 3, 200, 0);
    MPI_Type_free(&triangle);
    MPI_Type_free(&odd);
    MPI_Type_free(&bytes);
    MPI_Type_free(&equal);
    MPI_Type_free(&hequal);
    return end();
}
