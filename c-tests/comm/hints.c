/* Hints: known ones are kept, others are ignored. */
#include "../lib/story.h"

static void look(const char *what, MPI_Comm comm, const char *key)
{
    MPI_Info info;
    char value[32] = "";
    int flag;
    MPI_Comm_get_info(comm, &info);
    MPI_Info_get(info, key, 31, value, &flag);
    say("%s: %s %s", what, key, flag && !strcmp(value, "true") ? "is set" : "is not set");
    MPI_Info_free(&info);
}

int main(int argc, char **argv)
{
    static const char *const known[] = { "mpi_assert_no_any_tag", "mpi_assert_no_any_source",
        "mpi_assert_exact_length", "mpi_assert_allow_overtaking" };
    MPI_Comm first;
    MPI_Info info;
    unsigned i;

    begin(&argc, &argv);
    MPI_Info_create(&info);
    for (i = 0; i < sizeof known / sizeof *known; i++)
        MPI_Info_set(info, known[i], "true");
    MPI_Info_set(info, "color", "true");
    MPI_Comm_dup_with_info(MPI_COMM_WORLD, info, &first);
    for (i = 0; i < sizeof known / sizeof *known; i++)
        look("with info", first, known[i]);
    look("with info", first, "color");
    MPI_Info_set(info, known[0], "false");
    MPI_Comm_set_info(first, info);
    look("changed", first, known[0]);
    look("changed", first, known[1]);
    MPI_Comm_free(&first);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, info, &first);
    look("split", first, known[1]);
    MPI_Comm_free(&first);
    MPI_Info_free(&info);
    return end();
}
