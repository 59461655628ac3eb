//! `cargo xtask bench` itself, as short as it can be: every kind of competitor that
//! needs no wheel is started, its data are right, and results and plots are written.
//! Its figures say nothing, since other things run meanwhile; and that a stock library
//! fails is no failure here.

use super::Stage;
use crate::bench;
use crate::products::Products;
use crate::tally::Tally;
use anyhow::{Context, Result};
use std::fs;

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let folder = stage.products.work().join("bench");
    tally.case("the benchmarks, in short", || {
        let options = bench::Options::quick_into(&folder);
        let record = bench::measure(&options, Products::built()?)?;
        let complaints = record.complaints_of_ours();
        Ok((!complaints.is_empty()).then(|| complaints.join("\n")))
    });
    tally.case("the benchmarks' results", || {
        let read = |name: &str| {
            fs::read_to_string(folder.join(name)).with_context(|| format!("no {name} was written"))
        };
        let (text, json, plot) =
            (read("results.md")?, read("results.json")?, read("plots/latency.svg")?);
        let mut wanted = vec![
            (&text, "| two hosts, latency, 8 B | time at most 1 times |"),
            (&json, "\"suites/PingPong/8/median\""),
            (&json, "\"ours, chacha20-poly1305\""),
            (&plot, "<svg"),
        ];
        if stage.hosts.are_namespaces() {
            wanted.push((&text, "| WireGuard |"));
        }
        let missing: Vec<&str> = wanted
            .into_iter()
            .filter_map(|(text, part)| (!text.contains(part)).then_some(part))
            .collect();
        Ok((!missing.is_empty()).then(|| format!("the results lack {missing:?}")))
    });
    Ok(())
}
