/* Time, names, and the attributes that MPI_COMM_WORLD comes with. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    char name[MPI_MAX_PROCESSOR_NAME];
    int length = -1, flag, version, subversion, *value;
    double start, now;

    begin(&argc, &argv);
    MPI_Get_processor_name(name, &length);
    say("processor name: %d", length > 0 && (int)strlen(name) == length);
    MPI_Get_version(&version, &subversion);
    say("version: %d", version == MPI_VERSION && subversion == MPI_SUBVERSION ? 1 : version >= 3);
    start = MPI_Wtime();
    do
        now = MPI_Wtime();
    while (now - start < 0.002);
    say("clock runs forward: %d, tick sensible: %d", now > start, MPI_Wtick() > 0 && MPI_Wtick() < 0.01);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &value, &flag);
    say("tag bound: %d", flag && *value >= 32767);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_WTIME_IS_GLOBAL, &value, &flag);
    say("clock is global or not: %d", flag && (*value == 0 || *value == 1));
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_IO, &value, &flag);
    say("input and output: %d", flag && (*value == MPI_ANY_SOURCE || *value >= 0));
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_UNIVERSE_SIZE, &value, &flag);
    say("universe size: %d", flag ? *value >= 1 : 1);
    return end();
}
