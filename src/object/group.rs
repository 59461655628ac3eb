//! Groups: ordered sets of processes (MPI-4.1, section 7.3). Immutable; the
//! group of all processes in order needs no list.

use std::sync::{Arc, OnceLock};

use super::error::{Class, Error, Result};
use super::handle::HandleCell;
use super::session::Session;
use crate::channel::PeerId;

#[derive(Clone, Debug)]
pub struct Group {
    members: Members,
    /// Ranks sorted by process, made at the first look-up of a long list.
    index: Arc<OnceLock<Index>>,
    /// The session it comes from, and communicators made of it.
    session: Option<Arc<Session>>,
    pub handle: Arc<HandleCell>,
}

/// `(process, rank)`, ascending.
type Index = Box<[(PeerId, u32)]>;

#[derive(Clone, Debug)]
enum Members {
    /// Processes 0..size in order.
    Identity(u32),
    List(Arc<[PeerId]>),
}

/// Result of comparing groups or communicators; the numbers are MPICH's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Comparison {
    Identical = 0,
    Congruent = 1,
    Similar = 2,
    Unequal = 3,
}

/// A `(first, last, stride)` triplet of ranks.
pub type Range = (i32, i32, i32);

/// Lists up to this length are searched from the front.
const SCAN_MAX: usize = 16;

impl Group {
    pub fn empty() -> Group {
        Group::identity(0)
    }

    /// Processes `0..size` in order.
    pub fn identity(size: u32) -> Group {
        Group::of(Members::Identity(size))
    }

    /// The given processes, which must differ, in the given order.
    pub fn from_peers(peers: impl Into<Arc<[PeerId]>>) -> Group {
        let peers: Arc<[PeerId]> = peers.into();
        let in_order = peers.iter().enumerate().all(|(rank, peer)| peer.0 as usize == rank);
        Group::of(match in_order {
            true => Members::Identity(peers.len() as u32),
            false => Members::List(peers),
        })
    }

    fn of(members: Members) -> Group {
        Group { members, index: Arc::default(), session: None, handle: Arc::default() }
    }

    /// The same group as one that comes from a session, or from none.
    pub fn within(mut self, session: Option<&Arc<Session>>) -> Group {
        self.session = session.cloned();
        self
    }

    pub fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// A group made of this one and perhaps of others.
    fn derive(&self, peers: Vec<PeerId>) -> Group {
        Group::from_peers(peers).within(self.session())
    }

    #[inline]
    pub fn size(&self) -> u32 {
        match &self.members {
            Members::Identity(size) => *size,
            Members::List(list) => list.len() as u32,
        }
    }

    /// The process of a rank, or none when there is no such rank.
    #[inline]
    pub fn peer(&self, rank: u32) -> Option<PeerId> {
        match &self.members {
            Members::Identity(size) => (rank < *size).then_some(PeerId(rank)),
            Members::List(list) => list.get(rank as usize).copied(),
        }
    }

    pub fn peers(&self) -> impl Iterator<Item = PeerId> + '_ {
        (0..self.size()).map(|rank| self.peer(rank).expect("rank below the size"))
    }

    /// The rank of a process, or none when it is no member.
    #[inline]
    pub fn rank_of(&self, peer: PeerId) -> Option<u32> {
        match &self.members {
            Members::Identity(size) => (peer.0 < *size).then_some(peer.0),
            Members::List(list) if list.len() <= SCAN_MAX => {
                list.iter().position(|member| *member == peer).map(|rank| rank as u32)
            }
            Members::List(list) => {
                let index = self.index.get_or_init(|| {
                    let mut index: Vec<_> =
                        list.iter().enumerate().map(|(rank, peer)| (*peer, rank as u32)).collect();
                    index.sort_unstable();
                    index.into()
                });
                let found = index.binary_search_by_key(&peer, |(peer, _)| *peer).ok()?;
                Some(index[found].1)
            }
        }
    }

    pub fn contains(&self, peer: PeerId) -> bool {
        self.rank_of(peer).is_some()
    }

    /// Identical, similar (same members in another order) or unequal.
    pub fn compare(&self, other: &Group) -> Comparison {
        if self.size() != other.size() {
            return Comparison::Unequal;
        }
        if self.peers().eq(other.peers()) {
            return Comparison::Identical;
        }
        match self.peers().all(|peer| other.contains(peer)) {
            true => Comparison::Similar,
            false => Comparison::Unequal,
        }
    }

    /// All members of `self`, then those of `other` that are not among them.
    pub fn union(&self, other: &Group) -> Group {
        let more = other.peers().filter(|peer| !self.contains(*peer));
        self.derive(self.peers().chain(more).collect())
    }

    pub fn intersection(&self, other: &Group) -> Group {
        self.derive(self.peers().filter(|peer| other.contains(*peer)).collect())
    }

    pub fn difference(&self, other: &Group) -> Group {
        self.derive(self.peers().filter(|peer| !other.contains(*peer)).collect())
    }

    /// The members with these ranks, in this order.
    pub fn include(&self, ranks: &[i32]) -> Result<Group> {
        self.marks(ranks)?;
        Ok(self.derive(ranks.iter().map(|rank| self.member(*rank)).collect()))
    }

    /// The members but for these ranks, in the order of `self`.
    pub fn exclude(&self, ranks: &[i32]) -> Result<Group> {
        let marks = self.marks(ranks)?;
        let kept = self.peers().zip(marks).filter(|(_, marked)| !marked).map(|(peer, _)| peer);
        Ok(self.derive(kept.collect()))
    }

    pub fn include_ranges(&self, ranges: &[Range]) -> Result<Group> {
        self.include(&self.expand(ranges)?)
    }

    pub fn exclude_ranges(&self, ranges: &[Range]) -> Result<Group> {
        self.exclude(&self.expand(ranges)?)
    }

    /// The rank in `other` of a rank of `self`, or none when that process is
    /// no member of `other`.
    pub fn translate(&self, rank: i32, other: &Group) -> Result<Option<u32>> {
        self.check(rank)?;
        Ok(other.rank_of(self.member(rank)))
    }

    fn member(&self, rank: i32) -> PeerId {
        self.peer(rank as u32).expect("the rank was checked")
    }

    fn check(&self, rank: i32) -> Result<()> {
        if rank < 0 || rank as u32 >= self.size() {
            return Err(Error::new(
                Class::Rank,
                format!("rank {rank} is not in a group of {} processes", self.size()),
            ));
        }
        Ok(())
    }

    /// Marks the given ranks; an error for a bad rank or a repeated one.
    fn marks(&self, ranks: &[i32]) -> Result<Vec<bool>> {
        let mut marks = vec![false; self.size() as usize];
        for &rank in ranks {
            self.check(rank)?;
            if std::mem::replace(&mut marks[rank as usize], true) {
                return Err(Error::new(Class::Rank, format!("rank {rank} is given twice")));
            }
        }
        Ok(marks)
    }

    fn expand(&self, ranges: &[Range]) -> Result<Vec<i32>> {
        let mut ranks = Vec::new();
        for &(first, last, stride) in ranges {
            self.check(first)?;
            self.check(last)?;
            if stride == 0 {
                return Err(Error::new(
                    Class::Arg,
                    format!("the range from {first} to {last} has stride 0"),
                ));
            }
            // A range that runs the wrong way is erroneous (MPI-4.1, 7.3.2).
            if (last as i64 - first as i64) * (stride as i64) < 0 {
                return Err(Error::new(
                    Class::Arg,
                    format!("stride {stride} does not lead from rank {first} to rank {last}"),
                ));
            }
            let steps = (last as i64 - first as i64) / stride as i64;
            ranks.extend((0..=steps).map(|step| (first as i64 + step * stride as i64) as i32));
        }
        Ok(ranks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(peers: &[u32]) -> Group {
        Group::from_peers(peers.iter().map(|peer| PeerId(*peer)).collect::<Vec<_>>())
    }

    fn list(group: &Group) -> Vec<u32> {
        group.peers().map(|peer| peer.0).collect()
    }

    #[test]
    fn set_operations_keep_the_standards_order() {
        let (a, b) = (group(&[5, 3, 1, 0]), group(&[2, 3, 5, 7]));
        assert_eq!(list(&a.union(&b)), [5, 3, 1, 0, 2, 7]);
        assert_eq!(list(&a.intersection(&b)), [5, 3]);
        assert_eq!(list(&a.difference(&b)), [1, 0]);
        assert_eq!(list(&a.difference(&a)), [0u32; 0]);
    }

    #[test]
    fn random_groups_agree_with_sets() {
        let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(7u64);
        println!("SEED={seed}");
        let mut state = seed;
        let mut random = |below: u32| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u32 % below
        };
        for _ in 0..200 {
            let mut pick = |n: u32| {
                let mut peers: Vec<u32> = Vec::new();
                for _ in 0..n {
                    let peer = random(60);
                    if !peers.contains(&peer) {
                        peers.push(peer);
                    }
                }
                peers
            };
            let (x, y) = (pick(40), pick(40));
            let (a, b) = (group(&x), group(&y));
            for peer in 0..60 {
                let rank = x.iter().position(|member| *member == peer);
                assert_eq!(a.rank_of(PeerId(peer)).map(|rank| rank as usize), rank);
            }
            let both: Vec<u32> = x.iter().copied().filter(|peer| y.contains(peer)).collect();
            assert_eq!(list(&a.intersection(&b)), both);
            assert_eq!(a.union(&b).size() as usize, x.len() + y.len() - both.len());
            let mut turned = x.clone();
            turned.reverse();
            let expected = match x.len() {
                0 | 1 => Comparison::Identical,
                _ => Comparison::Similar,
            };
            assert_eq!(a.compare(&group(&turned)), expected);
        }
    }

    #[test]
    fn ranges_run_both_ways_and_are_checked() {
        let world = Group::identity(10);
        let ranges = [(9, 5, -2), (0, 3, 3)];
        assert_eq!(list(&world.include_ranges(&ranges).unwrap()), [9, 7, 5, 0, 3]);
        assert_eq!(list(&world.exclude_ranges(&ranges).unwrap()), [1, 2, 4, 6, 8]);
        assert_eq!(world.include_ranges(&[(0, 3, 0)]).unwrap_err().class(), Class::Arg);
        assert_eq!(world.include_ranges(&[(3, 0, 1)]).unwrap_err().class(), Class::Arg);
        assert_eq!(world.include_ranges(&[(0, 10, 1)]).unwrap_err().class(), Class::Rank);
        assert_eq!(world.include(&[1, 1]).unwrap_err().class(), Class::Rank);
        assert_eq!(world.include(&[-1]).unwrap_err().class(), Class::Rank);
    }

    #[test]
    fn ranks_translate_or_are_undefined() {
        let (a, b) = (group(&[4, 2, 9]), group(&[9, 4]));
        assert_eq!(a.translate(0, &b).unwrap(), Some(1));
        assert_eq!(a.translate(1, &b).unwrap(), None);
        assert!(a.translate(3, &b).is_err());
    }
}
