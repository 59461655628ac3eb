/* Memory from MPI_Alloc_mem carries messages; addresses can be computed with. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    double *block;
    MPI_Aint first, third;
    int i;

    begin(&argc, &argv);
    MPI_Alloc_mem(1000 * sizeof(double), MPI_INFO_NULL, &block);
    for (i = 0; i < 1000; i++)
        block[i] = rank == 0 ? i * 0.5 : -1;
    MPI_Get_address(&block[0], &first);
    MPI_Get_address(&block[3], &third);
    say("three doubles apart: %d, by function: %d", (int)(third - first), (int)MPI_Aint_diff(third, first));
    must(MPI_Aint_add(first, 24) == third);
    if (rank == 0)
        MPI_Send(block, 1000, MPI_DOUBLE, 1, 3, MPI_COMM_WORLD);
    if (rank == 1)
        MPI_Recv(block, 1000, MPI_DOUBLE, 0, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    say("checksum %016llx", (unsigned long long)checksum(block, 8000));
    MPI_Free_mem(block);
    return end();
}
