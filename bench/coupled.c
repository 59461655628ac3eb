/* A coupled climate model in small: an atmosphere and an ocean, each with its
 * own exchange of halos in every step, coupled through the surface now and then.
 * After the experiment of Foster et al. (Nexus, 1996): which of the two kinds of
 * communication has to be secure?
 *
 *     coupled [DAYS]
 *
 * An even number of ranks: the first half is the atmosphere, the second the
 * ocean. Communicators are named "atmosphere", "ocean" and "coupler", so that a
 * policy can tell them apart. Prints the time of a simulated day and, to standard
 * error and for the reader, a sum over both components that any MPI must reproduce
 * to the last bit. */
#include "lib.h"

enum { LAYERS = 18, LONGITUDES = 128, LATITUDES = 16, STEPS_A_DAY = 72, COUPLE_EVERY = 6 };

static double field[LATITUDES + 2][LAYERS][LONGITUDES];
static double other_surface[LATITUDES][LONGITUDES];

/* The rows at the edges of this rank's band of latitudes, with its neighbours'. */
static void halos(MPI_Comm component, int place, int places)
{
    int north = place > 0 ? place - 1 : MPI_PROC_NULL;
    int south = place < places - 1 ? place + 1 : MPI_PROC_NULL;
    int count = LAYERS * LONGITUDES;
    MPI_Sendrecv(field[1], count, MPI_DOUBLE, north, 1, field[LATITUDES + 1], count, MPI_DOUBLE,
                 south, 1, component, MPI_STATUS_IGNORE);
    MPI_Sendrecv(field[LATITUDES], count, MPI_DOUBLE, south, 2, field[0], count, MPI_DOUBLE, north,
                 2, component, MPI_STATUS_IGNORE);
}

/* Some arithmetic for every point: diffusion along the layers and latitudes. */
static void advance(double pace)
{
    int latitude, layer, longitude;
    for (latitude = 1; latitude <= LATITUDES; latitude++)
        for (layer = 0; layer < LAYERS; layer++) {
            int below = layer > 0 ? layer - 1 : 0, above = layer < LAYERS - 1 ? layer + 1 : layer;
            for (longitude = 0; longitude < LONGITUDES; longitude++) {
                double here = field[latitude][layer][longitude];
                double around = field[latitude - 1][layer][longitude] +
                                field[latitude + 1][layer][longitude] +
                                field[latitude][below][longitude] + field[latitude][above][longitude];
                field[latitude][layer][longitude] = here + pace * (around - 4 * here);
            }
        }
}

/* The surfaces of a band of the atmosphere and the ocean below it. */
static void couple(MPI_Comm coupler, int partner)
{
    int latitude, longitude;
    double mine[LATITUDES][LONGITUDES];
    for (latitude = 0; latitude < LATITUDES; latitude++)
        memcpy(mine[latitude], field[latitude + 1][0], sizeof mine[latitude]);
    MPI_Sendrecv(mine, LATITUDES * LONGITUDES, MPI_DOUBLE, partner, 3, other_surface,
                 LATITUDES * LONGITUDES, MPI_DOUBLE, partner, 3, coupler, MPI_STATUS_IGNORE);
    for (latitude = 0; latitude < LATITUDES; latitude++)
        for (longitude = 0; longitude < LONGITUDES; longitude++)
            field[latitude + 1][0][longitude] +=
                0.01 * (other_surface[latitude][longitude] - mine[latitude][longitude]);
}

int main(int argc, char **argv)
{
    int days, day, now, half, is_ocean, place, latitude, layer, longitude;
    double *times, sum = 0, energy, all;
    MPI_Comm component, coupler;

    begin(&argc, &argv);
    days = argc > 1 ? atoi(argv[1]) : 5;
    half = size / 2;
    if (size % 2 || days < 1) {
        fprintf(stderr, "usage: coupled [DAYS], with an even number of ranks\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    is_ocean = rank >= half;
    MPI_Comm_split(MPI_COMM_WORLD, is_ocean, rank, &component);
    MPI_Comm_set_name(component, is_ocean ? "ocean" : "atmosphere");
    MPI_Comm_dup(MPI_COMM_WORLD, &coupler);
    MPI_Comm_set_name(coupler, "coupler");
    MPI_Comm_rank(component, &place);
    times = memory(days * sizeof(double));

    for (latitude = 0; latitude < LATITUDES + 2; latitude++)
        for (layer = 0; layer < LAYERS; layer++)
            for (longitude = 0; longitude < LONGITUDES; longitude++)
                field[latitude][layer][longitude] =
                    280 + (is_ocean ? 4 : 20) * ((place * LATITUDES + latitude + 3 * layer + longitude) % 17);

    MPI_Barrier(MPI_COMM_WORLD);
    for (day = 0; day < days; day++) {
        double start = MPI_Wtime();
        for (now = 0; now < STEPS_A_DAY; now++) {
            halos(component, place, half);
            advance(is_ocean ? 0.02 : 0.08);
            if (now % COUPLE_EVERY == COUPLE_EVERY - 1)
                couple(coupler, (rank + half) % size);
        }
        energy = field[LATITUDES / 2][LAYERS / 2][day % LONGITUDES];
        MPI_Allreduce(&energy, &all, 1, MPI_DOUBLE, MPI_MAX, component);
        times[day] = MPI_Wtime() - start;
    }
    MPI_Reduce(rank == 0 ? MPI_IN_PLACE : times, times, days, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
    print_times("coupled", STEPS_A_DAY, times, days);

    for (latitude = 1; latitude <= LATITUDES; latitude++)
        for (layer = 0; layer < LAYERS; layer++)
            for (longitude = 0; longitude < LONGITUDES; longitude++)
                sum += field[latitude][layer][longitude];
    /* In rank order, so that the rounding is the same in every library. */
    if (rank == 0) {
        int from;
        for (from = 1; from < size; from++) {
            double part;
            MPI_Recv(&part, 1, MPI_DOUBLE, from, 4, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            sum += part;
        }
        fprintf(stderr, "coupled: sum %.17g\n", sum);
    } else {
        MPI_Send(&sum, 1, MPI_DOUBLE, 0, 4, MPI_COMM_WORLD);
    }
    MPI_Comm_free(&component);
    MPI_Comm_free(&coupler);
    return end();
}
