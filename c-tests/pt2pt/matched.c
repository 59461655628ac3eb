/* A matched probe takes the message: no other receive sees it any more. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int value, flag, count, from;
    int *many = calloc(30000, sizeof(int));
    MPI_Message message, other;
    MPI_Status status;
    MPI_Request request;

    begin(&argc, &argv);
    if (rank > 0) {
        for (value = 1; value <= 3; value++)
            MPI_Send(&value, 1, MPI_INT, 0, 4, MPI_COMM_WORLD);
        many[29999] = rank;
        MPI_Send(many, 30000, MPI_INT, 0, 6, MPI_COMM_WORLD);
    } else {
        for (from = 1; from < size; from++) {
            MPI_Mprobe(from, 4, MPI_COMM_WORLD, &message, &status);
            say_status("matched", &status, MPI_INT);
            MPI_Recv(&value, 1, MPI_INT, from, 4, MPI_COMM_WORLD, &status);
            say("a plain receive gets the next: %d", value);
            MPI_Mrecv(&value, 1, MPI_INT, &message, &status);
            say("the matched one: %d, message null %d", value, message == MPI_MESSAGE_NULL);
            flag = 0;
            while (!flag)
                MPI_Improbe(from, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &message, &status);
            say_status("then", &status, MPI_INT);
            MPI_Imrecv(&value, 1, MPI_INT, &message, &request);
            MPI_Wait(&request, &status);
            say("value %d", value);
            MPI_Mprobe(MPI_ANY_SOURCE, 6, MPI_COMM_WORLD, &other, &status);
            MPI_Get_count(&status, MPI_INT, &count);
            MPI_Mrecv(many, count, MPI_INT, &other, &status);
            must(many[29999] == status.MPI_SOURCE);
            say("large: %d", count);
        }
        MPI_Improbe(MPI_ANY_SOURCE, 4, MPI_COMM_WORLD, &flag, &message, &status);
        say("anything left: %d", !!flag);
        MPI_Mprobe(MPI_PROC_NULL, 4, MPI_COMM_WORLD, &message, &status);
        say("message of nobody: %d", message == MPI_MESSAGE_NO_PROC);
        MPI_Mrecv(&value, 1, MPI_INT, &message, &status);
        say_status("received from nobody", &status, MPI_INT);
    }
    return end();
}
