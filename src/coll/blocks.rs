//! The blocks of a vector collective: one buffer per rank.

use crate::object::buffer::Buffer;

/// One block for each rank of a communicator.
#[derive(Clone)]
pub enum Blocks {
    /// Equal blocks of `each` elements, one after the other.
    Even { whole: Buffer, each: usize },
    /// Any blocks (the `v` and `w` collectives).
    List(Vec<Buffer>),
}

impl Blocks {
    pub fn of(&self, rank: usize) -> Buffer {
        match self {
            Blocks::Even { whole, each } => whole.items(rank * each, *each),
            Blocks::List(blocks) => blocks[rank].clone(),
        }
    }

    /// Bytes of data in a rank's block.
    pub fn len_of(&self, rank: usize) -> usize {
        match self {
            Blocks::Even { whole, each } => each * whole.datatype().size() as usize,
            Blocks::List(blocks) => blocks[rank].len(),
        }
    }

    /// Whether there is no data in any of them.
    pub fn is_empty(&self) -> bool {
        match self {
            Blocks::Even { whole, .. } => whole.is_empty(),
            Blocks::List(blocks) => blocks.iter().all(Buffer::is_empty),
        }
    }

    /// The blocks of these ranks, in this order.
    pub fn pick(&self, ranks: &[usize]) -> Blocks {
        Blocks::List(ranks.iter().map(|&rank| self.of(rank)).collect())
    }

    /// The blocks of `count` neighbouring ranks as one buffer, where their
    /// memory makes that possible.
    pub fn run(&self, first: usize, count: usize) -> Option<Buffer> {
        match self {
            _ if count == 1 => Some(self.of(first)),
            Blocks::Even { whole, each } => Some(whole.items(first * each, count * each)),
            Blocks::List(_) => None,
        }
    }
}
