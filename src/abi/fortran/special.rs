//! Fortran's special addresses. `MPI_BOTTOM` and its like are variables in
//! Fortran, told from others by where they lie: in common blocks and module
//! variables with names of the MPI library. All families' are defined here,
//! under names that none shares with another; the program's own definition, if
//! it has one, is the one the linker shows us.
//!
//! What must hold: these symbols are only ever asked for their addresses.

#![allow(non_upper_case_globals)]

use std::cell::UnsafeCell;
use std::sync::atomic::Ordering;

use crate::abi::Abi;
use crate::abi::kind::special_weights;
use crate::abi::vendor::{MPI_F_STATUS_IGNORE, MPI_F_STATUSES_IGNORE};

/// Memory of the size the vendor's object has.
#[repr(C)]
pub struct Block<const BYTES: usize>(UnsafeCell<[u8; BYTES]>);

// SAFETY: nothing here reads or writes it.
unsafe impl<const BYTES: usize> Sync for Block<BYTES> {}

impl<const BYTES: usize> Block<BYTES> {
    const fn new() -> Block<BYTES> {
        Block(UnsafeCell::new([0; BYTES]))
    }
}

/// What a special address stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Bottom,
    InPlace,
    /// `MPI_BUFFER_AUTOMATIC`.
    Automatic,
    /// One status or several, error codes, `argv`: nothing is wanted or given.
    Nothing,
    Unweighted,
    WeightsEmpty,
}

macro_rules! specials {
    ($($family:ident {
        $($name:ident $(= $export:literal)?, $bytes:literal: $($offset:literal $meaning:ident),+;)*
    })*) => {
        $($(
            #[unsafe(export_name = specials!(@name $name $($export)?))]
            pub static $name: Block<$bytes> = Block::new();
        )*)*

        /// What an address stands for in programs of `abi`, if anything. One
        /// comparison per row, for nearly every buffer and status is asked about.
        fn meaning(abi: Abi, at: usize) -> Option<Meaning> {
            match abi {
                $(Abi::$family => {
                    $($(if at == &raw const $name as usize + $offset {
                        return Some(Meaning::$meaning);
                    })+)*
                })*
            }
            None
        }
    };
    (@name $name:ident) => { stringify!($name) };
    (@name $name:ident $export:literal) => { $export };
}

specials! {
    Mpich {
        // And Intel MPI: mpif.h and `use mpi`.
        mpipriv1_, 28: 0 Bottom, 4 InPlace, 8 Nothing;
        mpipriv2_, 24: 0 Nothing, 20 Nothing;
        mpiprivc_, 2: 0 Nothing, 1 Nothing;
        mpifcmb5_, 4: 0 Unweighted;
        mpifcmb9_, 4: 0 WeightsEmpty;
        mpifcmba_, 4: 0 Automatic;
        // `use mpi_f08`.
        MPIR_F08_MPI_BOTTOM, 4: 0 Bottom;
        MPIR_F08_MPI_IN_PLACE, 4: 0 InPlace;
        MPIR_F08_MPI_STATUS_IGNORE_OBJ, 20: 0 Nothing;
        MPIR_F08_MPI_STATUSES_IGNORE_OBJ, 20: 0 Nothing;
        f08_argv_null = "__mpi_f08_link_constants_MOD_mpi_argv_null", 1: 0 Nothing;
        f08_argvs_null = "__mpi_f08_link_constants_MOD_mpi_argvs_null", 1: 0 Nothing;
        f08_errcodes_ignore = "__mpi_f08_link_constants_MOD_mpi_errcodes_ignore", 4: 0 Nothing;
        f08_unweighted = "__mpi_f08_link_constants_MOD_mpi_unweighted", 4: 0 Unweighted;
        f08_weights_empty = "__mpi_f08_link_constants_MOD_mpi_weights_empty", 4: 0 WeightsEmpty;
    }
    OpenMpi {
        mpi_fortran_bottom_, 4: 0 Bottom;
        mpi_fortran_in_place_, 4: 0 InPlace;
        mpi_fortran_status_ignore_, 24: 0 Nothing;
        mpi_fortran_statuses_ignore_, 24: 0 Nothing;
        mpi_fortran_errcodes_ignore_, 4: 0 Nothing;
        mpi_fortran_argv_null_, 1: 0 Nothing;
        mpi_fortran_argvs_null_, 1: 0 Nothing;
        mpi_fortran_unweighted_, 4: 0 Unweighted;
        mpi_fortran_weights_empty_, 4: 0 WeightsEmpty;
    }
    // Our own.
    Standard {
        mpi_secure_f_bottom_, 4: 0 Bottom;
        mpi_secure_f_in_place_, 4: 0 InPlace;
        mpi_secure_f_automatic_, 4: 0 Automatic;
        mpi_secure_f_status_ignore_, 32: 0 Nothing;
        mpi_secure_f_statuses_ignore_, 32: 0 Nothing;
        mpi_secure_f_errcodes_ignore_, 4: 0 Nothing;
        mpi_secure_f_argv_null_, 1: 0 Nothing;
        mpi_secure_f_argvs_null_, 1: 0 Nothing;
        mpi_secure_f_unweighted_, 4: 0 Unweighted;
        mpi_secure_f_weights_empty_, 4: 0 WeightsEmpty;
    }
}

/// The address C has for one of Fortran's: the same, unless it is special.
#[inline]
pub fn address(abi: Abi, at: usize) -> usize {
    match meaning(abi, at) {
        None => at,
        Some(meaning) => constant(abi, meaning),
    }
}

/// The same for statuses, which MPICH does not spell null when there is none.
#[inline]
pub fn status(abi: Abi, at: usize) -> usize {
    match address(abi, at) {
        0 if at != 0 && abi == Abi::Mpich => 1,
        address => address,
    }
}

/// Tells C code of the program, through its variables, which of Fortran's
/// statuses mean none.
pub fn announce(abi: Abi) {
    let (one, several) = match abi {
        Abi::Mpich => (&raw const mpipriv1_ as usize + 8, &raw const mpipriv2_ as usize),
        Abi::OpenMpi => (
            &raw const mpi_fortran_status_ignore_ as usize,
            &raw const mpi_fortran_statuses_ignore_ as usize,
        ),
        Abi::Standard => (
            &raw const mpi_secure_f_status_ignore_ as usize,
            &raw const mpi_secure_f_statuses_ignore_ as usize,
        ),
    };
    MPI_F_STATUS_IGNORE.store(one, Ordering::Relaxed);
    MPI_F_STATUSES_IGNORE.store(several, Ordering::Relaxed);
}

fn constant(abi: Abi, meaning: Meaning) -> usize {
    match meaning {
        Meaning::Bottom | Meaning::Nothing => 0,
        Meaning::InPlace => match abi {
            Abi::Mpich => usize::MAX,
            Abi::OpenMpi | Abi::Standard => 1,
        },
        Meaning::Automatic => match abi {
            Abi::Mpich => usize::MAX - 1,
            Abi::OpenMpi | Abi::Standard => 2,
        },
        Meaning::Unweighted => special_weights(abi).0,
        Meaning::WeightsEmpty => special_weights(abi).1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_become_those_of_c_and_no_other_does() {
        let at = &raw const mpipriv1_ as usize;
        assert_eq!(address(Abi::Mpich, at), 0);
        assert_eq!(address(Abi::Mpich, at + 4), usize::MAX);
        assert_eq!(address(Abi::Mpich, at + 8), 0);
        assert_eq!(address(Abi::Mpich, at + 12), at + 12);
        assert_eq!(address(Abi::OpenMpi, at), at);
        assert_eq!((status(Abi::Mpich, at + 8), status(Abi::Mpich, 0)), (1, 0));
        let weights = &raw const mpi_fortran_weights_empty_ as usize;
        assert_eq!(address(Abi::OpenMpi, weights), 3);
    }
}
