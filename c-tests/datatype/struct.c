/* Structures with padding, of several types, in arrays, by absolute address. */
#include "../lib/layout.h"

struct particle { char kind; double place[3]; int charge; short flags; };

int main(int argc, char **argv)
{
    struct particle particles[100], probe;
    MPI_Datatype types[4] = { MPI_CHAR, MPI_DOUBLE, MPI_INT, MPI_SHORT }, particle, array_of, absolute;
    int lengths[4] = { 1, 3, 1, 1 }, i, wrong = 0;
    MPI_Aint places[4], start;
    int number = 0;
    double real = 0;

    begin(&argc, &argv);
    MPI_Get_address(&probe, &start);
    MPI_Get_address(&probe.kind, &places[0]);
    MPI_Get_address(&probe.place, &places[1]);
    MPI_Get_address(&probe.charge, &places[2]);
    MPI_Get_address(&probe.flags, &places[3]);
    for (i = 0; i < 4; i++)
        places[i] = MPI_Aint_diff(places[i], start);
    MPI_Type_create_struct(4, lengths, places, types, &particle);
    MPI_Type_commit(&particle);
    say_type("particle", particle);
    MPI_Type_create_resized(particle, 0, sizeof probe, &array_of);
    MPI_Type_commit(&array_of);
    say_type("particle in arrays", array_of);
    memset(particles, 0, sizeof particles);
    if (rank == 0) {
        for (i = 0; i < 100; i++) {
            particles[i].kind = 'a' + i % 26;
            particles[i].place[0] = i;
            particles[i].place[2] = -i / 3.0;
            particles[i].charge = 1000 - i;
            particles[i].flags = (short)(i * i);
        }
        MPI_Send(particles, 100, array_of, 1, 0, MPI_COMM_WORLD);
    } else {
        MPI_Status status;
        int count;
        MPI_Recv(particles, 100, array_of, 0, 0, MPI_COMM_WORLD, &status);
        MPI_Get_count(&status, array_of, &count);
        for (i = 0; i < 100; i++)
            wrong += particles[i].kind != 'a' + i % 26 || particles[i].place[0] != i
                  || particles[i].place[2] != -i / 3.0 || particles[i].charge != 1000 - i
                  || particles[i].flags != (short)(i * i);
        say("%d particles, %d wrong, checksum %016llx", count, wrong,
            (unsigned long long)checksum(particles, sizeof particles));
    }
    exchange("particles", array_of, 50, 50 * sizeof(struct particle), 0);

    /* From absolute addresses, with MPI_BOTTOM. */
    MPI_Get_address(&number, &places[0]);
    MPI_Get_address(&real, &places[1]);
    types[0] = MPI_INT;
    types[1] = MPI_DOUBLE;
    lengths[0] = lengths[1] = 1;
    MPI_Type_create_struct(2, lengths, places, types, &absolute);
    MPI_Type_commit(&absolute);
    if (rank == 0) {
        number = 31;
        real = 2.5;
        MPI_Send(MPI_BOTTOM, 1, absolute, 1, 0, MPI_COMM_WORLD);
    } else
        MPI_Recv(MPI_BOTTOM, 1, absolute, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    say("by address: %d %.1f", number, real);
    MPI_Type_free(&particle);
    MPI_Type_free(&array_of);
    MPI_Type_free(&absolute);
    return end();
}
