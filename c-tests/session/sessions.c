/* Sessions: MPI without a world, or beside it. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A copy of this process that exits must not leave the job in its name. */
static void copy_exits(void)
{
    int status = -1;
    pid_t copy;
    fflush(stdout);
    copy = fork();
    if (copy == 0)
        exit(0);
    waitpid(copy, &status, 0);
    if (status != 0)
        printf("the copy ended with status %d\n", status);
}

static void once(const char *turn)
{
    MPI_Session session;
    MPI_Group all, me;
    MPI_Comm comm;
    MPI_Info info;
    char name[MPI_MAX_PSET_NAME_LEN], value[16];
    int i, sets, length, found, rank, size, own, sum, world = 0, self = 0;

    MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_ARE_FATAL, &session);
    MPI_Session_get_num_psets(session, MPI_INFO_NULL, &sets);
    for (i = 0; i < sets; i++) {
        length = 0;
        MPI_Session_get_nth_pset(session, MPI_INFO_NULL, i, &length, NULL);
        MPI_Session_get_nth_pset(session, MPI_INFO_NULL, i, &length, name);
        world |= !strcmp(name, "mpi://WORLD") && length == (int)strlen(name) + 1;
        self |= !strcmp(name, "mpi://SELF");
    }
    MPI_Session_get_pset_info(session, "mpi://SELF", &info);
    MPI_Info_get(info, "mpi_size", 15, value, &found);
    MPI_Info_free(&info);

    MPI_Group_from_session_pset(session, "mpi://WORLD", &all);
    MPI_Group_from_session_pset(session, "mpi://SELF", &me);
    MPI_Group_size(me, &own);
    MPI_Comm_create_from_group(all, "session test", MPI_INFO_NULL, MPI_ERRORS_RETURN, &comm);
    copy_exits();
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, comm);
    if (rank == 0) {
        printf("%s: world %d, self %d, its size %s\n", turn, world, self, found ? value : "?");
        printf("%d ranks, alone %d, sum of ranks %d\n", size, own, sum);
        fflush(stdout);
    }
    MPI_Comm_free(&comm);
    MPI_Group_free(&all);
    MPI_Group_free(&me);
    MPI_Session_finalize(&session);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "often";
    int running = 0, over = 1;

    if (!strcmp(how, "within") || !strcmp(how, "often")) {
        MPI_Init(&argc, &argv);
        once("within the world");
        MPI_Finalize();
    }
    if (!strcmp(how, "alone") || !strcmp(how, "often"))
        once("alone");
    if (!strcmp(how, "often"))
        once("again");
    MPI_Initialized(&running);
    MPI_Finalized(&over);
    if (running != over)
        printf("initialized %d, finalized %d\n", running, over);
    return 0;
}
