/* Much data, little memory: the resident set must not grow with what was moved.
 *
 *     memory [MEGABYTES]
 *
 * Small and large messages, communicators, types and requests by the thousand.
 * What it prints does not depend on the machine: the growth itself goes to
 * standard error, for the reader. */
#include "../lib/story.h"

static long resident_kb(void)
{
    char line[200];
    long kb = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    if (status)
        fclose(status);
    return kb;
}

static void churn(unsigned char *out, unsigned char *in, long megabytes)
{
    static const int lengths[] = { 1 << 20, 100, 40000, 4 << 20, 0, 9000, 1 << 18 };
    long long left = (long long)megabytes << 20;
    int to = (rank + 1) % size, from = (rank + size - 1) % size, round = 0;
    while (left > 0) {
        int length = lengths[round % 7];
        MPI_Request requests[2];
        MPI_Irecv(in, length, MPI_BYTE, from, round % 50, MPI_COMM_WORLD, &requests[0]);
        MPI_Isend(out, length, MPI_BYTE, to, round % 50, MPI_COMM_WORLD, &requests[1]);
        MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
        if (round % 20 == 0) {
            MPI_Datatype type;
            MPI_Comm comm;
            int sum;
            MPI_Type_vector(10, 1, 3, MPI_INT, &type);
            MPI_Type_commit(&type);
            MPI_Sendrecv(out, 20, type, to, 51, in, 20, type, from, 51, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            MPI_Type_free(&type);
            MPI_Comm_dup(MPI_COMM_WORLD, &comm);
            MPI_Allreduce(&round, &sum, 1, MPI_INT, MPI_SUM, comm);
            MPI_Comm_free(&comm);
        }
        left -= length + 1000;
        round++;
    }
}

int main(int argc, char **argv)
{
    long megabytes, before, after, growth, most;
    unsigned char *out = malloc(4 << 20), *in = malloc(4 << 20);

    begin(&argc, &argv);
    megabytes = argc > 1 ? atol(argv[1]) : 256;
    fill(out, 4 << 20, rank);
    memset(in, 0, 4 << 20);
    churn(out, in, megabytes / 8 + 32);
    MPI_Barrier(MPI_COMM_WORLD);
    before = resident_kb();
    churn(out, in, megabytes);
    MPI_Barrier(MPI_COMM_WORLD);
    after = resident_kb();
    growth = after - before;
    MPI_Reduce(&growth, &most, 1, MPI_LONG, MPI_MAX, 0, MPI_COMM_WORLD);
    if (rank == 0)
        fprintf(stderr, "resident memory after %ld MB: %ld kB, growth at most %ld kB\n", megabytes, after, most);
    say0("%ld MB each way: growth below 16 MB: %d", megabytes, most < 16384);
    return end();
}
