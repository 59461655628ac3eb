/* Error handlers: predefined, the program's own, inherited, called, replaced. */
#include "../lib/story.h"

static int calls;
static MPI_Comm seen_comm;

static void handle(MPI_Comm *comm, int *code, ...)
{
    calls++;
    seen_comm = *comm;
    say("handler one: %s", class_name(*code));
}

static void handle_again(MPI_Comm *comm, int *code, ...)
{
    (void)comm;
    say("handler two: %s", class_name(*code));
}

static int bad_send(MPI_Comm comm)
{
    int value = 0;
    return MPI_Send(&value, 1, MPI_INT, size + 5, 0, comm);
}

int main(int argc, char **argv)
{
    MPI_Errhandler one, two, got;
    MPI_Comm dup, copy;
    int code, compare;

    begin(&argc, &argv);
    MPI_Comm_get_errhandler(MPI_COMM_WORLD, &got);
    say("at first fatal: %d", got == MPI_ERRORS_ARE_FATAL);
    MPI_Errhandler_free(&got);
    say("freed handle is null: %d", got == MPI_ERRHANDLER_NULL);

    MPI_Comm_dup(MPI_COMM_WORLD, &dup);
    MPI_Comm_set_errhandler(dup, MPI_ERRORS_RETURN);
    code = bad_send(dup);
    say("returned: %s", class_name(code));

    MPI_Comm_create_errhandler(handle, &one);
    MPI_Comm_create_errhandler(handle_again, &two);
    MPI_Comm_set_errhandler(dup, one);
    code = bad_send(dup);
    say("after the handler: %s", class_name(code));
    MPI_Comm_compare(seen_comm, dup, &compare);
    say("it saw its communicator: %d", compare == MPI_IDENT);

    MPI_Comm_get_errhandler(dup, &got);
    say("the one that was set: %d", got == one);
    MPI_Errhandler_free(&got);

    /* The handle may go while the communicator uses the handler. */
    MPI_Errhandler_free(&one);
    bad_send(dup);
    MPI_Comm_dup(dup, &copy);
    bad_send(copy);
    MPI_Comm_set_errhandler(copy, two);
    bad_send(copy);
    bad_send(dup);
    MPI_Comm_call_errhandler(copy, MPI_ERR_TOPOLOGY);
    MPI_Comm_call_errhandler(dup, MPI_ERR_OTHER);
    MPI_Errhandler_free(&two);
    say("handler one was called %d times", calls);
    MPI_Comm_free(&copy);
    MPI_Comm_free(&dup);
    return end();
}
