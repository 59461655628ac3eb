/* A random MPI program, the same on every rank and under every MPI.
 *
 *     main [--first SEED] [--count SEEDS] [--steps STEPS] [--step STEP]
 *          [--act ACT] [--without inter] [--output DIRECTORY] [--explain]
 *          [--progress]
 *
 * Each seed names a program: communicators made of one another, and steps that
 * start several operations on them at once (see act.h). Every rank prints a line
 * for each operation: a digest of every byte it received, of every byte that had
 * to stay, and of every status. Nothing printed depends on timing, or on what the
 * standard leaves open, so two MPIs must print the same lines; the first that
 * differs names the operation. Steps and acts are independent of one another, so
 * --steps, --step and --act cut a program down without changing what is left. */
#include "local.h"
#include "messages.h"
#include "neighbors.h"
#include <unistd.h>

/* A step takes milliseconds, or on a machine that is busy with other work a few
 * seconds; one that takes this many has met a deadlock, and a signal ends it. */
enum { STEP_SECONDS = 25 };

enum { ACTS_MAX = 6, STEPS = 24, ATTACHED = 8 << 20 };

static int only_step = -1, only_act = -1, shows_progress, takes_all;

static action *const collectives[] = { barrier, bcast, gather, scatter, gatherv, scatterv, allgather, allgatherv,
    alltoall, alltoallv, alltoallw, reduce, reduce_all, reduce_all, reduce_scatter };
static action *const on_neighbors[] = { neighbor_allgather, neighbor_alltoall, neighbor_alltoallv,
    neighbor_alltoallw };

/* Stock MPICH starts a persistent collective once. After that it sends the bytes of
 * the time when it was made, lets go of types and communicators once more for each
 * start, and ends in an error. Under the other ABIs they start again. */
#ifdef MPICH_VERSION
static const int restarts_collectives = 0;
/* And its Neighbor_alltoallw brings wrong bytes and spoils memory. */
static const int trusts_neighbor_alltoallw = 0;
#else
static const int restarts_collectives = 1, trusts_neighbor_alltoallw = 1;
#endif

#define ELEMENTS(array) (int)(sizeof(array) / sizeof(array)[0])

/* Makes a communicator while other operations are under way. */
static void duplicate(struct act *act)
{
    label(act, " Comm_idup");
    MPI_Comm_idup(act->at->comm, &act->made, request_of(act));
}

/* What comes of it is used when the step is complete. */
static void use_duplicate(struct act *act)
{
    int rank = act->at->rank, sum = 0, result;
    if (act->made == MPI_COMM_NULL)
        return;
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, act->made);
    MPI_Comm_compare(act->made, act->at->comm, &result);
    act->digest = digest_number(digest_number(act->digest, sum), result == MPI_CONGRUENT);
    MPI_Comm_free(&act->made);
}

static int is_any_of(action *const *actions, int count, action *does)
{
    for (int at = 0; at < count; at++)
        if (actions[at] == does)
            return 1;
    return 0;
}

/* The kind of act is drawn by all ranks, its details by those in it. */
static action *draw_action(const struct place *at, int kind, uint64_t choice)
{
    if (kind < 8)
        return messages;
    if (kind == 8)
        return from_any;
    if (kind == 9)
        return exchange;
    if (kind < 12)
        return (action *[]){ layouts, packed_ring, layouts, groups, attributes, refused, reduce_local,
            duplicate }[choice % 8];
    if (at->shape != PLAIN && kind < 18) {
        action *does = on_neighbors[choice % ELEMENTS(on_neighbors)];
        return does == neighbor_alltoallw && !trusts_neighbor_alltoallw ? NULL : does;
    }
    return collectives[choice % ELEMENTS(collectives)];
}

/* Starts an act, or one round of it. */
static struct act *make_act(const struct place *at, action *does, int round)
{
    struct act *act = calloc(1, sizeof *act);
    act->at = at;
    act->made = MPI_COMM_NULL;
    act->round = round;
    act->name = mix(mix(at->colour, (uint64_t)step_now), (uint64_t)act_now);
    act->does = does;
    act->is_collective = is_any_of(collectives, ELEMENTS(collectives), does)
        || is_any_of(on_neighbors, ELEMENTS(on_neighbors), does);
    uint64_t before = enter_stream(act->name);
    act->form = (enum form)(below(7) / 3);
    act->rounds = act->form == PERSISTENT ? 1 + below(3) : 1;
    act->frees_early = one_in(3);
    label(act, "[%d of %d]", at->rank, at->size);
    if (!act->is_collective && does != messages)
        act->form = BLOCKING;
    if (act->is_collective && !restarts_collectives)
        act->rounds = 1;
    one_size = act->is_collective;
    does(act);
    one_size = 0;
    if (act->form != PERSISTENT)
        act->rounds = 1;
    /* Nor do its persistent collectives hold on to their types. */
    if (act->frees_early && !(act->form == PERSISTENT && act->is_collective)) {
        /* What came is then counted in bytes. */
        for (int index = 0; index < act->request_count; index++)
            act->requests[index].type = MPI_BYTE;
        free_types(act);
    }
    leave_stream(before);
    if (shows_progress)
        fprintf(stderr, "%llu.%d.%d rank %d started%s\n", (unsigned long long)seed_now, step_now, act_now, world_rank,
            act->label);
    return act;
}

static struct act *start_act(void)
{
    int place_index = below(place_count), kind = below(24);
    uint64_t choice = draw();
    const struct place *at = &places[place_index];
    action *does = draw_action(at, kind, choice);

    if (!does || at->comm == MPI_COMM_NULL || (only_act >= 0 && act_now != only_act))
        return NULL;
    return make_act(at, does, 0);
}

/* Every request of the step, in whatever order this rank likes. */
static void complete(struct request **all, int count, int way)
{
    MPI_Request *handles = malloc((size_t)(count + 1) * sizeof *handles);
    MPI_Status *statuses = malloc((size_t)(count + 1) * sizeof *statuses);
    int *indices = malloc((size_t)(count + 1) * sizeof *indices), done = 0, some, flag;

    for (int at = 0; at < count; at++)
        indices[at] = at;
    explain("completes %d requests in way %d", count, way);
    shuffle(indices, count);
    for (int at = 0; at < count; at++) {
        struct request *kept = all[at];
        all[at] = all[indices[at]];
        all[indices[at]] = kept;
    }
    for (int at = 0; at < count; at++)
        handles[at] = all[at]->handle;
    switch (way) {
    case 0:
        MPI_Waitall(count, handles, statuses);
        for (int at = 0; at < count; at++)
            all[at]->status = statuses[at];
        break;
    case 1:
        flag = 0;
        while (!flag)
            MPI_Testall(count, handles, &flag, statuses);
        for (int at = 0; at < count; at++)
            all[at]->status = statuses[at];
        break;
    case 2:
    case 3:
        while (done < count) {
            if (way == 2)
                MPI_Waitsome(count, handles, &some, indices, statuses);
            else
                MPI_Testsome(count, handles, &some, indices, statuses);
            must(some != MPI_UNDEFINED);
            for (int at = 0; at < some; at++)
                all[indices[at]]->status = statuses[at];
            done += some;
        }
        break;
    case 4:
    case 5:
        while (done < count) {
            int index = MPI_UNDEFINED;
            flag = 1;
            if (way == 4)
                MPI_Waitany(count, handles, &index, &statuses[0]);
            else
                MPI_Testany(count, handles, &index, &flag, &statuses[0]);
            if (!flag)
                continue;
            must(index != MPI_UNDEFINED);
            all[index]->status = statuses[0];
            done++;
        }
        break;
    default:
        for (int at = 0; at < count; at++) {
            flag = 0;
            if (one_in(3))
                MPI_Request_get_status(handles[at], &flag, &statuses[0]);
            if (one_in(2))
                MPI_Wait(&handles[at], &all[at]->status);
            else
                for (flag = 0; !flag;)
                    MPI_Test(&handles[at], &flag, &all[at]->status);
        }
    }
    for (int at = 0; at < count; at++)
        all[at]->handle = handles[at];
    free(handles);
    free(statuses);
    free(indices);
}

static void complete_acts(struct act **acts, int count)
{
    struct request *all[ACTS_MAX * REQUESTS_MAX];
    int requests = 0, way, one_by_one = 0;
    for (int at = 0; at < count; at++) {
        for (int index = 0; acts[at] && index < acts[at]->request_count; index++)
            all[requests++] = &acts[at]->requests[index];
        /* With a persistent collective among the requests, stock MPICH's Testall
         * speaks of an error in a status that has none, and what Waitsome and
         * Waitany complete remains active. */
        one_by_one |= acts[at] && acts[at]->form == PERSISTENT && acts[at]->is_collective;
    }
    /* An order of each rank's own. */
    uint64_t before = enter_stream(mix(mix(seed_now, 1000 + (uint64_t)step_now), (uint64_t)world_rank));
    way = below(8);
    complete(all, requests, one_by_one ? 7 : way);
    leave_stream(before);
}

/* Starts the requests of a persistent act again, with other bytes. */
static void restart(struct act *act)
{
    MPI_Request handles[REQUESTS_MAX];
    for (int at = 0; at < act->piece_count; at++)
        fill_piece(&act->pieces[at], act->round);
    for (int at = 0; at < act->request_count; at++)
        handles[at] = act->requests[at].handle;
    if (act->in_order || act->name % 2)
        for (int at = 0; at < act->request_count; at++)
            MPI_Start(&handles[at]);
    else if (act->request_count > 0)
        MPI_Startall(act->request_count, handles);
    for (int at = 0; at < act->request_count; at++)
        act->requests[at].handle = handles[at];
}

static void step(void)
{
    struct act *acts[ACTS_MAX];
    int count;
    alarm(STEP_SECONDS);
    enter_stream(mix(seed_now, 5000 + (uint64_t)step_now));
    count = 1 + below(ACTS_MAX);
    for (act_now = 0; act_now < count; act_now++)
        acts[act_now] = start_act();
    complete_acts(acts, count);
    for (act_now = 0; act_now < count; act_now++) {
        struct act *act = acts[act_now];
        if (!act)
            continue;
        use_duplicate(act);
        tell_act(act);
        for (int round = 1; round < act->rounds; round++) {
            if (act->stands_in) {
                struct act *next = make_act(act->at, act->does, round);
                end_act(act);
                act = next;
            } else {
                act->round = round;
                restart(act);
            }
            complete_acts(&act, 1);
            tell_act(act);
        }
        end_act(act);
    }
    act_now = 0;
}

int main(int argc, char **argv)
{
    uint64_t first = 1;
    const char *output = NULL;
    int count = 1, steps = STEPS, attached;
    void *buffer = malloc(ATTACHED);

    MPI_Init(&argc, &argv);
    for (int at = 1; at < argc; at++) {
        const char *value = at + 1 < argc ? argv[at + 1] : "";
        if (!strcmp(argv[at], "--first")) first = strtoull(value, NULL, 10);
        else if (!strcmp(argv[at], "--count")) count = atoi(value);
        else if (!strcmp(argv[at], "--steps")) steps = atoi(value);
        else if (!strcmp(argv[at], "--step")) only_step = atoi(value);
        else if (!strcmp(argv[at], "--act")) only_act = atoi(value);
        else if (!strcmp(argv[at], "--output")) output = value;
        else if (!strcmp(argv[at], "--without") && !strcmp(value, "inter")) makes_intercomms = 0;
        else if (!strcmp(argv[at], "--progress")) shows_progress = 1, at--;
        else if (!strcmp(argv[at], "--explain")) explains = 1, at--;
        else if (!strcmp(argv[at], "--blocking")) blocks = 1, at--;
        else if (!strcmp(argv[at], "--all")) takes_all = 1, at--;
        else must(!"a known option");
        at++;
    }
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    MPI_Comm_size(MPI_COMM_WORLD, &world_size);
    must(world_size <= 64);
    if (output) {
        /* A file for each rank: launchers may tear lines. */
        char path[512];
        snprintf(path, sizeof path, "%s/rank-%d", output, world_rank);
        must(freopen(path, "w", stdout) != NULL);
        setvbuf(stdout, NULL, _IOLBF, 0);
    }
    MPI_Buffer_attach(buffer, ATTACHED);
    for (seed_now = first; seed_now < first + (uint64_t)count; seed_now++) {
        is_common = seed_now % 2;
#ifdef OPEN_MPI
        if (!is_common && !takes_all)
            continue;
#endif
        alarm(STEP_SECONDS);
        make_places();
        for (step_now = 0; step_now < steps; step_now++)
            if (only_step < 0 || step_now == only_step)
                step();
        free_places();
        fflush(stdout);
    }
    alarm(STEP_SECONDS);
    MPI_Buffer_detach(&buffer, &attached);
    free(buffer);
    MPI_Finalize();
    return 0;
}
