//! Choice buffers of `use mpi_f08`: the compiler passes a descriptor, which may
//! be of a section with gaps (`a(1:9:2, :)`). Sections without gaps are nothing
//! but their address; the others are copied for functions that are through
//! when they return, and for those that are not become a derived datatype, or a
//! copy that lasts (`copies`).
//!
//! What must hold: the argument is a descriptor, of memory the application gives
//! to MPI. That it is one of the kind that the symbol's name promises is checked
//! as far as it can be seen: `use mpi_f08` of MPICH promises nothing, so other
//! compilers than gfortran pass descriptors of their own under the same names.

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
    version: i32,
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
    version: i32,
    rank: i8,
    _rest: [u8; 3],
}

#[repr(C)]
struct CDimension {
    _lower: i64,
    extent: i64,
    distance: i64,
}

/// Ranks an array may have.
const RANKS: std::ops::RangeInclusive<i8> = 0..=15;
/// Elements of gfortran's descriptors are shorter. In descriptors of the Fortran
/// standard the upper half of the word is rank and type.
const GNU_ELEMENT_MAX: usize = u32::MAX as usize;

impl Section {
    /// What gfortran passes to a procedure that is not `bind(C)`. An error for
    /// what another compiler passes there.
    pub fn from_gnu(at: usize) -> Result<Section> {
        // SAFETY: a descriptor, as the file's head says; the shortest one there
        // is, of the Fortran standard and a scalar, has 24 bytes, and its upper
        // half of `element` keeps us from reading on.
        let element = unsafe { (&raw const (*(at as *const GnuHead)).element).read() };
        if element > GNU_ELEMENT_MAX {
            return Err(unreadable("gfortran", &format!("elements of {element:#x} bytes")));
        }
        // SAFETY: as above.
        let head = unsafe { &*(at as *const GnuHead) };
        if head.version != 0 || !RANKS.contains(&head.rank) {
            let seen = format!("version {} and rank {}", head.version, head.rank);
            return Err(unreadable("gfortran", &seen));
        }
        // SAFETY: the dimensions follow the head, as many as its rank says.
        let dimensions = unsafe {
            let first = (at + size_of::<GnuHead>()) as *const GnuDimension;
            std::slice::from_raw_parts(first, head.rank as usize)
        };
        let unit = if head.span > 0 { head.span } else { head.element as i64 };
        let dimension = |d: &GnuDimension| ((d.upper - d.lower + 1).max(0), d.stride * unit);
        Ok(Section {
            base: head.base,
            element: head.element,
            dimensions: dimensions.iter().map(dimension).collect(),
        })
    }

    /// What any compiler passes to a procedure that is `bind(C)`. Versions are
    /// each compiler's own, and none is 0.
    pub fn from_c(at: usize) -> Result<Section> {
        // SAFETY: as in `from_gnu`.
        let head = unsafe { &*(at as *const CHead) };
        if head.version == 0 || !RANKS.contains(&head.rank) {
            let seen = format!("version {} and rank {}", head.version, head.rank);
            return Err(unreadable("the Fortran standard", &seen));
        }
        // SAFETY: the dimensions follow the head, as many as its rank says. An
        // array of assumed size has rank > 0 and an extent of -1 in its last
        // dimension.
        let dimensions = unsafe {
            let first = (at + size_of::<CHead>().next_multiple_of(8)) as *const CDimension;
            std::slice::from_raw_parts(first, head.rank as usize)
        };
        Ok(Section {
            base: head.base,
            element: head.element,
            dimensions: dimensions.iter().map(|d| (d.extent, d.distance)).collect(),
        })
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
        let mut bytes = vec![0; self.elements() * self.element];
        self.gather_into(&mut bytes);
        bytes
    }

    /// The same into memory of that size.
    pub fn gather_into(&self, bytes: &mut [u8]) {
        let elements = bytes.chunks_exact_mut(self.element);
        for (displacement, element) in self.displacements().zip(elements) {
            let from = self.base.wrapping_add(displacement as usize) as *const u8;
            // SAFETY: an element of the application's array.
            unsafe { std::ptr::copy_nonoverlapping(from, element.as_mut_ptr(), self.element) };
        }
    }

    /// Stores what [`gather`](Section::gather) gave, with changes.
    pub fn scatter(&self, bytes: &[u8]) {
        for (displacement, element) in self.displacements().zip(bytes.chunks_exact(self.element)) {
            self.store(displacement, element);
        }
    }

    /// The same for elements that differ from what they were.
    pub fn scatter_changed(&self, bytes: &[u8], before: &[u8]) {
        let elements = bytes.chunks_exact(self.element).zip(before.chunks_exact(self.element));
        for (displacement, (element, before)) in self.displacements().zip(elements) {
            if element != before {
                self.store(displacement, element);
            }
        }
    }

    fn store(&self, displacement: i64, element: &[u8]) {
        let to = self.base.wrapping_add(displacement as usize) as *mut u8;
        // SAFETY: an element of the application's array, which MPI may write.
        unsafe { std::ptr::copy_nonoverlapping(element.as_ptr(), to, self.element) };
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

fn unreadable(whose: &str, seen: &str) -> Error {
    let text = format!(
        "the array was not described as {whose} describes arrays ({seen}): compile with gfortran, \
         or with mpi-secure's own mpifort"
    );
    Error::new(Class::Buffer, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A descriptor of 4-byte integers with ten elements.
    fn described(version: i32, rank: i8) -> CHeadAndDimension {
        let head = CHead { base: 4096, element: 4, version, rank, _rest: [2, 1, 4] };
        CHeadAndDimension(head, CDimension { _lower: 0, extent: 10, distance: 4 })
    }

    #[repr(C)]
    struct CHeadAndDimension(CHead, CDimension);

    #[test]
    fn each_kind_of_descriptor_is_told_from_the_other() {
        let standard = described(20_180_515, 1);
        let at = &raw const standard as usize;
        assert_eq!(Section::from_c(at).unwrap().elements(), 10);
        let error = Section::from_gnu(at).unwrap_err();
        assert!(error.message().contains("gfortran"), "{}", error.message());

        #[repr(C)]
        struct Gnu(GnuHead, GnuDimension);
        let (version, _type, _attribute) = (0, 1, 0);
        let gnu = Gnu(
            GnuHead {
                base: 4096,
                _offset: usize::MAX,
                element: 4,
                version,
                rank: 1,
                _type,
                _attribute,
                span: 4,
            },
            GnuDimension { stride: 1, lower: 1, upper: 10 },
        );
        let at = &raw const gnu as usize;
        assert_eq!(Section::from_gnu(at).unwrap().elements(), 10);
    }

    #[test]
    fn a_version_or_rank_that_cannot_be_is_refused() {
        for (version, rank) in [(0, 1), (1, -1), (1, 16)] {
            let head = described(version, rank);
            let error = Section::from_c(&raw const head as usize).unwrap_err();
            assert_eq!(error.class(), Class::Buffer);
            let seen = format!("version {version} and rank {rank}");
            assert!(error.message().contains(&seen), "{}", error.message());
        }
    }

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
    fn what_did_not_change_is_left_to_the_program() {
        let mut array = [1, 2, 3, 4, 5, 6];
        let section = every_other(&mut array);
        let before = section.gather();
        let mut bytes = before.clone();
        bytes[4] = 7;
        array[0] = 9;
        section.scatter_changed(&bytes, &before);
        assert_eq!(array, [9, 2, 7, 4, 5, 6]);
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
