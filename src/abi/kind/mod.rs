//! Parameter kinds: each sort of argument of an MPI function is a type that
//! decodes itself for the three ABIs. A row of `mpi` lists kinds; the body gets
//! their [`Kind::Value`]s, checked: a count is a `usize`, a communicator a live
//! object, a rank knows `MPI_ANY_SOURCE` from 3.
//!
//! What must hold (all of `kind`): the application passes what the prototype
//! says: pointers are null or valid for the lengths MPI gives them. A C library
//! cannot check that; values built here carry such pointers and read or write
//! through them only as long as the call lasts.

mod array;
mod buffer;
mod callback;
mod choice;
mod handle;
mod keyval;
mod number;
mod rank;
mod status;
mod text;

pub use array::*;
pub use buffer::*;
pub use callback::*;
pub use choice::*;
pub use handle::*;
pub use keyval::*;
pub use number::*;
pub use rank::*;
pub use status::*;
pub use text::*;

use super::Cx;
use crate::object::Result;

/// One sort of argument.
pub trait Kind {
    /// How it travels.
    type Raw: Raw;
    /// What the body receives.
    type Value;
    const SHAPE: Shape;

    /// Checks and translates one argument; `name` is its name in the standard.
    ///
    /// # Safety
    /// `raw` came from the application, as an argument of this kind.
    unsafe fn decode(cx: &Cx, raw: Self::Raw, name: &'static str) -> Result<Self::Value>;
}

/// What the cold paths know about an argument: enough to print it, to find the
/// object whose error handler is meant, and to tell an ABI by it.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// C type, as in the header.
    pub c: &'static str,
    pub sort: Sort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Int,
    Long,
    Pointer,
    /// Message buffer: a choice buffer in Fortran.
    Buffer,
    /// One status, or several.
    Status,
    /// String in; in Fortran its length comes after the last argument.
    Text,
    /// String out, likewise.
    TextOut,
    /// Strings: a null-terminated array of pointers in C, a blank-terminated
    /// array of `CHARACTER` in Fortran.
    Texts,
    /// One such array per command (`MPI_Comm_spawn_multiple`).
    TextTables,
    /// `argc`, `argv` or `...`, which Fortran has not.
    COnly,
    /// Position in an array, stored: from 0 in C, from 1 in Fortran.
    Index,
    /// Several of them.
    Indices,
    /// Attribute key.
    Keyval,
    /// Extra state or attribute value: an address in C, an integer behind an
    /// address in Fortran.
    Word,
    /// A place for such a word.
    WordAt,
    /// Integers that may be one of the special addresses
    /// (`MPI_UNWEIGHTED`, `MPI_ERRCODES_IGNORE`).
    Special,
    /// Logical value.
    Flag,
    /// A place for one.
    FlagAt,
    /// Several.
    Flags,
    /// Array of numbers.
    Numbers,
    /// Array of handles.
    Handles(crate::object::Kind),
    /// A function of the program.
    Callback,
    Rank,
    Tag,
    ThreadLevel,
    Handle(crate::object::Kind),
    /// Pointer to a handle the function reads.
    HandleAt(crate::object::Kind),
}

/// A C argument or result as it travels: `int`, an 8-byte integer, a machine
/// word, or a `double`.
pub trait Raw: Copy {
    /// Widened to a machine word.
    fn word(self) -> u64;
    /// Back from one.
    fn from_word(word: u64) -> Self;
}

impl Raw for i32 {
    #[inline(always)]
    fn word(self) -> u64 {
        self as i64 as u64
    }

    #[inline(always)]
    fn from_word(word: u64) -> i32 {
        word as i32
    }
}

impl Raw for i64 {
    #[inline(always)]
    fn word(self) -> u64 {
        self as u64
    }

    #[inline(always)]
    fn from_word(word: u64) -> i64 {
        word as i64
    }
}

impl Raw for usize {
    #[inline(always)]
    fn word(self) -> u64 {
        self as u64
    }

    #[inline(always)]
    fn from_word(word: u64) -> usize {
        word as usize
    }
}

impl Raw for f64 {
    fn word(self) -> u64 {
        self.to_bits()
    }

    fn from_word(word: u64) -> f64 {
        f64::from_bits(word)
    }
}

/// The result of a function that returns no error code.
pub trait Returned {
    type Raw: Raw;
    type Value;
    /// C type, as in the header.
    const C: &'static str;
    fn encode(cx: &Cx, value: Self::Value) -> Self::Raw;
    /// What a function that cannot answer returns.
    fn nothing() -> Self::Raw;
}

/// An argument that is only significant in some calls (`recvtype` off the
/// root, `sendcount` beside `MPI_IN_PLACE`): decoded when the body asks.
pub struct Maybe<K: Kind>(K::Raw, &'static str);

impl<K: Kind> Maybe<K> {
    /// The value, now that it is significant.
    pub fn get(&self, cx: &Cx) -> Result<K::Value> {
        // SAFETY: `decode` below got the raw value from the application.
        unsafe { K::decode(cx, self.0, self.1) }
    }
}

impl<K: Kind> Kind for Maybe<K> {
    type Raw = K::Raw;
    type Value = Maybe<K>;
    const SHAPE: Shape = K::SHAPE;

    unsafe fn decode(_: &Cx, raw: K::Raw, name: &'static str) -> Result<Maybe<K>> {
        Ok(Maybe(raw, name))
    }
}

/// Kinds that need no more than a few words: name, how it travels, value, C
/// type, sort, and the decoding.
macro_rules! kinds {
    ($(
        $(#[$meta:meta])*
        $name:ident : $raw:ty => $value:ty, $c:literal, $sort:expr,
            |$cx:pat_param, $arg:ident, $label:pat_param| $decode:expr;
    )*) => {$(
        $(#[$meta])*
        pub struct $name;

        impl $crate::abi::kind::Kind for $name {
            type Raw = $raw;
            type Value = $value;
            const SHAPE: $crate::abi::kind::Shape =
                $crate::abi::kind::Shape { c: $c, sort: $sort };

            #[inline(always)]
            unsafe fn decode(
                $cx: &$crate::abi::Cx,
                $arg: $raw,
                $label: &'static str,
            ) -> $crate::object::Result<$value> {
                $decode
            }
        }
    )*};
}
pub(crate) use kinds;
