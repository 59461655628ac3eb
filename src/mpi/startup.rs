//! From a fresh process to a running engine, and back: wire-up, policy, sealed
//! links, the world. The one place where all layers meet.
//!
//! Order matters. The policy is read before any socket exists, so a process
//! without a sound policy has sent nothing. What goes wrong here concerns the
//! whole job: one line says which rank, which host, which check and the remedy,
//! and the launcher is told to end the others.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::preferences;
use crate::abi::kind::ThreadLevel;
use crate::abi::process::Stage;
use crate::abi::{self, Process};
use crate::channel::PeerId;
use crate::channel::tcp::{Tcp, TcpSettings};
use crate::engine::{Engine, Settings};
use crate::object::comm;
use crate::object::{Comm, Group};
use crate::pmi::{self, Launcher};
use crate::secure::Search;
use crate::sys::exit::at_exit;
use crate::sys::{host, syslog, thread};

/// Largest message sent without asking the receiver first, in bytes.
const EAGER_MAX: usize = 64 << 10;

/// Longest spin of a wait where every rank of the host can have a core: some
/// wake-ups of the other side, and half a tick of the kernel's.
const SPIN_MAX: Duration = Duration::from_millis(2);

/// How long `MPI_Finalize` waits for the network to take what was sent, and
/// for the peers to close their ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a process that aborted the job waits for the launcher to end it.
const ABORT_PATIENCE: Duration = Duration::from_secs(2);

/// Where the job's report goes, if it is wanted.
const REPORT_VARIABLE: &str = "MPI_SECURE_REPORT";

/// `off` makes processes of one host use sealed TCP, as between hosts.
const SHARED_MEMORY_VARIABLE: &str = "MPI_SECURE_SHARED_MEMORY";

/// Key of a rank's address in the wire-up.
const CARD_KEY: &str = "mpi-secure-card";
const REPORT_KEY: &str = "mpi-secure-report";

/// Exit status of a job that a security check or the start ended.
const REFUSED: i32 = 1;

/// Joins the job and makes the world; ends the process where that fails.
pub(super) fn start(process: &'static Process, level: ThreadLevel) {
    enter(process);
    let job = process.launcher().job();
    let (rank, size) = (job.rank, job.size);
    let handler = process.initial_errhandler();
    let world = Comm::new(0, comm::Kind::Intra, Group::identity(size), rank, handler.clone());
    let own_group = Group::from_peers([PeerId(rank)]);
    let own_context = u64::from(rank) << 32 | 2;
    let own = Comm::new(own_context, comm::Kind::Intra, own_group, 0, handler);
    process.engine().comm_named(world.context(), "MPI_COMM_WORLD");
    process.engine().comm_named(own.context(), "MPI_COMM_SELF");
    process.set_world(Arc::new(world), Arc::new(own));
    process.set_main_thread(level);
    process.set_stage(Stage::Running);
}

/// This process, once it has opened a session, and 0 before. Sessions may come
/// and go any number of times, but a job is left only once: then it is left at
/// exit, and not at that of a copy made by `fork`. Ordered by the lock that
/// `enter` takes.
static STAYS_UNTIL_EXIT: AtomicU32 = AtomicU32::new(0);

fn stays_until_exit() -> bool {
    STAYS_UNTIL_EXIT.load(Ordering::Relaxed) != 0
}

/// Joins the job for a session; false when it has been left for good.
pub(super) fn start_session(process: &'static Process) -> bool {
    if process.stage() == Stage::Finalized && !stays_until_exit() {
        return false;
    }
    enter(process);
    if STAYS_UNTIL_EXIT.swap(std::process::id(), Ordering::Relaxed) == 0 {
        at_exit(leave_at_exit);
    }
    process.open_session();
    true
}

/// Ends the world, and with it the job unless sessions keep it.
pub(super) fn finish(process: &'static Process) {
    if stays_until_exit() {
        process.set_stage(Stage::Finalized);
    } else {
        leave(process);
    }
}

/// A program that exits with MPI in use has failed, and says goodbye to nobody.
extern "C" fn leave_at_exit() {
    let process = abi::process();
    let is_copy = STAYS_UNTIL_EXIT.load(Ordering::Relaxed) != std::process::id();
    if !is_copy && !process.is_usable() {
        leave(process);
    }
}

/// Joins the job unless that was done.
fn enter(process: &'static Process) {
    static ENTERING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = ENTERING.lock().unwrap_or_else(PoisonError::into_inner);
    if process.try_engine().is_some() {
        return;
    }
    let launcher = match pmi::attach() {
        Ok(wire_up) => Arc::new(Launcher::new(wire_up)),
        Err(error) => {
            eprintln!("mpi-secure: host {}: {error}", host::name());
            std::process::exit(REFUSED);
        }
    };
    process.set_place(format!("rank {} on host {}", launcher.job().rank, host::name()));
    process.set_abort({
        let launcher = launcher.clone();
        Box::new(move |code| {
            launcher.abort(code);
            // The launcher ends this process. Until then its links stay open:
            // a peer that lost one before the launcher heard of this would
            // abort the job as well, with a code and a message of its own.
            if launcher.job().size > 1 {
                std::thread::sleep(ABORT_PATIENCE);
            }
            std::process::exit(code)
        })
    });
    report_panics(process);
    if launcher.job().size > 1 {
        thread::take_short_turns();
    }

    let engine = match join(process, &launcher) {
        Ok(engine) => Arc::new(engine),
        Err(message) => refuse(process, &message),
    };
    process.set_launcher(launcher);
    process.set_engine(engine);
}

/// Policy, listening socket, address exchange.
fn join(process: &'static Process, launcher: &Arc<Launcher>) -> Result<Engine, String> {
    let job = launcher.job();
    let policy = Search::from_environment().load().map_err(|error| error.to_string())?;
    LOGS.store(policy.logs(), Ordering::Relaxed);
    policy.check_identity(&host::name()).map_err(|error| error.to_string())?;
    if job.rank == 0 {
        policy.warnings().iter().for_each(|warning| tell(process, warning));
    }
    let algorithms = preferences::own(&policy)?;
    let me = PeerId(job.rank);
    let mut settings = TcpSettings::new(me, job.size, &job.id, policy.link());
    settings.about = policy.about();
    settings.notice = Box::new(move |line| tell(process, line));
    settings.network = policy.network().clone();
    settings.crowded = is_crowded(job);
    settings.shared_memory = std::env::var_os(SHARED_MEMORY_VARIABLE).is_none_or(|v| v != "off");
    let directory = {
        let launcher = launcher.clone();
        Box::new(move |peer: PeerId| launcher.get(peer.0, CARD_KEY).map_err(io::Error::other))
    };
    let links = Tcp::new(settings, directory)
        .map_err(|error| format!("cannot listen for the other ranks: {error}"))?;
    if job.size > 1 {
        launcher.put(CARD_KEY, &links.card()).map_err(|error| error.to_string())?;
        preferences::publish(launcher, &algorithms)?;
        launcher.fence().map_err(|error| error.to_string())?;
    }
    process.set_collectives(preferences::agree(launcher, algorithms)?);
    Ok(Engine::new(
        me,
        Box::new(links),
        Settings {
            eager_max: EAGER_MAX,
            rulebook: policy.rulebook().clone(),
            spin_max: if is_crowded(job) { Duration::ZERO } else { SPIN_MAX },
            on_security_failure: Box::new(|error| refuse(process, &error.message)),
        },
    ))
}

/// More ranks on this host than it has processors: whoever spins keeps the one
/// it waits for from running.
fn is_crowded(job: &pmi::Job) -> bool {
    let ranks_here = match job.local_ranks.len() {
        0 => job.size as usize,
        known => known,
    };
    ranks_here > host::processors_online()
}

/// Security events go to the system's log as well, once a policy has said so.
/// Relaxed: it is written once, before there are links.
static LOGS: AtomicBool = AtomicBool::new(false);

/// Ends the job with one line.
fn refuse(process: &Process, message: &str) -> ! {
    tell(process, message);
    process.abort(REFUSED)
}

/// Tells the operator, and the system's log if the policy wants that.
fn tell(process: &Process, line: &str) {
    eprintln!("mpi-secure: {}: {line}", process.place());
    if LOGS.load(Ordering::Relaxed) {
        syslog::warn(&format!("{}: {line}", process.place()));
    }
}

/// A rank with a torn engine must not go on: says who panicked where, and
/// tells the launcher. The process aborts after this hook.
fn report_panics(process: &'static Process) {
    std::panic::set_hook(Box::new(move |panic| {
        eprintln!(
            "mpi-secure: {}: internal error: {panic}; please report it with this line",
            process.place()
        );
        process.abort(REFUSED);
    }));
}

/// Leaves the job in order. After this no MPI function but the few that are
/// always allowed may be called.
fn leave(process: &'static Process) {
    let engine = process.engine();
    let launcher = process.launcher();
    let several = launcher.job().size > 1;
    if !engine.flush(FLUSH_TIMEOUT) {
        eprintln!(
            "mpi-secure: {}: MPI_Finalize: messages are still unsent after {} s; a rank they are \
             for does not receive them",
            process.place(),
            FLUSH_TIMEOUT.as_secs()
        );
    }
    let report = std::env::var_os(REPORT_VARIABLE);
    let wanted = report.is_some();
    if wanted && let Ok(text) = serde_json::to_vec(&engine.link_report()) {
        // A report that cannot be handed in is missing from the file.
        let _ = launcher.put(REPORT_KEY, &text);
    }
    // Nobody closes links that others still use. When this fails the launcher
    // is gone or ends the job, and there is nobody left to wait for.
    let together = !several || launcher.fence().is_ok();
    if let Some(path) = report
        && launcher.job().rank == 0
        && let Err(error) = write_report(process, &path)
    {
        eprintln!(
            "mpi-secure: {}: cannot write the report {} ({REPORT_VARIABLE}): {error}",
            process.place(),
            std::path::Path::new(&path).display()
        );
    }
    engine.close(if together { CLOSE_TIMEOUT } else { Duration::ZERO });
    process.set_stage(Stage::Finalized);
    // Exiting without this would count as a failure of the job.
    let _ = launcher.finalize();
}

/// One JSON object for the job: what every rank handed in.
fn write_report(process: &Process, path: &std::ffi::OsStr) -> io::Result<()> {
    let launcher = process.launcher();
    let job = launcher.job();
    let own = serde_json::to_value(process.engine().link_report())?;
    let ranks: Vec<serde_json::Value> = (0..job.size)
        .filter_map(|rank| match rank == job.rank {
            true => Some(own.clone()),
            false => serde_json::from_slice(&launcher.get(rank, REPORT_KEY).ok()?).ok(),
        })
        .collect();
    let report = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "job": job.id,
        "launcher": job.launcher,
        "size": job.size,
        "ranks": ranks,
    });
    std::fs::write(path, serde_json::to_vec_pretty(&report)?)
}
