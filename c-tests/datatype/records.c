/* Array types and the others with constants tell how they were made; the parts
 * that come out make the same type again. */
#include "../lib/layout.h"

static const char *order_name(int value)
{
    if (value == MPI_ORDER_C) return "C";
    if (value == MPI_ORDER_FORTRAN) return "Fortran";
    return "another";
}

static const char *distribution_name(int value)
{
    if (value == MPI_DISTRIBUTE_BLOCK) return "block";
    if (value == MPI_DISTRIBUTE_CYCLIC) return "cyclic";
    if (value == MPI_DISTRIBUTE_NONE) return "none";
    return "another";
}

static const char *combiner_name(int combiner)
{
    if (combiner == MPI_COMBINER_NAMED) return "named";
    if (combiner == MPI_COMBINER_DUP) return "dup";
    if (combiner == MPI_COMBINER_INDEXED_BLOCK) return "indexed block";
    if (combiner == MPI_COMBINER_HINDEXED_BLOCK) return "hindexed block";
    if (combiner == MPI_COMBINER_SUBARRAY) return "subarray";
    if (combiner == MPI_COMBINER_DARRAY) return "darray";
    if (combiner == MPI_COMBINER_F90_REAL) return "f90 real";
    if (combiner == MPI_COMBINER_F90_COMPLEX) return "f90 complex";
    if (combiner == MPI_COMBINER_F90_INTEGER) return "f90 integer";
    if (combiner == MPI_COMBINER_CONTIGUOUS) return "contiguous";
    return "another";
}

static void say_integers(const char *what, const int *values, int from, int to)
{
    char line[300] = "";
    int i;
    for (i = from; i < to; i++)
        sprintf(line + strlen(line), " %d", values[i]);
    say("  %s:%s", what, line);
}

static void open_up(const char *name, MPI_Datatype type)
{
    int integers, addresses, types, combiner, i, values[60], again;
    MPI_Aint places[20];
    MPI_Datatype parts[2];

    MPI_Type_get_envelope(type, &integers, &addresses, &types, &combiner);
    say("%s is %s: %d integers, %d addresses, %d types", name, combiner_name(combiner), integers,
        addresses, types);
    if (combiner == MPI_COMBINER_NAMED)
        return;
    MPI_Type_get_contents(type, integers, addresses, types, values, places, parts);
    if (combiner == MPI_COMBINER_SUBARRAY) {
        say_integers("sizes and starts", values, 0, 3 * values[0] + 1);
        say("  order %s", order_name(values[integers - 1]));
    } else if (combiner == MPI_COMBINER_DARRAY) {
        int n = values[2];
        say_integers("size, rank, dimensions, sizes", values, 0, 3 + n);
        for (i = 3 + n; i < 3 + 2 * n; i++)
            say("  %s", distribution_name(values[i]));
        for (i = 3 + 2 * n; i < 3 + 3 * n; i++)
            if (values[i] == MPI_DISTRIBUTE_DFLT_DARG)
                say("  argument: default");
            else
                say("  argument: %d", values[i]);
        say_integers("process grid", values, 3 + 3 * n, 3 + 4 * n);
        say("  order %s", order_name(values[integers - 1]));
    } else
        for (i = 0; i < integers; i++)
            say("  %d", values[i]);
    for (i = 0; i < addresses; i++)
        say("  @%ld", (long)places[i]);
    for (i = 0; i < types; i++) {
        MPI_Type_get_envelope(parts[i], &again, &again, &again, &combiner);
        say("  of %s", combiner_name(combiner));
        if (combiner != MPI_COMBINER_NAMED) {
            say_type("  part", parts[i]);
            MPI_Type_free(&parts[i]);
        }
    }
}

int main(int argc, char **argv)
{
    int sizes[] = { 7, 9, 4 }, sub[] = { 3, 2, 4 }, starts[] = { 1, 5, 0 }, places[] = { 4, 0, 9 };
    int dealt[] = { MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_NONE };
    int how[] = { 2, MPI_DISTRIBUTE_DFLT_DARG, MPI_DISTRIBUTE_DFLT_DARG }, grid[] = { 2, 3, 1 };
    MPI_Aint bytes[] = { 40, 0, 96 };
    MPI_Datatype type, made, old;

    begin(&argc, &argv);
    MPI_Type_contiguous(2, MPI_SHORT, &old);
    MPI_Type_create_subarray(3, sizes, sub, starts, MPI_ORDER_C, old, &type);
    open_up("part of an array", type);
    MPI_Type_dup(type, &made);
    MPI_Type_free(&type);
    open_up("its duplicate", made);
    MPI_Type_free(&made);
    MPI_Type_create_subarray(2, sizes, sub, starts, MPI_ORDER_FORTRAN, MPI_DOUBLE, &type);
    open_up("part in Fortran's order", type);
    MPI_Type_free(&type);
    MPI_Type_create_darray(6, 4, 3, sizes, dealt, how, grid, MPI_ORDER_FORTRAN, MPI_INT, &type);
    open_up("dealt array", type);
    MPI_Type_free(&type);
    MPI_Type_create_indexed_block(3, 2, places, old, &type);
    open_up("blocks", type);
    MPI_Type_free(&type);
    MPI_Type_create_hindexed_block(3, 2, bytes, MPI_INT, &type);
    open_up("blocks at bytes", type);
    MPI_Type_free(&type);
    MPI_Type_dup(MPI_INT, &type);
    open_up("duplicate of int", type);
    MPI_Type_free(&type);
    MPI_Type_create_f90_real(15, MPI_UNDEFINED, &type);
    open_up("15 digits", type);
    MPI_Type_create_f90_complex(MPI_UNDEFINED, 30, &type);
    open_up("complex, range 30", type);
    MPI_Type_create_f90_integer(7, &type);
    open_up("7 decimal digits", type);
    open_up("pair", MPI_DOUBLE_INT);
    MPI_Type_free(&old);
    return end();
}
