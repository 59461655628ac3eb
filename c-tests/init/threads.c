/* MPI_Init_thread gives at least what was asked for, and says so consistently. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "single";
    int wanted = MPI_THREAD_SINGLE, provided = -1, queried = -1, is_main = -1;

    if (!strcmp(name, "funneled")) wanted = MPI_THREAD_FUNNELED;
    if (!strcmp(name, "serialized")) wanted = MPI_THREAD_SERIALIZED;
    if (!strcmp(name, "multiple")) wanted = MPI_THREAD_MULTIPLE;
    MPI_Init_thread(&argc, &argv, wanted, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_dup(MPI_COMM_WORLD, &story_comm);
    MPI_Query_thread(&queried);
    MPI_Is_thread_main(&is_main);
    say("%s: enough %d, same when asked %d, main thread %d", name, provided >= wanted,
        provided == queried, !!is_main);
    must(MPI_THREAD_SINGLE < MPI_THREAD_FUNNELED && MPI_THREAD_FUNNELED < MPI_THREAD_SERIALIZED
         && MPI_THREAD_SERIALIZED < MPI_THREAD_MULTIPLE);
    return end();
}
