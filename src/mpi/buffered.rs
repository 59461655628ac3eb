//! Buffered sends (MPI-4.1, section 3.6): the attached buffer bounds what may
//! be under way, as the application asked for.
//!
//! The copies live in memory of the library's own and the attached memory is
//! only counted, never written: an application that frees it too early, or
//! still looks at it, does no harm, and what fits is exactly what the standard
//! promises (data and `MPI_BSEND_OVERHEAD` for each message).

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::abi::{Abi, Process};
use crate::channel::PeerId;
use crate::engine::{Envelope, Mode, RequestId};
use crate::object::{Buffer, Class, Error, Result};

#[derive(Default)]
struct Attached {
    address: usize,
    len: usize,
    /// Messages under way and what each takes of `len`.
    pending: Vec<(RequestId, usize)>,
}

static ATTACHED: Mutex<Option<Attached>> = Mutex::new(None);

fn lock() -> MutexGuard<'static, Option<Attached>> {
    ATTACHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `MPI_BSEND_OVERHEAD` of the caller's ABI, in bytes.
fn overhead() -> usize {
    match crate::abi::decided() {
        Some(Abi::Mpich) => 96,
        Some(Abi::OpenMpi) => 128,
        Some(Abi::Standard) | None => 512,
    }
}

pub(super) fn attach(_: &Process, address: usize, len: usize) -> Result<()> {
    let mut attached = lock();
    if attached.is_some() {
        return Err(Error::new(
            Class::Buffer,
            "a buffer is attached already; detach it with MPI_Buffer_detach first",
        ));
    }
    *attached = Some(Attached { address, len, pending: Vec::new() });
    Ok(())
}

/// Waits until all messages have left the buffer and gives it back.
pub(super) fn detach(process: &Process) -> Result<(usize, usize)> {
    flush(process)?;
    match lock().take() {
        Some(attached) => Ok((attached.address, attached.len)),
        None => Err(Error::new(Class::Buffer, "no buffer is attached")),
    }
}

/// Waits until all messages have left the buffer.
pub(super) fn flush(process: &Process) -> Result<()> {
    let pending = match lock().as_mut() {
        Some(attached) => std::mem::take(&mut attached.pending),
        None => return Ok(()),
    };
    for (id, _) in pending {
        process.engine().wait(id).into_result()?;
    }
    Ok(())
}

/// Copies the message and lets it go; an error when the buffer has no room.
pub(super) fn send(
    process: &Process,
    to: PeerId,
    envelope: Envelope,
    buffer: &Buffer,
) -> Result<()> {
    let engine = process.engine();
    let need = buffer.len() + overhead();
    let mut attached = lock();
    let room = |attached: &mut Attached| {
        attached.pending.retain(|(id, _)| engine.collect(*id).is_none());
        let used: usize = attached.pending.iter().map(|(_, bytes)| bytes).sum();
        attached.len - used.min(attached.len)
    };
    let Some(attached) = attached.as_mut() else {
        return Err(Error::new(
            Class::Buffer,
            format!(
                "a message of {} bytes needs an attached buffer and there is none; \
                     call MPI_Buffer_attach first",
                buffer.len()
            ),
        ));
    };
    let mut free = room(attached);
    if free < need {
        engine.progress();
        free = room(attached);
    }
    if free < need {
        return Err(Error::new(
            Class::Buffer,
            format!(
                "Insufficient space in Bsend buffer; requested {need} bytes with overhead, \
                 {free} of {} are free",
                attached.len
            ),
        ));
    }
    let copy = Buffer::from_bytes(&buffer.to_vec());
    let id = engine.isend(to, envelope, Mode::Standard, copy);
    attached.pending.push((id, need));
    Ok(())
}
