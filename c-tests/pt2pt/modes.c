/* Each sending mode, blocking and not, from nothing to a megabyte. */
#include "../lib/story.h"

static const int lengths[] = { 0, 1, 7, 1000, 17000, 65536, 70001, 1048577 };
enum { LENGTHS = sizeof lengths / sizeof lengths[0], MODES = 8 };
static const char *names[MODES] = { "send", "ssend", "bsend", "rsend", "isend", "issend", "ibsend", "irsend" };

int main(int argc, char **argv)
{
    int mode, at, to, from, go = 0;
    unsigned char *out = malloc(1048577), *in = malloc(1048577);
    void *attached;
    int attached_size;

    begin(&argc, &argv);
    to = (rank + 1) % size;
    from = (rank + size - 1) % size;
    attached_size = 1048577 + MPI_BSEND_OVERHEAD;
    attached = malloc(attached_size);
    MPI_Buffer_attach(attached, attached_size);

    for (mode = 0; mode < MODES; mode++) {
        uint64_t sum = 0;
        for (at = 0; at < LENGTHS; at++) {
            MPI_Request sending = MPI_REQUEST_NULL, receiving;
            MPI_Status status;
            int length = lengths[at], count, tag = 10 * mode + at;

            fill(out, length, 1000 * rank + tag);
            memset(in, 0, length);
            MPI_Irecv(in, length, MPI_BYTE, from, tag, MPI_COMM_WORLD, &receiving);
            /* The receive is posted everywhere: a ready send may go. */
            MPI_Sendrecv(&go, 1, MPI_INT, from, 900, &go, 1, MPI_INT, to, 900, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            switch (mode) {
            case 0: MPI_Send(out, length, MPI_BYTE, to, tag, MPI_COMM_WORLD); break;
            case 1: MPI_Ssend(out, length, MPI_BYTE, to, tag, MPI_COMM_WORLD); break;
            case 2: MPI_Bsend(out, length, MPI_BYTE, to, tag, MPI_COMM_WORLD); break;
            case 3: MPI_Rsend(out, length, MPI_BYTE, to, tag, MPI_COMM_WORLD); break;
            case 4: MPI_Isend(out, length, MPI_BYTE, to, tag, MPI_COMM_WORLD, &sending); break;
            case 5: MPI_Issend(out, length, MPI_BYTE, to, tag, MPI_COMM_WORLD, &sending); break;
            case 6: MPI_Ibsend(out, length, MPI_BYTE, to, tag, MPI_COMM_WORLD, &sending); break;
            case 7: MPI_Irsend(out, length, MPI_BYTE, to, tag, MPI_COMM_WORLD, &sending); break;
            }
            MPI_Wait(&sending, MPI_STATUS_IGNORE);
            MPI_Wait(&receiving, &status);
            MPI_Get_count(&status, MPI_BYTE, &count);
            must(count == length && status.MPI_SOURCE == from && status.MPI_TAG == tag);
            fill(out, length, 1000 * from + tag);
            must(memcmp(out, in, length) == 0);
            sum ^= checksum(in, length);
            if (mode == 2 || mode == 6) {
                /* Detaching waits for what was buffered. */
                void *back;
                int back_size;
                MPI_Buffer_detach(&back, &back_size);
                must(back == attached && back_size == attached_size);
                MPI_Buffer_attach(attached, attached_size);
            }
        }
        say("%s: %016llx", names[mode], (unsigned long long)sum);
    }
    MPI_Buffer_detach(&attached, &attached_size);
    free(attached);
    return end();
}
