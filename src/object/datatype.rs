//! A datatype: bounds, layout, signature and the record of how it was made.
//! Fixed once built, but for its name, attributes and commit flag; pending
//! operations share it by `Arc`, so freeing a handle never pulls it away.
//!
//! Predefined types are constants of the standard and live in the one table
//! below. How derived types are made: `object::construct`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use super::attribute::Attributes;
use super::basic::Basic;
use super::contents::Contents;
use super::error::{Class, Error, Result};
use super::handle::HandleCell;
use super::layout::Layout;
use super::name::Name;
use super::signature::Signature;

/// Where an item begins and ends for the item after it, and whether markers
/// (`MPI_LB`, `MPI_UB`, `MPI_Type_create_resized`) fixed that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub lower: i64,
    pub upper: i64,
    pub sticky_lower: bool,
    pub sticky_upper: bool,
}

#[derive(Debug)]
pub struct Datatype {
    layout: Layout,
    bounds: Bounds,
    alignment: u32,
    signature: Signature,
    contents: Contents,
    basic: Option<Basic>,
    /// Relaxed: a program orders its own commit before its uses.
    committed: AtomicBool,
    pub name: Name,
    pub attributes: Attributes<Datatype>,
    /// The handle the application knows the type by, for callbacks.
    pub handle: HandleCell,
}

pub(super) struct Parts {
    pub layout: Layout,
    pub bounds: Bounds,
    pub alignment: u32,
    pub signature: Signature,
    pub contents: Contents,
}

impl Datatype {
    /// The predefined type.
    #[inline]
    pub fn predefined(basic: Basic) -> &'static Arc<Datatype> {
        PREDEFINED[basic as u8 as usize].as_ref().expect("every Basic has its entry")
    }

    /// `MPI_BYTE`, for the library's own messages.
    pub fn byte() -> &'static Arc<Datatype> {
        Datatype::predefined(Basic::Byte)
    }

    /// What stands for `MPI_DATATYPE_NULL`: not committed, so that no
    /// message has items of it.
    pub fn absent() -> Arc<Datatype> {
        let absent = Datatype::twin(Datatype::byte());
        absent.committed.store(false, Ordering::Relaxed);
        absent.name.write("MPI_DATATYPE_NULL");
        absent
    }

    pub(super) fn derived(parts: Parts) -> Arc<Datatype> {
        Arc::new(Datatype::build(parts, None))
    }

    /// Another predefined type that is `old` but for the record of its making.
    pub(super) fn alias(basic: Basic, old: &Datatype, contents: Contents) -> Arc<Datatype> {
        let parts = Parts {
            layout: old.layout.clone(),
            bounds: old.bounds,
            alignment: old.alignment,
            signature: old.signature.clone(),
            contents,
        };
        Arc::new(Datatype::build(parts, Some(basic)))
    }

    /// The same type as a new object, without name and attributes: what
    /// `MPI_Type_get_contents` hands out.
    pub fn twin(old: &Datatype) -> Arc<Datatype> {
        let new = Datatype::derived(Parts {
            layout: old.layout.clone(),
            bounds: old.bounds,
            alignment: old.alignment,
            signature: old.signature.clone(),
            contents: old.contents.clone(),
        });
        if old.is_committed() {
            new.commit();
        }
        new
    }

    fn build(parts: Parts, basic: Option<Basic>) -> Datatype {
        let Parts { layout, bounds, alignment, signature, contents } = parts;
        Datatype {
            layout,
            bounds,
            alignment,
            signature,
            contents,
            basic,
            committed: AtomicBool::new(basic.is_some()),
            name: Name::new(basic.map_or("", Basic::symbol)),
            attributes: Attributes::default(),
            handle: HandleCell::default(),
        }
    }

    /// Bytes of data in one item.
    #[inline]
    pub fn size(&self) -> u64 {
        self.layout.size()
    }

    #[inline]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub fn lower(&self) -> i64 {
        self.bounds.lower
    }

    pub fn upper(&self) -> i64 {
        self.bounds.upper
    }

    #[inline]
    pub fn extent(&self) -> i64 {
        self.bounds.upper.wrapping_sub(self.bounds.lower)
    }

    pub fn true_lower(&self) -> i64 {
        self.layout.low()
    }

    pub fn true_extent(&self) -> i64 {
        self.layout.high() - self.layout.low()
    }

    /// Alignment of the most demanding element.
    pub fn alignment(&self) -> u32 {
        self.alignment
    }

    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// How the type was made (`MPI_Type_get_envelope`, `_get_contents`).
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The predefined type this is, for predefined types.
    pub fn basic(&self) -> Option<Basic> {
        self.basic
    }

    /// The predefined type this is or is a duplicate of: the types predefined
    /// operations work on.
    pub fn basic_of_dup(&self) -> Option<Basic> {
        self.basic.or_else(|| self.contents.duplicated()?.basic_of_dup())
    }

    pub fn is_predefined(&self) -> bool {
        self.basic.is_some()
    }

    pub fn is_committed(&self) -> bool {
        self.committed.load(Ordering::Relaxed)
    }

    pub fn commit(&self) {
        self.committed.store(true, Ordering::Relaxed);
    }

    /// The error of using a type for data before `MPI_Type_commit`.
    #[cold]
    pub fn uncommitted(&self) -> Error {
        let message = format!("{} has not been committed (MPI_Type_commit)", self.describe());
        Error::new(Class::Type, message)
    }

    /// True when `count` items are one contiguous run of memory.
    #[inline]
    pub fn is_dense(&self, count: usize) -> bool {
        self.layout.is_dense(count, self.extent())
    }

    /// Lowest byte and one past the highest byte that `count` items touch,
    /// relative to the buffer address; equal when they touch none.
    pub fn span(&self, count: usize) -> Result<(i64, i64)> {
        if count == 0 || self.size() == 0 {
            return Ok((0, 0));
        }
        let reach = (count as i128 - 1) * self.extent() as i128;
        let low = super::layout::fit_offset(self.layout.low() as i128 + reach.min(0))?;
        let high = super::layout::fit_offset(self.layout.high() as i128 + reach.max(0))?;
        Ok((low, high))
    }

    /// The name, or what kind of type it is, for error messages.
    pub fn describe(&self) -> String {
        match self.name.read() {
            name if name.is_empty() => format!("a {} datatype", self.contents.combiner.symbol()),
            name => name,
        }
    }
}

static PREDEFINED: LazyLock<Box<[Option<Arc<Datatype>>]>> = LazyLock::new(|| {
    (0..=u8::MAX).map(|number| Basic::from_number(number).map(predefine).map(Arc::new)).collect()
});

fn predefine(basic: Basic) -> Datatype {
    let layout = match basic.halves() {
        Some((first, second, offset)) => Layout::sequence([
            (0, Layout::run(first.size() as u64)),
            (offset as i64, Layout::run(second.size() as u64)),
        ])
        .expect("a pair is small"),
        None => Layout::run(basic.size() as u64),
    };
    let bounds = Bounds {
        lower: 0,
        upper: basic.extent() as i64,
        sticky_lower: basic == Basic::LowerBound,
        sticky_upper: basic == Basic::UpperBound,
    };
    let parts = Parts {
        layout,
        bounds,
        alignment: basic.alignment() as u32,
        signature: Signature::of(basic),
        contents: Contents::named(),
    };
    let datatype = Datatype::build(parts, Some(basic));
    datatype.handle.set(basic.handle());
    datatype
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_predefined_type_is_found_and_committed() {
        for basic in Basic::ALL {
            let datatype = Datatype::predefined(*basic);
            assert_eq!(datatype.basic(), Some(*basic));
            assert_eq!(datatype.size(), basic.size() as u64);
            assert_eq!(datatype.extent(), basic.extent() as i64);
            assert_eq!(datatype.name.read(), basic.symbol());
            assert_eq!(datatype.handle.get(), Some(basic.handle()));
            assert!(datatype.is_committed());
        }
    }
}
