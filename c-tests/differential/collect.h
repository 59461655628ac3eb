/* Collective acts: blocking, nonblocking, persistent; in place; with layouts
 * that differ from rank to rank; on intercommunicators. */
#ifndef COLLECT_H
#define COLLECT_H
#include "reduce.h"

/* Persistent collectives came with MPI-4; before, the nonblocking form stands in
 * for them, for the same bytes must come out. */
#if MPI_VERSION >= 4
#define PERSIST(name, lower, ...) \
    (MPI_##name##_init(__VA_ARGS__, MPI_INFO_NULL, request_of(act)), \
        MPI_Start(&act->requests[act->request_count - 1].handle))
#else
#define PERSIST(name, lower, ...) (MPI_I##lower(__VA_ARGS__, request_of(act)), act->stands_in = 1)
#endif

/* Every collective blocks, whatever its line says: the same bytes must come out. */
static int blocks;

#define PERFORM(name, lower, ...) \
    do { \
        if (blocks) \
            act->form = BLOCKING; \
        if (act->form == BLOCKING) \
            MPI_##name(__VA_ARGS__); \
        else if (act->form == NONBLOCKING) \
            MPI_I##lower(__VA_ARGS__, request_of(act)); \
        else \
            PERSIST(name, lower, __VA_ARGS__); \
    } while (0)

static const char *const form_names[] = { "", "nonblocking ", "persistent " };

/* Who gives or takes everything. In an intercommunicator it stands in one group
 * and the others of its group only watch. */
struct root {
    int argument; /* what this rank passes */
    int is_me, takes_part;
};

static inline struct root draw_root(const struct act *act)
{
    const struct place *at = act->at;
    struct root root;
    int side, rank;
    if (!is_inter(at)) {
        root.argument = below(at->size);
        root.is_me = root.argument == at->rank;
        root.takes_part = 1;
        return root;
    }
    side = below(2);
    rank = below(side == at->side ? at->size : at->remote);
    root.is_me = side == at->side && rank == at->rank;
    root.takes_part = side != at->side;
    root.argument = root.is_me ? MPI_ROOT : side == at->side ? MPI_PROC_NULL : rank;
    return root;
}

/* Where a buffer means nothing: stock MPICH refuses NULL there now and then. */
static char nothing[16];

/* Ranks that a collective exchanges with: the own group, or the other one. */
static inline int others(const struct act *act) { return is_inter(act->at) ? act->at->remote : act->at->size; }

/* Names the ranks of both groups apart, for numbers that both sides must know. */
static inline uint64_t who(const struct act *act, int rank, int is_other)
{
    int side = is_inter(act->at) ? (is_other ? !act->at->side : act->at->side) : 0;
    return (uint64_t)(rank + 100 * side);
}

/* How many units a rank has in a collective with counts. */
static inline int units_of(const struct act *act, uint64_t from, uint64_t to)
{
    return (int)(mix(mix(act->name, 60 + from), to) % 4);
}

/* Consecutive or not, in any order, without overlap. */
static inline void draw_places(int count, const int *lengths, int *starts)
{
    int order[64], at_unit = below(2), gaps = one_in(2), mixed = one_in(2);
    for (int at = 0; at < count; at++)
        order[at] = at;
    if (mixed)
        shuffle(order, count);
    for (int at = 0; at < count; at++) {
        starts[order[at]] = at_unit;
        at_unit += lengths[order[at]] + (gaps ? below(3) : 0);
    }
}

/* Memory for pieces with counts and displacements in extents. */
static inline void *piece_spread(struct act *act, MPI_Datatype type, int count, const int *lengths, const int *starts)
{
    MPI_Aint low = 0, high = 0;
    for (int at = 0; at < count; at++) {
        widen(&low, &high, type, lengths[at], starts[at]);
        explain("memory %d, part %d: %d elements at %d", act->piece_count, at, lengths[at], starts[at]);
    }
    return piece_between(act, low, high, PATTERN);
}

static inline void *piece_times(struct act *act, struct view view, int times)
{
    view.count *= times;
    return piece_for(act, view);
}

static inline void barrier(struct act *act)
{
    label(act, " %sBarrier", form_names[act->form]);
    if (act->form == BLOCKING)
        MPI_Barrier(act->at->comm);
    else if (act->form == NONBLOCKING)
        MPI_Ibarrier(act->at->comm, request_of(act));
    else
        PERSIST(Barrier, barrier, act->at->comm);
}

static inline void bcast(struct act *act)
{
    struct signature signature = draw_signature();
    int total = draw_total(&signature);
    struct root root = draw_root(act);
    struct view view = view_of(act, &signature, total, who(act, act->at->rank, 0));
    label(act, " %sBcast %d", form_names[act->form], total);
    /* On an intercommunicator stock MPICH's Ibcast brings what the own group's root
     * has. The line says the same under every MPI. */
#ifdef MPICH_VERSION
    if (is_inter(act->at))
        act->form = BLOCKING;
#endif
    PERFORM(Bcast, bcast, piece_for(act, view), view.count, view.type, root.argument, act->at->comm);
}

static inline void gather(struct act *act)
{
    struct signature signature = draw_signature();
    int total = draw_total(&signature) / 2, in_place = one_in(3) && !is_inter(act->at);
    struct root root = draw_root(act);
    struct view out = view_of(act, &signature, total, 200 + who(act, act->at->rank, 0));
    struct view into = view_of(act, &signature, total, 0);
    void *from = MPI_IN_PLACE, *to = nothing;
    label(act, " %sGather %d%s", form_names[act->form], total, in_place ? " in place" : "");
    if (root.is_me)
        to = piece_times(act, into, others(act));
    if (root.takes_part && !(in_place && root.is_me))
        from = piece_for(act, out);
    if (!root.takes_part)
        from = nothing;
    PERFORM(Gather, gather, from, out.count, out.type, to, into.count, into.type, root.argument, act->at->comm);
}

static inline void scatter(struct act *act)
{
    struct signature signature = draw_signature();
    int total = draw_total(&signature) / 2, in_place = one_in(3) && !is_inter(act->at);
    struct root root = draw_root(act);
    struct view into = view_of(act, &signature, total, 200 + who(act, act->at->rank, 0));
    struct view out = view_of(act, &signature, total, 0);
    void *from = nothing, *to = MPI_IN_PLACE;
    label(act, " %sScatter %d%s", form_names[act->form], total, in_place ? " in place" : "");
    if (root.is_me)
        from = piece_times(act, out, others(act));
    if (root.takes_part && !(in_place && root.is_me))
        to = piece_for(act, into);
    if (!root.takes_part)
        to = nothing;
    PERFORM(Scatter, scatter, from, out.count, out.type, to, into.count, into.type, root.argument, act->at->comm);
}

/* One side of Gatherv and Scatterv: a unit's layout, and how many for whom. */
struct spread {
    struct view unit;
    int *counts, *starts;
    void *base;
};

/* Pieces for all others: `into` says whether they come from them to us. */
static inline struct spread spread_over(struct act *act, const struct signature *signature, int unit, int rooted,
    int into, uint64_t whose)
{
    int count = others(act), *lengths = keep_numbers(act, count);
    struct spread made = { .counts = keep_numbers(act, count), .starts = keep_numbers(act, count) };
    uint64_t before = enter_stream(mix(act->name, 900 + whose));
    uint64_t me = rooted ? 99 : who(act, act->at->rank, 0);
    made.unit = view_of(act, signature, unit, whose);
    for (int at = 0; at < count; at++) {
        uint64_t other = who(act, at, 1);
        int units = into ? units_of(act, other, me) : units_of(act, me, other);
        lengths[at] = units * made.unit.count;
        made.counts[at] = lengths[at];
    }
    draw_places(count, lengths, made.starts);
    leave_stream(before);
    made.base = piece_spread(act, made.unit.type, count, made.counts, made.starts);
    return made;
}

static inline void gatherv(struct act *act)
{
    struct signature signature = draw_signature();
    int unit = 1 + draw_total(&signature) / 4, in_place = one_in(3) && !is_inter(act->at);
    struct root root = draw_root(act);
    uint64_t me = who(act, act->at->rank, 0);
    struct view out = view_of(act, &signature, units_of(act, me, 99) * unit, 200 + me);
    struct spread into = { .unit = { MPI_INT, 0 }, .base = nothing };
    void *from = nothing;
    label(act, " %sGatherv %d%s", form_names[act->form], unit, in_place ? " in place" : "");
    if (root.is_me)
        into = spread_over(act, &signature, unit, 1, 1, 3);
    if (root.takes_part)
        from = in_place && root.is_me ? MPI_IN_PLACE : piece_for(act, out);
    PERFORM(Gatherv, gatherv, from, out.count, out.type, into.base, into.counts, into.starts, into.unit.type,
        root.argument, act->at->comm);
}

static inline void scatterv(struct act *act)
{
    struct signature signature = draw_signature();
    int unit = 1 + draw_total(&signature) / 4, in_place = one_in(3) && !is_inter(act->at);
    struct root root = draw_root(act);
    uint64_t me = who(act, act->at->rank, 0);
    struct view into = view_of(act, &signature, units_of(act, 99, me) * unit, 200 + me);
    struct spread out = { .unit = { MPI_INT, 0 }, .base = nothing };
    void *to = nothing;
    label(act, " %sScatterv %d%s", form_names[act->form], unit, in_place ? " in place" : "");
    if (root.is_me)
        out = spread_over(act, &signature, unit, 1, 0, 3);
    if (root.takes_part)
        to = in_place && root.is_me ? MPI_IN_PLACE : piece_for(act, into);
    PERFORM(Scatterv, scatterv, out.base, out.counts, out.starts, out.unit.type, to, into.count, into.type,
        root.argument, act->at->comm);
}

static inline void allgather(struct act *act)
{
    struct signature signature = draw_signature();
    int total = draw_total(&signature) / 3, in_place = one_in(3) && !is_inter(act->at);
    uint64_t me = who(act, act->at->rank, 0);
    struct view out, into;
    void *to, *from;
    /* From group to group stock MPICH sends it packed, and truncates what is long. */
    if (is_inter(act->at) && total > 20)
        total = 20;
    out = view_of(act, &signature, total, 200 + me);
    into = view_of(act, &signature, total, 400 + me);
    to = piece_times(act, into, others(act));
    from = in_place ? MPI_IN_PLACE : piece_for(act, out);
    label(act, " %sAllgather %d%s", form_names[act->form], total, in_place ? " in place" : "");
    PERFORM(Allgather, allgather, from, out.count, out.type, to, into.count, into.type, act->at->comm);
}

static inline void allgatherv(struct act *act)
{
    struct signature signature = draw_signature();
    int unit = 1 + draw_total(&signature) / 4, in_place = one_in(3) && !is_inter(act->at), count = others(act);
    uint64_t me = who(act, act->at->rank, 0);
    /* What a rank gives does not depend on who takes it. */
    struct view out = view_of(act, &signature, units_of(act, me, 98) * unit, 200 + me);
    struct view into = view_of(act, &signature, unit, 400 + me);
    int *counts = keep_numbers(act, count), *starts = keep_numbers(act, count);
    void *to, *from;
    uint64_t before = enter_stream(mix(act->name, 900 + me));
    for (int at = 0; at < count; at++)
        counts[at] = units_of(act, who(act, at, 1), 98) * into.count;
    draw_places(count, counts, starts);
    leave_stream(before);
    /* Alone, stock MPICH's Iallgatherv forgets the displacement. */
    if (count == 1)
        starts[0] = 0;
    to = piece_spread(act, into.type, count, counts, starts);
    from = in_place ? MPI_IN_PLACE : piece_for(act, out);
    label(act, " %sAllgatherv %d%s", form_names[act->form], unit, in_place ? " in place" : "");
    PERFORM(Allgatherv, allgatherv, from, out.count, out.type, to, counts, starts, into.type, act->at->comm);
}

static inline void alltoall(struct act *act)
{
    struct signature signature = draw_signature();
    int total = draw_total(&signature) / 3, in_place = one_in(3) && !is_inter(act->at), count = others(act);
    uint64_t me = who(act, act->at->rank, 0);
    struct view out = view_of(act, &signature, total, 200 + me);
    struct view into = view_of(act, &signature, total, 400 + me);
    void *to = piece_times(act, into, count), *from = in_place ? MPI_IN_PLACE : piece_times(act, out, count);
    label(act, " %sAlltoall %d%s", form_names[act->form], total, in_place ? " in place" : "");
    PERFORM(Alltoall, alltoall, from, out.count, out.type, to, into.count, into.type, act->at->comm);
}

static inline void alltoallv(struct act *act)
{
    struct signature signature = draw_signature();
    int unit = 1 + draw_total(&signature) / 6;
    uint64_t me = who(act, act->at->rank, 0);
    struct spread out = spread_over(act, &signature, unit, 0, 0, 200 + me);
    struct spread into = spread_over(act, &signature, unit, 0, 1, 400 + me);
    label(act, " %sAlltoallv %d", form_names[act->form], unit);
    PERFORM(Alltoallv, alltoallv, out.base, out.counts, out.starts, out.unit.type, into.base, into.counts,
        into.starts, into.unit.type, act->at->comm);
}

/* A type, a count and a place in bytes for each of several partners. */
struct patchwork {
    MPI_Datatype *types;
    int *counts, *starts;
    MPI_Aint *wide_starts;
    void *base;
};

static inline struct patchwork patch(struct act *act, int count, const struct signature *signatures, const int *totals,
    uint64_t whose)
{
    struct patchwork made = { .counts = keep_numbers(act, count), .starts = keep_numbers(act, count) };
    MPI_Aint lb, extent, true_lb, true_extent, place = 0;
    /* On a communicator with a topology stock Open MPI's Ialltoallw looks at as many
     * types as there are neighbours. */
    made.types = keep(act, (size_t)(count + 32) * sizeof *made.types);
    for (int at = count; at < count + 32; at++)
        made.types[at] = MPI_INT;
    made.wide_starts = keep(act, (size_t)count * sizeof *made.wide_starts);
    for (int at = 0; at < count; at++) {
        struct view view = view_of(act, &signatures[at], totals[at], mix(whose, (uint64_t)at));
        made.types[at] = view.type;
        explain("memory %d, part %d: %d x %d elements at %ld", act->piece_count, at, view.count,
            view.count ? totals[at] / view.count : 0, (long)place);
        made.counts[at] = view.count;
        MPI_Type_get_extent(view.type, &lb, &extent);
        MPI_Type_get_true_extent(view.type, &true_lb, &true_extent);
        if (view.count == 0)
            continue;
        place = UP(place - (true_lb < 0 ? true_lb : 0));
        made.starts[at] = (int)place;
        made.wide_starts[at] = place;
        place += (view.count - 1) * extent + true_lb + true_extent + 8 * (at % 2);
    }
    made.base = piece_between(act, 0, place, PATTERN);
    return made;
}

/* A signature and a total for what goes from one rank to another. */
static inline void draw_pair(const struct act *act, uint64_t from, uint64_t to, struct signature *signature, int *total)
{
    uint64_t before = enter_stream(mix(mix(act->name, 70 + from), to));
    *signature = draw_signature();
    *total = one_in(4) ? 0 : draw_total(signature) / 6;
    leave_stream(before);
}

static inline void alltoallw(struct act *act)
{
    struct signature signatures[64] = { 0 };
    int totals[64] = { 0 }, count = others(act);
    uint64_t me = who(act, act->at->rank, 0);
    struct patchwork out, into;
    for (int at = 0; at < count; at++)
        draw_pair(act, me, who(act, at, 1), &signatures[at], &totals[at]);
    out = patch(act, count, signatures, totals, 200 + me);
    for (int at = 0; at < count; at++)
        draw_pair(act, who(act, at, 1), me, &signatures[at], &totals[at]);
    into = patch(act, count, signatures, totals, 400 + me);
    label(act, " %sAlltoallw", form_names[act->form]);
    PERFORM(Alltoallw, alltoallw, out.base, out.counts, out.starts, out.types, into.base, into.counts, into.starts,
        into.types, act->at->comm);
}

static inline int draw_count(void)
{
    int kind = below(12);
    return kind == 0 ? 0 : kind < 8 ? 1 + below(20) : kind < 11 ? 1 + below(2000) : 3000 + below(20000);
}

static inline void reduce(struct act *act)
{
    struct reduction reduction = draw_reduction(act, 1);
    int count = draw_count(), in_place = one_in(3) && !is_inter(act->at);
    struct root root = draw_root(act);
    void *from = nothing, *to = nothing;
    label(act, " %sReduce %d, %s%s", form_names[act->form], count, reduction.name, in_place ? " in place" : "");
    if (root.is_me)
        to = piece_of(act, &reduction, count);
    if (root.takes_part)
        from = in_place && root.is_me ? MPI_IN_PLACE : piece_of(act, &reduction, count);
    PERFORM(Reduce, reduce, from, to, count, reduction.type, reduction.op, root.argument, act->at->comm);
}

/* Allreduce, Scan and Exscan ask the same of their arguments. */
static inline void reduce_all(struct act *act)
{
    struct reduction reduction = draw_reduction(act, 1);
    int count = draw_count(), in_place = one_in(3) && !is_inter(act->at), which = is_inter(act->at) ? 0 : below(4);
    void *to = piece_of(act, &reduction, count), *from = in_place ? MPI_IN_PLACE : piece_of(act, &reduction, count);
    static const char *const names[] = { "Allreduce", "Allreduce", "Scan", "Exscan" };
    label(act, " %s%s %d, %s%s", form_names[act->form], names[which], count, reduction.name,
        in_place ? " in place" : "");
    act->pieces[0].undefined = which == 3 && act->at->rank == 0;
    if (which < 2)
        PERFORM(Allreduce, allreduce, from, to, count, reduction.type, reduction.op, act->at->comm);
    else if (which == 2)
        PERFORM(Scan, scan, from, to, count, reduction.type, reduction.op, act->at->comm);
    else
        PERFORM(Exscan, exscan, from, to, count, reduction.type, reduction.op, act->at->comm);
}

static inline void reduce_scatter(struct act *act)
{
    /* Stock MPICH: the persistent form frees what it did not allocate, and the
     * nonblocking one composes in the wrong order. */
    struct reduction reduction = draw_reduction(act, act->form == BLOCKING || (act->form == NONBLOCKING && is_common));
    int in_place = one_in(3) && !is_inter(act->at), mine = draw_count() / 4, size = act->at->size;
    void *from, *to;
    if (one_in(2)) {
        /* Over an intercommunicator both groups reduce as much: sizes multiplied. */
        int block = is_inter(act->at) ? mine % 100 * act->at->remote : mine;
        label(act, " %sReduce_scatter_block %d, %s%s", form_names[act->form], block, reduction.name,
            in_place ? " in place" : "");
        to = piece_of(act, &reduction, in_place ? block * size : block);
        from = in_place ? MPI_IN_PLACE : piece_of(act, &reduction, block * size);
        PERFORM(Reduce_scatter_block, reduce_scatter_block, from, to, block, reduction.type, reduction.op,
            act->at->comm);
    } else {
        int *counts = keep_numbers(act, size), whole = 0;
        for (int at = 0; at < size; at++) {
            counts[at] = is_inter(act->at) ? mine % 100 * act->at->remote : (mine + 1) * units_of(act, (uint64_t)at, 97);
            whole += counts[at];
        }
        label(act, " %sReduce_scatter %d, %s%s", form_names[act->form], mine, reduction.name,
            in_place ? " in place" : "");
        to = piece_of(act, &reduction, in_place ? whole : counts[act->at->rank]);
        from = in_place ? MPI_IN_PLACE : piece_of(act, &reduction, whole);
        PERFORM(Reduce_scatter, reduce_scatter, from, to, counts, reduction.type, reduction.op, act->at->comm);
    }
}

static inline void reduce_local(struct act *act)
{
    struct reduction reduction = draw_reduction(act, 1);
    int count = draw_count();
    void *from = piece_of(act, &reduction, count), *into = piece_of(act, &reduction, count);
    label(act, " Reduce_local %d, %s", count, reduction.name);
    MPI_Reduce_local(from, into, count, reduction.type, reduction.op);
}
#endif
