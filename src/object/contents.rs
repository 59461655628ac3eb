//! The record of the call that made a datatype, for `MPI_Type_get_envelope`
//! and `MPI_Type_get_contents`.
//!
//! Order and distribution constants among the integers are MPICH's numbers;
//! the ABI layer translates them per combiner. Children are shares of the very
//! objects the call was given.

use std::sync::Arc;

use super::datatype::Datatype;

/// The constructor that made a type; the numbers are MPICH's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Combiner {
    Named = 1,
    Dup = 2,
    Contiguous = 3,
    Vector = 4,
    HvectorInteger = 5,
    Hvector = 6,
    Indexed = 7,
    HindexedInteger = 8,
    Hindexed = 9,
    IndexedBlock = 10,
    StructInteger = 11,
    Struct = 12,
    Subarray = 13,
    Darray = 14,
    F90Real = 15,
    F90Complex = 16,
    F90Integer = 17,
    Resized = 18,
    HindexedBlock = 19,
    ValueIndex = 20,
}

impl Combiner {
    pub const fn symbol(self) -> &'static str {
        match self {
            Combiner::Named => "predefined",
            Combiner::Dup => "duplicated",
            Combiner::Contiguous => "contiguous",
            Combiner::Vector => "vector",
            Combiner::HvectorInteger | Combiner::Hvector => "hvector",
            Combiner::Indexed => "indexed",
            Combiner::HindexedInteger | Combiner::Hindexed => "hindexed",
            Combiner::IndexedBlock => "indexed_block",
            Combiner::StructInteger | Combiner::Struct => "struct",
            Combiner::Subarray => "subarray",
            Combiner::Darray => "darray",
            Combiner::F90Real => "Fortran real",
            Combiner::F90Complex => "Fortran complex",
            Combiner::F90Integer => "Fortran integer",
            Combiner::Resized => "resized",
            Combiner::HindexedBlock => "hindexed_block",
            Combiner::ValueIndex => "value_index",
        }
    }
}

/// Which signature the constructor was called with: it decides whether counts
/// are among the integers and addresses, or all among the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Small,
    Large,
}

#[derive(Clone, Debug)]
pub struct Contents {
    pub combiner: Combiner,
    pub form: Form,
    pub integers: Vec<i64>,
    pub addresses: Vec<i64>,
    pub counts: Vec<i64>,
    pub types: Vec<Arc<Datatype>>,
}

impl Contents {
    pub fn new(combiner: Combiner, form: Form) -> Contents {
        Contents {
            combiner,
            form,
            integers: Vec::new(),
            addresses: Vec::new(),
            counts: Vec::new(),
            types: Vec::new(),
        }
    }

    pub fn named() -> Contents {
        Contents::new(Combiner::Named, Form::Small)
    }

    /// Arguments that are `int` in both forms.
    pub fn integers(mut self, values: &[i64]) -> Contents {
        self.integers.extend_from_slice(values);
        self
    }

    /// Arguments that are `int`, or `MPI_Count` in the large form.
    pub fn counts(mut self, values: &[i64]) -> Contents {
        let list = match self.form {
            Form::Small => &mut self.integers,
            Form::Large => &mut self.counts,
        };
        list.extend_from_slice(values);
        self
    }

    /// Arguments that are `MPI_Aint`, or `MPI_Count` in the large form.
    pub fn addresses(mut self, values: &[i64]) -> Contents {
        let list = match self.form {
            Form::Small => &mut self.addresses,
            Form::Large => &mut self.counts,
        };
        list.extend_from_slice(values);
        self
    }

    pub fn types<'a>(mut self, types: impl IntoIterator<Item = &'a Arc<Datatype>>) -> Contents {
        self.types.extend(types.into_iter().map(Arc::clone));
        self
    }

    /// The original of a duplicate.
    pub fn duplicated(&self) -> Option<&Arc<Datatype>> {
        match self.combiner {
            Combiner::Dup => self.types.first(),
            _ => None,
        }
    }
}
