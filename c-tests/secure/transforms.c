/* Two ranks exchange messages on communicators that the policy sends through
 * transform modules: one by its name, and two duplicates of it. Long messages
 * are runs, which compress; each begins with a word that must not be seen. */
#include "../lib/story.h"

enum { LARGE = 300000, ROUNDS = 4 };

static char out[LARGE], in[LARGE];

static void pass(MPI_Comm comm, int length)
{
    int round;
    for (round = 0; round < ROUNDS; round++) {
        memset(out, 'a' + round, (size_t)length);
        memcpy(out, "CANARY-T-under-a-veil", 21);
        MPI_Sendrecv(out, length, MPI_CHAR, 1 - rank, round, in, length, MPI_CHAR, 1 - rank, round,
                     comm, MPI_STATUS_IGNORE);
        must(memcmp(in, out, (size_t)length) == 0);
    }
}

int main(int argc, char **argv)
{
    MPI_Comm coupler, copy, second;
    int sum = 1;

    begin(&argc, &argv);
    must(size == 2);
    MPI_Comm_dup(MPI_COMM_WORLD, &coupler);
    MPI_Comm_set_name(coupler, "coupler");
    pass(coupler, 100);
    pass(coupler, LARGE);
    MPI_Comm_dup(coupler, &copy);
    pass(copy, 100);
    pass(coupler, 1000);
    MPI_Comm_dup(copy, &second);
    pass(second, LARGE);
    pass(copy, LARGE);
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_INT, MPI_SUM, second);
    say("sum %d", sum);
    MPI_Comm_free(&second);
    MPI_Comm_free(&copy);
    MPI_Comm_free(&coupler);
    return end();
}
