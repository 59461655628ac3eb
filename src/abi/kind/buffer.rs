//! Message buffers: an address, or `MPI_IN_PLACE`.

use std::sync::Arc;

use super::{Sort, kinds};
use crate::abi::process::NO_DATATYPE;
use crate::abi::{Abi, Cx};
use crate::object::{Buffer, Class, Datatype, Error, Result};

/// A buffer argument.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    at: usize,
    in_place: bool,
    name: &'static str,
}

impl Memory {
    /// `MPI_IN_PLACE` was given.
    pub fn is_in_place(&self) -> bool {
        self.in_place
    }

    /// The address; null is `MPI_BOTTOM`, or an absent buffer.
    pub fn address(&self) -> *mut std::ffi::c_void {
        self.at as *mut std::ffi::c_void
    }

    /// The memory `bytes` further on (the blocks of vector collectives).
    pub fn displaced(&self, bytes: i64) -> Memory {
        if self.in_place {
            return *self;
        }
        Memory { at: self.at.wrapping_add(bytes as usize), ..*self }
    }

    /// The buffer of `count` items of `datatype` at this address. The
    /// application keeps it valid until the operation is complete.
    #[inline(always)]
    pub fn buffer(&self, count: usize, datatype: &Arc<Datatype>) -> Result<Buffer> {
        Ok(self.vet(count, datatype)?.buffer())
    }

    /// [`Memory::buffer`] in two steps, for who has other arguments to check
    /// before the buffer is made: what follows it may no longer fail, so it is
    /// made where it stays.
    #[inline(always)]
    pub fn vet<'a>(&self, count: usize, datatype: &'a Arc<Datatype>) -> Result<Vetted<'a>> {
        if self.at == 0 || self.in_place || !datatype.is_committed() {
            self.check(count, datatype)?;
        }
        Ok(Vetted { at: self.address(), count, datatype })
    }

    #[cold]
    fn check(&self, count: usize, datatype: &Arc<Datatype>) -> Result<()> {
        let name = self.name;
        if count > 0 && datatype.handle.get() == Some(NO_DATATYPE) {
            return Err(Error::new(Class::Type, "datatype is MPI_DATATYPE_NULL"));
        }
        if count > 0 && !datatype.is_committed() {
            return Err(datatype.uncommitted());
        }
        if self.in_place {
            return Err(Error::new(Class::Buffer, format!("{name} must not be MPI_IN_PLACE here")));
        }
        // MPI_BOTTOM is null too: absolute addresses are in the datatype then.
        if self.at == 0 && count > 0 && datatype.size() > 0 && datatype.is_predefined() {
            return Err(Error::new(Class::Buffer, format!("{name} is a null pointer")));
        }
        Ok(())
    }

    /// The argument's name, for errors.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// Address, count and datatype that make a buffer.
pub struct Vetted<'a> {
    at: *mut std::ffi::c_void,
    count: usize,
    datatype: &'a Arc<Datatype>,
}

impl Vetted<'_> {
    #[inline(always)]
    pub fn buffer(self) -> Buffer {
        // SAFETY: the application says that `count` items of `datatype` may be
        // read (and written, if the function receives) at this address.
        unsafe { Buffer::new(self.at, self.count, self.datatype) }
    }
}

fn memory(cx: &Cx, raw: usize, name: &'static str) -> Memory {
    // MPI_IN_PLACE is (void *) -1 in MPICH and (void *) 1 in the others;
    // MPI_BOTTOM is null in all three.
    let in_place = match cx.abi {
        Abi::Mpich => raw == usize::MAX,
        _ => raw == 1,
    };
    Memory { at: raw, in_place, name }
}

kinds! {
    /// A buffer that is written (or not known to be constant).
    Buf: usize => Memory, "void*", Sort::Buffer, |cx, raw, name| Ok(memory(cx, raw, name));
    /// A buffer that is only read.
    ConstBuf: usize => Memory, "const void*", Sort::Buffer, |cx, raw, name| Ok(memory(cx, raw, name));
}
