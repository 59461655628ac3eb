//! Kernels of the predefined operations: one loop per operation and element
//! type, simple enough for the compiler to vectorise.
//!
//! What must hold: a kernel gets two arrays of `count` elements of its type,
//! the second writable, which either do not overlap or are the same. Elements
//! are read and written unaligned: the application's address is its own affair.

use std::cmp::Ordering;
use std::ptr;

use super::basic::{Basic, Class, Group, Pair};
use super::buffer::Buffer;
use super::op::Builtin;

/// `into[i] = from[i] op into[i]` for `count` elements.
pub type Kernel = unsafe fn(from: *const u8, into: *mut u8, count: usize);

/// Runs a kernel on buffers of its own element type.
pub fn run(kernel: Kernel, from: &Buffer, into: &Buffer) {
    debug_assert_eq!(from.count(), into.count());
    // SAFETY: both buffers hold `count` elements of the kernel's type, as an
    // array (predefined types and their duplicates have the array's extent);
    // `Buffer::new` vouches for the memory.
    unsafe { kernel(from.address().cast(), into.address().cast(), into.count()) }
}

/// The loop for an operation on a type, if the standard defines it (section
/// 6.9.2), with MPICH's leniency: `MPI_CHAR` is an integer, and logical
/// operations take Fortran integers and floating-point numbers.
pub fn kernel(op: Builtin, basic: Basic) -> Option<Kernel> {
    match (basic.group(), basic.class()) {
        (Group::CInteger | Group::FortranInteger | Group::MultiLanguage, class) => match class {
            Class::Signed(1) => integer::<i8>(op),
            Class::Signed(2) => integer::<i16>(op),
            Class::Signed(4) => integer::<i32>(op),
            Class::Signed(8) => integer::<i64>(op),
            Class::Signed(16) => integer::<i128>(op),
            Class::Unsigned(1) => integer::<u8>(op),
            Class::Unsigned(2) => integer::<u16>(op),
            Class::Unsigned(4) => integer::<u32>(op),
            Class::Unsigned(8) => integer::<u64>(op),
            _ => None,
        },
        (Group::Floating, Class::Float(4)) => real::<f32>(op),
        (Group::Floating, Class::Float(8)) => real::<f64>(op),
        (Group::Floating, Class::LongDouble) => real::<Extended>(EXTENDED.then_some(op)?),
        (Group::Complex, Class::Complex(8)) => complex::<f32>(op),
        (Group::Complex, Class::Complex(16)) => complex::<f64>(op),
        (Group::Complex, Class::LongDoubleComplex) => complex::<Extended>(EXTENDED.then_some(op)?),
        (Group::Logical, Class::Logical(size)) => match size {
            1 => logical::<u8>(op),
            2 => logical::<u16>(op),
            4 => logical::<u32>(op),
            8 => logical::<u64>(op),
            16 => logical::<u128>(op),
            _ => None,
        },
        (Group::Byte, Class::Byte) => bitwise::<u8>(op),
        (Group::Pair, Class::Pair(pair)) => match pair {
            Pair::FloatInt => located::<f32, i32>(op),
            Pair::DoubleInt => located::<f64, i32>(op),
            Pair::LongInt => located::<i64, i32>(op),
            Pair::ShortInt => located::<i16, i32>(op),
            Pair::LongDoubleInt => located::<Extended, i32>(EXTENDED.then_some(op)?),
            Pair::IntInt => located::<i32, i32>(op),
            Pair::FloatFloat => located::<f32, f32>(op),
            Pair::DoubleDouble => located::<f64, f64>(op),
            Pair::Unordered => None,
        },
        _ => None,
    }
}

/// One element of an operation.
trait Combine<T> {
    fn combine(from: T, into: T) -> T;
}

struct Max;
struct Min;
struct Sum;
struct Prod;
struct And;
struct Or;
struct Xor;
struct BitAnd;
struct BitOr;
struct BitXor;

/// # Safety
/// As this file demands of kernels.
unsafe fn fold<T: Copy, C: Combine<T>>(from: *const u8, into: *mut u8, count: usize) {
    let (from, into) = (from.cast::<T>(), into.cast::<T>());
    for i in 0..count {
        // SAFETY: element `i` of both arrays; `T` is plain data.
        unsafe {
            let outcome = C::combine(
                ptr::read_unaligned(from.wrapping_add(i)),
                ptr::read_unaligned(into.wrapping_add(i)),
            );
            ptr::write_unaligned(into.wrapping_add(i), outcome);
        }
    }
}

fn integer<T: Copy>(op: Builtin) -> Option<Kernel>
where
    Max: Combine<T>,
    Min: Combine<T>,
    Sum: Combine<T>,
    Prod: Combine<T>,
    And: Combine<T>,
    Or: Combine<T>,
    Xor: Combine<T>,
    BitAnd: Combine<T>,
    BitOr: Combine<T>,
    BitXor: Combine<T>,
{
    Some(match op {
        Builtin::Max => fold::<T, Max>,
        Builtin::Min => fold::<T, Min>,
        Builtin::Sum => fold::<T, Sum>,
        Builtin::Prod => fold::<T, Prod>,
        _ => return logical::<T>(op).or_else(|| bitwise::<T>(op)),
    })
}

fn real<T: Copy>(op: Builtin) -> Option<Kernel>
where
    Max: Combine<T>,
    Min: Combine<T>,
    Sum: Combine<T>,
    Prod: Combine<T>,
    And: Combine<T>,
    Or: Combine<T>,
    Xor: Combine<T>,
{
    Some(match op {
        Builtin::Max => fold::<T, Max>,
        Builtin::Min => fold::<T, Min>,
        Builtin::Sum => fold::<T, Sum>,
        Builtin::Prod => fold::<T, Prod>,
        _ => return logical::<T>(op),
    })
}

fn complex<T: Copy>(op: Builtin) -> Option<Kernel>
where
    Sum: Combine<[T; 2]>,
    Prod: Combine<[T; 2]>,
{
    Some(match op {
        Builtin::Sum => fold::<[T; 2], Sum>,
        Builtin::Prod => fold::<[T; 2], Prod>,
        _ => return None,
    })
}

fn logical<T: Copy>(op: Builtin) -> Option<Kernel>
where
    And: Combine<T>,
    Or: Combine<T>,
    Xor: Combine<T>,
{
    Some(match op {
        Builtin::LogicalAnd => fold::<T, And>,
        Builtin::LogicalOr => fold::<T, Or>,
        Builtin::LogicalXor => fold::<T, Xor>,
        _ => return None,
    })
}

fn bitwise<T: Copy>(op: Builtin) -> Option<Kernel>
where
    BitAnd: Combine<T>,
    BitOr: Combine<T>,
    BitXor: Combine<T>,
{
    Some(match op {
        Builtin::BitAnd => fold::<T, BitAnd>,
        Builtin::BitOr => fold::<T, BitOr>,
        Builtin::BitXor => fold::<T, BitXor>,
        _ => return None,
    })
}

fn located<V: Ordered, I: Copy + PartialOrd>(op: Builtin) -> Option<Kernel>
where
    Min: Combine<Located<V, I>>,
    Max: Combine<Located<V, I>>,
{
    Some(match op {
        Builtin::MinLoc => fold::<Located<V, I>, Min>,
        Builtin::MaxLoc => fold::<Located<V, I>, Max>,
        _ => return None,
    })
}

/// A value and its index, as C lays the struct out.
#[derive(Clone, Copy)]
#[repr(C)]
struct Located<V, I> {
    value: V,
    index: I,
}

trait Ordered: Copy {
    fn order(self, other: Self) -> Option<Ordering>;
}

/// The extreme value; of equal ones, the lower index.
fn extreme<V: Ordered, I: Copy + PartialOrd>(
    from: Located<V, I>,
    into: Located<V, I>,
    wanted: Ordering,
) -> Located<V, I> {
    match from.value.order(into.value) {
        Some(Ordering::Equal) if from.index < into.index => from,
        Some(order) if order == wanted => from,
        _ => into,
    }
}

impl<V: Ordered, I: Copy + PartialOrd> Combine<Located<V, I>> for Min {
    #[inline]
    fn combine(from: Located<V, I>, into: Located<V, I>) -> Located<V, I> {
        extreme(from, into, Ordering::Less)
    }
}

impl<V: Ordered, I: Copy + PartialOrd> Combine<Located<V, I>> for Max {
    #[inline]
    fn combine(from: Located<V, I>, into: Located<V, I>) -> Located<V, I> {
        extreme(from, into, Ordering::Greater)
    }
}

macro_rules! combine {
    ($($type:ty: $($op:ident = |$from:ident, $into:ident| $outcome:expr),* $(,)?;)*) => {
        $($(impl Combine<$type> for $op {
            #[inline]
            fn combine($from: $type, $into: $type) -> $type { $outcome }
        })*)*
    };
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        combine! { $type:
            Max = |a, b| if a > b { a } else { b },
            Min = |a, b| if a < b { a } else { b },
            Sum = |a, b| a.wrapping_add(b),
            Prod = |a, b| a.wrapping_mul(b),
            And = |a, b| <$type>::from(a != 0 && b != 0),
            Or = |a, b| <$type>::from(a != 0 || b != 0),
            Xor = |a, b| <$type>::from((a != 0) != (b != 0)),
            BitAnd = |a, b| a & b,
            BitOr = |a, b| a | b,
            BitXor = |a, b| a ^ b;
        }
        impl Ordered for $type {
            #[inline]
            fn order(self, other: Self) -> Option<Ordering> { Some(self.cmp(&other)) }
        }
    )*};
}

macro_rules! floats {
    ($($type:ty),*) => {$(
        combine! {
            $type:
                Max = |a, b| if a > b { a } else { b },
                Min = |a, b| if a < b { a } else { b },
                Sum = |a, b| a + b,
                Prod = |a, b| a * b,
                And = |a, b| <$type>::from(u8::from(a != 0.0 && b != 0.0)),
                Or = |a, b| <$type>::from(u8::from(a != 0.0 || b != 0.0)),
                Xor = |a, b| <$type>::from(u8::from((a != 0.0) != (b != 0.0)));
            [$type; 2]:
                Sum = |a, b| [a[0] + b[0], a[1] + b[1]],
                Prod = |a, b| [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
        }
        impl Ordered for $type {
            #[inline]
            fn order(self, other: Self) -> Option<Ordering> { self.partial_cmp(&other) }
        }
    )*};
}

integers!(i8, i16, i32, i64, i128, u8, u16, u32, u64, u128);
floats!(f32, f64);

combine! {
    Extended:
        Max = |a, b| if a.order(b) == Some(Ordering::Greater) { a } else { b },
        Min = |a, b| if a.order(b) == Some(Ordering::Less) { a } else { b },
        Sum = |a, b| a.add(b),
        Prod = |a, b| a.mul(b),
        And = |a, b| Extended::truth(a.is_true() && b.is_true()),
        Or = |a, b| Extended::truth(a.is_true() || b.is_true()),
        Xor = |a, b| Extended::truth(a.is_true() != b.is_true());
    [Extended; 2]:
        Sum = |a, b| [a[0].add(b[0]), a[1].add(b[1])],
        Prod = |a, b| [
            a[0].mul(b[0]).sub(a[1].mul(b[1])),
            a[0].mul(b[1]).add(a[1].mul(b[0])),
        ];
}

/// C's `long double` on x86-64: 10 bytes of x87 format and 6 of padding.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Extended([u8; 16]);

impl Extended {
    /// 1.0 or 0.0: the exponent's bias and the explicit leading bit.
    fn truth(is_true: bool) -> Extended {
        let mut bytes = [0; 16];
        if is_true {
            bytes[7..10].copy_from_slice(&[0x80, 0xff, 0x3f]);
        }
        Extended(bytes)
    }

    /// Not zero of either sign.
    fn is_true(self) -> bool {
        self.0[..9].iter().any(|&byte| byte != 0) || self.0[9] & 0x7f != 0
    }
}

/// Elsewhere `long double` is binary128, whose arithmetic is not here yet:
/// such reductions are refused with `MPI_ERR_OP`.
const EXTENDED: bool = cfg!(target_arch = "x86_64");

#[cfg(target_arch = "x86_64")]
macro_rules! x87 {
    ($name:ident, $instruction:literal) => {
        #[inline]
        fn $name(self, other: Extended) -> Extended {
            let mut outcome = Extended([0; 16]);
            // SAFETY: reads 10 bytes of both operands, writes 10 of the
            // outcome, and leaves the x87 stack as empty as it found it.
            unsafe {
                std::arch::asm!(
                    "fld tbyte ptr [{left}]",
                    "fld tbyte ptr [{right}]",
                    $instruction,
                    "fstp tbyte ptr [{outcome}]",
                    left = in(reg) &self,
                    right = in(reg) &other,
                    outcome = in(reg) &mut outcome,
                    out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                    out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                    options(nostack),
                );
            }
            outcome
        }
    };
}

#[cfg(target_arch = "x86_64")]
impl Extended {
    // Intel syntax: st(1) = st(1) op st(0), then pop.
    x87!(add, "faddp st(1), st");
    x87!(sub, "fsubp st(1), st");
    x87!(mul, "fmulp st(1), st");

    #[inline]
    fn exceeds(self, other: Extended) -> bool {
        let above: u8;
        // SAFETY: as above; an unordered pair sets the carry, so it is not
        // above.
        unsafe {
            std::arch::asm!(
                "fld tbyte ptr [{right}]",
                "fld tbyte ptr [{left}]",
                "fcomip st, st(1)",
                "fstp st(0)",
                "seta {above}",
                left = in(reg) &self,
                right = in(reg) &other,
                above = out(reg_byte) above,
                out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                options(nostack, readonly),
            );
        }
        above != 0
    }

    /// Neither above the other is taken as equal, NaN included.
    #[inline]
    fn compare(self, other: Extended) -> Option<Ordering> {
        match (self.exceeds(other), other.exceeds(self)) {
            (true, _) => Some(Ordering::Greater),
            (_, true) => Some(Ordering::Less),
            _ => Some(Ordering::Equal),
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Extended {
    fn add(self, _: Extended) -> Extended {
        unreachable!("no kernel is given out for this type")
    }

    fn sub(self, other: Extended) -> Extended {
        self.add(other)
    }

    fn mul(self, other: Extended) -> Extended {
        self.add(other)
    }

    fn compare(self, other: Extended) -> Option<Ordering> {
        self.add(other);
        None
    }
}

impl Ordered for Extended {
    #[inline]
    fn order(self, other: Extended) -> Option<Ordering> {
        self.compare(other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::op::Op;
    use super::super::{Buffer, Datatype};
    use super::*;

    fn reduce<T: Copy, const N: usize>(op: Builtin, basic: Basic, a: [T; N], b: [T; N]) -> [T; N] {
        assert_eq!(size_of::<T>(), basic.extent());
        let datatype = Datatype::predefined(basic);
        let mut outcome = b;
        // SAFETY: arrays of N elements of the type.
        let (from, into) = unsafe {
            (
                Buffer::new(a.as_ptr().cast_mut().cast(), N, datatype),
                Buffer::new(outcome.as_mut_ptr().cast(), N, datatype),
            )
        };
        Op::builtin(op).apply(&from, &into).unwrap();
        outcome
    }

    #[test]
    fn integers_wrap_compare_and_combine() {
        let (a, b) = ([7i32, -3, i32::MAX, 0], [5i32, 4, 1, -1]);
        assert_eq!(reduce(Builtin::Sum, Basic::Int, a, b), [12, 1, i32::MIN, -1]);
        assert_eq!(reduce(Builtin::Prod, Basic::Int, a, b), [35, -12, i32::MAX, 0]);
        assert_eq!(reduce(Builtin::Max, Basic::Int, a, b), [7, 4, i32::MAX, 0]);
        assert_eq!(reduce(Builtin::Min, Basic::Int, a, b), [5, -3, 1, -1]);
        assert_eq!(reduce(Builtin::LogicalAnd, Basic::Int, a, b), [1, 1, 1, 0]);
        assert_eq!(reduce(Builtin::LogicalXor, Basic::Int, a, b), [0, 0, 0, 1]);
        assert_eq!(reduce(Builtin::BitXor, Basic::Int, a, b), [2, -7, i32::MAX - 1, -1]);
        assert_eq!(reduce(Builtin::Max, Basic::Unsigned, [u32::MAX], [1]), [u32::MAX]);
        assert_eq!(reduce(Builtin::BitOr, Basic::Byte, [0x0fu8], [0xf0]), [0xff]);
        assert_eq!(reduce(Builtin::LogicalOr, Basic::CBool, [0u8, 2], [0, 0]), [0, 1]);
        assert_eq!(reduce(Builtin::LogicalXor, Basic::Float, [0f32, 2.5], [3., 1.]), [1., 0.]);
    }

    #[test]
    fn long_vectors_equal_one_element_at_a_time() {
        let a: [f64; 1001] = std::array::from_fn(|i| i as f64 * 0.5 - 100.0);
        let b: [f64; 1001] = std::array::from_fn(|i| 300.0 - i as f64);
        for (op, naive) in [
            (Builtin::Sum, (|a, b| a + b) as fn(f64, f64) -> f64),
            (Builtin::Prod, |a, b| a * b),
            (Builtin::Max, f64::max),
            (Builtin::Min, f64::min),
        ] {
            let expected: [f64; 1001] = std::array::from_fn(|i| naive(a[i], b[i]));
            assert_eq!(reduce(op, Basic::Double, a, b), expected);
        }
    }

    #[test]
    fn complex_numbers_multiply_as_such() {
        let product = reduce(Builtin::Prod, Basic::CFloatComplex, [[1f32, 2.0]], [[3.0, 4.0]]);
        assert_eq!(product, [[-5.0, 10.0]]);
        let sum = reduce(Builtin::Sum, Basic::CDoubleComplex, [[1f64, 2.0]], [[3.0, 4.0]]);
        assert_eq!(sum, [[4.0, 6.0]]);
    }

    #[test]
    fn equal_values_give_the_lower_index() {
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(C)]
        struct DoubleInt(f64, i32);
        let a = [DoubleInt(1.0, 7), DoubleInt(5.0, 1), DoubleInt(2.0, 0)];
        let b = [DoubleInt(1.0, 3), DoubleInt(4.0, 2), DoubleInt(9.0, 8)];
        let low = reduce(Builtin::MinLoc, Basic::DoubleInt, a, b);
        assert_eq!(low, [DoubleInt(1.0, 3), DoubleInt(4.0, 2), DoubleInt(2.0, 0)]);
        let high = reduce(Builtin::MaxLoc, Basic::DoubleInt, a, b);
        assert_eq!(high, [DoubleInt(1.0, 3), DoubleInt(5.0, 1), DoubleInt(9.0, 8)]);
        let ints = reduce(Builtin::MaxLoc, Basic::TwoInt, [[3i32, 9]], [[3, 4]]);
        assert_eq!(ints, [[3, 4]]);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn long_doubles_keep_their_64_bits_of_mantissa() {
        // Sign and exponent in the top two bytes, an explicit leading one.
        fn extended(negative: bool, exponent: i32, mantissa: u64) -> Extended {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&mantissa.to_le_bytes());
            let top = (exponent + 16383) as u16 | (negative as u16) << 15;
            bytes[8..10].copy_from_slice(&top.to_le_bytes());
            Extended(bytes)
        }
        const ONE: u64 = 1 << 63;
        let same = |a: Extended, b: Extended| assert_eq!(a.0[..10], b.0[..10]);
        let calculate = |op, a, b| reduce(op, Basic::LongDouble, [a], [b])[0];
        let (one, big) = (extended(false, 0, ONE), extended(false, 63, ONE));
        // 2^63 + 1 needs all 64 bits; a double would round it away.
        same(calculate(Builtin::Sum, one, big), extended(false, 63, ONE | 1));
        let three_halves = extended(false, 0, ONE | ONE >> 1);
        same(
            calculate(Builtin::Prod, three_halves, three_halves),
            extended(false, 1, ONE | ONE >> 3),
        );
        let minus = extended(true, 0, ONE);
        same(calculate(Builtin::Max, minus, one), one);
        same(calculate(Builtin::Min, minus, one), minus);
        same(calculate(Builtin::Min, one, minus), minus);
        let i = [extended(false, -16383, 0), one];
        let square = reduce(Builtin::Prod, Basic::CLongDoubleComplex, [i], [i])[0];
        same(square[0], minus);
    }

    #[test]
    fn legal_pairs_are_those_of_the_standard() {
        use Builtin::*;
        let legal = |op, basic| kernel(op, basic).is_some();
        for op in [Max, Min, Sum, Prod, LogicalAnd, LogicalOr, LogicalXor, BitAnd, BitOr, BitXor] {
            for basic in [Basic::Int, Basic::UnsignedChar, Basic::Int64, Basic::Aint, Basic::Count]
            {
                assert!(legal(op, basic), "{op:?} {basic:?}");
            }
            for basic in [Basic::Packed, Basic::WideChar, Basic::Character, Basic::DoubleInt] {
                assert!(!legal(op, basic), "{op:?} {basic:?}");
            }
        }
        assert!(legal(Max, Basic::LongDouble) && legal(Sum, Basic::Real));
        assert!(!legal(BitAnd, Basic::Float) && legal(LogicalAnd, Basic::Double));
        assert!(!legal(LogicalAnd, Basic::CDoubleComplex));
        assert!(!legal(Max, Basic::Complex) && legal(Prod, Basic::DoubleComplex));
        assert!(legal(LogicalOr, Basic::Logical) && !legal(Sum, Basic::Logical));
        assert!(legal(BitXor, Basic::Byte) && !legal(Sum, Basic::Byte));
        assert!(legal(MinLoc, Basic::TwoReal) && !legal(MinLoc, Basic::Int));
        let op = Op::builtin(Sum);
        let error = op.check(Datatype::predefined(Basic::Byte)).unwrap_err();
        assert_eq!(error.message(), "MPI_SUM is not defined for MPI_BYTE");
    }

    #[test]
    fn scattered_elements_of_one_type_reduce_in_place() {
        use super::super::contents::Form;
        let int = Datatype::predefined(Basic::Int);
        let column = Datatype::vector(Form::Small, 5000, 1, 2, int).unwrap();
        let (from, into) = (
            Buffer::scratch_items(1, &column).unwrap(),
            Buffer::scratch_items(1, &column).unwrap(),
        );
        let numbers = |start: i32| -> Vec<u8> {
            (start..start + 5000).flat_map(|number| number.to_ne_bytes()).collect()
        };
        from.unpack(0, &numbers(1));
        into.unpack(0, &numbers(100));
        Op::builtin(Builtin::Sum).apply(&from, &into).unwrap();
        let expected: Vec<u8> = (0..5000).flat_map(|i: i32| (101 + 2 * i).to_ne_bytes()).collect();
        assert_eq!(into.to_vec(), expected);
        assert!(Op::builtin(Builtin::Sum).check(&column).is_err());
    }
}
