//! Datatypes for parts of multidimensional arrays: subarray and darray
//! (MPI-4.1, sections 5.1.3 and 5.1.4).

use std::sync::Arc;

use super::contents::{Combiner, Contents, Form};
use super::datatype::{Bounds, Datatype, Parts};
use super::error::{Class, Error, Result};
use super::layout::{Layout, fit_offset};

/// Storage order; the numbers are MPICH's constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Order {
    C = 56,
    Fortran = 57,
}

/// How an array dimension is dealt out to processes; the numbers are MPICH's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Distribution {
    Block = 121,
    Cyclic = 122,
    None = 123,
}

/// `MPI_DISTRIBUTE_DFLT_DARG`, MPICH's number.
pub const DEFAULT_DARG: i64 = -49767;

/// One dimension of a distributed array.
#[derive(Clone, Copy, Debug)]
pub struct Dimension {
    pub global: i64,
    pub distribution: Distribution,
    /// Block size, or none for `MPI_DISTRIBUTE_DFLT_DARG`.
    pub darg: Option<i64>,
    pub processes: i64,
}

impl Datatype {
    pub fn subarray(
        form: Form,
        sizes: &[i64],
        subsizes: &[i64],
        starts: &[i64],
        order: Order,
        old: &Arc<Datatype>,
    ) -> Result<Arc<Datatype>> {
        let ndims = sizes.len() as i64;
        let contents = Contents::new(Combiner::Subarray, form)
            .integers(&[ndims])
            .counts(sizes)
            .counts(subsizes)
            .counts(starts)
            .integers(&[order as i64])
            .types([old]);
        let mut grid = Grid::new(old);
        for dim in fastest_first(order, sizes.len()) {
            let (size, subsize, start) = (sizes[dim], subsizes[dim], starts[dim]);
            if size < 1 || !(1..=size).contains(&subsize) {
                return Err(invalid(format!(
                    "subsize {subsize} of dimension {dim} is outside 1..={size}"
                )));
            }
            if !(0..=size - subsize).contains(&start) {
                return Err(invalid(format!(
                    "start {start} of dimension {dim} is outside 0..={}",
                    size - subsize
                )));
            }
            grid.cut(size, &[(start, subsize)])?;
        }
        grid.finish(contents, old)
    }

    /// The part of a distributed array that process `rank` of `size` holds.
    pub fn darray(
        form: Form,
        size: i64,
        rank: i64,
        dimensions: &[Dimension],
        order: Order,
        old: &Arc<Datatype>,
    ) -> Result<Arc<Datatype>> {
        if !(0..size).contains(&rank) {
            return Err(invalid(format!("rank {rank} is outside 0..{size}")));
        }
        let processes = dimensions.iter().try_fold(1i64, |all, dim| all.checked_mul(dim.processes));
        if processes != Some(size) {
            return Err(invalid(format!("the process grid does not have {size} processes in all")));
        }
        let list = |field: fn(&Dimension) -> i64| dimensions.iter().map(field).collect::<Vec<_>>();
        let contents = Contents::new(Combiner::Darray, form)
            .integers(&[size, rank, dimensions.len() as i64])
            .counts(&list(|dim| dim.global))
            .integers(&list(|dim| dim.distribution as i64))
            .integers(&list(|dim| dim.darg.unwrap_or(DEFAULT_DARG)))
            .integers(&list(|dim| dim.processes))
            .integers(&[order as i64])
            .types([old]);
        // The process grid is row-major whatever the order of the array.
        let mut coordinates = vec![0; dimensions.len()];
        let mut rest = rank;
        for (coordinate, dim) in coordinates.iter_mut().zip(dimensions).rev() {
            *coordinate = rest % dim.processes;
            rest /= dim.processes;
        }
        let mut grid = Grid::new(old);
        for dim in fastest_first(order, dimensions.len()) {
            let blocks = dimensions[dim].blocks(coordinates[dim])?;
            grid.cut(dimensions[dim].global, &blocks)?;
        }
        grid.finish(contents, old)
    }
}

impl Dimension {
    /// The (start, length) blocks of this dimension that belong to the process
    /// at `coordinate`.
    fn blocks(&self, coordinate: i64) -> Result<Vec<(i64, i64)>> {
        let Dimension { global, processes, .. } = *self;
        if global < 1 || processes < 1 {
            return Err(invalid(format!(
                "array size {global} over {processes} processes: both must be at least 1"
            )));
        }
        if let Some(darg) = self.darg.filter(|darg| *darg < 1) {
            return Err(invalid(format!("distribution argument {darg} is not positive")));
        }
        match self.distribution {
            Distribution::None if processes != 1 => Err(invalid(format!(
                "a dimension that is not distributed has {processes} processes instead of 1"
            ))),
            Distribution::None => Ok(vec![(0, global)]),
            Distribution::Block => {
                let block = self.darg.unwrap_or((global - 1) / processes + 1);
                if (block as i128 * processes as i128) < global as i128 {
                    return Err(invalid(format!(
                        "{processes} blocks of {block} do not cover an array of {global}"
                    )));
                }
                let start = block.saturating_mul(coordinate).min(global);
                Ok(vec![(start, block.min(global - start))])
            }
            Distribution::Cyclic => {
                let block = self.darg.unwrap_or(1);
                let first = block.saturating_mul(coordinate);
                let step = block.saturating_mul(processes);
                let starts = std::iter::successors(Some(first), |at| at.checked_add(step));
                Ok(starts
                    .take_while(|start| *start < global)
                    .map(|start| (start, block.min(global - start)))
                    .collect())
            }
        }
    }
}

/// An array type under construction, from the fastest dimension to the slowest.
struct Grid {
    layout: Layout,
    items: u64,
    /// Bytes from one index of the next dimension to the following one.
    stride: i64,
}

impl Grid {
    fn new(old: &Datatype) -> Grid {
        Grid { layout: old.layout().clone(), items: 1, stride: old.extent() }
    }

    /// Adds a dimension of `size`, of which only `blocks` belong to the type.
    fn cut(&mut self, size: i64, blocks: &[(i64, i64)]) -> Result<()> {
        let mut parts = Vec::with_capacity(blocks.len());
        for (start, len) in blocks.iter().filter(|(_, len)| *len > 0) {
            let at = fit_offset(*start as i128 * self.stride as i128)?;
            parts.push((at, Layout::repeat(*len as u64, self.stride, &self.layout)?));
        }
        let indices: i64 = blocks.iter().map(|(_, len)| *len).sum();
        self.items = self.items.saturating_mul(indices as u64);
        self.layout = Layout::sequence(parts)?;
        self.stride = fit_offset(self.stride as i128 * size as i128)?;
        Ok(())
    }

    fn finish(self, contents: Contents, old: &Datatype) -> Result<Arc<Datatype>> {
        let upper = self.stride;
        Ok(Datatype::derived(Parts {
            layout: self.layout,
            bounds: Bounds { lower: 0, upper, sticky_lower: true, sticky_upper: true },
            alignment: old.alignment(),
            signature: old.signature().repeat(self.items),
            contents,
        }))
    }
}

fn fastest_first(order: Order, ndims: usize) -> Box<dyn Iterator<Item = usize>> {
    match order {
        Order::Fortran => Box::new(0..ndims),
        Order::C => Box::new((0..ndims).rev()),
    }
}

#[cold]
fn invalid(message: String) -> Error {
    Error::new(Class::Arg, message)
}
