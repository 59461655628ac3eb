/* What may be called before MPI_Init and after MPI_Finalize. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int before = -1, after = -1, finalized = -1, version, subversion, length;
    char library[MPI_MAX_LIBRARY_VERSION_STRING];

    MPI_Initialized(&before);
    MPI_Finalized(&finalized);
    MPI_Get_version(&version, &subversion);
    MPI_Get_library_version(library, &length);
    begin(&argc, &argv);
    MPI_Initialized(&after);
    say("initialized %d then %d, finalized %d", !!before, !!after, !!finalized);
    say("version at least 3: %d, library named: %d", version >= 3, length > 0);
    end();
    MPI_Initialized(&after);
    MPI_Finalized(&finalized);
    MPI_Get_version(&version, &subversion);
    if (rank == 0)
        printf("at the end: initialized %d finalized %d\n", !!after, !!finalized);
    return 0;
}
