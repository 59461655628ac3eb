//! Arrays of numbers and flags whose length the body knows.
//!
//! `read(n)` and `write(values)` trust `n`: it is the length the standard gives
//! the array, so the application's memory has that many entries.

use super::number::null_argument;
use super::{Sort, kinds};
use crate::object::{Class, Error, Result};

/// Numbers of the application, 4 or 8 bytes each, read as `i64`.
#[derive(Clone, Copy)]
pub struct Numbers {
    at: usize,
    wide: bool,
    name: &'static str,
}

impl Numbers {
    /// Entry `i`.
    #[inline]
    pub fn at(&self, i: usize) -> i64 {
        if self.wide {
            // SAFETY: `i` is below the length the standard gives the array.
            unsafe { (self.at as *const i64).add(i).read_unaligned() }
        } else {
            // SAFETY: as above.
            unsafe { (self.at as *const i32).add(i).read_unaligned() as i64 }
        }
    }

    /// The first `count` entries as they are.
    pub fn read(&self, count: usize) -> Result<Vec<i64>> {
        self.present(count)?;
        Ok((0..count).map(|i| self.at(i)).collect())
    }

    /// The first `count` entries, none of which may be negative.
    pub fn read_counts(&self, count: usize) -> Result<Vec<usize>> {
        self.present(count)?;
        (0..count)
            .map(|i| {
                let value = self.at(i);
                usize::try_from(value).map_err(|_| {
                    let name = self.name;
                    Error::new(
                        Class::Count,
                        format!("Negative count, value is {value} ({name}[{i}])"),
                    )
                })
            })
            .collect()
    }

    pub fn is_null(&self) -> bool {
        self.at == 0
    }

    fn present(&self, count: usize) -> Result<()> {
        if count > 0 && self.at == 0 { Err(null_argument(self.name)) } else { Ok(()) }
    }
}

/// A place for numbers, 4 or 8 bytes each.
#[derive(Clone, Copy)]
pub struct NumbersOut {
    at: usize,
    wide: bool,
    name: &'static str,
}

impl NumbersOut {
    /// Stores the values from entry 0 on.
    pub fn write(&self, values: &[i64]) -> Result<()> {
        if !values.is_empty() && self.at == 0 {
            return Err(null_argument(self.name));
        }
        for (i, &value) in values.iter().enumerate() {
            self.set(i, value);
        }
        Ok(())
    }

    /// Stores entry `i`.
    pub fn set(&self, i: usize, value: i64) {
        if self.wide {
            // SAFETY: the application's array has room for entry `i`.
            unsafe { (self.at as *mut i64).add(i).write_unaligned(value) }
        } else {
            // SAFETY: as above.
            unsafe { (self.at as *mut i32).add(i).write_unaligned(value as i32) }
        }
    }

    /// What the application left in the first `count` entries (inout arrays).
    pub fn read(&self, count: usize) -> Result<Vec<i64>> {
        Numbers { at: self.at, wide: self.wide, name: self.name }.read(count)
    }

    pub fn is_null(&self) -> bool {
        self.at == 0
    }
}

fn numbers(at: usize, wide: bool, name: &'static str) -> Result<Numbers> {
    Ok(Numbers { at, wide, name })
}

fn numbers_out(at: usize, wide: bool, name: &'static str) -> Result<NumbersOut> {
    Ok(NumbersOut { at, wide, name })
}

kinds! {
    /// Integers in; also counts and displacements in elements.
    Ints: usize => Numbers, "const int*", Sort::Pointer, |_, raw, name| numbers(raw, false, name);
    /// Counts, one per process or block.
    Counts: usize => Numbers, "const int*", Sort::Pointer, |_, raw, name| numbers(raw, false, name);
    CountsC: usize => Numbers, "const MPI_Count*", Sort::Pointer,
        |_, raw, name| numbers(raw, true, name);
    /// [`Counts`] of the MPI-1 functions, which forgot the `const`.
    CountsOld: usize => Numbers, "int*", Sort::Pointer, |_, raw, name| numbers(raw, false, name);
    /// Displacements, in elements or bytes as the function says.
    Displs: usize => Numbers, "const int*", Sort::Pointer, |_, raw, name| numbers(raw, false, name);
    DisplsA: usize => Numbers, "const MPI_Aint*", Sort::Pointer,
        |_, raw, name| numbers(raw, true, name);
    DisplsC: usize => Numbers, "const MPI_Count*", Sort::Pointer,
        |_, raw, name| numbers(raw, true, name);
    DisplsOld: usize => Numbers, "MPI_Aint*", Sort::Pointer, |_, raw, name| numbers(raw, true, name);
    /// Flags, one per dimension.
    Flags: usize => Numbers, "const int*", Sort::Pointer, |_, raw, name| numbers(raw, false, name);
    OutInts: usize => NumbersOut, "int*", Sort::Pointer,
        |_, raw, name| numbers_out(raw, false, name);
    OutCounts: usize => NumbersOut, "MPI_Count*", Sort::Pointer,
        |_, raw, name| numbers_out(raw, true, name);
    OutDispls: usize => NumbersOut, "MPI_Aint*", Sort::Pointer,
        |_, raw, name| numbers_out(raw, true, name);
}
