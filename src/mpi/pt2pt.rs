//! Chapter 3: point-to-point communication in all modes, and probing.

use std::sync::Arc;

use super::buffer;
use crate::abi::Cx;
use crate::abi::kind::{self, *};
use crate::abi::process::{Comm, Datatype, Message, Process, Ref, Request};
use crate::channel::PeerId;
use crate::engine::{Engine, Envelope, Mode, Owner, Pattern, RequestId, Source, Startable};
use crate::mpi_functions;
use crate::object::status::Status;
use crate::object::{Buffer, Result};

mpi_functions! {
    fn MPI_Bsend(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = bsend;
    fn MPI_Bsend_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = bsend;
    fn MPI_Bsend_init(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = bsend_init;
    fn MPI_Bsend_init_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = bsend_init;
    fn MPI_Ibsend(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = ibsend;
    fn MPI_Ibsend_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = ibsend;
    fn MPI_Improbe(
        source: InRank, tag: InTag, comm: InComm, flag: OutFlag, message: OutMessage,
        status: OutStatus
    ) = improbe;
    fn MPI_Imrecv(
        buf: Buf, count: Count, datatype: ItemDatatype, message: InOutMessage, request: OutRequest
    ) = imrecv;
    fn MPI_Imrecv_c(
        buf: Buf, count: CountC, datatype: ItemDatatype, message: InOutMessage, request: OutRequest
    ) = imrecv;
    fn MPI_Iprobe(
        source: InRank, tag: InTag, comm: InComm, flag: OutFlag, status: OutStatus
    ) = iprobe;
    fn MPI_Irecv(
        buf: Buf, count: Count, datatype: ItemDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = irecv;
    fn MPI_Irecv_c(
        buf: Buf, count: CountC, datatype: ItemDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = irecv;
    fn MPI_Irsend(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = isend;
    fn MPI_Irsend_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = isend;
    fn MPI_Isend(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = isend;
    fn MPI_Isend_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = isend;
    fn MPI_Issend(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = issend;
    fn MPI_Issend_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = issend;
    fn MPI_Mprobe(
        source: InRank, tag: InTag, comm: InComm, message: OutMessage, status: OutStatus
    ) = mprobe;
    fn MPI_Mrecv(
        buf: Buf, count: Count, datatype: ItemDatatype, message: InOutMessage, status: OutStatus
    ) = mrecv;
    fn MPI_Mrecv_c(
        buf: Buf, count: CountC, datatype: ItemDatatype, message: InOutMessage, status: OutStatus
    ) = mrecv;
    fn MPI_Probe(source: InRank, tag: InTag, comm: InComm, status: OutStatus) = probe;
    fn MPI_Recv(
        buf: Buf, count: Count, datatype: ItemDatatype, source: InRank, tag: InTag, comm: InComm,
        status: OutStatus
    ) = recv;
    fn MPI_Recv_c(
        buf: Buf, count: CountC, datatype: ItemDatatype, source: InRank, tag: InTag, comm: InComm,
        status: OutStatus
    ) = recv;
    fn MPI_Recv_init(
        buf: Buf, count: Count, datatype: ItemDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = recv_init;
    fn MPI_Recv_init_c(
        buf: Buf, count: CountC, datatype: ItemDatatype, source: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = recv_init;
    fn MPI_Rsend(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = send;
    fn MPI_Rsend_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = send;
    fn MPI_Rsend_init(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = send_init;
    fn MPI_Rsend_init_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = send_init;
    fn MPI_Send(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = send;
    fn MPI_Send_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = send;
    fn MPI_Send_init(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = send_init;
    fn MPI_Send_init_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = send_init;
    fn MPI_Ssend(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = ssend;
    fn MPI_Ssend_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm
    ) = ssend;
    fn MPI_Ssend_init(
        buf: ConstBuf, count: Count, datatype: ItemDatatype, dest: InRank, tag: InTag, comm: InComm,
        request: OutRequest
    ) = ssend_init;
    fn MPI_Ssend_init_c(
        buf: ConstBuf, count: CountC, datatype: ItemDatatype, dest: InRank, tag: InTag,
        comm: InComm, request: OutRequest
    ) = ssend_init;
}

/// How a send is done. A ready send is a standard one: the receive is there.
#[derive(Clone)]
pub(super) enum Way {
    Standard,
    Synchronous,
    /// Through an attached buffer (`buffer`).
    Buffered(Arc<Comm>),
}

/// Where a message goes; `None` for `MPI_PROC_NULL`.
type Destination = Option<(PeerId, Envelope)>;

/// A send, decoded: where to, and what.
pub(super) struct Outbound {
    pub to: Destination,
    way: Way,
    pub buffer: Buffer,
}

/// A receive, decoded.
pub(super) struct Inbound {
    /// `None` for `MPI_PROC_NULL`.
    pub pattern: Option<Pattern>,
    buffer: Buffer,
}

// Decoded in place: to move an `Outbound` or `Inbound` about in memory takes longer
// than to make it, for a processor waits to load in one what it has just stored in
// parts.
impl Outbound {
    #[inline(always)]
    pub fn decode(
        way: Way,
        buf: Memory,
        count: usize,
        datatype: &Ref<Datatype>,
        (dest, tag): (Rank, Tag),
        comm: &Comm,
    ) -> Result<Outbound> {
        let buffer = buf.vet(count, datatype)?;
        let dest = dest.destination(comm.remote_group().size() as usize)?;
        let tag = tag.exact()?;
        let to = dest.map(|rank| {
            let peer = comm.peer(rank).expect("the rank was checked against the group");
            (peer, Envelope { context: comm.context(), source: comm.rank, tag })
        });
        Ok(Outbound { to, way, buffer: buffer.buffer() })
    }

    pub fn send(&self, process: &Process) -> Result<()> {
        self.way.send(process, self.to, &self.buffer)
    }

    pub fn start(&self, process: &Process) -> Result<RequestId> {
        self.way.start(process, self.to, &self.buffer)
    }
}

impl Way {
    #[inline(always)]
    fn send(&self, process: &Process, to: Destination, buffer: &Buffer) -> Result<()> {
        let Some((to, envelope)) = to else { return Ok(()) };
        let engine = process.engine();
        match self {
            Way::Standard => engine.send(to, envelope, Mode::Standard, buffer),
            Way::Synchronous => engine.send(to, envelope, Mode::Synchronous, buffer),
            Way::Buffered(comm) => buffer::send(process, comm, (to, envelope), buffer),
        }
    }

    #[inline(always)]
    fn start(&self, process: &Process, to: Destination, buffer: &Buffer) -> Result<RequestId> {
        let engine = process.engine();
        let Some((to, envelope)) = to else {
            return Ok(engine.completed(Status::EMPTY));
        };
        match self {
            Way::Standard => Ok(engine.isend(to, envelope, Mode::Standard, buffer)),
            Way::Synchronous => Ok(engine.isend(to, envelope, Mode::Synchronous, buffer)),
            Way::Buffered(comm) => {
                buffer::send(process, comm, (to, envelope), buffer)?;
                Ok(engine.completed(Status::EMPTY))
            }
        }
    }
}

impl Inbound {
    #[inline(always)]
    pub fn decode(
        buf: Memory,
        count: usize,
        datatype: &Ref<Datatype>,
        (source, tag): (Rank, Tag),
        comm: &Comm,
    ) -> Result<Inbound> {
        let buffer = buf.vet(count, datatype)?;
        let pattern = pattern(comm, source, tag)?;
        Ok(Inbound { pattern, buffer: buffer.buffer() })
    }

    pub fn receive(&self, process: &Process) -> Status {
        match self.pattern {
            Some(pattern) => process.engine().recv(pattern, &self.buffer),
            None => Status::proc_null(),
        }
    }

    pub fn start(&self, process: &Process) -> RequestId {
        match self.pattern {
            Some(pattern) => process.engine().irecv(pattern, self.buffer.clone()),
            None => process.engine().completed(Status::proc_null()),
        }
    }
}

impl Startable for Outbound {
    fn start(&self, _: &Engine) -> Result<RequestId> {
        Outbound::start(self, crate::abi::process())
    }
}

impl Startable for Inbound {
    fn start(&self, _: &Engine) -> Result<RequestId> {
        Ok(Inbound::start(self, crate::abi::process()))
    }
}

/// What a receive or probe matches; `None` for `MPI_PROC_NULL`.
#[inline(always)]
fn pattern(comm: &Comm, source: Rank, tag: Tag) -> Result<Option<Pattern>> {
    let source = source.source(comm.remote_group().size() as usize)?;
    let tag = tag.pattern()?;
    let source = match source {
        kind::Source::Null => return Ok(None),
        kind::Source::Any => Source::Any,
        kind::Source::Rank(rank) => {
            let peer = comm.peer(rank).expect("the rank was checked against the group");
            Source::Rank { rank, peer }
        }
    };
    Ok(Some(Pattern { context: comm.context(), source, tag }))
}

/// Hands a started request to the application; errors of its completion go to
/// the communicator's error handler.
#[inline]
pub(super) fn hand_out(cx: &Cx, id: RequestId, comm: &Ref<Comm>, request: &HandlePlace<Request>) {
    if id != RequestId::SENT {
        cx.process.engine().set_owner(id, Owner::of(comm));
    }
    request.set_request(cx, id);
}

/// The blocking, nonblocking and persistent form of one send mode. Inlined into
/// their rows, for the reason that decoding is.
macro_rules! send_mode {
    ($way:expr, $send:ident, $isend:ident, $send_init:ident) => {
        #[inline(always)]
        fn $send(
            cx: &Cx,
            buf: Memory,
            count: usize,
            datatype: Ref<Datatype>,
            dest: Rank,
            tag: Tag,
            comm: Ref<Comm>,
        ) -> Result<()> {
            let Outbound { to, way, buffer } =
                Outbound::decode($way(&comm), buf, count, &datatype, (dest, tag), &comm)?;
            way.send(cx.process, to, &buffer)
        }

        #[inline(always)]
        fn $isend(
            cx: &Cx,
            buf: Memory,
            count: usize,
            datatype: Ref<Datatype>,
            dest: Rank,
            tag: Tag,
            comm: Ref<Comm>,
            request: HandlePlace<Request>,
        ) -> Result<()> {
            let Outbound { to, way, buffer } =
                Outbound::decode($way(&comm), buf, count, &datatype, (dest, tag), &comm)?;
            hand_out(cx, way.start(cx.process, to, &buffer)?, &comm, &request);
            Ok(())
        }

        fn $send_init(
            cx: &Cx,
            buf: Memory,
            count: usize,
            datatype: Ref<Datatype>,
            dest: Rank,
            tag: Tag,
            comm: Ref<Comm>,
            request: HandlePlace<Request>,
        ) -> Result<()> {
            let send = Outbound::decode($way(&comm), buf, count, &datatype, (dest, tag), &comm)?;
            hand_out(cx, cx.process.engine().persistent(Arc::new(send)), &comm, &request);
            Ok(())
        }
    };
}

send_mode!(|_| Way::Standard, send, isend, send_init);
send_mode!(|_| Way::Synchronous, ssend, issend, ssend_init);
send_mode!(|comm: &Ref<Comm>| Way::Buffered(comm.share()), bsend, ibsend, bsend_init);

#[inline(always)]
fn recv(
    cx: &Cx,
    buf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    source: Rank,
    tag: Tag,
    comm: Ref<Comm>,
    status: StatusPlace,
) -> Result<()> {
    let received =
        Inbound::decode(buf, count, &datatype, (source, tag), &comm)?.receive(cx.process);
    status.set(&received);
    received.into_result().map(drop)
}

#[inline(always)]
fn irecv(
    cx: &Cx,
    buf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    source: Rank,
    tag: Tag,
    comm: Ref<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    let Inbound { pattern, buffer } = Inbound::decode(buf, count, &datatype, (source, tag), &comm)?;
    let engine = cx.process.engine();
    let id = match pattern {
        Some(pattern) => engine.irecv_for(pattern, buffer, Owner::of(&comm)),
        None => engine.completed(Status::proc_null()),
    };
    request.set_request(cx, id);
    Ok(())
}

fn recv_init(
    cx: &Cx,
    buf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    source: Rank,
    tag: Tag,
    comm: Ref<Comm>,
    request: HandlePlace<Request>,
) -> Result<()> {
    let receive = Inbound::decode(buf, count, &datatype, (source, tag), &comm)?;
    hand_out(cx, cx.process.engine().persistent(Arc::new(receive)), &comm, &request);
    Ok(())
}

fn probe(cx: &Cx, source: Rank, tag: Tag, comm: Ref<Comm>, status: StatusPlace) -> Result<()> {
    let found = match pattern(&comm, source, tag)? {
        Some(pattern) => cx.process.engine().probe(&pattern)?,
        None => Status::proc_null(),
    };
    status.set(&found);
    Ok(())
}

fn iprobe(
    cx: &Cx,
    source: Rank,
    tag: Tag,
    comm: Ref<Comm>,
    flag: FlagPlace,
    status: StatusPlace,
) -> Result<()> {
    let found = match pattern(&comm, source, tag)? {
        Some(pattern) => cx.process.engine().iprobe(&pattern).transpose()?,
        None => Some(Status::proc_null()),
    };
    flag.set(found.is_some());
    if let Some(found) = found {
        status.set(&found);
    }
    Ok(())
}

fn mprobe(
    cx: &Cx,
    source: Rank,
    tag: Tag,
    comm: Ref<Comm>,
    message: HandlePlace<Message>,
    status: StatusPlace,
) -> Result<()> {
    match pattern(&comm, source, tag)? {
        Some(pattern) => {
            let (id, found) = cx.process.engine().mprobe(&pattern)?;
            message.set_message(cx, id);
            status.set(&found);
        }
        None => {
            message.set_no_proc(cx);
            status.set(&Status::proc_null());
        }
    }
    Ok(())
}

fn improbe(
    cx: &Cx,
    source: Rank,
    tag: Tag,
    comm: Ref<Comm>,
    flag: FlagPlace,
    message: HandlePlace<Message>,
    status: StatusPlace,
) -> Result<()> {
    let Some(pattern) = pattern(&comm, source, tag)? else {
        flag.set(true);
        message.set_no_proc(cx);
        status.set(&Status::proc_null());
        return Ok(());
    };
    let found = cx.process.engine().improbe(&pattern).transpose()?;
    flag.set(found.is_some());
    match found {
        Some((id, found)) => {
            message.set_message(cx, id);
            status.set(&found);
        }
        None => message.set_null(cx),
    }
    Ok(())
}

/// Starts to receive a matched message, whose handle is used up.
fn claim(
    cx: &Cx,
    buf: Memory,
    count: usize,
    datatype: &Ref<Datatype>,
    message: &HandlePlace<Message>,
) -> Result<RequestId> {
    let buffer = buf.buffer(count, datatype)?;
    let engine = cx.process.engine();
    let id = match message.message(cx)? {
        Some(id) => engine.imrecv(id, buffer)?,
        None => engine.completed(Status::proc_null()),
    };
    message.set_null(cx);
    Ok(id)
}

fn mrecv(
    cx: &Cx,
    buf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    message: HandlePlace<Message>,
    status: StatusPlace,
) -> Result<()> {
    let id = claim(cx, buf, count, &datatype, &message)?;
    let received = cx.process.engine().wait(id);
    status.set(&received);
    received.into_result().map(drop)
}

fn imrecv(
    cx: &Cx,
    buf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    message: HandlePlace<Message>,
    request: HandlePlace<Request>,
) -> Result<()> {
    let id = claim(cx, buf, count, &datatype, &message)?;
    request.set_request(cx, id);
    Ok(())
}
