//! The wire-up under the launchers of Debian's MPICH and Open MPI, where
//! they are installed: `examples/wireup.rs` exchanges values up to 10 kB.

use std::path::PathBuf;
use std::process::Command;

/// The example, which cargo builds beside the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    test.parent().and_then(|deps| deps.parent()).expect("target/debug").join("examples/wireup")
}

/// Runs the example under `launcher`; nothing when that is not installed.
fn run(launcher: &str, options: &[&str], arguments: &[&str]) -> Option<(i32, String)> {
    Command::new(launcher).arg("--version").output().ok().or_else(|| {
        eprintln!("skipped: {launcher} is not installed");
        None
    })?;
    // The stock launchers hang now and then; no test may wait for them forever.
    let mut command = Command::new("timeout");
    command.args(["-k", "5", "60", launcher]).args(options).arg(example()).args(arguments);
    command.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    match command.output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            Some((output.status.code().unwrap_or(-1), text))
        }
        Err(error) => panic!("timeout: {error}"),
    }
}

fn all_values_intact(launcher: &str, options: &[&str], size: usize) {
    let Some((code, text)) = run(launcher, options, &[]) else { return };
    assert_eq!(code, 0, "{text}");
    for rank in 0..size {
        assert!(text.contains(&format!("rank {rank} of {size} ")), "{text}");
    }
    assert_eq!(text.matches("all values intact").count(), size, "{text}");
}

#[test]
fn eight_ranks_under_hydra_exchange_values() {
    all_values_intact("mpirun.mpich", &["-n", "8"], 8);
    all_values_intact("mpirun.mpich", &["-pmi-port", "-n", "2"], 2);
}

#[test]
fn eight_ranks_under_open_mpi_exchange_values() {
    all_values_intact("mpirun.openmpi", &["--oversubscribe", "-n", "8"], 8);
}

#[test]
fn abort_code_is_the_exit_status_of_the_launcher() {
    for (launcher, options) in
        [("mpirun.mpich", &["-n", "3"][..]), ("mpirun.openmpi", &["--oversubscribe", "-n", "3"])]
    {
        // Under load the stock launchers sometimes report another rank's end
        // first, and Open MPI's sometimes does not end: a second and a third
        // run decide whether it was the launcher.
        let mut seen = Vec::new();
        while seen.len() < 3 && !seen.iter().any(|(code, _)| *code == 7) {
            let Some(outcome) = run(launcher, options, &["abort", "7"]) else { break };
            seen.push(outcome);
        }
        assert!(seen.is_empty() || seen.iter().any(|(code, _)| *code == 7), "{launcher}: {seen:?}");
    }
}

#[test]
fn process_without_launcher_is_rank_0_of_1() {
    let (code, text) = run("env", &["-u", "PMI_FD"], &[]).expect("env is everywhere");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("rank 0 of 1 "), "{text}");
}
