/* Two ranks talk in several security contexts over one connection. Each kind of
 * message carries a word of its own, so that whoever watches the wire can tell
 * which of them are in the clear.
 *
 *     contexts [unequal]
 *
 * With "unequal" only rank 0 gives its communicator the name that the policy has a
 * rule for: rank 1 must not take what comes. */
#include "../lib/story.h"

#ifdef MPI_ABI_VERSION
#include <mpi_secure.h>
#endif

enum { SMALL = 600, LARGE = 200000, ROUNDS = 5 };

static char out[LARGE], in[LARGE];

static void pass(MPI_Comm comm, int tag, int length, char letter)
{
    char word[32];
    int at, round, written = sprintf(word, "CANARY-%c-in-its-cage. ", letter);
    for (round = 0; round < ROUNDS; round++) {
        MPI_Status status;
        for (at = 0; at + written <= length; at += written)
            memcpy(out + at, word, (size_t)written);
        out[0] = (char)round;
        if (rank == 0)
            MPI_Send(out, length, MPI_CHAR, 1, tag, comm);
        else
            MPI_Recv(in, length, MPI_CHAR, 0, tag, comm, &status);
        if (rank == 1)
            MPI_Send(in, length, MPI_CHAR, 0, tag, comm);
        else
            MPI_Recv(in, length, MPI_CHAR, 1, tag, comm, &status);
        must(memcmp(in, out, (size_t)length) == 0);
    }
}

static void say_context(const char *what, MPI_Comm comm, int tag, int bytes)
{
#ifdef MPI_ABI_VERSION
    char name[MPI_MAX_OBJECT_NAME];
    int length;
    MPIX_Secure_context(comm, 1 - rank, tag, bytes, name, &length);
    say0("%s: %s", what, name);
#else
    (void)what, (void)comm, (void)tag, (void)bytes;
#endif
}

/* What only a program that knows our header can do. */
static void with_header(MPI_Comm coupler)
{
#ifdef MPI_ABI_VERSION
    MPI_Comm own;
    char *text, small[8];
    int length, again, partitions = 4;
    MPI_Request request;

    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    say0("attach less: %s", class_name(MPIX_Secure_attach(MPI_COMM_WORLD, "authenticate")));
    say0("attach rot-13: %s", class_name(MPIX_Secure_attach(MPI_COMM_WORLD, "rot-13")));
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);

    MPI_Comm_dup(MPI_COMM_WORLD, &own);
    MPI_Comm_set_name(own, "own");
    MPIX_Secure_attach(own, "aes-256-gcm");
    say_context("attached", own, 1, 1);
    pass(own, 1, SMALL, 'H');
    MPIX_Secure_attach(own, "");
    say_context("detached", own, 1, 1);
    pass(own, 1, SMALL, 'I');
    MPI_Comm_free(&own);

    /* Partitioned, on a communicator in the clear. */
    memset(out, 'x', LARGE);
    if (rank == 0)
        MPI_Psend_init(out, partitions, LARGE / partitions, MPI_CHAR, 1, 5, coupler, MPI_INFO_NULL,
                       &request);
    else
        MPI_Precv_init(in, partitions, LARGE / partitions, MPI_CHAR, 0, 5, coupler, MPI_INFO_NULL,
                       &request);
    MPI_Start(&request);
    for (again = 0; rank == 0 && again < partitions; again++)
        MPI_Pready(again, request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Request_free(&request);
    must(rank == 0 || memcmp(in, out, LARGE) == 0);

    MPIX_Secure_link(MPI_COMM_WORLD, 1 - rank, small, sizeof small, &length);
    must(length > 100 && strlen(small) == sizeof small - 1);
    MPIX_Secure_report(MPI_COMM_WORLD, NULL, 0, &length);
    text = malloc((size_t)length + 4096);
    MPIX_Secure_report(MPI_COMM_WORLD, text, length + 4096, &again);
    must(strlen(text) == (size_t)again && text[0] == '{');
    must(strstr(text, "\"contexts\"") && strstr(text, "none+hmac-sha256"));
    free(text);
#else
    (void)coupler;
#endif
}

int main(int argc, char **argv)
{
    MPI_Comm coupler, stronger, half;
    MPI_Info info;
    double sum = 1;

    begin(&argc, &argv);
    must(size == 2);
    MPI_Comm_dup(MPI_COMM_WORLD, &coupler);
    if (argc == 1 || rank == 0)
        MPI_Comm_set_name(coupler, "coupler of two");
    if (argc > 1) {
        pass(coupler, 1, SMALL, 'Z');
        return end();
    }
    say_context("world", MPI_COMM_WORLD, 1, SMALL);
    pass(MPI_COMM_WORLD, 1, SMALL, 'A');
    say_context("coupler", coupler, 1, SMALL);
    pass(coupler, 1, SMALL, 'B');
    pass(coupler, 1, LARGE, 'B');

    MPI_Info_create(&info);
    MPI_Info_set(info, "mpi_secure_context", "aes-256-gcm");
    MPI_Comm_dup_with_info(coupler, info, &stronger);
    MPI_Info_free(&info);
    say_context("stronger", stronger, 1, SMALL);
    pass(stronger, 1, SMALL, 'C');
    pass(stronger, 1, LARGE, 'C');

    MPI_Comm_split(coupler, 0, rank, &half);
    say_context("half", half, 1, SMALL);
    pass(half, 1, SMALL, 'B');
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, half);
    say("sum %g", sum);

    say_context("tag 150", MPI_COMM_WORLD, 150, SMALL);
    pass(MPI_COMM_WORLD, 150, SMALL, 'D');
    MPI_Pcontrol(2);
    say_context("tag 150 in a phase", MPI_COMM_WORLD, 150, SMALL);
    pass(MPI_COMM_WORLD, 150, SMALL, 'E');
    MPI_Pcontrol(1);

    say_context("tag 300, small", MPI_COMM_WORLD, 300, SMALL);
    pass(MPI_COMM_WORLD, 300, SMALL, 'F');
    say_context("tag 300, large", MPI_COMM_WORLD, 300, LARGE);
    pass(MPI_COMM_WORLD, 300, LARGE, 'G');

    with_header(coupler);
    MPI_Comm_free(&half);
    MPI_Comm_free(&stronger);
    MPI_Comm_free(&coupler);
    return end();
}
