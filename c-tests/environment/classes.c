/* Every predefined class is its own class and has a text. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int classes[] = {
        MPI_SUCCESS, MPI_ERR_BUFFER, MPI_ERR_COUNT, MPI_ERR_TYPE, MPI_ERR_TAG, MPI_ERR_COMM,
        MPI_ERR_RANK, MPI_ERR_REQUEST, MPI_ERR_ROOT, MPI_ERR_GROUP, MPI_ERR_OP, MPI_ERR_TOPOLOGY,
        MPI_ERR_DIMS, MPI_ERR_ARG, MPI_ERR_UNKNOWN, MPI_ERR_TRUNCATE, MPI_ERR_OTHER,
        MPI_ERR_INTERN, MPI_ERR_IN_STATUS, MPI_ERR_PENDING, MPI_ERR_KEYVAL, MPI_ERR_NO_MEM,
        MPI_ERR_BASE, MPI_ERR_INFO_KEY, MPI_ERR_INFO_VALUE, MPI_ERR_INFO_NOKEY, MPI_ERR_SPAWN,
        MPI_ERR_PORT, MPI_ERR_SERVICE, MPI_ERR_NAME, MPI_ERR_WIN, MPI_ERR_SIZE, MPI_ERR_DISP,
        MPI_ERR_INFO, MPI_ERR_LOCKTYPE, MPI_ERR_ASSERT, MPI_ERR_RMA_CONFLICT, MPI_ERR_RMA_SYNC,
        MPI_ERR_FILE, MPI_ERR_NOT_SAME, MPI_ERR_AMODE, MPI_ERR_ACCESS, MPI_ERR_READ_ONLY,
        MPI_ERR_QUOTA, MPI_ERR_CONVERSION, MPI_ERR_IO
    };
    int i, count = sizeof classes / sizeof classes[0], length, class, own = 0, texts = 0;
    char text[MPI_MAX_ERROR_STRING];

    begin(&argc, &argv);
    for (i = 0; i < count; i++) {
        length = -1;
        class = -1;
        MPI_Error_class(classes[i], &class);
        MPI_Error_string(classes[i], text, &length);
        own += class == classes[i];
        texts += length > 0 && length < MPI_MAX_ERROR_STRING && (int)strlen(text) == length;
        must(classes[i] <= MPI_ERR_LASTCODE);
    }
    say("%d classes: %d are their own class, %d have a text", count, own, texts);
    return end();
}
