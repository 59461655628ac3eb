/* Tells of a datatype all that can be asked, and sends it both ways. */
#ifndef LAYOUT_H
#define LAYOUT_H
#include "story.h"

static inline void say_type(const char *name, MPI_Datatype type)
{
    MPI_Aint lb, extent, true_lb, true_extent;
    int bytes;
    MPI_Type_size(type, &bytes);
    MPI_Type_get_extent(type, &lb, &extent);
    MPI_Type_get_true_extent(type, &true_lb, &true_extent);
    say("%s: size %d lb %ld extent %ld true lb %ld true extent %ld", name, bytes, (long)lb, (long)extent,
        (long)true_lb, (long)true_extent);
}

/* Rank 0 sends `count` of the type out of a pattern; rank 1 receives it once in
 * the same type, into zeros, and once as plain bytes. What lies between the
 * pieces must stay zero, which the checksum of the whole block shows. `origin`
 * is where the buffer argument points inside the block. */
static inline void exchange(const char *name, MPI_Datatype type, int count, size_t block, size_t origin)
{
    unsigned char *bytes = calloc(block, 1);
    int packed, got, unit;
    MPI_Status status;

    MPI_Type_size(type, &unit);
    packed = unit * count;
    if (rank == 0) {
        fill(bytes, block, 77);
        MPI_Send(bytes + origin, count, type, 1, 1, MPI_COMM_WORLD);
        MPI_Send(bytes + origin, count, type, 1, 2, MPI_COMM_WORLD);
        MPI_Ssend(bytes, packed, MPI_BYTE, 1, 3, MPI_COMM_WORLD);
    } else if (rank == 1) {
        unsigned char *plain = calloc(packed + 1, 1);
        MPI_Recv(bytes + origin, count, type, 0, 1, MPI_COMM_WORLD, &status);
        MPI_Get_count(&status, type, &got);
        say("%s: count %d, spread %016llx", name, got == MPI_UNDEFINED ? -1 : got,
            (unsigned long long)checksum(bytes, block));
        MPI_Recv(plain, packed, MPI_BYTE, 0, 2, MPI_COMM_WORLD, &status);
        say("%s: packed %016llx", name, (unsigned long long)checksum(plain, packed));
        memset(bytes, 0, block);
        MPI_Recv(bytes + origin, count, type, 0, 3, MPI_COMM_WORLD, &status);
        say("%s: plain bytes spread %016llx", name, (unsigned long long)checksum(bytes, block));
        free(plain);
    }
    free(bytes);
}
#endif
