/* Contiguous types of contiguous types. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    MPI_Datatype three, nine, none;
    begin(&argc, &argv);
    MPI_Type_contiguous(3, MPI_INT, &three);
    MPI_Type_commit(&three);
    say_type("three ints", three);
    exchange("three ints", three, 5, 64, 0);
    MPI_Type_contiguous(3, three, &nine);
    MPI_Type_commit(&nine);
    say_type("nine ints", nine);
    exchange("nine ints", nine, 1000, 36000, 0);
    MPI_Type_contiguous(0, MPI_DOUBLE, &none);
    MPI_Type_commit(&none);
    say_type("none", none);
    exchange("none", none, 4, 8, 0);
    MPI_Type_free(&three);
    say("freed: %d", three == MPI_DATATYPE_NULL);
    exchange("nine without its three", nine, 2, 100, 8);
    MPI_Type_free(&nine);
    MPI_Type_free(&none);
    return end();
}
