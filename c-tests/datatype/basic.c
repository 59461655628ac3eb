/* Sizes, extents and names of the predefined types of C. */
#include "../lib/layout.h"

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    struct { const char *name; MPI_Datatype type; size_t size; } types[] = {
        { "MPI_CHAR", MPI_CHAR, sizeof(char) },
        { "MPI_SIGNED_CHAR", MPI_SIGNED_CHAR, sizeof(signed char) },
        { "MPI_UNSIGNED_CHAR", MPI_UNSIGNED_CHAR, sizeof(unsigned char) },
        { "MPI_BYTE", MPI_BYTE, 1 },
        { "MPI_PACKED", MPI_PACKED, 1 },
        { "MPI_WCHAR", MPI_WCHAR, sizeof(wchar_t) },
        { "MPI_SHORT", MPI_SHORT, sizeof(short) },
        { "MPI_UNSIGNED_SHORT", MPI_UNSIGNED_SHORT, sizeof(short) },
        { "MPI_INT", MPI_INT, sizeof(int) },
        { "MPI_UNSIGNED", MPI_UNSIGNED, sizeof(int) },
        { "MPI_LONG", MPI_LONG, sizeof(long) },
        { "MPI_UNSIGNED_LONG", MPI_UNSIGNED_LONG, sizeof(long) },
        { "MPI_LONG_LONG_INT", MPI_LONG_LONG_INT, sizeof(long long) },
        { "MPI_UNSIGNED_LONG_LONG", MPI_UNSIGNED_LONG_LONG, sizeof(long long) },
        { "MPI_FLOAT", MPI_FLOAT, sizeof(float) },
        { "MPI_DOUBLE", MPI_DOUBLE, sizeof(double) },
        { "MPI_LONG_DOUBLE", MPI_LONG_DOUBLE, sizeof(long double) },
        { "MPI_INT8_T", MPI_INT8_T, 1 },
        { "MPI_INT16_T", MPI_INT16_T, 2 },
        { "MPI_INT32_T", MPI_INT32_T, 4 },
        { "MPI_INT64_T", MPI_INT64_T, 8 },
        { "MPI_UINT8_T", MPI_UINT8_T, 1 },
        { "MPI_UINT16_T", MPI_UINT16_T, 2 },
        { "MPI_UINT32_T", MPI_UINT32_T, 4 },
        { "MPI_UINT64_T", MPI_UINT64_T, 8 },
        { "MPI_AINT", MPI_AINT, sizeof(MPI_Aint) },
        { "MPI_COUNT", MPI_COUNT, sizeof(MPI_Count) },
        { "MPI_OFFSET", MPI_OFFSET, sizeof(MPI_Offset) },
        { "MPI_C_BOOL", MPI_C_BOOL, 1 },
        { "MPI_C_FLOAT_COMPLEX", MPI_C_FLOAT_COMPLEX, 2 * sizeof(float) },
        { "MPI_C_DOUBLE_COMPLEX", MPI_C_DOUBLE_COMPLEX, 2 * sizeof(double) },
        { "MPI_C_LONG_DOUBLE_COMPLEX", MPI_C_LONG_DOUBLE_COMPLEX, 2 * sizeof(long double) },
        { "MPI_FLOAT_INT", MPI_FLOAT_INT, 8 },
        { "MPI_DOUBLE_INT", MPI_DOUBLE_INT, 12 },
        { "MPI_LONG_INT", MPI_LONG_INT, 12 },
        { "MPI_2INT", MPI_2INT, 8 },
        { "MPI_SHORT_INT", MPI_SHORT_INT, 6 },
        { "MPI_LONG_DOUBLE_INT", MPI_LONG_DOUBLE_INT, 20 },
    };
    size_t i;
    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        char name[MPI_MAX_OBJECT_NAME];
        int length, bytes;
        MPI_Type_get_name(types[i].type, name, &length);
        MPI_Type_size(types[i].type, &bytes);
        say_type(types[i].name, types[i].type);
        /* MPI_C_COMPLEX is another name of the same type. */
        say("    named so: %d, size as in C: %d", types[i].type == MPI_C_FLOAT_COMPLEX || !strcmp(name, types[i].name),
            (size_t)bytes == types[i].size);
    }
    return end();
}
