/* Messages of one sender are received in the order they were sent, whatever
 * their size, mode and the way they are received. */
#include "../lib/story.h"

enum { MESSAGES = 400 };

static int length_of(int number) { return number % 7 == 3 ? 40000 + number : number % 5 == 1 ? 3000 : 1; }

int main(int argc, char **argv)
{
    int number;
    int *words = calloc(MESSAGES + 40000, sizeof(int));

    begin(&argc, &argv);
    if (rank > 0) {
        for (number = 0; number < MESSAGES; number++) {
            words[0] = number;
            if (number % 11 == 5)
                MPI_Ssend(words, length_of(number), MPI_INT, 0, 5, MPI_COMM_WORLD);
            else
                MPI_Send(words, length_of(number), MPI_INT, 0, 5, MPI_COMM_WORLD);
        }
    } else {
        int *next = calloc(size, sizeof(int)), wrong = 0;
        for (number = 0; number < MESSAGES * (size - 1); number++) {
            MPI_Status status;
            int count;
            MPI_Recv(words, MESSAGES + 40000, MPI_INT, number % 3 ? MPI_ANY_SOURCE : 1,
                     number % 2 ? MPI_ANY_TAG : 5, MPI_COMM_WORLD, &status);
            MPI_Get_count(&status, MPI_INT, &count);
            if (words[0] != next[status.MPI_SOURCE] || count != length_of(words[0]))
                wrong++;
            next[status.MPI_SOURCE]++;
            /* Rank 1 may be done: then only the others are left to ask for. */
            if (next[1] == MESSAGES) {
                number++;
                break;
            }
        }
        for (; number < MESSAGES * (size - 1); number++) {
            MPI_Status status;
            MPI_Recv(words, MESSAGES + 40000, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
            if (words[0] != next[status.MPI_SOURCE]++)
                wrong++;
        }
        say("%d messages from each of %d ranks, %d out of order", MESSAGES, size - 1, wrong);
    }
    return end();
}
