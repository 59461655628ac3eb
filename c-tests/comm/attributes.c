/* Attributes: copied by dup as their callbacks say, deleted with their owner. */
#include "../lib/story.h"

static int copy(MPI_Comm comm, int key, void *extra, void *in, void *out, int *flag)
{
    (void)comm; (void)key;
    say("copy of %d (%s)", *(int *)in, (char *)extra);
    *(void **)out = (int *)in + 1;
    *flag = 1;
    return MPI_SUCCESS;
}

static int refuse_copy(MPI_Comm comm, int key, void *extra, void *in, void *out, int *flag)
{
    (void)comm; (void)key; (void)extra; (void)out;
    say("no copy of %d", *(int *)in);
    *flag = 0;
    return MPI_SUCCESS;
}

static int forget(MPI_Comm comm, int key, void *value, void *extra)
{
    (void)comm; (void)key;
    say("delete of %d (%s)", *(int *)value, (char *)extra);
    return MPI_SUCCESS;
}

static int keep(MPI_Comm comm, int key, void *value, void *extra)
{
    (void)comm; (void)key; (void)value; (void)extra;
    say("kept");
    return MPI_ERR_OTHER;
}

static void look(const char *name, MPI_Comm comm, int key)
{
    int *value, flag;
    MPI_Comm_get_attr(comm, key, &value, &flag);
    if (flag)
        say("%s: %d", name, *value);
    else
        say("%s: none", name);
}

int main(int argc, char **argv)
{
    int copied, refused, plain, sticky, values[] = { 10, 11, 12, 13, 14, 15 }, code, other;
    MPI_Comm dup, again;

    begin(&argc, &argv);
    MPI_Comm_create_keyval(copy, forget, &copied, "copied");
    MPI_Comm_create_keyval(refuse_copy, forget, &refused, "refused");
    MPI_Comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, &plain, NULL);
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, keep, &sticky, NULL);
    MPI_Comm_split(MPI_COMM_WORLD, 0, 0, &dup);
    MPI_Comm_set_errhandler(dup, MPI_ERRORS_RETURN);
    look("before", dup, copied);
    MPI_Comm_set_attr(dup, copied, &values[0]);
    look("set", dup, copied);
    MPI_Comm_set_attr(dup, copied, &values[1]);
    look("set again", dup, copied);
    MPI_Comm_set_attr(dup, plain, &values[4]);
    MPI_Comm_dup(dup, &again);
    look("duplicate", again, copied);
    look("plain", again, plain);
    MPI_Comm_delete_attr(again, copied);
    look("deleted", again, copied);
    MPI_Comm_free(&again);
    MPI_Comm_delete_attr(dup, copied);
    MPI_Comm_set_attr(dup, refused, &values[3]);
    MPI_Comm_dup(dup, &again);
    look("refused", again, refused);
    MPI_Comm_free(&again);
    MPI_Comm_delete_attr(dup, refused);
    MPI_Comm_set_attr(dup, sticky, &values[5]);
    code = MPI_Comm_delete_attr(dup, sticky);
    say("a delete that fails: %s", code == MPI_SUCCESS ? "success" : "error");
    look("still there", dup, sticky);
    MPI_Comm_free_keyval(&copied);
    say("key gone: %d", copied == MPI_KEYVAL_INVALID);
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &other, "other");
    MPI_Comm_set_attr(MPI_COMM_WORLD, other, &values[2]);
    MPI_Comm_dup(MPI_COMM_WORLD, &again);
    look("not copied", again, other);
    MPI_Comm_free(&again);
    MPI_Comm_delete_attr(MPI_COMM_WORLD, other);
    return end();
}
