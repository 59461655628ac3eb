//! Section 7.3: groups.

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{GROUP_EMPTY, Object, Ref};
use crate::mpi_functions;
use crate::object::group::Range;
use crate::object::{Class, Error, Group, Handle, Kind as ObjectKind, Result};

mpi_functions! {
    fn MPI_Group_compare(group1: InGroup, group2: InGroup, result: OutComparison) = compare;
    fn MPI_Group_difference(group1: InGroup, group2: InGroup, newgroup: OutGroup) = difference;
    fn MPI_Group_excl(group: InGroup, n: Count, ranks: Ranks, newgroup: OutGroup) = exclude;
    fn MPI_Group_free(group: InOutGroup) = free;
    fn MPI_Group_incl(group: InGroup, n: Count, ranks: Ranks, newgroup: OutGroup) = include;
    fn MPI_Group_intersection(group1: InGroup, group2: InGroup, newgroup: OutGroup) = intersection;
    fn MPI_Group_range_excl(
        group: InGroup, n: Count, ranges: RankRanges, newgroup: OutGroup
    ) = range_excl;
    fn MPI_Group_range_incl(
        group: InGroup, n: Count, ranges: RankRanges, newgroup: OutGroup
    ) = range_incl;
    fn MPI_Group_rank(group: InGroup, rank: OutInt) = rank;
    fn MPI_Group_size(group: InGroup, size: OutInt) = size;
    fn MPI_Group_translate_ranks(
        group1: InGroup, n: Count, ranks1: Ranks, group2: InGroup, ranks2: OutRanks
    ) = translate_ranks;
    fn MPI_Group_union(group1: InGroup, group2: InGroup, newgroup: OutGroup) = union_of;
}

type NewGroup = HandlePlace<Group>;

/// Stores a new group, or `MPI_GROUP_EMPTY` when nobody is in it.
pub(super) fn put(cx: &Cx, group: Group, place: &NewGroup) -> Result<()> {
    if group.size() == 0 {
        place.set(cx, GROUP_EMPTY);
        return Ok(());
    }
    place.put(cx, std::sync::Arc::new(group))?;
    Ok(())
}

fn compare(cx: &Cx, a: Ref<Group>, b: Ref<Group>, result: ChoicePlace) -> Result<()> {
    result.set(cx, a.compare(&b));
    Ok(())
}

fn union_of(cx: &Cx, a: Ref<Group>, b: Ref<Group>, new: NewGroup) -> Result<()> {
    put(cx, a.union(&b), &new)
}

fn intersection(cx: &Cx, a: Ref<Group>, b: Ref<Group>, new: NewGroup) -> Result<()> {
    put(cx, a.intersection(&b), &new)
}

fn difference(cx: &Cx, a: Ref<Group>, b: Ref<Group>, new: NewGroup) -> Result<()> {
    put(cx, a.difference(&b), &new)
}

fn include(cx: &Cx, group: Ref<Group>, n: usize, ranks: RankArray, new: NewGroup) -> Result<()> {
    put(cx, group.include(&members(cx, &group, ranks, n)?)?, &new)
}

fn exclude(cx: &Cx, group: Ref<Group>, n: usize, ranks: RankArray, new: NewGroup) -> Result<()> {
    put(cx, group.exclude(&members(cx, &group, ranks, n)?)?, &new)
}

fn range_incl(
    cx: &Cx,
    group: Ref<Group>,
    n: usize,
    ranges: RankRangeArray,
    new: NewGroup,
) -> Result<()> {
    put(cx, group.include_ranges(&triples(ranges, n)?)?, &new)
}

fn range_excl(
    cx: &Cx,
    group: Ref<Group>,
    n: usize,
    ranges: RankRangeArray,
    new: NewGroup,
) -> Result<()> {
    put(cx, group.exclude_ranges(&triples(ranges, n)?)?, &new)
}

fn members(cx: &Cx, group: &Group, ranks: RankArray, n: usize) -> Result<Vec<i32>> {
    let size = group.size() as usize;
    ranks.read(cx, n)?.iter().map(|rank| rank.member(size).map(|rank| rank as i32)).collect()
}

fn triples(ranges: RankRangeArray, n: usize) -> Result<Vec<Range>> {
    Ok(ranges.read(n)?.into_iter().map(|[first, last, stride]| (first, last, stride)).collect())
}

fn rank(cx: &Cx, group: Ref<Group>, place: Place<i32>) -> Result<()> {
    let rank = group.rank_of(cx.process.engine().me());
    place.set(rank.map_or(UNDEFINED, |rank| rank as i32));
    Ok(())
}

fn size(_: &Cx, group: Ref<Group>, size: Place<i32>) -> Result<()> {
    size.set(group.size() as i32);
    Ok(())
}

fn translate_ranks(
    cx: &Cx,
    from: Ref<Group>,
    n: usize,
    ranks: RankArray,
    to: Ref<Group>,
    place: OutRankArray,
) -> Result<()> {
    let translated: Result<Vec<i32>> = ranks
        .read(cx, n)?
        .iter()
        .map(|rank| match rank.ours() {
            PROC_NULL => Ok(PROC_NULL),
            ours => {
                rank.member(from.size() as usize)?;
                Ok(from.translate(ours, &to)?.map_or(UNDEFINED, |rank| rank as i32))
            }
        })
        .collect();
    place.write(cx, &translated?)
}

fn free(cx: &Cx, place: NewGroup) -> Result<()> {
    let handle = place.handle(cx)?;
    if handle == Handle::null(ObjectKind::Group) {
        return Err(Error::new(Class::Group, "group is MPI_GROUP_NULL".to_string()));
    }
    // Functions return MPI_GROUP_EMPTY for groups without members, so freeing
    // it is no mistake.
    if handle != GROUP_EMPTY {
        place.get(cx)?;
        Group::remove(cx.process, handle);
    }
    place.set_null(cx);
    Ok(())
}
