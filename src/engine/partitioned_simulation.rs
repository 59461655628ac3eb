//! Partitioned communication over the simulated network: see `simulation`.

use super::simulation::{Random, engines, envelope, run_until, seeds};
use super::*;

/// Bytes of round `round` of flow `flow`.
fn content(flow: u64, round: u64, len: usize) -> Vec<u8> {
    let mut random = Random(flow << 32 | round);
    (0..len).map(|_| random.next() as u8).collect()
}

struct Flow {
    tag: i32,
    len: usize,
    cuts: [usize; 2],
    requests: [RequestId; 2],
    buffers: [Buffer; 2],
    /// Partitions not ready yet, in the order in which they become ready.
    unready: Vec<i64>,
}

const LENS: [usize; 4] = [0, 64, 4096, 192 << 10];

fn flows(engines: &[Engine], random: &mut Random) -> Vec<Flow> {
    let mut flows: Vec<Flow> = Vec::new();
    for _ in 0..1 + random.below(4) {
        let len = LENS[random.below(4) as usize];
        let cuts = [0, 1].map(|_| 1usize << random.below(7));
        // Few tags, so that flows of the same envelope are told apart by order.
        let tag = random.below(2) as i32;
        let buffers = [Buffer::scratch(len), Buffer::scratch(len)];
        let requests = [RequestId(0); 2];
        flows.push(Flow { tag, len, cuts, requests, buffers, unready: Vec::new() });
    }
    // Both sides make theirs in this order, but not at the same time.
    let (mut sends, mut receives) = (0, 0);
    while sends < flows.len() || receives < flows.len() {
        if random.below(2) == 0 && sends < flows.len() {
            let flow = &mut flows[sends];
            let to = Some((PeerId(1), envelope(0, flow.tag)));
            let buffer = flow.buffers[0].clone();
            flow.requests[0] = engines[0].partitioned_send(to, buffer, flow.cuts[0]);
            sends += 1;
        } else if receives < flows.len() {
            let flow = &mut flows[receives];
            let from = Some((PeerId(0), envelope(0, flow.tag)));
            let buffer = flow.buffers[1].clone();
            flow.requests[1] = engines[1].partitioned_receive(from, buffer, flow.cuts[1]);
            receives += 1;
        }
        engines[random.below(2) as usize].progress();
    }
    flows
}

fn shuffle(list: &mut [i64], random: &mut Random) {
    for i in (1..list.len()).rev() {
        list.swap(i, random.below(i as u64 + 1) as usize);
    }
}

/// What has arrived is the data of its round, whenever it is asked for.
fn check_arrived(engine: &Engine, flow: &Flow, expected: &[u8]) {
    let each = flow.len / flow.cuts[1];
    let mut bytes = vec![0; each];
    for partition in 0..flow.cuts[1] {
        if engine.partition_arrived(flow.requests[1], partition as i64).unwrap() {
            let at = partition * each;
            flow.buffers[1].pack(at, &mut bytes);
            assert!(bytes == expected[at..at + each], "partition {partition} arrived wrong");
        }
    }
}

fn rounds(seed: u64) {
    let mut random = Random(seed);
    let (engines, _network) = engines(2, seed);
    let mut flows = flows(&engines, &mut random);
    for round in 0..1 + random.below(4) {
        for (number, flow) in flows.iter_mut().enumerate() {
            flow.buffers[0].unpack(0, &content(number as u64, round, flow.len));
            flow.unready = (0..flow.cuts[0] as i64).collect();
            shuffle(&mut flow.unready, &mut random);
            engines[0].start(flow.requests[0]).unwrap();
        }
        let mut started = 0;
        while started < flows.len() || flows.iter().any(|flow| !flow.unready.is_empty()) {
            match random.below(4) {
                0 if started < flows.len() => {
                    engines[1].start(flows[started].requests[1]).unwrap();
                    started += 1;
                }
                1 => {
                    engines[random.below(2) as usize].progress();
                }
                _ => {
                    let number = random.below(flows.len() as u64) as usize;
                    let flow = &mut flows[number];
                    let keep = flow.unready.len() - flow.unready.len().min(1 + number);
                    let ready = flow.unready.split_off(keep);
                    engines[0].partitions_ready(flow.requests[0], &ready).unwrap();
                    if started > number {
                        check_arrived(&engines[1], flow, &content(number as u64, round, flow.len));
                    }
                }
            }
        }
        run_until(&engines, &format!("seed {seed}, round {round}"), || {
            (0..2).all(|at| flows.iter().all(|flow| engines[at].is_complete(flow.requests[at])))
        });
        for (number, flow) in flows.iter().enumerate() {
            for (at, engine) in engines.iter().enumerate() {
                let finished = engine.finish(flow.requests[at]).unwrap();
                assert!(!finished.gone && finished.status.error.is_none(), "seed {seed}");
                assert_eq!(engine.phase(flow.requests[at]), Phase::Inactive);
                if at == 1 {
                    assert_eq!(finished.status.count, flow.len as u64);
                    assert_eq!((finished.status.source, finished.status.tag), (0, flow.tag));
                }
            }
            let expected = content(number as u64, round, flow.len);
            assert!(flow.buffers[1].to_vec() == expected, "seed {seed}: flow {number} altered");
        }
    }
    for flow in flows {
        engines[0].release(flow.requests[0]).unwrap();
        engines[1].release(flow.requests[1]).unwrap();
    }
}

#[test]
fn random_partitions_arrive_in_place_round_after_round() {
    for seed in seeds(150) {
        rounds(seed);
    }
}

#[test]
fn partitions_leave_as_they_become_ready() {
    let (engines, _network) = engines(2, 9);
    let (out, into) = (Buffer::from_bytes(&[7; 4000]), Buffer::scratch(4000));
    let send = engines[0].partitioned_send(Some((PeerId(1), envelope(0, 1))), out, 4);
    let receive = engines[1].partitioned_receive(Some((PeerId(0), envelope(0, 1))), into, 4);
    engines[0].start(send).unwrap();
    engines[1].start(receive).unwrap();
    engines[0].partitions_ready(send, &[2]).unwrap();
    run_until(&engines, "one partition", || engines[1].partition_arrived(receive, 2).unwrap());
    assert!(!engines[1].partition_arrived(receive, 1).unwrap());
    assert!(!engines[0].is_complete(send) && !engines[1].is_complete(receive));
    engines[0].partitions_ready(send, &[0, 3, 1]).unwrap();
    run_until(&engines, "the rest", || engines[1].is_complete(receive));
}

#[test]
fn a_longer_message_is_cut_and_the_flow_goes_on() {
    let (engines, _network) = engines(2, 11);
    let (out, into) = (Buffer::from_bytes(&[5; 100]), Buffer::scratch(40));
    let send = engines[0].partitioned_send(Some((PeerId(1), envelope(0, 1))), out, 10);
    let receive =
        engines[1].partitioned_receive(Some((PeerId(0), envelope(0, 1))), into.clone(), 2);
    for _ in 0..3 {
        engines[0].start(send).unwrap();
        engines[1].start(receive).unwrap();
        engines[0].partitions_ready(send, &[0, 1, 2, 3]).unwrap();
        run_until(&engines, "what fits", || engines[1].is_complete(receive));
        let status = engines[1].finish(receive).unwrap().status;
        assert_eq!(status.error.map(|error| error.class()), Some(Class::Truncate));
        assert_eq!(into.to_vec(), [5; 40]);
        engines[0].partitions_ready(send, &[4, 5, 6, 7, 8, 9]).unwrap();
        run_until(&engines, "the send", || engines[0].is_complete(send));
        assert!(engines[0].finish(send).unwrap().status.error.is_none());
    }
}

#[test]
fn mistakes_with_partitions_are_named_and_change_nothing() {
    let (engines, _network) = engines(1, 1);
    let engine = &engines[0];
    let me = Some((PeerId(0), envelope(0, 1)));
    let into = Buffer::scratch(8);
    let send = engine.partitioned_send(me, Buffer::from_bytes(&[1; 8]), 4);
    let receive = engine.partitioned_receive(me, into.clone(), 2);
    let class = |result: Result<()>| result.unwrap_err().class();
    assert_eq!(class(engine.partitions_ready(send, &[0])), Class::Request);
    engine.start(send).unwrap();
    engine.start(receive).unwrap();
    assert_eq!(class(engine.start(send)), Class::Request);
    assert_eq!(class(engine.partitions_ready(send, &[0, 4])), Class::Arg);
    assert_eq!(class(engine.partitions_ready(send, &[0, 1, 0])), Class::Arg);
    assert_eq!(class(engine.partitions_ready(receive, &[0])), Class::Request);
    assert!(engine.partition_arrived(send, 0).is_err());
    assert!(engine.partition_arrived(receive, 2).is_err());
    engine.partitions_ready(send, &[0, 1, 2, 3]).unwrap();
    run_until(&engines, "to itself", || engine.all_complete([send, receive]));
    assert_eq!(into.to_vec(), [1; 8]);
}

#[test]
fn a_lost_peer_ends_active_rounds_and_later_ones() {
    let (engines, network) = engines(2, 4);
    let ends = (PeerId(1), envelope(1, 1));
    let receive = engines[0].partitioned_receive(Some(ends), Buffer::scratch(8), 2);
    let send = engines[0].partitioned_send(Some(ends), Buffer::scratch(8), 2);
    engines[0].start(receive).unwrap();
    network.cut(PeerId(0), PeerId(1));
    run_until(&engines, "the loss", || engines[0].is_complete(receive));
    assert!(engines[0].finish(receive).unwrap().status.error.is_some());
    engines[0].start(send).unwrap();
    assert!(engines[0].wait(send).error.is_some());
    engines[0].release(send).unwrap();
    engines[0].release(receive).unwrap();
}

#[test]
fn many_threads_make_partitions_ready() {
    let (engines, _network) = engines(2, 21);
    let engines = &engines;
    let each = 1000;
    let bytes = content(1, 1, 16 * each);
    let into = Buffer::scratch(bytes.len());
    let ends = |peer| Some((PeerId(peer), envelope(0, 3)));
    let send = engines[0].partitioned_send(ends(1), Buffer::from_bytes(&bytes), 16);
    let receive = engines[1].partitioned_receive(ends(0), into.clone(), 4);
    for _ in 0..20 {
        engines[0].start(send).unwrap();
        engines[1].start(receive).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for partition in (thread..16).step_by(4) {
                        engines[0].partitions_ready(send, &[partition]).unwrap();
                    }
                });
            }
            scope.spawn(move || engines[0].wait(send));
            scope.spawn(move || assert!(engines[1].wait(receive).error.is_none()));
        });
        assert!(into.to_vec() == bytes);
    }
}
