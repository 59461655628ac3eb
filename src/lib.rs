//! # mpi-secure
//!
//! An MPI library that encrypts every byte it puts on a socket. The list of
//! modules below is written in dependency order and *is* the architecture: a
//! module uses only modules above it in this list (a test reads the imports).

/// What the caller's binary expects: ABI, handles, the row macro, the process.
pub mod abi;
/// Moves `(header, payload)` between processes: TCP, loopback, simulation.
pub mod channel;
/// Collective algorithms as schedules over the engine.
pub mod coll;
/// Matching, protocols, requests, progress.
pub mod engine;
/// Job control: `mpiexec` and its servers.
pub mod launch;
/// The chapters of the MPI standard: one row per function.
pub mod mpi;
/// What MPI handles name: datatypes, operations, groups, communicators.
pub mod object;
/// Wire-up: how a rank learns who it is and where the others listen.
pub mod pmi;
/// Policy, link handshake, record layer. No I/O, no clock, no unsafe.
pub mod secure;
/// Sockets, epoll, host facts, process control, locked-down files.
pub mod sys;
