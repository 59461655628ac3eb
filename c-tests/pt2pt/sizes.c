/* Sizes around every power of two, to 4 MiB, there and back. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    enum { MOST = (4 << 20) + 1 };
    unsigned char *bytes = malloc(MOST), *expected = malloc(MOST);
    int power, offset, messages = 0;
    long long total = 0;

    begin(&argc, &argv);
    for (power = 0; power <= 22; power++)
        for (offset = -1; offset <= 1; offset++) {
            int length = (1 << power) + offset, count;
            MPI_Status status;
            fill(expected, length, power * 3 + offset);
            if (rank == 0) {
                MPI_Send(expected, length, MPI_BYTE, 1, power, MPI_COMM_WORLD);
                memset(bytes, 0, length);
                MPI_Recv(bytes, MOST, MPI_BYTE, 1, power, MPI_COMM_WORLD, &status);
                MPI_Get_count(&status, MPI_BYTE, &count);
                must(count == length && memcmp(bytes, expected, length) == 0);
            } else if (rank == 1) {
                MPI_Recv(bytes, MOST, MPI_BYTE, 0, power, MPI_COMM_WORLD, &status);
                MPI_Get_count(&status, MPI_BYTE, &count);
                must(count == length && memcmp(bytes, expected, length) == 0);
                MPI_Ssend(bytes, length, MPI_BYTE, 0, power, MPI_COMM_WORLD);
            }
            messages++;
            total += length;
        }
    say("%d messages of %lld bytes in all, there and back", messages, total);
    return end();
}
