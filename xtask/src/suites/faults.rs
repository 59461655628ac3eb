//! What may happen to a job: ranks killed at any stage, the cable pulled,
//! strangers at the door. It ends quickly with a word, or is not disturbed.

use super::Stage;
use crate::hosts::{Cable, Host};
use crate::job::{Abi, Job, Launcher, Library};
use crate::process;
use crate::programs;
use crate::tally::Tally;
use anyhow::{Result, ensure};
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Where a rank of `c-tests/faults/killed.c` kills itself.
const STAGES: &[&str] =
    &["before", "init", "connect", "eager", "rendezvous", "collective", "finalize"];

pub fn run(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let root = &stage.products.root;
    let killed = programs::compile(&root.join("c-tests/faults/killed.c"), Abi::Mpich, None)?;
    for moment in STAGES {
        tally.case(&format!("rank killed: {moment}"), || {
            let outcome = Job::new(Launcher::Mpiexec, Library::Preloaded, 4, &killed)
                .arguments([*moment])
                .limit(20)
                .run(&stage.hosts, Some(&stage.products))?;
            Ok(if outcome.success() {
                Some("the job claims success".into())
            } else if outcome.status.is_none() || outcome.elapsed > Duration::from_secs(10) {
                Some(outcome.explain())
            } else if outcome.stderr.trim().is_empty() {
                Some("not a word".into())
            } else {
                None
            })
        });
    }
    if !stage.hosts.are_namespaces() {
        tally.skip("cable and strangers", "they need namespaces, and they need root");
        return Ok(());
    }
    strangers(stage, tally)?;
    cable(stage, tally)
}

/// Rubbish, silence and a scan at every port a rank listens on.
fn strangers(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let endless =
        programs::compile(&stage.products.root.join("c-tests/faults/steady.c"), Abi::Mpich, None)?;
    tally.case("strangers talk to the ranks' ports", || {
        let mut job = Job::new(Launcher::Mpiexec, Library::Preloaded, 4, &endless)
            .arguments(["3000"])
            .command(&stage.hosts, Some(&stage.products))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut ports = Vec::new();
        while ports.len() < 2 && Instant::now() < deadline && job.try_wait()?.is_none() {
            std::thread::sleep(Duration::from_millis(20));
            ports = stage.hosts.listening_ports(Host::A);
        }
        let mut visits = 0;
        if !ports.is_empty() {
            let talk = VISITOR.replace("@HOST@", stage.hosts.address(Host::A)).replace(
                "@PORTS@",
                &ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" "),
            );
            let mut visitor = stage.hosts.command(Host::B, "bash");
            visitor.args(["-c", &talk]);
            let visited = process::run(&mut visitor, Duration::from_secs(20))?;
            visits = visited.stdout.lines().filter(|line| *line == "visited").count();
        }
        let output = job.wait_with_output()?;
        stage.hosts.sweep();
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(!ports.is_empty(), "no listening port was found: {err}");
        ensure!(visits >= 4 * ports.len(), "only {visits} visits to ports {ports:?}");
        Ok((!output.status.success() || !out.contains("steady: 3000 rounds, 0 wrong"))
            .then(|| format!("{}\n{out}\n{err}", output.status)))
    });
    Ok(())
}

/// Opens each port a few times: silence, rubbish, a web browser's words, and
/// the right first byte with a huge length.
const VISITOR: &str = r#"
for round in 1 2 3 4 5; do
    for port in @PORTS@; do
        (
            exec 3<>/dev/tcp/@HOST@/$port || exit
            case $round in
            1) : ;;
            2) head -c 5000 /dev/urandom >&3 ;;
            3) printf 'GET / HTTP/1.0\r\n\r\n' >&3 ;;
            4) printf '\001\001\000\000\000\000\000\000\377\377\377\377' >&3 ;;
            5) printf '\001\020\000\000\000\000\000\000\000\000\000\040aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' >&3 ;;
            esac
            echo visited
        ) 2>/dev/null
    done
done
true
"#;

fn cable(stage: &Stage, tally: &mut Tally) -> Result<()> {
    let steady =
        programs::compile(&stage.products.root.join("c-tests/faults/steady.c"), Abi::Mpich, None)?;
    tally.case("cable pulled for a moment", || {
        let outcome = with_cable_pulled(stage, &steady, Some(Duration::from_millis(700)))?;
        let right = outcome.success() && outcome.stdout.contains("0 wrong");
        Ok((!right).then(|| outcome.explain()))
    });
    tally.case("cable pulled for good", || {
        let outcome = with_cable_pulled(stage, &steady, None);
        // Whatever came of it: other suites need the cable.
        stage.hosts.set_cable(Cable::Plugged)?;
        let outcome = outcome?;
        Ok(if outcome.success() {
            Some("the job claims success".into())
        } else if outcome.status.is_none() {
            Some(outcome.explain())
        } else {
            None
        })
    });
    Ok(())
}

fn with_cable_pulled(
    stage: &Stage,
    program: &std::path::Path,
    back_after: Option<Duration>,
) -> Result<process::Outcome> {
    let mark = stage.products.work().join("steady-began");
    let _ = fs::remove_file(&mark);
    let job = Job::new(Launcher::Mpiexec, Library::Preloaded, 2, program)
        .arguments(["20000".to_string(), mark.display().to_string()])
        .limit(90);
    std::thread::scope(|scope| {
        let pulled = scope.spawn(|| -> Result<()> {
            let deadline = Instant::now() + Duration::from_secs(20);
            while !mark.exists() {
                ensure!(Instant::now() < deadline, "the program did not begin");
                std::thread::sleep(Duration::from_millis(10));
            }
            stage.hosts.set_cable(Cable::Unplugged)?;
            if let Some(pause) = back_after {
                std::thread::sleep(pause);
                stage.hosts.set_cable(Cable::Plugged)?;
            }
            Ok(())
        });
        let outcome = job.run(&stage.hosts, Some(&stage.products))?;
        pulled.join().expect("the cable's thread does not panic")?;
        Ok(outcome)
    })
}
