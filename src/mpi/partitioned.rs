//! Chapter 4: partitioned point-to-point communication. The protocol is
//! `engine::partitioned`.

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Datatype, Info, Ref, Request};
use crate::engine::{Engine, Envelope, RequestId};
use crate::mpi_functions;
use crate::object::{Buffer, Class, Error, Handle, Result};

use super::pt2pt::hand_out;

mpi_functions! {
    fn MPI_Parrived(request: NamedRequest, partition: Int, flag: OutFlag) = parrived;
    fn MPI_Pready(partition: Int, request: NamedRequest) = pready;
    fn MPI_Pready_list(
        length: Count, array_of_partitions: Ints, request: NamedRequest
    ) = pready_list;
    fn MPI_Pready_range(
        partition_low: Int, partition_high: Int, request: NamedRequest
    ) = pready_range;
    fn MPI_Precv_init(
        buf: Buf, partitions: Int, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = precv_init;
    fn MPI_Precv_init_c(
        buf: Buf, partitions: Int, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, info: OptInfo, request: OutRequest
    ) = precv_init;
    fn MPI_Psend_init(
        buf: ConstBuf, partitions: Int, count: CountC, datatype: ItemDatatype, dest: InRank,
        tag: InTag, comm: InComm, info: OptInfo, request: OutRequest
    ) = psend_init;
    fn MPI_Psend_init_c(
        buf: ConstBuf, partitions: Int, count: CountC, datatype: ItemDatatype, dest: InRank,
        tag: InTag, comm: InComm, info: OptInfo, request: OutRequest
    ) = psend_init;
}

/// The whole buffer: partitions lie one behind the other.
fn whole(
    buf: Memory,
    partitions: i32,
    count: usize,
    datatype: &Ref<Datatype>,
) -> Result<(Buffer, usize)> {
    let positive = usize::try_from(partitions).ok().filter(|&partitions| partitions > 0);
    let Some(partitions) = positive else {
        let text = format!("partitions is {partitions} but must be positive");
        return Err(Error::new(Class::Arg, text));
    };
    let Some(items) = count.checked_mul(partitions) else {
        let text = format!("{partitions} partitions of {count} items are more than there can be");
        return Err(Error::new(Class::Count, text));
    };
    Ok((buf.buffer(items, datatype)?, partitions))
}

fn psend_init(
    cx: &Cx,
    buf: Memory,
    partitions: i32,
    count: usize,
    datatype: Ref<Datatype>,
    dest: Rank,
    tag: Tag,
    comm: Ref<Comm>,
    _: Option<Ref<Info>>,
    request: HandlePlace<Request>,
) -> Result<()> {
    let (buffer, partitions) = whole(buf, partitions, count, &datatype)?;
    let dest = dest.destination(comm.remote_group().size() as usize)?;
    let envelope = Envelope { context: comm.context(), source: comm.rank, tag: tag.exact()? };
    let to = dest.map(|rank| (comm.peer(rank).expect("the rank was checked"), envelope));
    let id = cx.process.engine().partitioned_send(to, buffer, partitions);
    hand_out(cx, id, &comm, &request);
    Ok(())
}

/// The parameter is called `dest` in the standard, and is the source. There are
/// no wildcards (MPI-4.1, section 4.2.1).
fn precv_init(
    cx: &Cx,
    buf: Memory,
    partitions: i32,
    count: usize,
    datatype: Ref<Datatype>,
    source: Rank,
    tag: Tag,
    comm: Ref<Comm>,
    _: Option<Ref<Info>>,
    request: HandlePlace<Request>,
) -> Result<()> {
    let (buffer, partitions) = whole(buf, partitions, count, &datatype)?;
    let source = source.destination(comm.remote_group().size() as usize)?;
    let tag = tag.exact()?;
    let from = source.map(|source| {
        let envelope = Envelope { context: comm.context(), source, tag };
        (comm.peer(source).expect("the rank was checked"), envelope)
    });
    let id = cx.process.engine().partitioned_receive(from, buffer, partitions);
    hand_out(cx, id, &comm, &request);
    Ok(())
}

/// Does something with a request; its communicator hears of an error.
fn with_request<T>(
    cx: &Cx,
    request: Handle,
    act: impl FnOnce(&Engine, RequestId) -> Result<T>,
) -> Result<T> {
    let id = active_request_id(request)?;
    let engine = cx.process.engine();
    act(engine, id).inspect_err(|_| cx.blame_owner(engine.owner(id)))
}

fn pready(cx: &Cx, partition: i32, request: Handle) -> Result<()> {
    with_request(cx, request, |engine, id| engine.partitions_ready(id, &[partition.into()]))
}

fn pready_range(cx: &Cx, low: i32, high: i32, request: Handle) -> Result<()> {
    let (low, high) = (i64::from(low), i64::from(high));
    with_request(cx, request, |engine, id| {
        if low > high {
            let text = format!("partition_low is {low}, beyond partition_high, which is {high}");
            return Err(Error::new(Class::Arg, text));
        }
        // Before the list of them all is made.
        engine.check_partition(id, low)?;
        engine.check_partition(id, high)?;
        engine.partitions_ready(id, &(low..=high).collect::<Vec<i64>>())
    })
}

fn pready_list(cx: &Cx, length: usize, partitions: Numbers, request: Handle) -> Result<()> {
    let partitions = partitions.read(length)?;
    with_request(cx, request, |engine, id| engine.partitions_ready(id, &partitions))
}

fn parrived(cx: &Cx, request: Handle, partition: i32, flag: FlagPlace) -> Result<()> {
    let arrived = |engine: &Engine, id| engine.partition_arrived(id, partition.into());
    flag.set(with_request(cx, request, arrived)?);
    Ok(())
}
