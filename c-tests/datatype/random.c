/* Two hundred random types, nested up to four deep: sizes, bounds, packing,
 * unpacking. Displacements never make a type's own bytes overlap, since
 * unpacking such types has no defined outcome; they are multiples of eight, and
 * only whole types are resized, since the stock libraries part ways over padding
 * after unaligned elements (Open MPI) and over structs in which some parts were
 * resized (MPICH). */
#include "../lib/layout.h"

static uint32_t state = 20240607;

#define UP(place) (((place) + 7) / 8 * 8)

static int below(int bound)
{
    state = state * 1664525u + 1013904223u;
    return (int)((state >> 8) % (uint32_t)bound);
}

static MPI_Datatype random_type(int depth)
{
    MPI_Datatype basics[] = { MPI_CHAR, MPI_SHORT, MPI_INT, MPI_DOUBLE, MPI_BYTE, MPI_FLOAT };
    MPI_Datatype old, other, made, types[3];
    int lengths[4], starts[4], i, count;
    MPI_Aint lb, extent, lb2, extent2, places[4], at;

    if (depth == 0 || below(7) == 0)
        return basics[below(6)];
    old = random_type(depth - 1);
    MPI_Type_get_extent(old, &lb, &extent);
    count = 1 + below(3);
    switch (below(depth == 4 ? 9 : 8)) {
    case 0:
        MPI_Type_contiguous(count, old, &made);
        break;
    case 1:
        MPI_Type_vector(count, 2, 2 + below(3), old, &made);
        break;
    case 2:
        MPI_Type_create_hvector(count, 2, UP(2 * extent + below(40)), old, &made);
        break;
    case 3:
        for (i = 0, at = below(3); i < count; i++, at += lengths[i - 1] + below(3)) {
            lengths[i] = 1 + below(2);
            starts[i] = (int)at;
        }
        MPI_Type_indexed(count, lengths, starts, old, &made);
        break;
    case 4:
        for (i = 0, at = UP(below(50)); i < count; i++, at += UP(2 * extent + below(30)))
            places[i] = at;
        MPI_Type_create_hindexed_block(count, 2, places, old, &made);
        break;
    case 5:
        other = random_type(depth - 1);
        MPI_Type_get_extent(other, &lb2, &extent2);
        types[0] = types[2] = old;
        types[1] = other;
        for (i = 0, at = 0; i < 3; i++) {
            lengths[i] = 1 + below(2);
            places[i] = at;
            at = UP(at + lengths[i] * (i == 1 ? extent2 : extent) + below(20));
        }
        MPI_Type_create_struct(3, lengths, places, types, &made);
        break;
    case 8:
        MPI_Type_create_resized(old, lb - below(8), extent + 8 + below(24), &made);
        break;
    case 6:
        {
            int sizes[3], parts[3], from[3];
            for (i = 0; i < 3; i++) {
                sizes[i] = 1 + below(3);
                parts[i] = 1 + below(sizes[i]);
                from[i] = below(sizes[i] - parts[i] + 1);
            }
            MPI_Type_create_subarray(3, sizes, parts, from, below(2) ? MPI_ORDER_C : MPI_ORDER_FORTRAN, old,
                &made);
            break;
        }
    default:
        MPI_Type_dup(old, &made);
    }
    return made;
}

int main(int argc, char **argv)
{
    int round;
    begin(&argc, &argv);
    for (round = 0; round < 200; round++) {
        MPI_Datatype type = random_type(4);
        MPI_Aint lb, extent, low, spread;
        int position = 0, room, count = 1 + below(3);
        char name[32];
        size_t block;
        unsigned char *from, *into, *packed;

        MPI_Type_commit(&type);
        sprintf(name, "type %d", round);
        say_type(name, type);
        MPI_Type_get_extent(type, &lb, &extent);
        MPI_Type_get_true_extent(type, &low, &spread);
        if (low < -4000 || low + spread + 3 * extent > 60000 || extent < 0)
            continue;
        block = 70000;
        from = malloc(block);
        into = calloc(block, 1);
        fill(from, block, round);
        MPI_Pack_size(count, type, MPI_COMM_WORLD, &room);
        packed = calloc(room + 64, 1);
        MPI_Pack(from + 4096, count, type, packed, room + 64, &position, MPI_COMM_WORLD);
        say("  %d packed: %d bytes, %016llx", count, position, (unsigned long long)checksum(packed, position));
        room = position;
        position = 0;
        MPI_Unpack(packed, room, &position, into + 4096, count, type, MPI_COMM_WORLD);
        say("  spread: %016llx", (unsigned long long)checksum(into, block));
        free(from);
        free(into);
        free(packed);
    }
    return end();
}
