/* Duplicating without its info and with it; an ordered chain of duplicates. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Comm first, second;
    MPI_Info info;
    int result, flag;
    char value[40];

    begin(&argc, &argv);
    MPI_Info_create(&info);
    MPI_Info_set(info, "color", "green");
    MPI_Info_get(info, "color", 39, value, &flag);
    say("%s %d", value, !!flag);
    MPI_Comm_dup_with_info(MPI_COMM_WORLD, info, &first);
    MPI_Info_free(&info);
    say("freed %d", info == MPI_INFO_NULL);
    MPI_Comm_dup(first, &second);
    MPI_Comm_compare(first, second, &result);
    say("congruent: %d", result == MPI_CONGRUENT);
    MPI_Comm_free(&first);
    MPI_Barrier(second);
    MPI_Comm_free(&second);
    return end();
}
