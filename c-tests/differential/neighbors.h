/* Neighbourhood collectives on whatever topology the communicator has. */
#ifndef NEIGHBORS_H
#define NEIGHBORS_H
#include "collect.h"

/* A neighbour as a name of streams: MPI_PROC_NULL is another number in every MPI. */
static inline uint64_t neighbor_name(int neighbor) { return neighbor == MPI_PROC_NULL ? 77 : (uint64_t)neighbor; }

/* What goes along an edge is a number of units that both ends know. */
static inline int edge_units(const struct act *act, int from, int to)
{
    return from == MPI_PROC_NULL || to == MPI_PROC_NULL ? 1 : units_of(act, (uint64_t)from, (uint64_t)to);
}

static inline void neighbor_allgather(struct act *act)
{
    const struct place *at = act->at;
    struct signature signature = draw_signature();
    int unit = 1 + draw_total(&signature) / 4, units = units_of(act, (uint64_t)at->rank, 98);
    int *counts = keep_numbers(act, at->indegree), *starts = keep_numbers(act, at->indegree), varied = one_in(2);
    struct view out = view_of(act, &signature, (varied ? units : 1) * unit, 200 + (uint64_t)at->rank);
    struct view into = view_of(act, &signature, unit, 400 + (uint64_t)at->rank);
    void *from = piece_for(act, out), *to;
    uint64_t before = enter_stream(mix(act->name, 900 + (uint64_t)at->rank));
    for (int edge = 0; edge < at->indegree; edge++) {
        int there = at->sources[edge];
        counts[edge] = there == MPI_PROC_NULL ? into.count : units_of(act, (uint64_t)there, 98) * into.count;
    }
    draw_places(at->indegree, counts, starts);
    leave_stream(before);
    label(act, " %sNeighbor_allgather%s %d", form_names[act->form], varied ? "v" : "", unit);
    if (varied) {
        to = piece_spread(act, into.type, at->indegree, counts, starts);
        PERFORM(Neighbor_allgatherv, neighbor_allgatherv, from, out.count, out.type, to, counts, starts, into.type,
            at->comm);
    } else {
        to = piece_times(act, into, at->indegree);
        PERFORM(Neighbor_allgather, neighbor_allgather, from, out.count, out.type, to, into.count, into.type,
            at->comm);
    }
}

static inline void neighbor_alltoall(struct act *act)
{
    const struct place *at = act->at;
    struct signature signature = draw_signature();
    int total = draw_total(&signature) / 3;
    struct view out = view_of(act, &signature, total, 200 + (uint64_t)at->rank);
    struct view into = view_of(act, &signature, total, 400 + (uint64_t)at->rank);
    void *from = piece_times(act, out, at->outdegree), *to = piece_times(act, into, at->indegree);
    label(act, " %sNeighbor_alltoall %d", form_names[act->form], total);
    PERFORM(Neighbor_alltoall, neighbor_alltoall, from, out.count, out.type, to, into.count, into.type, at->comm);
}

static inline struct spread spread_along(struct act *act, const struct signature *signature, int unit, int into)
{
    const struct place *at = act->at;
    int degree = into ? at->indegree : at->outdegree;
    uint64_t whose = (into ? 400 : 200) + (uint64_t)at->rank;
    struct spread made = { .counts = keep_numbers(act, degree), .starts = keep_numbers(act, degree) };
    uint64_t before = enter_stream(mix(act->name, 900 + whose));
    made.unit = view_of(act, signature, unit, whose);
    for (int edge = 0; edge < degree; edge++)
        made.counts[edge] = made.unit.count
            * (into ? edge_units(act, at->sources[edge], at->rank) : edge_units(act, at->rank, at->targets[edge]));
    draw_places(degree, made.counts, made.starts);
    leave_stream(before);
    made.base = piece_spread(act, made.unit.type, degree, made.counts, made.starts);
    return made;
}

static inline void neighbor_alltoallv(struct act *act)
{
    struct signature signature = draw_signature();
    int unit = 1 + draw_total(&signature) / 6;
    struct spread out = spread_along(act, &signature, unit, 0), into = spread_along(act, &signature, unit, 1);
    label(act, " %sNeighbor_alltoallv %d", form_names[act->form], unit);
    PERFORM(Neighbor_alltoallv, neighbor_alltoallv, out.base, out.counts, out.starts, out.unit.type, into.base,
        into.counts, into.starts, into.unit.type, act->at->comm);
}

static inline void neighbor_alltoallw(struct act *act)
{
    const struct place *at = act->at;
    struct signature signatures[NEIGHBORS_MAX] = { 0 };
    int totals[NEIGHBORS_MAX] = { 0 };
    struct patchwork out, into;
    for (int edge = 0; edge < at->outdegree; edge++)
        draw_pair(act, (uint64_t)at->rank, neighbor_name(at->targets[edge]), &signatures[edge], &totals[edge]);
    out = patch(act, at->outdegree, signatures, totals, 200 + (uint64_t)at->rank);
    for (int edge = 0; edge < at->indegree; edge++)
        draw_pair(act, neighbor_name(at->sources[edge]), (uint64_t)at->rank, &signatures[edge], &totals[edge]);
    into = patch(act, at->indegree, signatures, totals, 400 + (uint64_t)at->rank);
    label(act, " %sNeighbor_alltoallw", form_names[act->form]);
    PERFORM(Neighbor_alltoallw, neighbor_alltoallw, out.base, out.counts, out.wide_starts, out.types, into.base,
        into.counts, into.wide_starts, into.types, at->comm);
}
#endif
