/* What is identical, congruent, similar and unequal. */
#include "../lib/story.h"

static const char *relation(int result)
{
    return result == MPI_IDENT ? "ident" : result == MPI_CONGRUENT ? "congruent"
         : result == MPI_SIMILAR ? "similar" : result == MPI_UNEQUAL ? "unequal" : "nonsense";
}

int main(int argc, char **argv)
{
    MPI_Comm reversed, dup, half;
    MPI_Group world, back;
    int result, flag;

    begin(&argc, &argv);
    MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &reversed);
    MPI_Comm_dup(MPI_COMM_WORLD, &dup);
    MPI_Comm_split(MPI_COMM_WORLD, rank == 0, 0, &half);
    MPI_Comm_compare(MPI_COMM_WORLD, MPI_COMM_WORLD, &result);
    say("world, world: %s", relation(result));
    MPI_Comm_compare(MPI_COMM_WORLD, dup, &result);
    say("world, dup: %s", relation(result));
    MPI_Comm_compare(MPI_COMM_WORLD, reversed, &result);
    say("world, reversed: %s", relation(result));
    MPI_Comm_compare(MPI_COMM_WORLD, half, &result);
    say("world, half: %s", relation(result));
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Comm_group(reversed, &back);
    MPI_Group_compare(world, back, &result);
    say("groups: %s", relation(result));
    MPI_Group_compare(world, world, &result);
    say("a group and itself: %s", relation(result));
    MPI_Group_compare(world, MPI_GROUP_EMPTY, &result);
    say("a group and nobody: %s", relation(result));
    MPI_Comm_test_inter(dup, &flag);
    say("between groups: %d", !!flag);
    MPI_Group_free(&world);
    MPI_Group_free(&back);
    MPI_Comm_free(&reversed);
    MPI_Comm_free(&dup);
    MPI_Comm_free(&half);
    return end();
}
