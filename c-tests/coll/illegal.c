/* Operations refuse the types they are not defined for. */
#include "../lib/story.h"

static void attempt(const char *name, MPI_Op op, MPI_Datatype type)
{
    long double a[8] = { 0 }, b[8] = { 0 };
    say("%s: %s", name, class_name(MPI_Allreduce(a, b, 1, type, op, MPI_COMM_WORLD)));
}

int main(int argc, char **argv)
{
    MPI_Datatype derived;
    MPI_Op op = MPI_SUM;
    begin(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    attempt("greatest complex number", MPI_MAX, MPI_C_DOUBLE_COMPLEX);
    attempt("bits of a float", MPI_BAND, MPI_FLOAT);
    attempt("sum of pairs", MPI_SUM, MPI_DOUBLE_INT);
    attempt("place of the least int", MPI_MINLOC, MPI_INT);
    MPI_Type_contiguous(1, MPI_INT, &derived);
    MPI_Type_commit(&derived);
    attempt("sum of a derived type", MPI_SUM, derived);
    attempt("replace", MPI_REPLACE, MPI_INT);
    attempt("no operation", MPI_OP_NULL, MPI_INT);
    MPI_Type_free(&derived);
    say("freeing a predefined one: %s", class_name(MPI_Op_free(&op)));
    return end();
}
