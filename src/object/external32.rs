//! The external32 representation (MPI-4.1, section 14.5.2): big-endian, with
//! fixed sizes, of which three differ from this machine's: `MPI_LONG` has 4
//! bytes, `MPI_WCHAR` 2, and a long double is IEEE binary128.
//!
//! Works on the packed form, guided by the signature; the layout engine does
//! the rest.

use super::basic::{Basic, Class};
use super::signature::Signature;

/// How the elements of a basic type are converted: a count (complex numbers
/// are two) of parts of one sort.
#[derive(Clone, Copy)]
enum Part {
    /// The same size in both.
    Whole(usize),
    /// An integer whose low bytes are kept.
    Narrow {
        native: usize,
        external: usize,
        signed: bool,
    },
    Extended,
}

impl Part {
    fn native(self) -> usize {
        match self {
            Part::Whole(size) => size,
            Part::Narrow { native, .. } => native,
            Part::Extended => 16,
        }
    }

    fn external(self) -> usize {
        match self {
            Part::Whole(size) => size,
            Part::Narrow { external, .. } => external,
            Part::Extended => 16,
        }
    }
}

fn parts(basic: Basic) -> (usize, Part) {
    match (basic, basic.class()) {
        (Basic::Long, _) => (1, Part::Narrow { native: 8, external: 4, signed: true }),
        (Basic::UnsignedLong, _) => (1, Part::Narrow { native: 8, external: 4, signed: false }),
        (Basic::WideChar, _) => (1, Part::Narrow { native: 4, external: 2, signed: false }),
        (Basic::Complex32, _) => (2, Part::Whole(16)),
        (Basic::Complex4, _) => (2, Part::Whole(2)),
        (_, Class::Complex(size)) => (2, Part::Whole(size as usize / 2)),
        (_, Class::LongDouble) => (1, Part::Extended),
        (_, Class::LongDoubleComplex) => (2, Part::Extended),
        _ => (1, Part::Whole(basic.size())),
    }
}

/// Bytes of one item in external32.
pub fn size(signature: &Signature) -> u64 {
    let mut size = 0;
    signature.for_each(&mut |basic, count| {
        let (each, part) = parts(basic);
        size += count * (each * part.external()) as u64;
    });
    size
}

/// Converts whole items from their packed form.
pub fn encode(signature: &Signature, native: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(native.len());
    convert(signature, native, Part::native, |part, bytes| match part {
        Part::Extended => out.extend(quad(bytes)),
        part => out.extend(bytes[..part.external()].iter().rev()),
    });
    out
}

/// Converts whole items to their packed form.
pub fn decode(signature: &Signature, external: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(external.len());
    convert(signature, external, Part::external, |part, bytes| match part {
        Part::Whole(_) => out.extend(bytes.iter().rev()),
        Part::Narrow { native, signed, .. } => {
            out.extend(bytes.iter().rev());
            let fill = if signed && bytes[0] & 0x80 != 0 { 0xff } else { 0 };
            out.extend(std::iter::repeat_n(fill, native - bytes.len()));
        }
        Part::Extended => out.extend(extended(bytes)),
    });
    out
}

/// Cuts `bytes` into the parts of as many items as there are.
fn convert(
    signature: &Signature,
    bytes: &[u8],
    len: impl Fn(Part) -> usize,
    mut visit: impl FnMut(Part, &[u8]),
) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let before = rest.len();
        signature.for_each(&mut |basic, count| {
            let (each, part) = parts(basic);
            for _ in 0..count * each as u64 {
                let Some((piece, after)) = rest.split_at_checked(len(part)) else {
                    rest = &[];
                    return;
                };
                visit(part, piece);
                rest = after;
            }
        });
        assert!(rest.len() < before, "a signature with bytes consumes some");
    }
}

/// Big-endian binary128 of a native long double.
#[cfg(target_arch = "x86_64")]
fn quad(bytes: &[u8]) -> [u8; 16] {
    let mantissa = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes"));
    let top = u16::from_le_bytes(bytes[8..10].try_into().expect("2 bytes"));
    // x87 writes the leading one that binary128 implies.
    let fraction = ((mantissa << 1) as u128) << 48;
    ((top as u128) << 112 | fraction).to_be_bytes()
}

/// A native long double of a big-endian binary128, cut to 64 bits of mantissa.
#[cfg(target_arch = "x86_64")]
fn extended(bytes: &[u8]) -> [u8; 16] {
    let quad = u128::from_be_bytes(bytes.try_into().expect("16 bytes"));
    let top = (quad >> 112) as u16;
    let leading = if top & 0x7fff == 0 { 0 } else { 1 << 63 };
    let mantissa = leading | (quad >> 49) as u64 & !(1 << 63);
    let mut out = [0; 16];
    out[..8].copy_from_slice(&mantissa.to_le_bytes());
    out[8..10].copy_from_slice(&top.to_le_bytes());
    out
}

/// Elsewhere a long double is binary128 already.
#[cfg(not(target_arch = "x86_64"))]
fn quad(bytes: &[u8]) -> [u8; 16] {
    u128::from_le_bytes(bytes.try_into().expect("16 bytes")).to_be_bytes()
}

#[cfg(not(target_arch = "x86_64"))]
fn extended(bytes: &[u8]) -> [u8; 16] {
    u128::from_be_bytes(bytes.try_into().expect("16 bytes")).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_turn_round_and_longs_shrink() {
        let int = Signature::of(Basic::Int);
        assert_eq!(encode(&int, &[4, 3, 2, 1, 8, 7, 6, 5]), [1, 2, 3, 4, 5, 6, 7, 8]);
        let long = Signature::of(Basic::Long);
        assert_eq!(encode(&long, &(-2i64).to_le_bytes()), [0xff, 0xff, 0xff, 0xfe]);
        assert_eq!(decode(&long, &[0xff, 0xff, 0xff, 0xfe]), (-2i64).to_le_bytes());
        assert_eq!(size(&Signature::join([int.repeat(3), long])), 16);
    }

    #[test]
    fn complex_numbers_are_two_floats() {
        let native: Vec<u8> = [1f32, 2.0].iter().flat_map(|part| part.to_le_bytes()).collect();
        let complex = Signature::of(Basic::CFloatComplex);
        let external = encode(&complex, &native);
        assert_eq!(external, [0x3f, 0x80, 0, 0, 0x40, 0, 0, 0]);
        assert_eq!(decode(&complex, &external), native);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn long_doubles_become_binary128() {
        // 1.5 in x87: exponent 16383, mantissa 0xc000...
        let mut native = [0u8; 16];
        native[7] = 0xc0;
        native[8..10].copy_from_slice(&16383u16.to_le_bytes());
        let long_double = Signature::of(Basic::LongDouble);
        let external = encode(&long_double, &native);
        assert_eq!(external[..4], [0x3f, 0xff, 0x80, 0]);
        assert_eq!(decode(&long_double, &external), native);
    }
}
