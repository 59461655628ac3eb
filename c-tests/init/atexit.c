/* Attributes of MPI_COMM_SELF are deleted first thing in MPI_Finalize, the last
 * set one first, while MPI still works (MPI-4.0, 11.2.4). */
#include "../lib/story.h"

static int deleted(MPI_Comm comm, int key, void *value, void *extra)
{
    int finalized = -1, self = -1;
    (void)key;
    MPI_Finalized(&finalized);
    MPI_Comm_size(comm, &self);
    if (rank == 0)
        printf("deleted %s (%s): finalized %d, size of self %d\n", (char *)value, (char *)extra,
               !!finalized, self);
    return MPI_SUCCESS;
}

int main(int argc, char **argv)
{
    int keys[3], i;
    static char *names[] = { "first", "second", "third" };

    begin(&argc, &argv);
    for (i = 0; i < 3; i++) {
        MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, deleted, &keys[i], "extra");
        MPI_Comm_set_attr(MPI_COMM_SELF, keys[i], names[i]);
    }
    MPI_Comm_free_keyval(&keys[1]);
    return end();
}
