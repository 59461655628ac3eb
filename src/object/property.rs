//! Random nested datatypes against a list of bytes that is easy to believe:
//! bounds, packing, unpacking, pieces at any boundary, typed copies.
//! `SEED=n` repeats one run, `ROUNDS=n` changes how many there are.

use std::sync::Arc;

use super::array::{Dimension, Distribution, Order};
use super::contents::Form;
use super::{Basic, Buffer, Datatype};

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    fn list(&mut self, len: usize, low: i64, high: i64) -> Vec<i64> {
        (0..len).map(|_| self.between(low, high)).collect()
    }
}

/// The type map, one entry per byte, made by writing out every copy.
#[derive(Clone)]
struct Naive {
    bytes: Vec<i64>,
    bounds: Option<(i64, i64)>,
    sticky: bool,
    alignment: i64,
}

impl Naive {
    fn basic(basic: Basic) -> Naive {
        let mut bytes: Vec<i64> = (0..basic.size() as i64).collect();
        if let Some((first, second, offset)) = basic.halves() {
            bytes = (0..first.size() as i64)
                .chain(offset as i64..(offset + second.size()) as i64)
                .collect();
        }
        Naive {
            bytes,
            bounds: Some((0, basic.extent() as i64)),
            sticky: false,
            alignment: basic.alignment() as i64,
        }
    }

    fn extent(&self) -> i64 {
        self.bounds.map_or(0, |(lower, upper)| upper - lower)
    }

    /// Copies of types at displacements.
    fn place(copies: &[(i64, &Naive)]) -> Naive {
        let mut whole = Naive { bytes: Vec::new(), bounds: None, sticky: false, alignment: 1 };
        let any_sticky = copies.iter().any(|(_, copy)| copy.sticky);
        for (at, copy) in copies {
            whole.bytes.extend(copy.bytes.iter().map(|byte| at + byte));
            whole.alignment = whole.alignment.max(copy.alignment);
            let (lower, upper) = copy.bounds.unwrap_or((0, 0));
            if copy.sticky == any_sticky {
                let (low, high) = whole.bounds.unwrap_or((i64::MAX, i64::MIN));
                whole.bounds = Some((low.min(at + lower), high.max(at + upper)));
            }
        }
        whole.sticky = any_sticky;
        whole
    }

    fn blocks(blocks: &[(i64, i64)], old: &Naive) -> Naive {
        let extent = old.extent();
        let copies: Vec<_> = blocks
            .iter()
            .flat_map(|(at, len)| (0..*len).map(move |i| (at + i * extent, old)))
            .collect();
        let mut whole = Naive::place(&copies);
        whole.alignment = old.alignment;
        whole
    }
}

const BASICS: [Basic; 8] = [
    Basic::Char,
    Basic::Short,
    Basic::Int,
    Basic::Double,
    Basic::LongDouble,
    Basic::ShortInt,
    Basic::DoubleInt,
    Basic::CFloatComplex,
];

const SIZE_MAX: u64 = 4000;

fn random_type(random: &mut Random, depth: u32) -> (Arc<Datatype>, Naive) {
    if depth == 0 || random.below(8) == 0 {
        let basic = BASICS[random.below(BASICS.len() as u64) as usize];
        return (Arc::clone(Datatype::predefined(basic)), Naive::basic(basic));
    }
    let (old, naive) = random_type(random, depth - 1);
    let extent = naive.extent();
    let made = match random.below(11) {
        0 => {
            let count = random.between(0, 5);
            (Datatype::contiguous(Form::Small, count, &old), Naive::blocks(&[(0, count)], &naive))
        }
        1 => {
            let (count, len, stride) =
                (random.between(0, 4), random.between(0, 4), random.between(-6, 6));
            let blocks: Vec<_> = (0..count).map(|i| (i * stride * extent, len)).collect();
            (
                Datatype::vector(Form::Small, count, len, stride, &old),
                Naive::blocks(&blocks, &naive),
            )
        }
        2 => {
            let (count, len, stride) =
                (random.between(0, 4), random.between(0, 3), random.between(-70, 70));
            let blocks: Vec<_> = (0..count).map(|i| (i * stride, len)).collect();
            (
                Datatype::hvector(Form::Large, count, len, stride, &old),
                Naive::blocks(&blocks, &naive),
            )
        }
        3 | 4 => {
            let count = random.below(5) as usize;
            let lens = random.list(count, 0, 3);
            let at = random.list(count, -9, 9);
            let blocks: Vec<_> =
                at.iter().zip(&lens).map(|(at, len)| (at * extent, *len)).collect();
            (Datatype::indexed(Form::Small, &lens, &at, &old), Naive::blocks(&blocks, &naive))
        }
        5 => {
            let (count, len) = (random.below(5) as usize, random.between(0, 3));
            let at = random.list(count, -90, 90);
            let blocks: Vec<_> = at.iter().map(|at| (*at, len)).collect();
            (Datatype::hindexed_block(Form::Small, len, &at, &old), Naive::blocks(&blocks, &naive))
        }
        6 | 7 => {
            let (other, other_naive) = random_type(random, depth - 1);
            let lens = random.list(3, 0, 2);
            let at = random.list(3, -100, 100);
            let types = [Arc::clone(&old), Arc::clone(&other), Arc::clone(&old)];
            let naives = [&naive, &other_naive, &naive];
            let mut copies = Vec::new();
            for k in 0..3 {
                let extent = naives[k].extent();
                copies.extend((0..lens[k]).map(|i| (at[k] + i * extent, naives[k])));
            }
            let mut whole = Naive::place(&copies);
            if let (false, Some((lower, upper))) = (whole.sticky, whole.bounds) {
                let rest = (upper - lower).rem_euclid(whole.alignment);
                let padding = if rest == 0 { 0 } else { whole.alignment - rest };
                whole.bounds = Some((lower, upper + padding));
            }
            (Datatype::structure(Form::Small, &lens, &at, &types), whole)
        }
        8 => {
            let (lower, extent) = (random.between(-20, 20), random.between(-10, 60));
            let mut whole = naive.clone();
            whole.bounds = Some((lower, lower + extent));
            whole.sticky = true;
            (Datatype::resized(Form::Small, lower, extent, &old), whole)
        }
        9 => {
            let ndims = 1 + random.below(3) as usize;
            let sizes = random.list(ndims, 1, 4);
            let subsizes: Vec<_> = sizes.iter().map(|size| random.between(1, *size)).collect();
            let starts: Vec<_> =
                sizes.iter().zip(&subsizes).map(|(a, b)| random.between(0, a - b)).collect();
            let order = [Order::C, Order::Fortran][random.below(2) as usize];
            let whole = naive_array(&sizes, order, &naive, |place| {
                (0..ndims).all(|d| (starts[d]..starts[d] + subsizes[d]).contains(&place[d]))
            });
            (Datatype::subarray(Form::Small, &sizes, &subsizes, &starts, order, &old), whole)
        }
        _ => {
            let ndims = 1 + random.below(2) as usize;
            let order = [Order::C, Order::Fortran][random.below(2) as usize];
            let dims: Vec<_> = (0..ndims)
                .map(|_| {
                    let (global, processes) = (random.between(1, 7), random.between(1, 3));
                    match random.below(3) {
                        0 => (global, 1, Distribution::None, None),
                        1 => (global, processes, Distribution::Block, None),
                        _ => {
                            let block = random.between(1, 3);
                            (global, processes, Distribution::Cyclic, Some(block))
                        }
                    }
                })
                .map(|(global, processes, distribution, darg)| Dimension {
                    global,
                    distribution,
                    darg,
                    processes,
                })
                .collect();
            let size: i64 = dims.iter().map(|dim| dim.processes).product();
            let rank = random.between(0, size - 1);
            let mut coordinates = vec![0; ndims];
            let mut rest = rank;
            for d in (0..ndims).rev() {
                coordinates[d] = rest % dims[d].processes;
                rest /= dims[d].processes;
            }
            let sizes: Vec<_> = dims.iter().map(|dim| dim.global).collect();
            let whole = naive_array(&sizes, order, &naive, |place| {
                (0..ndims).all(|d| owner(&dims[d], place[d]) == coordinates[d])
            });
            (Datatype::darray(Form::Small, size, rank, &dims, order, &old), whole)
        }
    };
    let (datatype, naive) = (made.0.unwrap(), made.1);
    // Too big to write out again at the next level: start over.
    if naive.bytes.len() as u64 > SIZE_MAX {
        return random_type(random, depth - 1);
    }
    (datatype, naive)
}

fn owner(dim: &Dimension, index: i64) -> i64 {
    let block = match dim.distribution {
        Distribution::None => return 0,
        Distribution::Block => dim.darg.unwrap_or((dim.global + dim.processes - 1) / dim.processes),
        Distribution::Cyclic => dim.darg.unwrap_or(1),
    };
    index / block % dim.processes
}

/// The elements of an array that are wanted, in storage order.
fn naive_array(sizes: &[i64], order: Order, old: &Naive, wanted: impl Fn(&[i64]) -> bool) -> Naive {
    let all: i64 = sizes.iter().product();
    let mut copies = Vec::new();
    for linear in 0..all {
        let mut place = vec![0; sizes.len()];
        let mut rest = linear;
        let dims: Vec<usize> = match order {
            Order::Fortran => (0..sizes.len()).collect(),
            Order::C => (0..sizes.len()).rev().collect(),
        };
        for d in dims {
            place[d] = rest % sizes[d];
            rest /= sizes[d];
        }
        if wanted(&place) {
            copies.push((linear * old.extent(), old));
        }
    }
    let mut whole = Naive::place(&copies);
    whole.bounds = Some((0, all * old.extent()));
    whole.sticky = true;
    whole.alignment = old.alignment;
    whole
}

/// Memory around the items of a type: room on both sides, every byte known.
struct Memory {
    bytes: Vec<u8>,
    origin: i64,
}

impl Memory {
    fn around(offsets: &[i64], random: &mut Random) -> Memory {
        let low = offsets.iter().copied().min().unwrap_or(0).min(0) - 8;
        let high = offsets.iter().copied().max().unwrap_or(0).max(0) + 8;
        let bytes = (low..=high).map(|_| random.below(256) as u8).collect();
        Memory { bytes, origin: -low }
    }

    fn buffer(&mut self, count: usize, datatype: &Arc<Datatype>) -> Buffer {
        let address = self.bytes.as_mut_ptr().wrapping_offset(self.origin as isize);
        // SAFETY: `around` was given every offset the items touch.
        unsafe { Buffer::new(address.cast(), count, datatype) }
    }

    fn at(&self, offset: i64) -> u8 {
        self.bytes[(self.origin + offset) as usize]
    }
}

fn settings() -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("SEED").unwrap_or_else(|| {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(1, |since| since.as_nanos() as u64)
    });
    println!("SEED={seed}");
    (seed | 1, number("ROUNDS").unwrap_or(1500))
}

#[test]
fn random_datatypes_have_the_bounds_of_their_type_map() {
    let (seed, rounds) = settings();
    let mut random = Random(seed);
    for round in 0..rounds {
        let (datatype, naive) = random_type(&mut random, 4);
        let what = format!("round {round}: {:?}", datatype.contents());
        assert_eq!(datatype.size(), naive.bytes.len() as u64, "{what}");
        assert_eq!(datatype.signature().size(), datatype.size(), "{what}");
        let bounds = naive.bounds.unwrap_or((0, 0));
        assert_eq!((datatype.lower(), datatype.upper()), bounds, "{what}");
        let low = naive.bytes.iter().copied().min().unwrap_or(0);
        let high = naive.bytes.iter().copied().max().map_or(0, |byte| byte + 1);
        assert_eq!((datatype.true_lower(), datatype.true_extent()), (low, high - low), "{what}");
        let extent = datatype.extent();
        for at in 0..naive.bytes.len() as u64 {
            assert_eq!(datatype.layout().locate(extent, at), naive.bytes[at as usize], "{what}");
        }
    }
}

#[test]
fn random_pieces_pack_and_unpack_the_bytes_of_the_type_map() {
    let (seed, rounds) = settings();
    let mut random = Random(seed);
    for round in 0..rounds {
        let (datatype, naive) = random_type(&mut random, 4);
        let count = random.below(4) as usize;
        let extent = naive.extent();
        let offsets: Vec<i64> = (0..count as i64)
            .flat_map(|i| naive.bytes.iter().map(move |byte| byte + i * extent))
            .collect();
        let what = format!("round {round}: {count} of {:?}", datatype.contents());
        let mut memory = Memory::around(&offsets, &mut random);
        let buffer = memory.buffer(count, &datatype);
        assert_eq!(buffer.len(), offsets.len(), "{what}");

        // Whole, then in random pieces, in random order.
        let expected: Vec<u8> = offsets.iter().map(|offset| memory.at(*offset)).collect();
        assert_eq!(buffer.to_vec(), expected, "{what}");
        let mut cuts: Vec<usize> =
            (0..4).map(|_| random.below(offsets.len() as u64 + 1) as usize).collect();
        cuts.extend([0, offsets.len()]);
        cuts.sort_unstable();
        let mut pieces: Vec<_> = cuts.windows(2).map(|cut| cut[0]..cut[1]).collect();
        let turn = random.below(pieces.len() as u64) as usize;
        pieces.rotate_left(turn);
        for piece in &pieces {
            let mut out = vec![0; piece.len()];
            buffer.part(piece.start, piece.len()).pack(0, &mut out);
            assert_eq!(out, expected[piece.clone()], "{what}, {piece:?}");
        }

        // Unpacking needs a type map without overlaps to have one outcome.
        let mut distinct = offsets.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < offsets.len() {
            continue;
        }
        let incoming: Vec<u8> = offsets.iter().map(|_| random.below(256) as u8).collect();
        let mut after = Memory { bytes: memory.bytes.clone(), origin: memory.origin };
        for (offset, byte) in offsets.iter().zip(&incoming) {
            after.bytes[(after.origin + offset) as usize] = *byte;
        }
        let buffer = memory.buffer(count, &datatype);
        for piece in &pieces {
            buffer.unpack(piece.start, &incoming[piece.clone()]);
        }
        assert_eq!(memory.bytes, after.bytes, "{what}");
    }
}

#[test]
fn random_typed_copies_equal_pack_and_unpack() {
    let (seed, rounds) = settings();
    let mut random = Random(seed);
    for _ in 0..rounds / 5 {
        let (from_type, _) = random_type(&mut random, 3);
        let (to_type, _) = random_type(&mut random, 3);
        let from = Buffer::scratch_items(random.below(60) as usize, &from_type).unwrap();
        let to = Buffer::scratch_items(random.below(60) as usize, &to_type).unwrap();
        let bytes: Vec<u8> = (0..from.len()).map(|_| random.below(256) as u8).collect();
        from.unpack(0, &bytes);
        let bytes = from.to_vec();
        let outcome = Buffer::copy(&from, &to);
        assert_eq!(outcome.is_err(), from.len() > to.len());
        let reference = Buffer::scratch_items(to.count(), &to_type).unwrap();
        reference.unpack(0, &bytes[..from.len().min(to.len())]);
        assert_eq!(to.to_vec(), reference.to_vec());
    }
}

#[test]
fn huge_counts_are_sizes_not_loops() {
    let byte = Datatype::byte();
    let huge = Datatype::vector(Form::Large, 1 << 40, 2, 4, byte).unwrap();
    assert_eq!(huge.size(), 2 << 40);
    assert_eq!(huge.layout().locate(huge.extent(), (2 << 39) + 1), (4 << 39) + 1);
    let whole = Datatype::contiguous(Form::Large, i64::MAX, byte).unwrap();
    assert_eq!(whole.size(), i64::MAX as u64);
    let error = Datatype::contiguous(Form::Large, 2, &whole).unwrap_err();
    assert_eq!(error.class(), super::Class::ValueTooLarge);
    assert!(Datatype::vector(Form::Large, 3, 1, i64::MAX, byte).is_err());
    assert!(Datatype::contiguous(Form::Small, -1, byte).is_err());
}

#[test]
fn bound_markers_of_mpi_1_fix_the_extent() {
    let types = [Basic::LowerBound, Basic::Int, Basic::UpperBound]
        .map(|basic| Arc::clone(Datatype::predefined(basic)));
    let marked = Datatype::structure(Form::Small, &[1, 1, 1], &[-4, 0, 9], &types).unwrap();
    assert_eq!((marked.lower(), marked.upper(), marked.size()), (-4, 9, 4));
    assert_eq!((marked.true_lower(), marked.true_extent()), (0, 4));
    let pair = Datatype::contiguous(Form::Small, 2, &marked).unwrap();
    assert_eq!((pair.lower(), pair.upper()), (-4, 22));
}
