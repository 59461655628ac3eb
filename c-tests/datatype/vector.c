/* Vectors: columns of a matrix, strides in elements and bytes, also backwards. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    MPI_Datatype column, blocks, back, bytes, tight;
    begin(&argc, &argv);
    MPI_Type_vector(10, 1, 10, MPI_DOUBLE, &column);
    MPI_Type_vector(4, 3, 7, MPI_INT, &blocks);
    MPI_Type_vector(3, 2, -5, MPI_SHORT, &back);
    MPI_Type_create_hvector(5, 2, 13, MPI_CHAR, &bytes);
    MPI_Type_vector(6, 4, 4, MPI_INT, &tight);
    MPI_Type_commit(&column);
    MPI_Type_commit(&blocks);
    MPI_Type_commit(&back);
    MPI_Type_commit(&bytes);
    MPI_Type_commit(&tight);
    say_type("column", column);
    say_type("blocks", blocks);
    say_type("backwards", back);
    say_type("in bytes", bytes);
    say_type("tight", tight);
    exchange("column", column, 1, 800, 0);
    exchange("second column", column, 1, 808, 8);
    exchange("blocks", blocks, 3, 400, 0);
    exchange("many blocks", blocks, 2000, 200000, 4);
    exchange("backwards", back, 1, 64, 40);
    exchange("backwards twice", back, 2, 128, 40);
    exchange("in bytes", bytes, 4, 300, 3);
    exchange("tight", tight, 2, 256, 0);
    MPI_Type_free(&column);
    MPI_Type_free(&blocks);
    MPI_Type_free(&back);
    MPI_Type_free(&bytes);
    MPI_Type_free(&tight);
    return end();
}
