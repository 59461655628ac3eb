//! The predefined datatypes: one row each, with what the C and Fortran
//! compilers of x86-64 and AArch64 Linux make of them.
//!
//! The number of a [`Basic`] is the low byte of MPICH's handle for it, so that
//! decoding a handle is an array index. The five pair types that MPICH gives
//! dynamic-looking handles have numbers from 0x50, Open MPI's own types from
//! 0x60.

use super::handle::{Handle, Kind};

/// What an element is to an arithmetic operation, with its size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    Signed(u8),
    Unsigned(u8),
    Float(u8),
    /// x87 extended on x86-64, binary128 elsewhere.
    LongDouble,
    /// Two floats of half the size.
    Complex(u8),
    LongDoubleComplex,
    Logical(u8),
    Byte,
    /// A value and an index, for MINLOC and MAXLOC.
    Pair(Pair),
    /// No arithmetic: wide characters, packed bytes, software floats.
    Opaque,
    /// `MPI_LB` and `MPI_UB`: no data, only a bound.
    Marker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pair {
    FloatInt,
    DoubleInt,
    LongInt,
    ShortInt,
    LongDoubleInt,
    IntInt,
    FloatFloat,
    DoubleDouble,
    /// Open MPI's 2COMPLEX types: no order, so no MINLOC either.
    Unordered,
}

/// Which of the standard's groups of section 6.9.2 (legal operations) a type
/// is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    CInteger,
    FortranInteger,
    Floating,
    Logical,
    Complex,
    Byte,
    MultiLanguage,
    Pair,
    None,
}

macro_rules! basics {
    ($($name:ident = $number:literal, $symbol:literal, $size:literal, $align:literal,
       $group:ident, $class:expr;)*) => {
        /// A predefined datatype.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Basic { $($name = $number),* }

        impl Basic {
            pub const ALL: &'static [Basic] = &[$(Basic::$name),*];

            /// The name in C (`MPI_Type_get_name`).
            pub const fn symbol(self) -> &'static str {
                match self { $(Basic::$name => $symbol),* }
            }

            /// Bytes of data (pair types without their padding).
            pub const fn size(self) -> usize {
                match self { $(Basic::$name => $size),* }
            }

            /// Alignment in a C struct.
            pub const fn alignment(self) -> usize {
                match self { $(Basic::$name => $align),* }
            }

            pub const fn group(self) -> Group {
                match self { $(Basic::$name => Group::$group),* }
            }

            pub const fn class(self) -> Class {
                use Class::*;
                match self { $(Basic::$name => $class),* }
            }

            /// The type with this number (the low byte of MPICH's handle).
            pub const fn from_number(number: u8) -> Option<Basic> {
                match number { $($number => Some(Basic::$name),)* _ => None }
            }
        }
    };
}

basics! {
    Char = 0x01, "MPI_CHAR", 1, 1, CInteger, Signed(1);
    UnsignedChar = 0x02, "MPI_UNSIGNED_CHAR", 1, 1, CInteger, Unsigned(1);
    Short = 0x03, "MPI_SHORT", 2, 2, CInteger, Signed(2);
    UnsignedShort = 0x04, "MPI_UNSIGNED_SHORT", 2, 2, CInteger, Unsigned(2);
    Int = 0x05, "MPI_INT", 4, 4, CInteger, Signed(4);
    Unsigned = 0x06, "MPI_UNSIGNED", 4, 4, CInteger, Unsigned(4);
    Long = 0x07, "MPI_LONG", 8, 8, CInteger, Signed(8);
    UnsignedLong = 0x08, "MPI_UNSIGNED_LONG", 8, 8, CInteger, Unsigned(8);
    LongLong = 0x09, "MPI_LONG_LONG_INT", 8, 8, CInteger, Signed(8);
    Float = 0x0a, "MPI_FLOAT", 4, 4, Floating, Float(4);
    Double = 0x0b, "MPI_DOUBLE", 8, 8, Floating, Float(8);
    LongDouble = 0x0c, "MPI_LONG_DOUBLE", 16, 16, Floating, LongDouble;
    Byte = 0x0d, "MPI_BYTE", 1, 1, Byte, Byte;
    WideChar = 0x0e, "MPI_WCHAR", 4, 4, None, Opaque;
    Packed = 0x0f, "MPI_PACKED", 1, 1, None, Opaque;
    LowerBound = 0x10, "MPI_LB", 0, 1, None, Marker;
    UpperBound = 0x11, "MPI_UB", 0, 1, None, Marker;
    TwoInt = 0x16, "MPI_2INT", 8, 4, Pair, Pair(self::Pair::IntInt);
    SignedChar = 0x18, "MPI_SIGNED_CHAR", 1, 1, CInteger, Signed(1);
    UnsignedLongLong = 0x19, "MPI_UNSIGNED_LONG_LONG", 8, 8, CInteger, Unsigned(8);
    Character = 0x1a, "MPI_CHARACTER", 1, 1, None, Opaque;
    Integer = 0x1b, "MPI_INTEGER", 4, 4, FortranInteger, Signed(4);
    Real = 0x1c, "MPI_REAL", 4, 4, Floating, Float(4);
    Logical = 0x1d, "MPI_LOGICAL", 4, 4, Logical, Logical(4);
    Complex = 0x1e, "MPI_COMPLEX", 8, 4, Complex, Complex(8);
    DoublePrecision = 0x1f, "MPI_DOUBLE_PRECISION", 8, 8, Floating, Float(8);
    TwoInteger = 0x20, "MPI_2INTEGER", 8, 4, Pair, Pair(self::Pair::IntInt);
    TwoReal = 0x21, "MPI_2REAL", 8, 4, Pair, Pair(self::Pair::FloatFloat);
    DoubleComplex = 0x22, "MPI_DOUBLE_COMPLEX", 16, 8, Complex, Complex(16);
    TwoDoublePrecision = 0x23, "MPI_2DOUBLE_PRECISION", 16, 8, Pair,
        Pair(self::Pair::DoubleDouble);
    Real2 = 0x26, "MPI_REAL2", 2, 2, None, Opaque;
    Real4 = 0x27, "MPI_REAL4", 4, 4, Floating, Float(4);
    Complex8 = 0x28, "MPI_COMPLEX8", 8, 4, Complex, Complex(8);
    Real8 = 0x29, "MPI_REAL8", 8, 8, Floating, Float(8);
    Complex16 = 0x2a, "MPI_COMPLEX16", 16, 8, Complex, Complex(16);
    Real16 = 0x2b, "MPI_REAL16", 16, 16, None, Opaque;
    Complex32 = 0x2c, "MPI_COMPLEX32", 32, 16, None, Opaque;
    Integer1 = 0x2d, "MPI_INTEGER1", 1, 1, FortranInteger, Signed(1);
    Complex4 = 0x2e, "MPI_COMPLEX4", 4, 2, None, Opaque;
    Integer2 = 0x2f, "MPI_INTEGER2", 2, 2, FortranInteger, Signed(2);
    Integer4 = 0x30, "MPI_INTEGER4", 4, 4, FortranInteger, Signed(4);
    Integer8 = 0x31, "MPI_INTEGER8", 8, 8, FortranInteger, Signed(8);
    Integer16 = 0x32, "MPI_INTEGER16", 16, 16, FortranInteger, Signed(16);
    CxxBool = 0x33, "MPI_CXX_BOOL", 1, 1, Logical, Logical(1);
    CxxFloatComplex = 0x34, "MPI_CXX_FLOAT_COMPLEX", 8, 4, Complex, Complex(8);
    CxxDoubleComplex = 0x35, "MPI_CXX_DOUBLE_COMPLEX", 16, 8, Complex, Complex(16);
    CxxLongDoubleComplex = 0x36, "MPI_CXX_LONG_DOUBLE_COMPLEX", 32, 16, Complex,
        LongDoubleComplex;
    Int8 = 0x37, "MPI_INT8_T", 1, 1, CInteger, Signed(1);
    Int16 = 0x38, "MPI_INT16_T", 2, 2, CInteger, Signed(2);
    Int32 = 0x39, "MPI_INT32_T", 4, 4, CInteger, Signed(4);
    Int64 = 0x3a, "MPI_INT64_T", 8, 8, CInteger, Signed(8);
    Uint8 = 0x3b, "MPI_UINT8_T", 1, 1, CInteger, Unsigned(1);
    Uint16 = 0x3c, "MPI_UINT16_T", 2, 2, CInteger, Unsigned(2);
    Uint32 = 0x3d, "MPI_UINT32_T", 4, 4, CInteger, Unsigned(4);
    Uint64 = 0x3e, "MPI_UINT64_T", 8, 8, CInteger, Unsigned(8);
    CBool = 0x3f, "MPI_C_BOOL", 1, 1, Logical, Logical(1);
    CFloatComplex = 0x40, "MPI_C_COMPLEX", 8, 4, Complex, Complex(8);
    CDoubleComplex = 0x41, "MPI_C_DOUBLE_COMPLEX", 16, 8, Complex, Complex(16);
    CLongDoubleComplex = 0x42, "MPI_C_LONG_DOUBLE_COMPLEX", 32, 16, Complex,
        LongDoubleComplex;
    Aint = 0x43, "MPI_AINT", 8, 8, MultiLanguage, Signed(8);
    Offset = 0x44, "MPI_OFFSET", 8, 8, MultiLanguage, Signed(8);
    Count = 0x45, "MPI_COUNT", 8, 8, MultiLanguage, Signed(8);
    CFloat16 = 0x46, "MPIX_C_FLOAT16", 2, 2, None, Opaque;
    Logical1 = 0x47, "MPI_LOGICAL1", 1, 1, Logical, Logical(1);
    Logical2 = 0x48, "MPI_LOGICAL2", 2, 2, Logical, Logical(2);
    Logical4 = 0x49, "MPI_LOGICAL4", 4, 4, Logical, Logical(4);
    Logical8 = 0x4a, "MPI_LOGICAL8", 8, 8, Logical, Logical(8);
    Logical16 = 0x4b, "MPI_LOGICAL16", 16, 16, Logical, Logical(16);
    Bfloat16 = 0x4c, "MPIX_BFLOAT16", 2, 2, None, Opaque;
    FloatInt = 0x50, "MPI_FLOAT_INT", 8, 4, Pair, Pair(self::Pair::FloatInt);
    DoubleInt = 0x51, "MPI_DOUBLE_INT", 12, 8, Pair, Pair(self::Pair::DoubleInt);
    LongInt = 0x52, "MPI_LONG_INT", 12, 8, Pair, Pair(self::Pair::LongInt);
    ShortInt = 0x53, "MPI_SHORT_INT", 6, 4, Pair, Pair(self::Pair::ShortInt);
    LongDoubleInt = 0x54, "MPI_LONG_DOUBLE_INT", 20, 16, Pair, Pair(self::Pair::LongDoubleInt);
    TwoComplex = 0x60, "MPI_2COMPLEX", 16, 4, None, Pair(self::Pair::Unordered);
    TwoDoubleComplex = 0x61, "MPI_2DOUBLE_COMPLEX", 32, 8, None, Pair(self::Pair::Unordered);
}

const FIRST_PAIR: u8 = Basic::FloatInt as u8;

impl Basic {
    /// The handle MPICH gives the type, or one in its style.
    pub const fn handle(self) -> Handle {
        match self {
            Basic::FloatInt
            | Basic::DoubleInt
            | Basic::LongInt
            | Basic::ShortInt
            | Basic::LongDoubleInt => {
                Handle::dynamic(Kind::Datatype, (self as u8 - FIRST_PAIR) as u32)
            }
            // MPICH leaves the size out for the bounds, which have none.
            _ => Handle::builtin(Kind::Datatype, (self.size() as u32) << 8 | self as u8 as u32),
        }
    }

    /// The two basic types of a pair and where the second one lies.
    pub const fn halves(self) -> Option<(Basic, Basic, usize)> {
        Some(match self {
            Basic::FloatInt => (Basic::Float, Basic::Int, 4),
            Basic::DoubleInt => (Basic::Double, Basic::Int, 8),
            Basic::LongInt => (Basic::Long, Basic::Int, 8),
            Basic::ShortInt => (Basic::Short, Basic::Int, 4),
            Basic::LongDoubleInt => (Basic::LongDouble, Basic::Int, 16),
            Basic::TwoInt => (Basic::Int, Basic::Int, 4),
            Basic::TwoInteger => (Basic::Integer, Basic::Integer, 4),
            Basic::TwoReal => (Basic::Real, Basic::Real, 4),
            Basic::TwoDoublePrecision => (Basic::DoublePrecision, Basic::DoublePrecision, 8),
            Basic::TwoComplex => (Basic::Complex, Basic::Complex, 8),
            Basic::TwoDoubleComplex => (Basic::DoubleComplex, Basic::DoubleComplex, 16),
            _ => return None,
        })
    }

    /// Distance of two neighbours in an array.
    pub const fn extent(self) -> usize {
        match self.halves() {
            Some((_, second, offset)) => {
                (offset + second.size()).next_multiple_of(self.alignment())
            }
            None => self.size(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_mpichs() {
        for (basic, handle) in [
            (Basic::Int, 0x4c00_0405),
            (Basic::Byte, 0x4c00_010d),
            (Basic::LongDouble, 0x4c00_100c),
            (Basic::LowerBound, 0x4c00_0010),
            (Basic::CLongDoubleComplex, 0x4c00_2042),
            (Basic::FloatInt, 0x8c00_0000),
            (Basic::LongDoubleInt, 0x8c00_0004),
        ] {
            assert_eq!(basic.handle(), Handle(handle), "{basic:?}");
        }
    }

    #[test]
    fn pairs_lie_as_a_c_compiler_puts_them() {
        for (basic, size, extent) in [
            (Basic::FloatInt, 8, 8),
            (Basic::DoubleInt, 12, 16),
            (Basic::LongInt, 12, 16),
            (Basic::ShortInt, 6, 8),
            (Basic::LongDoubleInt, 20, 32),
            (Basic::TwoInt, 8, 8),
        ] {
            assert_eq!((basic.size(), basic.extent()), (size, extent), "{basic:?}");
        }
    }
}
