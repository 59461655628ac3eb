/* Subarrays in both orders. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    int sizes[] = { 10, 12, 8 }, parts[] = { 3, 5, 2 }, starts[] = { 4, 6, 1 };
    MPI_Datatype c, fortran, line;
    begin(&argc, &argv);
    MPI_Type_create_subarray(3, sizes, parts, starts, MPI_ORDER_C, MPI_INT, &c);
    MPI_Type_create_subarray(3, sizes, parts, starts, MPI_ORDER_FORTRAN, MPI_INT, &fortran);
    MPI_Type_create_subarray(1, sizes, parts, starts, MPI_ORDER_C, MPI_DOUBLE, &line);
    MPI_Type_commit(&c);
    MPI_Type_commit(&fortran);
    MPI_Type_commit(&line);
    say_type("box in C's order", c);
    say_type("box in Fortran's order", fortran);
    say_type("line", line);
    exchange("box in C's order", c, 1, 3840, 0);
    exchange("box in Fortran's order", fortran, 2, 2 * 3840, 0);
    exchange("line", line, 5, 400, 0);
    MPI_Type_free(&c);
    MPI_Type_free(&fortran);
    MPI_Type_free(&line);
    return end();
}
