/* Splits of splits: rows, columns and a diagonal of a square of ranks. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    MPI_Comm row, column, corner;
    int side = 2, value, sums[2], color;

    begin(&argc, &argv);
    MPI_Comm_split(MPI_COMM_WORLD, rank / side, rank, &row);
    MPI_Comm_split(MPI_COMM_WORLD, rank % side, rank, &column);
    value = 1 << rank;
    MPI_Allreduce(&value, &sums[0], 1, MPI_INT, MPI_BOR, row);
    MPI_Allreduce(&value, &sums[1], 1, MPI_INT, MPI_BOR, column);
    say("row %d column %d", sums[0], sums[1]);
    color = rank % side == 0 ? 0 : MPI_UNDEFINED;
    MPI_Comm_split(row, color, 0, &corner);
    say("corner: %d", corner != MPI_COMM_NULL);
    if (corner != MPI_COMM_NULL)
        MPI_Comm_free(&corner);
    MPI_Comm_free(&row);
    MPI_Comm_free(&column);
    return end();
}
