/* Names of communicators. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    char name[MPI_MAX_OBJECT_NAME], longest[MPI_MAX_OBJECT_NAME];
    MPI_Comm dup;
    int length;

    begin(&argc, &argv);
    MPI_Comm_get_name(MPI_COMM_WORLD, name, &length);
    say("%s (%d)", name, length);
    MPI_Comm_get_name(MPI_COMM_SELF, name, &length);
    say("%s (%d)", name, length);
    MPI_Comm_set_name(MPI_COMM_WORLD, "the world");
    MPI_Comm_get_name(MPI_COMM_WORLD, name, &length);
    say("%s (%d)", name, length);
    MPI_Comm_split(MPI_COMM_WORLD, 0, 0, &dup);
    MPI_Comm_set_name(dup, "a  name with spaces ");
    MPI_Comm_get_name(dup, name, &length);
    say("'%s' (%d)", name, length);
    memset(longest, 'x', sizeof longest);
    longest[60] = 0;
    MPI_Comm_set_name(dup, longest);
    MPI_Comm_get_name(dup, name, &length);
    say("'%s' (%d)", name, length);
    MPI_Comm_set_name(dup, "");
    MPI_Comm_get_name(dup, name, &length);
    say("'%s' (%d)", name, length);
    MPI_Comm_free(&dup);
    return end();
}
