//! Link arguments of the shared library. Its name is set so that the dynamic
//! linker takes a preloaded copy and one that a program needs for the same
//! library. It is never unloaded, since engine threads and exit handlers of a
//! process outlive whoever opened it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmpisecure.so");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
