/* Random datatypes of a given signature.
 *
 * A signature is a short list of basic types, repeated. Sender and receiver each
 * build a layout of their own for it, which is what MPI allows and programs
 * rarely try. Layouts never make bytes of one buffer overlap. The stock libraries
 * part ways over the padding of unaligned elements (Open MPI), so parts of structs
 * begin at multiples of eight; and over the bounds of structs of which only some parts have
 * explicit bounds (MPICH), so such parts are neither resized nor subarrays. */
#ifndef TYPES_H
#define TYPES_H
#include "chance.h"

enum { BASICS_MAX = 6, BLOCKS_MAX = 8 };

/* What is drawn becomes a part of a struct. */
static int in_struct;

struct signature {
    MPI_Datatype basics[BASICS_MAX];
    int length; /* basics in one element */
    int bytes;
};

/* So many elements of `type` carry what the plan says. */
struct view {
    MPI_Datatype type;
    int count;
};

/* Odd seeds name programs that both stock libraries understand, so that each can
 * be asked whether the other errs. Even seeds go where stock Open MPI does not: it
 * takes a stride back without a gap for contiguous, and reads past the end of
 * memory on longer ones. */
static int is_common;

/* Types of one size on all ranks: both stock libraries choose algorithms of some
 * collectives by the size of each rank's own type, so that ranks whose types
 * differ in size part ways. */
static int one_size;

#define UP(bytes) (((bytes) + 7) / 8 * 8)

static inline MPI_Datatype draw_basic(void)
{
    MPI_Datatype basics[] = { MPI_INT, MPI_CHAR, MPI_DOUBLE, MPI_SHORT, MPI_FLOAT, MPI_BYTE, MPI_LONG, MPI_UINT64_T,
        MPI_INT16_T, MPI_UNSIGNED, MPI_C_DOUBLE_COMPLEX, MPI_2INT };
    return basics[below(12)];
}

/* Stock MPICH counts elements wrongly, or divides by zero, unless a type is made
 * of one basic type that is not a pair. */
static inline int can_count(const struct signature *signature)
{
    for (int at = 0; at < signature->length; at++)
        if (signature->basics[at] != signature->basics[0] || signature->basics[at] == MPI_2INT)
            return 0;
    return 1;
}

static inline struct signature draw_signature(void)
{
    struct signature drawn = { .length = one_in(2) ? 1 : 1 + below(BASICS_MAX) };
    int same = one_in(3), size;
    for (int at = 0; at < drawn.length; at++) {
        drawn.basics[at] = same && at ? drawn.basics[0] : draw_basic();
        MPI_Type_size(drawn.basics[at], &size);
        drawn.bytes += size;
    }
    return drawn;
}

static inline int is_basic(MPI_Datatype type)
{
    int integers, addresses, types, combiner;
    MPI_Type_get_envelope(type, &integers, &addresses, &types, &combiner);
    return combiner == MPI_COMBINER_NAMED;
}

static inline void release(MPI_Datatype type)
{
    if (!is_basic(type))
        MPI_Type_free(&type);
}

/* A divisor of the number, every one as likely. */
static inline int draw_divisor(int number)
{
    int found = 1, seen = 0;
    for (int at = 1; at <= number && at <= 4096; at++)
        if (number % at == 0 && one_in(++seen))
            found = at;
    return found;
}

/* Cuts `total` into blocks, and puts them in any order with gaps between them. */
static inline int draw_blocks(int total, int *lengths, int *slots)
{
    int count = 0, left = total;
    while (left > 0 && count < BLOCKS_MAX - 1) {
        lengths[count] = 1 + below(left);
        left -= lengths[count++];
    }
    if (left > 0)
        lengths[count++] = left;
    permute(slots, count);
    return count;
}

static inline MPI_Datatype arrange(MPI_Datatype element, int repeat, int depth);

static inline MPI_Datatype draw_subarray(MPI_Datatype element, int repeat)
{
    int sizes[3], parts[3], starts[3], dimensions = 1 + below(3);
    MPI_Datatype made;
    for (int at = 0; at < dimensions; at++) {
        parts[at] = at == dimensions - 1 ? repeat : draw_divisor(repeat);
        repeat /= parts[at];
        sizes[at] = parts[at] + below(3);
        starts[at] = below(sizes[at] - parts[at] + 1);
    }
    MPI_Type_create_subarray(dimensions, sizes, parts, starts, one_in(2) ? MPI_ORDER_C : MPI_ORDER_FORTRAN, element,
        &made);
    return made;
}

static inline MPI_Datatype draw_resized(MPI_Datatype old)
{
    MPI_Aint lb, extent;
    MPI_Datatype made;
    int under = 8 * below(3);
    MPI_Type_get_extent(old, &lb, &extent);
    MPI_Type_create_resized(old, lb - under, UP(extent) + under + 8 * below(3), &made);
    return made;
}

/* Exactly `repeat` elements, in order. Does not own `element`. */
static inline MPI_Datatype arrange_once(MPI_Datatype element, int repeat, int depth)
{
    MPI_Aint lb, extent, places[BLOCKS_MAX], place = 0;
    int lengths[BLOCKS_MAX], starts[BLOCKS_MAX], slots[BLOCKS_MAX], start = 0, count;
    int block = draw_divisor(repeat), gap = below(3), backward = one_in(4) && !in_struct && !is_common ? -1 : 1;
    MPI_Datatype made, inner, types[BLOCKS_MAX];

    MPI_Type_get_extent(element, &lb, &extent);
    count = draw_blocks(repeat, lengths, slots);
    for (int at = 0; at < count; at++) {
        int slot = slots[at];
        start += in_struct && at == 0 ? 0 : below(3);
        place = UP(place + 8 * below(3));
        starts[slot] = start;
        places[slot] = place;
        start += lengths[slot];
        place += lengths[slot] * extent;
        types[at] = element;
    }
    switch (below(11)) {
    case 0:
        MPI_Type_contiguous(repeat, element, &made);
        return made;
    case 1:
        MPI_Type_vector(repeat / block, block, backward * (block + gap), element, &made);
        return made;
    case 2:
        MPI_Type_create_hvector(repeat / block, block, backward * (UP(block * extent) + 8 * gap), element, &made);
        return made;
    case 3:
        MPI_Type_indexed(count, lengths, starts, element, &made);
        return made;
    case 4:
        MPI_Type_create_hindexed(count, lengths, places, element, &made);
        return made;
    case 5:
    case 6:
        /* Blocks of one length. */
        if (repeat / block > BLOCKS_MAX)
            block = repeat;
        count = repeat / block;
        permute(slots, count);
        for (int at = 0; at < count; at++) {
            starts[at] = slots[at] * (block + 1);
            places[at] = slots[at] * (UP(block * extent) + 8);
        }
        if (one_in(2))
            MPI_Type_create_indexed_block(count, block, starts, element, &made);
        else
            MPI_Type_create_hindexed_block(count, block, places, element, &made);
        return made;
    case 7:
        MPI_Type_create_struct(count, lengths, places, types, &made);
        return made;
    case 8:
        if (!in_struct)
            return draw_subarray(element, repeat); /* fallthrough */
    case 9:
        inner = arrange(element, repeat, depth - 1);
        MPI_Type_dup(inner, &made);
        release(inner);
        return made;
    default:
        inner = arrange(element, block, depth - 1);
        made = arrange(inner, repeat / block, depth - 1);
        release(inner);
        return made;
    }
}

static inline MPI_Datatype arrange(MPI_Datatype element, int repeat, int depth)
{
    MPI_Datatype made;
    if (repeat == 0 || depth <= 0 || repeat > 4096) {
        if (repeat > 1 && one_in(2)) {
            int block = draw_divisor(repeat);
            MPI_Type_vector(repeat / block, block, block + below(2), element, &made);
        } else {
            MPI_Type_contiguous(repeat, element, &made);
        }
        return made;
    }
    return arrange_once(element, repeat, depth);
}

/* All basics in one struct, in any order in memory. */
static inline MPI_Datatype draw_flat(const MPI_Datatype *basics, int length)
{
    int ones[BASICS_MAX], order[BASICS_MAX];
    MPI_Aint lb, extent, places[BASICS_MAX], place = 0;
    MPI_Datatype types[BASICS_MAX], made;
    permute(order, length);
    for (int at = 0; at < length; at++) {
        int slot = order[at];
        MPI_Type_get_extent(basics[slot], &lb, &extent);
        ones[slot] = 1;
        types[slot] = basics[slot];
        places[slot] = place;
        place = UP(place + extent) + 8 * below(2);
    }
    MPI_Type_create_struct(length, ones, places, types, &made);
    return made;
}

/* One element of the signature: parts of the list, in structs of structs. */
static inline MPI_Datatype draw_element(const MPI_Datatype *basics, int length)
{
    int ones[3] = { 1, 1, 1 }, taken[3], slots[3], parts, first = 0, same = 1;
    MPI_Aint lb, extent, places[3], place = 0;
    MPI_Datatype children[3], made;

    for (int at = 1; at < length; at++)
        same = same && basics[at] == basics[0];
    if (length == 1 && one_in(2)) {
        MPI_Type_dup(basics[0], &made);
        return made;
    }
    if (same)
        return arrange(basics[0], length, 2);
    parts = 1 + below(3);
    if (parts == 1 || parts > length)
        return draw_flat(basics, length);
    for (int at = 0; at < parts; at++) {
        int most = length - first - (parts - at - 1);
        taken[at] = at == parts - 1 ? most : 1 + below(most);
        children[at] = draw_element(basics + first, taken[at]);
        first += taken[at];
    }
    permute(slots, parts);
    for (int at = 0; at < parts; at++) {
        int slot = slots[at];
        MPI_Type_get_extent(children[slot], &lb, &extent);
        place = UP(place + 8 * below(2) - (lb < 0 ? lb : 0));
        places[slot] = place;
        place += lb + extent;
    }
    MPI_Type_create_struct(parts, ones, places, children, &made);
    for (int at = 0; at < parts; at++)
        MPI_Type_free(&children[at]);
    return made;
}

/* A committed type of `total` elements of the signature, or a part of them and
 * a count. */
static inline struct view draw_view(const struct signature *signature, int total)
{
    int count = total == 0 ? 0 : one_size || one_in(3) ? total : total > 4096 ? total / draw_divisor(total) : draw_divisor(total);
    int repeat = one_size ? 1 : count == 0 ? 1 + below(3) : total / count;
    struct view view = { .count = count };
    MPI_Datatype element;

    if (signature->length == 1 && one_in(3)) {
        view.type = signature->basics[0];
        view.count = total;
        if (one_in(2)) {
            MPI_Type_dup(signature->basics[0], &view.type);
            MPI_Type_commit(&view.type);
        }
        return view;
    }
    in_struct = 1;
    element = draw_element(signature->basics, signature->length);
    in_struct = 0;
    if (repeat == 1 && one_in(2)) {
        view.type = element;
    } else {
        view.type = arrange(element, repeat, 3);
        release(element);
    }
    if (one_in(5)) {
        MPI_Datatype whole = draw_resized(view.type);
        MPI_Type_free(&view.type);
        view.type = whole;
    }
    MPI_Type_commit(&view.type);
    return view;
}

/* A part of a distributed array, as some rank of a grid sees it. */
static inline MPI_Datatype draw_darray(MPI_Datatype element)
{
    int sizes[3], kinds[3], arguments[3], grid[3], ranks = 1, dimensions = 1 + below(3), bytes;
    MPI_Datatype made;
    for (int at = 0; at < dimensions; at++) {
        sizes[at] = 3 + below(4);
        kinds[at] = (int[]){ MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_NONE }[below(3)];
        grid[at] = kinds[at] == MPI_DISTRIBUTE_NONE ? 1 : 1 + below(3);
        arguments[at] = MPI_DISTRIBUTE_DFLT_DARG;
        if (kinds[at] == MPI_DISTRIBUTE_CYCLIC && one_in(2))
            arguments[at] = 1 + below(2);
        ranks *= grid[at];
    }
    MPI_Type_create_darray(ranks, below(ranks), dimensions, sizes, kinds, arguments, grid,
        one_in(2) ? MPI_ORDER_C : MPI_ORDER_FORTRAN, element, &made);
    MPI_Type_size(made, &bytes);
    if (bytes == 0) {
        MPI_Type_free(&made);
        MPI_Type_contiguous(1, element, &made);
    }
    return made;
}

/* How many elements a message carries: mostly few, now and then many. */
static inline int draw_total(const struct signature *signature)
{
    int kind = below(40);
    if (kind < 2) return 0;
    if (kind < 24) return 1 + below(16);
    if (kind < 34) return 1 + below(300);
    if (kind < 39 || signature->length > 1) return 500 + below(2500);
    return 20000 + 1000 * below(60);
}
#endif
