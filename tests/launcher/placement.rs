//! Which rank runs where, with which environment.

use crate::run::{example, mpiexec, on_two_hosts, run, shell};
use std::process::Command;

#[test]
fn ranks_without_hosts_run_here_and_know_their_place() {
    let outcome = shell(3, "echo $PMI_RANK $PMI_SIZE $MPI_LOCALRANKID $OMPI_COMM_WORLD_RANK");
    assert_eq!(outcome.lines(), ["0 3 0 0", "1 3 1 1", "2 3 2 2"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
}

#[test]
fn ranks_fill_the_slots_of_each_host_in_turn() {
    let script = "echo $PMI_RANK $SSH_HOST $MPI_LOCALRANKID/$MPI_LOCALNRANKS";
    let outcome = run(on_two_hosts(["-n", "5", "sh", "-c", script]));
    let expected = ["0 hosta 0/3", "1 hosta 1/3", "2 hostb 0/2", "3 hostb 1/2", "4 hosta 2/3"];
    assert_eq!(outcome.lines(), expected, "{}", outcome.err);
}

#[test]
fn host_file_says_where_ranks_run() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "# two hosts\nhosta slots=1\nhostb:1\n").expect("a file");
    let path = file.path().to_str().expect("text");
    let words = ["--launcher-exec", crate::run::sshlike(), "--hostfile", path, "-n", "2"];
    let mut command = mpiexec(words);
    command.args(["sh", "-c", "echo $PMI_RANK $SSH_HOST"]);
    assert_eq!(run(command).lines(), ["0 hosta", "1 hostb"]);
}

#[test]
fn remote_ranks_have_the_users_environment_and_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = on_two_hosts(["-x", "COLOUR=red blue", "-x", "SHAPE", "-n", "3"]);
    command.args(["sh", "-c", "echo \"$COLOUR,$SHAPE,$OF_THE_USER,$HOSTNAME,$PMIX_RANK\"; pwd"]);
    command.env("SHAPE", "'round'\n$x").env("OF_THE_USER", "yes").env("HOSTNAME", "elsewhere");
    command.env("PMIX_RANK", "7").current_dir(directory.path());
    let outcome = run(command);
    let line = "red blue,'round'\n$x,yes,,\n";
    let here = directory.path().canonicalize().expect("a directory");
    assert_eq!(outcome.out.matches(line).count(), 3, "{}{}", outcome.out, outcome.err);
    assert_eq!(outcome.out.matches(here.to_str().expect("text")).count(), 3, "{}", outcome.out);
}

#[test]
fn arguments_arrive_as_they_were_typed() {
    let odd = ["a b", "", "'", "\"$HOME\"", "*", "\\"];
    let mut command = on_two_hosts(["-n", "1", "printf", "<%s>"]);
    command.args(odd);
    assert_eq!(run(command).out, "<a b><><'><\"$HOME\"><*><\\>");
}

#[test]
fn programs_separated_by_a_colon_are_one_job() {
    let mut command = mpiexec(["-n", "2", "-env", "A", "1", "sh", "-c"]);
    command.args(["echo one $PMI_RANK $PMI_SIZE $A $MPI_APPNUM", ":", "-n", "1", "--wdir", "/"]);
    command.args(["sh", "-c", "echo two $PMI_RANK $PMI_SIZE $A $MPI_APPNUM; pwd"]);
    let outcome = run(command);
    assert_eq!(outcome.lines(), ["/", "one 0 3 1 0", "one 1 3 1 0", "two 2 3 1"]);
}

#[test]
fn wire_up_works_on_one_host_on_two_and_with_more_ranks_than_slots() {
    let program = example("wireup");
    for ranks in ["1", "2", "8"] {
        for command in [mpiexec(["-n", ranks, &program]), on_two_hosts(["-n", ranks, &program])] {
            let outcome = run(command);
            assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
            let intact = outcome.out.matches("all values intact").count();
            assert_eq!(intact.to_string(), ranks, "{}", outcome.out);
        }
    }
    let outcome = run(on_two_hosts(["-n", "4", &program]));
    assert!(outcome.out.contains("rank 3 of 4 appnum Some(0) universe None local [2, 3]"));
}

#[test]
fn fifty_jobs_in_a_row_wire_up_on_one_processor() {
    let program = example("wireup");
    for round in 0..50 {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", env!("CARGO_BIN_EXE_mpiexec"), "-n", "8", &program]);
        let outcome = run(command);
        assert_eq!(outcome.code, 0, "round {round}: {}{}", outcome.out, outcome.err);
        assert_eq!(outcome.out.matches("all values intact").count(), 8, "{}", outcome.out);
    }
}

#[test]
fn program_of_stock_mpich_accepts_our_pmi_server() {
    const SOURCE: &str = r#"
        #include <mpi.h>
        #include <stdio.h>
        int main(int argc, char **argv) {
            int rank, size, sum;
            MPI_Init(&argc, &argv);
            MPI_Comm_rank(MPI_COMM_WORLD, &rank);
            MPI_Comm_size(MPI_COMM_WORLD, &size);
            MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
            printf("%d of %d: %d\n", rank, size, sum);
            if (argc > 1) MPI_Abort(MPI_COMM_WORLD, 9);
            return MPI_Finalize();
        }"#;
    let directory = tempfile::tempdir().expect("a directory");
    let (source, program) = (directory.path().join("hello.c"), directory.path().join("hello"));
    std::fs::write(&source, SOURCE).expect("a file");
    match Command::new("mpicc.mpich").arg(&source).arg("-o").arg(&program).status() {
        Ok(status) => assert!(status.success()),
        Err(_) => return eprintln!("skipped: mpicc.mpich is not installed"),
    }
    let program = program.to_str().expect("text");
    let outcome = run(on_two_hosts(["-n", "4", program]));
    assert_eq!(outcome.lines(), ["0 of 4: 6", "1 of 4: 6", "2 of 4: 6", "3 of 4: 6"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert_eq!(run(mpiexec(["-n", "2", program, "abort"])).code, 9);
}
