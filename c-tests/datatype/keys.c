/* Attributes of datatypes; types chosen by size and by precision. */
#include "../lib/layout.h"

static int copy(MPI_Datatype type, int key, void *extra, void *in, void *out, int *flag)
{
    int bytes;
    (void)key;
    MPI_Type_size(type, &bytes);
    say("copy of %d (%s), type of %d bytes", *(int *)in, (char *)extra, bytes);
    *(void **)out = (int *)in + 1;
    *flag = 1;
    return MPI_SUCCESS;
}

static int forget(MPI_Datatype type, int key, void *value, void *extra)
{
    int bytes;
    (void)key;
    MPI_Type_size(type, &bytes);
    say("delete of %d (%s), type of %d bytes", *(int *)value, (char *)extra, bytes);
    return MPI_SUCCESS;
}

static void look(const char *name, MPI_Datatype type, int key)
{
    int *value, flag;
    MPI_Type_get_attr(type, key, &value, &flag);
    if (flag)
        say("%s: %d", name, *value);
    else
        say("%s: none", name);
}

int main(int argc, char **argv)
{
    int key, plain, none, values[] = { 10, 11, 12 }, i, len, integers, addresses, types, combiner;
    char name[MPI_MAX_OBJECT_NAME];
    MPI_Datatype type, again, first, second;

    begin(&argc, &argv);
    MPI_Type_create_keyval(copy, forget, &key, "key");
    MPI_Type_create_keyval(MPI_TYPE_DUP_FN, MPI_TYPE_NULL_DELETE_FN, &plain, NULL);
    MPI_Type_create_keyval(MPI_TYPE_NULL_COPY_FN, MPI_TYPE_NULL_DELETE_FN, &none, NULL);
    MPI_Type_contiguous(3, MPI_INT, &type);
    look("before", type, key);
    MPI_Type_set_attr(type, key, &values[0]);
    MPI_Type_set_attr(type, plain, &values[1]);
    MPI_Type_set_attr(type, none, &values[2]);
    look("set", type, key);
    MPI_Type_dup(type, &again);
    look("duplicate", again, key);
    look("plain", again, plain);
    look("none", again, none);
    MPI_Type_free_keyval(&key);
    say("key gone: %d", key == MPI_KEYVAL_INVALID);
    MPI_Type_delete_attr(again, plain);
    look("deleted", again, plain);
    MPI_Type_free(&again);
    MPI_Type_free(&type);
    say("freed: %d", type == MPI_DATATYPE_NULL);
    MPI_Type_free_keyval(&plain);
    MPI_Type_free_keyval(&none);

    MPI_Type_contiguous(2, MPI_DOUBLE, &type);
    MPI_Type_get_name(type, name, &len);
    say("name: '%s' %d", name, len);
    MPI_Type_set_name(type, "two doubles");
    MPI_Type_get_name(type, name, &len);
    say("name: '%s' %d", name, len);
    MPI_Type_free(&type);

    for (i = 4; i <= 8; i *= 2) {
        MPI_Type_match_size(MPI_TYPECLASS_REAL, i, &type);
        say_type("real", type);
        MPI_Type_match_size(MPI_TYPECLASS_INTEGER, i, &type);
        say_type("integer", type);
        MPI_Type_match_size(MPI_TYPECLASS_COMPLEX, 2 * i, &type);
        say_type("complex", type);
    }
    MPI_Type_create_f90_real(12, 100, &first);
    MPI_Type_create_f90_real(12, 100, &second);
    say("the same twice: %d", first == second);
    say_type("12 digits", first);
    MPI_Type_get_envelope(first, &integers, &addresses, &types, &combiner);
    say("%d %d %d f90 real: %d", integers, addresses, types, combiner == MPI_COMBINER_F90_REAL);
    MPI_Type_create_f90_integer(12, &first);
    say_type("12 decimal digits", first);
    MPI_Type_create_f90_complex(6, MPI_UNDEFINED, &first);
    say_type("6 digits, complex", first);
    return end();
}
