//! Attaches to the launcher, exchanges a value of each size with every rank,
//! and says what it saw: `mpirun.mpich -n 8 target/debug/examples/wireup`.
//! With `abort CODE`, rank 0 aborts the job instead of finalizing; with
//! `leave`, every rank exits without finalizing, before the exchange.

use mpisecure::pmi;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut wireup = pmi::attach()?;
    let job = wireup.job().clone();
    if std::env::args().nth(1).as_deref() == Some("leave") {
        return Ok(());
    }
    let value = |rank: u32, len: usize| -> Vec<u8> {
        (0..len).map(|at| (at as u32 * 31 + rank * 7) as u8).collect()
    };
    let lens = [0, 1, 40, 675, 1024, 10_000];
    for len in lens {
        wireup.put(&format!("value{len}"), &value(job.rank, len))?;
    }
    wireup.fence()?;
    for rank in 0..job.size {
        for len in lens {
            if wireup.get(rank, &format!("value{len}"))? != value(rank, len) {
                return Err(format!("value of {len} bytes of rank {rank} arrived altered").into());
            }
        }
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, code] = &arguments[..]
        && verb == "abort"
    {
        if job.rank == 0 {
            wireup.abort(code.parse()?, "asked to");
            std::process::exit(code.parse()?);
        }
        wireup.fence()?;
    }
    println!(
        "rank {} of {} appnum {:?} universe {:?} local {:?} by {}: all values intact",
        job.rank, job.size, job.appnum, job.universe_size, job.local_ranks, job.launcher
    );
    wireup.fence()?;
    wireup.finalize()?;
    Ok(())
}
