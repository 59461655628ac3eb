/* Duplicates: congruent, apart from one another, usable after their parent. */
#include "../lib/story.h"

static const char *relation(MPI_Comm one, MPI_Comm other)
{
    int result;
    MPI_Comm_compare(one, other, &result);
    return result == MPI_IDENT ? "ident" : result == MPI_CONGRUENT ? "congruent"
         : result == MPI_SIMILAR ? "similar" : "unequal";
}

int main(int argc, char **argv)
{
    MPI_Comm first, second, self;
    int value = 3, got = 0, its_rank, its_size;

    begin(&argc, &argv);
    MPI_Comm_dup(MPI_COMM_WORLD, &first);
    MPI_Comm_dup(first, &second);
    MPI_Comm_dup(MPI_COMM_SELF, &self);
    say("world and first: %s, first and first: %s, first and second: %s", relation(MPI_COMM_WORLD, first),
        relation(first, first), relation(first, second));
    say("self: %s, world and self: %s", relation(self, MPI_COMM_SELF), relation(MPI_COMM_WORLD, self));
    MPI_Comm_free(&first);
    say("freed: %d", first == MPI_COMM_NULL);
    MPI_Comm_rank(second, &its_rank);
    MPI_Comm_size(second, &its_size);
    MPI_Allreduce(&value, &got, 1, MPI_INT, MPI_SUM, second);
    say("second: %d of %d, sum %d", its_rank, its_size, got);
    MPI_Allreduce(&value, &got, 1, MPI_INT, MPI_SUM, self);
    say("self: sum %d", got);
    MPI_Comm_free(&second);
    MPI_Comm_free(&self);
    return end();
}
