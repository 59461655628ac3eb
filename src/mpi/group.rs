//! Section 7.3: groups.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Group_compare(group1: InGroup, group2: InGroup, result: OutComparison) = missing;
    fn MPI_Group_difference(group1: InGroup, group2: InGroup, newgroup: OutGroup) = missing;
    fn MPI_Group_excl(group: InGroup, n: Count, ranks: Ranks, newgroup: OutGroup) = missing;
    fn MPI_Group_free(group: InOutGroup) = missing;
    fn MPI_Group_incl(group: InGroup, n: Count, ranks: Ranks, newgroup: OutGroup) = missing;
    fn MPI_Group_intersection(group1: InGroup, group2: InGroup, newgroup: OutGroup) = missing;
    fn MPI_Group_range_excl(
        group: InGroup, n: Count, ranges: RankRanges, newgroup: OutGroup
    ) = missing;
    fn MPI_Group_range_incl(
        group: InGroup, n: Count, ranges: RankRanges, newgroup: OutGroup
    ) = missing;
    fn MPI_Group_rank(group: InGroup, rank: OutInt) = missing;
    fn MPI_Group_size(group: InGroup, size: OutInt) = missing;
    fn MPI_Group_translate_ranks(
        group1: InGroup, n: Count, ranks1: Ranks, group2: InGroup, ranks2: OutRanks
    ) = missing;
    fn MPI_Group_union(group1: InGroup, group2: InGroup, newgroup: OutGroup) = missing;
}
