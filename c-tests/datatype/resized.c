/* Resized types: columns side by side, overlapping elements, a negative bound. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    MPI_Datatype column, narrow, wide, negative, shifted;
    int spread[] = { 1, 1 };
    MPI_Aint places[] = { -8, 8 };
    MPI_Datatype types[] = { MPI_INT, MPI_DOUBLE };

    begin(&argc, &argv);
    MPI_Type_vector(8, 1, 8, MPI_INT, &column);
    MPI_Type_create_resized(column, 0, sizeof(int), &narrow);
    MPI_Type_create_resized(MPI_SHORT, 0, 10, &wide);
    MPI_Type_create_struct(2, spread, places, types, &negative);
    MPI_Type_create_resized(negative, -16, 48, &shifted);
    MPI_Type_commit(&narrow);
    MPI_Type_commit(&wide);
    MPI_Type_commit(&negative);
    MPI_Type_commit(&shifted);
    say_type("columns", narrow);
    say_type("wide shorts", wide);
    say_type("around zero", negative);
    say_type("around zero, wider", shifted);
    exchange("transposed matrix", narrow, 8, 256, 0);
    exchange("wide shorts", wide, 30, 300, 0);
    exchange("around zero", negative, 4, 256, 64);
    exchange("around zero, wider", shifted, 4, 300, 64);
    MPI_Type_free(&column);
    MPI_Type_free(&narrow);
    MPI_Type_free(&wide);
    MPI_Type_free(&negative);
    MPI_Type_free(&shifted);
    return end();
}
