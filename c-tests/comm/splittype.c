/* Who shares a host: everybody, on one. */
#include "../lib/story.h"

static void describe(const char *what, MPI_Comm *comm)
{
    int here, place;
    if (*comm == MPI_COMM_NULL) {
        say("%s: null", what);
        return;
    }
    MPI_Comm_size(*comm, &here);
    MPI_Comm_rank(*comm, &place);
    say("%s: %d of %d", what, place, here);
    MPI_Comm_free(comm);
}

int main(int argc, char **argv)
{
    MPI_Comm comm;
    begin(&argc, &argv);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &comm);
    describe("shared", &comm);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, -rank, MPI_INFO_NULL, &comm);
    describe("shared, backwards", &comm);
    MPI_Comm_split_type(MPI_COMM_WORLD, rank == 1 ? MPI_UNDEFINED : MPI_COMM_TYPE_SHARED, 0,
                        MPI_INFO_NULL, &comm);
    describe("shared, but one", &comm);
    return end();
}
