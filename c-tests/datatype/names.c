/* The names of the predefined types. */
#include "../lib/story.h"

static void name_of(MPI_Datatype type)
{
    char name[MPI_MAX_OBJECT_NAME];
    int length = -1;
    MPI_Type_get_name(type, name, &length);
    say("%s (%d)", name, length);
}

int main(int argc, char **argv)
{
    MPI_Datatype types[] = {
        MPI_CHAR, MPI_SIGNED_CHAR, MPI_UNSIGNED_CHAR, MPI_BYTE, MPI_WCHAR, MPI_SHORT,
        MPI_UNSIGNED_SHORT, MPI_INT, MPI_UNSIGNED, MPI_LONG, MPI_UNSIGNED_LONG,
        MPI_UNSIGNED_LONG_LONG, MPI_FLOAT, MPI_DOUBLE, MPI_LONG_DOUBLE, MPI_PACKED, MPI_FLOAT_INT,
        MPI_DOUBLE_INT, MPI_LONG_INT, MPI_SHORT_INT, MPI_2INT, MPI_LONG_DOUBLE_INT, MPI_INT8_T,
        MPI_INT16_T, MPI_INT32_T, MPI_INT64_T, MPI_UINT8_T, MPI_UINT16_T, MPI_UINT32_T,
        MPI_UINT64_T, MPI_C_BOOL, MPI_C_COMPLEX, MPI_C_DOUBLE_COMPLEX, MPI_C_LONG_DOUBLE_COMPLEX,
        MPI_AINT, MPI_OFFSET, MPI_COUNT, MPI_CHARACTER, MPI_INTEGER, MPI_REAL, MPI_LOGICAL,
        MPI_COMPLEX, MPI_DOUBLE_PRECISION, MPI_2INTEGER, MPI_2REAL, MPI_2DOUBLE_PRECISION,
        MPI_DOUBLE_COMPLEX, MPI_INTEGER1, MPI_INTEGER2, MPI_INTEGER4, MPI_INTEGER8, MPI_REAL4,
        MPI_REAL8, MPI_COMPLEX8, MPI_COMPLEX16, MPI_CXX_BOOL, MPI_CXX_FLOAT_COMPLEX,
        MPI_CXX_DOUBLE_COMPLEX, MPI_CXX_LONG_DOUBLE_COMPLEX
    };
    MPI_Datatype own;
    size_t i;

    begin(&argc, &argv);
    for (i = 0; i < sizeof types / sizeof types[0]; i++)
        name_of(types[i]);
    MPI_Type_set_name(MPI_INT, "a number");
    name_of(MPI_INT);
    MPI_Type_contiguous(3, MPI_INT, &own);
    name_of(own);
    MPI_Type_set_name(own, "mine");
    name_of(own);
    MPI_Type_free(&own);
    return end();
}
