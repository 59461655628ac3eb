//! The binomial tree over ranks, counted from its root: the parent of `v` is
//! `v` without its lowest set bit, its children are `v` plus each power of two
//! below that bit. The subtree of `v` is a run of consecutive ranks.
//!
//! Or a flat tree, for ranks that share a host: all others are children of the
//! root. Its messages are as many and nobody waits for somebody who waits, which
//! is what counts where ranks share cores: a wait is a change of process there,
//! and a message next to nothing.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Binomial,
    Flat,
}

/// One rank's place in the tree.
#[derive(Clone, Copy)]
pub(super) struct Place {
    root: usize,
    size: usize,
    form: Form,
    /// Rank counted from the root.
    pub(super) v: usize,
}

impl Place {
    pub(super) fn new(form: Form, rank: usize, root: usize, size: usize) -> Place {
        Place { root, size, form, v: (rank + size - root) % size }
    }

    /// In the binomial tree.
    pub(super) fn binomial(rank: usize, root: usize, size: usize) -> Place {
        Place::new(Form::Binomial, rank, root, size)
    }

    /// The rank that stands at `v`.
    pub(super) fn rank_of(&self, v: usize) -> usize {
        (v + self.root) % self.size
    }

    pub(super) fn parent(&self) -> Option<usize> {
        let parent = match self.form {
            Form::Binomial => self.v & self.v.wrapping_sub(1),
            Form::Flat => 0,
        };
        (self.v != 0).then(|| self.rank_of(parent))
    }

    /// Children, counted from the root, nearest first.
    pub(super) fn children(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let Place { v, size, form, .. } = *self;
        let count = match form {
            Form::Binomial => v.trailing_zeros().min(size.ilog2() + 1) as usize,
            Form::Flat if v == 0 => size - 1,
            Form::Flat => 0,
        };
        let child = move |index| match form {
            Form::Binomial => v + (1_usize << index),
            Form::Flat => index + 1,
        };
        (0..count).map(child).filter(move |&child| child < size)
    }

    /// How many ranks the subtree of `v` holds, itself included.
    pub(super) fn subtree(&self, v: usize) -> usize {
        match (v, self.form) {
            (0, _) => self.size,
            (_, Form::Flat) => 1,
            _ => (1 << v.trailing_zeros()).min(self.size - v),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Place};

    #[test]
    fn every_rank_is_the_child_of_its_parent_and_subtrees_add_up() {
        for form in [Form::Binomial, Form::Flat] {
            for size in 1..40 {
                for root in 0..size {
                    for rank in 0..size {
                        let place = Place::new(form, rank, root, size);
                        let below: usize = place.children().map(|c| place.subtree(c)).sum();
                        assert_eq!(below + 1, place.subtree(place.v));
                        if let Some(parent) = place.parent() {
                            let parent = Place::new(form, parent, root, size);
                            assert!(parent.children().any(|c| parent.rank_of(c) == rank));
                        }
                    }
                }
            }
        }
    }
}
