//! Rules and requests: which security context a message gets, seen on the wire
//! between two hosts. Several contexts share one connection; the words that a
//! policy leaves in the clear are in frames that say so, and no others are.

use super::Stage;
use crate::capture::{Capture, Watch};
use crate::frames::{self, Walked};
use crate::hosts::Host;
use crate::job::{Abi, Job, Launcher, Library, Spread};
use crate::process::{self, Outcome};
use crate::programs;
use crate::tally::Tally;
use anyhow::{Result, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What frames name: the suites of the policies below.
const AES_256_GCM: u8 = 1;
const AES_128_GCM: u8 = 2;
const NOTHING: u8 = 60;
const AUTHENTICATE: u8 = 61;

const RULES: &str = "\
[security]
cipher = \"aes-128-gcm\"
plaintext = \"allow\"
[[policy.rule]]
communicator = \"coupler*\"
use = \"authenticate\"
[[policy.rule]]
tag = \"100-199\"
use = \"authenticate\"
[[policy.rule]]
tag = \"300\"
min_bytes = 65537
use = \"authenticate\"
";

/// Rules count within a host where packets are sealed there.
const WITHIN: &str = "[policy]\nwithin_host = \"encrypt\"\n";

/// What the program says of its contexts, where it knows our header.
const SAID: &str = "\
world: aes-128-gcm
coupler: none+hmac-sha256
stronger: aes-256-gcm
half: none+hmac-sha256
sum 2
tag 150: none+hmac-sha256
tag 150 in a phase: aes-128-gcm
tag 300, small: aes-128-gcm
tag 300, large: none+hmac-sha256
attach less: arg
attach rot-13: arg
attached: aes-256-gcm
detached: aes-128-gcm
sum 2
";

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    if !stage.hosts.are_namespaces() {
        tally.skip("all", "watching the wire needs namespaces, and they need root");
        return Ok(());
    }
    let source = stage.products.root.join("c-tests/secure/contexts.c");
    for (abi, library) in [(Abi::Standard, Library::Linked), (Abi::Mpich, Library::Preloaded)] {
        tally.case(&format!("rules and requests on one connection, {}", abi.name()), || {
            let program = programs::compile(&source, abi, Some(&stage.products))?;
            several(stage, &program, abi, library)
        });
    }
    let linked = programs::compile(&source, Abi::Standard, Some(&stage.products))?;
    tally.case("rules and requests within a host, sealed", || {
        let policy = policy(stage, "within", &format!("{RULES}{WITHIN}"))?;
        let outcome = job(&linked, 2, &policy).spread(Spread::OneHost);
        let outcome = outcome.run(&stage.hosts, Some(&stage.products))?;
        Ok((!outcome.success() || outcome.stdout != SAID).then(|| outcome.explain()))
    });
    tally.case("a name that one rank gives and the other does not", || {
        let policy = policy(stage, "unequal", RULES)?;
        let job = job(&linked, 2, &policy).arguments(["unequal"]);
        let outcome = job.run(&stage.hosts, Some(&stage.products))?;
        let told = outcome.stderr.contains("came in security context none+hmac-sha256");
        Ok((outcome.success() || !told).then(|| outcome.explain()))
    });
    for (which, hosts, shows) in [
        ("by name", format!("[\"{}\", \"*\"]", stage.hosts.name(Host::A)), true),
        ("elsewhere", "\"10.250.0.0/16\"".to_owned(), false),
    ] {
        tally.case(&format!("a rule for hosts, {which}"), || {
            let rule = format!(
                "[security]\nplaintext = \"allow\"\n[[policy.rule]]\nhosts = {hosts}\n\
                 use = \"authenticate\"\n"
            );
            let policy = policy(stage, "hosts", &rule)?;
            let (capture, outcome) = watch(stage, job(&linked, 2, &policy))?;
            ensure!(outcome.success(), "{}", outcome.explain());
            let seen = capture.count(b"CANARY-A") > 0;
            Ok((seen != shows).then(|| format!("a word of the world shows: {seen}")))
        });
    }
    coupled(stage, tally)?;
    modules(stage, tally)
}

/// Compression, then a cipher of the site's own, then what `[security]` has or
/// only its integrity: the latter, so that their work shows.
fn modules(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let folder = stage.products.root.join("c-tests/secure");
    let program =
        programs::compile(&folder.join("transforms.c"), Abi::Mpich, Some(&stage.products))?;
    for name in ["pack", "veil"] {
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]);
        compiler.arg(module(stage, name)).arg(folder.join(format!("{name}.c")));
        let built = process::run(&mut compiler, Duration::from_secs(60))?;
        ensure!(built.success(), "{}", built.explain());
        fs::set_permissions(module(stage, name), fs::Permissions::from_mode(0o755))?;
    }
    let job = |policy: &Path| {
        let job = job(&program, 2, policy);
        Job { library: Library::Preloaded, ..job }
    };
    for (uses, mark) in [("authenticate", AUTHENTICATE), ("encrypt", AES_128_GCM)] {
        tally.case(&format!("transform modules, then {uses}"), || {
            let policy = policy(stage, "modules", &modules_policy(stage, uses, "\"42\"", ""))?;
            let (capture, outcome) = watch(stage, job(&policy))?;
            ensure!(
                outcome.success() && outcome.stdout == "sum 2\nsum 2\n",
                "{}",
                outcome.explain()
            );
            if capture.count(b"CANARY-T") > 0 {
                return Ok(Some("the veil does not veil".into()));
            }
            let streams = walk(&capture)?;
            let frames = streams.iter().flat_map(|one| one.bodies.iter().zip(&one.marks));
            let bytes: usize =
                frames.filter(|(_, m)| **m == mark).map(|(body, _)| body.len()).sum();
            // Three times four messages of 300,000 bytes each way.
            Ok(match bytes {
                0 => Some("no frame is of the modules' context".into()),
                1..1_000_000 => None,
                more => Some(format!("{more} bytes: nothing was compressed")),
            })
        });
    }
    tally.case("transform modules within a host", || {
        let text = modules_policy(stage, "encrypt", "\"42\"", "") + WITHIN;
        let job = job(&policy(stage, "modules", &text)?).spread(Spread::OneHost);
        let outcome = job.run(&stage.hosts, Some(&stage.products))?;
        let right = outcome.success() && outcome.stdout == "sum 2\nsum 2\n";
        Ok((!right).then(|| outcome.explain()))
    });
    for (place, spread) in [("between", Spread::BothHosts), ("within", Spread::OneHost)] {
        tally.case(&format!("a module that gives up ends the job, {place} hosts"), || {
            let fails = "options = \"fail=3\"\n";
            let text = modules_policy(stage, "encrypt", "\"42\"", fails) + WITHIN;
            let job = job(&policy(stage, "modules", &text)?).spread(spread);
            let outcome = job.run(&stage.hosts, Some(&stage.products))?;
            let told = outcome.stderr.contains("transform module pack gave up with code 7");
            Ok((outcome.success() || !told).then(|| outcome.explain()))
        });
    }
    tally.case("a module that others can write is refused", || {
        fs::set_permissions(module(stage, "pack"), fs::Permissions::from_mode(0o777))?;
        let text = modules_policy(stage, "encrypt", "\"42\"", "");
        let outcome =
            job(&policy(stage, "modules", &text)?).run(&stage.hosts, Some(&stage.products))?;
        fs::set_permissions(module(stage, "pack"), fs::Permissions::from_mode(0o755))?;
        let told = outcome.stderr.contains("pack.so") && outcome.stderr.contains("0777");
        Ok((outcome.success() || !told).then(|| outcome.explain()))
    });
    Ok(())
}

fn module(stage: &Stage, name: &str) -> PathBuf {
    stage.products.work().join(format!("{name}.so"))
}

fn modules_policy(stage: &Stage, uses: &str, key: &str, pack: &str) -> String {
    format!(
        "[security]\ncipher = \"aes-128-gcm\"\nplaintext = \"allow\"\n\
         [[policy.module]]\nname = \"pack\"\nfile = {:?}\n{pack}\
         [[policy.module]]\nname = \"veil\"\nfile = {:?}\noptions = {key}\n\
         [[policy.context]]\nname = \"packed\"\nuse = \"{uses}\"\n\
         modules = [\"pack\", \"veil\"]\n\
         [[policy.rule]]\ncommunicator = \"coupler*\"\nuse = \"packed\"\n",
        module(stage, "pack"),
        module(stage, "veil"),
    )
}

/// The experiment of Foster et al.: nothing secure, only the coupler, all of it;
/// one program that knows nothing of it.
fn coupled(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let source = stage.products.root.join("bench/coupled.c");
    let program = programs::compile(&source, Abi::Mpich, None)?;
    let nothing = "[security]\ncipher = \"none\"\nintegrity = \"none\"\nweak = \"allow\"\n\
                   plaintext = \"allow\"\n";
    let rule = "[[policy.rule]]\ncommunicator = \"coupler*\"\nuse = \"aes-256-gcm\"\n";
    let mut sums = BTreeSet::new();
    for (name, text, marks) in [
        ("nothing secure", nothing.to_owned(), BTreeSet::from([NOTHING])),
        ("the coupler alone", format!("{nothing}{rule}"), BTreeSet::from([NOTHING, AES_256_GCM])),
        ("all secure", String::new(), BTreeSet::from([AES_256_GCM])),
    ] {
        tally.case(&format!("a coupled model: {name}"), || {
            let policy = policy(stage, "coupled", &text)?;
            let job = job(&program, 4, &policy).arguments(["1"]);
            let job = Job { library: Library::Preloaded, ..job };
            let (capture, outcome) = watch(stage, job)?;
            ensure!(outcome.success(), "{}", outcome.explain());
            let sum = outcome.stderr.lines().find(|line| line.starts_with("coupled: sum"));
            sums.insert(sum.unwrap_or("no sum").to_owned());
            let seen: BTreeSet<u8> =
                walk(&capture)?.iter().flat_map(|stream| stream.suites.clone()).collect();
            Ok((seen != marks).then(|| format!("frames name the suites {seen:?}, not {marks:?}")))
        });
    }
    tally.case("a coupled model: the same result", || {
        Ok((sums.len() != 1).then(|| format!("{sums:?}")))
    });
    Ok(())
}

fn several(stage: &Stage, program: &Path, abi: Abi, library: Library) -> Result<Option<String>> {
    let policy = policy(stage, "several", RULES)?;
    let report = stage.products.work().join("contexts.json");
    let job = Job { library, ..job(program, 2, &policy) };
    let (capture, outcome) = watch(stage, job.variable("MPI_SECURE_REPORT", &report))?;
    ensure!(outcome.success(), "{}", outcome.explain());
    if abi == Abi::Standard && outcome.stdout != SAID {
        return Ok(Some(format!("it said {:?}", outcome.stdout)));
    }
    let streams = walk(&capture)?;
    let all = BTreeSet::from([AES_256_GCM, AES_128_GCM, AUTHENTICATE]);
    let (mut busy, mut shown) = (0, BTreeSet::new());
    for stream in streams.iter().filter(|stream| stream.sealed > 20) {
        busy += 1;
        if stream.suites != all {
            return Ok(Some(format!("one direction has the suites {:?}", stream.suites)));
        }
        for (body, mark) in stream.bodies.iter().zip(&stream.marks) {
            for letter in words(body) {
                shown.insert(char::from(letter));
                if *mark != AUTHENTICATE {
                    return Ok(Some(format!("word {letter} shows in a frame of suite {mark}")));
                }
            }
        }
    }
    if busy != 2 {
        return Ok(Some(format!("{busy} directions were busy, not those of one connection")));
    }
    if shown != BTreeSet::from(['B', 'D', 'G']) {
        return Ok(Some(format!("these words show: {shown:?}")));
    }
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&report)?)?;
    let contexts = report["ranks"][0]["links"][0]["contexts"].as_array();
    let used = contexts.into_iter().flatten().filter(|context| {
        context["sent"]["bytes"].as_u64() > Some(2000)
            && context["received"]["bytes"].as_u64() > Some(2000)
    });
    let names: BTreeSet<_> = used.filter_map(|context| context["suite"].as_str()).collect();
    let wanted = BTreeSet::from(["aes-256-gcm", "aes-128-gcm", "none+hmac-sha256"]);
    Ok((names != wanted).then(|| format!("the report has the contexts {names:?}")))
}

/// The letters of the words that are in the clear.
fn words(body: &[u8]) -> BTreeSet<u8> {
    let is_word = |at: &usize| body[*at..].starts_with(b"CANARY-") && body.len() > at + 7;
    (0..body.len()).filter(is_word).map(|at| body[at + 7]).collect()
}

fn walk(capture: &Capture) -> Result<Vec<Walked>> {
    capture.streams.iter().map(frames::walk).collect()
}

fn policy(stage: &Stage, name: &str, text: &str) -> Result<PathBuf> {
    let path = stage.products.work().join(format!("contexts-{name}.toml"));
    fs::write(&path, format!("{text}[key]\nhex = \"{}\"\n", "5a".repeat(32)))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(path)
}

fn job(program: &Path, ranks: usize, policy: &Path) -> Job {
    Job::new(Launcher::Mpiexec, Library::Linked, ranks, program)
        .variable("MPI_SECURE_CONFIG", policy)
        .limit(30)
}

fn watch(stage: &Stage, job: Job) -> Result<(Capture, Outcome)> {
    let watch = Watch::start(&stage.hosts, Host::A)?;
    let outcome = job.run(&stage.hosts, Some(&stage.products))?;
    Ok((watch.stop(&stage.hosts)?, outcome))
}
