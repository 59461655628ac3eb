//! Section 5.1: derived datatypes.
//!
//! A function and its `_c` twin share a body; [`form`] tells which one was
//! called, since the record of a type's making keeps the difference.

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Object, Ref};
use crate::mpi_functions;
use crate::object::array::{self, Dimension};
use crate::object::contents::Form;
use crate::object::{Class, Datatype, Error, Result};

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
    fn MPI_Type_get_extent(datatype: InDatatype, lb: OutCountA, extent: OutCountA) = get_extent;
    fn MPI_Type_get_extent_c(datatype: InDatatype, lb: OutCountC, extent: OutCountC) = get_extent;
    fn MPI_Type_get_extent_x(datatype: InDatatype, lb: OutCountC, extent: OutCountC) = get_extent;
    fn MPI_Type_get_name(datatype: OptDatatype, type_name: OutString, resultlen: OutInt) = get_name;
    fn MPI_Type_get_true_extent(
        datatype: InDatatype, true_lb: OutCountA, true_extent: OutCountA
    ) = get_true_extent;
    fn MPI_Type_get_true_extent_c(
        datatype: InDatatype, true_lb: OutCountC, true_extent: OutCountC
    ) = get_true_extent;
    fn MPI_Type_get_true_extent_x(
        datatype: InDatatype, true_lb: OutCountC, true_extent: OutCountC
    ) = get_true_extent;
    fn MPI_Type_indexed(
        count: Count, array_of_blocklengths: Counts, array_of_displacements: Displs,
        oldtype: InDatatype, newtype: OutDatatype
    ) = indexed;
    fn MPI_Type_indexed_c(
        count: CountC, array_of_blocklengths: CountsC, array_of_displacements: DisplsC,
        oldtype: InDatatype, newtype: OutDatatype
    ) = indexed;
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
    if !datatype.is_committed() {
        return Err(datatype.uncommitted());
    }
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

fn dup(cx: &Cx, old: Type, new: NewType) -> Result<()> {
    // Null when a copy callback refuses.
    new.set_null(cx);
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

/// The null handle has a name too (MPI-4.1, section 7.8).
fn get_name(cx: &Cx, datatype: Option<Type>, name: TextPlace, len: Place<i32>) -> Result<()> {
    let text = datatype.map_or(Datatype::NULL.to_string(), |datatype| datatype.name.read());
    len.set(name.set(&text, cx.abi.limits().object_name) as i32);
    Ok(())
}

fn set_name(cx: &Cx, datatype: Type, name: Text) -> Result<()> {
    datatype.name.write(name.at_most(cx.abi.limits().object_name - 1));
    Ok(())
}
