//! The end of the process, when it comes by returning from `main` or calling
//! `exit`: what must be done then, and not when it is killed or aborts.

/// Has the C library call `last` at exit, once per call of this function.
pub fn at_exit(last: extern "C" fn()) {
    // SAFETY: a function without arguments that stays where it is: this
    // library is never unloaded.
    let outcome = unsafe { libc::atexit(last) };
    // Out of memory; the launcher then misses our goodbye, which it reports.
    debug_assert_eq!(outcome, 0);
}
