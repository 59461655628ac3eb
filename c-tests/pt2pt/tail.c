/* A burst of small messages, then a long computation without any call of MPI:
   the last message arrives as soon as the first, not when the sender calls next. */
#include "../lib/story.h"
#include <time.h>

enum { MESSAGES = 50, SENDER_SECONDS = 2, ARRIVAL_SECONDS = 1 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void burst(int to, int round)
{
    int number, word;
    double until;

    for (number = 0; number < MESSAGES; number++) {
        word = round * MESSAGES + number;
        MPI_Send(&word, 1, MPI_INT, to, round, MPI_COMM_WORLD);
    }
    for (until = now() + SENDER_SECONDS; now() < until;)
        continue;
}

int main(int argc, char **argv)
{
    int number, round, word;
    double began, took;

    begin(&argc, &argv);
    for (round = 0; round < 2; round++) {
        MPI_Barrier(MPI_COMM_WORLD);
        if (rank == 0)
            burst(1, round);
        if (rank == 1) {
            began = now();
            for (number = 0; number < MESSAGES; number++) {
                MPI_Recv(&word, 1, MPI_INT, 0, round, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
                must(word == round * MESSAGES + number);
            }
            took = now() - began;
            say("round %d: all %d messages %s the sender's next call", round, MESSAGES,
                took < ARRIVAL_SECONDS ? "before" : "only with");
        }
    }
    return end();
}
