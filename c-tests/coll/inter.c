/* Every collective between two sides, blocking and nonblocking. */
#include "../lib/story.h"

#define ROOM 64

static int in[ROOM * 16], out[ROOM * 16];
static int here, there, place, low;
static MPI_Comm inter;

static void fresh(void)
{
    int i;
    for (i = 0; i < ROOM * 16; i++) {
        out[i] = 1000 * rank + i;
        in[i] = -1;
    }
}

static void told(const char *what, int count)
{
    say("%s: %016llx", what, (unsigned long long)checksum(in, (size_t)count * sizeof(int)));
    fresh();
}

/* The root is the last of one side, then of the other. */
static int root_of(int side)
{
    if (side != low)
        return there - 1;
    return place == here - 1 ? MPI_ROOT : MPI_PROC_NULL;
}

static void rooted(int side, int later)
{
    int root = root_of(side), counts[16], places[16], i, total = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    fresh();
    for (i = 0; i < there; i++) {
        counts[i] = i + 1;
        places[i] = total;
        total += i + 2;
    }
#define BOTH(name, ...) do { \
        if (later) { MPI_I##name(__VA_ARGS__, inter, &request); MPI_Wait(&request, MPI_STATUS_IGNORE); } \
        else MPI_U##name(__VA_ARGS__, inter); \
    } while (0)
#define MPI_Ubcast MPI_Bcast
#define MPI_Ureduce MPI_Reduce
#define MPI_Ugather MPI_Gather
#define MPI_Ugatherv MPI_Gatherv
#define MPI_Uscatter MPI_Scatter
#define MPI_Uscatterv MPI_Scatterv
#define MPI_Uallreduce MPI_Allreduce
#define MPI_Uallgather MPI_Allgather
#define MPI_Uallgatherv MPI_Allgatherv
#define MPI_Ualltoall MPI_Alltoall
#define MPI_Ualltoallv MPI_Alltoallv
#define MPI_Ualltoallw MPI_Alltoallw
#define MPI_Ureduce_scatter MPI_Reduce_scatter
#define MPI_Ureduce_scatter_block MPI_Reduce_scatter_block
    if (side != low)
        BOTH(bcast, in, 20, MPI_INT, root);
    else
        BOTH(bcast, out, 20, MPI_INT, root);
    told("bcast", 20);
    BOTH(reduce, out, in, 10, MPI_INT, MPI_SUM, root);
    told("reduce", 10);
    BOTH(gather, out, 3, MPI_INT, in, 3, MPI_INT, root);
    told("gather", 3 * there);
    /* Off the root, place + 1 elements are what the root expects of us. */
    BOTH(gatherv, out, place + 1, MPI_INT, in, counts, places, MPI_INT, root);
    told("gatherv", total);
    BOTH(scatter, out, 4, MPI_INT, in, 4, MPI_INT, root);
    told("scatter", 4);
    BOTH(scatterv, out, counts, places, MPI_INT, in, place + 1, MPI_INT, root);
    told("scatterv", place + 1);
}

static void symmetric(int later)
{
    int counts[16], places[16], sends[16], from[16], i, total = 0, sent = 0;
    MPI_Datatype types[16];
    MPI_Request request = MPI_REQUEST_NULL;
    fresh();
    for (i = 0; i < there; i++) {
        counts[i] = i + 1;
        places[i] = total;
        total += i + 2;
    }
    BOTH(allreduce, out, in, 9, MPI_INT, MPI_MAX);
    told("allreduce", 9);
    BOTH(allgather, out, 2, MPI_INT, in, 2, MPI_INT);
    told("allgather", 2 * there);
    BOTH(allgatherv, out, place + 1, MPI_INT, in, counts, places, MPI_INT);
    told("allgatherv", total);
    BOTH(alltoall, out, 2, MPI_INT, in, 2, MPI_INT);
    told("alltoall", 2 * there);
    /* As many from a to b as their ranks are apart, and one more. */
    for (i = 0, total = 0; i < there; i++) {
        sends[i] = counts[i] = abs(i - place) + 1;
        from[i] = sent;
        sent += sends[i] + 1;
        places[i] = total;
        total += counts[i];
    }
    BOTH(alltoallv, out, sends, from, MPI_INT, in, counts, places, MPI_INT);
    told("alltoallv", total);
    for (i = 0; i < there; i++) {
        types[i] = MPI_INT;
        from[i] *= (int)sizeof(int);
        places[i] *= (int)sizeof(int);
    }
    BOTH(alltoallw, out, sends, from, types, in, counts, places, types);
    told("alltoallw", total);
    /* Both sides cut the same number of elements. */
    for (i = 0; i < here; i++)
        counts[i] = there;
    BOTH(reduce_scatter, out, in, counts, MPI_INT, MPI_SUM);
    told("reduce_scatter", there);
    BOTH(reduce_scatter_block, out, in, there, MPI_INT, MPI_SUM);
    told("reduce_scatter_block", there);
    if (later) {
        MPI_Ibarrier(inter, &request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    } else {
        MPI_Barrier(inter);
    }
    say("barrier");
}

int main(int argc, char **argv)
{
    MPI_Comm half;
    int cut, later;

    begin(&argc, &argv);
    cut = (size + 2) / 3;
    low = rank < cut;
    MPI_Comm_split(MPI_COMM_WORLD, low, 0, &half);
    MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, low ? cut : 0, 1, &inter);
    MPI_Comm_size(inter, &here);
    MPI_Comm_remote_size(inter, &there);
    MPI_Comm_rank(inter, &place);
    for (later = 0; later < 2; later++) {
        rooted(0, later);
        rooted(1, later);
        symmetric(later);
    }
    MPI_Comm_free(&inter);
    MPI_Comm_free(&half);
    return end();
}
