/* MPI_MAXLOC and MPI_MINLOC: ties go to the lowest place, at every root. */
#include "../lib/story.h"

struct pair { double value; int place; };

int main(int argc, char **argv)
{
    struct pair in[100], out[100];
    int i, root;

    begin(&argc, &argv);
    memset(in, 0, sizeof in);
    for (i = 0; i < 100; i++) {
        in[i].value = i % 3 == 0 ? 1.5 : (i * 7 + rank * 13) % 5;
        in[i].place = rank;
    }
    for (root = 0; root < size; root++) {
        int sum = 0;
        MPI_Reduce(in, out, 100, MPI_DOUBLE_INT, MPI_MINLOC, root, MPI_COMM_WORLD);
        for (i = 0; i < 100; i++)
            sum += out[i].place * i;
        if (rank == root)
            say("root %d: places %d, tie at %d", root, sum, out[0].place);
    }
    return end();
}
