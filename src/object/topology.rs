//! Process topologies (MPI-4.1, chapter 8): the data attached to a
//! communicator and the arithmetic on it. Exchanging data to make one is done
//! in `mpi`.

use std::cmp::Ordering;

use super::error::{Class, Error, Result};

#[derive(Clone, Debug)]
pub enum Topology {
    Cartesian(Cartesian),
    Graph(Graph),
    Distributed(Distributed),
}

/// A grid, row-major: the last dimension varies fastest with the rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cartesian {
    pub dims: Vec<i32>,
    pub periods: Vec<bool>,
}

/// The whole graph, known to every process: `index[i]` is the end of node
/// `i`'s neighbours in `edges`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    pub index: Vec<i32>,
    pub edges: Vec<i32>,
}

/// This process's own edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distributed {
    pub sources: Vec<i32>,
    pub destinations: Vec<i32>,
    /// Weights in the same order, or none for `MPI_UNWEIGHTED`.
    pub source_weights: Option<Vec<i32>>,
    pub destination_weights: Option<Vec<i32>>,
}

/// Ranks in order; none stands for `MPI_PROC_NULL`.
pub type Neighbors = Vec<Option<u32>>;

impl Topology {
    /// Neighbours to receive from and to send to, in the order of the
    /// neighbourhood collectives.
    pub fn neighbors(&self, rank: u32) -> Result<(Neighbors, Neighbors)> {
        let known = |list: &[i32]| list.iter().map(|rank| u32::try_from(*rank).ok()).collect();
        match self {
            Topology::Cartesian(grid) => {
                let mut all = Vec::with_capacity(2 * grid.dims.len());
                for dim in 0..grid.dims.len() {
                    let (below, above) = grid.shift(rank, dim, 1)?;
                    all.extend([below, above]);
                }
                Ok((all.clone(), all))
            }
            Topology::Graph(graph) => {
                let all: Vec<_> = known(graph.neighbors(rank as i32)?);
                Ok((all.clone(), all))
            }
            Topology::Distributed(own) => Ok((known(&own.sources), known(&own.destinations))),
        }
    }
}

impl Cartesian {
    pub fn new(dims: &[i32], periods: &[bool]) -> Result<Cartesian> {
        if let Some(bad) = dims.iter().find(|dim| **dim < 0) {
            return Err(Error::new(Class::Dims, format!("dimension {bad} is negative")));
        }
        let size = dims.iter().try_fold(1i32, |all, dim| all.checked_mul(*dim));
        if size.is_none() {
            return Err(Error::new(Class::Dims, "the grid has more than 2^31 places".to_string()));
        }
        Ok(Cartesian { dims: dims.to_vec(), periods: periods.to_vec() })
    }

    pub fn size(&self) -> u32 {
        self.dims.iter().product::<i32>() as u32
    }

    pub fn coordinates(&self, rank: u32) -> Result<Vec<i32>> {
        if rank >= self.size() {
            return Err(Error::new(
                Class::Rank,
                format!("rank {rank} is not in a grid of {}", self.size()),
            ));
        }
        let mut rest = rank as i32;
        let mut coordinates = vec![0; self.dims.len()];
        for (coordinate, dim) in coordinates.iter_mut().zip(&self.dims).rev() {
            *coordinate = rest % dim;
            rest /= dim;
        }
        Ok(coordinates)
    }

    /// The rank at these coordinates; those of periodic dimensions wrap.
    pub fn rank(&self, coordinates: &[i32]) -> Result<u32> {
        let mut rank = 0i32;
        for ((&at, &dim), &periodic) in coordinates.iter().zip(&self.dims).zip(&self.periods) {
            if !periodic && !(0..dim).contains(&at) {
                return Err(Error::new(
                    Class::Arg,
                    format!("coordinate {at} is outside 0..{dim} of a dimension without period"),
                ));
            }
            rank = rank * dim + at.rem_euclid(dim);
        }
        Ok(rank as u32)
    }

    /// Source and destination of a shift along `dim`; none past an edge.
    pub fn shift(&self, rank: u32, dim: usize, by: i32) -> Result<(Option<u32>, Option<u32>)> {
        let Some(&len) = self.dims.get(dim) else {
            return Err(Error::new(
                Class::Dims,
                format!("direction {dim} in a grid of {} dimensions", self.dims.len()),
            ));
        };
        let coordinates = self.coordinates(rank)?;
        let step = |by: i64| {
            let at = coordinates[dim] as i64 + by;
            let inside = self.periods[dim] || (0..len as i64).contains(&at);
            inside.then(|| {
                let mut moved = coordinates.clone();
                moved[dim] = at.rem_euclid(len as i64) as i32;
                self.rank(&moved).expect("inside the grid")
            })
        };
        Ok((step(-(by as i64)), step(by as i64)))
    }

    /// The kept dimensions, the color of `rank`'s sub-grid and its rank there
    /// (`MPI_Cart_sub` as a split).
    pub fn sub(&self, rank: u32, remain: &[bool]) -> Result<(Cartesian, i32, i32)> {
        let coordinates = self.coordinates(rank)?;
        let (mut color, mut key) = (0, 0);
        let (mut dims, mut periods) = (Vec::new(), Vec::new());
        for dim in 0..self.dims.len() {
            if remain[dim] {
                dims.push(self.dims[dim]);
                periods.push(self.periods[dim]);
                key = key * self.dims[dim] + coordinates[dim];
            } else {
                color = color * self.dims[dim] + coordinates[dim];
            }
        }
        Ok((Cartesian { dims, periods }, color, key))
    }
}

impl Graph {
    pub fn new(index: &[i32], edges: &[i32]) -> Result<Graph> {
        let nodes = index.len() as i32;
        let mut before = 0;
        for &end in index {
            if end < before || end as usize > edges.len() {
                return Err(Error::new(
                    Class::Arg,
                    format!("index {end} is not between {before} and {}", edges.len()),
                ));
            }
            before = end;
        }
        if let Some(bad) = edges.iter().take(before as usize).find(|to| !(0..nodes).contains(*to)) {
            return Err(Error::new(
                Class::Arg,
                format!("edge to node {bad}, which is outside 0..{nodes}"),
            ));
        }
        Ok(Graph { index: index.to_vec(), edges: edges[..before as usize].to_vec() })
    }

    pub fn neighbors(&self, rank: i32) -> Result<&[i32]> {
        let Some(&end) = usize::try_from(rank).ok().and_then(|rank| self.index.get(rank)) else {
            return Err(Error::new(
                Class::Rank,
                format!("rank {rank} is not in a graph of {} nodes", self.index.len()),
            ));
        };
        let begin = if rank == 0 { 0 } else { self.index[rank as usize - 1] };
        Ok(&self.edges[begin as usize..end as usize])
    }
}

/// Fills the zeros of `dims` so that the product is `nodes`, as evenly as
/// possible and in descending order (`MPI_Dims_create`).
pub fn balance(nodes: i32, dims: &mut [i32]) -> Result<()> {
    if nodes < 1 {
        return Err(Error::new(Class::Arg, format!("{nodes} nodes cannot form a grid")));
    }
    let mut fixed: i64 = 1;
    for &dim in dims.iter() {
        if dim < 0 {
            return Err(Error::new(Class::Dims, format!("dimension {dim} is negative")));
        }
        fixed = fixed.saturating_mul(dim.max(1) as i64);
    }
    let free = dims.iter().filter(|dim| **dim == 0).count();
    if nodes as i64 % fixed != 0 || (free == 0 && fixed != nodes as i64) {
        return Err(Error::new(
            Class::Dims,
            format!("{nodes} nodes cannot be divided by the {fixed} of the given dimensions"),
        ));
    }
    if free > 0 {
        let mut chosen = Spread::of((nodes as i64 / fixed) as i32, free).into_iter();
        for dim in dims.iter_mut().filter(|dim| **dim == 0) {
            *dim = chosen.next().expect("one size for each free dimension");
        }
    }
    Ok(())
}

/// Looks for the most even way to write a number as a product: least distance
/// between the largest and the smallest factor, then the largest smallest one,
/// then the largest next to that, and so on. The standard says only "as close
/// to each other as possible"; this is what MPICH takes it to mean.
struct Spread {
    divisors: Vec<i32>,
    chosen: Vec<i32>,
    best: Vec<i32>,
}

impl Spread {
    fn of(product: i32, count: usize) -> Vec<i32> {
        let divisors = divisors(product);
        let mut spread = Spread { divisors, chosen: Vec::new(), best: Vec::new() };
        spread.search(product, count);
        spread.best
    }

    /// Tries all descending ways to go on from `chosen` with `count` factors
    /// of `product` that can still be as good as the best.
    fn search(&mut self, product: i32, count: usize) {
        let most = self.chosen.last().copied().unwrap_or(i32::MAX);
        if count == 1 {
            if product <= most && product >= self.least() {
                self.chosen.push(product);
                if self.best.is_empty() || self.is_better() {
                    self.best.clone_from(&self.chosen);
                }
                self.chosen.pop();
            }
            return;
        }
        for index in 0..self.divisors.len() {
            let first = self.divisors[index];
            if first > most {
                break;
            }
            let reach = (first as i64).checked_pow(count as u32).unwrap_or(i64::MAX);
            let floor = i64::from(self.least().max(1)).checked_pow(count as u32 - 1);
            let fits = floor.is_some_and(|floor| floor <= (product / first) as i64);
            if reach < product as i64 || first < self.least() || product % first != 0 || !fits {
                continue;
            }
            self.chosen.push(first);
            self.search(product / first, count - 1);
            self.chosen.pop();
        }
    }

    /// The smallest factor that is not too far from the first.
    fn least(&self) -> i32 {
        match (self.chosen.first(), self.best.first(), self.best.last()) {
            (Some(first), Some(most), Some(least)) => first - (most - least),
            _ => 1,
        }
    }

    /// The choice against the best so far.
    fn is_better(&self) -> bool {
        let distance = |factors: &[i32]| factors[0] - factors[factors.len() - 1];
        match distance(&self.chosen).cmp(&distance(&self.best)) {
            Ordering::Equal => self.chosen.iter().rev().gt(self.best.iter().rev()),
            order => order == Ordering::Less,
        }
    }
}

/// All divisors, ascending; in the square root of the time it takes to count
/// that far.
fn divisors(number: i32) -> Vec<i32> {
    let small = (1..=number.isqrt()).filter(|divisor| number % divisor == 0);
    let small: Vec<i32> = small.collect();
    let large = small.iter().rev().map(|divisor| number / divisor);
    let mut all: Vec<i32> = small.iter().copied().chain(large).collect();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_and_ranks_are_inverse() {
        let grid = Cartesian::new(&[2, 3, 4], &[false, true, false]).unwrap();
        for rank in 0..24 {
            assert_eq!(grid.rank(&grid.coordinates(rank).unwrap()).unwrap(), rank);
        }
        assert_eq!(grid.coordinates(23).unwrap(), [1, 2, 3]);
        assert_eq!(grid.rank(&[0, -1, 0]).unwrap(), 8);
        assert_eq!(grid.rank(&[2, 0, 0]).unwrap_err().class(), Class::Arg);
        assert!(grid.coordinates(24).is_err());
    }

    #[test]
    fn shifts_wrap_or_fall_off_the_edge() {
        let grid = Cartesian::new(&[2, 3], &[false, true]).unwrap();
        assert_eq!(grid.shift(0, 0, 1).unwrap(), (None, Some(3)));
        assert_eq!(grid.shift(0, 1, 1).unwrap(), (Some(2), Some(1)));
        assert_eq!(grid.shift(0, 1, -4).unwrap(), (Some(1), Some(2)));
        assert_eq!(grid.shift(0, 2, 1).unwrap_err().class(), Class::Dims);
    }

    #[test]
    fn sub_grids_split_by_the_dropped_dimensions() {
        let grid = Cartesian::new(&[2, 3, 4], &[true, false, true]).unwrap();
        let (sub, color, key) = grid.sub(17, &[false, true, true]).unwrap();
        assert_eq!((sub.dims, color, key), (vec![3, 4], 1, 5));
    }

    #[test]
    fn balanced_grids_are_as_square_as_they_can_be() {
        for (nodes, given, expected) in [
            (6, vec![0, 0], vec![3, 2]),
            (7, vec![0, 0], vec![7, 1]),
            (6, vec![0, 3, 0], vec![2, 3, 1]),
            (36, vec![0, 0], vec![6, 6]),
            (64, vec![0, 0, 0], vec![4, 4, 4]),
            (12, vec![0, 0], vec![4, 3]),
            (1, vec![0, 0, 0], vec![1, 1, 1]),
            (i32::MAX, vec![0, 0, 0], vec![i32::MAX, 1, 1]),
            (1 << 30, vec![0, 0, 0], vec![1024, 1024, 1024]),
            // Equal distances: the smaller factors decide.
            (712_656, vec![0; 5], vec![101, 14, 9, 8, 7]),
            (228_072, vec![0; 3], vec![86, 52, 51]),
            (590_520, vec![0; 4], vec![38, 37, 21, 20]),
            (735_134_400, vec![0; 4], vec![170, 168, 165, 156]),
        ] {
            let mut dims = given;
            balance(nodes, &mut dims).unwrap();
            assert_eq!(dims, expected);
        }
        assert_eq!(balance(7, &mut [0, 3, 0]).unwrap_err().class(), Class::Dims);
        assert_eq!(balance(6, &mut [2, 2]).unwrap_err().class(), Class::Dims);
    }

    #[test]
    fn graphs_are_checked_and_list_neighbors() {
        let graph = Graph::new(&[2, 3, 4, 6], &[1, 3, 0, 3, 0, 2]).unwrap();
        assert_eq!(graph.neighbors(3).unwrap(), [0, 2]);
        assert_eq!(graph.neighbors(0).unwrap(), [1, 3]);
        assert!(graph.neighbors(4).is_err());
        assert!(Graph::new(&[2, 1], &[0, 1]).is_err());
        assert!(Graph::new(&[1], &[5]).is_err());
    }
}
