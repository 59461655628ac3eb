//! Sections 5.1: derived datatypes.

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::Ref;
use crate::mpi_functions;
use crate::object::contents::Form;
use crate::object::{Datatype, Result};

mpi_functions! {
    fn MPI_Get_address(location: ConstBuf, address: OutCountA) = missing, anytime;
    fn MPI_Get_elements(status: InStatus, datatype: InDatatype, count: OutCount) = missing;
    fn MPI_Get_elements_c(status: InStatus, datatype: InDatatype, count: OutCountC) = missing;
    fn MPI_Get_elements_x(status: InStatus, datatype: InDatatype, count: OutCountC) = missing;
    fn MPI_Type_commit(datatype: InOutDatatype) = missing;
    fn MPI_Type_contiguous(count: Count, oldtype: InDatatype, newtype: OutDatatype) = contiguous;
    fn MPI_Type_contiguous_c(count: CountC, oldtype: InDatatype, newtype: OutDatatype) = contiguous;
    fn MPI_Type_create_darray(
        size: Int, rank: InRank, ndims: Count, array_of_gsizes: Counts,
        array_of_distribs: Distribs, array_of_dargs: Ints, array_of_psizes: Ints, order: InOrder,
        oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_darray_c(
        size: Int, rank: InRank, ndims: Count, array_of_gsizes: CountsC,
        array_of_distribs: Distribs, array_of_dargs: Ints, array_of_psizes: Ints, order: InOrder,
        oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_f90_complex(p: Int, r: Int, newtype: OutDatatype) = missing;
    fn MPI_Type_create_f90_integer(r: Int, newtype: OutDatatype) = missing;
    fn MPI_Type_create_f90_real(p: Int, r: Int, newtype: OutDatatype) = missing;
    fn MPI_Type_create_hindexed(
        count: Count, array_of_blocklengths: Counts, array_of_displacements: DisplsA,
        oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_hindexed_block(
        count: Count, blocklength: Count, array_of_displacements: DisplsA, oldtype: InDatatype,
        newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_hindexed_block_c(
        count: CountC, blocklength: CountC, array_of_displacements: DisplsC, oldtype: InDatatype,
        newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_hindexed_c(
        count: CountC, array_of_blocklengths: CountsC, array_of_displacements: DisplsC,
        oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_hvector(
        count: Count, blocklength: Count, stride: Disp, oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_hvector_c(
        count: CountC, blocklength: CountC, stride: DispC, oldtype: InDatatype,
        newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_indexed_block(
        count: Count, blocklength: Count, array_of_displacements: Displs, oldtype: InDatatype,
        newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_indexed_block_c(
        count: CountC, blocklength: CountC, array_of_displacements: DisplsC, oldtype: InDatatype,
        newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_resized(
        oldtype: InDatatype, lb: Disp, extent: Disp, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_resized_c(
        oldtype: InDatatype, lb: DispC, extent: DispC, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_struct(
        count: Count, array_of_blocklengths: Counts, array_of_displacements: DisplsA,
        array_of_types: Datatypes, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_struct_c(
        count: CountC, array_of_blocklengths: CountsC, array_of_displacements: DisplsC,
        array_of_types: Datatypes, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_subarray(
        ndims: Count, array_of_sizes: Counts, array_of_subsizes: Counts, array_of_starts: Counts,
        order: InOrder, oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_create_subarray_c(
        ndims: Count, array_of_sizes: CountsC, array_of_subsizes: CountsC,
        array_of_starts: CountsC, order: InOrder, oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_dup(oldtype: InDatatype, newtype: OutDatatype) = missing;
    fn MPI_Type_free(datatype: InOutDatatype) = missing;
    fn MPI_Type_get_contents(
        datatype: InDatatype, max_integers: Count, max_addresses: Count, max_datatypes: Count,
        array_of_integers: OutInts, array_of_addresses: OutDispls,
        array_of_datatypes: MutDatatypes
    ) = missing;
    fn MPI_Type_get_contents_c(
        datatype: InDatatype, max_integers: CountC, max_addresses: CountC,
        max_large_counts: CountC, max_datatypes: CountC, array_of_integers: OutInts,
        array_of_addresses: OutDispls, array_of_large_counts: OutCounts,
        array_of_datatypes: MutDatatypes
    ) = missing;
    fn MPI_Type_get_envelope(
        datatype: InDatatype, num_integers: OutCount, num_addresses: OutCount,
        num_datatypes: OutCount, combiner: OutCombiner
    ) = missing;
    fn MPI_Type_get_envelope_c(
        datatype: InDatatype, num_integers: OutCountC, num_addresses: OutCountC,
        num_large_counts: OutCountC, num_datatypes: OutCountC, combiner: OutCombiner
    ) = missing;
    fn MPI_Type_get_extent(datatype: InDatatype, lb: OutCountA, extent: OutCountA) = missing;
    fn MPI_Type_get_extent_c(datatype: InDatatype, lb: OutCountC, extent: OutCountC) = missing;
    fn MPI_Type_get_extent_x(datatype: InDatatype, lb: OutCountC, extent: OutCountC) = missing;
    fn MPI_Type_get_name(datatype: InDatatype, type_name: OutString, resultlen: OutInt) = missing;
    fn MPI_Type_get_true_extent(
        datatype: InDatatype, true_lb: OutCountA, true_extent: OutCountA
    ) = missing;
    fn MPI_Type_get_true_extent_c(
        datatype: InDatatype, true_lb: OutCountC, true_extent: OutCountC
    ) = missing;
    fn MPI_Type_get_true_extent_x(
        datatype: InDatatype, true_lb: OutCountC, true_extent: OutCountC
    ) = missing;
    fn MPI_Type_get_value_index(
        value_type: InDatatype, index_type: InDatatype, pair_type: OutDatatype
    ) = missing;
    fn MPI_Type_indexed(
        count: Count, array_of_blocklengths: Counts, array_of_displacements: Displs,
        oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_indexed_c(
        count: CountC, array_of_blocklengths: CountsC, array_of_displacements: DisplsC,
        oldtype: InDatatype, newtype: OutDatatype
    ) = missing;
    fn MPI_Type_match_size(typeclass: InTypeClass, size: Int, datatype: OutDatatype) = missing;
    fn MPI_Type_set_name(datatype: InDatatype, type_name: InString) = missing;
    fn MPI_Type_size(datatype: InDatatype, size: OutCount) = missing;
    fn MPI_Type_size_c(datatype: InDatatype, size: OutCountC) = missing;
    fn MPI_Type_size_x(datatype: InDatatype, size: OutCountC) = missing;
    fn MPI_Type_vector(
        count: Count, blocklength: Count, stride: Stride, oldtype: InDatatype,
        newtype: OutDatatype
    ) = missing;
    fn MPI_Type_vector_c(
        count: CountC, blocklength: CountC, stride: Long, oldtype: InDatatype,
        newtype: OutDatatype
    ) = missing;
}

fn contiguous(
    cx: &Cx,
    count: usize,
    oldtype: Ref<Datatype>,
    newtype: HandlePlace<Datatype>,
) -> Result<()> {
    newtype.put(cx, Datatype::contiguous(form(cx), count as i64, &oldtype)?)?;
    Ok(())
}

/// Which signature the caller used, for `MPI_Type_get_envelope`.
fn form(cx: &Cx) -> Form {
    if cx.is_large() { Form::Large } else { Form::Small }
}
