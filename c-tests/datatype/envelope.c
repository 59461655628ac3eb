/* A type tells how it was made. */
#include "../lib/layout.h"

static const char *combiner_name(int combiner)
{
    if (combiner == MPI_COMBINER_NAMED) return "named";
    if (combiner == MPI_COMBINER_DUP) return "dup";
    if (combiner == MPI_COMBINER_CONTIGUOUS) return "contiguous";
    if (combiner == MPI_COMBINER_VECTOR) return "vector";
    if (combiner == MPI_COMBINER_HVECTOR) return "hvector";
    if (combiner == MPI_COMBINER_INDEXED) return "indexed";
    if (combiner == MPI_COMBINER_HINDEXED) return "hindexed";
    if (combiner == MPI_COMBINER_INDEXED_BLOCK) return "indexed block";
    if (combiner == MPI_COMBINER_STRUCT) return "struct";
    if (combiner == MPI_COMBINER_RESIZED) return "resized";
    return "another";
}

static void tell_of(MPI_Datatype type)
{
    int integers, addresses, types, combiner, i, values[50];
    MPI_Aint places[50];
    MPI_Datatype parts[50];
    char line[400] = "";

    MPI_Type_get_envelope(type, &integers, &addresses, &types, &combiner);
    say("%s: %d integers, %d addresses, %d types", combiner_name(combiner), integers, addresses, types);
    if (combiner == MPI_COMBINER_NAMED)
        return;
    MPI_Type_get_contents(type, integers, addresses, types, values, places, parts);
    for (i = 0; i < integers; i++)
        sprintf(line + strlen(line), " %d", values[i]);
    for (i = 0; i < addresses; i++)
        sprintf(line + strlen(line), " @%ld", (long)places[i]);
    say("   %s", line);
    for (i = 0; i < types; i++) {
        int named;
        MPI_Type_get_envelope(parts[i], &integers, &addresses, &named, &combiner);
        if (combiner != MPI_COMBINER_NAMED) {
            tell_of(parts[i]);
            MPI_Type_free(&parts[i]);
        } else
            say("    named, an int %d, a double %d", parts[i] == MPI_INT, parts[i] == MPI_DOUBLE);
    }
}

int main(int argc, char **argv)
{
    int lengths[] = { 2, 1 }, starts[] = { 3, 0 };
    MPI_Aint places[] = { 16, 0 };
    MPI_Datatype made[8], types[] = { MPI_INT, MPI_DOUBLE };
    int i;

    begin(&argc, &argv);
    MPI_Type_contiguous(3, MPI_INT, &made[0]);
    MPI_Type_vector(2, 3, 4, made[0], &made[1]);
    MPI_Type_create_hvector(2, 3, 100, MPI_DOUBLE, &made[2]);
    MPI_Type_indexed(2, lengths, starts, MPI_INT, &made[3]);
    MPI_Type_create_hindexed(2, lengths, places, MPI_INT, &made[4]);
    MPI_Type_create_struct(2, lengths, places, types, &made[5]);
    MPI_Type_create_resized(made[5], -8, 64, &made[6]);
    MPI_Type_dup(made[3], &made[7]);
    tell_of(MPI_INT);
    for (i = 0; i < 8; i++)
        tell_of(made[i]);
    for (i = 0; i < 8; i++)
        MPI_Type_free(&made[i]);
    return end();
}
