//! The data symbols of Open MPI's ABI: a predefined handle *is* the address of
//! one of these. Each has the stock size, because executables take a copy of it
//! (a copy relocation) and the loader warns when sizes differ; each begins with
//! the header that says which object it means, so the copy says it too.
//!
//! The dynamic linker resolves these names for us as for anybody else: when an
//! executable holds a copy, the addresses taken here are the copy's. That is
//! why they are always reached through `&raw const`, never through a constant.

#![allow(non_upper_case_globals)]

use super::word::Header;
use crate::object::Handle;

/// An object of `REST + 16` bytes, of which only the header is ours to read.
#[repr(C)]
pub struct Symbol<const REST: usize> {
    header: Header,
    rest: [u8; REST],
}

const fn symbol<const REST: usize>(handle: u32) -> Symbol<REST> {
    Symbol { header: Header::new(Handle(handle)), rest: [0; REST] }
}

macro_rules! symbols {
    ($($name:ident: $size:literal = $handle:literal;)*) => {
        $(
            #[unsafe(no_mangle)]
            pub static $name: Symbol<{ $size - 16 }> = symbol($handle);
        )*

        /// Name and size of each, for the symbol test.
        pub static SYMBOLS: &[(&str, usize)] = &[$((stringify!($name), $size)),*];
    };
}

symbols! {
    ompi_mpi_comm_null: 512 = 0x04000000;
    ompi_mpi_comm_self: 512 = 0x44000001;
    ompi_mpi_comm_world: 512 = 0x44000000;
    ompi_mpi_group_empty: 256 = 0x48000000;
    ompi_mpi_group_null: 256 = 0x08000000;
    ompi_mpi_2dblprec: 512 = 0x4c001023;
    ompi_mpi_2int: 512 = 0x4c000816;
    ompi_mpi_2integer: 512 = 0x4c000820;
    ompi_mpi_2real: 512 = 0x4c000821;
    ompi_mpi_aint: 512 = 0x4c000843;
    ompi_mpi_byte: 512 = 0x4c00010d;
    ompi_mpi_char: 512 = 0x4c000101;
    ompi_mpi_character: 512 = 0x4c00011a;
    ompi_mpi_cplex: 512 = 0x4c00081e;
    ompi_mpi_complex16: 512 = 0x4c00102a;
    ompi_mpi_complex32: 512 = 0x4c00202c;
    ompi_mpi_complex4: 512 = 0x4c00042e;
    ompi_mpi_complex8: 512 = 0x4c000828;
    ompi_mpi_count: 512 = 0x4c000845;
    ompi_mpi_cxx_bool: 512 = 0x4c000133;
    ompi_mpi_cxx_dblcplex: 512 = 0x4c001035;
    ompi_mpi_cxx_cplex: 512 = 0x4c000834;
    ompi_mpi_cxx_ldblcplex: 512 = 0x4c002036;
    ompi_mpi_c_bool: 512 = 0x4c00013f;
    ompi_mpi_c_float_complex: 512 = 0x4c000840;
    ompi_mpi_c_double_complex: 512 = 0x4c001041;
    ompi_mpi_c_long_double_complex: 512 = 0x4c002042;
    ompi_mpi_datatype_null: 512 = 0x0c000000;
    ompi_mpi_double: 512 = 0x4c00080b;
    ompi_mpi_dblcplex: 512 = 0x4c001022;
    ompi_mpi_double_int: 512 = 0x8c000001;
    ompi_mpi_dblprec: 512 = 0x4c00081f;
    ompi_mpi_float: 512 = 0x4c00040a;
    ompi_mpi_float_int: 512 = 0x8c000000;
    ompi_mpi_int: 512 = 0x4c000405;
    ompi_mpi_int16_t: 512 = 0x4c000238;
    ompi_mpi_int32_t: 512 = 0x4c000439;
    ompi_mpi_int64_t: 512 = 0x4c00083a;
    ompi_mpi_int8_t: 512 = 0x4c000137;
    ompi_mpi_integer: 512 = 0x4c00041b;
    ompi_mpi_integer1: 512 = 0x4c00012d;
    ompi_mpi_integer16: 512 = 0x4c001032;
    ompi_mpi_integer2: 512 = 0x4c00022f;
    ompi_mpi_integer4: 512 = 0x4c000430;
    ompi_mpi_integer8: 512 = 0x4c000831;
    ompi_mpi_lb: 512 = 0x4c000010;
    ompi_mpi_logical: 512 = 0x4c00041d;
    ompi_mpi_logical1: 512 = 0x4c000147;
    ompi_mpi_logical2: 512 = 0x4c000248;
    ompi_mpi_logical4: 512 = 0x4c000449;
    ompi_mpi_logical8: 512 = 0x4c00084a;
    ompi_mpi_long: 512 = 0x4c000807;
    ompi_mpi_long_double: 512 = 0x4c00100c;
    ompi_mpi_longdbl_int: 512 = 0x8c000004;
    ompi_mpi_long_int: 512 = 0x8c000002;
    ompi_mpi_long_long_int: 512 = 0x4c000809;
    ompi_mpi_offset: 512 = 0x4c000844;
    ompi_mpi_packed: 512 = 0x4c00010f;
    ompi_mpi_real: 512 = 0x4c00041c;
    ompi_mpi_real16: 512 = 0x4c00102b;
    ompi_mpi_real2: 512 = 0x4c000226;
    ompi_mpi_real4: 512 = 0x4c000427;
    ompi_mpi_real8: 512 = 0x4c000829;
    ompi_mpi_short: 512 = 0x4c000203;
    ompi_mpi_short_int: 512 = 0x8c000003;
    ompi_mpi_signed_char: 512 = 0x4c000118;
    ompi_mpi_ub: 512 = 0x4c000011;
    ompi_mpi_uint16_t: 512 = 0x4c00023c;
    ompi_mpi_uint32_t: 512 = 0x4c00043d;
    ompi_mpi_uint64_t: 512 = 0x4c00083e;
    ompi_mpi_uint8_t: 512 = 0x4c00013b;
    ompi_mpi_unsigned: 512 = 0x4c000406;
    ompi_mpi_unsigned_char: 512 = 0x4c000102;
    ompi_mpi_unsigned_long: 512 = 0x4c000808;
    ompi_mpi_unsigned_long_long: 512 = 0x4c000819;
    ompi_mpi_unsigned_short: 512 = 0x4c000204;
    ompi_mpi_wchar: 512 = 0x4c00040e;
    ompi_mpi_2cplex: 512 = 0x4c001060;
    ompi_mpi_2dblcplex: 512 = 0x4c002061;
    ompi_mpi_file_null: 1536 = 0x10000000;
    ompi_mpi_errhandler_null: 1024 = 0x14000000;
    ompi_mpi_errors_abort: 1024 = 0x54000003;
    ompi_mpi_errors_are_fatal: 1024 = 0x54000000;
    ompi_mpi_errors_return: 1024 = 0x54000001;
    ompi_mpi_op_band: 2048 = 0x58000006;
    ompi_mpi_op_bor: 2048 = 0x58000008;
    ompi_mpi_op_bxor: 2048 = 0x5800000a;
    ompi_mpi_op_land: 2048 = 0x58000005;
    ompi_mpi_op_lor: 2048 = 0x58000007;
    ompi_mpi_op_lxor: 2048 = 0x58000009;
    ompi_mpi_op_max: 2048 = 0x58000001;
    ompi_mpi_op_maxloc: 2048 = 0x5800000c;
    ompi_mpi_op_min: 2048 = 0x58000002;
    ompi_mpi_op_minloc: 2048 = 0x5800000b;
    ompi_mpi_op_no_op: 2048 = 0x5800000e;
    ompi_mpi_op_null: 2048 = 0x18000000;
    ompi_mpi_op_prod: 2048 = 0x58000004;
    ompi_mpi_op_replace: 2048 = 0x5800000d;
    ompi_mpi_op_sum: 2048 = 0x58000003;
    ompi_mpi_info_env: 256 = 0x5c000001;
    ompi_mpi_info_null: 256 = 0x1c000000;
    ompi_mpi_win_null: 512 = 0x20000000;
    ompi_request_null: 256 = 0x2c000000;
    ompi_message_no_proc: 256 = 0x70000000;
    ompi_message_null: 256 = 0x30000000;
    ompi_mpi_instance_null: 512 = 0x34000000;

    // Datatypes Open MPI exports but no C constant names; nothing is behind
    // them here, so using one is an error that says so.
    ompi_mpi_c_complex: 512 = 0x4c000840;
    ompi_mpi_ldblcplex: 512 = 0x4c002042;
    ompi_mpi_c_short_float_complex: 512 = 0x0c000000;
    ompi_mpi_cxx_sfltcplex: 512 = 0x0c000000;
    ompi_mpi_short_float: 512 = 0x4c000246;
    ompi_mpi_unavailable: 512 = 0x0c000000;
    ompi_mpi_errors_throw_exceptions: 1024 = 0x54000000;
    ompi_request_empty: 160 = 0x2c000000;
}
