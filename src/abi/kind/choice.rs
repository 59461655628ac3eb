//! Small enumerations whose numbers differ between the ABIs: thread levels,
//! comparison results, split types, and so on. Each is one table: our value,
//! then the numbers of MPICH, Open MPI and the standard ABI.

use super::number::null_argument;
use super::{Sort, kinds};
use crate::abi::{Abi, Cx};
use crate::object::contents::Combiner;
use crate::object::group::Comparison;
use crate::object::{Class, Error, Result};

/// Marks a value an ABI has no number for.
const NONE: i32 = i32::MIN;

macro_rules! choices {
    ($(
        $(#[$meta:meta])*
        $name:ident: $class:ident {
            $($(#[$vmeta:meta])* $value:ident, $symbol:literal, [$mpich:expr, $ompi:expr, $std:expr];)*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $value),* }

        impl $name {
            const NUMBERS: &'static [($name, [i32; 3])] =
                &[$(($name::$value, [$mpich, $ompi, $std])),*];

            /// `MPI_...` as the standard spells it.
            pub const fn symbol(self) -> &'static str {
                match self { $($name::$value => $symbol),* }
            }

            /// The value behind the caller's number.
            pub fn from_number(abi: Abi, number: i32) -> Option<$name> {
                let row = Self::NUMBERS.iter().find(|row| row.1[abi.index()] == number)?;
                Some(row.0)
            }

            /// The caller's number.
            pub fn number(self, abi: Abi) -> i32 {
                Self::NUMBERS[self as usize].1[abi.index()]
            }

            /// The value behind an argument, or the error that lists them all.
            pub fn decode(cx: &Cx, number: i32, name: &str) -> Result<$name> {
                Self::from_number(cx.abi, number).ok_or_else(|| {
                    let known: Vec<&str> = Self::NUMBERS
                        .iter()
                        .filter(|row| row.1[cx.abi.index()] != NONE)
                        .map(|row| row.0.symbol())
                        .collect();
                    Error::new(
                        Class::$class,
                        format!("{name} is {number} but must be one of {}", known.join(", ")),
                    )
                })
            }

            /// Every symbol with its three numbers, for tests and headers.
            pub fn table() -> impl Iterator<Item = (&'static str, [Option<i32>; 3])> {
                Self::NUMBERS.iter().map(|(value, numbers)| {
                    (value.symbol(), numbers.map(|n| (n != NONE).then_some(n)))
                })
            }
        }
    )*};
}

choices! {
    ThreadLevel: Arg {
        Single, "MPI_THREAD_SINGLE", [0, 0, 0];
        Funneled, "MPI_THREAD_FUNNELED", [1, 1, 1024];
        Serialized, "MPI_THREAD_SERIALIZED", [2, 2, 2048];
        Multiple, "MPI_THREAD_MULTIPLE", [3, 3, 4096];
    }
    /// How `MPI_Comm_split_type` divides.
    SplitType: Arg {
        Undefined, "MPI_UNDEFINED", [-32766, -32766, -32766];
        Shared, "MPI_COMM_TYPE_SHARED", [1, 0, 221];
        HwUnguided, "MPI_COMM_TYPE_HW_UNGUIDED", [3, 12, 222];
        HwGuided, "MPI_COMM_TYPE_HW_GUIDED", [2, 13, 223];
        ResourceGuided, "MPI_COMM_TYPE_RESOURCE_GUIDED", [4, NONE, 224];
        Neighborhood, "MPIX_COMM_TYPE_NEIGHBORHOOD", [5, NONE, 16434];
        OmpiThread, "OMPI_COMM_TYPE_HWTHREAD", [NONE, 1, NONE];
        OmpiCore, "OMPI_COMM_TYPE_CORE", [NONE, 2, NONE];
        OmpiL1, "OMPI_COMM_TYPE_L1CACHE", [NONE, 3, NONE];
        OmpiL2, "OMPI_COMM_TYPE_L2CACHE", [NONE, 4, NONE];
        OmpiL3, "OMPI_COMM_TYPE_L3CACHE", [NONE, 5, NONE];
        OmpiSocket, "OMPI_COMM_TYPE_SOCKET", [NONE, 6, NONE];
        OmpiNuma, "OMPI_COMM_TYPE_NUMA", [NONE, 7, NONE];
        OmpiBoard, "OMPI_COMM_TYPE_BOARD", [NONE, 8, NONE];
        OmpiHost, "OMPI_COMM_TYPE_HOST", [NONE, 9, NONE];
        OmpiCu, "OMPI_COMM_TYPE_CU", [NONE, 10, NONE];
        OmpiCluster, "OMPI_COMM_TYPE_CLUSTER", [NONE, 11, NONE];
    }
    Topology: Arg {
        Undefined, "MPI_UNDEFINED", [-32766, -32766, -32766];
        Graph, "MPI_GRAPH", [1, 2, 212];
        Cart, "MPI_CART", [2, 1, 211];
        DistGraph, "MPI_DIST_GRAPH", [3, 3, 213];
    }
    /// Storage order of `MPI_Type_create_subarray`.
    Order: Arg {
        C, "MPI_ORDER_C", [56, 0, 12];
        Fortran, "MPI_ORDER_FORTRAN", [57, 1, 15];
    }
    Distribution: Arg {
        Block, "MPI_DISTRIBUTE_BLOCK", [121, 0, 17];
        Cyclic, "MPI_DISTRIBUTE_CYCLIC", [122, 1, 18];
        None, "MPI_DISTRIBUTE_NONE", [123, 2, 16];
    }
    TypeClass: Arg {
        Real, "MPI_TYPECLASS_REAL", [1, 2, 193];
        Integer, "MPI_TYPECLASS_INTEGER", [2, 1, 192];
        Complex, "MPI_TYPECLASS_COMPLEX", [3, 3, 194];
    }
    LockType: Locktype {
        Exclusive, "MPI_LOCK_EXCLUSIVE", [234, 1, 301];
        Shared, "MPI_LOCK_SHARED", [235, 2, 302];
    }
    Whence: Arg {
        Set, "MPI_SEEK_SET", [600, 600, 403];
        Current, "MPI_SEEK_CUR", [602, 602, 401];
        End, "MPI_SEEK_END", [604, 604, 402];
    }
}

/// The enumerations of this file with their three numbers.
pub fn choice_tables() -> impl Iterator<Item = (&'static str, [Option<i32>; 3])> {
    ThreadLevel::table()
        .chain(SplitType::table())
        .chain(Topology::table())
        .chain(Order::table())
        .chain(Distribution::table())
        .chain(TypeClass::table())
        .chain(LockType::table())
        .chain(Whence::table())
        .filter(|row| row.0 != "MPI_UNDEFINED")
}

/// `MPI_DISTRIBUTE_DFLT_DARG` per ABI.
pub const DISTRIBUTE_DFLT_DARG: [i32; 3] = [-49767, -1, 19];

/// What comparing groups or communicators gives, with the three numbers.
#[rustfmt::skip]
pub const COMPARISONS: &[(Comparison, &str, [i32; 3])] = &[
    (Comparison::Identical, "MPI_IDENT", [0, 0, 201]),
    (Comparison::Congruent, "MPI_CONGRUENT", [1, 1, 202]),
    (Comparison::Similar, "MPI_SIMILAR", [2, 2, 203]),
    (Comparison::Unequal, "MPI_UNEQUAL", [3, 3, 204]),
];

impl Store for Comparison {
    fn number_for(self, abi: Abi) -> i32 {
        let row = COMPARISONS.iter().find(|row| row.0 == self).expect("every result has a row");
        row.2[abi.index()]
    }
}

/// Combiners: MPICH's number, Open MPI's, the standard's, and the symbol.
#[rustfmt::skip]
const COMBINERS: &[(Combiner, &str, [i32; 3])] = &[
    (Combiner::Named, "MPI_COMBINER_NAMED", [1, 0, 101]),
    (Combiner::Dup, "MPI_COMBINER_DUP", [2, 1, 102]),
    (Combiner::Contiguous, "MPI_COMBINER_CONTIGUOUS", [3, 2, 103]),
    (Combiner::Vector, "MPI_COMBINER_VECTOR", [4, 3, 104]),
    (Combiner::HvectorInteger, "MPI_COMBINER_HVECTOR_INTEGER", [5, 4, NONE]),
    (Combiner::Hvector, "MPI_COMBINER_HVECTOR", [6, 5, 105]),
    (Combiner::Indexed, "MPI_COMBINER_INDEXED", [7, 6, 106]),
    (Combiner::HindexedInteger, "MPI_COMBINER_HINDEXED_INTEGER", [8, 7, NONE]),
    (Combiner::Hindexed, "MPI_COMBINER_HINDEXED", [9, 8, 107]),
    (Combiner::IndexedBlock, "MPI_COMBINER_INDEXED_BLOCK", [10, 9, 108]),
    (Combiner::StructInteger, "MPI_COMBINER_STRUCT_INTEGER", [11, 10, NONE]),
    (Combiner::Struct, "MPI_COMBINER_STRUCT", [12, 11, 110]),
    (Combiner::Subarray, "MPI_COMBINER_SUBARRAY", [13, 12, 111]),
    (Combiner::Darray, "MPI_COMBINER_DARRAY", [14, 13, 112]),
    (Combiner::F90Real, "MPI_COMBINER_F90_REAL", [15, 14, 113]),
    (Combiner::F90Complex, "MPI_COMBINER_F90_COMPLEX", [16, 15, 114]),
    (Combiner::F90Integer, "MPI_COMBINER_F90_INTEGER", [17, 16, 115]),
    (Combiner::Resized, "MPI_COMBINER_RESIZED", [18, 17, 116]),
    (Combiner::HindexedBlock, "MPI_COMBINER_HINDEXED_BLOCK", [19, 18, 109]),
    (Combiner::ValueIndex, "MPI_COMBINER_VALUE_INDEX", [20, NONE, 117]),
];

/// The combiners with their three numbers, for tests and headers.
pub fn combiner_table() -> impl Iterator<Item = (&'static str, [Option<i32>; 3])> {
    COMBINERS.iter().map(|row| (row.1, row.2.map(|n| (n != NONE).then_some(n))))
}

impl Store for Combiner {
    fn number_for(self, abi: Abi) -> i32 {
        let row = COMBINERS.iter().find(|row| row.0 == self).expect("every combiner has a row");
        row.2[abi.index()]
    }
}

/// A place for one of the enumerations above.
pub struct ChoicePlace(usize);

macro_rules! choice_places {
    ($($name:ident),*) => {$(
        impl Store for $name {
            fn number_for(self, abi: Abi) -> i32 { self.number(abi) }
        }
    )*};
}

/// An enumeration that can be stored as the caller's number.
pub trait Store {
    fn number_for(self, abi: Abi) -> i32;
}

choice_places!(ThreadLevel, Topology);

impl ChoicePlace {
    pub fn set(&self, cx: &Cx, value: impl Store) {
        // SAFETY: the application's place for an `int`, checked not null.
        unsafe { (self.0 as *mut i32).write_unaligned(value.number_for(cx.abi)) }
    }
}

fn place(raw: usize, name: &'static str) -> Result<ChoicePlace> {
    if raw == 0 { Err(null_argument(name)) } else { Ok(ChoicePlace(raw)) }
}

kinds! {
    InThreadLevel: i32 => ThreadLevel, "int", Sort::ThreadLevel,
        |cx, raw, name| ThreadLevel::decode(cx, raw, name);
    InSplitType: i32 => SplitType, "int", Sort::Int, |cx, raw, name| SplitType::decode(cx, raw, name);
    InOrder: i32 => Order, "int", Sort::Int, |cx, raw, name| Order::decode(cx, raw, name);
    InTypeClass: i32 => TypeClass, "int", Sort::Int, |cx, raw, name| TypeClass::decode(cx, raw, name);
    InLockType: i32 => LockType, "int", Sort::Int, |cx, raw, name| LockType::decode(cx, raw, name);
    InWhence: i32 => Whence, "int", Sort::Int, |cx, raw, name| Whence::decode(cx, raw, name);
    OutThreadLevel: usize => ChoicePlace, "int*", Sort::Pointer, |_, raw, name| place(raw, name);
    OutComparison: usize => ChoicePlace, "int*", Sort::Pointer, |_, raw, name| place(raw, name);
    OutTopology: usize => ChoicePlace, "int*", Sort::Pointer, |_, raw, name| place(raw, name);
    OutCombiner: usize => ChoicePlace, "int*", Sort::Pointer, |_, raw, name| place(raw, name);
    /// File access mode, bits in the caller's numbers.
    Amode: i32 => i32, "int", Sort::Int, |_, raw, _| Ok(raw);
    /// Assertion of the one-sided functions, bits in the caller's numbers.
    Assert: i32 => i32, "int", Sort::Int, |_, raw, _| Ok(raw);
    /// Distributions and their arguments of `MPI_Type_create_darray`.
    Distribs: usize => super::DistributionArray, "const int*", Sort::Numbers,
        |_, raw, name| Ok(super::DistributionArray::new(raw, name));
}

/// The distributions of a darray, one per dimension.
#[derive(Clone, Copy)]
pub struct DistributionArray {
    at: usize,
    name: &'static str,
}

impl DistributionArray {
    fn new(at: usize, name: &'static str) -> DistributionArray {
        DistributionArray { at, name }
    }

    pub fn read(&self, cx: &Cx, count: usize) -> Result<Vec<Distribution>> {
        if count > 0 && self.at == 0 {
            return Err(null_argument(self.name));
        }
        (0..count)
            .map(|i| {
                // SAFETY: the application's array has `count` entries.
                let raw = unsafe { (self.at as *const i32).add(i).read_unaligned() };
                Distribution::decode(cx, raw, self.name)
            })
            .collect()
    }
}
