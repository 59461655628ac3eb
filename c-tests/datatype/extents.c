/* Extents, bounds and names of types made in every way; attributes of types. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    MPI_Datatype gap, tail, named;
    int lengths[] = { 1, 1 };
    MPI_Aint places[] = { 0, 9 };
    MPI_Datatype types[] = { MPI_DOUBLE, MPI_CHAR };
    char name[MPI_MAX_OBJECT_NAME];
    int length, key, flag, *got, value = 12;
    MPI_Count wide, lb, extent;

    begin(&argc, &argv);
    MPI_Type_create_struct(2, lengths, places, types, &gap);
    say_type("double and char at 9", gap);
    places[1] = 8;
    MPI_Type_create_struct(2, lengths, places, types, &tail);
    say_type("double and char", tail);
    MPI_Type_contiguous(3, tail, &named);
    say_type("three of them", named);
    MPI_Type_size_x(named, &wide);
    MPI_Type_get_extent_x(named, &lb, &extent);
    say("in wide counts: %lld %lld %lld", (long long)wide, (long long)lb, (long long)extent);
    MPI_Type_get_name(named, name, &length);
    say("nameless: %d", length);
    MPI_Type_set_name(named, "three of them");
    MPI_Type_get_name(named, name, &length);
    say("named: %s (%d)", name, length);
    MPI_Type_create_keyval(MPI_TYPE_NULL_COPY_FN, MPI_TYPE_NULL_DELETE_FN, &key, NULL);
    MPI_Type_set_attr(named, key, &value);
    MPI_Type_get_attr(named, key, &got, &flag);
    say("attribute: there %d, value %d", !!flag, *got);
    MPI_Type_delete_attr(named, key);
    MPI_Type_get_attr(named, key, &got, &flag);
    say("deleted: there %d", !!flag);
    MPI_Type_free_keyval(&key);
    MPI_Type_free(&gap);
    MPI_Type_free(&tail);
    MPI_Type_free(&named);
    return end();
}
