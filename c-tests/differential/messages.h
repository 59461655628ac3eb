/* Point-to-point acts.
 *
 * Messages of an act have their receives posted first and then every mode of
 * sending, or are sent by nonblocking sends and received in every way there is.
 * Between two ranks of a communicator receives are posted in the order in which
 * the messages are sent, so each receive gets the message that the plan means
 * for it, also where it takes any tag; acts that shuffle use a tag once. */
#ifndef MESSAGES_H
#define MESSAGES_H
#include "act.h"

enum { MESSAGES_MAX = 8, ONCE = 1000 };

enum ways { POSTED_FIRST, SENT_FIRST, WAYS };

struct message {
    int from, to; /* ranks; of an intercommunicator, `from` is of group `side` */
    int side, tag, total, capacity, mode, way, any_tag;
    struct signature signature;
    uint64_t name;
};

static inline struct message draw_message(struct act *act, int index, int tag)
{
    const struct place *at = act->at;
    int sizes[2] = { at->size, at->size };
    struct message drawn = { .name = mix(act->name, 50 + (uint64_t)index), .tag = tag };
    uint64_t before = enter_stream(drawn.name);
    if (is_inter(at)) {
        drawn.side = below(2);
        sizes[at->side] = at->size;
        sizes[!at->side] = at->remote;
    }
    drawn.from = below(sizes[drawn.side]);
    drawn.to = below(sizes[is_inter(at) ? !drawn.side : drawn.side]);
    drawn.signature = draw_signature();
    drawn.total = draw_total(&drawn.signature);
    drawn.capacity = drawn.total + (one_in(3) ? below(20) : 0);
    drawn.mode = below(9);
    drawn.way = below(7);
    drawn.any_tag = one_in(4);
    leave_stream(before);
    return drawn;
}

static inline int is_sender(const struct act *act, const struct message *message)
{
    return message->from == act->at->rank && (!is_inter(act->at) || message->side == act->at->side);
}

static inline int is_receiver(const struct act *act, const struct message *message)
{
    return message->to == act->at->rank && (!is_inter(act->at) || message->side != act->at->side);
}

static inline void send_message(struct act *act, const struct message *message, enum ways ways, int ready)
{
    MPI_Comm comm = act->at->comm;
    struct view view = view_of(act, &message->signature, message->total, 2 * message->name);
    void *base = piece_for(act, view);
    int to = message->to, tag = message->tag, mode = message->mode;
    int small = message->total * message->signature.bytes <= 8192;
    explain("memory %d: %d x %d elements to %d, tag %d, mode %d", act->piece_count - 1, view.count,
        view.count ? message->total / view.count : 0, to, tag, mode);
    if (act->form == PERSISTENT) {
        MPI_Request *handle = request_of(act);
        switch (mode % 4) {
        case 0: MPI_Ssend_init(base, view.count, view.type, to, tag, comm, handle); break;
        case 1:
            /* Stock Open MPI sends other bytes than these when it starts again. */
            if (small && act->rounds == 1) {
                MPI_Bsend_init(base, view.count, view.type, to, tag, comm, handle);
                break;
            } /* fallthrough */
        default: MPI_Send_init(base, view.count, view.type, to, tag, comm, handle);
        }
        MPI_Start(handle);
        return;
    }
    if (ready) {
        if (mode % 2)
            MPI_Rsend(base, view.count, view.type, to, tag, comm);
        else
            MPI_Irsend(base, view.count, view.type, to, tag, comm, request_of(act));
        return;
    }
    if (mode < 2 && !small)
        mode = 2;
    if (mode > 5 && ways == SENT_FIRST)
        mode = 3;
    switch (mode) {
    case 0: MPI_Bsend(base, view.count, view.type, to, tag, comm); break;
    case 1: MPI_Ibsend(base, view.count, view.type, to, tag, comm, request_of(act)); break;
    case 2: MPI_Issend(base, view.count, view.type, to, tag, comm, request_of(act)); break;
    case 6: MPI_Ssend(base, view.count, view.type, to, tag, comm); break;
    case 7:
    case 8: MPI_Send(base, view.count, view.type, to, tag, comm); break;
    default: MPI_Isend(base, view.count, view.type, to, tag, comm, request_of(act));
    }
}

static inline void receive_message(struct act *act, const struct message *message, enum ways ways)
{
    MPI_Comm comm = act->at->comm;
    struct view view = view_of(act, &message->signature, message->capacity, 2 * message->name + 1);
    void *base = piece_for(act, view);
    int from = message->from, tag = message->any_tag ? MPI_ANY_TAG : message->tag, flag = 0, bytes = 0;
    MPI_Status status, seen;
    MPI_Message found;
    explain("memory %d: %d x %d elements from %d, tag %d, way %d", act->piece_count - 1, view.count,
        view.count ? message->capacity / view.count : 0, from, tag, message->way);
    if (act->form == PERSISTENT) {
        MPI_Request *handle = receive_of(act, view.type, &message->signature);
        MPI_Recv_init(base, view.count, view.type, from, tag, comm, handle);
        MPI_Start(handle);
        return;
    }
    if (ways == POSTED_FIRST) {
        MPI_Irecv(base, view.count, view.type, from, tag, comm, receive_of(act, view.type, &message->signature));
        return;
    }
    switch (message->way) {
    case 0:
        MPI_Irecv(base, view.count, view.type, from, tag, comm, receive_of(act, view.type, &message->signature));
        return;
    case 1:
        MPI_Probe(from, tag, comm, &seen);
        MPI_Get_count(&seen, MPI_BYTE, &bytes);
        MPI_Recv(base, view.count, view.type, seen.MPI_SOURCE, seen.MPI_TAG, comm, &status);
        break;
    case 2:
        while (!flag)
            MPI_Iprobe(from, tag, comm, &flag, &seen);
        MPI_Recv(base, view.count, view.type, from, tag, comm, &status);
        break;
    case 3:
        MPI_Mprobe(from, tag, comm, &found, &seen);
        MPI_Mrecv(base, view.count, view.type, &found, &status);
        must(found == MPI_MESSAGE_NULL);
        break;
    case 4:
        while (!flag)
            MPI_Improbe(from, tag, comm, &flag, &found, &seen);
        /* Stock MPICH sometimes says that nothing came; the bytes are there. */
        MPI_Imrecv(base, view.count, view.type, &found, receive_of(act, view.type, &message->signature));
        act->requests[act->request_count - 1].miscounts = 1;
        return;
    default:
        MPI_Recv(base, view.count, view.type, from, tag, comm, &status);
    }
    act->digest = digest_number(digest_status(act->digest, &status, view.type, can_count(&message->signature)), bytes);
}

/* Messages between ranks that chance picks. */
static inline void messages(struct act *act)
{
    static const char *const forms[] = { "posted first", "sent first" };
    int count = 1 + below(MESSAGES_MAX), order[MESSAGES_MAX], shuffled = one_in(3), base_tag = below(4);
    enum ways ways = act->form == PERSISTENT ? POSTED_FIRST : (enum ways)below(WAYS);
    int ready = act->form != PERSISTENT && ways == POSTED_FIRST && one_in(4);
    struct message plan[MESSAGES_MAX];

    for (int index = 0; index < count; index++) {
        plan[index] = draw_message(act, index, shuffled ? ONCE + 16 * act_now + index : base_tag + index % 3);
        if (shuffled)
            plan[index].any_tag = 0;
    }
    act->in_order = !shuffled;
    label(act, " messages %d, %s%s%s%s", count, act->form == PERSISTENT ? "persistent" : forms[ways],
        shuffled ? ", shuffled" : "", ready ? ", ready" : "", is_inter(act->at) ? ", inter" : "");
    for (int pass = 0; pass < 2; pass++) {
        int receiving = (pass == 0) == (ways == POSTED_FIRST);
        for (int at = 0; at < count; at++)
            order[at] = at;
        if (shuffled)
            shuffle(order, count);
        if (pass == 1 && ready)
            MPI_Barrier(act->at->comm);
        for (int at = 0; at < count; at++) {
            const struct message *message = &plan[order[at]];
            if (receiving && is_receiver(act, message))
                receive_message(act, message, ways);
            if (!receiving && is_sender(act, message))
                send_message(act, message, ways, ready);
        }
    }
}

/* One rank takes a message from every other, whoever comes first. */
static inline void from_any(struct act *act)
{
    const struct place *at = act->at;
    int there = is_inter(at) ? at->remote : at->size;
    int side = is_inter(at) ? below(2) : 0, receivers = is_inter(at) && side != at->side ? at->remote : at->size;
    int root = below(receivers), tag = ONCE + 16 * act_now + 15, way = below(4);
    struct signature signature = draw_signature();
    int total = draw_total(&signature);
    uint64_t *digests;

    label(act, " from any source, way %d", way);
    if (!is_inter(at) || side != at->side) {
        struct view view = view_of(act, &signature, total, 7 + (uint64_t)at->rank);
        MPI_Isend(piece_for(act, view), view.count, view.type, root, tag, at->comm, request_of(act));
    }
    if (at->rank != root || (is_inter(at) && side != at->side))
        return;
    digests = keep(act, (size_t)there * sizeof *digests);
    for (int index = 0; index < there; index++) {
        struct view view = view_of(act, &signature, total, 6);
        MPI_Status status;
        struct piece *piece;
        void *base = piece_for(act, view);
        MPI_Message found;
        piece = &act->pieces[act->piece_count - 1];
        /* All start from the same bytes, since any sender's may come into any. */
        piece->seed = act->name;
        fill_piece(piece, 0);
        if (way == 0) {
            MPI_Mprobe(MPI_ANY_SOURCE, tag, at->comm, &found, &status);
            MPI_Mrecv(base, view.count, view.type, &found, &status);
        } else if (way == 1) {
            MPI_Probe(MPI_ANY_SOURCE, tag, at->comm, &status);
            MPI_Recv(base, view.count, view.type, status.MPI_SOURCE, tag, at->comm, &status);
        } else {
            MPI_Recv(base, view.count, view.type, MPI_ANY_SOURCE, tag, at->comm, &status);
        }
        must(status.MPI_SOURCE >= 0 && status.MPI_SOURCE < there && digests[status.MPI_SOURCE] == 0);
        explain("from %d: memory %016llx", status.MPI_SOURCE,
            (unsigned long long)digest_bytes(0, piece->bytes, piece->length));
        digests[status.MPI_SOURCE] = digest_status(digest_bytes(3, piece->bytes, piece->length), &status, view.type, can_count(&signature));
        free(piece->bytes);
        act->piece_count--;
    }
    act->digest = digest_bytes(act->digest, digests, (size_t)there * sizeof *digests);
}

/* Everybody sends along a permutation, some to nobody. */
static inline void exchange(struct act *act)
{
    const struct place *at = act->at;
    int targets[64], source = MPI_PROC_NULL, target, replaces = one_in(2), tag = below(4);
    uint64_t nobody = draw();
    struct signature signature = draw_signature();
    int total = draw_total(&signature);
    struct view out, into;
    MPI_Status status;

    /* Stock MPICH truncates what a rank replaces by its own, if it is long. */
    if (replaces && total > 100)
        total = 100;
    label(act, " %s", replaces ? "Sendrecv_replace" : "Sendrecv");
    if (is_inter(at)) {
        /* Ranks of both groups that have a partner over there. */
        source = target = at->rank < at->remote ? at->rank : MPI_PROC_NULL;
    } else {
        permute(targets, at->size);
        for (int rank = 0; rank < at->size; rank++)
            if (mix(nobody, (uint64_t)rank) % 5 != 0 && targets[rank] == at->rank)
                source = rank;
        target = mix(nobody, (uint64_t)at->rank) % 5 != 0 ? targets[at->rank] : MPI_PROC_NULL;
    }
    out = view_of(act, &signature, total, 2 * (uint64_t)at->rank);
    if (replaces) {
        MPI_Sendrecv_replace(piece_for(act, out), out.count, out.type, target, tag, source, tag, at->comm, &status);
        act->digest = digest_status(act->digest, &status, out.type, can_count(&signature));
    } else {
        void *to = piece_for(act, out), *from;
        into = view_of(act, &signature, total, 2 * (uint64_t)at->rank + 1);
        from = piece_for(act, into);
        MPI_Sendrecv(to, out.count, out.type, target, tag, from, into.count, into.type, source,
            one_in(3) ? MPI_ANY_TAG : tag, at->comm, &status);
        act->digest = digest_status(act->digest, &status, into.type, can_count(&signature));
    }
}
#endif
