//! # mpi-secure: the map
//!
//! `libmpisecure.so` is an MPI library that encrypts every byte it puts on a
//! socket. Programs built for MPICH, for Open MPI or for the standard ABI of
//! MPI-5.0 use it unchanged. This page is for engineers; the README is for
//! users, `docs/security.md` for auditors.
//!
//! ## Layers
//! The list of modules at the end of this file is written in dependency order,
//! from the ground up, and *is* the architecture: a module uses only modules
//! above it in the list (`tests/architecture.rs` reads the imports).
//!
//! ```text
//!   C or Fortran program, Python (mpi4py)               operator
//!               | MPI_*  PMPI_*  mpi_*_                     | mpiexec, mpi-secure
//!   +-----------v-------------------------------+   +-------v-------------+
//!   | mpi     chapters of the standard          |   | launch  job control |
//!   | abi     what the caller's binary expects  |   | bin/*   mains       |
//!   +-------------------------------------------+   +-------+-------------+
//!   | coll    collective algorithms             |           |
//!   | engine  matching, protocols, progress     |           |
//!   | object  comm group datatype request op    |           |
//!   +-------------------------------------------+           |
//!   | channel TCP, shared memory, loopback      |  bytes only: no MPI words
//!   | secure  policy, handshake, record layer   |           |
//!   +-------------------------------------------+           |
//!   | pmi     wire-up: PMI-1, PMIx, singleton   |<----------+
//!   | sys     sockets, epoll, files, processes  |<----------+
//!   +-------------------------------------------+
//! ```
//!
//! What has to flow upward does so through traits that the lower layer defines
//! and the upper one implements: the channel delivers to a [`channel::Sink`]
//! (the engine), reductions and attribute callbacks of the application are
//! traits of `object` implemented in `abi`, nonblocking collectives are
//! [`engine::Task`]s.
//!
//! ## Life of a message
//! ```text
//! MPI_Send -> Outbound::send -> Engine::send -> Tcp::send -> Sealer::seal -> send(2)
//!             decode, envelope  credit, match   one frame    FROM user memory
//!                                                            INTO the send queue: the only copy
//! Tcp::poll -> Opener::open -> Sink::deliver -> Buffer::unpack -> request complete
//! recv(2),     verify, decrypt  match envelope  into user memory
//! cut frames   in place
//! ```
//! Messages up to 64 KiB travel with their envelope (eager) as long as the
//! receiver's credit lasts; longer ones are announced, cleared and then
//! streamed in pieces (rendezvous), or fetched by the receiver from the sender's
//! memory where both are in one host. See `engine::vci` for the protocol.
//!
//! ## Invariants
//! 1. Every byte written to a TCP socket is a sealed frame or a handshake
//!    message: a socket takes nothing but [`secure::Wire`], which only `secure`
//!    can make.
//! 2. No MPI vocabulary below `object`; `channel` moves `(header, payload)`. The
//!    policy's rules name communicators and tags, and only the engine reads them.
//! 3. No globals below `abi`. The process is `abi::Process`; everything below
//!    gets a reference, and a test holds a whole job in one process.
//! 4. No callback of the application runs under one of our locks.
//! 5. The library never calls an exported `MPI_*` function of its own, so that
//!    profilers see no ghosts; both `MPI_*` and `PMPI_*` are exported.
//! 6. Everything that queues has a named bound beside its declaration.
//! 7. A policy can only be narrowed: no environment variable relaxes it.
//! 8. A security failure ends the job with one line; it never degrades.
//! 9. `unsafe` stands in `abi`, `sys`, `channel::shm::ring`, `object::buffer`
//!    and `object::reduce` only (the same test reads the sources).
//!
//! ## Decisions that are not obvious
//! - **One `.so`, three ABIs.** Handles travel as machine words in all of them,
//!   so one exported function serves all; `abi::detect` finds out whose caller
//!   it is and `abi::kind` decodes each argument for it. Inside, a handle is
//!   [`object::Handle`], in MPICH's bit layout.
//! - **Fortran has no code per function.** Its names, in all manglings and of
//!   both families, are labels that lead with the function's row to one
//!   interpreter (`abi::fortran`), which makes the words C would have passed;
//!   `build.rs` reads the rows to print them. The body is C's.
//! - **Context ids are 64 bits and never reused**: the rank that becomes 0 of a
//!   new communicator proposes one of its own numbers, which travels with what
//!   the constructor exchanges anyway. No id is ever negotiated or runs out.
//! - **The receiver judges security contexts** (`engine::guard`): one link may
//!   have weaker ones beside its own, so a message is held against the policy
//!   when it meets its receive, not when its frame opens.
//! - **A thread of its own answers the door** (`channel::tcp::porter`): calls,
//!   handshakes and strangers cost a computing rank nothing and never wait for
//!   it. Established links belong to the engine's threads.
//! - **Small packets of a burst share a frame and a system call**
//!   (`channel::tcp::draft`); a lone one leaves at once, and a tail that the
//!   program does not flush by calling MPI is sent by a thread (`engine::tail`).
//! - **Links within a host are links** (`channel::shm`): the handshake of TCP on a
//!   Unix socket, then memory instead of the socket. One table, one account, one
//!   way to end.
//! - **Waiting** (`engine::turn`): one thread leads and polls for all, spins as
//!   long as spinning has proved useful and nobody else wants the core, lets
//!   others run between its looks when that takes longer, and sleeps in epoll.
//!   The kernel is asked for short turns (`sys::thread`), so that a rank which
//!   wakes beside somebody who computes does not wait for the end of a slice.
//! - **Collectives are schedules** (`coll::schedule`): blocking, nonblocking and
//!   persistent forms run the same steps through one executor. Where ranks
//!   share hosts, a leader speaks for each host (`coll::by_host`), so that a
//!   byte is sealed as few times as can be.
//! - **An intercommunicator is one context**: its two sides see their messages
//!   in it, and what stays on a side carries a bit in its source.
//! - **The launcher's control links** are the standard input and output of the
//!   remote shell (`launch`): no port, no key to hand over, and ssh protects
//!   them as it protects the command itself.

/// Sockets, epoll, host facts, process control, locked-down files.
pub mod sys;
/// Wire-up: how a rank learns who it is and where the others listen.
pub mod pmi;
/// Policy, link handshake, record layer. No I/O of its own, no unsafe.
pub mod secure;
/// Moves `(header, payload)` between processes: TCP, loopback, simulation.
pub mod channel;
/// What MPI handles name: datatypes, operations, groups, communicators.
pub mod object;
/// Matching, protocols, requests, progress.
pub mod engine;
/// Collective algorithms as schedules over the engine.
pub mod coll;
/// What the caller's binary expects: ABI, handles, the row macro, the process.
pub mod abi;
/// The chapters of the MPI standard: one row per function.
pub mod mpi;
/// Job control: `mpiexec` and its agents.
pub mod launch;
