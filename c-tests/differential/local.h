/* Acts that ask a library about its own objects: layouts, packing, envelopes,
 * groups, attributes; and calls that must be refused. */
#ifndef LOCAL_H
#define LOCAL_H
#include "act.h"

static inline const char *combiner_name(int combiner)
{
    if (combiner == MPI_COMBINER_NAMED) return "named";
    if (combiner == MPI_COMBINER_DUP) return "dup";
    if (combiner == MPI_COMBINER_CONTIGUOUS) return "contiguous";
    if (combiner == MPI_COMBINER_VECTOR) return "vector";
    if (combiner == MPI_COMBINER_HVECTOR) return "hvector";
    if (combiner == MPI_COMBINER_INDEXED) return "indexed";
    if (combiner == MPI_COMBINER_HINDEXED) return "hindexed";
    if (combiner == MPI_COMBINER_INDEXED_BLOCK) return "indexed_block";
    if (combiner == MPI_COMBINER_HINDEXED_BLOCK) return "hindexed_block";
    if (combiner == MPI_COMBINER_STRUCT) return "struct";
    if (combiner == MPI_COMBINER_SUBARRAY) return "subarray";
    if (combiner == MPI_COMBINER_DARRAY) return "darray";
    if (combiner == MPI_COMBINER_RESIZED) return "resized";
    return "another";
}

/* Integers of a constructor that stand for a choice differ from MPI to MPI. */
static inline int portable(int combiner, const int *numbers, int count, int at)
{
    int number = numbers[at], dimensions = numbers[2];
    if ((combiner == MPI_COMBINER_DARRAY || combiner == MPI_COMBINER_SUBARRAY) && at == count - 1)
        return number == MPI_ORDER_C ? -1 : number == MPI_ORDER_FORTRAN ? -2 : number;
    if (combiner != MPI_COMBINER_DARRAY || at < 3 + dimensions || at >= 3 + 3 * dimensions)
        return number;
    if (at >= 3 + 2 * dimensions)
        return number == MPI_DISTRIBUTE_DFLT_DARG ? -3 : number;
    return number == MPI_DISTRIBUTE_BLOCK ? -4 : number == MPI_DISTRIBUTE_CYCLIC ? -5
        : number == MPI_DISTRIBUTE_NONE ? -6 : number;
}

/* The whole tree of constructors. */
static inline uint64_t digest_contents(uint64_t digest, MPI_Datatype type)
{
    int counts[3], combiner, numbers[64], size;
    MPI_Aint addresses[64];
    MPI_Datatype types[64];
    MPI_Type_get_envelope(type, &counts[0], &counts[1], &counts[2], &combiner);
    digest = digest_bytes(digest, combiner_name(combiner), strlen(combiner_name(combiner)));
    MPI_Type_size(type, &size);
    digest = digest_number(digest, size);
    explain("%s of %d bytes", combiner_name(combiner), size);
    if (combiner == MPI_COMBINER_NAMED)
        return digest;
    must(counts[0] <= 64 && counts[1] <= 64 && counts[2] <= 64);
    MPI_Type_get_contents(type, counts[0], counts[1], counts[2], numbers, addresses, types);
    for (int at = 0; at < counts[0]; at++) {
        int number = portable(combiner, numbers, counts[0], at);
        digest = digest_number(digest, number);
        explain("  integer %d", number);
    }
    for (int at = 0; at < counts[1]; at++) {
        digest = digest_number(digest, addresses[at]);
        explain("  address %ld", (long)addresses[at]);
    }
    for (int at = 0; at < counts[2]; at++) {
        digest = digest_contents(digest, types[at]);
        release(types[at]);
    }
    return digest;
}

static inline void layouts(struct act *act)
{
    struct signature signature = draw_signature();
    int total = 1 + below(60), room, position = 0, end, bytes;
    MPI_Aint lb, extent, true_lb, true_extent;
    struct view view;
    void *from, *packed, *into;
    if (one_in(4)) {
        MPI_Datatype element;
        in_struct = 1;
        element = draw_element(signature.basics, signature.length);
        in_struct = 0;
        view.type = draw_darray(element);
        view.count = 1 + below(3);
        MPI_Type_commit(&view.type);
        release(element);
        keep_type(act, view.type);
    } else {
        view = view_of(act, &signature, total, 1);
    }
    MPI_Type_size(view.type, &bytes);
    MPI_Type_get_extent(view.type, &lb, &extent);
    MPI_Type_get_true_extent(view.type, &true_lb, &true_extent);
    act->digest = digest_contents(5, view.type);
    label(act, " layout: %d x %d bytes, %ld..%ld, truly %ld..%ld", view.count, bytes, (long)lb, (long)(lb + extent),
        (long)true_lb, (long)(true_lb + true_extent));
    from = piece_for(act, view);
    into = piece_for(act, view);
    packed = piece_between(act, 0, (MPI_Aint)bytes * view.count + 64, PATTERN);
    MPI_Pack_size(view.count, view.type, act->at->comm, &room);
    must(room >= bytes * view.count);
    position = below(9);
    room = position + bytes * view.count;
    end = position;
    MPI_Pack(from, view.count, view.type, packed, room, &end, act->at->comm);
    act->digest = digest_number(act->digest, end);
    MPI_Unpack(packed, room, &position, into, view.count, view.type, act->at->comm);
    act->digest = digest_number(act->digest, position);
}

/* Packed here, sent as MPI_PACKED, received as the type, and the other way. */
static inline void packed_ring(struct act *act)
{
    const struct place *at = act->at;
    struct signature signature = draw_signature();
    int total = draw_total(&signature), position = 0, room, size = is_inter(at) ? at->remote : at->size;
    int next, last, packs = one_in(2);
    struct view out, into;
    void *from, *to, *packed;
    MPI_Status status;
    label(act, " packed %s", packs ? "by the sender" : "by the receiver");
    next = is_inter(at) ? (at->rank < size ? at->rank : MPI_PROC_NULL) : (at->rank + 1) % size;
    last = is_inter(at) ? next : (at->rank + size - 1) % size;
    /* Stock MPICH truncates what a rank sends itself packed, if it is long. */
    if (total > 100)
        total = 100;
    out = view_of(act, &signature, total, 200 + (uint64_t)at->rank + 100 * (uint64_t)at->side);
    into = view_of(act, &signature, total, 400 + (uint64_t)at->rank + 100 * (uint64_t)at->side);
    from = piece_for(act, out);
    to = piece_for(act, into);
    room = total * signature.bytes;
    packed = piece_between(act, 0, room, PATTERN);
    if (packs) {
        MPI_Pack(from, out.count, out.type, packed, room, &position, at->comm);
        MPI_Sendrecv(packed, position, MPI_PACKED, next, 3, to, into.count, into.type, last, 3, at->comm, &status);
        act->digest = digest_status(act->digest, &status, into.type, can_count(&signature));
    } else {
        MPI_Sendrecv(from, out.count, out.type, next, 3, packed, room, MPI_PACKED, last, 3, at->comm, &status);
        if (last != MPI_PROC_NULL)
            MPI_Unpack(packed, room, &position, to, into.count, into.type, at->comm);
    }
}

static inline void groups(struct act *act)
{
    MPI_Group all, one, other;
    int result, count, numbers[64], there[64];
    label(act, " groups");
    MPI_Comm_group(act->at->comm, &all);
    one = draw_group(all, 3);
    other = draw_group(all, 3);
    MPI_Group_compare(one, other, &result);
    act->digest = digest_number(digest_group(digest_group(1, one), other),
        result == MPI_IDENT ? 1 : result == MPI_SIMILAR ? 2 : 3);
    MPI_Group_size(one, &count);
    permute(numbers, count);
    MPI_Group_translate_ranks(one, count, numbers, other, there);
    for (int at = 0; at < count; at++)
        act->digest = digest_number(act->digest, there[at] == MPI_UNDEFINED ? -1 : there[at]);
    MPI_Group_free(&all);
    MPI_Group_free(&one);
    MPI_Group_free(&other);
}

static int copies, deletions;

static int copy_attribute(MPI_Comm comm, int keyval, void *extra, void *value, void *copied, int *flag)
{
    (void)comm, (void)keyval, (void)extra;
    *(void **)copied = (char *)value + 1;
    *flag = (uintptr_t)value % 3 != 0;
    copies++;
    return MPI_SUCCESS;
}

static int delete_attribute(MPI_Comm comm, int keyval, void *value, void *extra)
{
    (void)comm, (void)keyval, (void)extra;
    deletions += 1 + (int)((uintptr_t)value % 100);
    return MPI_SUCCESS;
}

static inline void attributes(struct act *act)
{
    int keyvals[4], count = 1 + below(4), flag;
    MPI_Comm comm = MPI_COMM_NULL, second = MPI_COMM_NULL;
    MPI_Request request;
    void *value;
    label(act, " attributes %d", count);
    copies = deletions = 0;
    MPI_Comm_dup(act->at->comm, &comm);
    for (int at = 0; at < count; at++) {
        MPI_Comm_create_keyval(copy_attribute, delete_attribute, &keyvals[at], NULL);
        MPI_Comm_set_attr(comm, keyvals[at], (void *)(uintptr_t)(1 + below(90)));
        if (one_in(3))
            MPI_Comm_set_attr(comm, keyvals[at], (void *)(uintptr_t)(1 + below(90)));
        if (one_in(4))
            MPI_Comm_delete_attr(comm, keyvals[at]);
    }
    if (one_in(2)) {
        MPI_Comm_idup(comm, &second, &request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    } else {
        MPI_Comm_dup(comm, &second);
    }
    for (int at = 0; at < count; at++) {
        MPI_Comm_get_attr(second, keyvals[at], &value, &flag);
        act->digest = digest_number(act->digest, flag ? (int64_t)(uintptr_t)value : -1);
        act->digest = digest_number(act->digest, copies + 1000 * deletions);
        MPI_Comm_free_keyval(&keyvals[at]);
    }
    MPI_Comm_free(&comm);
    MPI_Comm_free(&second);
    act->digest = digest_number(act->digest, copies + 1000 * deletions);
}

/* A message is truncated, and calls that no argument check may let through. */
static inline void refused(struct act *act)
{
    const struct place *at = act->at;
    int numbers[4] = { 0 }, code, which = below(14), size;
    MPI_Comm comm;
    MPI_Datatype made = MPI_DATATYPE_NULL;
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Status status;
    MPI_Comm_dup(at->comm, &comm);
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    size = is_inter(at) ? at->remote : at->size;
    switch (which) {
    case 0: code = MPI_Send(numbers, 1, MPI_INT, size, 1, comm); break;
    case 1: code = MPI_Send(numbers, 1, MPI_INT, -77, 1, comm); break;
    case 2: code = MPI_Send(numbers, -1, MPI_INT, 0, 1, comm); break;
    case 3: code = MPI_Send(numbers, 1, MPI_INT, 0, -5, comm); break;
    case 4: code = MPI_Send(numbers, 1, MPI_DATATYPE_NULL, 0, 1, comm); break;
    case 5: code = MPI_Irecv(numbers, 1, MPI_INT, size + 3, 1, comm, &request); break;
    case 6: code = MPI_Recv(numbers, -2, MPI_INT, 0, 1, comm, &status); break;
    case 7: code = MPI_Isend(numbers, 1, MPI_INT, 0, -9, comm, &request); break;
    case 8: code = is_inter(at) ? MPI_SUCCESS : MPI_Bcast(numbers, 1, MPI_INT, size, comm); break;
    case 9: code = is_inter(at) ? MPI_SUCCESS : MPI_Bcast(numbers, -1, MPI_INT, 0, comm); break;
    case 10: code = is_inter(at) ? MPI_SUCCESS : MPI_Reduce(numbers, numbers + 1, 1, MPI_INT, MPI_SUM, -4, comm); break;
    case 11: code = MPI_Probe(size, 1, comm, &status); break;
    case 12: code = is_inter(at) ? MPI_SUCCESS : MPI_Allreduce(numbers, numbers + 2, 1, MPI_INT, MPI_OP_NULL, comm); break;
    default:
        /* Rank 0 sends itself more than it takes. */
        code = MPI_SUCCESS;
        if (!is_inter(at)) {
            MPI_Isend(numbers, 4, MPI_INT, at->rank, 2, comm, &request);
            code = MPI_Recv(&numbers[2], 1, MPI_INT, at->rank, 2, comm, &status);
            MPI_Wait(&request, MPI_STATUS_IGNORE);
            request = MPI_REQUEST_NULL;
        }
    }
    label(act, " refused %d: %s", which, class_name(code));
    must(request == MPI_REQUEST_NULL && made == MPI_DATATYPE_NULL);
    MPI_Comm_free(&comm);
}
#endif
