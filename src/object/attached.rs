//! Buffers attached for buffered sends (MPI-4.1, section 3.6): what they bound,
//! and which messages are under way in them. To a communicator, to a session or
//! to the process as a whole one buffer may be attached.
//!
//! The copies live in memory of the library's own and the attached memory is
//! only counted, never written: an application that frees it too early, or
//! still looks at it, does no harm, and what the standard promises fits (data and
//! `MPI_BSEND_OVERHEAD` for each message). A copy holds a
//! [`Lease`] on its share and gives it back when the memory is freed, which is
//! when the message has left.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::{Class, Error, Result};

/// Where a buffer may be attached.
#[derive(Debug, Default)]
pub struct Attachment(Mutex<Option<Arc<AttachedBuffer>>>);

#[derive(Debug)]
pub struct AttachedBuffer {
    /// As the application gave it, and gets it back.
    pub address: usize,
    /// Its size in bytes; `None` for `MPI_BUFFER_AUTOMATIC`, which has no bound.
    pub len: Option<usize>,
    messages: Mutex<Messages>,
}

#[derive(Debug, Default)]
struct Messages {
    /// Number of the next message.
    next: u64,
    used: usize,
    /// The messages that have not left: number and bytes.
    under_way: BTreeMap<u64, usize>,
}

/// The share of an attached buffer that a message occupies until it has left.
#[derive(Debug)]
pub struct Lease {
    buffer: Arc<AttachedBuffer>,
    message: u64,
}

/// Messages of an attached buffer up to some moment.
#[derive(Clone, Debug)]
pub struct Earlier {
    buffer: Arc<AttachedBuffer>,
    before: u64,
}

impl Attachment {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<AttachedBuffer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn attach(&self, buffer: AttachedBuffer) -> Result<()> {
        let mut attached = self.lock();
        if attached.is_some() {
            let text = "a buffer is attached already; detach it first";
            return Err(Error::new(Class::Buffer, text));
        }
        *attached = Some(Arc::new(buffer));
        Ok(())
    }

    pub fn detach(&self) -> Option<Arc<AttachedBuffer>> {
        self.lock().take()
    }

    pub fn attached(&self) -> Option<Arc<AttachedBuffer>> {
        self.lock().clone()
    }
}

impl AttachedBuffer {
    pub fn new(address: usize, len: Option<usize>) -> AttachedBuffer {
        AttachedBuffer { address, len, messages: Mutex::default() }
    }

    fn messages(&self) -> MutexGuard<'_, Messages> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A share of `bytes`, or how many are free when that is too much.
    pub fn lease(self: &Arc<AttachedBuffer>, bytes: usize) -> Result<Lease, usize> {
        let mut messages = self.messages();
        if let Some(len) = self.len
            && bytes > len - messages.used
        {
            return Err(len - messages.used);
        }
        let message = messages.next;
        messages.next += 1;
        messages.used += bytes;
        messages.under_way.insert(message, bytes);
        Ok(Lease { buffer: Arc::clone(self), message })
    }

    /// All messages until now.
    pub fn earlier(self: &Arc<AttachedBuffer>) -> Earlier {
        Earlier { buffer: Arc::clone(self), before: self.messages().next }
    }
}

impl Earlier {
    pub fn have_left(&self) -> bool {
        let messages = self.buffer.messages();
        messages.under_way.first_key_value().is_none_or(|(first, _)| *first >= self.before)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut messages = self.buffer.messages();
        let bytes = messages.under_way.remove(&self.message).unwrap_or(0);
        messages.used -= bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_bounded_and_comes_back_in_any_order() {
        let buffer = Arc::new(AttachedBuffer::new(0, Some(100)));
        let (a, b) = (buffer.lease(60).unwrap(), buffer.lease(40).unwrap());
        assert_eq!(buffer.lease(1).err(), Some(0));
        drop(a);
        assert_eq!(buffer.lease(61).err(), Some(60));
        let c = buffer.lease(60).unwrap();
        drop((b, c));
        assert!(buffer.lease(100).is_ok());
    }

    #[test]
    fn a_flush_waits_for_what_was_sent_before_it_only() {
        let buffer = Arc::new(AttachedBuffer::new(0, None));
        let (first, second) = (buffer.lease(1).unwrap(), buffer.lease(usize::MAX / 4).unwrap());
        let earlier = buffer.earlier();
        let later = buffer.lease(1).unwrap();
        drop(second);
        assert!(!earlier.have_left());
        drop(first);
        assert!(earlier.have_left());
        drop(later);
    }

    #[test]
    fn one_buffer_at_a_time() {
        let attachment = Attachment::default();
        assert!(attachment.detach().is_none());
        attachment.attach(AttachedBuffer::new(8, Some(5))).unwrap();
        let error = attachment.attach(AttachedBuffer::new(9, Some(5))).unwrap_err();
        assert_eq!(error.class(), Class::Buffer);
        assert_eq!(attachment.detach().unwrap().address, 8);
    }
}
