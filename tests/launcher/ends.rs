//! How jobs end: statuses, deaths, signals, and nobody left behind.

use crate::run::{
    Running, agent_of, example, mpiexec, on_two_hosts, processes_with, run, shell, signal,
    unique_seconds, wait_until,
};

#[test]
fn status_is_that_of_the_first_rank_that_fails() {
    assert_eq!(shell(3, "true").code, 0);
    assert_eq!(shell(3, "[ $PMI_RANK != 2 ] || exit 3").code, 3);
    let outcome = shell(2, "[ $PMI_RANK = 1 ] && kill -s SEGV $$; sleep 100");
    assert_eq!(outcome.code, 128 + 11);
    assert!(outcome.err.contains("rank 1 on ") && outcome.err.contains("SIGSEGV"));
}

#[test]
fn abort_code_is_the_status() {
    let program = example("wireup");
    for command in [
        mpiexec(["-n", "3", &program, "abort", "7"]),
        on_two_hosts(["-n", "3", &program, "abort", "7"]),
    ] {
        let outcome = run(command);
        assert_eq!(outcome.code, 7, "{}", outcome.err);
        assert!(outcome.err.contains("rank 0 on ") && outcome.err.contains("code 7"));
    }
    assert_eq!(run(mpiexec(["-n", "2", &program, "abort", "256"])).code, 1);
}

#[test]
fn what_cannot_be_started_is_named() {
    for (words, status, said) in [
        (&["no-such-program-anywhere"][..], 127, "no-such-program-anywhere"),
        (&["/etc/passwd"], 126, "/etc/passwd"),
        (&["--wdir", "/no/such/place", "true"], 127, "working directory /no/such/place"),
        (&["--hosts", "hostx", "--launcher-exec", "false", "true"], 1, "hostx"),
        (&["--hosts", "hostx", "--launcher-exec", "/no/ssh", "true"], 1, "/no/ssh"),
        (&["--frobnicate", "true"], 2, "--frobnicate"),
    ] {
        let outcome = run(mpiexec(words.iter().copied()));
        assert_eq!(outcome.code, status, "{}", outcome.err);
        assert!(outcome.err.contains(said), "{}", outcome.err);
        assert_eq!(outcome.err.lines().count(), 1, "{}", outcome.err);
    }
}

#[test]
fn host_whose_agent_is_no_agent_is_named() {
    let words = ["--hosts", "hostx", "--launcher-exec", "seq 100000 #", "true"];
    let outcome = run(mpiexec(words));
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("hostx"), "{}", outcome.err);
}

#[test]
fn rank_that_dies_ends_the_others_and_what_they_started() {
    for signal in ["KILL", "ABRT"] {
        let seconds = unique_seconds();
        let script = format!(
            "sleep {seconds} & sleep {seconds} & [ $PMI_RANK = 3 ] && kill -s {signal} $$; wait"
        );
        let outcome = run(on_two_hosts(["-n", "4", "sh", "-c", &script]));
        assert!(outcome.code > 128, "{} {}", outcome.code, outcome.err);
        assert!(outcome.err.contains("rank 3 on hostb was killed"), "{}", outcome.err);
        assert_eq!(processes_with(&seconds), [] as [i32; 0]);
    }
}

#[test]
fn rank_may_clean_up_when_another_fails() {
    let seconds = unique_seconds();
    let script = format!(
        "trap 'echo cleaned up; exit' TERM; sleep {seconds} & echo up; \
         [ $PMI_RANK = 0 ] && read line && exit 6; wait"
    );
    let mut command = on_two_hosts(["--grace", "1000", "-n", "4", "sh", "-c", &script]);
    command.stdin(std::process::Stdio::piped());
    let mut job = Running::start(command);
    wait_until("all ranks are up", || processes_with(&format!("sleep\0{seconds}")).len() == 4);
    job.write(b"go\n".to_vec()).join().expect("a writer");
    let outcome = job.finish();
    assert_eq!((outcome.code, outcome.out.matches("cleaned up").count()), (6, 3));
}

#[test]
fn rank_that_ignores_term_is_killed_after_the_grace() {
    let seconds = unique_seconds();
    let script = format!("[ $PMI_RANK = 0 ] && exit 4; trap '' TERM; sleep {seconds}; sleep 9");
    let outcome = run(mpiexec(["--grace", "1", "-n", "2", "sh", "-c", &script]));
    assert_eq!(outcome.code, 4);
    assert_eq!(processes_with(&seconds), [] as [i32; 0]);
}

#[test]
fn exit_without_finalize_ends_the_job() {
    let seconds = unique_seconds();
    let program = example("wireup");
    let script = format!("exec sleep {seconds}");
    let command = mpiexec(["-n", "1", &program, "leave", ":", "-n", "1", "sh", "-c", &script]);
    let outcome = run(command);
    assert_eq!(outcome.code, 1, "{}{}", outcome.out, outcome.err);
    assert!(outcome.err.contains("without MPI_Finalize"), "{}", outcome.err);
    assert_eq!(processes_with(&seconds), [] as [i32; 0]);
}

#[test]
fn fence_that_can_never_complete_ends_the_job() {
    let program = example("wireup");
    for command in [
        mpiexec(["-n", "2", &program, ":", "-n", "1", "true"]),
        on_two_hosts(["-n", "2", &program, ":", "-n", "1", "true"]),
    ] {
        let outcome = run(command);
        assert_eq!(outcome.code, 1, "{}", outcome.err);
        assert!(outcome.err.contains("waits for rank 2"), "{}", outcome.err);
    }
}

#[test]
fn background_process_left_by_a_rank_ends_with_the_job() {
    let seconds = unique_seconds();
    let outcome = shell(2, &format!("sleep {seconds} & exit 0"));
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    assert_eq!(processes_with(&seconds), [] as [i32; 0]);
}

/// Four ranks on two hosts, each with a child, all up.
fn sleepers() -> (Running, String) {
    let seconds = unique_seconds();
    let script = format!("sleep {seconds} & wait");
    let job = Running::start(on_two_hosts(["-n", "4", "sh", "-c", &script]));
    // The shell and its sleep, each twice per host.
    wait_until("all ranks are up", || processes_with(&format!("sleep\0{seconds}")).len() == 4);
    (job, seconds)
}

#[test]
fn killing_mpiexec_ends_every_process_of_the_job() {
    let (job, seconds) = sleepers();
    job.signal("KILL");
    wait_until("nobody is left", || processes_with(&seconds).is_empty());
}

#[test]
fn killing_an_agent_ends_every_process_of_the_job() {
    let (job, seconds) = sleepers();
    let agent = agent_of(job.pid()).expect("an agent");
    signal(agent, "KILL");
    let outcome = job.finish();
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("lost the agent on host host"), "{}", outcome.err);
    wait_until("nobody is left", || processes_with(&seconds).is_empty());
}

#[test]
fn signals_reach_the_ranks() {
    for (name, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let (job, seconds) = sleepers();
        job.signal(name);
        let outcome = job.finish();
        assert_eq!(outcome.code, status, "{name}: {}", outcome.err);
        assert_eq!(outcome.err.lines().count(), 1, "{}", outcome.err);
        assert_eq!(processes_with(&seconds), [] as [i32; 0]);
    }
}

#[test]
fn user_signals_are_passed_on_and_end_nothing() {
    let seconds = unique_seconds();
    let script = format!("trap 'echo got it; exit 0' USR1; sleep {seconds} & wait");
    let job = Running::start(on_two_hosts(["-n", "4", "sh", "-c", &script]));
    wait_until("all ranks are up", || processes_with(&format!("sleep\0{seconds}")).len() == 4);
    job.signal("USR1");
    let outcome = job.finish();
    assert_eq!((outcome.code, outcome.out.matches("got it").count()), (0, 4), "{}", outcome.err);
}

#[test]
fn second_interrupt_kills_at_once() {
    let seconds = unique_seconds();
    let script = format!("trap '' INT TERM; sleep {seconds}; sleep 100");
    let words = ["--grace", "1000", "-n", "2", "sh", "-c", &script];
    let job = Running::start(mpiexec(words));
    wait_until("all ranks are up", || processes_with(&format!("sleep\0{seconds}")).len() == 2);
    job.signal("INT");
    job.signal("INT");
    assert_eq!(job.finish().code, 130);
    assert_eq!(processes_with(&seconds), [] as [i32; 0]);
}

#[test]
fn job_that_takes_too_long_is_ended_with_124() {
    let seconds = unique_seconds();
    let outcome = run(mpiexec(["--timeout", "1", "-n", "2", "sleep", &seconds]));
    assert_eq!(outcome.code, 124);
    assert!(outcome.err.contains("--timeout"), "{}", outcome.err);
    assert_eq!(processes_with(&seconds), [] as [i32; 0]);
}
