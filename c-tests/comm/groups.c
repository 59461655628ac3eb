/* Groups: sets of ranks and what can be done with them. */
#include "../lib/story.h"

static void look(const char *name, MPI_Group group, MPI_Group world)
{
    int its_size, its_rank, i, ranks[16], in_world[16];
    char line[200] = "";
    MPI_Group_size(group, &its_size);
    MPI_Group_rank(group, &its_rank);
    for (i = 0; i < its_size; i++)
        ranks[i] = i;
    if (its_size > 0)
        MPI_Group_translate_ranks(group, its_size, ranks, world, in_world);
    for (i = 0; i < its_size; i++)
        sprintf(line + strlen(line), " %d", in_world[i]);
    if (its_rank == MPI_UNDEFINED)
        say("%s:%s; not me", name, line);
    else
        say("%s:%s; me %d", name, line, its_rank);
}

int main(int argc, char **argv)
{
    MPI_Group world, left, right, made;
    int low[] = { 0, 1, 2 }, high[] = { 3, 1 }, ranges[2][3], out[3], in[3] = { 0, 2, 1 };

    begin(&argc, &argv);
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    look("world", world, world);
    MPI_Group_incl(world, 3, low, &left);
    MPI_Group_incl(world, 2, high, &right);
    look("left", left, world);
    look("right", right, world);
    MPI_Group_union(left, right, &made);
    look("union", made, world);
    MPI_Group_free(&made);
    MPI_Group_union(right, left, &made);
    look("union the other way", made, world);
    MPI_Group_free(&made);
    MPI_Group_intersection(left, right, &made);
    look("intersection", made, world);
    MPI_Group_free(&made);
    MPI_Group_difference(left, right, &made);
    look("difference", made, world);
    MPI_Group_free(&made);
    MPI_Group_excl(world, 2, high, &made);
    look("without the right", made, world);
    MPI_Group_free(&made);
    ranges[0][0] = 0; ranges[0][1] = size - 1; ranges[0][2] = 2;
    ranges[1][0] = 3; ranges[1][1] = 1; ranges[1][2] = -2;
    MPI_Group_range_incl(world, 2, ranges, &made);
    look("ranges", made, world);
    MPI_Group_free(&made);
    MPI_Group_range_excl(world, 1, ranges, &made);
    look("without the even", made, world);
    MPI_Group_free(&made);
    MPI_Group_incl(world, 0, low, &made);
    say("nobody: empty %d", made == MPI_GROUP_EMPTY);
    MPI_Group_difference(left, left, &made);
    say("nothing left: empty %d", made == MPI_GROUP_EMPTY);
    MPI_Group_translate_ranks(left, 3, in, right, out);
    say("translated: %d %d %d", out[0] == MPI_UNDEFINED ? -1 : out[0], out[1] == MPI_UNDEFINED ? -1 : out[1],
        out[2] == MPI_UNDEFINED ? -1 : out[2]);
    in[0] = MPI_PROC_NULL;
    MPI_Group_translate_ranks(left, 1, in, right, out);
    say("nobody is nobody: %d", out[0] == MPI_PROC_NULL);
    MPI_Group_free(&left);
    MPI_Group_free(&right);
    MPI_Group_free(&world);
    say("freed: %d", world == MPI_GROUP_NULL);
    return end();
}
