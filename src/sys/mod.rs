//! Layer `sys`: the operating system, wrapped so that the layers above need no
//! unsafe for it. No protocol and no policy here.

/// The end of the process.
pub mod exit;
/// Host identity, addresses, processors.
pub mod host;
/// Memory for secrets.
pub mod locked;
/// Transform modules in C, loaded at run time.
pub mod module;
/// Nonblocking TCP sockets.
pub mod net;
/// What the dynamic linker has loaded.
pub mod objects;
/// The PMIx client library, opened at run time.
pub mod pmix;
/// Files that decide over security.
pub mod policy_file;
/// Readiness and waking.
pub mod poll;
/// The parts of the host this process runs on.
pub mod processors;
/// This process and its children.
pub mod process;
/// The memory of other processes.
pub mod process_memory;
/// Memory between processes of one host.
pub mod shared_memory;
/// The system's log.
pub mod syslog;
/// Threads that take no signals.
pub mod thread;
/// Unix sockets, credentials, descriptors handed over.
pub mod unix;
