//! Every suite, under a cluster key and under certificates of the two hosts, for a
//! program that is preloaded, relinked, or compiled by our wrapper, between two hosts on
//! the wire: the frames name the suite that the policy
//! names, nothing of a message shows, and what is sent again looks different.
//!
//! The exceptions are the point of some rows: ECB repeats itself where the
//! message does, and without a cipher all of it shows. The table is this file's
//! own, so that a suite that changes its number shows here.

use super::Stage;
use super::wire::CANARY;
use crate::capture::Watch;
use crate::frames;
use crate::hosts::Host;
use crate::job::{Abi, Job, Launcher, Library};
use crate::process;
use crate::programs;
use crate::tally::Tally;
use anyhow::{Result, ensure};
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const AEADS: &[(&str, u8)] = &[
    ("aes-256-gcm", 1),
    ("aes-128-gcm", 2),
    ("chacha20-poly1305", 3),
    ("aegis-128l", 4),
    ("aegis-256", 5),
    ("aegis-128x2", 6),
];

const CIPHERS: &[(&str, u8)] = &[
    ("aes-256-cbc", 0),
    ("aes-192-cbc", 1),
    ("aes-128-cbc", 2),
    ("3des-cbc", 3),
    ("des-cbc", 4),
    ("des-ecb", 5),
    ("aes-256-ecb", 6),
    ("aes-128-ecb", 7),
    ("3des-ecb", 8),
    ("rc4", 9),
    ("none", 11),
];

const MACS: &[(&str, u8)] = &[("none", 0), ("hmac-sha256", 1), ("hmac-sha1", 2), ("hmac-md5", 3)];

const SIGNATURES: &[(&str, u8)] = &[("ecdsa-p256-sha256", 1), ("ecdsa-p256-sha1", 2)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Credentials {
    ClusterKey,
    Certificates,
}

#[derive(Clone, Debug)]
struct Row {
    cipher: &'static str,
    integrity: &'static str,
    signature: &'static str,
    /// The byte in the frame's header.
    mark: u8,
}

fn rows() -> Vec<Row> {
    let none = "none";
    let mut rows: Vec<Row> = AEADS
        .iter()
        .map(|&(cipher, mark)| Row { cipher, integrity: "aead", signature: none, mark })
        .collect();
    for &(cipher, at) in CIPHERS {
        for &(integrity, mac) in MACS {
            rows.push(Row { cipher, integrity, signature: none, mark: 16 + 4 * at + mac });
        }
    }
    for &(signature, number) in SIGNATURES {
        let signed = |cipher, integrity, mark: u8| Row {
            cipher,
            integrity,
            signature,
            mark: mark | number << 6,
        };
        rows.push(signed("aes-256-gcm", "aead", 1));
        // As ES-MPICH2 has it: a block cipher, and a signature for integrity.
        rows.push(signed("aes-128-cbc", none, 16 + 4 * 2));
        rows.push(signed("3des-cbc", none, 16 + 4 * 3));
    }
    rows
}

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    if !stage.hosts.are_namespaces() {
        tally.skip("all", "watching the wire needs namespaces, and they need root");
        return Ok(());
    }
    let place = stage.products.work().join("suites");
    fs::create_dir_all(&place)?;
    make_certificates(stage, &place)?;
    let source = stage.products.root.join("c-tests/demo/ring.c");
    let ways = [
        ("preloaded", Library::Preloaded, programs::compile(&source, Abi::Mpich, None)?),
        ("relinked", Library::Linked, programs::relink(&source, &stage.products)?),
        (
            "ours",
            Library::Linked,
            programs::compile(&source, Abi::Standard, Some(&stage.products))?,
        ),
    ];
    for credentials in [Credentials::ClusterKey, Credentials::Certificates] {
        for row in rows() {
            let Row { cipher, integrity, signature, .. } = row;
            for (way, library, program) in &ways {
                let name = format!("{cipher} + {integrity} + {signature}, {credentials:?}, {way}");
                tally.case(&name, || {
                    let script = write_policies(stage, &place, &row, credentials, program)?;
                    watch(stage, &row, *library, &script)
                });
            }
        }
    }
    Ok(())
}

/// An authority, and a certificate for each host.
fn make_certificates(stage: &Stage, place: &Path) -> Result<()> {
    let run = |words: &[&str]| -> Result<()> {
        let mut command = Command::new(stage.products.program("mpi-secure"));
        let outcome = process::run(command.arg("ca").args(words), Duration::from_secs(10))?;
        ensure!(outcome.success(), "mpi-secure ca {words:?}: {}", outcome.explain());
        Ok(())
    };
    let folder = place.display().to_string();
    let authority = place.join("authority").display().to_string();
    run(&["init", "--dir", &authority])?;
    for host in [Host::A, Host::B] {
        run(&["issue", "--dir", &authority, "--output", &folder, stage.hosts.name(host)])?;
    }
    Ok(())
}

/// A policy for each host, and a script that takes the one of its host.
fn write_policies(
    stage: &Stage,
    place: &Path,
    row: &Row,
    credentials: Credentials,
    program: &Path,
) -> Result<PathBuf> {
    let Row { cipher, integrity, signature, .. } = row;
    let security = format!(
        "[security]\ncipher = \"{cipher}\"\nintegrity = \"{integrity}\"\n\
         signature = \"{signature}\"\nweak = \"allow\"\nplaintext = \"allow\"\n"
    );
    for host in [Host::A, Host::B] {
        let host = stage.hosts.name(host);
        let who = match credentials {
            Credentials::ClusterKey => format!("[key]\nhex = \"{}\"\n", "5a".repeat(32)),
            Credentials::Certificates => format!(
                "[identity]\ncertificate = \"{host}.crt\"\nprivate_key = \"{host}.key\"\n\
                 trust = \"authority/ca.crt\"\nrevoked = \"authority/ca.crl\"\n"
            ),
        };
        let policy = place.join(format!("{host}.toml"));
        fs::write(&policy, format!("{security}{who}"))?;
        fs::set_permissions(&policy, fs::Permissions::from_mode(0o600))?;
    }
    let script = place.join("on-its-host.sh");
    fs::write(
        &script,
        format!(
            "#!/bin/sh\nexport MPI_SECURE_CONFIG={}/$(hostname).toml\nexec {}\n",
            place.display(),
            program.display()
        ),
    )?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    Ok(script)
}

fn watch(stage: &Stage, row: &Row, library: Library, script: &Path) -> Result<Option<String>> {
    let watch = Watch::start(&stage.hosts, Host::A)?;
    let outcome = Job::new(Launcher::Mpiexec, library, 2, script)
        .limit(30)
        .run(&stage.hosts, Some(&stage.products))?;
    let capture = watch.stop(&stage.hosts)?;
    if !outcome.success() || !outcome.stdout.contains("after 100 hops: 150") {
        return Ok(Some(outcome.explain()));
    }
    let mut bodies = Vec::new();
    for stream in &capture.streams {
        let walked = frames::walk(stream)?;
        if let Some(other) = walked.suites.iter().find(|mark| **mark != row.mark) {
            return Ok(Some(format!("a frame names suite {other:#04x}, not {:#04x}", row.mark)));
        }
        bodies.extend(walked.bodies);
    }
    if bodies.len() < 90 {
        return Ok(Some(format!("only {} frames of packets", bodies.len())));
    }
    let shows = capture.count(CANARY) > 0;
    if shows != (row.cipher == "none") {
        return Ok(Some(format!("the canary shows: {shows}")));
    }
    let repeated = repeated_blocks(&bodies);
    let repeats = row.cipher.ends_with("-ecb") || row.cipher == "none";
    Ok(match (repeats, repeated) {
        (true, 0..50) => Some(format!("only {repeated} blocks repeat: is this {}?", row.cipher)),
        (false, 1..) => Some(format!("{repeated} blocks of 16 bytes repeat")),
        _ => None,
    })
}

/// How many blocks of 16 bytes, cut from the beginnings of the bodies, are not
/// the first of their kind.
fn repeated_blocks(bodies: &[Vec<u8>]) -> usize {
    let mut seen = HashSet::new();
    let blocks = bodies.iter().flat_map(|body| body.chunks_exact(16));
    blocks.filter(|block| !seen.insert(*block)).count()
}
