//! What an authentic process says behind opened frames: any header with any data,
//! between receives and sends of this process. It may lose its link, and no more:
//! no panic, and no byte beyond a buffer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mpisecure::channel::doorbell::Doorbell;
use mpisecure::channel::{Channel, HEADER_MAX, Lane, LinkError, Outcome, PeerId, Sink, Waiter};
use mpisecure::engine::{Engine, Envelope, Mode, Pattern, Settings, Source};
use mpisecure::object::buffer::Buffer;
use mpisecure::secure::{ProfileId, Rulebook};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ME: PeerId = PeerId(0);
const CONTEXT: u64 = 4;

/// What is due to arrive.
type Script = Arc<Mutex<VecDeque<(PeerId, Vec<u8>, Vec<u8>)>>>;

/// Delivers the script, and takes in all that is sent.
struct Scripted {
    script: Script,
    doorbell: Arc<Doorbell>,
    closed: bool,
}

impl Channel for Scripted {
    fn send(
        &mut self,
        _: PeerId,
        _: Option<&Lane>,
        header: &[u8],
        payload_len: usize,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Outcome {
        assert!(header.len() <= HEADER_MAX && payload_len <= self.payload_max());
        fill(&mut vec![0; payload_len]);
        Outcome::Accepted
    }

    fn poll(&mut self, sink: &mut dyn Sink) -> bool {
        let next = self.script.lock().expect("one thread").pop_front();
        let Some((from, header, payload)) = next else { return false };
        sink.deliver(from, ProfileId::LINK, &header, &payload);
        true
    }

    fn waiter(&self) -> Arc<dyn Waiter> {
        self.doorbell.clone()
    }

    fn is_flushed(&self) -> bool {
        true
    }

    fn close(&mut self) {
        self.closed = true;
    }

    fn is_closed(&self) -> bool {
        self.closed
    }
}

/// Takes the input apart.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        bytes
    }
}

fn settings() -> Settings {
    Settings {
        eager_max: 64,
        rulebook: Arc::new(Rulebook::of_link(Default::default())),
        spin_max: Duration::ZERO,
        on_security_failure: Box::new(|error: &LinkError| assert!(error.security)),
    }
}

fuzz_target!(|data: &[u8]| {
    let (script, doorbell) = (Script::default(), Arc::default());
    let channel = Scripted { script: script.clone(), doorbell, closed: false };
    let engine = Engine::new(ME, Box::new(channel), settings());
    let peer = |byte: u8| PeerId(1 + u32::from(byte & 1));
    let mut input = Input(data);
    let mut requests = Vec::new();
    let mut buffers = Vec::new();
    while let Some(act) = input.byte() {
        let Some(choice) = input.byte() else { break };
        let (who, size) = (peer(choice), usize::from(choice >> 1));
        let tag = (choice & 2 != 0).then_some(i32::from(choice >> 5));
        match act & 7 {
            0..=3 => {
                let len = input.byte().map_or(0, usize::from);
                let header = input.bytes(len).to_vec();
                let payload = input.bytes(size).to_vec();
                script.lock().expect("one thread").push_back((who, header, payload));
            }
            4 => {
                let source = match act & 8 {
                    0 => Source::Rank { rank: who.0, peer: who },
                    _ => Source::Any,
                };
                let buffer = Buffer::scratch(size);
                requests
                    .push(engine.irecv(Pattern { context: CONTEXT, source, tag }, buffer.clone()));
                buffers.push(buffer);
            }
            5 => {
                let envelope = Envelope { context: CONTEXT, source: 0, tag: tag.unwrap_or(0) };
                let mode = [Mode::Standard, Mode::Synchronous][usize::from(act >> 3 & 1)];
                // Above `eager_max` the peer is asked first.
                requests.push(engine.isend(who, envelope, mode, Buffer::scratch(size)));
            }
            6 => {
                if let Some(&request) = requests.get(size) {
                    let _ = engine.cancel(request);
                }
            }
            _ => {
                if let Some(&request) = requests.get(size)
                    && engine.is_complete(request)
                {
                    let _ = engine.finish(request);
                }
            }
        }
        engine.progress();
    }
    while engine.progress() {}
});
