//! Where the bytes of a datatype lie: the one engine behind pack, unpack,
//! send and receive.
//!
//! A layout is a small tree of loops over contiguous runs, flattened as far as
//! it is regular: a vector of anything dense is one loop, a struct of scalars
//! one list of runs. It keeps no cursor: a piece of the packed form is found
//! from its offset by division and binary search, so that the pieces of a
//! message can be packed in any order and by several threads. What a run means
//! is the visitor's business (`object::buffer`); no memory is touched here.
//!
//! Invariant: the first packed byte of every [`Shape`] lies at offset 0 of the
//! shape; the displacement of the whole is [`Layout::start`].

use std::sync::Arc;

use super::error::{Class, Error, Result};

/// Receives the runs of a piece, in packed order.
pub trait Visit {
    /// `len` bytes at `offset` from the item's origin.
    fn run(&mut self, offset: i64, len: usize);

    /// `count` runs of `len` bytes, the first at `offset`, each `stride` after
    /// the one before.
    #[inline]
    fn strided(&mut self, offset: i64, stride: i64, len: usize, count: u64) {
        let mut at = offset;
        for _ in 0..count {
            self.run(at, len);
            at = at.wrapping_add(stride);
        }
    }

    /// A run of `len` bytes at each of `offsets` from `base`.
    #[inline]
    fn scattered(&mut self, base: i64, offsets: &[i64], len: usize) {
        for offset in offsets {
            self.run(base.wrapping_add(*offset), len);
        }
    }

    /// `count` items `stride` apart, the first at `base`, of runs at `offsets`
    /// that end in packed form at `ends`.
    #[inline]
    fn items(&mut self, base: i64, stride: i64, offsets: &[i64], ends: &[u64], count: u64) {
        self.rows(base, stride, offsets, ends, count);
    }

    /// The same, run by run in packed order.
    #[inline]
    fn rows(&mut self, base: i64, stride: i64, offsets: &[i64], ends: &[u64], count: u64) {
        let mut at = base;
        for _ in 0..count {
            let mut before = 0;
            for (offset, end) in offsets.iter().zip(ends) {
                self.run(at.wrapping_add(*offset), (end - before) as usize);
                before = *end;
            }
            at = at.wrapping_add(stride);
        }
    }
}

impl<F: FnMut(i64, usize)> Visit for F {
    #[inline]
    fn run(&mut self, offset: i64, len: usize) {
        self(offset, len);
    }
}

/// The bytes of one item of a datatype, relative to the item's origin.
#[derive(Clone, Debug)]
pub struct Layout {
    start: i64,
    shape: Shape,
}

#[derive(Clone, Debug)]
struct Shape {
    node: Node,
    /// Packed bytes.
    size: u64,
    /// Lowest byte touched, and one past the highest.
    low: i64,
    high: i64,
}

#[derive(Clone, Debug)]
enum Node {
    Empty,
    Run,
    Repeat {
        count: u64,
        stride: i64,
        child: Arc<Shape>,
    },
    /// Equal children at irregular offsets.
    Blocks {
        offsets: Arc<[i64]>,
        child: Arc<Shape>,
    },
    /// Irregular runs: offset of each, and where each ends in packed form.
    Runs {
        offsets: Arc<[i64]>,
        ends: Arc<[u64]>,
    },
    /// Anything else.
    Parts {
        parts: Arc<[(i64, Shape)]>,
        ends: Arc<[u64]>,
    },
}

/// Lists of runs up to this length are spliced into the list around them.
const SPLICE_MAX: usize = 16;

impl Layout {
    pub fn empty() -> Layout {
        Layout { start: 0, shape: Shape { node: Node::Empty, size: 0, low: 0, high: 0 } }
    }

    /// `len` contiguous bytes at the origin.
    pub fn run(len: u64) -> Layout {
        if len == 0 {
            return Layout::empty();
        }
        Layout { start: 0, shape: Shape { node: Node::Run, size: len, low: 0, high: len as i64 } }
    }

    /// `count` copies of `item`, each `stride` bytes after the one before.
    pub fn repeat(count: u64, stride: i64, item: &Layout) -> Result<Layout> {
        let child = &item.shape;
        if count == 0 || child.size == 0 {
            return Ok(Layout::empty());
        }
        if count == 1 {
            return Ok(item.clone());
        }
        let size = fit_size(count as u128 * child.size as u128)?;
        let reach = (count as i128 - 1) * stride as i128;
        let low = fit_offset(child.low as i128 + reach.min(0))?;
        let high = fit_offset(child.high as i128 + reach.max(0))?;
        let node = match &child.node {
            Node::Run if stride as i128 == child.size as i128 => Node::Run,
            Node::Repeat { count: inner, stride: inner_stride, child }
                if stride as i128 == *inner as i128 * *inner_stride as i128 =>
            {
                Node::Repeat {
                    count: inner * count,
                    stride: *inner_stride,
                    child: Arc::clone(child),
                }
            }
            _ => Node::Repeat { count, stride, child: Arc::new(child.clone()) },
        };
        let shape = Shape { node, size, low, high };
        Layout { start: item.start, shape }.checked()
    }

    /// The given layouts, each moved by its offset, packed one after another.
    pub fn sequence(parts: impl IntoIterator<Item = (i64, Layout)>) -> Result<Layout> {
        let mut flat: Vec<(i64, Shape)> = Vec::new();
        for (offset, layout) in parts {
            let at = fit_offset(offset as i128 + layout.start as i128)?;
            match &layout.shape.node {
                Node::Empty => {}
                Node::Run => push_run(&mut flat, at, layout.shape.size),
                Node::Runs { offsets, ends } if offsets.len() <= SPLICE_MAX => {
                    let mut begin = 0;
                    for (offset, end) in offsets.iter().zip(ends.iter()) {
                        push_run(&mut flat, fit_offset(at as i128 + *offset as i128)?, end - begin);
                        begin = *end;
                    }
                }
                _ => flat.push((at, layout.shape)),
            }
        }
        let Some(start) = flat.first().map(|(offset, _)| *offset) else {
            return Ok(Layout::empty());
        };
        let mut size: u128 = 0;
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        let mut ends = Vec::with_capacity(flat.len());
        for (offset, shape) in &mut flat {
            *offset = fit_offset(*offset as i128 - start as i128)?;
            low = low.min(fit_offset(*offset as i128 + shape.low as i128)?);
            high = high.max(fit_offset(*offset as i128 + shape.high as i128)?);
            size += shape.size as u128;
            ends.push(fit_size(size)?);
        }
        let size = fit_size(size)?;
        let node = compact(flat, ends);
        let shape = match node {
            Ok(node) => Shape { node, size, low, high },
            Err(only) => only,
        };
        Layout { start, shape }.checked()
    }

    /// The layout moved by `offset` bytes.
    pub fn moved(&self, offset: i64) -> Result<Layout> {
        let start = fit_offset(self.start as i128 + offset as i128)?;
        Layout { start, shape: self.shape.clone() }.checked()
    }

    /// Packed bytes of one item.
    pub fn size(&self) -> u64 {
        self.shape.size
    }

    /// Lowest byte of data (`MPI_Type_get_true_extent`'s lower bound).
    pub fn low(&self) -> i64 {
        self.start + self.shape.low
    }

    /// One past the highest byte of data.
    pub fn high(&self) -> i64 {
        self.start + self.shape.high
    }

    /// Displacement of the first packed byte.
    pub fn start(&self) -> i64 {
        self.start
    }

    /// True when one item is a single contiguous run.
    pub fn is_run(&self) -> bool {
        matches!(self.shape.node, Node::Run | Node::Empty)
    }

    /// True when `count` items, `extent` apart, are a single contiguous run.
    pub fn is_dense(&self, count: usize, extent: i64) -> bool {
        match self.shape.node {
            Node::Empty => true,
            Node::Run => count <= 1 || self.shape.size as i128 == extent as i128,
            _ => count == 0,
        }
    }

    /// Visits the bytes `from..to` of the packed form of items that lie
    /// `extent` bytes apart, as many as it takes.
    #[inline]
    pub fn walk<V: Visit>(&self, extent: i64, from: u64, to: u64, visitor: &mut V) {
        if from >= to || self.shape.size == 0 {
            return;
        }
        if let Node::Run = self.shape.node
            && self.shape.size as i64 == extent
        {
            visitor.run(self.start.wrapping_add(from as i64), (to - from) as usize);
            return;
        }
        walk_repeat(&self.shape, extent, self.start, from, to, visitor);
    }

    /// Where byte `at` of the packed form lies.
    pub fn locate(&self, extent: i64, at: u64) -> i64 {
        let mut found = self.start;
        self.walk(extent, at, at + 1, &mut |offset, _| found = offset);
        found
    }

    fn checked(self) -> Result<Layout> {
        fit_offset(self.start as i128 + self.shape.low as i128)?;
        fit_offset(self.start as i128 + self.shape.high as i128)?;
        Ok(self)
    }
}

impl Shape {
    /// Cheap sameness: may say no to shapes that are equal.
    fn is_same(&self, other: &Shape) -> bool {
        match (&self.node, &other.node) {
            (Node::Run, Node::Run) => self.size == other.size,
            (
                Node::Repeat { count: a, stride: s, child: c },
                Node::Repeat { count: b, stride: t, child: d },
            ) => a == b && s == t && (Arc::ptr_eq(c, d) || c.is_same(d)),
            (Node::Runs { offsets: a, .. }, Node::Runs { offsets: b, .. }) => Arc::ptr_eq(a, b),
            (Node::Blocks { offsets: a, .. }, Node::Blocks { offsets: b, .. }) => Arc::ptr_eq(a, b),
            (Node::Parts { parts: a, .. }, Node::Parts { parts: b, .. }) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

fn push_run(flat: &mut Vec<(i64, Shape)>, offset: i64, len: u64) {
    if let Some((last, shape)) = flat.last_mut()
        && let Node::Run = shape.node
        && last.checked_add(shape.size as i64) == Some(offset)
        && shape.size + len <= i64::MAX as u64
    {
        shape.size += len;
        shape.high += len as i64;
        return;
    }
    flat.push((offset, Layout::run(len).shape));
}

/// The cheapest node for these parts (offsets relative to the first), or the
/// only shape there is.
fn compact(flat: Vec<(i64, Shape)>, ends: Vec<u64>) -> Result<Node, Shape> {
    if flat.len() == 1 {
        return Err(flat.into_iter().next().expect("one part").1);
    }
    let first = &flat[0].1;
    if flat.iter().all(|(_, shape)| shape.is_same(first)) {
        let child = Arc::new(first.clone());
        let stride = flat[1].0;
        let even = flat.windows(2).all(|pair| pair[1].0.checked_sub(pair[0].0) == Some(stride));
        if even {
            return Ok(Node::Repeat { count: flat.len() as u64, stride, child });
        }
        let offsets = flat.iter().map(|(offset, _)| *offset).collect();
        return Ok(Node::Blocks { offsets, child });
    }
    if flat.iter().all(|(_, shape)| matches!(shape.node, Node::Run)) {
        let offsets = flat.iter().map(|(offset, _)| *offset).collect();
        return Ok(Node::Runs { offsets, ends: ends.into() });
    }
    Ok(Node::Parts { parts: flat.into(), ends: ends.into() })
}

/// Visits packed bytes `from..to` of `shape` with its origin at `base`.
fn walk<V: Visit>(shape: &Shape, base: i64, from: u64, to: u64, visitor: &mut V) {
    match &shape.node {
        Node::Empty => {}
        Node::Run => visitor.run(base.wrapping_add(from as i64), (to - from) as usize),
        Node::Repeat { stride, child, .. } => walk_repeat(child, *stride, base, from, to, visitor),
        Node::Blocks { offsets, child } if matches!(child.node, Node::Run) => {
            walk_blocks(offsets, child.size, base, from, to, visitor);
        }
        Node::Blocks { offsets, child } => {
            let mut index = (from / child.size) as usize;
            let mut begin = index as u64 * child.size;
            while begin < to {
                let (head, tail) = clip(begin, child.size, from, to);
                walk(child, base.wrapping_add(offsets[index]), head, tail, visitor);
                index += 1;
                begin += child.size;
            }
        }
        Node::Runs { offsets, ends } => {
            let mut index = ends.partition_point(|end| *end <= from);
            let mut at = from;
            while at < to {
                let begin = if index == 0 { 0 } else { ends[index - 1] };
                let stop = ends[index].min(to);
                let offset = base.wrapping_add(offsets[index]).wrapping_add((at - begin) as i64);
                visitor.run(offset, (stop - at) as usize);
                at = stop;
                index += 1;
            }
        }
        Node::Parts { parts, ends } => {
            let mut index = ends.partition_point(|end| *end <= from);
            let mut at = from;
            while at < to {
                let (offset, part) = &parts[index];
                let begin = ends[index] - part.size;
                let stop = ends[index].min(to);
                walk(part, base.wrapping_add(*offset), at - begin, stop - begin, visitor);
                at = stop;
                index += 1;
            }
        }
    }
}

/// Visits packed bytes `from..to` of runs of `size` bytes at `offsets`.
fn walk_blocks<V: Visit>(
    offsets: &[i64],
    size: u64,
    base: i64,
    from: u64,
    to: u64,
    visitor: &mut V,
) {
    let mut index = (from / size) as usize;
    let head = from % size;
    if head > 0 {
        let len = (size - head).min(to - from);
        visitor.run(base.wrapping_add(offsets[index]).wrapping_add(head as i64), len as usize);
        index += 1;
    }
    let whole = (to / size) as usize;
    if whole > index {
        visitor.scattered(base, &offsets[index..whole], size as usize);
        index = whole;
    }
    let tail = to % size;
    if tail > 0 && index == whole {
        visitor.run(base.wrapping_add(offsets[index]), tail as usize);
    }
}

/// Visits packed bytes `from..to` of copies of `child`, `stride` apart.
fn walk_repeat<V: Visit>(
    child: &Shape,
    stride: i64,
    base: i64,
    from: u64,
    to: u64,
    visitor: &mut V,
) {
    let size = child.size;
    let mut index = from / size;
    let mut begin = index * size;
    let mut at = base.wrapping_add(stride.wrapping_mul(index as i64));
    if let Node::Run = child.node {
        if begin < from {
            let stop = (begin + size).min(to);
            visitor.run(at.wrapping_add((from - begin) as i64), (stop - from) as usize);
            index += 1;
            begin += size;
            at = at.wrapping_add(stride);
        }
        let whole = (to / size).saturating_sub(index);
        if whole > 0 {
            visitor.strided(at, stride, size as usize, whole);
            begin += whole * size;
            at = at.wrapping_add(stride.wrapping_mul(whole as i64));
        }
        if begin < to {
            visitor.run(at, (to - begin) as usize);
        }
        return;
    }
    while begin < to {
        let (head, tail) = clip(begin, size, from, to);
        let count = match &child.node {
            // Arrays of structs: whole items without looking for the ends.
            Node::Runs { offsets, ends } if tail - head == size => {
                let whole = (to - begin) / size;
                visitor.items(at, stride, offsets, ends, whole);
                whole
            }
            _ => {
                walk(child, at, head, tail, visitor);
                1
            }
        };
        begin += count * size;
        at = at.wrapping_add(stride.wrapping_mul(count as i64));
    }
}

/// The part of `from..to` that falls into the child of `size` bytes which
/// begins at `begin`, relative to it.
fn clip(begin: u64, size: u64, from: u64, to: u64) -> (u64, u64) {
    (from.saturating_sub(begin), (to - begin).min(size))
}

fn fit_size(value: u128) -> Result<u64> {
    if value > i64::MAX as u128 {
        return Err(too_large("size", value));
    }
    Ok(value as u64)
}

pub(super) fn fit_offset(value: i128) -> Result<i64> {
    i64::try_from(value).map_err(|_| too_large("displacement", value))
}

#[cold]
fn too_large(what: &str, value: impl std::fmt::Display) -> Error {
    Error::new(
        Class::ValueTooLarge,
        format!("datatype {what} of {value} bytes does not fit an MPI_Count"),
    )
}
