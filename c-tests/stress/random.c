/* Random messages between all ranks: sizes 0 to 2 MB, mostly small, in several
 * datatypes, modes and ways of receiving, every byte and the order checked.
 *
 *     random [MESSAGES] [SEED]
 *
 * Every rank knows the whole plan from the seed. In each round every rank sends
 * some messages and receives what the plan says comes to it, in an order of its
 * own. Messages of one sender with one tag must come in the order of the plan. */
#include "../lib/story.h"

enum { LARGEST = 2000000, WINDOW = 24, TAGS = 5 };

static uint64_t state;

static uint32_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 24);
}

static uint32_t below(uint32_t bound) { return next() % bound; }

struct message {
    int from, to, tag, bytes, layout, mode, way;
    uint64_t seed;
};

/* Weighted to small: half below 64 bytes, one in forty above 200 kB. */
static int draw_bytes(void)
{
    uint32_t kind = below(40);
    if (kind < 4) return 0;
    if (kind < 20) return 1 + (int)below(64);
    if (kind < 32) return 1 + (int)below(4096);
    if (kind < 37) return 1 + (int)below(70000);
    if (kind < 39) return 1 + (int)below(300000);
    return 1 + (int)below(LARGEST);
}

static MPI_Datatype layouts[4];
static const int units[4] = { 1, 4, 8, 12 };
static const int spans[4] = { 1, 4, 16, 20 };

static void make_layouts(void)
{
    int lengths[] = { 2, 1 };
    MPI_Aint places[] = { 0, 12 };
    MPI_Datatype types[] = { MPI_INT, MPI_INT }, pair, gaps;
    layouts[0] = MPI_BYTE;
    layouts[1] = MPI_INT;
    MPI_Type_vector(2, 1, 2, MPI_INT, &pair);
    MPI_Type_create_resized(pair, 0, 16, &layouts[2]);
    MPI_Type_create_struct(2, lengths, places, types, &gaps);
    MPI_Type_create_resized(gaps, 0, 20, &layouts[3]);
    MPI_Type_commit(&layouts[2]);
    MPI_Type_commit(&layouts[3]);
    MPI_Type_free(&pair);
    MPI_Type_free(&gaps);
}

/* Only the bytes that the layout covers travel: hash those. */
static uint64_t hash_of(const unsigned char *block, int layout, int count)
{
    static unsigned char *packed;
    int position = 0, bytes = units[layout] * count;
    if (!packed)
        packed = malloc(LARGEST + 64);
    MPI_Pack(block, count, layouts[layout], packed, LARGEST + 64, &position, MPI_COMM_WORLD);
    return checksum(packed, bytes) ^ (uint64_t)position;
}

int main(int argc, char **argv)
{
    int total, done = 0, i, wrong = 0, mine = 0;
    uint64_t seed, sum = 0, moved = 0;
    unsigned char *out[WINDOW], *in[WINDOW];
    void *attached;
    int attached_size = WINDOW * (LARGEST + 4096 + MPI_BSEND_OVERHEAD);

    begin(&argc, &argv);
    total = argc > 1 ? atoi(argv[1]) : 1000;
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    state = seed * 0x9e3779b97f4a7c15u + 88172645463325252u;
    make_layouts();
    attached = malloc(attached_size);
    MPI_Buffer_attach(attached, attached_size);
    for (i = 0; i < WINDOW; i++) {
        out[i] = malloc((size_t)LARGEST * 2 + 64);
        in[i] = malloc((size_t)LARGEST * 2 + 64);
    }

    while (done < total) {
        struct message plan[WINDOW];
        MPI_Request sends[WINDOW], receives[WINDOW];
        int owner[WINDOW], count = 0, posted = 0, window = 1 + (int)below(WINDOW), late;

        if (window > total - done)
            window = total - done;
        for (i = 0; i < window; i++) {
            struct message *m = &plan[i];
            m->from = (int)below(size);
            m->to = (int)below(size);
            m->tag = (int)below(TAGS);
            m->layout = (int)below(4);
            m->bytes = draw_bytes() / units[m->layout] * units[m->layout];
            m->mode = (int)below(6);
            m->way = (int)below(4);
            m->seed = (uint64_t)next() << 20 | (uint64_t)(done + i);
        }
        late = (int)below(2);
        /* Post the receives first or last; either way all at once. Exact source
         * and tag, or any source when only one message comes to this rank. */
        for (int pass = 0; pass < 2; pass++) {
            if (pass == late) {
                for (i = 0; i < window; i++) {
                    struct message *m = &plan[i];
                    if (m->to != rank)
                        continue;
                    owner[posted] = i;
                    memset(in[posted], 0xee, (size_t)m->bytes / units[m->layout] * spans[m->layout] + 16);
                    MPI_Irecv(in[posted], m->bytes / units[m->layout], layouts[m->layout], m->from, m->tag,
                              MPI_COMM_WORLD, &receives[posted]);
                    posted++;
                }
            } else {
                for (i = 0; i < window; i++) {
                    struct message *m = &plan[i];
                    int units_sent = m->bytes / units[m->layout];
                    MPI_Datatype type = layouts[m->layout];
                    if (m->from != rank)
                        continue;
                    fill(out[count], (size_t)units_sent * spans[m->layout], m->seed);
                    switch (m->mode) {
                    case 0: MPI_Issend(out[count], units_sent, type, m->to, m->tag, MPI_COMM_WORLD, &sends[count]); break;
                    case 1: MPI_Ibsend(out[count], units_sent, type, m->to, m->tag, MPI_COMM_WORLD, &sends[count]); break;
                    case 2:
                        if (m->to != rank && m->bytes < 512) {
                            MPI_Send(out[count], units_sent, type, m->to, m->tag, MPI_COMM_WORLD);
                            sends[count] = MPI_REQUEST_NULL;
                            break;
                        }
                        /* fallthrough */
                    default: MPI_Isend(out[count], units_sent, type, m->to, m->tag, MPI_COMM_WORLD, &sends[count]);
                    }
                    count++;
                }
            }
        }
        for (i = 0; i < posted; i++) {
            MPI_Status status, *reported = &status;
            MPI_Status statuses[WINDOW];
            int at = i, got, units_got;
            struct message *m;
            if (i == 0 && plan[0].way == 1) {
                MPI_Waitall(posted, receives, statuses);
                for (at = 0; at < posted; at++) {
                    m = &plan[owner[at]];
                    MPI_Get_count(&statuses[at], layouts[m->layout], &got);
                    if (got != m->bytes / units[m->layout]) wrong++;
                }
                break;
            }
            if (plan[0].way == 2)
                MPI_Waitany(posted, receives, &at, reported);
            else if (plan[0].way == 3) {
                int flag = 0;
                while (!flag)
                    MPI_Test(&receives[i], &flag, reported);
            } else
                MPI_Wait(&receives[i], reported);
            m = &plan[owner[at]];
            units_got = m->bytes / units[m->layout];
            MPI_Get_count(reported, layouts[m->layout], &got);
            if (got != units_got || reported->MPI_SOURCE != m->from || reported->MPI_TAG != m->tag)
                wrong++;
        }
        for (i = 0; i < posted; i++) {
            struct message *m = &plan[owner[i]];
            int units_got = m->bytes / units[m->layout];
            size_t block = (size_t)units_got * spans[m->layout];
            unsigned char *model = malloc(block + 64);
            uint64_t hash;
            fill(model, block, m->seed);
            hash = hash_of(in[i], m->layout, units_got);
            if (hash != hash_of(model, m->layout, units_got)) {
                fprintf(stderr, "rank %d: message of %d bytes from %d with tag %d is not what was sent (seed %llu)\n",
                        rank, m->bytes, m->from, m->tag, (unsigned long long)seed);
                wrong++;
            }
            if (in[i][block] != 0xee)
                wrong++;
            free(model);
            sum = sum * 31 + hash;
            moved += m->bytes;
            mine++;
        }
        MPI_Waitall(count, sends, MPI_STATUSES_IGNORE);
        done += window;
        if (wrong)
            break;
    }
    must(wrong == 0);
    say("received %d messages, %llu bytes, %016llx, %d wrong", mine, (unsigned long long)moved, (unsigned long long)sum, wrong);
    MPI_Buffer_detach(&attached, &attached_size);
    for (i = 2; i < 4; i++)
        MPI_Type_free(&layouts[i]);
    return end();
}
