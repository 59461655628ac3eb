//! Numbers in and out: counts, displacements, plain integers, flags.

use std::marker::PhantomData;

use super::{Kind, Returned, Shape, Sort, kinds};
use crate::abi::Cx;
use crate::object::{Class, Error, Result};

/// `MPI_UNDEFINED` in all three ABIs.
pub const UNDEFINED: i32 = -32766;

kinds! {
    /// `int` without a rule of its own.
    Int: i32 => i32, "int", Sort::Int, |_, raw, _| Ok(raw);
    /// `const int` (`MPI_Pcontrol`).
    ConstInt: i32 => i32, "const int", Sort::Int, |_, raw, _| Ok(raw);
    /// The `...` of `MPI_Pcontrol`, which no one looks at.
    Varargs: usize => (), "...", Sort::COnly, |_, _raw, _| Ok(());
    /// Number of elements, or of entries in an array: not negative.
    Count: i32 => usize, "int", Sort::Int, |_, raw, name| not_negative(raw as i64, name);
    /// [`Count`] of the `_c` functions.
    CountC: i64 => usize, "MPI_Count", Sort::Long, |_, raw, name| not_negative(raw, name);
    /// Size in bytes as `MPI_Aint`: not negative.
    SizeA: i64 => usize, "MPI_Aint", Sort::Long, |_, raw, name| not_negative(raw, name);
    /// `MPI_Count` that may be negative.
    Long: i64 => i64, "MPI_Count", Sort::Long, |_, raw, _| Ok(raw);
    /// Displacement, stride or extent in bytes, as `MPI_Aint`.
    Disp: i64 => i64, "MPI_Aint", Sort::Long, |_, raw, _| Ok(raw);
    /// [`Disp`] of the `_c` functions.
    DispC: i64 => i64, "MPI_Count", Sort::Long, |_, raw, _| Ok(raw);
    /// Stride in elements, of `MPI_Type_vector`; may be negative.
    Stride: i32 => i64, "int", Sort::Int, |_, raw, _| Ok(raw as i64);
    /// `MPI_Offset` in a file.
    Offset: i64 => i64, "MPI_Offset", Sort::Long, |_, raw, _| Ok(raw);
    /// Error class or code, in the caller's numbers (see `abi::code`).
    ErrorCode: i32 => i32, "int", Sort::Int, |_, raw, _| Ok(raw);
    /// Logical argument.
    Flag: i32 => bool, "int", Sort::Flag, |_, raw, _| Ok(raw != 0);
}

#[inline(always)]
fn not_negative(raw: i64, name: &'static str) -> Result<usize> {
    if raw < 0 { Err(negative(raw, name)) } else { Ok(raw as usize) }
}

#[cold]
fn negative(raw: i64, name: &'static str) -> Error {
    let counts = ["count", "blocklength"].iter().any(|word| name.contains(word));
    let class = if counts { Class::Count } else { Class::Arg };
    Error::new(class, format!("{name} is {raw} but must not be negative"))
}

/// The error of a required pointer that is null.
#[cold]
pub fn null_argument(name: &'static str) -> Error {
    Error::new(Class::Arg, format!("{name} is a null pointer"))
}

/// An out-argument of the C type `T*`: a place to write, never null.
pub struct Place<T> {
    at: *mut T,
}

impl<T: Copy> Place<T> {
    /// Stores the result.
    pub fn set(&self, value: T) {
        // SAFETY: the application passed a place for a `T`, checked not null.
        unsafe { self.at.write_unaligned(value) }
    }

    /// Reads what the application put there (inout arguments).
    pub fn get(&self) -> T {
        // SAFETY: as in `set`; inout arguments are initialised.
        unsafe { self.at.read_unaligned() }
    }
}

/// The C type behind an out pointer.
pub trait Pointee: Copy {
    const POINTER: &'static str;
}

/// Out (or inout) argument of a plain C type.
pub struct Out<T>(PhantomData<T>);

impl<T: Pointee> Kind for Out<T> {
    type Raw = usize;
    type Value = Place<T>;
    const SHAPE: Shape = Shape { c: T::POINTER, sort: Sort::Pointer };

    #[inline(always)]
    unsafe fn decode(_: &Cx, raw: usize, name: &'static str) -> Result<Place<T>> {
        if raw == 0 { Err(null_argument(name)) } else { Ok(Place { at: raw as *mut T }) }
    }
}

impl Pointee for i32 {
    const POINTER: &'static str = "int*";
}

impl Pointee for i64 {
    const POINTER: &'static str = "MPI_Count*";
}

/// `MPI_Aint` behind a pointer.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Aint(pub i64);

impl Pointee for Aint {
    const POINTER: &'static str = "MPI_Aint*";
}

/// `MPI_Offset` behind a pointer.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct FileOffset(pub i64);

impl Pointee for FileOffset {
    const POINTER: &'static str = "MPI_Offset*";
}

/// `MPIX_Grequest_class` behind a pointer.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct GrequestClass(pub i32);

impl Pointee for GrequestClass {
    const POINTER: &'static str = "MPIX_Grequest_class*";
}

pub type OutXGrequestClass = Out<GrequestClass>;
pub type OutInt = Out<i32>;
pub type OutLong = Out<i64>;

/// A number stored through `int*` or a wider pointer, whichever the function
/// has: what twins (`MPI_Get_count`, `MPI_Get_count_c`) share.
pub struct NumberPlace {
    at: usize,
    wide: bool,
}

impl NumberPlace {
    /// Stores `value`, or `MPI_UNDEFINED` when it does not fit an `int`.
    pub fn set(&self, value: i64) {
        if self.wide {
            // SAFETY: `at` is the application's place for an 8-byte integer.
            unsafe { (self.at as *mut i64).write_unaligned(value) }
        } else {
            let value = i32::try_from(value).unwrap_or(UNDEFINED);
            // SAFETY: `at` is the application's place for an `int`.
            unsafe { (self.at as *mut i32).write_unaligned(value) }
        }
    }

    /// True when `value` can be stored as it is.
    pub fn fits(&self, value: i64) -> bool {
        self.wide || i32::try_from(value).is_ok()
    }

    /// Reads an inout number.
    pub fn get(&self) -> i64 {
        if self.wide {
            // SAFETY: as in `set`.
            unsafe { (self.at as *const i64).read_unaligned() }
        } else {
            // SAFETY: as in `set`.
            unsafe { (self.at as *const i32).read_unaligned() as i64 }
        }
    }
}

fn number_place(raw: usize, wide: bool, name: &'static str) -> Result<NumberPlace> {
    if raw == 0 { Err(null_argument(name)) } else { Ok(NumberPlace { at: raw, wide }) }
}

kinds! {
    /// A count, size, bound or position out (or in and out).
    OutCount: usize => NumberPlace, "int*", Sort::Pointer,
        |_, raw, name| number_place(raw, false, name);
    OutCountC: usize => NumberPlace, "MPI_Count*", Sort::Pointer,
        |_, raw, name| number_place(raw, true, name);
    OutCountA: usize => NumberPlace, "MPI_Aint*", Sort::Pointer,
        |_, raw, name| number_place(raw, true, name);
    OutOffset: usize => NumberPlace, "MPI_Offset*", Sort::Pointer,
        |_, raw, name| number_place(raw, true, name);
    /// Which of an array's entries it was; `MPI_UNDEFINED` is none.
    OutIndex: usize => Place<i32>, "int*", Sort::Index,
        |_, raw, name| if raw == 0 { Err(null_argument(name)) } else { Ok(Place { at: raw as *mut i32 }) };
    /// A logical result.
    OutFlag: usize => FlagPlace, "int*", Sort::FlagAt,
        |_, raw, name| if raw == 0 { Err(null_argument(name)) } else { Ok(FlagPlace(raw)) };
}

pub struct FlagPlace(usize);

impl FlagPlace {
    pub fn set(&self, value: bool) {
        // SAFETY: the application's place for an `int`, checked not null.
        unsafe { (self.0 as *mut i32).write_unaligned(value as i32) }
    }

    pub fn get(&self) -> bool {
        // SAFETY: as in `set`; inout flags are initialised.
        unsafe { (self.0 as *const i32).read_unaligned() != 0 }
    }
}

macro_rules! returned {
    ($($(#[$meta:meta])* $name:ident: $raw:ty, $c:literal, $nothing:expr;)*) => {$(
        $(#[$meta])*
        pub struct $name;

        impl Returned for $name {
            type Raw = $raw;
            type Value = $raw;
            const C: &'static str = $c;
            fn encode(_: &Cx, value: $raw) -> $raw { value }
            fn nothing() -> $raw { $nothing }
        }
    )*};
}

returned! {
    Double: f64, "double", 0.0;
    AddressInt: i64, "MPI_Aint", 0;
    Fint: i32, "MPI_Fint", -1;
    /// An `int` that is a value, not an error code (`MPI_Comm_toint`).
    IntValue: i32, "int", -1;
    AnyPointer: usize, "void*", 0;
}
