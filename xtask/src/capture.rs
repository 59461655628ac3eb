//! Watching the wire: packets captured on a host's interface, the TCP streams
//! put together again, and a text searched in them.
//!
//! A capture counts only once `tcpdump` has said that it listens, goes on until
//! a marker that is sent last has arrived in the file, and counts only if no
//! packet was dropped.

use crate::hosts::{Host, Hosts, INTERFACE};
use crate::process;
use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Stdio};
use std::time::{Duration, Instant};

/// A capture under way.
pub struct Watch {
    tcpdump: Child,
    words: BufReader<ChildStderr>,
    file: PathBuf,
}

/// One direction of a TCP connection.
pub struct Stream {
    pub from: (Ipv4Addr, u16),
    pub to: (Ipv4Addr, u16),
    pub bytes: Vec<u8>,
    /// Bytes that the capture does not hold.
    pub missing: usize,
}

/// What was seen.
pub struct Capture {
    pub packets: usize,
    pub streams: Vec<Stream>,
    /// The file as it is, for texts outside TCP.
    raw: Vec<u8>,
}

impl Watch {
    /// Returns when packets are being captured.
    pub fn start(hosts: &Hosts, host: Host) -> Result<Watch> {
        let interface = if hosts.are_namespaces() { INTERFACE } else { "lo" };
        let file = hosts.directory().join("wire.pcap");
        let mut tcpdump = hosts
            .command(host, "tcpdump")
            .args([
                "-i",
                interface,
                "-n",
                "-U",
                "--immediate-mode",
                "-s",
                "0",
                "-B",
                "131072",
                "-Z",
                "root",
                "-w",
            ])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start tcpdump (Debian package tcpdump)")?;
        hosts.spare(tcpdump.id());
        let mut words = BufReader::new(tcpdump.stderr.take().expect("stderr was piped"));
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            ensure!(words.read_line(&mut line)? > 0, "tcpdump ended before it listened");
        }
        Ok(Watch { tcpdump, words, file })
    }

    /// Ends the capture, once all that was sent before is in it, and reads it.
    pub fn stop(mut self, hosts: &Hosts) -> Result<Capture> {
        let marker = format!("end of capture {}", self.tcpdump.id());
        // Whether anybody listens there does not matter.
        let script = format!("echo '{marker}' > /dev/udp/{}/9", hosts.address(Host::B));
        let mut send = hosts.command(Host::A, "bash");
        let sent = process::run(send.args(["-c", &script]), Duration::from_secs(5))?;
        ensure!(sent.success(), "cannot mark the end of the capture: {}", sent.explain());
        let deadline = Instant::now() + Duration::from_secs(10);
        while !holds(&fs::read(&self.file)?, marker.as_bytes()) {
            ensure!(
                Instant::now() < deadline,
                "the capture's end did not arrive in it within 10 s"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        kill(Pid::from_raw(self.tcpdump.id() as i32), Signal::SIGINT)?;
        let mut last = String::new();
        self.words.read_to_string(&mut last)?;
        self.tcpdump.wait()?;
        let dropped = last.lines().find(|line| line.contains("dropped by kernel"));
        ensure!(
            dropped.is_some_and(|line| line.trim().starts_with("0 ")),
            "tcpdump lost packets, or did not say: {}",
            last.trim()
        );
        let raw = fs::read(&self.file)?;
        let _ = fs::remove_file(&self.file);
        Capture::parse(raw)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.tcpdump.kill();
        let _ = self.tcpdump.wait();
    }
}

impl Capture {
    /// In how many streams the text occurs, put together or packet by packet.
    pub fn count(&self, text: &[u8]) -> usize {
        let streams = self.streams.iter().filter(|stream| holds(&stream.bytes, text)).count();
        if streams == 0 && holds(&self.raw, text) { 1 } else { streams }
    }

    pub fn payload_bytes(&self) -> usize {
        self.streams.iter().map(|stream| stream.bytes.len()).sum()
    }

    fn parse(raw: Vec<u8>) -> Result<Capture> {
        let word = |at: usize| -> Option<u32> {
            Some(u32::from_le_bytes(raw.get(at..at + 4)?.try_into().ok()?))
        };
        // Little endian, microseconds or nanoseconds; Ethernet.
        match word(0) {
            Some(0xa1b2_c3d4 | 0xa1b2_3c4d) => {}
            other => bail!("not a capture file of this machine: it begins with {other:x?}"),
        }
        ensure!(word(20) == Some(1), "the capture is not of Ethernet frames");
        let mut at = 24;
        let mut packets = 0;
        let mut connections: BTreeMap<_, Segments> = BTreeMap::new();
        while let Some(len) = word(at + 8) {
            let Some(frame) = raw.get(at + 16..at + 16 + len as usize) else {
                bail!("the capture file ends within a packet")
            };
            ensure!(word(at + 12) == Some(len), "a packet was cut short by the capture");
            at += 16 + len as usize;
            packets += 1;
            if let Some(segment) = tcp_segment(frame) {
                connections.entry((segment.from, segment.to)).or_default().add(&segment);
            }
        }
        let streams = connections
            .into_iter()
            .map(|((from, to), segments)| {
                let (bytes, missing) = segments.join();
                Stream { from, to, bytes, missing }
            })
            .filter(|stream| !stream.bytes.is_empty())
            .collect();
        Ok(Capture { packets, streams, raw })
    }
}

/// Whether `text` is somewhere in `bytes`.
pub fn holds(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}

struct Segment<'a> {
    from: (Ipv4Addr, u16),
    to: (Ipv4Addr, u16),
    number: u32,
    opens: bool,
    payload: &'a [u8],
}

fn tcp_segment(frame: &[u8]) -> Option<Segment<'_>> {
    let pair =
        |at: usize, bytes: &[u8]| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    if pair(12, frame)? != 0x0800 {
        return None;
    }
    let ip = frame.get(14..)?;
    let header = usize::from(ip.first()? & 15) * 4;
    if *ip.get(9)? != 6 {
        return None;
    }
    let total = usize::from(pair(2, ip)?);
    // Frames are padded to their least length; a total of zero is a packet
    // that the sender's segmentation offload made too large to say.
    let ip = if total == 0 { ip } else { ip.get(..total)? };
    let address = |at: usize| Some(Ipv4Addr::from(<[u8; 4]>::try_from(ip.get(at..at + 4)?).ok()?));
    let tcp = ip.get(header..)?;
    let offset = usize::from(tcp.get(12)? >> 4) * 4;
    Some(Segment {
        from: (address(12)?, pair(0, tcp)?),
        to: (address(16)?, pair(2, tcp)?),
        number: u32::from_be_bytes(tcp.get(4..8)?.try_into().ok()?),
        opens: tcp.get(13)? & 2 != 0,
        payload: tcp.get(offset..)?,
    })
}

/// The segments of one direction, by their distance from the first.
#[derive(Default)]
struct Segments {
    origin: Option<u32>,
    pieces: BTreeMap<u64, Vec<u8>>,
    /// The distance of the last piece: numbers wrap around every 4 GiB.
    last: u64,
}

impl Segments {
    fn add(&mut self, segment: &Segment<'_>) {
        let number = if segment.opens { segment.number.wrapping_add(1) } else { segment.number };
        let origin = *self.origin.get_or_insert(number);
        if segment.payload.is_empty() {
            return;
        }
        let low = u64::from(number.wrapping_sub(origin));
        let wraps = (self.last.saturating_sub(low) + (1 << 31)) >> 32;
        let distance = (wraps << 32) + low;
        // A keep-alive repeats the byte before the first.
        if distance > self.last + (1 << 31) {
            return;
        }
        self.last = self.last.max(distance);
        let known = self.pieces.get(&distance).map_or(0, Vec::len);
        if segment.payload.len() > known {
            self.pieces.insert(distance, segment.payload.to_vec());
        }
    }

    fn join(self) -> (Vec<u8>, usize) {
        let (mut bytes, mut end, mut missing) = (Vec::new(), 0, 0);
        for (distance, piece) in self.pieces {
            if distance > end {
                missing += (distance - end) as usize;
                end = distance;
            }
            let known = (end - distance) as usize;
            if let Some(fresh) = piece.get(known..) {
                bytes.extend_from_slice(fresh);
                end += fresh.len() as u64;
            }
        }
        (bytes, missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(number: u32, opens: bool, payload: &[u8]) -> Segment<'_> {
        let nobody = (Ipv4Addr::LOCALHOST, 1);
        Segment { from: nobody, to: nobody, number, opens, payload }
    }

    #[test]
    fn a_text_split_over_repeated_and_swapped_segments_is_found() {
        let mut segments = Segments::default();
        segments.add(&segment(u32::MAX - 3, true, b""));
        segments.add(&segment(2, false, b"ary"));
        segments.add(&segment(u32::MAX - 2, false, b"a can"));
        segments.add(&segment(u32::MAX - 2, false, b"a c"));
        let (bytes, missing) = segments.join();
        assert_eq!((bytes.as_slice(), missing), (b"a canary".as_slice(), 0));
        assert!(holds(&bytes, b"canary"));
    }

    #[test]
    fn a_gap_is_counted() {
        let mut segments = Segments::default();
        segments.add(&segment(10, true, b""));
        segments.add(&segment(11, false, b"ab"));
        segments.add(&segment(16, false, b"cd"));
        assert_eq!(segments.join(), (b"abcd".to_vec(), 3));
    }
}
