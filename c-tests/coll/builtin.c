/* Every predefined operation on every type it is defined for. */
#include "../lib/story.h"
#include <complex.h>
#include <stdbool.h>

#define N 7
#define IS_SIGNED(type) (creal((type)-1) < 0)
#define ALL(name, mpi, type, op, opname) do { \
        type in[N], out[N]; \
        int i; \
        memset(in, 0, sizeof in); \
        memset(out, 0, sizeof out); \
        for (i = 0; i < N; i++) \
            in[i] = (type)((i * 3 + rank * 5 + 1) % 11 - (IS_SIGNED(type) && opname[0] != 'p' ? 2 : 0)); \
        MPI_Allreduce(in, out, N, mpi, op, MPI_COMM_WORLD); \
        fold(name, opname, sizeof(type), out, N); \
    } while (0)

/* The padding of long double is nobody's: only its value counts. */
static void fold(const char *name, const char *op, size_t unit, void *values, int count)
{
    int i;
    uint64_t sum = 0;
    for (i = 0; i < count; i++) {
        size_t used = unit;
        if (!strncmp(name, "long double", 11)) used = 10;
        sum = sum * 31 + checksum((char *)values + i * unit, used);
        if (!strcmp(name, "long double complex"))
            sum = sum * 31 + checksum((char *)values + i * unit + unit / 2, used);
    }
    say("%s %s: %016llx", op, name, (unsigned long long)sum);
}

#define ARITHMETIC(name, mpi, type) do { \
        ALL(name, mpi, type, MPI_MAX, "max"); \
        ALL(name, mpi, type, MPI_MIN, "min"); \
        ALL(name, mpi, type, MPI_SUM, "sum"); \
        ALL(name, mpi, type, MPI_PROD, "prod"); } while (0)
#define LOGIC(name, mpi, type) do { \
        ALL(name, mpi, type, MPI_LAND, "land"); \
        ALL(name, mpi, type, MPI_LOR, "lor"); \
        ALL(name, mpi, type, MPI_LXOR, "lxor"); } while (0)
#define BITS(name, mpi, type) do { \
        ALL(name, mpi, type, MPI_BAND, "band"); \
        ALL(name, mpi, type, MPI_BOR, "bor"); \
        ALL(name, mpi, type, MPI_BXOR, "bxor"); } while (0)
#define INTEGER(name, mpi, type) do { ARITHMETIC(name, mpi, type); LOGIC(name, mpi, type); BITS(name, mpi, type); } while (0)

#define PAIR(name, mpi, type) do { \
        struct { type value; int place; } in[N], out[N]; \
        int i; \
        memset(in, 0, sizeof in); \
        memset(out, 0, sizeof out); \
        for (i = 0; i < N; i++) { \
            in[i].value = (type)((i * 2 + rank * 3) % 4); \
            in[i].place = 10 * rank + i; \
        } \
        MPI_Allreduce(in, out, N, mpi, MPI_MAXLOC, MPI_COMM_WORLD); \
        for (i = 0; i < N; i++) \
            say("maxloc %s: %d at %d", name, (int)out[i].value, out[i].place); \
        MPI_Allreduce(in, out, N, mpi, MPI_MINLOC, MPI_COMM_WORLD); \
        for (i = 0; i < N; i++) \
            say("minloc %s: %d at %d", name, (int)out[i].value, out[i].place); \
    } while (0)

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    INTEGER("signed char", MPI_SIGNED_CHAR, signed char);
    INTEGER("unsigned char", MPI_UNSIGNED_CHAR, unsigned char);
    INTEGER("short", MPI_SHORT, short);
    INTEGER("unsigned short", MPI_UNSIGNED_SHORT, unsigned short);
    INTEGER("int", MPI_INT, int);
    INTEGER("unsigned", MPI_UNSIGNED, unsigned);
    INTEGER("long", MPI_LONG, long);
    INTEGER("unsigned long", MPI_UNSIGNED_LONG, unsigned long);
    INTEGER("long long", MPI_LONG_LONG, long long);
    INTEGER("unsigned long long", MPI_UNSIGNED_LONG_LONG, unsigned long long);
    INTEGER("int8_t", MPI_INT8_T, int8_t);
    INTEGER("int16_t", MPI_INT16_T, int16_t);
    INTEGER("int32_t", MPI_INT32_T, int32_t);
    INTEGER("int64_t", MPI_INT64_T, int64_t);
    INTEGER("uint8_t", MPI_UINT8_T, uint8_t);
    INTEGER("uint16_t", MPI_UINT16_T, uint16_t);
    INTEGER("uint32_t", MPI_UINT32_T, uint32_t);
    INTEGER("uint64_t", MPI_UINT64_T, uint64_t);
    INTEGER("MPI_Aint", MPI_AINT, MPI_Aint);
    INTEGER("MPI_Count", MPI_COUNT, MPI_Count);
    INTEGER("MPI_Offset", MPI_OFFSET, MPI_Offset);
    ARITHMETIC("float", MPI_FLOAT, float);
    ARITHMETIC("double", MPI_DOUBLE, double);
    ARITHMETIC("long double", MPI_LONG_DOUBLE, long double);
    LOGIC("bool", MPI_C_BOOL, bool);
    BITS("byte", MPI_BYTE, unsigned char);
    ALL("float complex", MPI_C_FLOAT_COMPLEX, float complex, MPI_SUM, "sum");
    ALL("float complex", MPI_C_FLOAT_COMPLEX, float complex, MPI_PROD, "prod");
    ALL("double complex", MPI_C_DOUBLE_COMPLEX, double complex, MPI_SUM, "sum");
    ALL("double complex", MPI_C_DOUBLE_COMPLEX, double complex, MPI_PROD, "prod");
    ALL("long double complex", MPI_C_LONG_DOUBLE_COMPLEX, long double complex, MPI_SUM, "sum");
    PAIR("float", MPI_FLOAT_INT, float);
    PAIR("double", MPI_DOUBLE_INT, double);
    PAIR("long", MPI_LONG_INT, long);
    PAIR("int", MPI_2INT, int);
    PAIR("short", MPI_SHORT_INT, short);
    PAIR("long double", MPI_LONG_DOUBLE_INT, long double);
    return end();
}
