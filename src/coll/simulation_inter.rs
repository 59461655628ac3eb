//! Collectives on intercommunicators against a naive computation, in jobs of
//! one process (see `simulation`).

use super::simulation::{
    CONTEXT, Operation, Process, Random, UNTOUCHED, combined, contribution, filled, job, operation,
    seeds, types, values,
};
use super::*;
use crate::channel::PeerId;
use crate::object::group::Group;
use crate::object::hosts::Placement;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Barrier,
    Bcast,
    Reduce,
    Allreduce,
    Gather,
    Gatherv,
    Scatter,
    Scatterv,
    Allgather,
    Allgatherv,
    Alltoall,
    Alltoallw,
    ReduceScatter,
    Exchange,
}

const KINDS: [Kind; 14] = [
    Kind::Barrier,
    Kind::Bcast,
    Kind::Reduce,
    Kind::Allreduce,
    Kind::Gather,
    Kind::Gatherv,
    Kind::Scatter,
    Kind::Scatterv,
    Kind::Allgather,
    Kind::Allgatherv,
    Kind::Alltoall,
    Kind::Alltoallw,
    Kind::ReduceScatter,
    Kind::Exchange,
];

/// One collective, alike on all ranks.
#[derive(Clone, Debug)]
struct Case {
    kind: Kind,
    salt: u64,
    /// Process that is the root, where there is one.
    root: usize,
    count: usize,
    counts: Vec<usize>,
    op: Operation,
}

/// The two sides of a job: the first `cut` processes and the others.
#[derive(Clone, Copy)]
struct Sides {
    cut: usize,
    size: usize,
}

impl Sides {
    fn of(&self, process: usize) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let (low, high) = (0..self.cut, self.cut..self.size);
        if process < self.cut { (low, high) } else { (high, low) }
    }
}

fn group(processes: &std::ops::Range<usize>) -> Group {
    let peers: Vec<PeerId> = processes.clone().map(|process| PeerId(process as u32)).collect();
    Group::from_peers(peers)
}

fn perform(p: &mut Process, sides: Sides, number: u32, case: &Case, random: &mut Random) {
    let Case { salt, root, count, op, .. } = *case;
    let me = p.rank;
    let (ours, theirs) = sides.of(me);
    let (local, remote) = (group(&ours), group(&theirs));
    // The two sides may choose differently what to do among themselves.
    let host = |process: usize| match salt % 2 {
        0 => process as u32 / 2,
        _ => process as u32 % 2,
    };
    let placement = Placement::new(ours.clone().map(host));
    let party = Party::new(CONTEXT, number, (me - ours.start) as u32, &local);
    let party = party.placed(placement).facing(&remote);
    let settings = &Settings::DEFAULT;
    let root_here = ours.contains(&root);
    let place = match root_here {
        true if root == me => Root::Me,
        true => Root::Aside,
        false => Root::Rank(root - theirs.start),
    };
    let types = types();
    let drawn = random.below(3);
    let datatype = &types[if op == Operation::BuiltinSum { 0 } else { drawn }];
    let other_type = &types[random.below(3)];
    let own = filled(datatype, &contribution(salt, me, count));
    let operation = operation(op);
    let r = Reduction { op: &operation, datatype, count };
    let concat = |counts: &dyn Fn(usize) -> usize| -> Vec<u64> {
        theirs.clone().flat_map(|process| contribution(salt, process, counts(process))).collect()
    };
    let even = |count: usize| Blocks::Even {
        whole: filled(other_type, &vec![UNTOUCHED; theirs.len() * count]),
        each: count,
    };
    let list = |counts: &dyn Fn(usize) -> usize| {
        Blocks::List(
            theirs
                .clone()
                .map(|process| filled(other_type, &vec![UNTOUCHED; counts(process)]))
                .collect(),
        )
    };
    let all = |blocks: &Blocks| -> Vec<u64> {
        (0..theirs.len()).flat_map(|rank| values(&blocks.of(rank))).collect()
    };
    let run = |schedule: Schedule| p.run(schedule).expect("nothing is lost");
    let is_root = place == Root::Me;
    let takes_part = place != Root::Aside;
    let vector = |from: &std::ops::Range<usize>, first: usize, count: usize| -> Vec<u64> {
        (first..first + count).map(|index| combined(op, salt, from.clone(), index)).collect()
    };
    match case.kind {
        Kind::Barrier => run(barrier(party, settings)),
        Kind::Bcast => {
            let buffer = if is_root { own } else { filled(other_type, &vec![UNTOUCHED; count]) };
            run(bcast(party, settings, place, &buffer));
            let expected = match takes_part {
                true => contribution(salt, root, count),
                false => vec![UNTOUCHED; count],
            };
            assert_eq!(values(&buffer), expected);
        }
        Kind::Reduce => {
            let result = filled(datatype, &vec![UNTOUCHED; count]);
            run(reduce(party, settings, place, &r, &own, is_root.then_some(&result)));
            if is_root {
                assert_eq!(values(&result), vector(&theirs, 0, count));
            }
        }
        Kind::Allreduce => {
            let result = filled(datatype, &vec![UNTOUCHED; count]);
            run(allreduce(party, settings, &r, &own, &result));
            assert_eq!(values(&result), vector(&theirs, 0, count));
        }
        Kind::Gather => {
            let blocks = even(count);
            let own = takes_part.then_some(&own);
            run(gather(party, settings, place, own, is_root.then_some(&blocks), count * 8));
            if is_root {
                assert_eq!(all(&blocks), concat(&|_| count));
            }
        }
        Kind::Gatherv => {
            let counts = |process: usize| case.counts[process];
            let blocks = list(&counts);
            let own = filled(datatype, &contribution(salt, me, counts(me)));
            run(gatherv(party, place, Some(&own), is_root.then_some(&blocks)));
            if is_root {
                assert_eq!(all(&blocks), concat(&counts));
            }
        }
        Kind::Scatter | Kind::Scatterv => {
            let is_even = matches!(case.kind, Kind::Scatter);
            let counts = |process: usize| if is_even { count } else { case.counts[process] };
            let blocks = match is_even {
                true => Blocks::Even { whole: filled(datatype, &concat(&counts)), each: count },
                false => Blocks::List(
                    theirs
                        .clone()
                        .map(|to| filled(datatype, &contribution(salt, to, counts(to))))
                        .collect(),
                ),
            };
            let into = filled(other_type, &vec![UNTOUCHED; counts(me)]);
            let blocks = is_root.then_some(&blocks);
            run(match is_even {
                true => scatter(party, settings, place, blocks, Some(&into), count * 8),
                false => scatterv(party, place, blocks, Some(&into)),
            });
            if matches!(place, Root::Rank(_)) {
                assert_eq!(values(&into), contribution(salt, me, counts(me)));
            }
        }
        Kind::Allgather | Kind::Allgatherv => {
            // The two sides may send different amounts.
            let is_even = matches!(case.kind, Kind::Allgather);
            let side_count = |process: usize| case.counts[sides.of(process).0.start];
            let counts =
                |process: usize| if is_even { side_count(process) } else { case.counts[process] };
            let own = filled(datatype, &contribution(salt, me, counts(me)));
            let blocks = if is_even { even(counts(theirs.start)) } else { list(&counts) };
            run(match is_even {
                true => allgather(party, settings, Some(&own), &blocks),
                false => allgatherv(party, settings, Some(&own), &blocks),
            });
            assert_eq!(all(&blocks), concat(&counts));
        }
        Kind::Alltoall | Kind::Alltoallw => {
            let is_even = matches!(case.kind, Kind::Alltoall);
            let between = |from: usize, to: usize| match is_even {
                true => count,
                false => (case.counts[from] + 3 * case.counts[to]) % 50,
            };
            let block =
                |from: usize, to: usize| contribution(salt ^ to as u64, from, between(from, to));
            let out = theirs.clone().map(|to| filled(datatype, &block(me, to))).collect::<Vec<_>>();
            let recv = list(&|from| between(from, me));
            let send = Blocks::List(out);
            run(match is_even {
                true => alltoall(party, settings, Some(&send), &recv),
                false => alltoallw(party, Some(&send), &recv),
            });
            let expected: Vec<u64> = theirs.clone().flat_map(|from| block(from, me)).collect();
            assert_eq!(all(&recv), expected);
        }
        Kind::ReduceScatter => {
            // Both sides cut the same number of elements.
            let total = count * ours.len() * theirs.len();
            let each = total / ours.len();
            let r = Reduction { count: total, ..r };
            let own = filled(datatype, &contribution(salt, me, total));
            let result = filled(datatype, &vec![UNTOUCHED; each]);
            let cuts: Vec<usize> = (0..=ours.len()).map(|rank| rank * each).collect();
            run(reduce_scatter(party, settings, &r, &own, &result, &cuts));
            assert_eq!(values(&result), vector(&theirs, (me - ours.start) * each, each));
        }
        Kind::Exchange => {
            let rows = Buffer::scratch(8 * sides.size);
            let own = Buffer::from_bytes(&salt.wrapping_add(me as u64).to_le_bytes());
            run(exchange(party, &own, &rows));
            let expected: Vec<u64> = ours
                .clone()
                .chain(theirs.clone())
                .map(|process| salt.wrapping_add(process as u64))
                .collect();
            assert_eq!(values(&rows), expected);
        }
    }
}

#[test]
fn both_sides_get_what_a_naive_computation_gives() {
    for seed in seeds(24) {
        let size = 2 + seed as usize % 7;
        let shared = Random(seed);
        job(size, seed, |p| {
            let mut shared = shared.clone();
            let mut private = Random(seed ^ (p.rank as u64 + 1) << 40);
            for number in 0..2 * KINDS.len() {
                let sides = Sides { cut: 1 + shared.below(size - 1), size };
                let most = shared.pick(&[0, 3, 40, 400, 700]);
                let case = Case {
                    kind: KINDS[number % KINDS.len()],
                    salt: shared.next(),
                    root: shared.below(size),
                    count: shared.below(most + 1),
                    counts: (0..size).map(|_| shared.below(most + 1)).collect(),
                    op: shared.pick(&[Operation::BuiltinSum, Operation::Sum, Operation::Product]),
                };
                let act = std::panic::AssertUnwindSafe(|| {
                    perform(p, sides, number as u32, &case, &mut private);
                });
                if let Err(panic) = std::panic::catch_unwind(act) {
                    eprintln!("seed {seed}, number {number}, cut {}, {case:?}", sides.cut);
                    std::panic::resume_unwind(panic);
                }
            }
        });
    }
}
