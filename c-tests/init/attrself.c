/* Attributes of MPI_COMM_SELF go first in MPI_Finalize, last set first, while MPI
 * still works; that a key was freed changes nothing. */
#include "../lib/story.h"

static int forget(MPI_Comm comm, int key, void *value, void *extra)
{
    int initialized = 0, finalized = 1, members;
    (void)key; (void)extra;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    MPI_Comm_size(comm, &members);
    printf("rank %d forgets %s: initialized %d, finalized %d, of %d\n", rank, (char *)value,
        !!initialized, !!finalized, members);
    fflush(stdout);
    return MPI_SUCCESS;
}

int main(int argc, char **argv)
{
    int first, second, third;
    begin(&argc, &argv);
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &first, NULL);
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &second, NULL);
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &third, NULL);
    MPI_Comm_set_attr(MPI_COMM_SELF, second, "second");
    MPI_Comm_set_attr(MPI_COMM_SELF, first, "first");
    MPI_Comm_set_attr(MPI_COMM_SELF, third, "third");
    MPI_Comm_free_keyval(&first);
    return end();
}
