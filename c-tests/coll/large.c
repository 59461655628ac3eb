/* Collectives of megabytes. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    enum { N = 600000 };
    double *in, *out;
    int i;
    begin(&argc, &argv);
    in = malloc((size_t)size * N * sizeof(double));
    out = malloc((size_t)size * N * sizeof(double));
    for (i = 0; i < N * size; i++)
        in[i] = i + 0.5 * rank;
    MPI_Allreduce(in, out, N, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    say("allreduce: %016llx", (unsigned long long)checksum(out, N * sizeof(double)));
    MPI_Allgather(in, N, MPI_DOUBLE, out, N, MPI_DOUBLE, MPI_COMM_WORLD);
    say("allgather: %016llx", (unsigned long long)checksum(out, (size_t)size * N * sizeof(double)));
    MPI_Alltoall(in, N, MPI_DOUBLE, out, N, MPI_DOUBLE, MPI_COMM_WORLD);
    say("alltoall: %016llx", (unsigned long long)checksum(out, (size_t)size * N * sizeof(double)));
    MPI_Bcast(in, N, MPI_DOUBLE, size - 1, MPI_COMM_WORLD);
    say("bcast: %016llx", (unsigned long long)checksum(in, N * sizeof(double)));
    return end();
}
