/* Two halves of the world meet, are duplicated, split, cut down, and merged. */
#include "../lib/story.h"

static void describe(const char *what, MPI_Comm comm)
{
    int inter, here, there, place;
    MPI_Group group;
    if (comm == MPI_COMM_NULL) {
        say("%s: null", what);
        return;
    }
    MPI_Comm_test_inter(comm, &inter);
    MPI_Comm_size(comm, &here);
    MPI_Comm_rank(comm, &place);
    if (!inter) {
        say("%s: one group, %d of %d", what, place, here);
        return;
    }
    MPI_Comm_remote_size(comm, &there);
    MPI_Comm_remote_group(comm, &group);
    MPI_Group_size(group, &here);
    must(here == there);
    MPI_Group_free(&group);
    MPI_Comm_size(comm, &here);
    say("%s: %d of %d facing %d", what, place, here, there);
}

/* A message to the rank that mirrors ours on the other side, if there is one. */
static void greet(MPI_Comm comm)
{
    int place, here, there, word, heard = -1;
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Status status;
    MPI_Comm_rank(comm, &place);
    MPI_Comm_size(comm, &here);
    MPI_Comm_remote_size(comm, &there);
    word = rank;
    if (place < there)
        MPI_Isend(&word, 1, MPI_INT, place, 5, comm, &request);
    if (place < there) {
        MPI_Recv(&heard, 1, MPI_INT, MPI_ANY_SOURCE, 5, comm, &status);
        say("heard %d from %d", heard, status.MPI_SOURCE);
    }
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

int main(int argc, char **argv)
{
    MPI_Comm half, inter, other, part, whole;
    MPI_Group group, few;
    MPI_Request request;
    int low, cut, result, first = 0, i, word, sum;

    begin(&argc, &argv);
    cut = (size + 1) / 2;
    low = rank < cut;
    MPI_Comm_split(MPI_COMM_WORLD, low, rank, &half);
    /* The leaders are the last of one half and the first of the other. */
    MPI_Intercomm_create(half, low ? cut - 1 : 0, MPI_COMM_WORLD, low ? cut : cut - 1, 17, &inter);
    describe("created", inter);
    greet(inter);

    MPI_Comm_dup(inter, &other);
    describe("duplicate", other);
    MPI_Comm_compare(inter, other, &result);
    say("congruent %d", result == MPI_CONGRUENT);
    MPI_Comm_compare(inter, half, &result);
    say("unequal to half %d", result == MPI_UNEQUAL);
    MPI_Comm_compare(inter, inter, &result);
    say("identical %d", result == MPI_IDENT);
    greet(other);
    MPI_Comm_free(&other);

    MPI_Comm_idup(inter, &other, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    describe("later duplicate", other);
    MPI_Comm_free(&other);

    /* Even and odd ranks of the world, the highest first. */
    MPI_Comm_split(inter, rank % 2, -rank, &part);
    describe("parity", part);
    if (part != MPI_COMM_NULL) {
        greet(part);
        MPI_Comm_free(&part);
    }
    /* A color that only one side has. */
    MPI_Comm_split(inter, low ? 1 : MPI_UNDEFINED, 0, &part);
    describe("one side only", part);

    /* The first of each side, then the first of one and nobody of the other. */
    MPI_Comm_group(inter, &group);
    MPI_Group_incl(group, 1, &first, &few);
    MPI_Comm_create(inter, few, &part);
    describe("firsts", part);
    if (part != MPI_COMM_NULL) {
        greet(part);
        MPI_Comm_free(&part);
    }
    MPI_Comm_create(inter, low ? few : MPI_GROUP_EMPTY, &part);
    describe("a first and nobody", part);
    MPI_Group_free(&few);
    MPI_Group_free(&group);

    for (i = 0; i < 2; i++) {
        MPI_Intercomm_merge(inter, i ? low : !low, &whole);
        describe(i ? "merged, low last" : "merged, low first", whole);
        MPI_Comm_rank(whole, &word);
        MPI_Scan(&rank, &sum, 1, MPI_INT, MPI_SUM, whole);
        say("sum up to %d: %d", word, sum);
        MPI_Comm_free(&whole);
    }

    /* An intercommunicator carries the leaders' talk as well. */
    MPI_Comm_split(half, 0, -rank, &part);
    MPI_Intercomm_create(part, 0, inter, low ? size - cut - 1 : cut - 1, 3, &other);
    describe("by way of the first", other);
    greet(other);
    MPI_Comm_free(&other);
    MPI_Comm_free(&part);
    MPI_Comm_free(&inter);
    MPI_Comm_free(&half);
    return end();
}
