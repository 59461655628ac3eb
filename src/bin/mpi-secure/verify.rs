//! `mpi-secure verify`: does a capture hold anything but sealed frames and
//! handshakes? `pcap-parser` reads the file and `etherparse` the packets; here
//! streams are put together by their sequence numbers and walked.
//!
//! Without `--port` everything in the capture has to be ours, apart from what
//! a network says of itself (ARP, ICMP, IGMP). A stream of which a part is
//! missing, or was sent a second time with other bytes, is no proof either, and
//! counts against the capture.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;

use etherparse::{EtherType, LaxSlicedPacket, TcpSlice, TransportSlice};
use mpisecure::secure::walk::{Walked, walk};
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

/// The block of a pcapng that held packets before there was a better one.
const OBSOLETE_PACKET: u32 = 2;

/// Bytes of the reader's buffer: more than any packet has.
const BUFFER_LEN: usize = 4 << 20;

pub fn run(path: &Path, ports: &[u16]) -> Result<(), String> {
    let file =
        File::open(path).map_err(|error| format!("cannot open {}: {error}", path.display()))?;
    let mut capture = Capture::default();
    capture.read(file).map_err(|why| format!("{}: {why}", path.display()))?;
    let verdict = capture.judge(ports);
    println!("{} packets", capture.packets);
    verdict.lines.iter().for_each(|line| println!("{line}"));
    println!();
    match verdict.complaints.as_slice() {
        [] => {
            println!("Nothing but sealed frames and handshakes.");
            Ok(())
        }
        complaints => Err(format!("the capture holds something else: {}", complaints.join("; "))),
    }
}

#[derive(Default)]
struct Capture {
    packets: u64,
    /// By sender and receiver; a new connection of the same two follows.
    streams: BTreeMap<(SocketAddr, SocketAddr), Vec<Stream>>,
    /// Packets that are not TCP and could hold anything, by what they are.
    others: BTreeMap<String, u64>,
    /// Packets that the capture cut short, or nobody could read.
    unreadable: u64,
}

#[derive(Default)]
struct Verdict {
    lines: Vec<String>,
    complaints: Vec<String>,
}

impl Capture {
    fn read(&mut self, file: impl std::io::Read + Send) -> Result<(), String> {
        let not_ours = |error: PcapError<&[u8]>| match error {
            PcapError::HeaderNotRecognized => "it is neither pcap nor pcapng".to_owned(),
            other => format!("it cannot be read ({other})"),
        };
        let mut reader = create_reader(BUFFER_LEN, file).map_err(not_ours)?;
        let mut links: Vec<Linktype> = Vec::new();
        loop {
            match reader.next() {
                Ok((len, block)) => {
                    match block {
                        PcapBlockOwned::LegacyHeader(header) => links = vec![header.network],
                        PcapBlockOwned::Legacy(packet) => {
                            self.take(links.first().copied(), packet.data, packet.origlen);
                        }
                        PcapBlockOwned::NG(Block::SectionHeader(_)) => links.clear(),
                        PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                            links.push(interface.linktype);
                        }
                        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                            let data = packet.data.get(..packet.caplen as usize);
                            let link = links.get(packet.if_id as usize).copied();
                            self.take(link, data.unwrap_or(packet.data), packet.origlen);
                        }
                        PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                            let len = (packet.origlen as usize).min(packet.data.len());
                            self.take(links.first().copied(), &packet.data[..len], packet.origlen);
                        }
                        PcapBlockOwned::NG(Block::Unknown(block))
                            if block.block_type == OBSOLETE_PACKET =>
                        {
                            self.packets += 1;
                            self.unreadable += 1;
                        }
                        PcapBlockOwned::NG(_) => {}
                    }
                    reader.consume(len);
                }
                Err(PcapError::Eof) => return Ok(()),
                Err(PcapError::Incomplete(_)) => reader.refill().map_err(not_ours)?,
                Err(error) => return Err(not_ours(error)),
            }
        }
    }

    fn take(&mut self, link: Option<Linktype>, data: &[u8], original_len: u32) {
        self.packets += 1;
        let Some(packet) = link.and_then(|link| sliced(link, data)) else {
            self.unreadable += 1;
            return;
        };
        if data.len() < original_len as usize {
            // What is missing of a stream shows as a gap in it.
            self.unreadable += 1;
        }
        let addresses = match &packet.net {
            Some(etherparse::LaxNetSlice::Ipv4(ip)) => {
                Some((ip.header().source_addr().into(), ip.header().destination_addr().into()))
            }
            Some(etherparse::LaxNetSlice::Ipv6(ip)) => {
                Some((ip.header().source_addr().into(), ip.header().destination_addr().into()))
            }
            Some(etherparse::LaxNetSlice::Arp(_)) => return,
            None => None,
        };
        let Some((source, destination)): Option<(std::net::IpAddr, std::net::IpAddr)> = addresses
        else {
            *self.others.entry("neither IP nor ARP, or broken".into()).or_default() += 1;
            return;
        };
        match &packet.transport {
            Some(TransportSlice::Tcp(tcp)) => {
                let from = SocketAddr::new(source, tcp.source_port());
                let to = SocketAddr::new(destination, tcp.destination_port());
                self.add(from, to, tcp);
            }
            Some(TransportSlice::Udp(udp)) if !udp.payload().is_empty() => {
                let what = format!("UDP to port {}", udp.destination_port());
                *self.others.entry(what).or_default() += 1;
            }
            Some(_) => {}
            None => {
                let what = "IP in fragments, or neither TCP, UDP, ICMP nor IGMP";
                *self.others.entry(what.into()).or_default() += 1;
            }
        }
    }

    fn add(&mut self, from: SocketAddr, to: SocketAddr, tcp: &TcpSlice) {
        let streams = self.streams.entry((from, to)).or_default();
        let begins = tcp.syn()
            && streams
                .last()
                .is_none_or(|stream| stream.first != Some(tcp.sequence_number().wrapping_add(1)));
        if begins || streams.is_empty() {
            streams.push(Stream::default());
        }
        let stream = streams.last_mut().expect("one was pushed if there was none");
        stream.add(tcp.sequence_number(), tcp.syn(), tcp.payload());
    }

    fn judge(&mut self, ports: &[u16]) -> Verdict {
        let mut verdict = Verdict::default();
        let wanted = |address: &SocketAddr| ports.contains(&address.port());
        let mut ours = 0;
        for ((from, to), streams) in &self.streams {
            if !ports.is_empty() && !wanted(from) && !wanted(to) {
                continue;
            }
            for stream in streams.iter().filter(|stream| !stream.is_empty()) {
                let place = format!("{from} to {to}");
                match stream.judge() {
                    Ok(walked) => {
                        ours += 1;
                        verdict.lines.push(format!("{place}: {}", in_words(&walked)));
                        if walked.readable_frames > 0 {
                            let count = walked.readable_frames;
                            verdict.complaints.push(format!("{place}: {count} readable frames"));
                        }
                    }
                    Err(why) => {
                        verdict.lines.push(format!("{place}: {why}"));
                        verdict.complaints.push(format!("{place}: {why}"));
                    }
                }
            }
        }
        if ours == 0 {
            verdict.complaints.push("no stream of ours is in it".to_owned());
        }
        if ports.is_empty() {
            for (what, count) in &self.others {
                verdict.complaints.push(format!("{count} packets of {what}"));
            }
        }
        if self.unreadable > 0 {
            let count = self.unreadable;
            verdict.complaints.push(format!("{count} packets cut short or unreadable"));
        }
        verdict
    }
}

fn sliced(link: Linktype, data: &[u8]) -> Option<LaxSlicedPacket<'_>> {
    let behind = |at: usize, header_len: usize| {
        let [high, low] = *data.get(at..)?.first_chunk()?;
        let kind = EtherType(u16::from_be_bytes([high, low]));
        Some(LaxSlicedPacket::from_ether_type(kind, data.get(header_len..)?))
    };
    match link {
        Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(data).ok(),
        // What capturing on "any" makes, in two versions.
        Linktype::LINUX_SLL => behind(14, 16),
        Linktype(276) => behind(0, 20),
        Linktype::NULL => LaxSlicedPacket::from_ip(data.get(4..)?).ok(),
        Linktype::RAW | Linktype(12) | Linktype::IPV4 | Linktype::IPV6 => {
            LaxSlicedPacket::from_ip(data).ok()
        }
        _ => None,
    }
}

fn in_words(walked: &Walked) -> String {
    let frames: Vec<_> =
        walked.frames.iter().map(|(suite, count)| format!("{count} frames {suite}")).collect();
    let frames = if frames.is_empty() { "no frames".to_owned() } else { frames.join(", ") };
    let cut = match walked.cut_bytes {
        0 => String::new(),
        bytes => format!(", and {bytes} bytes of a message that the capture cuts off"),
    };
    format!(
        "{} handshake messages, {frames}, {} sealed bytes{cut}",
        walked.handshake_messages, walked.sealed_bytes
    )
}

/// One direction of one connection: its pieces by their distance from the
/// first byte.
#[derive(Default)]
struct Stream {
    /// Sequence number of the first byte, if the capture has the beginning.
    first: Option<u32>,
    began_before: bool,
    pieces: BTreeMap<u64, Vec<u8>>,
    /// Bytes came twice and differed, or lie before the first one.
    is_ambiguous: bool,
    /// Distance of the furthest piece: numbers wrap around every 4 GiB.
    furthest: u64,
}

impl Stream {
    fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    fn add(&mut self, number: u32, begins: bool, payload: &[u8]) {
        let number = if begins { number.wrapping_add(1) } else { number };
        self.began_before |= self.first.is_none() && !begins;
        let first = *self.first.get_or_insert(number);
        if payload.is_empty() {
            return;
        }
        // The distance nearest to where the stream is.
        let step = number.wrapping_sub(first.wrapping_add(self.furthest as u32)) as i32;
        let Some(distance) = self.furthest.checked_add_signed(i64::from(step)) else {
            self.is_ambiguous = true;
            return;
        };
        self.furthest = self.furthest.max(distance);
        let piece = self.pieces.entry(distance).or_default();
        self.is_ambiguous |= piece.iter().zip(payload).any(|(known, new)| known != new);
        if payload.len() > piece.len() {
            *piece = payload.to_vec();
        }
    }

    fn judge(&self) -> Result<Walked, String> {
        if self.began_before {
            return Err("it began before the capture, so it cannot be walked".to_owned());
        }
        let (bytes, gap, is_ambiguous) = self.join();
        let walked = walk(&bytes).map_err(|foreign| foreign.to_string())?;
        match gap {
            Some(at) => Err(format!("the capture misses bytes from {at} on")),
            None if is_ambiguous => {
                Err("bytes of it were sent twice and differ, or lie before its first".to_owned())
            }
            None => Ok(walked),
        }
    }

    /// The bytes up to the first gap, where that is, and whether others were
    /// seen in the place of some.
    fn join(&self) -> (Vec<u8>, Option<u64>, bool) {
        let mut bytes: Vec<u8> = Vec::new();
        let mut is_ambiguous = self.is_ambiguous;
        for (distance, piece) in &self.pieces {
            let Some(known) = bytes.get(*distance as usize..) else {
                let end = bytes.len() as u64;
                return (bytes, Some(end), is_ambiguous);
            };
            is_ambiguous |= known.iter().zip(piece).any(|(known, new)| known != new);
            let known_len = known.len();
            if let Some(fresh) = piece.get(known_len..) {
                bytes.extend_from_slice(fresh);
            }
        }
        (bytes, None, is_ambiguous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &[u8] = &[3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x16, 3, 1, 0, 2, 7, 7];
    const FRAME: &[u8] = &[
        3, 0x10, 0, 0, 0, 0, 0, 0, 1, 0, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        16,
    ];

    /// A packet of Ethernet, IPv4 and TCP.
    fn packet(number: u32, syn: bool, payload: &[u8]) -> Vec<u8> {
        let builder = etherparse::PacketBuilder::ethernet2([0; 6], [1; 6])
            .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
            .tcp(4000, 5000, number, 1000);
        let builder = if syn { builder.syn() } else { builder };
        let mut bytes = Vec::new();
        builder.write(&mut bytes, payload).unwrap();
        bytes
    }

    fn pcap(packets: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Vec::new();
        for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 1 << 18, 1] {
            file.extend(word.to_le_bytes());
        }
        for packet in packets {
            for word in [0, 0, packet.len() as u32, packet.len() as u32] {
                file.extend(word.to_le_bytes());
            }
            file.extend(packet);
        }
        file
    }

    fn complaints(packets: &[Vec<u8>], ports: &[u16]) -> Vec<String> {
        let mut capture = Capture::default();
        capture.read(std::io::Cursor::new(pcap(packets))).unwrap();
        assert_eq!(capture.packets, packets.len() as u64);
        capture.judge(ports).complaints
    }

    #[test]
    fn a_sealed_stream_in_pieces_out_of_order_and_repeated_is_ours() {
        let stream = [HELLO, FRAME, FRAME].concat();
        // The numbers wrap around within the stream.
        let start = u32::MAX - 5;
        let at = |from: usize, to: usize| {
            packet(start.wrapping_add(1 + from as u32), false, &stream[from..to])
        };
        let packets = [packet(start, true, b""), at(0, 9), at(30, 75), at(9, 30), at(5, 30)];
        assert_eq!(complaints(&packets, &[]), Vec::<String>::new());
        // Without one of them, nothing is proved.
        let gap = complaints(&[packets[0].clone(), packets[1].clone(), packets[2].clone()], &[]);
        assert!(gap[0].contains("misses bytes from 9"), "{gap:?}");
        let late = complaints(&packets[1..], &[]);
        assert!(late[0].contains("began before"), "{late:?}");
    }

    #[test]
    fn plaintext_and_other_protocols_are_found() {
        let ours = [packet(9, true, b""), packet(10, false, &[HELLO, FRAME].concat())];
        let mut plain = ours.to_vec();
        plain.push(packet(10 + 19 + 28, false, b"the plate glows"));
        let found = complaints(&plain, &[]);
        assert!(found[0].contains("byte 47 begins 0x74"), "{found:?}");
        let mut udp = Vec::new();
        etherparse::PacketBuilder::ethernet2([0; 6], [1; 6])
            .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
            .udp(4000, 53)
            .write(&mut udp, b"a question")
            .unwrap();
        let mixed = [ours.to_vec(), vec![udp]].concat();
        // Plaintext in a frame of Ethernet that is neither IP nor ARP.
        let mut bare = ours[0].clone();
        bare[12..14].copy_from_slice(&[0x88, 0xb5]);
        let found = complaints(&[ours.to_vec(), vec![bare]].concat(), &[]);
        assert!(found[0].contains("neither IP nor ARP"), "{found:?}");
        assert!(complaints(&mixed, &[])[0].contains("UDP to port 53"));
        assert!(complaints(&mixed, &[5000]).is_empty());
        assert!(complaints(&mixed, &[1234])[0].contains("no stream of ours"));
    }

    #[test]
    fn plaintext_in_the_place_of_sealed_bytes_is_found() {
        let stream = [HELLO, FRAME].concat();
        let ours = [packet(9, true, b""), packet(10, false, &stream)];
        // The same bytes again are what TCP does.
        let again = [ours.to_vec(), vec![packet(15, false, &stream[5..30])]].concat();
        assert_eq!(complaints(&again, &[]), Vec::<String>::new());
        for at in [10, 15, 8] {
            let other = [ours.to_vec(), vec![packet(at, false, b"the plate")]].concat();
            let found = complaints(&other, &[]);
            assert!(found.iter().any(|why| why.contains("sent twice")), "{at}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_capture_is_said_to_be_none() {
        let mut capture = Capture::default();
        let error = capture.read(std::io::Cursor::new(b"hello, world, this is text".to_vec()));
        assert!(error.unwrap_err().contains("neither pcap nor pcapng"));
    }
}
