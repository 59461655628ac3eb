/* MPI_Sendrecv_replace of types with gaps, of long messages, with nobody on one
 * side, and from a longer message than comes back. */
#include "../lib/story.h"

enum { ROWS = 300, COLUMNS = 70, MANY = 300000 };

static int grid[ROWS][COLUMNS];

int main(int argc, char **argv)
{
    int to, from, i, j, count;
    int *many = malloc(MANY * sizeof(int));
    MPI_Datatype column, triple;
    MPI_Status status;
    static const int lengths[] = { 1, 3 }, places[] = { 0, 2 };

    begin(&argc, &argv);
    to = (rank + 1) % size;
    from = (rank + size - 1) % size;

    /* Columns of a matrix; what lies between stays as it is. */
    MPI_Type_vector(ROWS, 2, COLUMNS, MPI_INT, &column);
    MPI_Type_commit(&column);
    for (i = 0; i < ROWS; i++)
        for (j = 0; j < COLUMNS; j++)
            grid[i][j] = rank * 1000000 + i * 100 + j;
    MPI_Sendrecv_replace(&grid[0][5], 1, column, to, 1, from, 1, MPI_COMM_WORLD, &status);
    say("columns: %d %d, beside them %d %d, sum %016llx", grid[7][5], grid[ROWS - 1][6], grid[7][4],
        grid[7][7], (unsigned long long)checksum(grid, sizeof grid));
    MPI_Get_elements(&status, column, &count);
    say("columns: %d ints from %d", count, status.MPI_SOURCE);

    /* Many small items with gaps, more than travels at once. */
    MPI_Type_indexed(2, lengths, places, MPI_INT, &triple);
    MPI_Type_commit(&triple);
    for (i = 0; i < MANY; i++)
        many[i] = rank * 1000000 + i;
    MPI_Sendrecv_replace(many, MANY / 5, triple, to, 2, from, 2, MPI_COMM_WORLD, &status);
    say("triples: %d %d %d %d %d, sum %016llx", many[0], many[1], many[2], many[3], many[4],
        (unsigned long long)checksum(many, MANY * sizeof(int)));

    /* Dense and long. */
    fill(many, MANY * sizeof(int), (uint64_t)rank);
    MPI_Sendrecv_replace(many, MANY, MPI_INT, to, 3, from, 3, MPI_COMM_WORLD, &status);
    say("long: sum %016llx", (unsigned long long)checksum(many, MANY * sizeof(int)));

    /* The ends of a line have nobody there. */
    for (i = 0; i < 4; i++)
        many[i] = rank * 10 + i;
    MPI_Sendrecv_replace(many, 4, MPI_INT, rank + 1 < size ? rank + 1 : MPI_PROC_NULL, 4,
                         rank > 0 ? rank - 1 : MPI_PROC_NULL, 4, MPI_COMM_WORLD, &status);
    say("line: %d %d", many[0], many[3]);
    say_status("line", &status, MPI_INT);

    /* With oneself. */
    MPI_Sendrecv_replace(many, 4, MPI_INT, rank, 5, rank, 5, MPI_COMM_WORLD, &status);
    say("self: %d %d", many[0], many[3]);
    MPI_Type_free(&column);
    MPI_Type_free(&triple);
    return end();
}
