//! Sections 3.10 and 3.11: a send and a receive as one operation.

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{Comm, Datatype, Ref, Request};
use crate::engine::RequestId;
use crate::mpi_functions;
use crate::object::status::Status;
use crate::object::{Buffer, Result};

use super::pt2pt::{Inbound, Outbound, Way, hand_out};

mpi_functions! {
    fn MPI_Isendrecv(
        sendbuf: ConstBuf, sendcount: Count, sendtype: ItemDatatype, dest: InRank, sendtag: InTag,
        recvbuf: Buf, recvcount: Count, recvtype: ItemDatatype, source: InRank, recvtag: InTag,
        comm: InComm, request: OutRequest
    ) = isendrecv;
    fn MPI_Isendrecv_c(
        sendbuf: ConstBuf, sendcount: CountC, sendtype: ItemDatatype, dest: InRank, sendtag: InTag,
        recvbuf: Buf, recvcount: CountC, recvtype: ItemDatatype, source: InRank, recvtag: InTag,
        comm: InComm, request: OutRequest
    ) = isendrecv;
    fn MPI_Isendrecv_replace(
        buf: Buf, count: Count, datatype: ItemDatatype, dest: InRank, sendtag: InTag,
        source: InRank, recvtag: InTag, comm: InComm, request: OutRequest
    ) = isendrecv_replace;
    fn MPI_Isendrecv_replace_c(
        buf: Buf, count: CountC, datatype: ItemDatatype, dest: InRank, sendtag: InTag,
        source: InRank, recvtag: InTag, comm: InComm, request: OutRequest
    ) = isendrecv_replace;
    fn MPI_Sendrecv(
        sendbuf: ConstBuf, sendcount: Count, sendtype: ItemDatatype, dest: InRank, sendtag: InTag,
        recvbuf: Buf, recvcount: Count, recvtype: ItemDatatype, source: InRank, recvtag: InTag,
        comm: InComm, status: OutStatus
    ) = sendrecv;
    fn MPI_Sendrecv_c(
        sendbuf: ConstBuf, sendcount: CountC, sendtype: ItemDatatype, dest: InRank, sendtag: InTag,
        recvbuf: Buf, recvcount: CountC, recvtype: ItemDatatype, source: InRank, recvtag: InTag,
        comm: InComm, status: OutStatus
    ) = sendrecv;
    fn MPI_Sendrecv_replace(
        buf: Buf, count: Count, datatype: ItemDatatype, dest: InRank, sendtag: InTag,
        source: InRank, recvtag: InTag, comm: InComm, status: OutStatus
    ) = sendrecv_replace;
    fn MPI_Sendrecv_replace_c(
        buf: Buf, count: CountC, datatype: ItemDatatype, dest: InRank, sendtag: InTag,
        source: InRank, recvtag: InTag, comm: InComm, status: OutStatus
    ) = sendrecv_replace;
}

/// Both halves at once; each completes whatever becomes of the other.
fn exchange(cx: &Cx, send: &Outbound, receive: &Inbound, status: StatusPlace) -> Result<()> {
    let engine = cx.process.engine();
    let incoming = receive.start(cx.process);
    let sent = send.send(cx.process);
    let received = engine.wait(incoming);
    status.set(&received);
    sent.and(received.into_result().map(drop))
}

fn sendrecv(
    cx: &Cx,
    sendbuf: Memory,
    sendcount: usize,
    sendtype: Ref<Datatype>,
    dest: Rank,
    sendtag: Tag,
    recvbuf: Memory,
    recvcount: usize,
    recvtype: Ref<Datatype>,
    source: Rank,
    recvtag: Tag,
    comm: Ref<Comm>,
    status: StatusPlace,
) -> Result<()> {
    let to = (dest, sendtag);
    let send = Outbound::decode(Way::Standard, sendbuf, sendcount, &sendtype, to, &comm)?;
    let receive = Inbound::decode(recvbuf, recvcount, &recvtype, (source, recvtag), &comm)?;
    exchange(cx, &send, &receive, status)
}

fn isendrecv(
    cx: &Cx,
    sendbuf: Memory,
    sendcount: usize,
    sendtype: Ref<Datatype>,
    dest: Rank,
    sendtag: Tag,
    recvbuf: Memory,
    recvcount: usize,
    recvtype: Ref<Datatype>,
    source: Rank,
    recvtag: Tag,
    comm: Ref<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    let to = (dest, sendtag);
    let send = Outbound::decode(Way::Standard, sendbuf, sendcount, &sendtype, to, &comm)?;
    let receive = Inbound::decode(recvbuf, recvcount, &recvtype, (source, recvtag), &comm)?;
    let incoming = receive.start(cx.process);
    let id = cx.process.engine().pair(send.start(cx.process)?, incoming);
    hand_out(cx, id, &comm, &request);
    Ok(())
}

/// Starts both halves on one buffer. What cannot leave before the receive
/// begins is copied, so that nothing received is sent back.
fn replace(
    cx: &Cx,
    buf: Memory,
    count: usize,
    datatype: &Ref<Datatype>,
    (dest, sendtag): (Rank, Tag),
    (source, recvtag): (Rank, Tag),
    comm: &Ref<Comm>,
) -> Result<(RequestId, RequestId)> {
    let engine = cx.process.engine();
    let to = (dest, sendtag);
    let mut send = Outbound::decode(Way::Standard, buf, count, datatype, to, comm)?;
    let receive = Inbound::decode(buf, count, datatype, (source, recvtag), comm)?;
    let left = send.to.and_then(|(to, envelope)| engine.send_now(to, envelope, &send.buffer));
    let sent = match left {
        Some(Ok(())) => RequestId::SENT,
        Some(Err(error)) => engine.completed(Status::failed(error)),
        None => {
            if send.to.is_some() && receive.pattern.is_some() {
                send.buffer = Buffer::copy_of(&send.buffer, None)?;
            }
            send.start(cx.process)?
        }
    };
    Ok((sent, receive.start(cx.process)))
}

fn sendrecv_replace(
    cx: &Cx,
    buf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    dest: Rank,
    sendtag: Tag,
    source: Rank,
    recvtag: Tag,
    comm: Ref<Comm>,
    status: StatusPlace,
) -> Result<()> {
    let halves = ((dest, sendtag), (source, recvtag));
    let (sent, incoming) = replace(cx, buf, count, &datatype, halves.0, halves.1, &comm)?;
    let engine = cx.process.engine();
    let sent = engine.wait(sent).into_result();
    let received = engine.wait(incoming);
    status.set(&received);
    sent.and(received.into_result()).map(drop)
}

fn isendrecv_replace(
    cx: &Cx,
    buf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    dest: Rank,
    sendtag: Tag,
    source: Rank,
    recvtag: Tag,
    comm: Ref<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    let halves = ((dest, sendtag), (source, recvtag));
    let (sent, incoming) = replace(cx, buf, count, &datatype, halves.0, halves.1, &comm)?;
    hand_out(cx, cx.process.engine().pair(sent, incoming), &comm, &request);
    Ok(())
}
