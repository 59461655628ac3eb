//! Policies that must be refused, through the real library: quickly, each with
//! a message of its own that names the file, and before anything is sent.

use super::Stage;
use crate::job::{Abi, Job, Launcher, Library, Spread};
use crate::process::Outcome;
use crate::programs;
use crate::tally::Tally;
use anyhow::Result;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the library looks for the site's policy.
const SITE_PATH: &str = "/etc/mpi-secure/mpi-secure.toml";

/// What is wrong, how it is made so, and a word the message must hold.
struct Case {
    name: &'static str,
    spoil: fn(&Path) -> std::io::Result<()>,
    says: &'static [&'static str],
    needs_root: bool,
}

const CASES: &[Case] = &[
    Case {
        name: "mode 0644",
        spoil: |file| fs::set_permissions(file, fs::Permissions::from_mode(0o644)),
        says: &["0644", "chmod"],
        needs_root: false,
    },
    Case {
        name: "writable by the group",
        spoil: |file| fs::set_permissions(file, fs::Permissions::from_mode(0o620)),
        says: &["0620", "chmod"],
        needs_root: false,
    },
    Case {
        name: "owned by another user",
        spoil: |file| std::os::unix::fs::chown(file, Some(65534), None),
        says: &["own"],
        needs_root: true,
    },
    Case {
        name: "a symbolic link",
        spoil: |file| {
            let real = file.with_extension("real");
            fs::rename(file, &real)?;
            symlink(real, file)
        },
        says: &["link"],
        needs_root: false,
    },
    Case {
        name: "an unknown cipher",
        spoil: |file| {
            let text = fs::read_to_string(file)?.replace("aes-256-gcm", "rot-13");
            fs::write(file, text)
        },
        says: &["rot-13", "aes-256-gcm"],
        needs_root: false,
    },
    Case {
        name: "an unknown key",
        spoil: |file| {
            let text = fs::read_to_string(file)?.replacen(
                "[security]",
                "[security]\ncolour = \"green\"",
                1,
            );
            fs::write(file, text)
        },
        says: &["colour"],
        needs_root: false,
    },
    Case { name: "absent", spoil: |file| fs::remove_file(file), says: &[], needs_root: false },
];

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let source = stage.products.root.join("c-tests/demo/ring.c");
    let program = programs::compile(&source, Abi::Mpich, None)?;
    let root = nix::unistd::geteuid().is_root();
    let mut messages: Vec<(String, String)> = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        if case.needs_root && !root {
            tally.skip(case.name, "needs root");
            continue;
        }
        tally.case(case.name, || {
            let policy = copy(stage, number)?;
            (case.spoil)(&policy)?;
            let (complaint, message) = refused(stage, &program, &policy, case.says)?;
            messages.push((case.name.into(), message));
            Ok(complaint)
        });
    }
    if stage.hosts.are_namespaces() {
        unequal(stage, &program, tally);
        loosened(stage, &program, tally, &mut messages);
    } else {
        tally
            .skip("unequal policies, a site's policy", "namespaces are needed, and they need root");
    }
    tally.case("every refusal has its own message", || {
        let mut bare: Vec<_> = messages.iter().map(|(_, message)| message.clone()).collect();
        bare.sort();
        let count = bare.len();
        bare.dedup();
        Ok((bare.len() != count).then(|| format!("{messages:#?}")))
    });
    Ok(())
}

/// Policies that are right by themselves, and not the same.
fn unequal(stage: &Stage, program: &Path, tally: &mut Tally) {
    tally.case("unequal policies on two hosts", || {
        let other = copy(stage, 90)?;
        let text = fs::read_to_string(&other)?.replacen("aes-256-gcm", "aes-128-gcm", 1);
        fs::write(&other, text)?;
        two_policies(stage, program, &other, "differs from the one here")
    });
    tally.case("another cluster key on one host", || {
        let other = stage.products.work().join("other-key.toml");
        let mut keygen = std::process::Command::new(stage.products.program("mpi-secure"));
        keygen.args(["keygen", "--output"]).arg(&other);
        let made = crate::process::run(&mut keygen, Duration::from_secs(10))?;
        anyhow::ensure!(made.success(), "{}", made.explain());
        two_policies(stage, program, &other, "did not prove our cluster key")
    });
}

/// Where the site has a policy, the file that `MPI_SECURE_CONFIG` names may ask for
/// more and not for less.
fn loosened(
    stage: &Stage,
    program: &Path,
    tally: &mut Tally,
    messages: &mut Vec<(String, String)>,
) {
    let name = "loosened through the environment, under the site's policy";
    tally.case(name, || {
        let program = under_site(stage, program)?;
        let as_site = copy(stage, 91)?;
        let outcome = start(stage, &program, &as_site)?;
        anyhow::ensure!(outcome.success(), "the same as the site's: {}", outcome.explain());
        let text = fs::read_to_string(&as_site)?;
        fs::write(&as_site, text.replacen("aes-256-gcm", "none\"\nplaintext = \"allow", 1))?;
        let (complaint, message) = refused(stage, &program, &as_site, &[SITE_PATH])?;
        messages.push((name.into(), message));
        Ok(complaint)
    });
}

/// A script that runs the program where the run's policy is the site's.
fn under_site(stage: &Stage, program: &Path) -> Result<PathBuf> {
    let etc = stage.products.work().join("site-etc");
    let site = etc.join("mpi-secure");
    fs::create_dir_all(&site)?;
    let policy = site.join("mpi-secure.toml");
    fs::copy(stage.products.policy(), &policy)?;
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o600))?;
    let script = stage.products.work().join("under-site.sh");
    let text = format!(
        "#!/bin/sh\nexec unshare --mount sh -c \
         'mount -t overlay overlay -o lowerdir={}:/etc /etc && exec {}'\n",
        etc.display(),
        program.display()
    );
    fs::write(&script, text)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    Ok(script)
}

fn copy(stage: &Stage, number: usize) -> Result<PathBuf> {
    let policy = stage.products.work().join(format!("spoiled-{number}.toml"));
    fs::copy(stage.products.policy(), &policy)?;
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o600))?;
    Ok(policy)
}

fn start(stage: &Stage, program: &Path, policy: &Path) -> Result<Outcome> {
    Job::new(Launcher::Mpiexec, Library::Preloaded, 2, program)
        .variable("MPI_SECURE_CONFIG", policy)
        .spread(Spread::BothHosts)
        .limit(15)
        .run(&stage.hosts, Some(&stage.products))
}

fn refused(
    stage: &Stage,
    program: &Path,
    policy: &Path,
    says: &[&str],
) -> Result<(Option<String>, String)> {
    let outcome = start(stage, program, policy)?;
    let name = policy.display().to_string();
    let line =
        outcome.stderr.lines().find(|line| line.contains(&name)).unwrap_or_default().to_string();
    let complaint = if outcome.success() {
        Some("the job ran".to_string())
    } else if outcome.elapsed > Duration::from_secs(5) {
        Some(format!("it took {:.1} s", outcome.elapsed.as_secs_f64()))
    } else if line.is_empty() {
        Some(format!("no message names {name}: {}", outcome.explain()))
    } else {
        says.iter()
            .find(|word| !outcome.stderr.contains(**word))
            .map(|word| format!("no word of {word:?}: {}", outcome.explain()))
    };
    Ok((complaint, line.replace(&name, "FILE")))
}

/// Rank 0 has the run's policy, rank 1 another one; the job ends, and says why.
fn two_policies(stage: &Stage, program: &Path, other: &Path, why: &str) -> Result<Option<String>> {
    let script = stage.products.work().join("two-policies.sh");
    fs::write(
        &script,
        format!(
            "#!/bin/sh\n[ \"$(hostname)\" = {} ] && export MPI_SECURE_CONFIG={}\nexec {}\n",
            stage.hosts.name(crate::hosts::Host::B),
            other.display(),
            program.display()
        ),
    )?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let outcome = Job::new(Launcher::Mpiexec, Library::Preloaded, 2, &script)
        .limit(15)
        .run(&stage.hosts, Some(&stage.products))?;
    Ok(if outcome.success() {
        Some("the job ran".into())
    } else if outcome.elapsed > Duration::from_secs(5) {
        Some(outcome.explain())
    } else if !outcome.stderr.contains(why) {
        Some(format!("no word of {why:?}: {}", outcome.explain()))
    } else {
        None
    })
}
