//! What ranks print and read.

use crate::run::{DEADLINE, Running, mpiexec, on_two_hosts, run, shell, wait_until};
use std::io::Read;
use std::process::Stdio;

#[test]
fn ten_megabytes_of_four_ranks_arrive_whole_and_unmixed() {
    // 4 x 2.5 MB in lines of 100 characters.
    let script = "yes $(printf \"$PMI_RANK%.0s\" $(seq 99)) | head -n 25000";
    let outcome = run(on_two_hosts(["-n", "4", "sh", "-c", script]));
    assert_eq!((outcome.code, outcome.out.len()), (0, 10_000_000), "{}", outcome.err);
    for (rank, line) in ["0", "1", "2", "3"].map(|rank| rank.repeat(99)).iter().enumerate() {
        let whole = outcome.out.lines().filter(|other| other == line).count();
        assert_eq!(whole, 25_000, "rank {rank}");
    }
}

#[test]
fn standard_error_stays_apart_and_the_last_words_of_a_failing_rank_come_first() {
    let outcome =
        shell(2, "[ $PMI_RANK = 1 ] || exec sleep 100; echo out; printf last >&2; exit 5");
    assert_eq!((outcome.code, outcome.out.as_str()), (5, "out\n"));
    let (last, why) = outcome.err.split_once("mpiexec: ").expect("a reason");
    assert_eq!(last.trim_end(), "last");
    assert!(why.contains("rank 1 on ") && why.contains("status 5"), "{why}");
}

#[test]
fn prefix_names_the_rank_of_each_line() {
    let outcome = run(mpiexec(["-l", "-n", "2", "sh", "-c", "echo a; printf 'b\nc'"]));
    let lines = outcome.lines();
    assert_eq!(lines, ["[0] a", "[0] b", "[0] c", "[1] a", "[1] b", "[1] c"], "{}", outcome.out);
}

#[test]
fn rank_that_floods_an_unread_output_is_stopped_not_buffered() {
    let script = "echo $$ >&2; exec head -c 200000000 /dev/zero";
    let mut job = Running::start(mpiexec(["-n", "1", "sh", "-c", script]));
    let mut pid = String::new();
    let mut err = job.child.stderr.take().expect("piped");
    while !pid.ends_with('\n') {
        let mut byte = [0];
        assert_eq!(err.read(&mut byte).expect("a pipe"), 1, "mpiexec hung up after {pid:?}");
        pid.push(char::from(byte[0]));
    }
    let blocked = format!("/proc/{}/wchan", pid.trim());
    let asleep = format!("/proc/{}/stat", pid.trim());
    wait_until("the rank waits for its pipe", || {
        let wchan = std::fs::read_to_string(&blocked).unwrap_or_default();
        let stat = std::fs::read_to_string(&asleep).unwrap_or_default();
        wchan.contains("pipe") || (wchan == "0" && stat.contains(" S "))
    });
    let peak = |pid: i32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("kilobytes")
    };
    let agent = crate::run::agent_of(job.pid()).expect("an agent");
    let mut out = job.child.stdout.take().expect("piped");
    let reader =
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()).expect("a pipe"));
    wait_until("some of it was read", || {
        assert!(peak(job.pid()) < 50_000, "mpiexec holds {} kB", peak(job.pid()));
        assert!(peak(agent) < 50_000, "the agent holds {} kB", peak(agent));
        reader.is_finished() || std::fs::metadata(&asleep).is_err()
    });
    assert_eq!(reader.join().expect("a reader"), 200_000_000);
    assert_eq!(job.finish().code, 0);
}

#[test]
fn standard_input_goes_to_rank_0_whole_and_to_no_other() {
    let mut command = on_two_hosts(["-n", "3", "sh", "-c", "echo $PMI_RANK $(wc -c)"]);
    command.stdin(Stdio::piped());
    let mut job = Running::start(command);
    let writer = job.write(vec![b'x'; 3_000_000]);
    let outcome = job.finish();
    assert_eq!(outcome.lines(), ["0 3000000", "1 0", "2 0"], "{}", outcome.err);
    writer.join().expect("a writer");
}

#[test]
fn rank_0_that_reads_nothing_does_not_hold_the_job() {
    let mut command = mpiexec(["-n", "2", "true"]);
    command.stdin(Stdio::piped());
    let mut job = Running::start(command);
    let writer = job.write(vec![b'x'; 3_000_000]);
    assert_eq!(job.finish().code, 0);
    writer.join().expect("a writer");
}

#[test]
fn reader_that_leaves_ends_the_job_as_sigpipe_would() {
    let mut job = Running::start(mpiexec(["-n", "2", "yes"]));
    let mut some = [0; 10];
    let mut out = job.child.stdout.take().expect("piped");
    out.read_exact(&mut some).expect("output");
    drop(out);
    let outcome = job.finish();
    assert_eq!((outcome.code, outcome.err.as_str()), (141, ""));
}

#[test]
fn prompt_without_a_newline_is_seen_before_it_is_answered() {
    let mut command = mpiexec(["-n", "1", "sh", "-c", "printf 'name? '; read n; echo hi $n"]);
    command.stdin(Stdio::piped());
    let mut job = Running::start(command);
    let mut out = job.child.stdout.take().expect("piped");
    let mut prompt = [0; 6];
    let began = std::time::Instant::now();
    out.read_exact(&mut prompt).expect("a prompt");
    assert!(prompt == *b"name? " && began.elapsed() < DEADLINE);
    job.write(b"you\n".to_vec()).join().expect("a writer");
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("an answer");
    assert_eq!(rest, "hi you\n");
    assert_eq!(job.finish().code, 0);
}
