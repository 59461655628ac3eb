/* Info objects: order, replacement, copies, limits, and what is refused. */
#include "../lib/story.h"

#define tried(call) say("%s: %s", outcome(call), #call)

static const char *outcome(int code)
{
    int class;
    if (code == MPI_SUCCESS)
        return "success";
    MPI_Error_class(code, &class);
    if (class == MPI_ERR_INFO_KEY) return "info key";
    if (class == MPI_ERR_INFO_NOKEY) return "no such key";
    return class_name(code);
}

static void look(MPI_Info info)
{
    int keys, i, length, flag;
    char key[MPI_MAX_INFO_KEY + 1], value[MPI_MAX_INFO_VAL + 1];
    MPI_Info_get_nkeys(info, &keys);
    say("%d keys", keys);
    for (i = 0; i < keys; i++) {
        MPI_Info_get_nthkey(info, i, key);
        MPI_Info_get_valuelen(info, key, &length, &flag);
        MPI_Info_get(info, key, length, value, &flag);
        say("  %d: %s = '%s' (%d)", i, key, value, length);
    }
}

int main(int argc, char **argv)
{
    MPI_Info info, copy;
    int n, flag;
    char longest[MPI_MAX_INFO_KEY + 1], value[MPI_MAX_INFO_VAL + 1], *big;

    begin(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Info_create(&info);
    look(info);
    MPI_Info_set(info, "host", "one");
    MPI_Info_set(info, "arch", "two");
    MPI_Info_set(info, "wdir", "three");
    MPI_Info_set(info, "Host", "another key");
    MPI_Info_set(info, "arch", "two again, and longer");
    look(info);
    MPI_Info_dup(info, &copy);
    MPI_Info_delete(info, "arch");
    look(info);
    MPI_Info_set(info, "arch", "last now");
    look(info);
    look(copy);
    MPI_Info_free(&copy);
    say("freed: %d", copy == MPI_INFO_NULL);

    strcpy(value, "untouched");
    MPI_Info_get(info, "nowhere", 20, value, &flag);
    say("no such key: %d, '%s'", !!flag, value);
    n = 77;
    MPI_Info_get_valuelen(info, "nowhere", &n, &flag);
    say("no length: %d, %d", !!flag, n);
    MPI_Info_get(info, "host", 2, value, &flag);
    say("cut: %d, '%.2s'", !!flag, value);

    /* As long as may be. */
    memset(longest, 'k', sizeof longest);
    longest[MPI_MAX_INFO_KEY - 1] = 0;
    big = malloc(MPI_MAX_INFO_VAL + 1);
    memset(big, 'v', MPI_MAX_INFO_VAL);
    big[MPI_MAX_INFO_VAL - 1] = 0;
    tried(MPI_Info_set(info, longest, big));
    MPI_Info_get(info, longest, MPI_MAX_INFO_VAL - 1, value, &flag);
    say("longest: %d, the same %d", !!flag, !strcmp(value, big));
    free(big);

    tried(MPI_Info_set(info, "", "x"));
    tried(MPI_Info_set(info, NULL, "x"));
    tried(MPI_Info_delete(info, "nowhere"));
    tried(MPI_Info_delete(info, NULL));
    tried(MPI_Info_get(info, NULL, 3, value, &flag));
    tried(MPI_Info_get(info, "host", -1, value, &flag));
    tried(MPI_Info_get_nthkey(info, -1, value));
    tried(MPI_Info_get_nkeys(info, NULL));
    tried(MPI_Info_get_valuelen(info, "", &n, &flag));
    MPI_Info_free(&info);
    return end();
}
