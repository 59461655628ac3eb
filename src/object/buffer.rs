//! Application memory, as the engine sees it: `count` items of a datatype at
//! an address, addressed by their packed form.
//!
//! What must hold: from [`Buffer::new`] until the last clone is dropped (for
//! the application: until the operation completes), every byte that the items
//! describe is readable, and writable if anything is unpacked into it. The
//! application may read and write those bytes meanwhile (it must not, but it
//! can), so no `&[u8]` or `&mut [u8]` over them is ever made: bytes move by raw
//! copies between that memory and the library's own.

use std::alloc;
use std::ffi::c_void;
use std::ops::Deref;
use std::ptr;
use std::sync::Arc;

use super::attached::Lease;
use super::datatype::Datatype;
use super::error::{Class, Error, Result};
use super::layout::Visit;
use crate::sys::process_memory::Span;

/// Alignment of scratch memory: a cache line, enough for any element.
const SCRATCH_ALIGN: usize = 64;

/// Bytes moved at a time between two buffers that both have gaps.
const STAGE_BYTES: usize = 16 << 10;

#[derive(Clone)]
pub struct Buffer {
    base: *mut u8,
    count: usize,
    datatype: Shape,
    /// First byte of the packed form that belongs to this buffer, and how many.
    skip: usize,
    len: usize,
    /// True when the packed form is one run of memory.
    dense: bool,
    _scratch: Option<Arc<Scratch>>,
}

/// The datatype of a buffer. Predefined ones live as long as the process and
/// are not counted: their count would be written by every message.
#[derive(Clone)]
enum Shape {
    Predefined(&'static Arc<Datatype>),
    Derived(Arc<Datatype>),
}

impl Shape {
    #[inline]
    fn of(datatype: &Arc<Datatype>) -> Shape {
        match datatype.basic().map(Datatype::predefined) {
            Some(predefined) if Arc::ptr_eq(predefined, datatype) => Shape::Predefined(predefined),
            _ => Shape::Derived(Arc::clone(datatype)),
        }
    }
}

impl Deref for Shape {
    type Target = Arc<Datatype>;

    #[inline]
    fn deref(&self) -> &Arc<Datatype> {
        match self {
            Shape::Predefined(datatype) => datatype,
            Shape::Derived(datatype) => datatype,
        }
    }
}

// SAFETY: the memory is only touched through `pack`, `unpack` and the kernels
// of `reduce`, whose callers promise (see `new`) that it is valid from any
// thread; concurrent use is the application's to order, as MPI says.
unsafe impl Send for Buffer {}
// SAFETY: as above; no method makes a reference to the memory.
unsafe impl Sync for Buffer {}

/// Memory of the library's own that buffers share.
struct Scratch {
    memory: *mut u8,
    layout: alloc::Layout,
    /// What it takes of an attached buffer; given back with the memory.
    _lease: Option<Lease>,
}

// SAFETY: a plain allocation, freed once, by the last owner.
unsafe impl Send for Scratch {}
// SAFETY: as above.
unsafe impl Sync for Scratch {}

impl Scratch {
    fn zeroed(len: usize, lease: Option<Lease>) -> Result<Scratch> {
        let layout = alloc::Layout::from_size_align(len.max(1), SCRATCH_ALIGN)
            .map_err(|_| no_memory(len))?;
        // SAFETY: the size is not zero.
        let memory = unsafe { alloc::alloc_zeroed(layout) };
        if memory.is_null() {
            return Err(no_memory(len));
        }
        Ok(Scratch { memory, layout, _lease: lease })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: allocated in `zeroed` with this layout, not freed before.
        unsafe { alloc::dealloc(self.memory, self.layout) }
    }
}

impl Buffer {
    /// `count` items of `datatype` at `address` (which may be null when the
    /// displacements are absolute, or when there are no bytes).
    ///
    /// # Safety
    /// The memory that the items describe stays valid while the buffer or a
    /// clone of it is used, for reading, and for writing if it is unpacked or
    /// reduced into.
    #[inline]
    pub unsafe fn new(address: *mut c_void, count: usize, datatype: &Arc<Datatype>) -> Buffer {
        Buffer {
            base: address.cast(),
            count,
            skip: 0,
            // A product past usize::MAX cannot describe memory there is.
            len: count.saturating_mul(datatype.size() as usize),
            dense: datatype.is_dense(count),
            datatype: Shape::of(datatype),
            _scratch: None,
        }
    }

    /// No bytes at all.
    pub fn empty() -> Buffer {
        // SAFETY: no items, no memory.
        unsafe { Buffer::new(ptr::null_mut(), 0, Datatype::byte()) }
    }

    /// `len` zeroed bytes of the library's own; freed with the last clone.
    pub fn scratch(len: usize) -> Buffer {
        Buffer::scratch_items(len, Datatype::byte()).unwrap_or_else(|_| {
            alloc::handle_alloc_error(
                alloc::Layout::from_size_align(len, 1).unwrap_or(alloc::Layout::new::<u8>()),
            )
        })
    }

    /// Own memory laid out as `count` items of `datatype`, gaps included (for
    /// partial results of reductions).
    pub fn scratch_items(count: usize, datatype: &Arc<Datatype>) -> Result<Buffer> {
        let (low, high) = datatype.span(count)?;
        // Pair kernels write whole C structs, trailing padding included.
        let high = high.saturating_add(datatype.alignment() as i64);
        let memory = Scratch::zeroed((high - low) as usize, None)?;
        let origin = memory.memory.wrapping_offset(-low as isize).cast();
        // SAFETY: the span of the items is exactly the allocation, which the
        // buffer and its clones keep alive.
        let mut buffer = unsafe { Buffer::new(origin, count, datatype) };
        buffer._scratch = Some(Arc::new(memory));
        Ok(buffer)
    }

    /// Own memory holding the packed form of `from`, on a lease.
    pub fn copy_of(from: &Buffer, lease: Option<Lease>) -> Result<Buffer> {
        let memory = Scratch::zeroed(from.len, lease)?;
        // SAFETY: `from.len` bytes were allocated, which the buffer and its
        // clones keep alive.
        let mut buffer = unsafe { Buffer::new(memory.memory.cast(), from.len, Datatype::byte()) };
        buffer._scratch = Some(Arc::new(memory));
        Buffer::copy(from, &buffer)?;
        Ok(buffer)
    }

    /// Own memory holding a copy of `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Buffer {
        let buffer = Buffer::scratch(bytes.len());
        buffer.unpack(0, bytes);
        buffer
    }

    /// Packed length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Items (of the whole buffer, if this is a part).
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn datatype(&self) -> &Arc<Datatype> {
        &self.datatype
    }

    /// The address the application gave: the origin of item 0.
    pub fn address(&self) -> *mut c_void {
        self.base.cast()
    }

    /// Where the bytes begin, if they are one run of memory.
    #[inline]
    pub fn contiguous(&self) -> Option<*mut u8> {
        let start = self.datatype.layout().start() as isize + self.skip as isize;
        self.dense.then(|| self.base.wrapping_offset(start))
    }

    /// False when packed data of `len` bytes would end within an element. Not
    /// asked of dense buffers, whose data goes through as plain bytes, nor of
    /// parts, which begin and end where an algorithm cut.
    #[inline]
    pub fn holds_whole_elements(&self, len: u64) -> bool {
        self.dense || self.is_part() || self.datatype.signature().elements_in(len).1
    }

    /// Whether this is less than the packed form of all its items.
    fn is_part(&self) -> bool {
        self.skip > 0 || self.len < self.count.saturating_mul(self.datatype.size() as usize)
    }

    /// The memory of the first `len` bytes, for the kernel to fill, if they are
    /// one run.
    pub fn span(&self, len: usize) -> Option<Span> {
        assert!(len <= self.len);
        // SAFETY: the callers of `new` vouch for the memory while an operation
        // is under way, and no reference to it is ever made.
        self.contiguous().map(|start| unsafe { Span::new(start, len) })
    }

    /// `count` items from item `first` on.
    pub fn items(&self, first: usize, count: usize) -> Buffer {
        assert!(self.skip == 0, "a part of a buffer is not made of items");
        assert!(first.checked_add(count).is_some_and(|end| end <= self.count));
        let offset = (first as isize).wrapping_mul(self.datatype.extent() as isize);
        Buffer {
            base: self.base.wrapping_offset(offset),
            count,
            datatype: self.datatype.clone(),
            skip: 0,
            len: count * self.datatype.size() as usize,
            dense: self.datatype.is_dense(count),
            _scratch: self._scratch.clone(),
        }
    }

    /// Bytes `at..at + len` of the packed form, as a buffer.
    pub fn part(&self, at: usize, len: usize) -> Buffer {
        assert!(at.checked_add(len).is_some_and(|end| end <= self.len));
        Buffer { skip: self.skip + at, len, ..self.clone() }
    }

    /// Copies bytes `at..at + out.len()` of the packed form into `out`.
    #[inline]
    pub fn pack(&self, at: usize, out: &mut [u8]) {
        assert!(at.checked_add(out.len()).is_some_and(|end| end <= self.len));
        // SAFETY: `out` takes `out.len()` bytes and, being borrowed, is not
        // application memory; the range was checked.
        unsafe { self.pack_raw(at, out.as_mut_ptr(), out.len()) }
    }

    /// Copies `bytes` into place as bytes `at..` of the packed form.
    #[inline]
    pub fn unpack(&self, at: usize, bytes: &[u8]) {
        assert!(at.checked_add(bytes.len()).is_some_and(|end| end <= self.len));
        // SAFETY: as in `pack`.
        unsafe { self.unpack_raw(at, bytes.as_ptr(), bytes.len()) }
    }

    /// The packed form.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        self.pack(0, &mut bytes);
        bytes
    }

    /// Copies the packed form of `from` to `to`, which may have another
    /// datatype. When it is too long, what fits is copied and the error says
    /// so. The two must not overlap unless both are contiguous.
    pub fn copy(from: &Buffer, to: &Buffer) -> Result<()> {
        let len = from.len.min(to.len);
        // SAFETY: both ranges lie in their buffers; the callers of `new` vouch
        // for the memory. Overlap is handled by `ptr::copy`, and excluded
        // otherwise.
        unsafe {
            match (from.contiguous(), to.contiguous()) {
                _ if len == 0 => {}
                (Some(source), Some(target)) => ptr::copy(source, target, len),
                (Some(source), None) => to.unpack_raw(0, source, len),
                (None, Some(target)) => from.pack_raw(0, target, len),
                (None, None) => {
                    let mut stage = [0; STAGE_BYTES];
                    let mut at = 0;
                    while at < len {
                        let piece = &mut stage[..STAGE_BYTES.min(len - at)];
                        from.pack(at, piece);
                        to.unpack(at, piece);
                        at += piece.len();
                    }
                }
            }
        }
        if from.len > to.len {
            return Err(Error::new(
                Class::Truncate,
                format!("{} bytes do not fit a receive buffer of {}", from.len, to.len),
            ));
        }
        Ok(())
    }

    /// # Safety
    /// `at + len <= self.len`, and `out` takes `len` bytes outside of the
    /// items' memory.
    #[inline]
    unsafe fn pack_raw(&self, at: usize, out: *mut u8, len: usize) {
        if let Some(source) = self.contiguous() {
            // SAFETY: the run has `self.len` bytes.
            unsafe { ptr::copy_nonoverlapping(source.wrapping_add(at), out, len) };
            return;
        }
        let from = (self.skip + at) as u64;
        let mut visitor = Pack { base: self.base, out };
        self.datatype.layout().walk(self.datatype.extent(), from, from + len as u64, &mut visitor);
    }

    /// # Safety
    /// As [`Buffer::pack_raw`], the other way.
    #[inline]
    unsafe fn unpack_raw(&self, at: usize, bytes: *const u8, len: usize) {
        if let Some(target) = self.contiguous() {
            // SAFETY: the run has `self.len` bytes.
            unsafe { ptr::copy_nonoverlapping(bytes, target.wrapping_add(at), len) };
            return;
        }
        let from = (self.skip + at) as u64;
        let mut visitor = Unpack { base: self.base, bytes };
        self.datatype.layout().walk(self.datatype.extent(), from, from + len as u64, &mut visitor);
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Buffer({:p}, {} of {}, {} bytes)",
            self.base,
            self.count,
            self.datatype.describe(),
            self.len
        )
    }
}

/// Copies runs of the items to consecutive bytes of `out`.
struct Pack {
    base: *mut u8,
    out: *mut u8,
}

/// Copies consecutive bytes to runs of the items.
struct Unpack {
    base: *mut u8,
    bytes: *const u8,
}

impl Visit for Pack {
    #[inline(always)]
    fn run(&mut self, offset: i64, len: usize) {
        // SAFETY: the run is part of an item (`Buffer::new`), and `out` takes
        // all runs of the walk (`Buffer::pack_raw`).
        unsafe {
            copy_run(self.base.wrapping_offset(offset as isize), self.out, len);
            self.out = self.out.add(len);
        }
    }

    #[inline]
    fn strided(&mut self, offset: i64, stride: i64, len: usize, count: u64) {
        let source = self.base.wrapping_offset(offset as isize);
        // SAFETY: as in `run`, for `count` runs.
        unsafe {
            copy_strided(source, stride as isize, self.out, len as isize, len, count as usize);
            self.out = self.out.add(len * count as usize);
        }
    }

    #[inline]
    fn scattered(&mut self, base: i64, offsets: &[i64], len: usize) {
        let base = self.base.wrapping_offset(base as isize);
        // SAFETY: as in `run`, for one run at each offset.
        unsafe {
            match len {
                4 => gather::<4>(base, offsets, self.out),
                8 => gather::<8>(base, offsets, self.out),
                16 => gather::<16>(base, offsets, self.out),
                64 => gather::<64>(base, offsets, self.out),
                _ => {
                    let mut out = self.out;
                    for offset in offsets {
                        copy_run(base.wrapping_offset(*offset as isize), out, len);
                        out = out.add(len);
                    }
                }
            }
            self.out = self.out.add(len * offsets.len());
        }
    }

    #[inline]
    fn items(&mut self, base: i64, stride: i64, offsets: &[i64], ends: &[u64], count: u64) {
        let size = ends.last().copied().unwrap_or(0);
        let most = column_items(stride, size);
        if most.min(count) < COLUMN_ITEMS_MIN {
            return self.rows(base, stride, offsets, ends, count);
        }
        let mut base = self.base.wrapping_offset(base as isize);
        let mut left = count;
        while left > 0 {
            let rows = left.min(most) as usize;
            let mut before = 0;
            for (offset, end) in offsets.iter().zip(ends) {
                let source = base.wrapping_offset(*offset as isize);
                let len = (end - before) as usize;
                // SAFETY: as in `run`, for one run in each of `rows` items.
                unsafe {
                    let target = self.out.add(before as usize);
                    copy_strided(source, stride as isize, target, size as isize, len, rows);
                }
                before = *end;
            }
            base = base.wrapping_offset(stride as isize * rows as isize);
            // SAFETY: the packed form of these items was just written.
            self.out = unsafe { self.out.add(size as usize * rows) };
            left -= rows as u64;
        }
    }
}

impl Visit for Unpack {
    #[inline(always)]
    fn run(&mut self, offset: i64, len: usize) {
        // SAFETY: as in `Pack::run`, the other way.
        unsafe {
            copy_run(self.bytes, self.base.wrapping_offset(offset as isize), len);
            self.bytes = self.bytes.add(len);
        }
    }

    #[inline]
    fn strided(&mut self, offset: i64, stride: i64, len: usize, count: u64) {
        let target = self.base.wrapping_offset(offset as isize);
        // SAFETY: as in `run`, for `count` runs.
        unsafe {
            copy_strided(self.bytes, len as isize, target, stride as isize, len, count as usize);
            self.bytes = self.bytes.add(len * count as usize);
        }
    }

    #[inline]
    fn scattered(&mut self, base: i64, offsets: &[i64], len: usize) {
        let base = self.base.wrapping_offset(base as isize);
        // SAFETY: as in `run`, for one run at each offset.
        unsafe {
            match len {
                4 => scatter::<4>(self.bytes, base, offsets),
                8 => scatter::<8>(self.bytes, base, offsets),
                16 => scatter::<16>(self.bytes, base, offsets),
                64 => scatter::<64>(self.bytes, base, offsets),
                _ => {
                    let mut bytes = self.bytes;
                    for offset in offsets {
                        copy_run(bytes, base.wrapping_offset(*offset as isize), len);
                        bytes = bytes.add(len);
                    }
                }
            }
            self.bytes = self.bytes.add(len * offsets.len());
        }
    }

    #[inline]
    fn items(&mut self, base: i64, stride: i64, offsets: &[i64], ends: &[u64], count: u64) {
        let size = ends.last().copied().unwrap_or(0);
        let most = column_items(stride, size);
        if most.min(count) < COLUMN_ITEMS_MIN {
            return self.rows(base, stride, offsets, ends, count);
        }
        let mut base = self.base.wrapping_offset(base as isize);
        let mut left = count;
        while left > 0 {
            let rows = left.min(most) as usize;
            let mut before = 0;
            for (offset, end) in offsets.iter().zip(ends) {
                let target = base.wrapping_offset(*offset as isize);
                let len = (end - before) as usize;
                // SAFETY: as in `run`, for one run in each of `rows` items.
                unsafe {
                    let source = self.bytes.add(before as usize);
                    copy_strided(source, size as isize, target, stride as isize, len, rows);
                }
                before = *end;
            }
            base = base.wrapping_offset(stride as isize * rows as isize);
            // SAFETY: the packed form of these items was just read.
            self.bytes = unsafe { self.bytes.add(size as usize * rows) };
            left -= rows as u64;
        }
    }
}

/// Most items of an array of structs whose runs are copied column by column.
const COLUMN_ITEMS: u64 = 64;

/// Fewest items that make a column worth its loop: one long list of runs is
/// four times faster run by run.
const COLUMN_ITEMS_MIN: u64 = 4;

/// Bytes of such items: they and their packed form stay in the first cache.
const COLUMN_BYTES: u64 = 8 << 10;

/// How many items to take together: a column is one loop of copies of a length
/// the compiler knows, a row is a branch for each of its runs.
fn column_items(stride: i64, size: u64) -> u64 {
    (COLUMN_BYTES / stride.unsigned_abs().max(size).max(1)).clamp(1, COLUMN_ITEMS)
}

/// Copies one run. Short ones, which are what irregular types are made of, go
/// as two overlapping words instead of a call of memcpy.
///
/// # Safety
/// `len` bytes at `from` are readable, `len` at `to` writable, and they are
/// disjoint.
#[inline(always)]
unsafe fn copy_run(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: the caller's promise; the second word ends with the run.
    unsafe {
        match len {
            8..=16 => copy_ends::<8>(from, to, len),
            17..=32 => copy_ends::<16>(from, to, len),
            4..=7 => copy_ends::<4>(from, to, len),
            33..=64 => copy_ends::<32>(from, to, len),
            _ => ptr::copy_nonoverlapping(from, to, len),
        }
    }
}

/// Copies the first and the last `WORD` bytes of a run.
///
/// # Safety
/// As [`copy_run`], and `len` is at least `WORD` and at most twice that.
#[inline(always)]
unsafe fn copy_ends<const WORD: usize>(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: both words lie in the run.
    unsafe {
        let first = from.cast::<[u8; WORD]>().read();
        let last = from.add(len - WORD).cast::<[u8; WORD]>().read();
        to.cast::<[u8; WORD]>().write(first);
        to.add(len - WORD).cast::<[u8; WORD]>().write(last);
    }
}

/// Copies `count` runs of `len` bytes between two places with a stride each.
///
/// # Safety
/// As [`copy_run`], for every run.
unsafe fn copy_strided(
    from: *const u8,
    from_stride: isize,
    to: *mut u8,
    to_stride: isize,
    len: usize,
    count: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match len {
            1 => copy_fixed::<1>(from, from_stride, to, to_stride, count),
            2 => copy_fixed::<2>(from, from_stride, to, to_stride, count),
            4 => copy_fixed::<4>(from, from_stride, to, to_stride, count),
            8 => copy_fixed::<8>(from, from_stride, to, to_stride, count),
            16 => copy_fixed::<16>(from, from_stride, to, to_stride, count),
            24 => copy_fixed::<24>(from, from_stride, to, to_stride, count),
            32 => copy_fixed::<32>(from, from_stride, to, to_stride, count),
            64 => copy_fixed::<64>(from, from_stride, to, to_stride, count),
            _ => {
                let (mut from, mut to) = (from, to);
                for _ in 0..count {
                    copy_run(from, to, len);
                    from = from.wrapping_offset(from_stride);
                    to = to.wrapping_offset(to_stride);
                }
            }
        }
    }
}

/// [`copy_strided`] for a length known to the compiler.
///
/// # Safety
/// As [`copy_run`], for every run.
#[inline]
unsafe fn copy_fixed<const LEN: usize>(
    mut from: *const u8,
    from_stride: isize,
    mut to: *mut u8,
    to_stride: isize,
    count: usize,
) {
    for _ in 0..count {
        // SAFETY: the caller's promise.
        unsafe { ptr::copy_nonoverlapping(from, to, LEN) };
        from = from.wrapping_offset(from_stride);
        to = to.wrapping_offset(to_stride);
    }
}

/// Copies a run of `LEN` bytes at each of `offsets` from `base` to consecutive
/// places.
///
/// # Safety
/// As [`copy_run`], for every run.
#[inline]
unsafe fn gather<const LEN: usize>(base: *const u8, offsets: &[i64], mut to: *mut u8) {
    for offset in offsets {
        // SAFETY: the caller's promise.
        unsafe {
            ptr::copy_nonoverlapping(base.wrapping_offset(*offset as isize), to, LEN);
            to = to.add(LEN);
        }
    }
}

/// The way back of [`gather`].
///
/// # Safety
/// As [`copy_run`], for every run.
#[inline]
unsafe fn scatter<const LEN: usize>(mut from: *const u8, base: *mut u8, offsets: &[i64]) {
    for offset in offsets {
        // SAFETY: the caller's promise.
        unsafe {
            ptr::copy_nonoverlapping(from, base.wrapping_offset(*offset as isize), LEN);
            from = from.add(LEN);
        }
    }
}

#[cold]
fn no_memory(len: usize) -> Error {
    Error::new(Class::NoMem, format!("no memory for {len} bytes of scratch"))
}
