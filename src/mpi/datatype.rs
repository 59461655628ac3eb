//! Section 5.1: derived datatypes.
//!
//! A function and its `_c` twin share a body; [`form`] tells which one was
//! called, since the record of a type's making keeps the difference.

use crate::abi::kind::*;
use crate::abi::process::{Object, Ref};
use crate::abi::{Abi, Cx};
use crate::mpi_functions;
use crate::object::array::{self, Dimension};
use crate::object::contents::{Combiner, Contents, Form};
use crate::object::{Basic, Class, Datatype, Error, Handle, Kind as ObjectKind, Result};

mpi_functions! {
    fn MPI_Get_address(location: ConstBuf, address: OutCountA) = get_address, anytime;
    fn MPI_Get_elements(status: InStatus, datatype: InDatatype, count: OutCount) = get_elements;
    fn MPI_Get_elements_c(status: InStatus, datatype: InDatatype, count: OutCountC) = get_elements;
    fn MPI_Get_elements_x(status: InStatus, datatype: InDatatype, count: OutCountC) = get_elements;
    fn MPI_Type_commit(datatype: InOutDatatype) = commit;
    fn MPI_Type_contiguous(count: Count, oldtype: InDatatype, newtype: OutDatatype) = contiguous;
    fn MPI_Type_contiguous_c(count: CountC, oldtype: InDatatype, newtype: OutDatatype) = contiguous;
    fn MPI_Type_create_darray(
        size: Int, rank: InRank, ndims: Count, array_of_gsizes: Counts,
        array_of_distribs: Distribs, array_of_dargs: Ints, array_of_psizes: Ints, order: InOrder,
        oldtype: InDatatype, newtype: OutDatatype
    ) = create_darray;
    fn MPI_Type_create_darray_c(
        size: Int, rank: InRank, ndims: Count, array_of_gsizes: CountsC,
        array_of_distribs: Distribs, array_of_dargs: Ints, array_of_psizes: Ints, order: InOrder,
        oldtype: InDatatype, newtype: OutDatatype
    ) = create_darray;
    fn MPI_Type_create_f90_complex(p: Int, r: Int, newtype: OutDatatype) = create_f90_complex;
    fn MPI_Type_create_f90_integer(r: Int, newtype: OutDatatype) = create_f90_integer;
    fn MPI_Type_create_f90_real(p: Int, r: Int, newtype: OutDatatype) = create_f90_real;
    fn MPI_Type_create_hindexed(
        count: Count, array_of_blocklengths: Counts, array_of_displacements: DisplsA,
        oldtype: InDatatype, newtype: OutDatatype
    ) = create_hindexed;
    fn MPI_Type_create_hindexed_block(
        count: Count, blocklength: Count, array_of_displacements: DisplsA, oldtype: InDatatype,
        newtype: OutDatatype
    ) = create_hindexed_block;
    fn MPI_Type_create_hindexed_block_c(
        count: CountC, blocklength: CountC, array_of_displacements: DisplsC, oldtype: InDatatype,
        newtype: OutDatatype
    ) = create_hindexed_block;
    fn MPI_Type_create_hindexed_c(
        count: CountC, array_of_blocklengths: CountsC, array_of_displacements: DisplsC,
        oldtype: InDatatype, newtype: OutDatatype
    ) = create_hindexed;
    fn MPI_Type_create_hvector(
        count: Count, blocklength: Count, stride: Disp, oldtype: InDatatype, newtype: OutDatatype
    ) = create_hvector;
    fn MPI_Type_create_hvector_c(
        count: CountC, blocklength: CountC, stride: DispC, oldtype: InDatatype,
        newtype: OutDatatype
    ) = create_hvector;
    fn MPI_Type_create_indexed_block(
        count: Count, blocklength: Count, array_of_displacements: Displs, oldtype: InDatatype,
        newtype: OutDatatype
    ) = create_indexed_block;
    fn MPI_Type_create_indexed_block_c(
        count: CountC, blocklength: CountC, array_of_displacements: DisplsC, oldtype: InDatatype,
        newtype: OutDatatype
    ) = create_indexed_block;
    fn MPI_Type_create_resized(
        oldtype: InDatatype, lb: Disp, extent: Disp, newtype: OutDatatype
    ) = create_resized;
    fn MPI_Type_create_resized_c(
        oldtype: InDatatype, lb: DispC, extent: DispC, newtype: OutDatatype
    ) = create_resized;
    fn MPI_Type_create_struct(
        count: Count, array_of_blocklengths: Counts, array_of_displacements: DisplsA,
        array_of_types: Datatypes, newtype: OutDatatype
    ) = create_struct;
    fn MPI_Type_create_struct_c(
        count: CountC, array_of_blocklengths: CountsC, array_of_displacements: DisplsC,
        array_of_types: Datatypes, newtype: OutDatatype
    ) = create_struct;
    fn MPI_Type_create_subarray(
        ndims: Count, array_of_sizes: Counts, array_of_subsizes: Counts, array_of_starts: Counts,
        order: InOrder, oldtype: InDatatype, newtype: OutDatatype
    ) = create_subarray;
    fn MPI_Type_create_subarray_c(
        ndims: Count, array_of_sizes: CountsC, array_of_subsizes: CountsC,
        array_of_starts: CountsC, order: InOrder, oldtype: InDatatype, newtype: OutDatatype
    ) = create_subarray;
    fn MPI_Type_dup(oldtype: InDatatype, newtype: OutDatatype) = dup;
    fn MPI_Type_free(datatype: InOutDatatype) = free;
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
    fn MPI_Type_get_extent(datatype: InDatatype, lb: OutCountA, extent: OutCountA) = get_extent;
    fn MPI_Type_get_extent_c(datatype: InDatatype, lb: OutCountC, extent: OutCountC) = get_extent;
    fn MPI_Type_get_extent_x(datatype: InDatatype, lb: OutCountC, extent: OutCountC) = get_extent;
    fn MPI_Type_get_name(datatype: InDatatype, type_name: OutString, resultlen: OutInt) = get_name;
    fn MPI_Type_get_true_extent(
        datatype: InDatatype, true_lb: OutCountA, true_extent: OutCountA
    ) = get_true_extent;
    fn MPI_Type_get_true_extent_c(
        datatype: InDatatype, true_lb: OutCountC, true_extent: OutCountC
    ) = get_true_extent;
    fn MPI_Type_get_true_extent_x(
        datatype: InDatatype, true_lb: OutCountC, true_extent: OutCountC
    ) = get_true_extent;
    fn MPI_Type_get_value_index(
        value_type: InDatatype, index_type: InDatatype, pair_type: OutDatatype
    ) = get_value_index;
    fn MPI_Type_indexed(
        count: Count, array_of_blocklengths: Counts, array_of_displacements: Displs,
        oldtype: InDatatype, newtype: OutDatatype
    ) = indexed;
    fn MPI_Type_indexed_c(
        count: CountC, array_of_blocklengths: CountsC, array_of_displacements: DisplsC,
        oldtype: InDatatype, newtype: OutDatatype
    ) = indexed;
    fn MPI_Type_match_size(typeclass: InTypeClass, size: Int, datatype: OutDatatype) = match_size;
    fn MPI_Type_set_name(datatype: InDatatype, type_name: InString) = set_name;
    fn MPI_Type_size(datatype: InDatatype, size: OutCount) = size;
    fn MPI_Type_size_c(datatype: InDatatype, size: OutCountC) = size;
    fn MPI_Type_size_x(datatype: InDatatype, size: OutCountC) = size;
    fn MPI_Type_vector(
        count: Count, blocklength: Count, stride: Stride, oldtype: InDatatype,
        newtype: OutDatatype
    ) = vector;
    fn MPI_Type_vector_c(
        count: CountC, blocklength: CountC, stride: Long, oldtype: InDatatype,
        newtype: OutDatatype
    ) = vector;
}

type Type = Ref<Datatype>;
type NewType = HandlePlace<Datatype>;

/// Which of the twins was called.
fn form(cx: &Cx) -> Form {
    match cx.is_large() {
        true => Form::Large,
        false => Form::Small,
    }
}

fn get_address(_: &Cx, location: Memory, address: NumberPlace) -> Result<()> {
    address.set(location.address() as i64);
    Ok(())
}

fn get_elements(_: &Cx, status: StatusPlace, datatype: Type, count: NumberPlace) -> Result<()> {
    let (elements, exact) = datatype.signature().elements_in(status.get().count);
    count.set(if exact { elements as i64 } else { UNDEFINED as i64 });
    Ok(())
}

fn commit(cx: &Cx, datatype: NewType) -> Result<()> {
    datatype.get(cx)?.commit();
    Ok(())
}

fn contiguous(cx: &Cx, count: usize, old: Type, new: NewType) -> Result<()> {
    new.put(cx, Datatype::contiguous(form(cx), count as i64, &old)?)?;
    Ok(())
}

fn vector(
    cx: &Cx,
    count: usize,
    blocklength: usize,
    stride: i64,
    old: Type,
    new: NewType,
) -> Result<()> {
    new.put(cx, Datatype::vector(form(cx), count as i64, blocklength as i64, stride, &old)?)?;
    Ok(())
}

pub(super) fn create_hvector(
    cx: &Cx,
    count: usize,
    blocklength: usize,
    stride: i64,
    old: Type,
    new: NewType,
) -> Result<()> {
    new.put(cx, Datatype::hvector(form(cx), count as i64, blocklength as i64, stride, &old)?)?;
    Ok(())
}

fn indexed(
    cx: &Cx,
    count: usize,
    blocklengths: Numbers,
    displacements: Numbers,
    old: Type,
    new: NewType,
) -> Result<()> {
    let (lens, at) = (blocklengths.read(count)?, displacements.read(count)?);
    new.put(cx, Datatype::indexed(form(cx), &lens, &at, &old)?)?;
    Ok(())
}

pub(super) fn create_hindexed(
    cx: &Cx,
    count: usize,
    blocklengths: Numbers,
    displacements: Numbers,
    old: Type,
    new: NewType,
) -> Result<()> {
    let (lens, at) = (blocklengths.read(count)?, displacements.read(count)?);
    new.put(cx, Datatype::hindexed(form(cx), &lens, &at, &old)?)?;
    Ok(())
}

fn create_indexed_block(
    cx: &Cx,
    count: usize,
    blocklength: usize,
    displacements: Numbers,
    old: Type,
    new: NewType,
) -> Result<()> {
    let at = displacements.read(count)?;
    new.put(cx, Datatype::indexed_block(form(cx), blocklength as i64, &at, &old)?)?;
    Ok(())
}

fn create_hindexed_block(
    cx: &Cx,
    count: usize,
    blocklength: usize,
    displacements: Numbers,
    old: Type,
    new: NewType,
) -> Result<()> {
    let at = displacements.read(count)?;
    new.put(cx, Datatype::hindexed_block(form(cx), blocklength as i64, &at, &old)?)?;
    Ok(())
}

pub(super) fn create_struct(
    cx: &Cx,
    count: usize,
    blocklengths: Numbers,
    displacements: Numbers,
    types: Handles<Datatype>,
    new: NewType,
) -> Result<()> {
    let (lens, at) = (blocklengths.read(count)?, displacements.read(count)?);
    let types = types.read(cx, count)?;
    new.put(cx, Datatype::structure(form(cx), &lens, &at, &types)?)?;
    Ok(())
}

fn create_resized(cx: &Cx, old: Type, lb: i64, extent: i64, new: NewType) -> Result<()> {
    new.put(cx, Datatype::resized(form(cx), lb, extent, &old)?)?;
    Ok(())
}

#[allow(clippy::too_many_arguments)] // the standard's
fn create_subarray(
    cx: &Cx,
    ndims: usize,
    sizes: Numbers,
    subsizes: Numbers,
    starts: Numbers,
    order: Order,
    old: Type,
    new: NewType,
) -> Result<()> {
    let (sizes, subsizes, starts) =
        (sizes.read(ndims)?, subsizes.read(ndims)?, starts.read(ndims)?);
    let order = storage(order);
    new.put(cx, Datatype::subarray(form(cx), &sizes, &subsizes, &starts, order, &old)?)?;
    Ok(())
}

#[allow(clippy::too_many_arguments)] // the standard's
fn create_darray(
    cx: &Cx,
    size: i32,
    rank: Rank,
    ndims: usize,
    gsizes: Numbers,
    distribs: DistributionArray,
    dargs: Numbers,
    psizes: Numbers,
    order: Order,
    old: Type,
    new: NewType,
) -> Result<()> {
    let rank = rank.member(size.max(0) as usize)?;
    let (gsizes, dargs, psizes) = (gsizes.read(ndims)?, dargs.read(ndims)?, psizes.read(ndims)?);
    let default = DISTRIBUTE_DFLT_DARG[cx.abi.index()] as i64;
    let dimensions: Vec<Dimension> = distribs
        .read(cx, ndims)?
        .into_iter()
        .enumerate()
        .map(|(dim, distribution)| Dimension {
            global: gsizes[dim],
            distribution: match distribution {
                Distribution::Block => array::Distribution::Block,
                Distribution::Cyclic => array::Distribution::Cyclic,
                Distribution::None => array::Distribution::None,
            },
            darg: (dargs[dim] != default).then_some(dargs[dim]),
            processes: psizes[dim],
        })
        .collect();
    let order = storage(order);
    let (size, rank) = (size as i64, rank as i64);
    new.put(cx, Datatype::darray(form(cx), size, rank, &dimensions, order, &old)?)?;
    Ok(())
}

fn storage(order: Order) -> array::Order {
    match order {
        Order::C => array::Order::C,
        Order::Fortran => array::Order::Fortran,
    }
}

fn create_f90_real(cx: &Cx, p: i32, r: i32, new: NewType) -> Result<()> {
    let basic = float_for(p, r, [Basic::Real, Basic::DoublePrecision, Basic::Real16])?;
    unnamed(cx, Combiner::F90Real, basic, &[p as i64, r as i64], new)
}

fn create_f90_complex(cx: &Cx, p: i32, r: i32, new: NewType) -> Result<()> {
    let basic = float_for(p, r, [Basic::Complex, Basic::DoubleComplex, Basic::Complex32])?;
    unnamed(cx, Combiner::F90Complex, basic, &[p as i64, r as i64], new)
}

fn create_f90_integer(cx: &Cx, r: i32, new: NewType) -> Result<()> {
    // Decimal digits that integers of 1, 2, 4, 8 and 16 bytes hold.
    let basic = match r {
        ..=2 => Basic::Integer1,
        3..=4 => Basic::Integer2,
        5..=9 => Basic::Integer,
        10..=18 => Basic::Integer8,
        19..=38 => Basic::Integer16,
        _ => {
            let message = format!("no Fortran integer has a decimal range of {r}");
            return Err(Error::new(Class::Arg, message));
        }
    };
    unnamed(cx, Combiner::F90Integer, basic, &[r as i64], new)
}

/// The smallest of three kinds with `p` digits and decimal range `r`, either
/// of which may be `MPI_UNDEFINED`.
fn float_for(p: i32, r: i32, kinds: [Basic; 3]) -> Result<Basic> {
    const LIMITS: [(i32, i32); 3] = [(6, 37), (15, 307), (33, 4931)];
    if p == UNDEFINED && r == UNDEFINED {
        let message = "precision and range are both MPI_UNDEFINED".to_string();
        return Err(Error::new(Class::Arg, message));
    }
    let fits = |asked: i32, limit: i32| asked == UNDEFINED || asked <= limit;
    let found = LIMITS.iter().position(|limits| fits(p, limits.0) && fits(r, limits.1));
    found.map(|at| kinds[at]).ok_or_else(|| {
        let message = format!("no Fortran real has {p} digits and a decimal range of {r}");
        Error::new(Class::Arg, message)
    })
}

/// Stores the one type there is for these arguments (section 19.1.5: calls
/// with the same arguments return the same handle, which is never freed).
fn unnamed(
    cx: &Cx,
    combiner: Combiner,
    basic: Basic,
    arguments: &[i64],
    new: NewType,
) -> Result<()> {
    let table = &cx.process.objects.datatypes;
    let known = table.handles().into_iter().find(|handle| {
        table.get(*handle).is_some_and(|datatype| {
            let contents = datatype.contents();
            contents.combiner == combiner && contents.integers == arguments
        })
    });
    match known {
        Some(handle) => new.set(cx, handle),
        None => {
            new.put(cx, Datatype::f90(combiner, basic, arguments))?;
        }
    }
    Ok(())
}

fn dup(cx: &Cx, old: Type, new: NewType) -> Result<()> {
    let copy = Datatype::dup(&old);
    copy.attributes.copy_from(&old, &old.attributes)?;
    new.put(cx, copy)?;
    Ok(())
}

fn free(cx: &Cx, place: NewType) -> Result<()> {
    let datatype = place.get(cx)?.share();
    if datatype.is_predefined() {
        let message = format!("{} is predefined and cannot be freed", datatype.describe());
        return Err(Error::new(Class::Type, message));
    }
    datatype.attributes.delete_all(&datatype)?;
    Datatype::remove(cx.process, place.handle(cx)?);
    place.set_null(cx);
    Ok(())
}

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

#[allow(clippy::too_many_arguments)] // the standard's
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

#[allow(clippy::too_many_arguments)] // the standard's
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

fn get_extent(_: &Cx, datatype: Type, lb: NumberPlace, extent: NumberPlace) -> Result<()> {
    lb.set(datatype.lower());
    extent.set(datatype.extent());
    Ok(())
}

fn get_true_extent(_: &Cx, datatype: Type, lb: NumberPlace, extent: NumberPlace) -> Result<()> {
    lb.set(datatype.true_lower());
    extent.set(datatype.true_extent());
    Ok(())
}

fn size(_: &Cx, datatype: Type, size: NumberPlace) -> Result<()> {
    size.set(datatype.size() as i64);
    Ok(())
}

fn get_name(cx: &Cx, datatype: Type, name: TextPlace, len: Place<i32>) -> Result<()> {
    len.set(name.set(&datatype.name.read(), cx.abi.limits().object_name) as i32);
    Ok(())
}

fn set_name(_: &Cx, datatype: Type, name: Text) -> Result<()> {
    datatype.name.write(name.read());
    Ok(())
}

fn get_value_index(cx: &Cx, value: Type, index: Type, pair: NewType) -> Result<()> {
    let wanted = (value.basic(), index.basic());
    let found = Basic::ALL.iter().find(|basic| {
        basic.halves().is_some_and(|(first, second, _)| (Some(first), Some(second)) == wanted)
    });
    pair.set(cx, found.map_or(Handle::null(ObjectKind::Datatype), |basic| basic.handle()));
    Ok(())
}

fn match_size(cx: &Cx, class: TypeClass, size: i32, datatype: NewType) -> Result<()> {
    let basic = match (class, size) {
        (TypeClass::Real, 4) => Basic::Real,
        (TypeClass::Real, 8) => Basic::DoublePrecision,
        (TypeClass::Real, 16) => Basic::Real16,
        (TypeClass::Integer, 1) => Basic::Integer1,
        (TypeClass::Integer, 2) => Basic::Integer2,
        (TypeClass::Integer, 4) => Basic::Integer,
        (TypeClass::Integer, 8) => Basic::Integer8,
        (TypeClass::Integer, 16) => Basic::Integer16,
        (TypeClass::Complex, 8) => Basic::Complex,
        (TypeClass::Complex, 16) => Basic::DoubleComplex,
        (TypeClass::Complex, 32) => Basic::Complex32,
        _ => {
            let message = format!("no datatype of {} has {size} bytes", class.symbol());
            return Err(Error::new(Class::Arg, message));
        }
    };
    datatype.set(cx, basic.handle());
    Ok(())
}
