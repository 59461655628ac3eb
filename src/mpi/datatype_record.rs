//! Section 5.1.13: how a datatype was made, as its envelope and contents tell.
//!
//! The record keeps MPICH's numbers for order and distribution constants; they
//! leave in the caller's.

use crate::abi::kind::*;
use crate::abi::process::{Datatype, Object, Ref};
use crate::abi::{Abi, Cx};
use crate::mpi_functions;
use crate::object::array;
use crate::object::contents::{Combiner, Contents, Form};
use crate::object::{Class, Error, Result};

mpi_functions! {
    fn MPI_Type_get_contents(
        datatype: InDatatype, max_integers: Count, max_addresses: Count, max_datatypes: Count,
        array_of_integers: OutInts, array_of_addresses: OutDispls,
        array_of_datatypes: MutDatatypes
    ) = get_contents;
    fn MPI_Type_get_contents_c(
        datatype: InDatatype, max_integers: CountC, max_addresses: CountC,
        max_large_counts: CountC, max_datatypes: CountC, array_of_integers: OutInts,
        array_of_addresses: OutDispls, array_of_large_counts: OutCounts,
        array_of_datatypes: MutDatatypes
    ) = get_contents_c;
    fn MPI_Type_get_envelope(
        datatype: InDatatype, num_integers: OutCount, num_addresses: OutCount,
        num_datatypes: OutCount, combiner: OutCombiner
    ) = get_envelope;
    fn MPI_Type_get_envelope_c(
        datatype: InDatatype, num_integers: OutCountC, num_addresses: OutCountC,
        num_large_counts: OutCountC, num_datatypes: OutCountC, combiner: OutCombiner
    ) = get_envelope_c;
}

type Type = Ref<Datatype>;

fn get_envelope(
    cx: &Cx,
    datatype: Type,
    integers: NumberPlace,
    addresses: NumberPlace,
    types: NumberPlace,
    combiner: ChoicePlace,
) -> Result<()> {
    let contents = datatype.contents();
    small_only(contents)?;
    integers.set(contents.integers.len() as i64);
    addresses.set(contents.addresses.len() as i64);
    types.set(contents.types.len() as i64);
    combiner.set(cx, contents.combiner);
    Ok(())
}

fn get_envelope_c(
    cx: &Cx,
    datatype: Type,
    integers: NumberPlace,
    addresses: NumberPlace,
    counts: NumberPlace,
    types: NumberPlace,
    combiner: ChoicePlace,
) -> Result<()> {
    let contents = datatype.contents();
    integers.set(contents.integers.len() as i64);
    addresses.set(contents.addresses.len() as i64);
    counts.set(contents.counts.len() as i64);
    types.set(contents.types.len() as i64);
    combiner.set(cx, contents.combiner);
    Ok(())
}

fn get_contents(
    cx: &Cx,
    datatype: Type,
    max_integers: usize,
    max_addresses: usize,
    max_datatypes: usize,
    integers: NumbersOut,
    addresses: NumbersOut,
    datatypes: Handles<Datatype>,
) -> Result<()> {
    let contents = datatype.contents();
    small_only(contents)?;
    room("integers", contents.integers.len(), max_integers)?;
    room("addresses", contents.addresses.len(), max_addresses)?;
    integers.write(&translated(cx, contents))?;
    addresses.write(&contents.addresses)?;
    children(cx, contents, max_datatypes, datatypes)
}

fn get_contents_c(
    cx: &Cx,
    datatype: Type,
    max_integers: usize,
    max_addresses: usize,
    max_counts: usize,
    max_datatypes: usize,
    integers: NumbersOut,
    addresses: NumbersOut,
    counts: NumbersOut,
    datatypes: Handles<Datatype>,
) -> Result<()> {
    let contents = datatype.contents();
    room("integers", contents.integers.len(), max_integers)?;
    room("addresses", contents.addresses.len(), max_addresses)?;
    room("large counts", contents.counts.len(), max_counts)?;
    integers.write(&translated(cx, contents))?;
    addresses.write(&contents.addresses)?;
    counts.write(&contents.counts)?;
    children(cx, contents, max_datatypes, datatypes)
}

fn small_only(contents: &Contents) -> Result<()> {
    if contents.counts.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the {} datatype was made with large counts: ask with the _c function",
        contents.combiner.symbol()
    );
    Err(Error::new(Class::Type, message))
}

fn room(what: &str, have: usize, max: usize) -> Result<()> {
    if have <= max {
        return Ok(());
    }
    Err(Error::new(Class::Arg, format!("there are {have} {what}, but room for only {max}")))
}

/// The integers of the record with order and distribution constants in the
/// caller's numbers.
fn translated(cx: &Cx, contents: &Contents) -> Vec<i64> {
    let mut integers = contents.integers.clone();
    let mpich = Abi::Mpich;
    if let Combiner::Subarray | Combiner::Darray = contents.combiner
        && let Some(last) = integers.last_mut()
        && let Some(order) = Order::from_number(mpich, *last as i32)
    {
        *last = order.number(cx.abi) as i64;
    }
    if contents.combiner == Combiner::Darray {
        let ndims = integers[2] as usize;
        let first = 3 + if contents.form == Form::Small { ndims } else { 0 };
        for distribution in &mut integers[first..first + ndims] {
            if let Some(known) = Distribution::from_number(mpich, *distribution as i32) {
                *distribution = known.number(cx.abi) as i64;
            }
        }
        for darg in &mut integers[first + ndims..first + 2 * ndims] {
            if *darg == array::DEFAULT_DARG {
                *darg = DISTRIBUTE_DFLT_DARG[cx.abi.index()] as i64;
            }
        }
    }
    integers
}

/// Stores the types a type was made of: predefined ones as they are, derived
/// ones as new handles, which the caller frees.
fn children(cx: &Cx, contents: &Contents, max: usize, datatypes: Handles<Datatype>) -> Result<()> {
    if contents.combiner == Combiner::Named {
        return Err(Error::new(Class::Type, "a predefined datatype has no contents".to_string()));
    }
    room("datatypes", contents.types.len(), max)?;
    datatypes.present(contents.types.len())?;
    for (i, child) in contents.types.iter().enumerate() {
        let handle = match child.handle.get() {
            Some(handle) if child.is_predefined() => handle,
            _ => Datatype::insert(cx.process, Datatype::twin(child))?,
        };
        datatypes.set(cx, i, handle);
    }
    Ok(())
}
