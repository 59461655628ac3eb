/* MPI_Reduce_local: every predefined operation on every sort of element. */
#include "../lib/story.h"
#include <complex.h>

/* An operation's name at run time: `#op` would show what its macro stands for. */
static const char *op_name(MPI_Op op)
{
    return op == MPI_MAX ? "max" : op == MPI_MIN ? "min" : op == MPI_SUM ? "sum" : op == MPI_PROD ? "prod"
         : op == MPI_BAND ? "band" : op == MPI_BOR ? "bor" : op == MPI_BXOR ? "bxor" : op == MPI_LAND ? "land"
         : op == MPI_LOR ? "lor" : op == MPI_LXOR ? "lxor" : op == MPI_MAXLOC ? "maxloc" : op == MPI_MINLOC ? "minloc"
         : op == MPI_REPLACE ? "replace" : op == MPI_NO_OP ? "no op" : "another";
}

#define TRY(op, type, ctype, n, make, show) TRY_AS(#type, op, type, ctype, n, make, show)
#define TRY_AS(type_name, op, type, ctype, n, make, show) do { \
    char name[80]; \
    ctype a[n], b[n]; int i; \
    sprintf(name, "%s %s", op_name(op), type_name); \
    for (i = 0; i < n; i++) { a[i] = make(i + 1); b[i] = make(3 * i + 2); } \
    MPI_Reduce_local(a, b, n, type, op); \
    for (i = 0; i < n; i++) show(name, b[i]); } while (0)

#define INTEGER(i) ((i) * 37 % 101 - 50)
#define NATURAL(i) ((i) * 37 % 101)
#define REAL(i) ((i) * 0.75 - 2)
#define COMPLEX(i) ((i) * 0.5 + (i - 3) * 1.0 * I)
#define SHOW_I(name, x) say("%s: %lld", name, (long long)(x))
#define SHOW_R(name, x) say("%s: %.17Lg", name, (long double)(x))
#define SHOW_C(name, x) say("%s: %Lg %Lg", name, (long double)creall(x), (long double)cimagl(x))

#define INTEGERS(op) do { \
    TRY(op, MPI_INT, int, 5, INTEGER, SHOW_I); TRY(op, MPI_LONG, long, 5, INTEGER, SHOW_I); \
    TRY(op, MPI_SHORT, short, 5, INTEGER, SHOW_I); TRY(op, MPI_SIGNED_CHAR, signed char, 5, INTEGER, SHOW_I); \
    TRY(op, MPI_UNSIGNED, unsigned, 5, NATURAL, SHOW_I); TRY(op, MPI_UNSIGNED_CHAR, unsigned char, 5, NATURAL, SHOW_I); \
    TRY(op, MPI_UNSIGNED_SHORT, unsigned short, 5, NATURAL, SHOW_I); \
    TRY(op, MPI_UNSIGNED_LONG_LONG, unsigned long long, 5, NATURAL, SHOW_I); \
    TRY(op, MPI_LONG_LONG, long long, 5, INTEGER, SHOW_I); TRY(op, MPI_INT8_T, int8_t, 5, INTEGER, SHOW_I); \
    TRY(op, MPI_INT64_T, int64_t, 5, INTEGER, SHOW_I); TRY(op, MPI_AINT, MPI_Aint, 5, NATURAL, SHOW_I); \
    TRY(op, MPI_COUNT, MPI_Count, 5, NATURAL, SHOW_I); } while (0)
#define REALS(op) do { \
    TRY(op, MPI_FLOAT, float, 17, REAL, SHOW_R); TRY(op, MPI_DOUBLE, double, 17, REAL, SHOW_R); \
    TRY(op, MPI_LONG_DOUBLE, long double, 17, REAL, SHOW_R); } while (0)
#define COMPLEXES(op) do { \
    TRY(op, MPI_C_FLOAT_COMPLEX, float complex, 5, COMPLEX, SHOW_C); \
    TRY(op, MPI_C_DOUBLE_COMPLEX, double complex, 5, COMPLEX, SHOW_C); \
    TRY(op, MPI_C_LONG_DOUBLE_COMPLEX, long double complex, 5, COMPLEX, SHOW_C); } while (0)

#define PAIRS(op, type, ctype) do { \
    struct { ctype value; int index; } a[5] = { { 1, 4 }, { 2, 1 }, { 3, 0 }, { 7, 9 }, { 5, 5 } }, \
        b[5] = { { 1, 3 }, { 1, 2 }, { 4, 1 }, { 7, 10 }, { 5, 5 } }; \
    int i; \
    MPI_Reduce_local(a, b, 5, type, op); \
    for (i = 0; i < 5; i++) say("%s %s: %Lg at %d", op_name(op), #type, (long double)b[i].value, b[i].index); } while (0)
#define LOCATED(op) do { \
    PAIRS(op, MPI_FLOAT_INT, float); PAIRS(op, MPI_DOUBLE_INT, double); PAIRS(op, MPI_LONG_INT, long); \
    PAIRS(op, MPI_SHORT_INT, short); PAIRS(op, MPI_2INT, int); PAIRS(op, MPI_LONG_DOUBLE_INT, long double); } while (0)

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    INTEGERS(MPI_MAX); INTEGERS(MPI_MIN); INTEGERS(MPI_SUM); INTEGERS(MPI_PROD);
    INTEGERS(MPI_BAND); INTEGERS(MPI_BOR); INTEGERS(MPI_BXOR);
    TRY(MPI_LAND, MPI_INT, int, 9, INTEGER, SHOW_I);
    TRY(MPI_LOR, MPI_LONG, long, 9, INTEGER, SHOW_I);
    TRY(MPI_LXOR, MPI_UNSIGNED_CHAR, unsigned char, 9, NATURAL, SHOW_I);
    TRY(MPI_LAND, MPI_C_BOOL, _Bool, 9, NATURAL, SHOW_I);
    TRY(MPI_LXOR, MPI_C_BOOL, _Bool, 9, NATURAL, SHOW_I);
    TRY(MPI_BAND, MPI_BYTE, unsigned char, 9, NATURAL, SHOW_I);
    TRY(MPI_BXOR, MPI_BYTE, unsigned char, 9, NATURAL, SHOW_I);
    REALS(MPI_MAX); REALS(MPI_MIN); REALS(MPI_SUM); REALS(MPI_PROD);
    COMPLEXES(MPI_SUM); COMPLEXES(MPI_PROD);
    LOCATED(MPI_MINLOC); LOCATED(MPI_MAXLOC);
    return end();
}
