//! Ranks, roots and tags: the same numbers mean different things in the three
//! ABIs (-1 is `MPI_PROC_NULL`, `MPI_ANY_SOURCE` or `MPI_ANY_SOURCE`), so they
//! are told apart here and never travel further as raw integers.

use super::number::null_argument;
use super::{Sort, kinds};
use crate::abi::{Abi, Cx};
use crate::object::{Class, Error, Result};

/// Inside the library the special ranks are MPICH's numbers.
pub const ANY_SOURCE: i32 = -2;
pub const PROC_NULL: i32 = -1;
pub const ROOT: i32 = -3;
pub const ANY_TAG: i32 = -1;
/// A number no communicator has a rank for.
const NOWHERE: i32 = i32::MIN;

#[inline(always)]
fn inward(abi: Abi, raw: i32) -> i32 {
    if raw >= 0 {
        return raw;
    }
    match (abi, raw) {
        (Abi::Mpich, -1) | (Abi::OpenMpi, -2) | (Abi::Standard, -3) => PROC_NULL,
        (Abi::Mpich, -2) | (Abi::OpenMpi, -1) | (Abi::Standard, -1) => ANY_SOURCE,
        (Abi::Mpich, -3) | (Abi::OpenMpi, -4) | (Abi::Standard, -4) => ROOT,
        _ => NOWHERE,
    }
}

/// Our number for one of the caller's.
pub fn rank_inward(abi: Abi, raw: i32) -> i32 {
    inward(abi, raw)
}

/// The caller's number for one of ours.
pub fn rank_outward(abi: Abi, rank: i32) -> i32 {
    match (rank, abi) {
        (PROC_NULL, Abi::Mpich) => -1,
        (PROC_NULL, Abi::OpenMpi) => -2,
        (PROC_NULL, Abi::Standard) => -3,
        (ANY_SOURCE, Abi::Mpich) => -2,
        (ANY_SOURCE, _) => -1,
        (ROOT, Abi::Mpich) => -3,
        (ROOT, _) => -4,
        _ => rank,
    }
}

/// The caller's number for one of our tags.
pub fn tag_outward(abi: Abi, tag: i32) -> i32 {
    if tag == ANY_TAG && abi == Abi::Standard { -2 } else { tag }
}

/// A rank argument; what is allowed depends on its role, so ask by role.
#[derive(Clone, Copy, Debug)]
pub struct Rank {
    /// The number in our own spelling (see the constants of this module).
    ours: i32,
    raw: i32,
    name: &'static str,
}

/// Where a message may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Rank(u32),
    Any,
    /// `MPI_PROC_NULL`: nothing is received.
    Null,
}

/// The root of a collective operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    Rank(u32),
    /// `MPI_ROOT`: I am the root (intercommunicators only).
    Me,
    /// `MPI_PROC_NULL`: my group has the root, I do nothing.
    Null,
}

impl Rank {
    /// The destination of a message among `size` processes; `None` for
    /// `MPI_PROC_NULL`.
    #[inline]
    pub fn destination(&self, size: usize) -> Result<Option<u32>> {
        match self.ours {
            PROC_NULL => Ok(None),
            ours if ours >= 0 && (ours as usize) < size => Ok(Some(ours as u32)),
            _ => Err(self.wrong(Class::Rank, size)),
        }
    }

    /// The source of a message among `size` processes.
    #[inline]
    pub fn source(&self, size: usize) -> Result<Source> {
        match self.ours {
            PROC_NULL => Ok(Source::Null),
            ANY_SOURCE => Ok(Source::Any),
            ours if ours >= 0 && (ours as usize) < size => Ok(Source::Rank(ours as u32)),
            _ => Err(self.wrong(Class::Rank, size)),
        }
    }

    /// A rank among `size` processes and nothing else.
    pub fn member(&self, size: usize) -> Result<u32> {
        match self.ours {
            ours if ours >= 0 && (ours as usize) < size => Ok(ours as u32),
            _ => Err(self.wrong(Class::Rank, size)),
        }
    }

    /// The root among `size` processes of an intracommunicator.
    #[inline]
    pub fn root(&self, size: usize) -> Result<u32> {
        match self.ours {
            ours if ours >= 0 && (ours as usize) < size => Ok(ours as u32),
            _ => Err(self.wrong(Class::Root, size)),
        }
    }

    /// The root in an intercommunicator whose remote group has `size` members.
    pub fn remote_root(&self, size: usize) -> Result<Root> {
        match self.ours {
            ROOT => Ok(Root::Me),
            PROC_NULL => Ok(Root::Null),
            _ => self.root(size).map(Root::Rank),
        }
    }

    /// The number in our own spelling, for lists and cached values.
    pub fn ours(&self) -> i32 {
        self.ours
    }

    #[cold]
    fn wrong(&self, class: Class, size: usize) -> Error {
        let meaning = match self.ours {
            PROC_NULL => " (MPI_PROC_NULL)",
            ANY_SOURCE => " (MPI_ANY_SOURCE)",
            ROOT => " (MPI_ROOT)",
            _ => "",
        };
        if size == 0 {
            let text =
                format!("{} is {}{meaning} but there is no process here", self.name, self.raw);
            return Error::new(class, text);
        }
        let last = size - 1;
        Error::new(class, format!("{} is {}{meaning} but must be 0..={last}", self.name, self.raw))
    }
}

/// A tag argument; whether `MPI_ANY_TAG` is allowed depends on its role.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    raw: i32,
    any: bool,
}

/// Largest tag (`MPI_TAG_UB`).
pub const TAG_MAX: i32 = i32::MAX;

impl Tag {
    /// The tag of a message to send.
    #[inline]
    pub fn exact(&self) -> Result<i32> {
        if self.raw >= 0 { Ok(self.raw) } else { Err(self.wrong()) }
    }

    /// The tag to receive; `None` for `MPI_ANY_TAG`.
    #[inline]
    pub fn pattern(&self) -> Result<Option<i32>> {
        if self.raw >= 0 {
            Ok(Some(self.raw))
        } else if self.any {
            Ok(None)
        } else {
            Err(self.wrong())
        }
    }

    #[cold]
    fn wrong(&self) -> Error {
        let meaning = if self.any { " (MPI_ANY_TAG)" } else { "" };
        Error::new(Class::Tag, format!("tag is {}{meaning} but must be 0..={TAG_MAX}", self.raw))
    }
}

kinds! {
    /// A rank in any role; the body asks the [`Rank`] for the one it needs.
    InRank: i32 => Rank, "int", Sort::Rank,
        |cx, raw, name| Ok(Rank { ours: inward(cx.abi, raw), raw, name });
    InTag: i32 => Tag, "int", Sort::Tag,
        |cx, raw, _| Ok(Tag { raw, any: raw == tag_outward(cx.abi, ANY_TAG) });
    /// A rank out.
    OutRank: usize => RankPlace, "int*", Sort::Pointer,
        |_, raw, name| if raw == 0 { Err(null_argument(name)) } else { Ok(RankPlace(raw)) };
    /// A tag out.
    OutTag: usize => TagPlace, "int*", Sort::Pointer,
        |_, raw, name| if raw == 0 { Err(null_argument(name)) } else { Ok(TagPlace(raw)) };
    /// Ranks in; how many is the body's to know.
    Ranks: usize => RankArray, "const int*", Sort::Numbers, |_, raw, name| Ok(RankArray(raw, name));
    /// Ranks out.
    OutRanks: usize => OutRankArray, "int*", Sort::Numbers,
        |_, raw, name| Ok(OutRankArray(raw, name));
    /// `(first, last, stride)` triples of `MPI_Group_range_incl`.
    RankRanges: usize => RankRangeArray, "int(*)[3]", Sort::Numbers,
        |_, raw, name| Ok(RankRangeArray(raw, name));
}

pub struct RankPlace(usize);

impl RankPlace {
    /// Stores a rank, one of the special ones, or `MPI_UNDEFINED`.
    pub fn set(&self, cx: &Cx, rank: i32) {
        // SAFETY: the application's place for an `int`, checked not null.
        unsafe { (self.0 as *mut i32).write_unaligned(rank_outward(cx.abi, rank)) }
    }
}

pub struct TagPlace(usize);

impl TagPlace {
    pub fn set(&self, cx: &Cx, tag: i32) {
        // SAFETY: the application's place for an `int`, checked not null.
        unsafe { (self.0 as *mut i32).write_unaligned(tag_outward(cx.abi, tag)) }
    }
}

pub struct RankArray(usize, &'static str);

impl RankArray {
    /// The first `count` ranks.
    pub fn read(&self, cx: &Cx, count: usize) -> Result<Vec<Rank>> {
        if count > 0 && self.0 == 0 {
            return Err(null_argument(self.1));
        }
        Ok((0..count)
            .map(|i| {
                // SAFETY: the application's array has `count` entries.
                let raw = unsafe { (self.0 as *const i32).add(i).read_unaligned() };
                Rank { ours: inward(cx.abi, raw), raw, name: self.1 }
            })
            .collect())
    }
}

pub struct OutRankArray(usize, &'static str);

impl OutRankArray {
    pub fn write(&self, cx: &Cx, ranks: &[i32]) -> Result<()> {
        if !ranks.is_empty() && self.0 == 0 {
            return Err(null_argument(self.1));
        }
        for (i, &rank) in ranks.iter().enumerate() {
            let out = rank_outward(cx.abi, rank);
            // SAFETY: the application's array has room for all of them.
            unsafe { (self.0 as *mut i32).add(i).write_unaligned(out) }
        }
        Ok(())
    }
}

pub struct RankRangeArray(usize, &'static str);

impl RankRangeArray {
    pub fn read(&self, count: usize) -> Result<Vec<[i32; 3]>> {
        if count > 0 && self.0 == 0 {
            return Err(null_argument(self.1));
        }
        // SAFETY: the application's array has `count` triples.
        Ok((0..count)
            .map(|i| unsafe { (self.0 as *const [i32; 3]).add(i).read_unaligned() })
            .collect())
    }
}
