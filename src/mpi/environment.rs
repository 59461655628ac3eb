//! Chapter 9: versions, time, memory, error handlers, classes, codes, strings.

use std::sync::{Arc, PoisonError};

use nix::sys::time::TimeSpec;
use nix::time::ClockId;

use crate::abi::callback::errhandler;
use crate::abi::kind::*;
use crate::abi::process::{Errhandler, Object, Ref};
use crate::abi::{Abi, Cx, code, memory};
use crate::mpi_functions;
use crate::object::errhandler::Action;
use crate::object::handle::HandleCell;
use crate::object::{Class, Comm, Datatype, Error, Info, Kind, Result};
use crate::secure::suite::default_suite;
use crate::sys::host;

mpi_functions! {
    fn MPI_Add_error_class(errorclass: OutInt) = add_error_class, anytime;
    fn MPI_Add_error_code(errorclass: ErrorCode, errorcode: OutInt) = add_error_code, anytime;
    fn MPI_Add_error_string(errorcode: ErrorCode, string: InString) = add_error_string, anytime;
    fn MPI_Aint_add(base: Disp, disp: Disp) -> AddressInt = aint_add, anytime;
    fn MPI_Aint_diff(addr1: Disp, addr2: Disp) -> AddressInt = aint_diff, anytime;
    fn MPI_Alloc_mem(size: SizeA, info: OptInfo, baseptr: OutPointer) = alloc_mem, anytime;
    fn MPI_Comm_call_errhandler(comm: InComm, errorcode: ErrorCode) = comm_call_errhandler;
    fn MPI_Comm_create_errhandler(
        comm_errhandler_fn: CommErrhandlerFn, errhandler: OutErrhandler
    ) = comm_create_errhandler, anytime;
    fn MPI_Comm_get_errhandler(comm: InComm, errhandler: OutErrhandler) = comm_get_errhandler;
    fn MPI_Comm_set_errhandler(comm: InComm, errhandler: InErrhandler) = comm_set_errhandler;
    fn MPI_Errhandler_free(errhandler: InOutErrhandler) = errhandler_free, anytime;
    fn MPI_Error_class(errorcode: ErrorCode, errorclass: OutInt) = error_class, anytime;
    fn MPI_Error_string(
        errorcode: ErrorCode, string: OutString, resultlen: OutInt
    ) = error_string, anytime;
    fn MPI_Free_mem(base: Buf) = free_mem, anytime;
    fn MPI_Get_count(status: InStatus, datatype: InDatatype, count: OutCount) = get_count;
    fn MPI_Get_count_c(status: InStatus, datatype: InDatatype, count: OutCountC) = get_count;
    fn MPI_Get_library_version(version: OutString, resultlen: OutInt) = get_library_version, anytime;
    fn MPI_Get_processor_name(name: OutString, resultlen: OutInt) = get_processor_name, anytime;
    fn MPI_Get_version(version: OutInt, subversion: OutInt) = get_version, anytime;
    fn MPI_Pcontrol(level: ConstInt, varargs: Varargs) = pcontrol, anytime;
    fn MPI_Remove_error_class(errorclass: ErrorCode) = remove_error_class, anytime;
    fn MPI_Remove_error_code(errorcode: ErrorCode) = remove_error_code, anytime;
    fn MPI_Remove_error_string(errorcode: ErrorCode) = remove_error_string, anytime;
    fn MPI_Win_call_errhandler(win: InWin, errorcode: ErrorCode) = missing;
    fn MPI_Win_create_errhandler(
        win_errhandler_fn: WinErrhandlerFn, errhandler: OutErrhandler
    ) = win_create_errhandler, anytime;
    fn MPI_Win_get_errhandler(win: InWin, errhandler: OutErrhandler) = missing;
    fn MPI_Win_set_errhandler(win: InWin, errhandler: InErrhandler) = missing;
    fn MPI_Wtick() -> Double = wtick, anytime;
    fn MPI_Wtime() -> Double = wtime, anytime;
}

/// The version of MPI, as the header the caller was compiled with has it: some
/// programs compare the two and refuse any other. What this library offers
/// does not depend on it.
fn get_version(cx: &Cx, version: Place<i32>, subversion: Place<i32>) -> Result<()> {
    let (major, minor) = mpi_version(cx.abi);
    version.set(major);
    subversion.set(minor);
    Ok(())
}

const fn mpi_version(abi: Abi) -> (i32, i32) {
    match abi {
        Abi::Mpich => (4, 0),
        Abi::OpenMpi => (3, 1),
        Abi::Standard => (5, 0),
    }
}

fn get_library_version(cx: &Cx, version: TextPlace, len: Place<i32>) -> Result<()> {
    let text = library_version(cx.abi);
    len.set(version.set(&text, cx.abi.limits().library_version) as i32);
    Ok(())
}

/// Below 256 bytes, all that Open MPI's callers have room for.
fn library_version(abi: Abi) -> String {
    let (major, minor) = mpi_version(abi);
    format!(
        "mpi-secure {}, MPI {major}.{minor}, {} ABI, links sealed with {} unless the policy says \
         otherwise",
        env!("CARGO_PKG_VERSION"),
        abi.name(),
        default_suite().name(),
    )
}

fn get_processor_name(cx: &Cx, name: TextPlace, len: Place<i32>) -> Result<()> {
    len.set(name.set(&host::name(), cx.abi.limits().processor_name) as i32);
    Ok(())
}

/// Seconds of the clock that no one sets. It begins when the host does, so
/// hosts differ: `MPI_WTIME_IS_GLOBAL` is false.
fn wtime(_: &Cx) -> f64 {
    seconds(nix::time::clock_gettime(ClockId::CLOCK_MONOTONIC))
}

fn wtick(_: &Cx) -> f64 {
    seconds(nix::time::clock_getres(ClockId::CLOCK_MONOTONIC))
}

fn seconds(time: nix::Result<TimeSpec>) -> f64 {
    let time = time.expect("every Linux has a monotonic clock");
    time.tv_sec() as f64 + time.tv_nsec() as f64 * 1e-9
}

fn aint_add(_: &Cx, base: i64, disp: i64) -> i64 {
    base.wrapping_add(disp)
}

fn aint_diff(_: &Cx, addr1: i64, addr2: i64) -> i64 {
    addr1.wrapping_sub(addr2)
}

/// Profilers take this over. Here the levels from 2 on begin phases in which the
/// program asks for what the policy lists under `pcontrol`; all others end them.
fn pcontrol(cx: &Cx, level: i32, _: ()) -> Result<()> {
    if let Some(engine) = cx.process.try_engine() {
        engine.set_phase(level);
    }
    Ok(())
}

fn alloc_mem(_: &Cx, size: usize, info: Option<Ref<Info>>, base: PointerPlace) -> Result<()> {
    // An alignment that is no power of two is a hint like any other that is
    // not understood: ignored (MPI-4.1, section 9.2).
    let wanted = info.and_then(|info| info.get("mpi_minimum_memory_alignment"));
    let wanted = wanted.and_then(|value| value.trim().parse().ok());
    let alignment = wanted.filter(|bytes: &usize| bytes.is_power_of_two());
    base.set(memory::allocate(size, alignment.unwrap_or(memory::ALIGNMENT))?);
    Ok(())
}

fn free_mem(_: &Cx, base: Memory) -> Result<()> {
    if !base.is_in_place() {
        memory::free(base.address() as usize);
    }
    Ok(())
}

/// Shared by `MPI_Get_count` and its large-count form: undefined when the
/// bytes are no whole number of items, or too many for the place.
fn get_count(
    _: &Cx,
    status: StatusPlace,
    datatype: Ref<Datatype>,
    count: NumberPlace,
) -> Result<()> {
    count.set(whole_items(status.get().count, datatype.size()));
    Ok(())
}

fn whole_items(bytes: u64, size: u64) -> i64 {
    match (bytes, size) {
        (0, _) => 0,
        (_, 0) => UNDEFINED as i64,
        _ if !bytes.is_multiple_of(size) => UNDEFINED as i64,
        _ => (bytes / size) as i64,
    }
}

fn error_class(cx: &Cx, errorcode: i32, class: Place<i32>) -> Result<()> {
    let number = code::class_number(cx.abi, cx.process, errorcode);
    class.set(number.ok_or_else(|| no_code(errorcode))?);
    Ok(())
}

fn error_string(cx: &Cx, errorcode: i32, string: TextPlace, len: Place<i32>) -> Result<()> {
    let text = code::text(cx.abi, cx.process, errorcode).ok_or_else(|| no_code(errorcode))?;
    len.set(string.set(&text, cx.abi.limits().error_string) as i32);
    Ok(())
}

fn no_code(errorcode: i32) -> Error {
    Error::new(Class::Arg, format!("{errorcode} is no error code of this library or program"))
}

fn add_error_class(cx: &Cx, class: Place<i32>) -> Result<()> {
    class.set(cx.process.user_errors().add_class(cx.abi));
    Ok(())
}

fn add_error_code(cx: &Cx, class: i32, errorcode: Place<i32>) -> Result<()> {
    if code::class_number(cx.abi, cx.process, class) != Some(class) {
        return Err(Error::new(Class::Arg, format!("errorclass is {class}, which is no class")));
    }
    errorcode.set(cx.process.user_errors().add_code(cx.abi, class));
    Ok(())
}

fn add_error_string(cx: &Cx, errorcode: i32, string: Text) -> Result<()> {
    cx.process.user_errors().set_text(cx.abi, errorcode, &string.read())
}

pub(super) fn remove_error_class(cx: &Cx, class: i32) -> Result<()> {
    cx.process.user_errors().remove_class(cx.abi, class)
}

pub(super) fn remove_error_code(cx: &Cx, errorcode: i32) -> Result<()> {
    cx.process.user_errors().remove_code(cx.abi, errorcode)
}

pub(super) fn remove_error_string(cx: &Cx, errorcode: i32) -> Result<()> {
    cx.process.user_errors().set_text(cx.abi, errorcode, "")
}

pub(super) fn comm_create_errhandler(
    cx: &Cx,
    function: Callback,
    place: HandlePlace<Errhandler>,
) -> Result<()> {
    give_errhandler(cx, Arc::new(errhandler(cx, Kind::Comm, function)?), place)
}

fn win_create_errhandler(
    cx: &Cx,
    function: Callback,
    place: HandlePlace<Errhandler>,
) -> Result<()> {
    give_errhandler(cx, Arc::new(errhandler(cx, Kind::Win, function)?), place)
}

pub(super) fn comm_set_errhandler(
    _: &Cx,
    comm: Ref<Comm>,
    errhandler: Ref<Errhandler>,
) -> Result<()> {
    errhandler.check(Kind::Comm)?;
    comm.errhandler.store(errhandler.share());
    Ok(())
}

pub(super) fn comm_get_errhandler(
    cx: &Cx,
    comm: Ref<Comm>,
    place: HandlePlace<Errhandler>,
) -> Result<()> {
    give_errhandler(cx, comm.errhandler.load_full(), place)
}

/// Gives the application the handle of an error handler, which it may have
/// freed in the meantime: then it gets a new one.
pub(super) fn give_errhandler(
    cx: &Cx,
    errhandler: Arc<Errhandler>,
    place: HandlePlace<Errhandler>,
) -> Result<()> {
    let mut held = errhandler.held.lock().unwrap_or_else(PoisonError::into_inner);
    match errhandler.handle.get() {
        Some(handle) => place.set(cx, handle),
        None => {
            place.put(cx, Arc::clone(&errhandler))?;
        }
    }
    *held += 1;
    Ok(())
}

/// What still uses the error handler keeps it; predefined ones stay.
fn errhandler_free(cx: &Cx, place: HandlePlace<Errhandler>) -> Result<()> {
    let handle = place.handle(cx)?;
    let errhandler = place.get(cx)?.share();
    let mut held = errhandler.held.lock().unwrap_or_else(PoisonError::into_inner);
    *held = held.saturating_sub(1);
    if *held == 0 {
        Errhandler::remove(cx.process, handle);
    }
    place.set_null(cx);
    Ok(())
}

fn comm_call_errhandler(_: &Cx, comm: Ref<Comm>, errorcode: i32) -> Result<()> {
    call_errhandler(&comm.errhandler.load_full(), &comm.handle, errorcode)
}

/// Calls an error handler as if `errorcode` had come up. One that ends the
/// job does so on the way an error of this very call takes.
pub(super) fn call_errhandler(
    errhandler: &Errhandler,
    object: &HandleCell,
    mut errorcode: i32,
) -> Result<()> {
    match &errhandler.action {
        Action::Return => Ok(()),
        Action::Fatal | Action::Abort => Err(Error::user(errorcode)),
        Action::User(user) => {
            let handle = object.get().expect("the caller named the object by its handle");
            user.handle(handle, &mut errorcode);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::channel::PeerId;
    use crate::object::comm;
    use crate::object::{Group, Handle};

    /// Decodes an argument as the row of a function would.
    fn argument<K: crate::abi::kind::Kind>(cx: &Cx, raw: K::Raw) -> K::Value {
        // SAFETY: the tests pass addresses of their own variables.
        unsafe { K::decode(cx, raw, "argument") }.map_err(|error| error.to_string()).unwrap()
    }

    /// What a handler saw: the handle it was given and the code.
    static SEEN: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

    extern "C" fn handler(object: *mut u64, code: *mut i32) {
        // SAFETY: the library passes places for a handle and a code.
        unsafe {
            SEEN[0].store(*object, Ordering::SeqCst);
            SEEN[1].store(*code as u64, Ordering::SeqCst);
        }
    }

    #[test]
    fn handler_gets_the_handle_as_the_application_spells_it() {
        let cx = crate::mpi::call_of(Abi::Mpich, "MPI_Comm_create_errhandler");
        let mut created = [0u32; 2];
        let place = argument::<OutErrhandler>(&cx, created.as_mut_ptr() as usize);
        comm_create_errhandler(&cx, Callback(handler as *const () as usize), place).unwrap();
        assert_eq!(created[1], 0, "only four bytes belong to the handle");

        let own = Group::from_peers([PeerId(0)]);
        let fatal = cx.process.initial_errhandler();
        let comm = Arc::new(Comm::new(90, comm::Kind::Intra, own, 0, fatal));
        let handle = Comm::insert(cx.process, Arc::clone(&comm)).unwrap();
        let comm = || argument::<InComm>(&cx, handle.0 as usize);
        let set = argument::<InErrhandler>(&cx, created[0] as usize);
        comm_set_errhandler(&cx, comm(), set).unwrap();

        // Freed twice, as it was given out twice; the communicator keeps it.
        let mut again = 0u32;
        let out = || argument::<OutErrhandler>(&cx, &raw const again as usize);
        comm_get_errhandler(&cx, comm(), out()).unwrap();
        assert_eq!(again, created[0]);
        for handle in [&raw mut again as usize, created.as_mut_ptr() as usize] {
            errhandler_free(&cx, argument::<InOutErrhandler>(&cx, handle)).unwrap();
        }
        assert_eq!(again, Handle::null(Kind::Errhandler).0);
        comm_call_errhandler(&cx, comm(), 17).unwrap();
        assert_eq!(SEEN[0].load(Ordering::SeqCst), handle.0 as u64);
        assert_eq!(SEEN[1].load(Ordering::SeqCst), 17);
        Comm::remove(cx.process, handle);
    }

    #[test]
    fn classes_and_codes_of_the_program_have_strings_until_removed() {
        for abi in Abi::ALL {
            let cx = crate::mpi::call_of(abi, "MPI_Add_error_class");
            let mut number = 0i32;
            let place = &raw mut number as usize;
            // SAFETY: the address of `number`.
            let read = || unsafe { (place as *const i32).read() };
            add_error_class(&cx, argument::<OutInt>(&cx, place)).unwrap();
            let class = read();
            add_error_code(&cx, class, argument::<OutInt>(&cx, place)).unwrap();
            let code = read();
            let text = c"out of cheese";
            add_error_string(&cx, code, argument::<InString>(&cx, text.as_ptr() as usize)).unwrap();

            let mut buffer = [1u8; 512];
            let out = argument::<OutString>(&cx, buffer.as_mut_ptr() as usize);
            error_string(&cx, code, out, argument::<OutInt>(&cx, place)).unwrap();
            assert_eq!((read(), &buffer[..14]), (13, &b"out of cheese\0"[..]));
            error_class(&cx, code, argument::<OutInt>(&cx, place)).unwrap();
            assert_eq!(read(), class);

            let refused = remove_error_class(&cx, class).unwrap_err();
            assert!(refused.message().contains("has codes"), "{refused}");
            let refused = remove_error_code(&cx, code).unwrap_err();
            assert!(refused.message().contains("has a text"), "{refused}");
            remove_error_string(&cx, code).unwrap();
            remove_error_code(&cx, code).unwrap();
            remove_error_class(&cx, class).unwrap();
            assert!(error_class(&cx, class, argument::<OutInt>(&cx, place)).is_err());
        }
    }

    #[test]
    fn counts_are_whole_or_undefined() {
        let undefined = UNDEFINED as i64;
        assert_eq!([(0, 0), (0, 4), (12, 4)].map(|(b, s)| whole_items(b, s)), [0, 0, 3]);
        assert_eq!([(1, 0), (13, 4)].map(|(b, s)| whole_items(b, s)), [undefined; 2]);
    }

    #[test]
    fn library_version_fits_every_abi() {
        for abi in Abi::ALL {
            let version = library_version(abi);
            assert!(version.len() < abi.limits().library_version, "{version}");
            assert!(version.starts_with("mpi-secure ") && version.contains("aes-256-gcm"));
        }
    }

    #[test]
    fn time_passes() {
        let cx = crate::mpi::call_of(Abi::Mpich, "MPI_Wtime");
        let begin = wtime(&cx);
        while wtime(&cx) == begin {}
        assert!(wtick(&cx) > 0.0 && wtick(&cx) < 1e-3);
    }
}
