//! The C++ bindings, which MPI-3.0 removed. Programs that use them work: the
//! stock C++ library calls our C functions. A few of its calls reach into the
//! stock library instead (operations, attribute keys and error handlers written
//! in C++); those are defined here and say so, because the stock library behind
//! them would read objects of ours as its own.

use super::process::process;

fn refuse(what: &str) -> ! {
    let process = process();
    eprintln!(
        "mpi-secure: {}: the program uses {what} of MPI's C++ bindings, which MPI-3.0 removed; \
         this library does not serve them: use the C function instead",
        process.place()
    );
    process.abort(1)
}

macro_rules! refusals {
    ($($name:ident: $what:literal;)*) => {$(
        #[doc = concat!("Called by a stock C++ library for ", $what, ".")]
        #[allow(non_snake_case)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name() {
            refuse($what)
        }
    )*};
}

refusals! {
    // libmpichcxx
    MPII_Op_set_cxx: "an operation (Op::Init)";
    MPII_Keyval_set_proxy: "an attribute key (Create_keyval)";
    MPII_Errhandler_set_cxx: "an error handler (Create_errhandler)";
    // libmpi_cxx
    ompi_op_set_cxx_callback: "an operation (Op::Init)";
    ompi_attr_create_keyval: "an attribute key (Create_keyval)";
    ompi_errhandler_create: "an error handler (Create_errhandler)";
    ompi_errhandler_invoke: "an error handler, since something failed";
}
