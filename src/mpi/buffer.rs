//! Section 3.6: buffers for buffered sends, attached to a communicator, to a
//! session or to the process. What one is, is `object::attached`.

use std::task::Poll;

use crate::abi::kind::*;
use crate::abi::process::{Comm, Ref, Request, Session};
use crate::abi::{Abi, Cx, Process};
use crate::channel::PeerId;
use crate::engine::{Engine, Envelope, Mode, RequestId, Task};
use crate::mpi_functions;
use crate::object::attached::{AttachedBuffer, Attachment, Earlier};
use crate::object::status::Status;
use crate::object::{Buffer, Class, Error, Result};

mpi_functions! {
    fn MPI_Buffer_attach(buffer: Buf, size: Count) = buffer_attach, anytime;
    fn MPI_Buffer_attach_c(buffer: Buf, size: CountC) = buffer_attach, anytime;
    fn MPI_Buffer_detach(buffer_addr: OutPointer, size: OutCount) = buffer_detach, anytime;
    fn MPI_Buffer_detach_c(buffer_addr: OutPointer, size: OutCountC) = buffer_detach, anytime;
    fn MPI_Buffer_flush() = buffer_flush;
    fn MPI_Buffer_iflush(request: OutRequest) = buffer_iflush;
    fn MPI_Comm_attach_buffer(comm: InComm, buffer: Buf, size: Count) = comm_attach;
    fn MPI_Comm_attach_buffer_c(comm: InComm, buffer: Buf, size: CountC) = comm_attach;
    fn MPI_Comm_detach_buffer(comm: InComm, buffer_addr: OutPointer, size: OutCount) = comm_detach;
    fn MPI_Comm_detach_buffer_c(
        comm: InComm, buffer_addr: OutPointer, size: OutCountC
    ) = comm_detach;
    fn MPI_Comm_flush_buffer(comm: InComm) = comm_flush;
    fn MPI_Comm_iflush_buffer(comm: InComm, request: OutRequest) = comm_iflush;
    fn MPI_Session_attach_buffer(session: InSession, buffer: Buf, size: Count) = session_attach;
    fn MPI_Session_attach_buffer_c(session: InSession, buffer: Buf, size: CountC) = session_attach;
    fn MPI_Session_detach_buffer(
        session: InSession, buffer_addr: OutPointer, size: OutCount
    ) = session_detach;
    fn MPI_Session_detach_buffer_c(
        session: InSession, buffer_addr: OutPointer, size: OutCountC
    ) = session_detach;
    fn MPI_Session_flush_buffer(session: InSession) = session_flush;
    fn MPI_Session_iflush_buffer(session: InSession, request: OutRequest) = session_iflush;
}

/// What a message takes of an attached buffer beside its data, in bytes: the least
/// `MPI_BSEND_OVERHEAD` of the ABIs, since programs count on the vendor's that they
/// were written with.
const OVERHEAD: usize = 96;

/// The address that means `MPI_BUFFER_AUTOMATIC`, where the ABI has it.
fn is_automatic(abi: Abi, address: usize) -> bool {
    match abi {
        Abi::Mpich => address == usize::MAX - 1,
        Abi::Standard => address == 2,
        Abi::OpenMpi => false,
    }
}

/// Buffered sends (also nonblocking and persistent ones): copies the message and
/// lets it go; an error when no attached buffer has room for it. The buffer is
/// the communicator's, else its session's, else the process's.
pub(super) fn send(
    process: &Process,
    comm: &Comm,
    (to, envelope): (PeerId, Envelope),
    buffer: &Buffer,
) -> Result<()> {
    let engine = process.engine();
    let of_session = || comm.group.session()?.attachment.attached();
    let attached = comm.attachment.attached().or_else(of_session);
    let Some(attached) = attached.or_else(|| process.attachment.attached()) else {
        return Err(Error::new(
            Class::Buffer,
            format!(
                "a message of {} bytes needs an attached buffer and there is none; call \
                 MPI_Buffer_attach first",
                buffer.len()
            ),
        ));
    };
    let need = buffer.len().saturating_add(OVERHEAD);
    let lease = attached.lease(need).or_else(|_| {
        // Perhaps what is under way has left meanwhile.
        engine.progress();
        attached.lease(need)
    });
    let lease = lease.map_err(|free| {
        Error::new(
            Class::Buffer,
            format!(
                "Insufficient space in Bsend buffer; requested {need} bytes ({OVERHEAD} of \
                 them for the library), {free} of {} are free; attach the data and \
                 MPI_BSEND_OVERHEAD of each message that may be under way at once",
                attached.len.unwrap_or(usize::MAX)
            ),
        )
    })?;
    if let Some(outcome) = engine.send_now(to, envelope, buffer) {
        return outcome;
    }
    let copy = Buffer::copy_of(buffer, Some(lease))?;
    let id = engine.isend(to, envelope, Mode::Standard, &copy);
    engine.release(id)
}

fn attach(cx: &Cx, attachment: &Attachment, buffer: Memory, size: usize) -> Result<()> {
    let address = buffer.address() as usize;
    let len = (!is_automatic(cx.abi, address)).then_some(size);
    if len.is_some() && address == 0 && size > 0 {
        let text = format!("Null buffer pointer in buffer, of {size} bytes");
        return Err(Error::new(Class::Buffer, text));
    }
    attachment.attach(AttachedBuffer::new(address, len))
}

/// Waits until all messages have left the buffer and gives it back. The size of
/// an automatic one is 0.
fn detach(
    cx: &Cx,
    attachment: &Attachment,
    address: PointerPlace,
    size: NumberPlace,
) -> Result<()> {
    flush(cx, attachment);
    let attached = match attachment.detach() {
        Some(attached) => attached,
        // Stock MPICH gives back a null pointer, and programs live on that.
        None if cx.abi == Abi::Mpich => AttachedBuffer::new(0, Some(0)).into(),
        None => return Err(Error::new(Class::Buffer, "no buffer is attached")),
    };
    address.set(attached.address);
    size.set(attached.len.unwrap_or(0) as i64);
    Ok(())
}

/// Waits until the messages that are in the buffer now have left it.
fn flush(cx: &Cx, attachment: &Attachment) {
    if let (Some(engine), Some(attached)) = (cx.process.try_engine(), attachment.attached()) {
        let earlier = attached.earlier();
        engine.block_until(|_| earlier.have_left().then_some(()));
    }
}

/// [`flush`] as a request.
struct Flush(Earlier);

impl Task for Flush {
    fn advance(&mut self, _: &Engine) -> Poll<Result<()>> {
        if self.0.have_left() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

fn iflush(cx: &Cx, attachment: &Attachment) -> RequestId {
    let engine = cx.process.engine();
    match attachment.attached() {
        Some(attached) => engine.spawn(Box::new(Flush(attached.earlier()))),
        None => engine.completed(Status::EMPTY),
    }
}

fn buffer_attach(cx: &Cx, buffer: Memory, size: usize) -> Result<()> {
    attach(cx, &cx.process.attachment, buffer, size)
}

fn buffer_detach(cx: &Cx, address: PointerPlace, size: NumberPlace) -> Result<()> {
    detach(cx, &cx.process.attachment, address, size)
}

fn buffer_flush(cx: &Cx) -> Result<()> {
    flush(cx, &cx.process.attachment);
    Ok(())
}

fn buffer_iflush(cx: &Cx, request: HandlePlace<Request>) -> Result<()> {
    request.set_request(cx, iflush(cx, &cx.process.attachment));
    Ok(())
}

/// The four functions on the buffer of a communicator or session.
macro_rules! owned_buffer {
    ($object:ty: $attach:ident, $detach:ident, $flush:ident, $iflush:ident) => {
        fn $attach(cx: &Cx, owner: Ref<$object>, buffer: Memory, size: usize) -> Result<()> {
            attach(cx, &owner.attachment, buffer, size)
        }

        fn $detach(
            cx: &Cx,
            owner: Ref<$object>,
            address: PointerPlace,
            size: NumberPlace,
        ) -> Result<()> {
            detach(cx, &owner.attachment, address, size)
        }

        fn $flush(cx: &Cx, owner: Ref<$object>) -> Result<()> {
            flush(cx, &owner.attachment);
            Ok(())
        }

        fn $iflush(cx: &Cx, owner: Ref<$object>, request: HandlePlace<Request>) -> Result<()> {
            request.set_request(cx, iflush(cx, &owner.attachment));
            Ok(())
        }
    };
}

owned_buffer!(Comm: comm_attach, comm_detach, comm_flush, comm_iflush);
owned_buffer!(Session: session_attach, session_detach, session_flush, session_iflush);
