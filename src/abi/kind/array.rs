//! Arrays of numbers and flags whose length the body knows.
//!
//! `read(n)` and `write(values)` trust `n`: it is the length the standard gives
//! the array, so the application's memory has that many entries.

use super::number::null_argument;
use super::{Sort, kinds};
use crate::abi::{Abi, Cx, vendor};
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
                        format!("{name}[{i}] is {value} but must not be negative"),
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

/// Weights of edges, or `MPI_UNWEIGHTED`.
#[derive(Clone, Copy)]
pub struct Weights(Option<Numbers>);

impl Weights {
    /// The first `count` weights; none for `MPI_UNWEIGHTED`.
    pub fn read(&self, count: usize) -> Result<Option<Vec<i32>>> {
        let Some(numbers) = self.0 else {
            return Ok(None);
        };
        let weights: Vec<i32> = numbers.read(count)?.iter().map(|&weight| weight as i32).collect();
        match weights.iter().position(|&weight| weight < 0) {
            None => Ok(Some(weights)),
            Some(i) => {
                let message = format!("{}[{i}] is negative: {}", numbers.name, weights[i]);
                Err(Error::new(Class::Arg, message))
            }
        }
    }
}

/// A place for weights, or `MPI_UNWEIGHTED`, where none are wanted.
#[derive(Clone, Copy)]
pub struct WeightsPlace(Option<NumbersOut>);

impl WeightsPlace {
    pub fn write(&self, weights: &[i32]) -> Result<()> {
        let weights: Vec<i64> = weights.iter().map(|&weight| weight as i64).collect();
        self.0.map_or(Ok(()), |place| place.write(&weights))
    }
}

/// `MPI_UNWEIGHTED` and `MPI_WEIGHTS_EMPTY`.
pub fn special_weights(abi: Abi) -> (usize, usize) {
    match abi {
        Abi::Mpich => vendor::special_weights(),
        Abi::OpenMpi => (2, 3),
        Abi::Standard => (10, 11),
    }
}

fn weights(cx: &Cx, at: usize, name: &'static str) -> Weights {
    let (unweighted, empty) = special_weights(cx.abi);
    let at = if at == empty { 0 } else { at };
    Weights((at != unweighted).then_some(Numbers { at, wide: false, name }))
}

fn weights_place(cx: &Cx, at: usize, name: &'static str) -> WeightsPlace {
    let (unweighted, empty) = special_weights(cx.abi);
    let wanted = at != unweighted && at != empty;
    WeightsPlace(wanted.then_some(NumbersOut { at, wide: false, name }))
}

kinds! {
    /// Weights of edges in and out.
    InWeights: usize => Weights, "const int*", Sort::Special,
        |cx, raw, name| Ok(weights(cx, raw, name));
    OutWeights: usize => WeightsPlace, "int*", Sort::Special,
        |cx, raw, name| Ok(weights_place(cx, raw, name));
    /// Integers in; also counts and displacements in elements.
    Ints: usize => Numbers, "const int*", Sort::Numbers, |_, raw, name| numbers(raw, false, name);
    /// Counts, one per process or block.
    Counts: usize => Numbers, "const int*", Sort::Numbers, |_, raw, name| numbers(raw, false, name);
    CountsC: usize => Numbers, "const MPI_Count*", Sort::Numbers,
        |_, raw, name| numbers(raw, true, name);
    /// [`Counts`] of the MPI-1 functions, which forgot the `const`.
    CountsOld: usize => Numbers, "int*", Sort::Numbers, |_, raw, name| numbers(raw, false, name);
    /// Displacements, in elements or bytes as the function says.
    Displs: usize => Numbers, "const int*", Sort::Numbers, |_, raw, name| numbers(raw, false, name);
    DisplsA: usize => Numbers, "const MPI_Aint*", Sort::Numbers,
        |_, raw, name| numbers(raw, true, name);
    DisplsC: usize => Numbers, "const MPI_Count*", Sort::Numbers,
        |_, raw, name| numbers(raw, true, name);
    DisplsOld: usize => Numbers, "MPI_Aint*", Sort::Numbers, |_, raw, name| numbers(raw, true, name);
    /// Flags, one per dimension.
    Flags: usize => Numbers, "const int*", Sort::Flags, |_, raw, name| numbers(raw, false, name);
    OutInts: usize => NumbersOut, "int*", Sort::Numbers,
        |_, raw, name| numbers_out(raw, false, name);
    /// Which of an array's entries they were.
    OutIndices: usize => NumbersOut, "int*", Sort::Indices,
        |_, raw, name| numbers_out(raw, false, name);
    OutCounts: usize => NumbersOut, "MPI_Count*", Sort::Numbers,
        |_, raw, name| numbers_out(raw, true, name);
    OutDispls: usize => NumbersOut, "MPI_Aint*", Sort::Numbers,
        |_, raw, name| numbers_out(raw, true, name);
}
