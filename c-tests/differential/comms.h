/* Random communicators: each made from an earlier one.
 *
 * A place is a communicator as this rank sees it; ranks outside it hold
 * MPI_COMM_NULL. Places that split one communicator share an index and differ in
 * colour, which names their streams. */
#ifndef COMMS_H
#define COMMS_H
#include "chance.h"

enum { PLACES_MAX = 8, NEIGHBORS_MAX = 16 };

enum shape { PLAIN, CART, GRAPH, DIST_GRAPH };

struct place {
    MPI_Comm comm;
    uint64_t colour;
    int rank, size;
    enum shape shape;
    int remote, side; /* of an intercommunicator: ranks over there; which group is ours */
    /* Neighbours, for neighbourhood collectives. */
    int sources[NEIGHBORS_MAX], targets[NEIGHBORS_MAX], indegree, outdegree;
};

static struct place places[PLACES_MAX];
static int place_count;

static int makes_intercomms = 1;

static inline int is_inter(const struct place *place) { return place->remote > 0; }

static inline uint64_t digest_group(uint64_t digest, MPI_Group group)
{
    int size, rank;
    MPI_Group world;
    MPI_Group_size(group, &size);
    MPI_Group_rank(group, &rank);
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    digest = digest_number(digest, size);
    digest = digest_number(digest, rank == MPI_UNDEFINED ? -1 : rank);
    for (int at = 0; at < size; at++) {
        int there;
        MPI_Group_translate_ranks(group, 1, &at, world, &there);
        digest = digest_number(digest, there);
    }
    MPI_Group_free(&world);
    return digest;
}

/* A random group out of the ranks of another, the same on all who draw it. */
static inline MPI_Group draw_group(MPI_Group from, int depth)
{
    int size, numbers[64], count;
    MPI_Group made, one, other;
    MPI_Group_size(from, &size);
    permute(numbers, size);
    count = size == 0 ? 0 : 1 + below(size);
    switch (depth > 0 ? below(7) : below(4)) {
    case 0:
        MPI_Group_incl(from, count, numbers, &made);
        return made;
    case 1:
        MPI_Group_excl(from, size - count, numbers, &made);
        return made;
    case 2: {
        int range[1][3] = { { size - 1, size - count, -1 } };
        MPI_Group_range_incl(from, size > 0, range, &made);
        return made;
    }
    case 3: {
        int range[1][3] = { { 1, size - 1, 2 } };
        MPI_Group_range_excl(from, size > 1, range, &made);
        return made;
    }
    default:
        one = draw_group(from, depth - 1);
        other = draw_group(from, depth - 1);
        switch (below(3)) {
        case 0: MPI_Group_union(one, other, &made); break;
        case 1: MPI_Group_intersection(one, other, &made); break;
        default: MPI_Group_difference(one, other, &made);
        }
        MPI_Group_free(&one);
        MPI_Group_free(&other);
        return made;
    }
}

static inline void adopt(struct place *place, MPI_Comm comm, uint64_t colour)
{
    int flag;
    place->comm = comm;
    place->colour = colour;
    if (comm == MPI_COMM_NULL)
        return;
    MPI_Comm_rank(comm, &place->rank);
    MPI_Comm_size(comm, &place->size);
    MPI_Comm_test_inter(comm, &flag);
    place->remote = 0;
    if (flag)
        MPI_Comm_remote_size(comm, &place->remote);
}

static inline void make_cart(struct place *place, const struct place *parent)
{
    int dims[3] = { 0 }, periods[3], dimensions = 1 + below(3), size = parent->size;
    MPI_Comm comm;
    if (one_in(3) && size > 1) {
        size -= 1;
    }
    MPI_Dims_create(size, dimensions, dims);
    for (int at = 0; at < dimensions; at++)
        /* Around a circle of one or two, MPI-3 did not say which of two messages
         * between the same ranks is which. */
        periods[at] = dims[at] > 2 && one_in(2);
    MPI_Cart_create(parent->comm, dimensions, dims, periods, 0, &comm);
    if (comm != MPI_COMM_NULL && dimensions > 1 && one_in(4)) {
        int kept[3] = { one_in(2), 1, one_in(2) }, coords[3], rank;
        MPI_Comm part;
        uint64_t colour = parent->colour;
        MPI_Comm_rank(comm, &rank);
        MPI_Cart_coords(comm, rank, dimensions, coords);
        for (int at = 0; at < dimensions; at++)
            if (!kept[at])
                colour = mix(colour, (uint64_t)coords[at]);
        MPI_Cart_sub(comm, kept, &part);
        MPI_Comm_free(&comm);
        adopt(place, part, colour);
    } else {
        adopt(place, comm, parent->colour);
    }
    if (place->comm == MPI_COMM_NULL)
        return;
    place->shape = CART;
    MPI_Cartdim_get(place->comm, &dimensions);
    for (int at = 0; at < dimensions; at++) {
        int source, target;
        MPI_Cart_shift(place->comm, at, 1, &source, &target);
        place->sources[place->indegree++] = source;
        place->sources[place->indegree++] = target;
        place->targets[place->outdegree++] = source;
        place->targets[place->outdegree++] = target;
    }
}

/* Whether the plan of a graph has this edge. */
static inline int has_edge(uint64_t graph, int from, int to) { return mix(graph, (uint64_t)(from * 64 + to)) % 5 < 2; }

static inline void make_graph(struct place *place, const struct place *parent)
{
    uint64_t graph = draw();
    int index[64], edges[64 * 64], count = 0, size = parent->size;
    MPI_Comm comm;
    for (int from = 0; from < size; from++) {
        for (int to = 0; to < size; to++)
            if (from != to && (has_edge(graph, from, to) || has_edge(graph, to, from)))
                edges[count++] = to;
        index[from] = count;
    }
    MPI_Graph_create(parent->comm, size, index, edges, 0, &comm);
    adopt(place, comm, parent->colour);
    place->shape = GRAPH;
    MPI_Graph_neighbors_count(comm, place->rank, &count);
    must(count <= NEIGHBORS_MAX);
    MPI_Graph_neighbors(comm, place->rank, count, place->sources);
    memcpy(place->targets, place->sources, sizeof place->sources);
    place->indegree = place->outdegree = count;
}

static inline int compare_numbers(const void *one, const void *other)
{
    return *(const int *)one - *(const int *)other;
}

static inline void make_dist_graph(struct place *place, const struct place *parent)
{
    uint64_t graph = draw();
    int sources[64], targets[64], weights[64], into = 0, out = 0, rank = parent->rank, weighted;
    MPI_Comm comm;
    for (int other = 0; other < parent->size; other++) {
        weights[other] = 1 + other;
        if (has_edge(graph, other, rank)) sources[into++] = other;
        if (has_edge(graph, rank, other)) targets[out++] = other;
    }
    must(into <= NEIGHBORS_MAX && out <= NEIGHBORS_MAX);
    if (one_in(3)) {
        /* The order of neighbours is the library's here: told sorted, and no
         * neighbourhood collective uses it. */
        int degrees[1] = { out }, order[1] = { rank };
        MPI_Dist_graph_create(parent->comm, out > 0, order, degrees, targets, weights, MPI_INFO_NULL, 0, &comm);
        adopt(place, comm, parent->colour);
        place->shape = PLAIN;
        MPI_Dist_graph_neighbors_count(comm, &into, &out, &weighted);
        MPI_Dist_graph_neighbors(comm, into, sources, weights, out, targets, weights);
        qsort(sources, (size_t)into, sizeof(int), compare_numbers);
        qsort(targets, (size_t)out, sizeof(int), compare_numbers);
        report("dist graph, sorted", digest_bytes(digest_bytes((uint64_t)weighted, sources, (size_t)into * sizeof(int)),
                                         targets, (size_t)out * sizeof(int)));
        return;
    }
    uint64_t before = enter_stream(mix(graph, 100 + (uint64_t)rank));
    shuffle(sources, into);
    shuffle(targets, out);
    leave_stream(before);
    if (one_in(2))
        MPI_Dist_graph_create_adjacent(parent->comm, into, sources, weights, out, targets, weights, MPI_INFO_NULL, 0,
            &comm);
    else
        MPI_Dist_graph_create_adjacent(parent->comm, into, sources, MPI_UNWEIGHTED, out, targets, MPI_UNWEIGHTED,
            MPI_INFO_NULL, 0, &comm);
    adopt(place, comm, parent->colour);
    place->shape = DIST_GRAPH;
    place->indegree = into;
    place->outdegree = out;
    memcpy(place->sources, sources, (size_t)into * sizeof(int));
    memcpy(place->targets, targets, (size_t)out * sizeof(int));
}

static inline void make_inter(struct place *place, const struct place *parent)
{
    int first = 1 + below(parent->size - 1), side = parent->rank >= first, leader, other;
    MPI_Comm half, comm;
    /* The leaders, as ranks of the parent and of their halves. */
    int low = below(first), high = below(parent->size - first);
    leader = side ? high : low;
    other = side ? low : first + high;
    MPI_Comm_split(parent->comm, side, parent->rank, &half);
    MPI_Intercomm_create(half, leader, parent->comm, other, 7, &comm);
    MPI_Comm_free(&half);
    adopt(place, comm, parent->colour);
    place->side = side;
}

static inline void derive(struct place *place, const struct place *parent)
{
    MPI_Comm comm = MPI_COMM_NULL;
    MPI_Group all, group;
    MPI_Request request;
    int choice = below(12);
    if (is_inter(parent)) {
        int high = one_in(2) ? parent->side : !parent->side;
        if (one_in(3)) {
            MPI_Comm_dup(parent->comm, &comm);
            adopt(place, comm, parent->colour);
            place->side = parent->side;
        } else {
            MPI_Intercomm_merge(parent->comm, high, &comm);
            adopt(place, comm, parent->colour);
        }
        return;
    }
    switch (choice) {
    case 0:
        MPI_Comm_dup(parent->comm, &comm);
        adopt(place, comm, parent->colour);
        return;
    case 1:
        MPI_Comm_idup(parent->comm, &comm, &request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        adopt(place, comm, parent->colour);
        return;
    case 2:
    case 3: {
        uint64_t plan = draw();
        int colours = 1 + below(3), undefined = one_in(3);
        int colour = (int)(mix(plan, (uint64_t)parent->rank) % (uint64_t)(colours + undefined));
        int key = (int)(mix(plan + 1, (uint64_t)parent->rank) % 4) - 2;
        MPI_Comm_split(parent->comm, colour == colours ? MPI_UNDEFINED : colour, key, &comm);
        adopt(place, comm, mix(parent->colour, (uint64_t)colour));
        return;
    }
    case 4:
    case 5:
        MPI_Comm_group(parent->comm, &all);
        group = draw_group(all, 2);
        if (choice == 4) {
            MPI_Comm_create(parent->comm, group, &comm);
        } else {
            int mine;
            MPI_Group_rank(group, &mine);
            if (mine != MPI_UNDEFINED)
                MPI_Comm_create_group(parent->comm, group, 5, &comm);
        }
        MPI_Group_free(&all);
        MPI_Group_free(&group);
        adopt(place, comm, parent->colour);
        return;
    case 6:
    case 7:
        make_cart(place, parent);
        return;
    case 8:
        make_graph(place, parent);
        return;
    case 9:
        make_dist_graph(place, parent);
        return;
    default:
        if (parent->size > 1 && makes_intercomms) {
            make_inter(place, parent);
        } else {
            MPI_Comm_dup_with_info(parent->comm, MPI_INFO_NULL, &comm);
            adopt(place, comm, parent->colour);
        }
    }
}

static inline void tell_place(const struct place *place, int parent)
{
    static const char *const shapes[] = { "plain", "cart", "graph", "dist graph" };
    uint64_t digest = 1;
    MPI_Group group;
    char what[64];
    int result;
    snprintf(what, sizeof what, "communicator %d of %d: %s%s", (int)(place - places), parent, shapes[place->shape],
        is_inter(place) ? " inter" : "");
    MPI_Comm_group(place->comm, &group);
    digest = digest_group(digest, group);
    MPI_Group_free(&group);
    if (is_inter(place)) {
        MPI_Comm_remote_group(place->comm, &group);
        digest = digest_group(digest, group);
        MPI_Group_free(&group);
    }
    MPI_Comm_compare(place->comm, places[parent].comm, &result);
    digest = digest_number(digest, result == MPI_IDENT ? 1 : result == MPI_CONGRUENT ? 2 : result == MPI_SIMILAR ? 3 : 4);
    for (int at = 0; at < place->indegree; at++)
        digest = digest_number(digest, place->sources[at] == MPI_PROC_NULL ? -1 : place->sources[at]);
    for (int at = 0; at < place->outdegree; at++)
        digest = digest_number(digest, place->targets[at] == MPI_PROC_NULL ? -1 : place->targets[at]);
    report(what, digest);
}

static inline void make_places(void)
{
    memset(places, 0, sizeof places);
    adopt(&places[0], MPI_COMM_WORLD, mix(seed_now, 1));
    place_count = 4 + (int)(mix(seed_now, 2) % (PLACES_MAX - 3));
    for (int at = 1; at < place_count; at++) {
        int parent;
        step_now = -at;
        enter_stream(mix(seed_now, 100 + (uint64_t)at));
        parent = one_in(2) ? 0 : below(at);
        adopt(&places[at], MPI_COMM_NULL, 0);
        if (places[parent].comm == MPI_COMM_NULL)
            continue;
        enter_stream(mix(places[parent].colour, 200 + (uint64_t)at));
        derive(&places[at], &places[parent]);
        places[at].colour = mix(places[at].colour, 300 + (uint64_t)at);
        if (places[at].comm != MPI_COMM_NULL)
            tell_place(&places[at], parent);
    }
}

static inline void free_places(void)
{
    for (int at = place_count - 1; at > 0; at--)
        if (places[at].comm != MPI_COMM_NULL)
            MPI_Comm_free(&places[at].comm);
}
#endif
