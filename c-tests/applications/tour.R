# A tour of Rmpi: numbers, objects, and waiting for each other. Rank 0 prints.
library(Rmpi, quietly = TRUE)

rank <- mpi.comm.rank(0)
size <- mpi.comm.size(0)
# All ranks evaluate what is said.
say <- function(...) {
  words <- list(...)
  if (rank == 0) do.call(cat, c(words, "\n"))
}

say("ranks", size)
say("sum", mpi.allreduce(c(rank, 1), type = 2, op = "sum", comm = 0))
say("most", mpi.reduce(as.integer(rank * 3), type = 1, op = "max", dest = 0, comm = 0))
say("all", mpi.allgather(rank + 0.5, type = 2, rdata = double(size), comm = 0))
say("scattered", mpi.scatter(as.integer(1:size), type = 1, rdata = integer(1), root = 0, comm = 0))

# Objects are serialized.
mine <- list(rank = rank, text = paste(rep("x", rank), collapse = ""))
everybody <- mpi.gather.Robj(mine, root = 0, comm = 0)
if (rank == 0)
  for (i in seq_len(size)) cat("object", everybody[[1, i]], nchar(everybody[[2, i]]), "\n")
shared <- mpi.bcast.Robj(if (rank == 0) letters[1:3] else NULL, rank = 0, comm = 0)
if (rank == size - 1) mpi.send.Robj(shared, dest = 0, tag = 3, comm = 0)
if (rank == 0) cat("received", mpi.recv.Robj(source = size - 1, tag = 3, comm = 0), "\n")

# Large ones too.
large <- matrix(rank + 1:1e5 / 7, 100)
total <- mpi.allreduce(c(large), type = 2, op = "sum", comm = 0)
say("large", length(total), format(sum(total), digits = 15))

invisible(mpi.barrier(0))
say("done")
invisible(mpi.finalize())
