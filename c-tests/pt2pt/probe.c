/* Probing tells source, tag and size, and leaves the message where it is. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int flag = 0, count, from, number;
    double *values = calloc(50000, sizeof(double));
    MPI_Status status, again;

    begin(&argc, &argv);
    if (rank > 0) {
        for (number = 0; number < 4; number++) {
            values[0] = rank + number / 10.0;
            MPI_Send(values, number == 2 ? 50000 : 3 * number, MPI_DOUBLE, 0, 20 + number, MPI_COMM_WORLD);
        }
    } else {
        MPI_Iprobe(1, 999, MPI_COMM_WORLD, &flag, &status);
        say("nothing with tag 999: %d", !!flag);
        for (from = 1; from < size; from++) {
            /* Out of order of sending, by tag. */
            MPI_Probe(from, 22, MPI_COMM_WORLD, &status);
            say_status("probe for 22", &status, MPI_DOUBLE);
            MPI_Get_count(&status, MPI_DOUBLE, &count);
            MPI_Recv(values, count, MPI_DOUBLE, from, 22, MPI_COMM_WORLD, &status);
            say_status("received", &status, MPI_DOUBLE);

            for (number = 0; number < 3; number++) {
                MPI_Probe(from, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
                flag = 0;
                while (!flag)
                    MPI_Iprobe(from, status.MPI_TAG, MPI_COMM_WORLD, &flag, &again);
                must(again.MPI_TAG == status.MPI_TAG && again.MPI_SOURCE == status.MPI_SOURCE);
                say_status("probed twice", &again, MPI_DOUBLE);
                MPI_Recv(values, 50000, MPI_DOUBLE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD, &again);
                say_status("received", &again, MPI_DOUBLE);
            }
        }
        MPI_Iprobe(MPI_ANY_SOURCE, 20, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
        say("anything left: %d", !!flag);
        MPI_Probe(MPI_PROC_NULL, 3, MPI_COMM_WORLD, &status);
        say_status("probe of nobody", &status, MPI_INT);
    }
    return end();
}
