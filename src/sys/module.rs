//! Transform modules: code of the site's, in C, between a program's packets and
//! the cipher. The interface is that of `include/mpi_secure_module.h`.
//!
//! What must hold: a module does what its header promises. It writes no more than
//! it is given room for, keeps no pointer but its state, and uses a state by one
//! thread at a time. It runs with all rights of this process, which is why its
//! file is judged like the policy that names it, and loaded from the descriptor
//! that was judged.

use std::ffi::{CString, c_char, c_int, c_void};
use std::fmt;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::policy_file::{self, FileFault};

/// The interface as it is today, and the function that hands it over.
const VERSION: c_int = 1;
const ENTRY: &[u8] = b"mpi_secure_module_1\0";

type Transform =
    unsafe extern "C" fn(*mut c_void, *const u8, usize, *mut u8, usize, *mut usize) -> c_int;

/// `mpi_secure_module` of the header.
#[repr(C)]
struct Table {
    version: c_int,
    open: Option<unsafe extern "C" fn(*const c_char, c_int, *mut *mut c_void) -> c_int>,
    copy: Option<unsafe extern "C" fn(*mut c_void, *mut *mut c_void) -> c_int>,
    send: Option<Transform>,
    receive: Option<Transform>,
    close: Option<unsafe extern "C" fn(*mut c_void)>,
}

/// Why a module cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadFault {
    #[error("{0}")]
    File(#[from] FileFault),
    #[error("it cannot be loaded ({0}); name a shared library with mpi_secure_module_1()")]
    Library(#[from] libloading::Error),
    #[error("its interface has version {0}, and this library knows version {VERSION}; rebuild it")]
    Version(i32),
    #[error("it lacks send or receive; a module has both")]
    Incomplete,
}

/// A function of a module that did not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    pub code: i32,
}

/// A module that is loaded, and stays so.
pub struct Module {
    /// Kept for good, as the module is.
    pub name: &'static str,
    pub path: PathBuf,
    options: CString,
    table: &'static Table,
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module {} of {}", self.name, self.path.display())
    }
}

impl Module {
    /// The module and the content of its file, of which both ends of a link have
    /// the same.
    pub fn load(name: &str, path: &Path, options: CString) -> Result<(Module, Vec<u8>), LoadFault> {
        let (file, content) = policy_file::read_module(path)?;
        // By its descriptor: a path might lead elsewhere by now.
        let by_descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: the constructors of a shared library that root or this user has
        // put where nobody else can, and that the policy names.
        let library = unsafe { Library::open(Some(by_descriptor), RTLD_NOW | RTLD_LOCAL) }?;
        // SAFETY: the header says what the function of this name is.
        let table = unsafe {
            let entry = library.get::<unsafe extern "C" fn() -> *const Table>(ENTRY)?;
            entry().as_ref()
        };
        // It is never unloaded: states and the table outlive whoever holds them. Nor
        // is the descriptor closed: under its number, as under any name, the dynamic
        // linker would give the next module this one.
        std::mem::forget((library, file));
        let table = table.ok_or(LoadFault::Incomplete)?;
        if table.version != VERSION {
            return Err(LoadFault::Version(table.version));
        }
        if table.send.is_none() || table.receive.is_none() {
            return Err(LoadFault::Incomplete);
        }
        let name = Box::leak(name.to_owned().into_boxed_str());
        Ok((Module { name, path: path.to_owned(), options, table }, content))
    }

    /// The state of one direction of one security context.
    pub fn open(self: &Arc<Module>, sends: bool) -> Result<State, Failed> {
        let mut state = std::ptr::null_mut();
        if let Some(open) = self.table.open {
            // SAFETY: a string that lives as long as the module, and a place.
            succeed(unsafe { open(self.options.as_ptr(), c_int::from(sends), &mut state) })?;
        }
        Ok(State { module: self.clone(), state, sends })
    }
}

fn succeed(code: c_int) -> Result<(), Failed> {
    if code == 0 { Ok(()) } else { Err(Failed { code }) }
}

/// What a module keeps for one direction of one security context.
pub struct State {
    module: Arc<Module>,
    state: *mut c_void,
    sends: bool,
}

// SAFETY: the header says that a state may be used by any thread, by one at a time;
// it is used through `&mut`, or by `copy`, which changes nothing of it.
unsafe impl Send for State {}
// SAFETY: as above: shared references only copy, and the header lets that be.
unsafe impl Sync for State {}

impl State {
    /// A new one for a context that was made as a duplicate of this one's.
    pub fn copy(&self) -> Result<State, Failed> {
        let Some(copy) = self.module.table.copy else { return self.module.open(self.sends) };
        let mut state = std::ptr::null_mut();
        // SAFETY: a state that `open` or `copy` of this module made.
        succeed(unsafe { copy(self.state, &mut state) })?;
        Ok(State { module: self.module.clone(), state, sends: self.sends })
    }

    /// Transforms `from` into `to` and says how much it became.
    pub fn transform(&mut self, from: &[u8], to: &mut [u8]) -> Result<usize, Failed> {
        let Table { send, receive, .. } = *self.module.table;
        let transform = if self.sends { send } else { receive };
        let transform = transform.expect("it was checked when the module was loaded");
        let mut len = 0;
        // SAFETY: a state of this module's, bytes to read and room to write, which
        // do not overlap.
        succeed(unsafe {
            transform(self.state, from.as_ptr(), from.len(), to.as_mut_ptr(), to.len(), &mut len)
        })?;
        // More than there was room for: whatever that was, it is not to be used.
        if len <= to.len() { Ok(len) } else { Err(Failed { code: -1 }) }
    }

    pub fn module(&self) -> &Module {
        &self.module
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(close) = self.module.table.close {
            // SAFETY: a state that `open` or `copy` of this module made, and its end.
            unsafe { close(self.state) }
        }
    }
}
