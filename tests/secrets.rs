//! What a core dump, swap and other places hold of a process's keys: the test
//! knows them and looks.
//!
//! A child process reads a policy with a cluster key and a host's private key
//! and has two links open. Searched is all of its memory that a dump would hold
//! (whatever is not marked `dd` in `/proc/PID/smaps`), and, after it has let go
//! of everything, all of its memory.

mod common;

use common::{Book, Node, close, pass};
use mpisecure::secure::Policy;
use mpisecure::secure::authority::{Authority, Period};
use mpisecure::sys::host;
use mpisecure::sys::policy_file::{create_private, read_locked};
use p256::ecdsa::SigningKey;
use p256::pkcs8::DecodePrivateKey;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CHILD: &str = "MPI_SECURE_TEST_CHILD";

/// Forms in which a key would be recognised.
struct Needle {
    what: &'static str,
    bytes: Vec<u8>,
}

#[test]
fn no_key_is_found_in_what_a_core_dump_would_hold_nor_after_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let needles = write_policy(folder.path());
    let mut child = Searched::start(folder.path());

    child.expect("open");
    let memory = child.memory();
    assert!(memory.iter().any(|region| region.is_dumped));
    for needle in &needles {
        for region in memory.iter().filter(|region| holds(&region.bytes, &needle.bytes)) {
            assert!(!region.is_dumped, "{} in what a dump holds", needle.what);
            assert!(region.is_locked, "{} in what may be swapped", needle.what);
        }
    }
    // The search itself works: the keys are where they should be.
    for what in ["cluster key", "private key"] {
        let mut forms = needles.iter().filter(|needle| needle.what == what);
        assert!(forms.any(|needle| count(&memory, &needle.bytes) > 0), "no {what} in use?");
    }
    for file in ["environ", "cmdline"] {
        let bytes = std::fs::read(format!("/proc/{}/{file}", child.process.id())).unwrap();
        assert!(needles.iter().all(|needle| !holds(&bytes, &needle.bytes)), "a key in {file}");
    }

    child.say("let go");
    child.expect("gone");
    let memory = child.memory();
    for needle in &needles {
        let found = count(&memory, &needle.bytes);
        assert_eq!(found, 0, "{}: {found} times after it was let go", needle.what);
    }
}

/// A policy with both kinds of credentials; what to look for.
fn write_policy(folder: &Path) -> Vec<Needle> {
    let suite = mpisecure::secure::suite::SUITES[0];
    let mut text = Policy::generate_text(suite).to_string();
    let digits = text.split('"').find(|part| part.len() == 64).unwrap().to_owned();
    let key = data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap();
    text += "[identity]\ncertificate = \"host.crt\"\nprivate_key = \"host.key\"\n\
             trust = \"ca.crt\"\n[policy]\nwithin_host = \"encrypt\"\n";
    create_private(&folder.join("mpi-secure.toml"), &text).unwrap();
    let period = Period { from: 1, until: 4_000_000_000 };
    let (authority, issued) = Authority::create("test", period).unwrap();
    std::fs::write(folder.join("ca.crt"), issued.certificate).unwrap();
    let host = authority.issue(&[&host::name()], period).unwrap();
    std::fs::write(folder.join("host.crt"), host.certificate).unwrap();
    create_private(&folder.join("host.key"), &host.private_key).unwrap();
    let private = SigningKey::from_pkcs8_pem(&host.private_key).unwrap().to_bytes().to_vec();
    let reversed = private.iter().rev().copied().collect();
    let pem_line = host.private_key.lines().nth(1).unwrap().as_bytes().to_vec();
    vec![
        Needle { what: "cluster key", bytes: key },
        Needle { what: "cluster key in hexadecimal", bytes: digits.into_bytes() },
        Needle { what: "private key", bytes: private },
        Needle { what: "private key", bytes: reversed },
        Needle { what: "private key in PEM", bytes: pem_line },
    ]
}

/// A piece of a process's memory.
struct Region {
    bytes: Vec<u8>,
    is_dumped: bool,
    is_locked: bool,
}

struct Searched {
    process: Child,
    words: BufReader<std::process::ChildStdout>,
}

impl Searched {
    fn start(folder: &Path) -> Searched {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_process_that_is_searched", "--ignored", "--nocapture"])
            .env(CHILD, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let words = BufReader::new(process.stdout.take().unwrap());
        Searched { process, words }
    }

    fn expect(&mut self, word: &str) {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert!(self.words.read_line(&mut line).unwrap() > 0, "it ended before `{word}`");
        }
    }

    fn say(&mut self, word: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{word}").unwrap();
    }

    /// All of the child's memory that can be read.
    fn memory(&self) -> Vec<Region> {
        let pid = self.process.id();
        let smaps = std::fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap();
        let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
        let mut regions = Vec::new();
        let mut range = None;
        for line in smaps.lines() {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            if let Some((start, end)) = first.split_once('-')
                && let (Ok(start), Ok(end)) =
                    (u64::from_str_radix(start, 16), u64::from_str_radix(end, 16))
            {
                let readable = words.next().is_some_and(|mode| mode.starts_with('r'));
                range = readable.then_some((start, end));
            } else if first == "VmFlags:"
                && let Some((start, end)) = range.take()
            {
                let mut bytes = vec![0; (end - start) as usize];
                // Some of the kernel's own mappings cannot be read.
                if memory.read_exact_at(&mut bytes, start).is_ok() {
                    let flags: Vec<&str> = words.collect();
                    regions.push(Region {
                        bytes,
                        is_dumped: !flags.contains(&"dd"),
                        is_locked: flags.contains(&"lo"),
                    });
                }
            }
        }
        regions
    }
}

impl Drop for Searched {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn count(regions: &[Region], needle: &[u8]) -> usize {
    regions.iter().filter(|region| holds(&region.bytes, needle)).count()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == needle[0]) {
        if rest[at..].starts_with(needle) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// Not a test of its own: what the test above looks into.
#[test]
#[ignore = "started by the test above"]
fn the_process_that_is_searched() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let path = Path::new(&folder).join("mpi-secure.toml");
    let policy = Policy::parse(&read_locked(&path).unwrap()).unwrap();
    let link = policy.link();
    let book = Book::default();
    let mut a = Node::new(0, link.clone(), &book);
    let mut b = Node::new(1, link.clone(), &book);
    for _ in 0..20 {
        pass(&mut a, &mut b, 1, b"h", &[7; 5000]);
        pass(&mut b, &mut a, 0, b"h", &[7; 5000]);
    }
    println!("open");
    std::io::stdin().read_exact(&mut [0; 7]).unwrap();
    close(&mut [&mut a, &mut b]);
    drop((a, b, link, policy));
    println!("gone");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
