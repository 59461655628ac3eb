//! Layer `mpi`.
