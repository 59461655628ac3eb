//! Choice buffers of `use mpi_f08`: the compiler passes a descriptor, which may
//! be of a section with gaps (`a(1:9:2, :)`). Sections without gaps are nothing
//! but their address; the others are copied for functions that are through
//! when they return, and become a derived datatype for those that are not.
//!
//! What must hold: the argument is a descriptor of the kind the symbol's name
//! promises, of memory the application gives to MPI.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::object::contents::Form;
use crate::object::{Class, Datatype, Error, Result};

/// An array or a section of one.
#[derive(Debug)]
pub struct Section {
    pub base: usize,
    /// Bytes of one element.
    element: usize,
    /// Extent in elements and distance in bytes per dimension, the first
    /// varying fastest. Empty for a scalar.
    dimensions: SmallVec<[(i64, i64); 7]>,
}

/// gfortran's own descriptor (`gfc_array_char` of libgfortran.h, since GCC 8).
#[repr(C)]
struct GnuHead {
    base: usize,
    _offset: usize,
    element: usize,
    _version: i32,
    rank: i8,
    _type: i8,
    _attribute: i16,
    span: i64,
}

#[repr(C)]
struct GnuDimension {
    stride: i64,
    lower: i64,
    upper: i64,
}

/// `CFI_cdesc_t` of the Fortran standard, as gfortran, flang and ifx have it.
#[repr(C)]
struct CHead {
    base: usize,
    element: usize,
    _version: i32,
    rank: i8,
    _rest: [u8; 3],
}

#[repr(C)]
struct CDimension {
    _lower: i64,
    extent: i64,
    distance: i64,
}

impl Section {
    /// What gfortran passes to a procedure that is not `bind(C)`.
    pub fn from_gnu(at: usize) -> Section {
        // SAFETY: a descriptor, as the file's head says; the dimensions
        // follow it, as many as its rank says.
        let (head, dimensions) = unsafe {
            let head = &*(at as *const GnuHead);
            let first = (at + size_of::<GnuHead>()) as *const GnuDimension;
            (head, std::slice::from_raw_parts(first, head.rank.max(0) as usize))
        };
        let unit = if head.span > 0 { head.span } else { head.element as i64 };
        let dimension = |d: &GnuDimension| ((d.upper - d.lower + 1).max(0), d.stride * unit);
        Section {
            base: head.base,
            element: head.element,
            dimensions: dimensions.iter().map(dimension).collect(),
        }
    }

    /// What any compiler passes to a procedure that is `bind(C)`.
    pub fn from_c(at: usize) -> Section {
        // SAFETY: as in `from_gnu`. An array of assumed size has rank > 0 and
        // an extent of -1 in its last dimension.
        let (head, dimensions) = unsafe {
            let head = &*(at as *const CHead);
            let rank = head.rank.max(0) as usize;
            let first = (at + size_of::<CHead>().next_multiple_of(8)) as *const CDimension;
            (head, std::slice::from_raw_parts(first, rank))
        };
        Section {
            base: head.base,
            element: head.element,
            dimensions: dimensions.iter().map(|d| (d.extent, d.distance)).collect(),
        }
    }

    /// Bytes of one element: the length of a string.
    pub fn element(&self) -> usize {
        self.element
    }

    /// The elements follow one another without gaps.
    pub fn is_dense(&self) -> bool {
        let mut expected = self.element as i64;
        for (position, &(extent, distance)) in self.dimensions.iter().enumerate() {
            let last = position + 1 == self.dimensions.len();
            if extent == 0 || last && extent < 0 {
                return extent == 0 || distance == expected;
            }
            if extent > 1 && distance != expected {
                return false;
            }
            expected *= extent;
        }
        true
    }

    fn elements(&self) -> usize {
        self.dimensions.iter().map(|&(extent, _)| extent.max(0) as usize).product()
    }

    /// Displacement in bytes of every element, in Fortran's order.
    fn displacements(&self) -> impl Iterator<Item = i64> {
        (0..self.elements() as i64).map(|mut index| {
            let mut bytes = 0;
            for &(extent, distance) in &self.dimensions {
                bytes += index % extent * distance;
                index /= extent;
            }
            bytes
        })
    }

    /// The elements one after the other.
    pub fn gather(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.elements() * self.element);
        for displacement in self.displacements() {
            let from = self.base.wrapping_add(displacement as usize) as *const u8;
            // SAFETY: an element of the application's array.
            bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(from, self.element) });
        }
        bytes
    }

    /// Stores what [`gather`](Section::gather) gave, with changes.
    pub fn scatter(&self, bytes: &[u8]) {
        for (displacement, element) in self.displacements().zip(bytes.chunks_exact(self.element)) {
            let to = self.base.wrapping_add(displacement as usize) as *mut u8;
            // SAFETY: an element of the application's array, which MPI may
            // write.
            unsafe { std::ptr::copy_nonoverlapping(element.as_ptr(), to, self.element) };
        }
    }

    /// One item of this type at `base` is what `count` items of `old` would be
    /// if the section were an array without gaps.
    pub fn datatype(&self, count: i64, old: &Arc<Datatype>) -> Result<Arc<Datatype>> {
        let size = old.extent();
        if !old.is_dense(2) || size == 0 || self.element as i64 % size != 0 {
            let text = format!(
                "a section with gaps and elements of {} bytes cannot be taken apart into items \
                 of {}; pass an array without gaps",
                self.element,
                old.describe()
            );
            return Err(Error::new(Class::Buffer, text));
        }
        let per_element = self.element as i64 / size;
        let new = if count == self.elements() as i64 * per_element {
            let mut new = Datatype::contiguous(Form::Small, per_element, old)?;
            for &(extent, distance) in &self.dimensions {
                new = Datatype::hvector(Form::Small, extent, 1, distance, &new)?;
            }
            new
        } else {
            if count > self.elements() as i64 * per_element {
                let text = format!("{count} items are asked of a section with fewer");
                return Err(Error::new(Class::Count, text));
            }
            let places: Vec<i64> = self
                .displacements()
                .flat_map(|at| (0..per_element).map(move |item| at + item * size))
                .take(count as usize)
                .collect();
            Datatype::hindexed_block(Form::Small, 1, &places, old)?
        };
        new.commit();
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a(1:6:2)` of an array of 4-byte integers.
    fn every_other(array: &mut [i32; 6]) -> Section {
        Section {
            base: array.as_mut_ptr() as usize,
            element: 4,
            dimensions: [(3, 8)].into_iter().collect(),
        }
    }

    #[test]
    fn a_section_with_gaps_comes_back_where_it_was() {
        let mut array = [1, 2, 3, 4, 5, 6];
        let section = every_other(&mut array);
        assert!(!section.is_dense());
        let mut bytes = section.gather();
        assert_eq!(bytes, [1, 3, 5].map(i32::to_ne_bytes).concat());
        bytes[4] = 7;
        section.scatter(&bytes);
        assert_eq!(array, [1, 2, 7, 4, 5, 6]);
    }

    #[test]
    fn its_datatype_has_the_same_items() {
        let mut array = [0; 6];
        let section = every_other(&mut array);
        let byte = Datatype::byte();
        let all = section.datatype(12, byte).unwrap();
        assert_eq!((all.size(), all.extent()), (12, 20));
        let some = section.datatype(6, byte).unwrap();
        assert_eq!((some.size(), some.extent()), (6, 10));
        assert!(section.datatype(13, byte).is_err());
    }

    #[test]
    fn whole_arrays_are_dense_whatever_their_rank() {
        let section = |dimensions: &[(i64, i64)]| Section {
            base: 0,
            element: 8,
            dimensions: dimensions.iter().copied().collect(),
        };
        assert!(section(&[]).is_dense());
        assert!(section(&[(4, 8), (3, 32)]).is_dense());
        assert!(section(&[(4, 8), (1, 999)]).is_dense());
        assert!(section(&[(4, 8), (-1, 32)]).is_dense());
        assert!(!section(&[(4, 8), (3, 40)]).is_dense());
    }
}
