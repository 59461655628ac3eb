//! Calls into the application: reduction operations, attribute callbacks,
//! error handlers, generalized requests. What a callback gets is spelt in the
//! caller's ABI: handles by value in a register (4 or 8 bytes of it count),
//! handles by pointer as 4 or 8 bytes in memory, keys and codes as the caller's
//! numbers. A Fortran program's get addresses, of integers where C has handles.
//!
//! What must hold: an address handed to MPI as a callback is a C function of
//! the type the standard gives that parameter, and stays one. No callback runs
//! under a lock of the library.

use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::sync::Arc;

use super::kind::{Callback, Key, StatusPlace};
use super::process::{AnyKeyval, Object, Win, process};
use super::{Abi, Cx, Language, fortran, word};
use crate::engine::Generalized;
use crate::object::attribute::{self, Callbacks, Keyval, Value};
use crate::object::errhandler::{Errhandler, UserErrhandler};
use crate::object::op::{Op, UserOp};
use crate::object::{Class, Comm, Datatype, Error, Handle, Kind, Result, Status};

/// A handle in the caller's memory, for callbacks that get a pointer to one.
struct HandleMemory(u64);

impl HandleMemory {
    fn new(abi: Abi, language: Language, kind: Kind, handle: Handle) -> HandleMemory {
        // Little-endian: the first 4 bytes are those of a 4-byte handle.
        match language {
            Language::C => HandleMemory(word::word(abi, kind, handle)),
            Language::Fortran => HandleMemory(fortran::integer(abi, kind, handle) as u32 as u64),
        }
    }

    fn address(&mut self) -> *mut c_void {
        (&raw mut self.0).cast()
    }
}

/// The handle of an object, or a passing one while a callback needs it: an
/// object whose handle was freed may still be in use by operations.
struct Lent<T: Object> {
    handle: Handle,
    passing: bool,
    object: PhantomData<T>,
}

impl<T: Object> Lent<T> {
    fn new(object: &Arc<T>) -> Lent<T> {
        match object.cell().and_then(|cell| cell.get()) {
            Some(handle) => Lent { handle, passing: false, object: PhantomData },
            None => {
                let handle = T::insert(process(), Arc::clone(object));
                let passing = handle.is_ok();
                let handle = handle.unwrap_or(Handle::null(T::KIND));
                Lent { handle, passing, object: PhantomData }
            }
        }
    }
}

impl<T: Object> Drop for Lent<T> {
    fn drop(&mut self) {
        if self.passing {
            T::remove(process(), self.handle);
        }
    }
}

/// `MPI_User_function`, or its large-count form. Fortran's differs in the
/// datatype it points to and in nothing else.
struct Operation {
    abi: Abi,
    language: Language,
    function: usize,
    large: bool,
}

impl UserOp for Operation {
    fn apply(&self, from: *const c_void, into: *mut c_void, len: i64, datatype: &Arc<Datatype>) {
        let lent = Lent::new(datatype);
        let mut handle = HandleMemory::new(self.abi, self.language, Kind::Datatype, lent.handle);
        // A large function takes all at once, a plain one at most INT_MAX.
        let step = if self.large { i64::MAX } else { i32::MAX as i64 };
        let extent = datatype.extent() as isize;
        let mut done = 0;
        while done < len {
            let mut count = step.min(len - done);
            let skip = done as isize * extent;
            // SAFETY: the application's operation, called with two buffers of
            // `count` items each, as those who call `apply` promise. On a
            // little-endian machine an `int` is the low half of the count.
            unsafe {
                type F = unsafe extern "C" fn(*const c_void, *mut c_void, *mut c_void, *mut c_void);
                let function = std::mem::transmute::<usize, F>(self.function);
                let (from, into) = (from.byte_offset(skip), into.byte_offset(skip));
                function(from, into, (&raw mut count).cast(), handle.address());
            }
            done += step.min(len - done);
        }
    }
}

/// An operation of the application (`MPI_Op_create`).
pub fn operation(cx: &Cx, function: Callback, commutative: bool) -> Op {
    let (abi, language, large) = (cx.abi, cx.language, cx.is_large());
    Op::user(Arc::new(Operation { abi, language, function: function.0, large }), commutative)
}

/// The callbacks of an attribute key.
struct AttributeFunctions {
    abi: Abi,
    language: Language,
    /// Values are `INTEGER`, as in MPI-1's Fortran.
    integers: bool,
    copy: usize,
    delete: usize,
    extra: usize,
}

/// Of C; Fortran's are procedures. Both ABIs that have no functions for "copy
/// nothing" and "delete nothing" spell them 0; the standard ABI spells "copy the
/// value" 1.
const NOTHING: usize = 0;
const DUPLICATE: usize = 1;

/// Fortran's: every argument an address.
type FortranCopyFunction = unsafe extern "C" fn(
    *const i32,
    *const i32,
    *const usize,
    *const usize,
    *mut usize,
    *mut i32,
    *mut i32,
);
type FortranDeleteFunction =
    unsafe extern "C" fn(*const i32, *const i32, *const usize, *const usize, *mut i32);

type CopyFunction =
    unsafe extern "C" fn(usize, c_int, usize, usize, *mut usize, *mut c_int) -> c_int;
type DeleteFunction = unsafe extern "C" fn(usize, c_int, usize, usize) -> c_int;

impl AttributeFunctions {
    fn number<O>(&self, keyval: &Keyval<O>) -> c_int {
        let handle = keyval.handle.get().unwrap_or(Handle::null(Kind::Keyval));
        Key::Own(handle).number(self.abi)
    }

    /// What the copy callback made of `value`. The same again stays a value of
    /// the language that set it.
    fn copied(&self, value: Value, given: usize, copied: usize) -> Value {
        let copied = if self.integers { copied as i32 as usize } else { copied };
        match self.language {
            _ if copied == given => value,
            Language::C => Value::pointer(copied),
            Language::Fortran => Value { bits: copied, language: attribute::Language::Fortran },
        }
    }
}

fn outcome(code: c_int) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(Error::user(code)) }
}

impl<O: Object> Callbacks<O> for AttributeFunctions {
    fn copy(
        &self,
        object: &Arc<O>,
        keyval: &Arc<Keyval<O>>,
        value: Value,
    ) -> Result<Option<Value>> {
        match (self.language, self.copy) {
            (Language::C, NOTHING) => return Ok(None),
            (Language::C, DUPLICATE) => return Ok(Some(value)),
            _ => {}
        }
        let lent = Lent::new(object);
        let number = self.number(keyval);
        let given = fortran::attribute::seen(self.language, value);
        let (mut copied, mut flag) = (0usize, 0);
        let code = if self.language == Language::Fortran {
            let handle = fortran::integer(self.abi, O::KIND, lent.handle);
            let mut code = 0;
            // SAFETY: a copy callback of a Fortran program, called with its
            // own extra state and places for its three results.
            unsafe {
                let function = std::mem::transmute::<usize, FortranCopyFunction>(self.copy);
                let (extra, copied) = (&self.extra, &mut copied);
                function(&handle, &number, extra, &given, copied, &mut flag, &mut code);
            }
            code
        } else {
            let handle = word::word(self.abi, O::KIND, lent.handle) as usize;
            // SAFETY: a copy callback of the application, called with its own
            // extra state and places for its two results.
            unsafe {
                let function = std::mem::transmute::<usize, CopyFunction>(self.copy);
                function(handle, number, self.extra, given, &mut copied, &mut flag)
            }
        };
        outcome(code)?;
        Ok((flag != 0).then(|| self.copied(value, given, copied)))
    }

    fn delete(&self, object: &Arc<O>, keyval: &Arc<Keyval<O>>, value: Value) -> Result<()> {
        if self.language == Language::C && self.delete == NOTHING {
            return Ok(());
        }
        let lent = Lent::new(object);
        let number = self.number(keyval);
        let given = fortran::attribute::seen(self.language, value);
        if self.language == Language::Fortran {
            let handle = fortran::integer(self.abi, O::KIND, lent.handle);
            let mut code = 0;
            // SAFETY: a delete callback of a Fortran program, called with its
            // own extra state.
            unsafe {
                let function = std::mem::transmute::<usize, FortranDeleteFunction>(self.delete);
                function(&handle, &number, &given, &self.extra, &mut code);
            }
            return outcome(code);
        }
        let handle = word::word(self.abi, O::KIND, lent.handle) as usize;
        // SAFETY: a delete callback of the application, called with its own
        // extra state.
        outcome(unsafe {
            let function = std::mem::transmute::<usize, DeleteFunction>(self.delete);
            function(handle, number, given, self.extra)
        })
    }
}

fn functions(cx: &Cx, copy: Callback, delete: Callback, extra: usize) -> Box<AttributeFunctions> {
    let (abi, language) = (cx.abi, cx.language);
    let integers = language == Language::Fortran && cx.function.chapter == "removed";
    let (copy, delete) = (copy.0, delete.0);
    Box::new(AttributeFunctions { abi, language, integers, copy, delete, extra })
}

/// A key for attributes of communicators (`MPI_Comm_create_keyval`).
pub fn comm_keyval(cx: &Cx, copy: Callback, delete: Callback, extra: usize) -> AnyKeyval {
    AnyKeyval::Comm(Keyval::<Comm>::new(functions(cx, copy, delete, extra)))
}

/// A key for attributes of datatypes (`MPI_Type_create_keyval`).
pub fn type_keyval(cx: &Cx, copy: Callback, delete: Callback, extra: usize) -> AnyKeyval {
    AnyKeyval::Type(Keyval::<Datatype>::new(functions(cx, copy, delete, extra)))
}

/// A key for attributes of windows (`MPI_Win_create_keyval`).
pub fn win_keyval(cx: &Cx, copy: Callback, delete: Callback, extra: usize) -> AnyKeyval {
    AnyKeyval::Win(Keyval::<Win>::new(functions(cx, copy, delete, extra)))
}

/// `MPI_Comm_errhandler_function` and its like for files, windows, sessions.
struct ErrorFunction {
    abi: Abi,
    language: Language,
    kind: Kind,
    function: usize,
}

impl UserErrhandler for ErrorFunction {
    fn handle(&self, object: Handle, code: &mut i32) {
        let mut handle = HandleMemory::new(self.abi, self.language, self.kind, object);
        // SAFETY: an error handler of the application. It is variadic in C;
        // what follows the two arguments is the implementation's choice, and
        // we choose nothing.
        unsafe {
            type F = unsafe extern "C" fn(*mut c_void, *mut c_int, ...);
            let function = std::mem::transmute::<usize, F>(self.function);
            function(handle.address(), code);
        }
    }
}

/// An error handler of the application for objects of `kind`.
pub fn errhandler(cx: &Cx, kind: Kind, function: Callback) -> Result<Errhandler> {
    if function.is_null() {
        return Err(Error::new(Class::Arg, "the error handler function is a null pointer"));
    }
    let (abi, language) = (cx.abi, cx.language);
    let function = ErrorFunction { abi, language, kind, function: function.0 };
    Ok(Errhandler::user(kind, Arc::new(function)))
}

/// The functions of a generalized request. The last two are MPICH's extension
/// and may be null.
#[derive(Clone, Copy, Debug)]
pub struct GeneralFunctions {
    pub query: Callback,
    pub free: Callback,
    pub cancel: Callback,
    pub poll: Callback,
    pub wait: Callback,
}

struct GeneralRequest {
    abi: Abi,
    language: Language,
    functions: GeneralFunctions,
    extra: usize,
}

/// Room for a status of any ABI.
#[repr(align(8))]
struct StatusMemory([u8; 32]);

impl GeneralRequest {
    /// Calls a function in the way of its language. Fortran's gets addresses,
    /// also of its extra state, which is the program's own variable, as both
    /// stock libraries have it; and stores its code.
    fn call(
        &self,
        c: impl FnOnce(usize) -> c_int,
        fortran: impl FnOnce(*const usize, *mut c_int),
    ) -> c_int {
        match self.language {
            Language::C => c(self.extra),
            Language::Fortran => {
                let mut code = 0;
                fortran(self.extra as *const usize, &mut code);
                code
            }
        }
    }

    /// Calls `function` with the extra state and a status, which it fills in.
    fn ask(&self, function: Callback) -> (Status, c_int) {
        let mut memory = StatusMemory([0; 32]);
        let place = StatusPlace::at(self.abi, memory.0.as_mut_ptr() as usize);
        place.set(&Status::EMPTY);
        let status: *mut c_void = memory.0.as_mut_ptr().cast();
        // SAFETY: a query or poll function of the application, called with its
        // own extra state and a status in the layout of its ABI.
        let code = self.call(
            |extra| unsafe {
                type F = unsafe extern "C" fn(usize, *mut c_void) -> c_int;
                std::mem::transmute::<usize, F>(function.0)(extra, status)
            },
            |extra, code| unsafe {
                type F = unsafe extern "C" fn(*const usize, *mut c_void, *mut c_int);
                std::mem::transmute::<usize, F>(function.0)(extra, status, code);
            },
        );
        (place.get(), code)
    }
}

impl Generalized for GeneralRequest {
    fn query(&self) -> Status {
        let (status, code) = self.ask(self.functions.query);
        Status { error: outcome(code).err(), ..status }
    }

    fn free(&self) -> Result<()> {
        let function = self.functions.free.0;
        // SAFETY: a free function of the application, called with its own
        // extra state.
        outcome(self.call(
            |extra| unsafe {
                type F = unsafe extern "C" fn(usize) -> c_int;
                std::mem::transmute::<usize, F>(function)(extra)
            },
            |extra, code| unsafe {
                type F = unsafe extern "C" fn(*const usize, *mut c_int);
                std::mem::transmute::<usize, F>(function)(extra, code);
            },
        ))
    }

    fn cancel(&self, complete: bool) -> Result<()> {
        let function = self.functions.cancel.0;
        let complete = c_int::from(complete);
        // SAFETY: a cancel function of the application, called with its own
        // extra state.
        outcome(self.call(
            |extra| unsafe {
                type F = unsafe extern "C" fn(usize, c_int) -> c_int;
                std::mem::transmute::<usize, F>(function)(extra, complete)
            },
            |extra, code| unsafe {
                type F = unsafe extern "C" fn(*const usize, *const c_int, *mut c_int);
                std::mem::transmute::<usize, F>(function)(extra, &complete, code);
            },
        ))
    }

    fn polls(&self) -> bool {
        !self.functions.poll.is_null() || !self.functions.wait.is_null()
    }

    /// A request that can only be waited for is waited for no time at all.
    fn poll(&self) -> Result<()> {
        if !self.functions.poll.is_null() {
            return outcome(self.ask(self.functions.poll).1);
        }
        let mut states = [self.extra];
        let mut memory = StatusMemory([0; 32]);
        // SAFETY: a wait function of the application, called with an array of
        // one state of its own and a status in the layout of its ABI.
        outcome(unsafe {
            type F = unsafe extern "C" fn(c_int, *mut usize, f64, *mut c_void) -> c_int;
            let function = std::mem::transmute::<usize, F>(self.functions.wait.0);
            function(1, states.as_mut_ptr(), 0.0, memory.0.as_mut_ptr().cast())
        })
    }
}

/// A generalized request of the application.
pub fn generalized(cx: &Cx, functions: GeneralFunctions, extra: usize) -> Arc<dyn Generalized> {
    Arc::new(GeneralRequest { abi: cx.abi, language: cx.language, functions, extra })
}
