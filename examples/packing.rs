//! Packs and unpacks datatypes beside a plain copy, and prints GB/s, of the best
//! of 200 rounds each. Run with `cargo run --release --example packing`.

use mpisecure::object::contents::Form;
use mpisecure::object::{Basic, Buffer, Datatype};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

fn main() {
    let double = Datatype::predefined(Basic::Double);
    let vector = |len, stride| Datatype::vector(Form::Small, 4096, len, stride, double).unwrap();
    let pair = {
        let types =
            [Basic::Int, Basic::Double].map(|basic| Arc::clone(Datatype::predefined(basic)));
        let item = Datatype::structure(Form::Small, &[1, 1], &[0, 8], &types).unwrap();
        Datatype::contiguous(Form::Small, 4096, &item).unwrap()
    };
    let dense = Datatype::contiguous(Form::Small, 4096, double).unwrap();
    for (name, datatype) in [
        ("contiguous", dense),
        ("vector of 1 double, stride 2", vector(1, 2)),
        ("vector of 8 doubles, stride 16", vector(8, 16)),
        ("vector of 64 doubles, stride 100", vector(64, 100)),
        ("struct of int and double", pair),
    ] {
        let buffer = Buffer::scratch_items(1, &datatype).unwrap();
        let mut out = vec![0u8; buffer.len()];
        let source = vec![1u8; buffer.len()];
        let mut best = [f64::INFINITY; 3];
        for _ in 0..200 {
            let started = Instant::now();
            black_box(&mut out).copy_from_slice(black_box(&source));
            best[0] = best[0].min(started.elapsed().as_secs_f64());
            let started = Instant::now();
            buffer.pack(0, black_box(&mut out));
            best[1] = best[1].min(started.elapsed().as_secs_f64());
            let started = Instant::now();
            buffer.unpack(0, black_box(&source));
            best[2] = best[2].min(started.elapsed().as_secs_f64());
        }
        let [copy, pack, unpack] = best.map(|seconds| buffer.len() as f64 / seconds / 1e9);
        let len = buffer.len();
        println!("{name}, {len} bytes: memcpy {copy:.1}, pack {pack:.1}, unpack {unpack:.1} GB/s");
    }
}
