/* Operations whose results do not depend on the order of evaluation: integers,
 * truths, and floating-point numbers so small that nothing is rounded. */
#ifndef REDUCE_H
#define REDUCE_H
#include "act.h"

struct reduction {
    MPI_Op op;
    MPI_Datatype type;
    enum content content;
    const char *name;
};

/* x -> a x + b, modulo 2^32: composed in the order of the ranks or wrong. */
static void compose(void *earlier, void *later, int *length, MPI_Datatype *type)
{
    MPI_Aint lb, extent;
    MPI_Type_get_extent(*type, &lb, &extent);
    for (int at = 0; at < *length; at++) {
        uint32_t *one = (uint32_t *)((char *)earlier + at * extent), *two = (uint32_t *)((char *)later + at * extent);
        uint32_t a = two[0] * one[0], b = two[0] * one[1] + two[1];
        two[0] = a;
        two[1] = b;
    }
}

/* Commutes: sum and greatest, side by side. */
static void tally(void *from, void *into, int *length, MPI_Datatype *type)
{
    uint32_t *one = from, *two = into;
    (void)type;
    for (int at = 0; at < *length; at++) {
        two[2 * at] += one[2 * at];
        if (one[2 * at + 1] > two[2 * at + 1])
            two[2 * at + 1] = one[2 * at + 1];
    }
}

static inline struct reduction draw_reduction(struct act *act, int may_depend_on_order)
{
    MPI_Datatype integers[] = { MPI_INT, MPI_LONG, MPI_SHORT, MPI_UNSIGNED, MPI_INT8_T, MPI_UINT8_T, MPI_INT16_T,
        MPI_UINT16_T, MPI_UINT32_T, MPI_INT64_T, MPI_UINT64_T, MPI_UNSIGNED_CHAR, MPI_SIGNED_CHAR, MPI_LONG_LONG,
        MPI_AINT, MPI_OFFSET, MPI_COUNT };
    MPI_Op arithmetic[] = { MPI_SUM, MPI_PROD, MPI_MAX, MPI_MIN, MPI_BAND, MPI_BOR, MPI_BXOR, MPI_LAND, MPI_LOR,
        MPI_LXOR };
    static const char *const names[] = { "SUM", "PROD", "MAX", "MIN", "BAND", "BOR", "BXOR", "LAND", "LOR", "LXOR" };
    struct reduction drawn = { .content = PATTERN };
    MPI_Datatype pair;
    char name[MPI_MAX_OBJECT_NAME];
    int choice = below(12), which, length;
    switch (choice) {
    case 0:
        which = below(4);
        drawn.op = (MPI_Op[]){ MPI_SUM, MPI_MAX, MPI_MIN, MPI_SUM }[which];
        drawn.name = (const char *[]){ "SUM of floats", "MAX of floats", "MIN of floats", "SUM of complex" }[which];
        drawn.type = which == 3 ? MPI_C_FLOAT_COMPLEX : MPI_FLOAT;
        drawn.content = SMALL_FLOATS;
        return drawn;
    case 1:
        which = below(5);
        drawn.op = (MPI_Op[]){ MPI_SUM, MPI_MAX, MPI_MIN, MPI_SUM, MPI_PROD }[which];
        drawn.name = (const char *[]){ "SUM of doubles", "MAX of doubles", "MIN of doubles", "SUM of complexes",
            "PROD of doubles" }[which];
        drawn.type = which == 3 ? MPI_C_DOUBLE_COMPLEX : MPI_DOUBLE;
        drawn.content = SMALL_DOUBLES;
        return drawn;
    case 2:
        which = below(3);
        drawn.op = (MPI_Op[]){ MPI_LAND, MPI_LOR, MPI_LXOR }[which];
        drawn.name = "truths";
        drawn.type = MPI_C_BOOL;
        drawn.content = TRUTHS;
        return drawn;
    case 3:
        which = below(2);
        drawn.op = which ? MPI_MAXLOC : MPI_MINLOC;
        drawn.name = which ? "MAXLOC" : "MINLOC";
        drawn.type = MPI_2INT;
        drawn.content = TINY;
        return drawn;
    case 4:
        which = below(3);
        drawn.op = arithmetic[4 + which];
        drawn.name = "bits of bytes";
        drawn.type = MPI_BYTE;
        return drawn;
    case 5:
    case 6:
        if (!may_depend_on_order)
            goto commutes;
        MPI_Type_contiguous(2, MPI_UINT32_T, &drawn.type);
        if (one_in(2)) {
            pair = drawn.type;
            MPI_Type_create_resized(pair, 0, 12, &drawn.type);
            MPI_Type_free(&pair);
        }
        MPI_Type_commit(&drawn.type);
        keep_type(act, drawn.type);
        MPI_Op_create(compose, 0, &drawn.op);
        act->op = drawn.op;
        act->owns_op = 1;
        drawn.name = "composition";
        return drawn;
    case 7:
    commutes:
        MPI_Type_contiguous(2, MPI_UINT32_T, &drawn.type);
        MPI_Type_commit(&drawn.type);
        keep_type(act, drawn.type);
        MPI_Op_create(tally, 1, &drawn.op);
        act->op = drawn.op;
        act->owns_op = 1;
        drawn.name = "tally";
        return drawn;
    default:
        which = below(10);
        drawn.op = arithmetic[which];
        drawn.name = names[which];
        drawn.type = integers[below(which >= 7 ? 14 : 17)];
        /* Stock Open MPI's sums of 8 and 16 bits stop at the greatest value instead
         * of wrapping; stock MPICH compares unsigned integers as if they had a sign,
         * and stock Open MPI offsets as if they had none. */
        if (which == 0 || which == 2 || which == 3 || (which >= 7 && one_in(2)))
            drawn.content = TINY;
        MPI_Type_get_name(drawn.type, name, &length);
        explain("type %s", name);
        return drawn;
    }
}

static inline void *piece_of(struct act *act, const struct reduction *reduction, int count)
{
    MPI_Aint low = 0, high = 0;
    widen(&low, &high, reduction->type, count, 0);
    return piece_between(act, low, high, reduction->content);
}
#endif
