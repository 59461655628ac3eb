//! `mpi-secure report`: a job's report (`MPI_SECURE_REPORT`) as tables.

use std::fs;
use std::path::Path;

use serde_json::Value;

pub fn run(file: &Path) -> Result<(), String> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let report: Value =
        serde_json::from_str(&text).map_err(|error| format!("{shown} is no report ({error})"))?;
    let ranks = report["ranks"].as_array().filter(|ranks| !ranks.is_empty());
    let ranks = ranks.ok_or_else(|| format!("{shown} is no report of a job: it has no ranks"))?;
    print_policy(&report, &ranks[0]);
    print_links(ranks);
    print_refused(ranks);
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn print_policy(report: &Value, rank: &Value) {
    let policy = &rank["policy"];
    println!(
        "job          {} ({} ranks, {})",
        text(&report["job"]),
        report["size"],
        text(&report["launcher"])
    );
    println!("policy       digest {}", text(&policy["digest"]));
    println!("suite        {}, padding {}", text(&policy["suite"]), text(&policy["padding"]));
    println!("library      {} ({})", text(&policy["library"]), text(&policy["validation"]));
    println!(
        "credentials  {}, key {}",
        text(&policy["credentials"]),
        text(&policy["key_fingerprint"])
    );
    for warning in policy["warnings"].as_array().into_iter().flatten() {
        println!("warning      {}", text(warning));
    }
    println!();
}

fn print_links(ranks: &[Value]) {
    println!(
        "{:>5} {:>5}  {:24}  {:28} {:>10} {:>14} {:>10} {:>14} {:>6} {:>8}  state",
        "rank",
        "peer",
        "host",
        "suite",
        "frames",
        "bytes",
        "frames in",
        "bytes in",
        "epochs",
        "contexts"
    );
    for rank in ranks {
        for link in rank["links"].as_array().into_iter().flatten() {
            let (sent, received) = (&link["sent"], &link["received"]);
            println!(
                "{:>5} {:>5}  {:24}  {:28} {:>10} {:>14} {:>10} {:>14} {:>6} {:>8}  {}",
                rank["process"],
                link["peer"],
                text(&link["host"]),
                text(&link["suite"]),
                sent["frames"],
                sent["bytes"],
                received["frames"],
                received["bytes"],
                sent["epochs"],
                sent["contexts"],
                text(&link["state"])
            );
            let contexts = link["contexts"].as_array().filter(|contexts| contexts.len() > 1);
            for context in contexts.into_iter().flatten() {
                let (sent, received) = (&context["sent"], &context["received"]);
                println!(
                    "{:>11}  {:24}  {:28} {:>10} {:>14} {:>10} {:>14} {:>6} {:>8}",
                    "in",
                    text(&context["name"]),
                    text(&context["suite"]),
                    sent["frames"],
                    sent["bytes"],
                    received["frames"],
                    received["bytes"],
                    sent["epochs"],
                    sent["contexts"]
                );
            }
        }
    }
    println!();
    let mut identities: Vec<&str> = ranks
        .iter()
        .flat_map(|rank| rank["links"].as_array().into_iter().flatten())
        .map(|link| text(&link["identity"]))
        .collect();
    identities.sort_unstable();
    identities.dedup();
    for identity in identities {
        println!("identity     {identity}");
    }
}

fn print_refused(ranks: &[Value]) {
    let mut none = true;
    for rank in ranks {
        for (reason, count) in rank["refused"].as_object().into_iter().flatten() {
            println!("refused      rank {}: {count} x {reason}", rank["process"]);
            none = false;
        }
        let unlocked = rank["memory"]["unlocked_bytes"].as_u64().unwrap_or(0);
        if unlocked > 0 {
            println!(
                "memory       rank {}: {unlocked} bytes of keys could be swapped; raise the limit \
                 of locked memory (ulimit -l)",
                rank["process"]
            );
        }
    }
    if none {
        println!("refused      nobody");
    }
}
