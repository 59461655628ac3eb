//! What a process of a job of several uses: the loopback for itself, the links
//! for the others. Sleepers wait on the links; a thread that sends to itself
//! while another sleeps wakes it through the engine.

use super::loopback::Loopback;
use super::{Channel, Outcome, PeerId, Sink, Waiter};
use std::sync::Arc;

pub struct Router<C> {
    me: PeerId,
    loopback: Loopback,
    links: C,
}

impl<C: Channel> Router<C> {
    pub fn new(me: PeerId, links: C) -> Router<C> {
        Router { me, loopback: Loopback::new(me), links }
    }
}

impl<C: Channel> Channel for Router<C> {
    fn send(
        &mut self,
        to: PeerId,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Outcome {
        if to == self.me {
            self.loopback.send(to, header, payload_len, fill)
        } else {
            self.links.send(to, header, payload_len, fill)
        }
    }

    fn poll(&mut self, sink: &mut dyn Sink) -> bool {
        let own = self.loopback.has_packets() && self.loopback.poll(sink);
        own | self.links.poll(sink)
    }

    fn payload_max(&self) -> usize {
        self.loopback.payload_max().min(self.links.payload_max())
    }

    fn waiter(&self) -> Arc<dyn Waiter> {
        self.links.waiter()
    }

    fn is_flushed(&self) -> bool {
        !self.loopback.has_packets() && self.links.is_flushed()
    }

    fn close(&mut self) {
        self.loopback.close();
        self.links.close();
    }

    fn is_closed(&self) -> bool {
        self.loopback.is_closed() && self.links.is_closed()
    }
}
