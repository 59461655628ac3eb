//! Whole jobs in one process, one thread per rank, over the simulated
//! network: every algorithm against a naive computation. `MPI_SECURE_SEED=n`
//! runs that one seed.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::choose::{
    Allgather, Allgatherv, Allreduce, Alltoall, Barrier, Bcast, Gather, Reduce, ReduceScatter,
    Scan, Scatter,
};
use super::*;
use crate::channel::PeerId;
use crate::channel::simulated::{Network, Simulated};
use crate::engine::{self, Engine, Envelope, Mode, Pattern, Source};
use crate::object::contents::Form;
use crate::object::group::Group;
use crate::object::hosts::{Hosts, Placement};
use crate::object::op::{Builtin, Op, UserOp};
use crate::object::{Basic, Datatype};
use crate::object::{Class, Result};

/// Small deterministic generator (SplitMix64): a seed is a whole test.
#[derive(Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

pub(super) fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("MPI_SECURE_SEED") {
        Ok(seed) => vec![seed.parse().expect("MPI_SECURE_SEED is a number")],
        Err(_) => (0..count).collect(),
    }
}

pub(super) const CONTEXT: u64 = 4;

/// One process of the job.
pub(super) struct Process<'a> {
    engine: &'a Engine,
    network: &'a Network,
    pub(super) rank: usize,
    pub(super) size: usize,
    members: Group,
    placement: Placement,
    collectives: u32,
}

impl Process<'_> {
    fn party(&mut self) -> Party {
        self.collectives += 1;
        Party::new(CONTEXT, self.collectives, self.rank as u32, &self.members)
            .placed(self.placement.clone())
    }

    pub(super) fn run(&self, schedule: Schedule) -> Result<()> {
        run(self.engine, schedule)
    }
}

/// Runs `body` on every rank. A rank that panics, or a job that hangs, ends
/// the test process with its name: waiting for it would hide it.
pub(super) fn job(size: usize, seed: u64, body: impl Fn(&mut Process) + Send + Sync) {
    let ends: Vec<Simulated> = Network::new(size as u32, seed);
    let network = ends[0].network();
    let engines: Vec<Engine> = ends
        .into_iter()
        .map(|end| {
            let settings = engine::Settings {
                eager_max: 2 << 10,
                rulebook: Arc::new(crate::secure::Rulebook::of_link(Default::default())),
                spin_max: Duration::ZERO,
                on_security_failure: Box::new(|error| panic!("{error}")),
            };
            Engine::new(end.me(), Box::new(end), settings)
        })
        .collect();
    let members = group(size);
    let (done, finished) = channel();
    std::thread::scope(|scope| {
        for (rank, engine) in engines.iter().enumerate() {
            let (done, body, network, members) = (done.clone(), &body, &network, members.clone());
            scope.spawn(move || {
                let mut process = Process {
                    engine,
                    network,
                    rank,
                    size,
                    members,
                    placement: Placement::Apart,
                    collectives: 0,
                };
                if catch_unwind(AssertUnwindSafe(|| body(&mut process))).is_err() {
                    eprintln!("rank {rank} of {size}, seed {seed}: failed");
                    std::process::abort();
                }
                // Keep what was sent moving until everybody has it.
                engine.flush(Duration::from_secs(30));
                done.send(rank).expect("the job waits");
            });
        }
        for _ in 0..size {
            if finished.recv_timeout(Duration::from_secs(300)).is_err() {
                eprintln!("a job of {size} ranks, seed {seed}: hangs");
                std::process::abort();
            }
        }
    });
}

// What the tests need of objects.

fn group(size: usize) -> Group {
    Group::identity(size as u32)
}

/// Types of eight data bytes: dense, with gaps, and in backward order.
pub(super) fn types() -> [Arc<Datatype>; 3] {
    let dense = Datatype::predefined(Basic::Uint64);
    let gaps = Datatype::resized(Form::Small, 0, 24, dense).expect("bounds that fit");
    let backward = Datatype::resized(Form::Small, 16, -16, dense).expect("bounds that fit");
    [dense.clone(), gaps, backward]
}

/// An operation of the application, on elements of eight bytes.
struct Calculation(fn(u64, u64) -> u64);

impl UserOp for Calculation {
    fn apply(&self, from: *const c_void, into: *mut c_void, len: i64, datatype: &Arc<Datatype>) {
        // SAFETY: the addresses are those of buffers of `len` such items.
        let buffer = |address| unsafe { Buffer::new(address, len as usize, datatype) };
        let (from, into) = (buffer(from.cast_mut()), buffer(into));
        let results = values(&from).into_iter().zip(values(&into)).map(|(a, b)| (self.0)(a, b));
        into.unpack(0, &results.flat_map(u64::to_le_bytes).collect::<Vec<u8>>());
    }
}

pub(super) fn operation(kind: Operation) -> Arc<Op> {
    let calculation = |f, commutative| Arc::new(Op::user(Arc::new(Calculation(f)), commutative));
    match kind {
        Operation::BuiltinSum => Arc::new(Op::builtin(Builtin::Sum)),
        Operation::Sum => calculation(u64::wrapping_add, true),
        Operation::Product => calculation(product, false),
        Operation::Float => calculation(float_sum, true),
    }
}

fn float_sum(a: u64, b: u64) -> u64 {
    (f64::from_bits(a) + f64::from_bits(b)).to_bits()
}

pub(super) fn filled(datatype: &Arc<Datatype>, values: &[u64]) -> Buffer {
    let buffer = Buffer::scratch_items(values.len(), datatype).unwrap();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    buffer.unpack(0, &bytes);
    buffer
}

pub(super) fn values(buffer: &Buffer) -> Vec<u64> {
    buffer.to_vec().chunks(8).map(|chunk| u64::from_le_bytes(chunk.try_into().unwrap())).collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operation {
    /// Predefined, and so only for predefined types.
    BuiltinSum,
    Sum,
    /// Does not commute.
    Product,
    /// Depends on the order it is done in.
    Float,
}

/// Product of two by two matrices of 16-bit numbers.
fn product(a: u64, b: u64) -> u64 {
    let cell = |m: u64, row: u64, column: u64| (m >> (16 * (2 * row + column))) as u16;
    let mut result = 0;
    for row in 0..2 {
        for column in 0..2 {
            let sum = (0..2).fold(0u16, |sum, k| {
                sum.wrapping_add(cell(a, row, k).wrapping_mul(cell(b, k, column)))
            });
            result |= u64::from(sum) << (16 * (2 * row + column));
        }
    }
    result
}

/// What rank `rank` contributes as element `index`.
pub(super) fn value(salt: u64, rank: usize, index: usize) -> u64 {
    Random(salt ^ (rank as u64) << 32 ^ index as u64).next()
}

pub(super) fn contribution(salt: u64, rank: usize, count: usize) -> Vec<u64> {
    (0..count).map(|index| value(salt, rank, index)).collect()
}

pub(super) fn combined(
    op: Operation,
    salt: u64,
    ranks: std::ops::Range<usize>,
    index: usize,
) -> u64 {
    let f = match op {
        Operation::BuiltinSum | Operation::Sum => u64::wrapping_add,
        Operation::Product => product,
        Operation::Float => float_sum,
    };
    ranks.map(|rank| value(salt, rank, index)).reduce(f).expect("at least one rank")
}

pub(super) const UNTOUCHED: u64 = 0x5555_5555_5555_5555;

/// One collective drawn at random, alike on all ranks.
#[derive(Clone, Debug)]
struct Case {
    kind: Kind,
    salt: u64,
    root: usize,
    count: usize,
    counts: Vec<usize>,
    op: Operation,
    in_place: bool,
    settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq)]
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
    Scan,
    Exscan,
}

const KINDS: [Kind; 15] = [
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
    Kind::Scan,
    Kind::Exscan,
];

impl Case {
    fn draw(random: &mut Random, size: usize) -> Case {
        // Rarely long enough to be cut into pieces: the naive side is slow.
        let most = random.pick(&[1, 3, 40, 40, 40, 40, 700, 700, 700, 700, 700, 9000]);
        let mut case = Case::of(random.pick(&KINDS), random, size, most);
        case.settings = Settings {
            bcast: Some(random.pick(Bcast::ALL)),
            reduce: Some(random.pick(Reduce::ALL)),
            allreduce: Some(random.pick(Allreduce::ALL)),
            gather: Some(random.pick(Gather::ALL)),
            scatter: Some(random.pick(Scatter::ALL)),
            allgather: Some(random.pick(Allgather::ALL)),
            allgatherv: Some(random.pick(Allgatherv::ALL)),
            alltoall: Some(random.pick(Alltoall::ALL)),
            reduce_scatter: Some(random.pick(ReduceScatter::ALL)),
            barrier: Some(random.pick(Barrier::ALL)),
            scan: Some(random.pick(Scan::ALL)),
        };
        case
    }

    fn of(kind: Kind, random: &mut Random, size: usize, most: usize) -> Case {
        Case {
            kind,
            salt: random.next(),
            root: random.below(size),
            count: random.below(most + 1),
            counts: (0..size).map(|_| random.below(most + 1)).collect(),
            op: random.pick(&[Operation::BuiltinSum, Operation::Sum, Operation::Product]),
            in_place: random.below(3) == 0,
            settings: Settings::default(),
        }
    }

    /// The block `from` has for `to` in an alltoallw.
    fn between(&self, from: usize, to: usize) -> usize {
        let (a, b) = if self.in_place { (from.min(to), from.max(to)) } else { (from, to) };
        (self.counts[a] + 3 * b) % 50
    }
}

/// Carries out `case` on one rank and compares; a failure of the collective
/// is returned.
fn perform(p: &mut Process, case: &Case, random: &mut Random) -> Result<()> {
    let Case { salt, root, count, op, in_place, .. } = *case;
    let (rank, size) = (p.rank, p.size);
    let settings = &case.settings;
    let types = types();
    // Each rank and side draws its own type; the signatures agree.
    let drawn = random.below(3);
    let ours = &types[if op == Operation::BuiltinSum { 0 } else { drawn }];
    let theirs = &types[random.below(3)];
    let own = filled(ours, &contribution(salt, rank, count));
    let operation = operation(op);
    let r = Reduction { op: &operation, datatype: ours, count };
    let is_root = rank == root;
    let concat = |ranks: std::ops::Range<usize>, counts: &dyn Fn(usize) -> usize| -> Vec<u64> {
        ranks.flat_map(|rank| contribution(salt, rank, counts(rank))).collect()
    };
    let list = |datatype: &Arc<Datatype>, counts: &dyn Fn(usize) -> usize| -> Blocks {
        Blocks::List(
            (0..size).map(|rank| filled(datatype, &vec![UNTOUCHED; counts(rank)])).collect(),
        )
    };
    let even = |datatype: &Arc<Datatype>| Blocks::Even {
        whole: filled(datatype, &vec![UNTOUCHED; count * size]),
        each: count,
    };
    let all = |blocks: &Blocks| -> Vec<u64> {
        (0..size).flat_map(|rank| values(&blocks.of(rank))).collect()
    };
    let put = |blocks: &Blocks, counts: &dyn Fn(usize) -> usize| {
        Buffer::copy(&filled(ours, &contribution(salt, rank, counts(rank))), &blocks.of(rank))
            .unwrap();
    };
    let party = p.party();
    match case.kind {
        Kind::Barrier => p.run(barrier(party, settings))?,
        Kind::Bcast => {
            let buffer = if is_root { own } else { filled(theirs, &vec![UNTOUCHED; count]) };
            p.run(bcast(party, settings, Root::Rank(root), &buffer))?;
            assert_eq!(values(&buffer), contribution(salt, root, count));
        }
        Kind::Reduce => {
            let result = if in_place && is_root {
                own.clone()
            } else {
                filled(ours, &vec![UNTOUCHED; count])
            };
            p.run(reduce(party, settings, Root::Rank(root), &r, &own, is_root.then_some(&result)))?;
            let expected: Vec<u64> =
                (0..count).map(|index| combined(op, salt, 0..size, index)).collect();
            if is_root {
                assert_eq!(values(&result), expected);
            }
        }
        Kind::Allreduce | Kind::Scan | Kind::Exscan => {
            let result = if in_place { own.clone() } else { filled(ours, &vec![UNTOUCHED; count]) };
            let (schedule, ranks) = match case.kind {
                Kind::Allreduce => (allreduce(party, settings, &r, &own, &result), 0..size),
                Kind::Scan => (scan(party, settings, &r, &own, &result), 0..rank + 1),
                _ => (exscan(party, settings, &r, &own, &result), 0..rank),
            };
            p.run(schedule)?;
            if !ranks.is_empty() {
                let expected: Vec<u64> =
                    (0..count).map(|index| combined(op, salt, ranks.clone(), index)).collect();
                assert_eq!(values(&result), expected);
            }
        }
        Kind::Gather => {
            let blocks = even(theirs);
            if in_place && is_root {
                put(&blocks, &|_| count);
            }
            let own = (!in_place || !is_root).then_some(&own);
            let at_root = is_root.then_some(&blocks);
            p.run(gather(party, settings, Root::Rank(root), own, at_root, count * 8))?;
            if is_root {
                assert_eq!(all(&blocks), concat(0..size, &|_| count));
            }
        }
        Kind::Gatherv => {
            let counts = |rank: usize| case.counts[rank];
            let blocks = list(theirs, &counts);
            if in_place && is_root {
                put(&blocks, &counts);
            }
            let own = filled(ours, &contribution(salt, rank, counts(rank)));
            let own = (!in_place || !is_root).then_some(&own);
            p.run(gatherv(party, Root::Rank(root), own, is_root.then_some(&blocks)))?;
            if is_root {
                assert_eq!(all(&blocks), concat(0..size, &counts));
            }
        }
        Kind::Scatter => {
            let whole = filled(theirs, &concat(0..size, &|_| count));
            let blocks = Blocks::Even { whole, each: count };
            let own = filled(ours, &vec![UNTOUCHED; count]);
            let kept = in_place && is_root;
            let at_root = is_root.then_some(&blocks);
            let kept_own = (!kept).then_some(&own);
            p.run(scatter(party, settings, Root::Rank(root), at_root, kept_own, count * 8))?;
            if !kept {
                assert_eq!(values(&own), contribution(salt, rank, count));
            }
        }
        Kind::Scatterv => {
            let counts = |rank: usize| case.counts[rank];
            let blocks = (0..size)
                .map(|rank| filled(theirs, &contribution(salt, rank, counts(rank))))
                .collect();
            let blocks = Blocks::List(blocks);
            let own = filled(ours, &vec![UNTOUCHED; counts(rank)]);
            let kept = in_place && is_root;
            let at_root = is_root.then_some(&blocks);
            p.run(scatterv(party, Root::Rank(root), at_root, (!kept).then_some(&own)))?;
            if !kept {
                assert_eq!(values(&own), contribution(salt, rank, counts(rank)));
            }
        }
        Kind::Allgather => {
            let blocks = even(theirs);
            if in_place {
                put(&blocks, &|_| count);
            }
            p.run(allgather(party, settings, (!in_place).then_some(&own), &blocks))?;
            assert_eq!(all(&blocks), concat(0..size, &|_| count));
        }
        Kind::Allgatherv => {
            let counts = |rank: usize| case.counts[rank];
            let blocks = list(theirs, &counts);
            if in_place {
                put(&blocks, &counts);
            }
            let own = filled(ours, &contribution(salt, rank, counts(rank)));
            p.run(allgatherv(party, settings, (!in_place).then_some(&own), &blocks))?;
            assert_eq!(all(&blocks), concat(0..size, &counts));
        }
        Kind::Alltoall => {
            let block = |from: usize, to: usize| contribution(salt ^ to as u64, from, count);
            let out: Vec<u64> = (0..size).flat_map(|to| block(rank, to)).collect();
            let send = Blocks::Even { whole: filled(ours, &out), each: count };
            let recv = if in_place { send.clone() } else { even(theirs) };
            p.run(alltoall(party, settings, (!in_place).then_some(&send), &recv))?;
            let expected: Vec<u64> = (0..size).flat_map(|from| block(from, rank)).collect();
            assert_eq!(all(&recv), expected);
        }
        Kind::Alltoallw => {
            let block = |from: usize, to: usize| {
                contribution(salt ^ to as u64, from, case.between(from, to))
            };
            let out = (0..size).map(|to| filled(ours, &block(rank, to))).collect();
            let send = Blocks::List(out);
            let recv = match in_place {
                true => send.clone(),
                false => list(theirs, &|from| case.between(from, rank)),
            };
            p.run(alltoallw(party, (!in_place).then_some(&send), &recv))?;
            let expected: Vec<u64> = (0..size).flat_map(|from| block(from, rank)).collect();
            assert_eq!(all(&recv), expected);
        }
        Kind::ReduceScatter => {
            let mut cuts = vec![0];
            for count in &case.counts {
                cuts.push(cuts[cuts.len() - 1] + count);
            }
            let r = Reduction { count: cuts[size], ..r };
            let own = filled(ours, &contribution(salt, rank, r.count));
            let mine = case.counts[rank];
            let result = match in_place {
                true => own.items(0, mine),
                false => filled(ours, &vec![UNTOUCHED; mine]),
            };
            p.run(reduce_scatter(party, settings, &r, &own, &result, &cuts))?;
            let expected: Vec<u64> = (cuts[rank]..cuts[rank + 1])
                .map(|index| combined(op, salt, 0..size, index))
                .collect();
            assert_eq!(values(&result), expected);
        }
    }
    Ok(())
}

/// A message to the right neighbour on the same communicator, around what
/// `between` does.
fn with_neighbours_talking(p: &mut Process, tag: i32, between: impl FnOnce(&mut Process)) {
    let (left, right) = ((p.rank + p.size - 1) % p.size, (p.rank + 1) % p.size);
    let out = Buffer::from_bytes(&[tag as u8; 3000]);
    let into = Buffer::scratch(3000);
    let envelope = Envelope { context: CONTEXT, source: p.rank as u32, tag };
    let send = p.engine.isend(PeerId(right as u32), envelope, Mode::Standard, &out);
    between(p);
    let source = Source::Rank { rank: left as u32, peer: PeerId(left as u32) };
    let pattern = Pattern { context: CONTEXT, source, tag: Some(tag) };
    assert!(p.engine.recv(pattern, &into).error.is_none());
    assert!(p.engine.wait(send).error.is_none());
    assert!(into.to_vec().iter().all(|&byte| byte == tag as u8));
}

/// Ranks on a few hosts, in runs or anyhow.
fn placement(random: &mut Random, size: usize) -> Placement {
    let count = 1 + random.below(4) as u32;
    let mut keys: Vec<u32> = (0..size).map(|_| random.below(count as usize) as u32).collect();
    if random.below(2) == 0 {
        keys.sort_unstable();
    }
    Placement::new(keys)
}

fn random_job(seed: u64, size: usize, collectives: i32) {
    let random = Random(seed);
    job(size, seed, |p| {
        let mut shared = random.clone();
        let mut private = Random(seed ^ (p.rank as u64 + 1) << 40);
        for number in 0..collectives {
            let case = Case::draw(&mut shared, size);
            p.placement = placement(&mut shared, size);
            let talk = shared.below(3) == 0;
            let mut act = |p: &mut Process| {
                let outcome = catch_unwind(AssertUnwindSafe(|| perform(p, &case, &mut private)));
                let outcome = outcome.unwrap_or_else(|panic| {
                    eprintln!("seed {seed}, number {number}, {case:?}");
                    std::panic::resume_unwind(panic)
                });
                outcome.unwrap_or_else(|error| panic!("seed {seed}, {case:?}: {error}"));
            };
            if talk { with_neighbours_talking(p, number, act) } else { act(p) }
        }
    });
}

#[test]
fn random_collectives_give_what_a_naive_computation_gives() {
    for seed in seeds(27) {
        random_job(seed, 1 + (seed as usize % 9), 25);
    }
}

#[test]
fn sixteen_ranks_give_what_a_naive_computation_gives() {
    for seed in seeds(4) {
        random_job(1000 + seed, 16, 25);
    }
}

#[test]
fn every_algorithm_serves_every_number_of_ranks() {
    fn force(settings: &mut Settings, index: usize) {
        let pick = |count: usize| index % count;
        settings.bcast = Some(Bcast::ALL[pick(Bcast::ALL.len())]);
        settings.reduce = Some(Reduce::ALL[pick(Reduce::ALL.len())]);
        settings.allreduce = Some(Allreduce::ALL[pick(Allreduce::ALL.len())]);
        settings.gather = Some(Gather::ALL[pick(Gather::ALL.len())]);
        settings.scatter = Some(Scatter::ALL[pick(Scatter::ALL.len())]);
        settings.allgather = Some(Allgather::ALL[pick(Allgather::ALL.len())]);
        settings.allgatherv = Some(Allgatherv::ALL[pick(Allgatherv::ALL.len())]);
        settings.alltoall = Some(Alltoall::ALL[pick(Alltoall::ALL.len())]);
        settings.reduce_scatter = Some(ReduceScatter::ALL[pick(ReduceScatter::ALL.len())]);
        settings.barrier = Some(Barrier::ALL[pick(Barrier::ALL.len())]);
        settings.scan = Some(Scan::ALL[pick(Scan::ALL.len())]);
    }
    for size in (1..=9).chain([16]) {
        job(size, size as u64, |p| {
            let mut shared = Random(size as u64);
            let mut private = Random(size as u64 + p.rank as u64);
            for kind in KINDS {
                p.placement = placement(&mut shared, size);
                for algorithm in 0..5 {
                    for op in [Operation::Sum, Operation::Product] {
                        let mut case = Case::of(kind, &mut shared, size, 40);
                        case.op = op;
                        force(&mut case.settings, algorithm);
                        if let Err(error) = perform(p, &case, &mut private) {
                            panic!("{case:?}: {error}");
                        }
                    }
                }
            }
        });
    }
}

#[test]
fn a_floating_point_sum_has_the_same_bits_on_all_ranks() {
    for (index, &algorithm) in Allreduce::ALL.iter().enumerate() {
        for size in [2, 3, 5, 6, 8, 9] {
            let sums = std::sync::Mutex::new(Vec::new());
            job(size, index as u64, |p| {
                let numbers: Vec<u64> = (0..100)
                    .map(|index| (value(7, p.rank, index) as f64 * 1e-9).to_bits())
                    .collect();
                let own = filled(&types()[0], &numbers);
                let result = filled(&types()[0], &[0; 100]);
                let operation = operation(Operation::Float);
                let r = Reduction { op: &operation, datatype: &types()[0], count: 100 };
                p.placement = Placement::new((0..size as u32).map(|rank| rank / 2));
                let settings = Settings { allreduce: Some(algorithm), ..Settings::default() };
                let party = p.party();
                p.run(allreduce(party, &settings, &r, &own, &result)).expect("nothing is lost");
                sums.lock().unwrap().push(values(&result));
            });
            let sums = sums.into_inner().unwrap();
            assert!(sums.iter().all(|sum| *sum == sums[0]), "{algorithm:?} on {size} ranks");
        }
    }
}

/// The test's claim is in `perform`: who returns without an error has the
/// right result; and in `job`: everybody returns.
#[test]
fn a_cut_link_lets_every_rank_return_and_nobody_believe_a_wrong_result() {
    for seed in seeds(60) {
        let mut random = Random(seed);
        let size = 2 + random.below(7);
        let case = Case::draw(&mut random, size);
        let (a, step) = (random.below(size), 1 + random.below(size - 1));
        let b = (a + step) % size;
        let delay = random.below(50);
        let layout = placement(&mut random, size);
        job(size, seed, |p| {
            if p.rank == a {
                for _ in 0..delay {
                    p.engine.progress();
                }
                p.network.cut(PeerId(a as u32), PeerId(b as u32));
            }
            let mut private = Random(seed ^ p.rank as u64);
            p.placement = layout.clone();
            let failed = perform(p, &case, &mut private).is_err();
            // After that the job is as it was: the next one ends as well.
            let party = p.party();
            let next = p.run(barrier(party, &Settings::DEFAULT));
            assert!(!failed || case.kind != Kind::Barrier || next.is_err());
        });
    }
}

#[test]
fn a_failed_rank_fails_those_that_depend_on_it() {
    // The chain 0 - 1 - 2 - 3 is cut behind its first link.
    job(4, 1, |p| {
        if p.rank == 1 {
            p.network.cut(PeerId(1), PeerId(2));
        }
        let settings = Settings { bcast: Some(Bcast::Chain), ..Settings::default() };
        let buffer = Buffer::from_bytes(&[p.rank as u8; 1000]);
        let party = p.party();
        let outcome = p.run(bcast(party, &settings, Root::Rank(0), &buffer));
        match p.rank {
            0 => assert!(outcome.is_ok()),
            3 => assert_eq!(outcome.expect_err("its data never came").class(), Class::Other),
            _ => assert!(outcome.is_err()),
        }
    });
}

#[test]
fn a_finished_schedule_runs_again() {
    job(5, 3, |p| {
        let own = filled(&types()[0], &[p.rank as u64]);
        let result = filled(&types()[0], &[0]);
        let operation = operation(Operation::Sum);
        let r = Reduction { op: &operation, datatype: &types()[0], count: 1 };
        let party = p.party().lasting();
        let schedule = allreduce(party, &Settings::DEFAULT, &r, &own, &result);
        let mut execution = Execution::new(schedule);
        for round in 0..20u64 {
            Buffer::copy(&filled(&types()[0], &[p.rank as u64 + round]), &own).unwrap();
            p.engine
                .block_until(|engine| match execution.advance(engine) {
                    std::task::Poll::Ready(outcome) => Some(outcome),
                    std::task::Poll::Pending => None,
                })
                .expect("nothing is lost");
            assert_eq!(values(&result), [10 + 5 * round]);
            execution.restart();
        }
    });
}

#[test]
fn an_algorithm_is_forced_by_its_name() {
    let mut settings = Settings::default();
    settings.force("bcast", "chain").expect("it exists");
    assert_eq!(settings.bcast, Some(Bcast::Chain));
    let error = settings.force("bcast", "pigeon").expect_err("it does not exist");
    assert!(error.contains("binomial, flat, scatter_ring, chain, by_host"), "{error}");
    assert!(settings.force("broadcast", "chain").expect_err("no such name").contains("allreduce"));
    settings.force_all(" reduce=binomial, allreduce=ring,").expect("they exist");
    assert_eq!(settings.allreduce, Some(Allreduce::Ring));
    assert!(settings.force_all("ring").is_err());
}

/// A message of the long way, between hosts, is the costly one.
#[test]
fn between_hosts_a_broadcast_crosses_once() {
    let size = 6;
    for root in 0..size {
        let crossings = std::sync::atomic::AtomicUsize::new(0);
        job(size, root as u64, |p| {
            let layout = Hosts::new([0, 1, 0, 1, 0, 1]).expect("it tells something");
            let home = layout.of(p.rank);
            let schedule = {
                let party = p.party().placed(Placement::Mixed(Arc::new(layout)));
                let buffer = Buffer::from_bytes(&[7; 100]);
                bcast(party, &Settings::DEFAULT, Root::Rank(root), &buffer)
            };
            let across = schedule.sends().filter(|to| to % 2 != home).count();
            crossings.fetch_add(across, std::sync::atomic::Ordering::Relaxed);
            p.run(schedule).expect("nothing is lost");
        });
        assert_eq!(crossings.into_inner(), 1);
    }
}
