// The C++ bindings that MPI-3.0 removed: classes over the C functions, which
// libraries of the stock MPIs still hold. With the argument "op" it also uses an
// operation written in C++.
#include <cstring>
#include <iostream>
#include <mpi.h>

static void largest(const void *in, void *inout, int count, const MPI::Datatype &)
{
    const int *from = static_cast<const int *>(in);
    int *into = static_cast<int *>(inout);
    for (int i = 0; i < count; i++)
        if (from[i] > into[i])
            into[i] = from[i];
}

int main(int argc, char **argv)
{
    MPI::Init(argc, argv);
    const int rank = MPI::COMM_WORLD.Get_rank(), size = MPI::COMM_WORLD.Get_size();
    const int right = (rank + 1) % size, left = (rank + size - 1) % size;

    int token = 0;
    MPI::Status status;
    if (rank == 0) {
        token = 100;
        MPI::COMM_WORLD.Send(&token, 1, MPI::INT, right, 7);
        MPI::COMM_WORLD.Recv(&token, 1, MPI::INT, left, 7, status);
        std::cout << "ring " << token - size << " " << status.Get_count(MPI::INT) << std::endl;
    } else {
        MPI::COMM_WORLD.Recv(&token, 1, MPI::INT, left, MPI::ANY_TAG, status);
        token++;
        MPI::COMM_WORLD.Send(&token, 1, MPI::INT, right, status.Get_tag());
    }

    double mine[2] = {1.0 * rank, 1}, sum[2];
    MPI::COMM_WORLD.Allreduce(mine, sum, 2, MPI::DOUBLE, MPI::SUM);
    if (rank == 0)
        std::cout << "sum " << sum[0] * 2 / (size - 1) / size << " " << sum[1] - size << std::endl;

    if (argc > 1 && std::strcmp(argv[1], "op") == 0) {
        MPI::Op op;
        op.Init(largest, true);
        int value = rank * 3, most;
        MPI::COMM_WORLD.Reduce(&value, &most, 1, MPI::INT, op, 0);
        op.Free();
        if (rank == 0)
            std::cout << "largest " << most - 3 * size << std::endl;
    }

    MPI::Datatype pair = MPI::INT.Create_contiguous(2);
    pair.Commit();
    MPI::Intracomm half = MPI::COMM_WORLD.Split(rank % 2, rank);
    int pairs[2] = {half.Get_rank(), half.Get_size()};
    half.Bcast(pairs, 1, pair, 0);
    if (rank == 0)
        std::cout << "pair " << pairs[0] << std::endl;
    half.Free();
    pair.Free();

    MPI::Cartcomm grid = MPI::COMM_WORLD.Create_cart(1, &size, new bool[1]{true}, false);
    MPI::Request request = grid.Isend(&rank, 1, MPI::INT, right, 3);
    int got = -1;
    grid.Recv(&got, 1, MPI::INT, left, 3);
    request.Wait();
    if (rank == 0)
        std::cout << "grid " << got - size << " " << grid.Get_dim() << std::endl;
    grid.Free();
    MPI::Finalize();
    return 0;
}
