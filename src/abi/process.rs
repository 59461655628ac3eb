//! The one global of the library: this process as MPI sees it. It holds the
//! tables that map handles to objects, the engine once `MPI_Init` made one, and
//! what the standard keeps per process: initialisation state, thread level,
//! error classes and codes of the application.
//!
//! It exists from the first MPI call, since infos, error handlers and sessions
//! may be made before `MPI_Init`.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::ThreadId;

use super::callback::GeneralFunctions;
use super::code::{Ring, UserErrors};
use super::fortran;
use super::kind::ThreadLevel;
use crate::channel::PeerId;
use crate::coll;
use crate::engine::Engine;
use crate::object::attached::Attachment;
use crate::object::attribute::Keyval;
use crate::object::errhandler::Action;
pub use crate::object::errhandler::Errhandler;
use crate::object::handle::HandleCell;
use crate::object::op::Builtin;
use crate::object::table::{Found, Table};
use crate::object::{Basic, Class, Handle, Kind, Placement, Result};
pub use crate::object::{Comm, Datatype, Group, Info, Op, Session};
use crate::pmi::{Job, Launcher};

/// An object found behind a handle, borrowed without touching its count;
/// `.share()` gives an `Arc` that outlives the handle.
pub type Ref<T> = Found<T>;

/// What a handle can name.
pub trait Object: Sized + Send + Sync + 'static {
    const KIND: Kind;
    /// Class of the errors about such handles.
    const CLASS: Class;
    /// "communicator"
    const NOUN: &'static str;
    /// `MPI_COMM_NULL`
    const NULL: &'static str;
    /// C types: the handle, a pointer to it, a pointer to a constant one.
    const C: &'static str;
    const C_POINTER: &'static str;
    const C_CONST_POINTER: &'static str;

    fn table(process: &Process) -> &Table<Self>;

    #[inline(always)]
    fn find(process: &Process, handle: Handle) -> Option<Ref<Self>> {
        Self::table(process).get(handle)
    }

    /// Where the object remembers its handle, if it does.
    fn cell(&self) -> Option<&HandleCell>;

    /// Gives the object a handle.
    fn insert(process: &Process, object: Arc<Self>) -> Result<Handle> {
        let table = Self::table(process);
        let handle = table.insert(Arc::clone(&object))?;
        if let Some(cell) = object.cell() {
            cell.set(handle);
        }
        Ok(handle)
    }

    /// Takes the handle away; those who use the object keep it. `None` when
    /// it is predefined or gone.
    fn remove(process: &Process, handle: Handle) -> Option<Arc<Self>> {
        let object = Self::table(process).remove(handle)?;
        if let Some(cell) = object.cell() {
            cell.clear(handle);
        }
        Some(object)
    }
}

macro_rules! objects {
    ($($field:ident: $type:ty, $kind:ident, $class:ident, $noun:literal, $null:literal, $c:literal,
        |$object:pat_param| $cell:expr;)*) => {
        /// The tables of all objects of this process.
        pub struct Objects { $(pub $field: Table<$type>),* }

        impl Objects {
            fn new() -> Objects {
                Objects { $($field: Table::new(Kind::$kind)),* }
            }
        }

        $(impl Object for $type {
            const KIND: Kind = Kind::$kind;
            const CLASS: Class = Class::$class;
            const NOUN: &'static str = $noun;
            const NULL: &'static str = $null;
            const C: &'static str = $c;
            const C_POINTER: &'static str = concat!($c, "*");
            const C_CONST_POINTER: &'static str = concat!("const ", $c, "*");

            #[inline(always)]
            fn table(process: &Process) -> &Table<$type> {
                &process.objects.$field
            }

            fn cell(&self) -> Option<&HandleCell> {
                let $object = self;
                $cell
            }
        })*
    };
}

/// A key for attributes, of whichever kind of object. One table for all, so
/// that a key used on the wrong kind of object is noticed.
pub enum AnyKeyval {
    Comm(Arc<Keyval<Comm>>),
    Type(Arc<Keyval<Datatype>>),
    Win(Arc<Keyval<Win>>),
}

impl AnyKeyval {
    fn cell(&self) -> &HandleCell {
        match self {
            AnyKeyval::Comm(keyval) => &keyval.handle,
            AnyKeyval::Type(keyval) => &keyval.handle,
            AnyKeyval::Win(keyval) => &keyval.handle,
        }
    }

    /// The application gave the key up.
    pub fn mark_freed(&self) {
        match self {
            AnyKeyval::Comm(keyval) => keyval.mark_freed(),
            AnyKeyval::Type(keyval) => keyval.mark_freed(),
            AnyKeyval::Win(keyval) => keyval.mark_freed(),
        }
    }

    /// Given up, and no attribute has it.
    pub fn is_gone(&self) -> bool {
        match self {
            AnyKeyval::Comm(keyval) => keyval.is_gone(),
            AnyKeyval::Type(keyval) => keyval.is_gone(),
            AnyKeyval::Win(keyval) => keyval.is_gone(),
        }
    }
}

/// Requests live in the engine: the index of their handle is the engine's
/// `RequestId`, and so with messages. Their tables stay empty.
pub enum Request {}
pub enum Message {}

// Objects nothing can make yet: their functions are all `missing`.
pub enum Win {}
pub enum File {}

objects! {
    comms: Comm, Comm, Comm, "communicator", "MPI_COMM_NULL", "MPI_Comm", |c| Some(&c.handle);
    groups: Group, Group, Group, "group", "MPI_GROUP_NULL", "MPI_Group", |g| Some(&g.handle);
    datatypes: Datatype, Datatype, Type, "datatype", "MPI_DATATYPE_NULL", "MPI_Datatype",
        |d| Some(&d.handle);
    errhandlers: Errhandler, Errhandler, Errhandler, "error handler", "MPI_ERRHANDLER_NULL",
        "MPI_Errhandler", |e| Some(&e.handle);
    ops: Op, Op, Op, "operation", "MPI_OP_NULL", "MPI_Op", |o| Some(&o.handle);
    infos: Info, Info, Info, "info object", "MPI_INFO_NULL", "MPI_Info", |i| Some(&i.handle);
    keyvals: AnyKeyval, Keyval, Keyval, "attribute key", "MPI_KEYVAL_INVALID", "int",
        |k| Some(k.cell());
    requests: Request, Request, Request, "request", "MPI_REQUEST_NULL", "MPI_Request", |_| None;
    messages: Message, Message, Request, "message", "MPI_MESSAGE_NULL", "MPI_Message", |_| None;
    windows: Win, Win, Win, "window", "MPI_WIN_NULL", "MPI_Win", |_| None;
    files: File, File, File, "file", "MPI_FILE_NULL", "MPI_File", |_| None;
    sessions: Session, Session, Session, "session", "MPI_SESSION_NULL", "MPI_Session",
        |s| Some(&s.handle);
}

impl Objects {
    fn with_predefined() -> Objects {
        let objects = Objects::new();
        for &basic in Basic::ALL {
            let datatype = Datatype::predefined(basic);
            datatype.handle.set(basic.handle());
            objects.datatypes.install(basic.handle(), Arc::clone(datatype));
        }
        let absent = Datatype::absent();
        absent.handle.set(NO_DATATYPE);
        objects.datatypes.install(NO_DATATYPE, absent);
        for builtin in Builtin::ALL {
            objects.ops.install(builtin.handle(), Arc::new(Op::builtin(builtin)));
        }
        for (index, action) in [(0, Action::Fatal), (1, Action::Return), (3, Action::Abort)] {
            let handle = Handle::builtin(Kind::Errhandler, index);
            let errhandler = Errhandler::predefined(action);
            errhandler.handle.set(handle);
            objects.errhandlers.install(handle, Arc::new(errhandler));
        }
        let empty = Group::empty();
        empty.handle.set(GROUP_EMPTY);
        objects.groups.install(GROUP_EMPTY, Arc::new(empty));
        let environment = environment();
        environment.handle.set(INFO_ENV);
        objects.infos.install(INFO_ENV, Arc::new(environment));
        objects
    }
}

/// `MPI_INFO_ENV`: how this process was started (MPI-4.1, section 11.2.1), as
/// far as it knows itself.
fn environment() -> Info {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let command = words.next().unwrap_or_default();
    let arguments = words.collect::<Vec<_>>().join(" ");
    let folder = std::env::current_dir().unwrap_or_default();
    let entries = [
        ("command", command),
        ("argv", arguments),
        ("host", crate::sys::host::name()),
        ("arch", std::env::consts::ARCH.to_string()),
        ("wdir", folder.to_string_lossy().into_owned()),
    ];
    Info::from_entries(entries.map(|(key, value)| (key.to_string(), value)))
}

pub const COMM_WORLD: Handle = Handle::builtin(Kind::Comm, 0);
pub const COMM_SELF: Handle = Handle::builtin(Kind::Comm, 1);
pub const GROUP_EMPTY: Handle = Handle::builtin(Kind::Group, 0);
pub const INFO_ENV: Handle = Handle::builtin(Kind::Info, 1);
/// What stands for `MPI_DATATYPE_NULL` in messages without items; no handle of
/// the application's leads to it.
pub const NO_DATATYPE: Handle = Handle::builtin(Kind::Datatype, 0xff);
pub const ERRORS_ARE_FATAL: Handle = Handle::builtin(Kind::Errhandler, 0);

/// Most communicators a process may have at once. A program that reaches it has
/// forgotten to free them; MPICH stops near 2,000, Open MPI at 65,535.
pub const COMMS_MAX: u32 = 8 << 10;

/// Proposed by a process that has no room for another communicator: the context
/// of `MPI_COMM_WORLD`, which no other gets, and less than any other.
pub const NO_CONTEXT: u64 = 0;

/// Context ids below this belong to the communicators that `MPI_Init` makes.
const CONTEXTS_OF_INIT: u32 = 4;

fn initial_errhandler() -> Arc<Errhandler> {
    let handler = Errhandler::predefined(Action::Fatal);
    handler.handle.set(ERRORS_ARE_FATAL);
    Arc::new(handler)
}

/// How far the world model of this process has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stage {
    Fresh = 0,
    Running = 1,
    Finalized = 2,
}

pub struct Process {
    pub objects: Objects,
    /// For buffered sends on communicators that have no buffer of their own.
    pub attachment: Attachment,
    engine: OnceLock<Arc<Engine>>,
    launcher: OnceLock<Arc<Launcher>>,
    collectives: OnceLock<coll::Settings>,
    /// A [`Stage`]. Release when it changes, acquire when read: what `MPI_Init`
    /// made is seen by whoever sees `Running`.
    stage: AtomicU8,
    /// Open sessions. Same ordering.
    sessions: AtomicU32,
    /// The next context id to propose, without the process's part.
    contexts: AtomicU32,
    main: OnceLock<(ThreadId, ThreadLevel)>,
    users: Mutex<UserErrors>,
    initial: Arc<Errhandler>,
    /// Keys the application gave up, whose handles go with their last attribute.
    freed_keyvals: Mutex<Vec<Handle>>,
    fortran: Mutex<fortran::Facts>,
    general_classes: Mutex<Vec<GeneralFunctions>>,
    /// The errors behind recent error codes.
    pub(super) recent: Ring,
    abort: OnceLock<Box<dyn Fn(i32) -> std::convert::Infallible + Send + Sync>>,
    place: OnceLock<String>,
}

/// This process.
#[inline(always)]
pub fn process() -> &'static Process {
    static PROCESS: OnceLock<Process> = OnceLock::new();
    PROCESS.get_or_init(Process::new)
}

impl Process {
    fn new() -> Process {
        Process {
            objects: Objects::with_predefined(),
            attachment: Attachment::default(),
            engine: OnceLock::new(),
            launcher: OnceLock::new(),
            collectives: OnceLock::new(),
            stage: AtomicU8::new(Stage::Fresh as u8),
            sessions: AtomicU32::new(0),
            contexts: AtomicU32::new(CONTEXTS_OF_INIT),
            main: OnceLock::new(),
            users: Mutex::default(),
            initial: initial_errhandler(),
            freed_keyvals: Mutex::default(),
            fortran: Mutex::default(),
            general_classes: Mutex::default(),
            recent: Ring::default(),
            abort: OnceLock::new(),
            place: OnceLock::new(),
        }
    }

    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Fresh,
            1 => Stage::Running,
            _ => Stage::Finalized,
        }
    }

    pub fn set_stage(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Release);
    }

    /// True between `MPI_Init` and `MPI_Finalize`, and while a session is open.
    #[inline(always)]
    pub fn is_usable(&self) -> bool {
        self.stage.load(Ordering::Acquire) == Stage::Running as u8
            || self.sessions.load(Ordering::Acquire) > 0
    }

    pub fn open_session(&self) {
        self.sessions.fetch_add(1, Ordering::AcqRel);
    }

    pub fn close_session(&self) {
        self.sessions.fetch_sub(1, Ordering::AcqRel);
    }

    /// Installs the engine (`MPI_Init`, or the first session).
    pub fn set_engine(&self, engine: Arc<Engine>) {
        let fresh = self.engine.set(engine).is_ok();
        assert!(fresh, "a process has one engine");
    }

    /// The engine. Bodies of functions that are not `anytime` run only when
    /// there is one.
    #[inline(always)]
    pub fn engine(&self) -> &Arc<Engine> {
        self.engine.get().expect("MPI is usable, so it has an engine")
    }

    /// The engine, if MPI was ever initialised.
    pub fn try_engine(&self) -> Option<&Arc<Engine>> {
        self.engine.get()
    }

    /// Installs the connection to the launcher (with the engine).
    pub fn set_launcher(&self, launcher: Arc<Launcher>) {
        let fresh = self.launcher.set(launcher).is_ok();
        assert!(fresh, "a process has one launcher");
    }

    /// The launcher, and through it the job. There is one when there is an
    /// engine.
    pub fn launcher(&self) -> &Arc<Launcher> {
        self.launcher.get().expect("MPI is usable, so the job was joined")
    }

    /// The job, once it was joined.
    pub fn job(&self) -> Option<&Job> {
        self.launcher.get().map(|launcher| launcher.job())
    }

    /// Says which algorithms of collectives are forced (once, at the start).
    pub fn set_collectives(&self, settings: coll::Settings) {
        let _ = self.collectives.set(settings);
    }

    pub fn collectives(&self) -> &coll::Settings {
        self.collectives.get().unwrap_or(&coll::Settings::DEFAULT)
    }

    /// Which members of a communicator share hosts, as all of them know: the
    /// launcher told it of this job's processes.
    pub fn placement_of(&self, comm: &Comm) -> Placement {
        let place = || {
            let node_of = &self.job()?.node_of;
            let node = |peer: PeerId| node_of.get(peer.0 as usize).copied();
            comm.group.peers().map(node).collect::<Option<Vec<u32>>>().map(Placement::new)
        };
        comm.placement.get_or_init(|| place().unwrap_or_default()).clone()
    }

    /// Installs `MPI_COMM_WORLD` and `MPI_COMM_SELF` (`MPI_Init`).
    pub fn set_world(&self, world: Arc<Comm>, own: Arc<Comm>) {
        for (handle, comm, name) in
            [(COMM_WORLD, world, "MPI_COMM_WORLD"), (COMM_SELF, own, "MPI_COMM_SELF")]
        {
            comm.handle.set(handle);
            comm.name.write(name);
            self.objects.comms.install(handle, comm);
        }
    }

    /// `MPI_COMM_WORLD`; there is one between `MPI_Init` and `MPI_Finalize`.
    pub fn world(&self) -> Option<Ref<Comm>> {
        self.objects.comms.get(COMM_WORLD)
    }

    /// `MPI_COMM_SELF`
    pub fn own(&self) -> Option<Ref<Comm>> {
        self.objects.comms.get(COMM_SELF)
    }

    /// A context id that no communicator of the job has or had: numbers of this
    /// process, even ones (see `object::comm`).
    /// [`NO_CONTEXT`] when there are [`COMMS_MAX`] communicators already.
    pub fn propose_context(&self) -> u64 {
        if self.objects.comms.len() >= COMMS_MAX {
            return NO_CONTEXT;
        }
        // Relaxed: only that no number comes twice matters.
        let number = self.contexts.fetch_add(2, Ordering::Relaxed);
        assert!(number < u32::MAX - 2, "two thousand million communicators are enough");
        u64::from(self.engine().me().0) << 32 | u64::from(number)
    }

    /// The error handler the communicators of `MPI_Init` begin with. It is
    /// `MPI_ERRORS_ARE_FATAL` to the program, but an object of its own: some
    /// must know whether it was set or is just there.
    pub fn initial_errhandler(&self) -> Arc<Errhandler> {
        Arc::clone(&self.initial)
    }

    /// Records the calling thread as the main thread, and the level granted.
    pub fn set_main_thread(&self, level: ThreadLevel) {
        let _ = self.main.set((std::thread::current().id(), level));
    }

    pub fn is_main_thread(&self) -> bool {
        self.main.get().is_some_and(|main| main.0 == std::thread::current().id())
    }

    pub fn thread_level(&self) -> ThreadLevel {
        self.main.get().map_or(ThreadLevel::Single, |main| main.1)
    }

    /// Error classes, codes and strings the application added.
    pub fn user_errors(&self) -> MutexGuard<'_, UserErrors> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up a key. Its handle names it as long as attributes have it, and
    /// is taken away by a later call of this or of [`Process::sweep_keyvals`].
    pub fn free_keyval(&self, handle: Handle, keyval: &AnyKeyval) {
        keyval.mark_freed();
        let mut freed = self.freed_keyvals.lock().unwrap_or_else(PoisonError::into_inner);
        if !freed.contains(&handle) {
            freed.push(handle);
        }
        drop(freed);
        self.sweep_keyvals();
    }

    /// Takes away the handles of keys that were given up and have no attribute.
    pub fn sweep_keyvals(&self) {
        let mut freed = self.freed_keyvals.lock().unwrap_or_else(PoisonError::into_inner);
        freed.retain(|&handle| {
            let keyvals = &self.objects.keyvals;
            let gone = keyvals.get(handle).is_none_or(|keyval| keyval.is_gone());
            if gone {
                keyvals.remove(handle);
            }
            !gone
        });
    }

    /// What a Fortran runtime told about itself.
    pub fn fortran(&self) -> MutexGuard<'_, fortran::Facts> {
        self.fortran.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Classes of generalized requests the application made.
    pub fn general_classes(&self) -> MutexGuard<'_, Vec<GeneralFunctions>> {
        self.general_classes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how to end the whole job (the wire-up knows), once it is joined.
    pub fn set_abort(&self, abort: Box<dyn Fn(i32) -> std::convert::Infallible + Send + Sync>) {
        let _ = self.abort.set(abort);
    }

    /// Says who this process is in messages: "rank 3 on host a".
    pub fn set_place(&self, place: String) {
        let _ = self.place.set(place);
    }

    pub fn place(&self) -> &str {
        self.place.get().map_or("this process", String::as_str)
    }

    /// Ends the job with an exit code.
    pub fn abort(&self, code: i32) -> ! {
        match self.abort.get() {
            Some(abort) => match abort(code) {},
            None => std::process::exit(code),
        }
    }
}
