/* Heat spreading over a plate, its rows divided among the ranks.
 *
 *     heat [WIDTH HEIGHT STEPS]
 *
 * An ordinary MPI program. Neighbours exchange their border rows; each such
 * message is followed by a note that carries a canary text, which whoever
 * watches the wire can look for. */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANARY "CANARY-the-plate-glows-in-the-dark-7f3a"

int main(int argc, char **argv)
{
    int rank, size, width = 72, height = 48, steps = 400, rows, first, x, y, step, up, down;
    double *now, *then, *plate = NULL;
    int *counts, *places;
    char note[64], heard[64];

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (argc > 3) {
        width = atoi(argv[1]);
        height = atoi(argv[2]);
        steps = atoi(argv[3]);
    }
    rows = height / size + (rank < height % size);
    first = height / size * rank + (rank < height % size ? rank : height % size);
    up = rank > 0 ? rank - 1 : MPI_PROC_NULL;
    down = rank + 1 < size ? rank + 1 : MPI_PROC_NULL;
    now = calloc((size_t)(rows + 2) * width, sizeof(double));
    then = calloc((size_t)(rows + 2) * width, sizeof(double));
    snprintf(note, sizeof note, "%s", CANARY);

    for (step = 0; step < steps; step++) {
        MPI_Request requests[4];
        double *swap;
        MPI_Irecv(now, width, MPI_DOUBLE, up, 1, MPI_COMM_WORLD, &requests[0]);
        MPI_Irecv(now + (size_t)(rows + 1) * width, width, MPI_DOUBLE, down, 2, MPI_COMM_WORLD, &requests[1]);
        MPI_Isend(now + width, width, MPI_DOUBLE, up, 2, MPI_COMM_WORLD, &requests[2]);
        MPI_Isend(now + (size_t)rows * width, width, MPI_DOUBLE, down, 1, MPI_COMM_WORLD, &requests[3]);
        MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
        memset(heard, 0, sizeof heard);
        MPI_Sendrecv(note, sizeof note, MPI_CHAR, down, 3, heard, sizeof heard, MPI_CHAR, up, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Sendrecv(note, sizeof note, MPI_CHAR, up, 4, heard, sizeof heard, MPI_CHAR, down, 4, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        for (y = 1; y <= rows; y++)
            for (x = 0; x < width; x++) {
                double left = x > 0 ? now[y * width + x - 1] : 0, right = x + 1 < width ? now[y * width + x + 1] : 0;
                double above = now[(y - 1) * width + x], below = now[(y + 1) * width + x];
                then[y * width + x] = 0.25 * (left + right + above + below);
                /* Two flames, one in each half of the plate. */
                if ((first + y - 1 == height / 4 && x == width / 3) || (first + y - 1 == 3 * height / 4 && x == 2 * width / 3))
                    then[y * width + x] = 100;
            }
        swap = now;
        now = then;
        then = swap;
    }

    counts = malloc(size * sizeof(int));
    places = malloc(size * sizeof(int));
    x = rows * width;
    MPI_Gather(&x, 1, MPI_INT, counts, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (rank == 0) {
        for (x = 0, y = 0; x < size; x++) {
            places[x] = y;
            y += counts[x];
        }
        plate = malloc((size_t)width * height * sizeof(double));
    }
    MPI_Gatherv(now + width, rows * width, MPI_DOUBLE, plate, counts, places, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    if (rank == 0) {
        static const char shades[] = " .:-=+*#%@";
        double sum = 0;
        for (y = 0; y < height; y += 4) {
            for (x = 0; x < width; x += 2) {
                double warm = plate[y * width + x];
                int shade = (int)(sqrt(warm) * 1.2);
                putchar(shades[shade > 9 ? 9 : shade]);
            }
            putchar('\n');
        }
        for (x = 0; x < width * height; x++)
            sum += plate[x];
        printf("%d x %d plate, %d steps: mean temperature %.4f\n", width, height, steps, sum / (width * height));
    }
    MPI_Finalize();
    return 0;
}
