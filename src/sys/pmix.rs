//! The system's PMIx library, opened when a launcher asks for it and never
//! linked: the wire protocol between a PMIx client and its server is private
//! to that library. The layouts below are the same in PMIx 4.2 and 5.0.
//!
//! What must hold: the `repr(C)` types are those of `pmix_common.h` (the
//! assertions check their sizes and offsets); the library stays loaded for
//! ever, since it keeps a thread; every value it returns was made by malloc
//! and belongs to the caller.

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::{offset_of, size_of};
use std::path::PathBuf;

pub const RANK_WILDCARD: u32 = 4_294_967_294;

const NAMESPACE_LEN: usize = 256;
const KEY_LEN: usize = 512;
const SCOPE_GLOBAL: u8 = 3;

const TYPE_BOOL: u16 = 1;
const TYPE_STRING: u16 = 3;
const TYPE_INT: u16 = 6;
const TYPE_UINT16: u16 = 13;
const TYPE_UINT32: u16 = 14;
const TYPE_BYTES: u16 = 27;
const TYPE_RANK: u16 = 40;

/// `pmix_proc_t`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Proc {
    namespace: [c_char; NAMESPACE_LEN],
    pub rank: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Bytes {
    data: *mut c_char,
    len: usize,
}

#[repr(C)]
union Data {
    flag: bool,
    string: *mut c_char,
    integer: c_int,
    uint16: u16,
    uint32: u32,
    bytes: Bytes,
    room: [u64; 3],
}

/// `pmix_value_t`
#[repr(C)]
struct Value {
    kind: u16,
    data: Data,
}

/// `pmix_info_t`
#[repr(C)]
struct Directive {
    key: [c_char; KEY_LEN],
    flags: u32,
    value: Value,
}

const _: () = assert!(size_of::<Proc>() == 260);
const _: () = assert!(size_of::<Value>() == 32 && offset_of!(Value, data) == 8);
const _: () = assert!(size_of::<Directive>() == 552 && offset_of!(Directive, value) == 520);

type Status = c_int;

/// The functions used, valid for as long as the process lives.
pub struct Pmix {
    init: unsafe extern "C" fn(*mut Proc, *mut Directive, usize) -> Status,
    finalize: unsafe extern "C" fn(*const Directive, usize) -> Status,
    get: unsafe extern "C" fn(
        *const Proc,
        *const c_char,
        *const Directive,
        usize,
        *mut *mut Value,
    ) -> Status,
    put: unsafe extern "C" fn(u8, *const c_char, *mut Value) -> Status,
    commit: unsafe extern "C" fn() -> Status,
    fence: unsafe extern "C" fn(*const Proc, usize, *const Directive, usize) -> Status,
    abort: unsafe extern "C" fn(c_int, *const c_char, *mut Proc, usize) -> Status,
    error_string: unsafe extern "C" fn(Status) -> *const c_char,
    pub version: String,
}

/// A call that failed: PMIx's own words and number for it.
#[derive(Debug)]
pub struct Failure {
    pub status: i32,
    pub reason: String,
}

/// What a key holds, of the types that launchers use for what we ask.
#[derive(Debug, PartialEq, Eq)]
pub enum Held {
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Pmix {
    /// Opens the first library of `candidates` that opens. The error lists
    /// what the loader said about each.
    pub fn load(candidates: &[PathBuf]) -> Result<Pmix, String> {
        let mut said = Vec::new();
        for path in candidates {
            // SAFETY: libpmix's constructors do nothing beyond their own data.
            match unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) } {
                Ok(library) => return Pmix::bind(Box::leak(Box::new(library))),
                Err(error) => said.push(error.to_string()),
            }
        }
        Err(said.join("; "))
    }

    fn bind(library: &'static Library) -> Result<Pmix, String> {
        macro_rules! symbol {
            ($name:literal) => {
                // SAFETY: the field's type is the prototype of this function
                // in pmix.h, the same in all releases from 4.2 on.
                *unsafe { library.get($name) }.map_err(|error| error.to_string())?
            };
        }
        let version: unsafe extern "C" fn() -> *const c_char = symbol!(b"PMIx_Get_version\0");
        // SAFETY: takes nothing, returns a static string.
        let version = unsafe { CStr::from_ptr(version()) }.to_string_lossy().into_owned();
        Ok(Pmix {
            init: symbol!(b"PMIx_Init\0"),
            finalize: symbol!(b"PMIx_Finalize\0"),
            get: symbol!(b"PMIx_Get\0"),
            put: symbol!(b"PMIx_Put\0"),
            commit: symbol!(b"PMIx_Commit\0"),
            fence: symbol!(b"PMIx_Fence\0"),
            abort: symbol!(b"PMIx_Abort\0"),
            error_string: symbol!(b"PMIx_Error_string\0"),
            version,
        })
    }

    /// Connects to the server that the environment names.
    pub fn init(&self) -> Result<Proc, Failure> {
        let mut me = Proc { namespace: [0; NAMESPACE_LEN], rank: 0 };
        // SAFETY: `me` is a whole Proc for the library to write; no directives.
        self.check(unsafe { (self.init)(&mut me, std::ptr::null_mut(), 0) })?;
        Ok(me)
    }

    /// What `of` holds under `key`; nothing when there is no such key.
    /// `optional`: answer from what this process knows already, without
    /// asking the server.
    pub fn get(&self, of: &Proc, key: &str, optional: bool) -> Result<Option<Held>, Failure> {
        const NOT_FOUND: Status = -46;
        let name = c_string(key);
        let directives = if optional { vec![Directive::flag("pmix.optional")] } else { vec![] };
        let mut value: *mut Value = std::ptr::null_mut();
        // SAFETY: all pointers are valid for the call, `directives` has the
        // length given, `value` receives a pointer.
        let status = unsafe {
            (self.get)(of, name.as_ptr(), directives.as_ptr(), directives.len(), &mut value)
        };
        if status == NOT_FOUND {
            return Ok(None);
        }
        self.check(status)?;
        if value.is_null() {
            return Ok(None);
        }
        // SAFETY: success means that `value` points to a value that is ours.
        Ok(unsafe { take(value) })
    }

    /// Offers `bytes` under `key` to all ranks, at the next commit and fence.
    pub fn put(&self, key: &str, bytes: &[u8]) -> Result<(), Failure> {
        let name = c_string(key);
        let data = Bytes { data: bytes.as_ptr() as *mut c_char, len: bytes.len() };
        let mut value = Value { kind: TYPE_BYTES, data: Data { room: [0; 3] } };
        value.data.bytes = data;
        // SAFETY: the library copies the bytes before it returns and writes to
        // none of them.
        self.check(unsafe { (self.put)(SCOPE_GLOBAL, name.as_ptr(), &mut value) })
    }

    pub fn commit(&self) -> Result<(), Failure> {
        // SAFETY: takes nothing.
        self.check(unsafe { (self.commit)() })
    }

    /// Waits for every rank of `all` and collects what they put.
    pub fn fence(&self, all: &Proc) -> Result<(), Failure> {
        let collect = Directive::flag("pmix.collect");
        // SAFETY: one Proc and one directive, both valid for the call.
        self.check(unsafe { (self.fence)(all, 1, &collect, 1) })
    }

    pub fn abort(&self, code: i32, message: &str) -> Result<(), Failure> {
        let message = c_string(message);
        // SAFETY: no processes listed means all of this job.
        self.check(unsafe { (self.abort)(code, message.as_ptr(), std::ptr::null_mut(), 0) })
    }

    pub fn finalize(&self) -> Result<(), Failure> {
        // SAFETY: no directives.
        self.check(unsafe { (self.finalize)(std::ptr::null(), 0) })
    }

    fn check(&self, status: Status) -> Result<(), Failure> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: returns a static string for any number, or null.
        let text = unsafe { (self.error_string)(status) };
        let reason = if text.is_null() {
            "unknown".to_string()
        } else {
            // SAFETY: not null, static, ended by a NUL.
            unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
        };
        Err(Failure { status, reason })
    }
}

impl Proc {
    pub fn namespace(&self) -> String {
        let bytes = self.namespace.iter().take_while(|c| **c != 0).map(|c| *c as u8).collect();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// Another rank of the same namespace.
    pub fn with_rank(&self, rank: u32) -> Proc {
        Proc { namespace: self.namespace, rank }
    }
}

impl Directive {
    fn flag(key: &str) -> Directive {
        let mut name = [0; KEY_LEN];
        for (to, from) in name[..KEY_LEN - 1].iter_mut().zip(key.bytes()) {
            *to = from as c_char;
        }
        let mut data = Data { room: [0; 3] };
        data.flag = true;
        Directive { key: name, flags: 0, value: Value { kind: TYPE_BOOL, data } }
    }
}

/// Copies what `value` holds and frees it; nothing for types not used here.
///
/// # Safety
/// `value` was made by the library, and nobody else uses it.
unsafe fn take(value: *mut Value) -> Option<Held> {
    // SAFETY: a valid Value; `kind` says which member of the union is set, and
    // pointers in it are null or made by malloc, strings ended by a NUL.
    unsafe {
        let data = &(*value).data;
        let held = match (*value).kind {
            TYPE_UINT16 => Some(Held::Number(i64::from(data.uint16))),
            TYPE_UINT32 | TYPE_RANK => Some(Held::Number(i64::from(data.uint32))),
            TYPE_INT => Some(Held::Number(i64::from(data.integer))),
            TYPE_STRING if !data.string.is_null() => {
                let text = CStr::from_ptr(data.string).to_string_lossy().into_owned();
                libc::free(data.string.cast::<c_void>());
                Some(Held::Text(text))
            }
            TYPE_BYTES if !data.bytes.data.is_null() => {
                let Bytes { data, len } = data.bytes;
                let bytes = std::slice::from_raw_parts(data.cast::<u8>(), len).to_vec();
                libc::free(data.cast::<c_void>());
                Some(Held::Bytes(bytes))
            }
            TYPE_BYTES => Some(Held::Bytes(Vec::new())),
            _ => None,
        };
        libc::free(value.cast::<c_void>());
        held
    }
}

/// `text` up to its first NUL, should it hold one.
fn c_string(text: &str) -> CString {
    let text = text.split('\0').next().unwrap_or("");
    CString::new(text).expect("the text was cut at its first NUL")
}
