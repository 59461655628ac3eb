/* Messages that come long before anyone asks for them, and then in reverse. */
#include "../lib/story.h"

enum { COUNT = 40 };

static int length_of(int number) { return number % 8 == 7 ? 100000 : 1 + 50 * number; }

int main(int argc, char **argv)
{
    MPI_Request requests[COUNT];
    int *out[COUNT], *in = malloc(100000 * sizeof(int)), i, from, count;
    MPI_Status status;
    uint64_t sum = 0;

    begin(&argc, &argv);
    if (rank > 0)
        for (i = 0; i < COUNT; i++) {
            out[i] = malloc(length_of(i) * sizeof(int));
            fill(out[i], length_of(i) * sizeof(int), rank * 100 + i);
            MPI_Isend(out[i], length_of(i), MPI_INT, 0, i, MPI_COMM_WORLD, &requests[i]);
        }
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank > 0)
        MPI_Waitall(COUNT, requests, MPI_STATUSES_IGNORE);
    else
        for (i = COUNT - 1; i >= 0; i--)
            for (from = 1; from < size; from++) {
                MPI_Recv(in, 100000, MPI_INT, from, i, MPI_COMM_WORLD, &status);
                MPI_Get_count(&status, MPI_INT, &count);
                must(count == length_of(i));
                sum = sum * 31 + checksum(in, count * sizeof(int));
            }
    say("sum %016llx", (unsigned long long)sum);
    return end();
}
