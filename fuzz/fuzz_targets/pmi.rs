//! What a launcher says to a rank (PMI-1 over a socket, the mapping of ranks)
//! and what the parts of our own launcher say to each other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mpisecure::launch::message::{Message, ToAgent, ToRoot};
use mpisecure::pmi::mapping;
use mpisecure::pmi::pmi1::{Deadlines, Pmi1};
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

const SOON: Deadlines =
    Deadlines { request: Duration::from_millis(200), fence: Duration::from_millis(200) };

fuzz_target!(|data: &[u8]| {
    let _ = ToAgent::read(data);
    let _ = ToRoot::read(data);
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(nodes) = mapping::parse(text, 64)
    {
        assert_eq!(nodes.len(), 64);
        assert_eq!(mapping::parse(&mapping::format(&nodes), 64), Some(nodes));
    }
    if data.len() > 16 << 10 {
        return;
    }
    for by_port in [false, true] {
        let (ours, mut launchers) = UnixStream::pair().expect("a pair of sockets");
        // The launcher says all this, whatever it is asked, and ends.
        let _ = launchers.write_all(data);
        let _ = launchers.shutdown(Shutdown::Write);
        let _ = match by_port {
            false => Pmi1::start(ours.into(), 0, 2, SOON),
            true => Pmi1::start_by_port(ours.into(), "0", SOON),
        };
    }
});
