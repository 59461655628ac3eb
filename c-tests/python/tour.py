"""A tour of mpi4py that prints the same under every MPI library, on rank 0:
objects, arrays, collectives, derived types, operations of our own, errors."""

import numpy
from mpi4py import MPI

world = MPI.COMM_WORLD
rank, size = world.rank, world.size


def say(*words):
    if rank == 0:
        print(*words, flush=True)


say("ranks", size, "threads", MPI.Query_thread() == MPI.THREAD_MULTIPLE)

# Objects are pickled, and their length is probed for.
right, left = (rank + 1) % size, (rank - 1) % size
given = {"from": rank, "text": "x" * (10**5 + rank), "list": list(range(rank))}
status = MPI.Status()
got = world.sendrecv(given, dest=right, source=left, status=status)
say("ring", got["from"], len(got["text"]), got["list"], status.source == left)
say("gathered", world.gather({rank: rank**2}, root=0))
say("alltoall", world.alltoall([(rank, other) for other in range(size)]))
say("reduced", world.allreduce({rank}, op=lambda a, b, t=None: a | b))
say("broadcast", world.bcast(["list", 1, None] if rank == size - 1 else None, root=size - 1))

# Arrays travel as they lie in memory.
mine = numpy.arange(6, dtype="d") * (rank + 1)
total = numpy.empty(6)
world.Allreduce(mine, total, op=MPI.SUM)
say("sum", total.tolist())
table = numpy.empty((size, 6))
world.Allgather(mine, table)
say("table", table[-1].tolist())
counts = [other + 1 for other in range(size)]
flat = numpy.empty(sum(counts), dtype="i")
world.Allgatherv(numpy.full(rank + 1, rank, dtype="i"), [flat, counts])
say("ragged", flat.tolist())

requests = [world.Irecv(numpy.empty(3, "i"), source=left, tag=tag) for tag in range(4)]
requests += [world.Isend(numpy.full(3, tag, "i"), dest=right, tag=tag) for tag in range(4)]
MPI.Request.Waitall(requests)
request = world.Iallreduce(mine, total, op=MPI.MAX)
request.Wait()
say("maximum", total.tolist())

# A column of a matrix, and what it becomes in a row.
column = MPI.DOUBLE.Create_vector(4, 1, 4).Commit()
matrix = numpy.arange(16, dtype="d").reshape(4, 4) + 100 * rank
row = numpy.empty(4)
world.Sendrecv([matrix, 1, column], dest=right, recvbuf=row, source=left)
say("column", row.tolist())
column.Free()


# Of two functions x -> ax + b the one after the other.
def compose(a, b, datatype):
    one, other = (numpy.frombuffer(memory, dtype="i") for memory in (a, b))
    other[:] = [one[0] * other[0], one[1] * other[0] + other[1]]


op = MPI.Op.Create(compose, commute=False)
out = numpy.empty(2, "i")
world.Scan(numpy.array([2, rank + 1], "i"), out, op=op)
say("scan", world.gather(out.tolist(), root=0))
op.Free()

# Communicators, their attributes and topologies.
half = world.Split(color=rank % 2, key=-rank)
say("half", half.size, half.rank, half.allgather(rank))
half.Free()
grid = world.Create_cart(MPI.Compute_dims(size, 2), periods=[True, False])
say("grid", grid.dims, grid.coords, grid.Shift(0, 1))
grid.Free()
key = MPI.Comm.Create_keyval(copy_fn=lambda comm, key, value: value + 1)
copy = world.Dup() if world.Set_attr(key, 41) is None else None
say("attribute", copy.Get_attr(key))
copy.Free()

# Errors are exceptions.
try:
    world.Send(mine, dest=size + 7)
except MPI.Exception as error:
    say("exception", error.Get_error_class() == MPI.ERR_RANK)
try:
    world.Sendrecv(numpy.zeros(9, "b"), dest=right, recvbuf=numpy.zeros(2, "b"), source=left)
except MPI.Exception as error:
    say("exception", error.Get_error_class() == MPI.ERR_TRUNCATE)
world.Barrier()
say("done")
