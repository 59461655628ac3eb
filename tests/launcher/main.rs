//! `mpiexec` as its users see it: small shell programs as ranks, two "hosts"
//! that are this one behind a stand-in for ssh. No MPI library is needed, but
//! for the stories that say so.

mod ends;
mod output;
mod placement;
mod run;
