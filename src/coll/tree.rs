//! The binomial tree over ranks, counted from its root: the parent of `v` is
//! `v` without its lowest set bit, its children are `v` plus each power of two
//! below that bit. The subtree of `v` is a run of consecutive ranks.

/// One rank's place in the tree.
#[derive(Clone, Copy)]
pub(super) struct Place {
    root: usize,
    size: usize,
    /// Rank counted from the root.
    pub(super) v: usize,
}

impl Place {
    pub(super) fn new(rank: usize, root: usize, size: usize) -> Place {
        Place { root, size, v: (rank + size - root) % size }
    }

    /// The rank that stands at `v`.
    pub(super) fn rank_of(&self, v: usize) -> usize {
        (v + self.root) % self.size
    }

    pub(super) fn parent(&self) -> Option<usize> {
        (self.v != 0).then(|| self.rank_of(self.v & (self.v - 1)))
    }

    /// Children, counted from the root, nearest first.
    pub(super) fn children(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let (v, size) = (self.v, self.size);
        let reach = if v == 0 { usize::BITS } else { v.trailing_zeros() };
        (0..reach.min(size.ilog2() + 1)).map(move |bit| v + (1 << bit)).filter(move |&c| c < size)
    }

    /// How many ranks the subtree of `v` holds, itself included.
    pub(super) fn subtree(&self, v: usize) -> usize {
        match v {
            0 => self.size,
            _ => (1 << v.trailing_zeros()).min(self.size - v),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn every_rank_is_the_child_of_its_parent_and_subtrees_add_up() {
        for size in 1..40 {
            for root in 0..size {
                for rank in 0..size {
                    let place = Place::new(rank, root, size);
                    let below: usize = place.children().map(|c| place.subtree(c)).sum();
                    assert_eq!(below + 1, place.subtree(place.v));
                    if let Some(parent) = place.parent() {
                        let parent = Place::new(parent, root, size);
                        assert!(parent.children().any(|c| parent.rank_of(c) == rank));
                    }
                }
            }
        }
    }
}
