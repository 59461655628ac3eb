/* Buffers of a communicator, of a session and of the process (MPI-4.1, section
 * 3.6). No stock library has these, so the program judges itself. It sends to
 * itself what it has not yet asked for: a message too long to leave at once
 * stays in its buffer until it is received. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define must(condition) do { \
    if (!(condition)) { \
        fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
        MPI_Abort(MPI_COMM_WORLD, 9); \
    } } while (0)

enum { LONG = 300000, ROOM = LONG + MPI_BSEND_OVERHEAD };

static char out[LONG], in[LONG];

static int class_of(int code)
{
    int class;
    MPI_Error_class(code, &class);
    return class;
}

static int send_one(MPI_Comm comm)
{
    return MPI_Bsend(out, LONG, MPI_CHAR, 0, 1, comm);
}

static void receive_one(MPI_Comm comm)
{
    MPI_Recv(in, LONG, MPI_CHAR, 0, 1, comm, MPI_STATUS_IGNORE);
    must(memcmp(in, out, LONG) == 0);
}

static void process_and_communicator(void)
{
    char *room = malloc(2 * ROOM), *back;
    MPI_Comm comm, other;
    MPI_Request request;
    MPI_Count large;
    int size, flag;

    MPI_Comm_dup(MPI_COMM_SELF, &comm);
    MPI_Comm_dup(MPI_COMM_SELF, &other);
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(other, MPI_ERRORS_RETURN);
    must(class_of(send_one(comm)) == MPI_ERR_BUFFER);

    /* The communicator's own buffer is used, and only for it. */
    must(MPI_Comm_attach_buffer(comm, room, ROOM) == MPI_SUCCESS);
    must(class_of(MPI_Comm_attach_buffer(comm, room, ROOM)) == MPI_ERR_BUFFER);
    must(send_one(comm) == MPI_SUCCESS);
    must(class_of(send_one(comm)) == MPI_ERR_BUFFER);
    must(class_of(send_one(other)) == MPI_ERR_BUFFER);
    MPI_Buffer_attach_c(room + ROOM, ROOM);
    must(send_one(other) == MPI_SUCCESS);
    must(class_of(send_one(comm)) == MPI_ERR_BUFFER);

    /* A flush waits for its own buffer. */
    MPI_Comm_iflush_buffer(comm, &request);
    MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
    must(!flag);
    receive_one(comm);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    must(MPI_Comm_flush_buffer(comm) == MPI_SUCCESS);
    MPI_Buffer_iflush(&request);
    MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
    must(!flag);
    receive_one(other);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    must(MPI_Buffer_flush() == MPI_SUCCESS);

    /* What was sent after the flush began does not hold it up. */
    must(send_one(comm) == MPI_SUCCESS);
    receive_one(comm);
    MPI_Comm_iflush_buffer(comm, &request);
    must(send_one(comm) == MPI_SUCCESS);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    receive_one(comm);

    MPI_Comm_detach_buffer(comm, &back, &size);
    must(back == room && size == ROOM);
    must(class_of(MPI_Comm_detach_buffer(comm, &back, &size)) == MPI_ERR_BUFFER);
    MPI_Buffer_detach_c(&back, &large);
    must(back == room + ROOM && large == ROOM);

    /* As much as it takes. */
    MPI_Buffer_attach(MPI_BUFFER_AUTOMATIC, 0);
    for (flag = 0; flag < 10; flag++)
        must(send_one(comm) == MPI_SUCCESS);
    for (flag = 0; flag < 10; flag++)
        receive_one(comm);
    MPI_Buffer_detach(&back, &size);
    must(back == MPI_BUFFER_AUTOMATIC && size == 0);

    /* Freed with a message in its buffer: it arrives all the same. */
    MPI_Comm_attach_buffer_c(comm, room, ROOM);
    must(send_one(comm) == MPI_SUCCESS);
    MPI_Irecv(in, LONG, MPI_CHAR, 0, 1, comm, &request);
    MPI_Comm_free(&comm);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    must(memcmp(in, out, LONG) == 0);
    MPI_Comm_free(&other);
    free(room);
}

static void session(void)
{
    char *room = malloc(ROOM), *back;
    MPI_Session session;
    MPI_Group group;
    MPI_Comm comm, child;
    MPI_Request request;
    int size;

    MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &session);
    MPI_Group_from_session_pset(session, "mpi://SELF", &group);
    MPI_Comm_create_from_group(group, "buffers", MPI_INFO_NULL, MPI_ERRORS_RETURN, &comm);
    MPI_Comm_dup(comm, &child);
    must(class_of(send_one(comm)) == MPI_ERR_BUFFER);
    must(MPI_Session_attach_buffer(session, room, ROOM) == MPI_SUCCESS);
    must(send_one(child) == MPI_SUCCESS);
    must(class_of(send_one(comm)) == MPI_ERR_BUFFER);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    must(class_of(send_one(MPI_COMM_SELF)) == MPI_ERR_BUFFER);
    MPI_Session_iflush_buffer(session, &request);
    receive_one(child);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    must(MPI_Session_flush_buffer(session) == MPI_SUCCESS);
    must(send_one(comm) == MPI_SUCCESS);
    receive_one(comm);
    MPI_Session_detach_buffer(session, &back, &size);
    must(back == room && size == ROOM);
    MPI_Comm_free(&child);
    MPI_Comm_free(&comm);
    MPI_Group_free(&group);
    MPI_Session_finalize(&session);
    free(room);
}

int main(int argc, char **argv)
{
    int i;
    MPI_Init(&argc, &argv);
    for (i = 0; i < LONG; i++)
        out[i] = (char)(i * 7);
    process_and_communicator();
    session();
    MPI_Finalize();
    puts("buffers hold what they should");
    return 0;
}
