//! What a datatype is made of: the sequence of predefined elements, kept as a
//! small tree of loops. Answers `MPI_Get_elements`, tells reductions which
//! arithmetic applies, and is what external32 converts by.

use std::sync::Arc;

use super::basic::Basic;

/// The predefined elements of one item, in packed order.
#[derive(Clone, Debug)]
pub struct Signature {
    node: Node,
    elements: u64,
    size: u64,
}

#[derive(Clone, Debug)]
enum Node {
    /// Only elements of this type (any number).
    Of(Basic),
    Nothing,
    Repeat(Arc<Signature>),
    Parts(Arc<[Signature]>),
}

impl Signature {
    pub fn nothing() -> Signature {
        Signature { node: Node::Nothing, elements: 0, size: 0 }
    }

    /// One predefined type. A pair is two elements.
    pub fn of(basic: Basic) -> Signature {
        match basic.halves() {
            Some((first, second, _)) => {
                Signature::join([Signature::of(first), Signature::of(second)])
            }
            None if basic.size() == 0 => Signature::nothing(),
            None => Signature { node: Node::Of(basic), elements: 1, size: basic.size() as u64 },
        }
    }

    /// `count` times the same. Sizes were checked when the layout was built.
    pub fn repeat(&self, count: u64) -> Signature {
        if count == 0 || self.size == 0 {
            return Signature::nothing();
        }
        let node = match &self.node {
            Node::Of(basic) => Node::Of(*basic),
            _ if count == 1 => self.node.clone(),
            _ => Node::Repeat(Arc::new(self.clone())),
        };
        Signature { node, elements: self.elements * count, size: self.size * count }
    }

    pub fn join(parts: impl IntoIterator<Item = Signature>) -> Signature {
        let mut joined: Vec<Signature> = Vec::new();
        for part in parts.into_iter().filter(|part| part.size > 0) {
            match (joined.last_mut(), &part.node) {
                (Some(Signature { node: Node::Of(last), elements, size }), Node::Of(basic))
                    if last == basic =>
                {
                    *elements += part.elements;
                    *size += part.size;
                }
                _ => joined.push(part),
            }
        }
        match joined.len() {
            0 => Signature::nothing(),
            1 => joined.pop().expect("one part"),
            _ => Signature {
                elements: joined.iter().map(|part| part.elements).sum(),
                size: joined.iter().map(|part| part.size).sum(),
                node: Node::Parts(joined.into()),
            },
        }
    }

    /// Elements of one item.
    pub fn elements(&self) -> u64 {
        self.elements
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// The one predefined type all elements have, if there is one.
    pub fn uniform(&self) -> Option<Basic> {
        match self.node {
            Node::Of(basic) => Some(basic),
            _ => None,
        }
    }

    /// Elements in the first `bytes` of a packed sequence of items, and
    /// whether the last of them is whole (`MPI_Get_elements`).
    pub fn elements_in(&self, bytes: u64) -> (u64, bool) {
        if self.size == 0 {
            return (0, bytes == 0);
        }
        let whole = (bytes / self.size).saturating_mul(self.elements);
        let (more, exact) = self.prefix(bytes % self.size);
        (whole + more, exact)
    }

    fn prefix(&self, bytes: u64) -> (u64, bool) {
        match &self.node {
            _ if bytes == 0 => (0, true),
            Node::Nothing => (0, false),
            Node::Of(basic) => {
                let size = basic.size() as u64;
                (bytes / size, bytes.is_multiple_of(size))
            }
            Node::Repeat(item) => item.elements_in(bytes),
            Node::Parts(parts) => {
                let (mut count, mut left) = (0, bytes);
                for part in parts.iter() {
                    if left < part.size {
                        let (more, exact) = part.prefix(left);
                        return (count + more, exact);
                    }
                    count += part.elements;
                    left -= part.size;
                }
                (count, left == 0)
            }
        }
    }

    /// Packed bytes of the first `count` elements of a row of items.
    pub fn bytes_of(&self, count: u64) -> u64 {
        if self.elements == 0 {
            return 0;
        }
        let mut left = count % self.elements;
        let mut bytes = count / self.elements * self.size;
        self.for_each(&mut |basic, run| {
            let taken = run.min(left);
            bytes += taken * basic.size() as u64;
            left -= taken;
        });
        bytes
    }

    /// Visits the elements of one item in packed order as (type, how many).
    pub fn for_each(&self, visit: &mut impl FnMut(Basic, u64)) {
        match &self.node {
            Node::Nothing => {}
            Node::Of(basic) => visit(*basic, self.elements),
            Node::Repeat(item) => {
                for _ in 0..self.size / item.size {
                    item.for_each(visit);
                }
            }
            Node::Parts(parts) => parts.iter().for_each(|part| part.for_each(visit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_items_count_their_whole_elements() {
        let item = Signature::join([
            Signature::of(Basic::Int),
            Signature::of(Basic::Double).repeat(2),
            Signature::of(Basic::Char),
        ]);
        assert_eq!((item.size(), item.elements()), (21, 4));
        assert_eq!(item.elements_in(0), (0, true));
        assert_eq!(item.elements_in(4), (1, true));
        assert_eq!(item.elements_in(12), (2, true));
        assert_eq!(item.elements_in(13), (2, false));
        assert_eq!(item.repeat(5).elements_in(21 * 3 + 20), (15, true));
        assert_eq!(item.uniform(), None);
        assert_eq!(Signature::of(Basic::Real).repeat(9).uniform(), Some(Basic::Real));
    }
}
