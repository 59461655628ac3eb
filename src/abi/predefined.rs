//! The predefined handles of all three ABIs, one row each: name, internal
//! handle (MPICH's number), number in the standard ABI, data symbol of Open MPI.
//!
//! The table is written by hand from the three `mpi.h`; the constants test
//! compares it with what C programs compiled against them print.

use super::openmpi;
use super::word::Header;
use crate::object::{Handle, Kind};

/// One predefined handle.
pub struct Predefined {
    pub name: &'static str,
    pub handle: Handle,
    /// Number in the standard ABI; 0 when it has none.
    pub standard: u16,
    /// Address of the symbol in Open MPI's ABI, when it has one.
    openmpi: Option<fn() -> usize>,
    /// The symbol's name, for the headers and tests.
    pub symbol: Option<&'static str>,
}

pub const KINDS: [Kind; 11] = [
    Kind::Comm,
    Kind::Group,
    Kind::Datatype,
    Kind::File,
    Kind::Errhandler,
    Kind::Op,
    Kind::Info,
    Kind::Win,
    Kind::Request,
    Kind::Message,
    Kind::Session,
];

pub const MESSAGE_NO_PROC: Handle = Handle::builtin(Kind::Message, 0);

/// End of the range of predefined handles in the standard ABI.
pub const STANDARD_END: usize = 0x400;

macro_rules! predefined {
    ($($name:ident = $handle:literal, $standard:literal $(, $symbol:ident)?;)*) => {
        pub static ALL: &[Predefined] = &[$(
            Predefined {
                name: stringify!($name),
                handle: Handle($handle),
                standard: $standard,
                openmpi: predefined!(@address $($symbol)?),
                symbol: predefined!(@symbol $($symbol)?),
            },
        )*];

        /// Internal handle by number of the standard ABI; 0 where none is.
        pub static STANDARD: [u32; STANDARD_END] = {
            let mut table = [0; STANDARD_END];
            $(if $standard != 0 { table[$standard] = $handle; })*
            table
        };
    };
    (@address) => { None };
    (@address $symbol:ident) => { Some(|| &raw const openmpi::$symbol as usize) };
    (@symbol) => { None };
    (@symbol $symbol:ident) => { Some(stringify!($symbol)) };
}

// Aliases come after the name they are an alias of: the first row with a
// handle answers for it.
predefined! {
    MPI_COMM_NULL = 0x04000000, 0x100, ompi_mpi_comm_null;
    MPI_COMM_SELF = 0x44000001, 0x102, ompi_mpi_comm_self;
    MPI_COMM_WORLD = 0x44000000, 0x101, ompi_mpi_comm_world;
    MPI_GROUP_EMPTY = 0x48000000, 0x109, ompi_mpi_group_empty;
    MPI_GROUP_NULL = 0x08000000, 0x108, ompi_mpi_group_null;
    MPIX_BFLOAT16 = 0x4c00024c, 0x000;
    MPIX_C_FLOAT16 = 0x4c000246, 0x000, ompi_mpi_short_float;
    MPI_2DOUBLE_PRECISION = 0x4c001023, 0x231, ompi_mpi_2dblprec;
    MPI_2INT = 0x4c000816, 0x22b, ompi_mpi_2int;
    MPI_2INTEGER = 0x4c000820, 0x232, ompi_mpi_2integer;
    MPI_2REAL = 0x4c000821, 0x230, ompi_mpi_2real;
    MPI_AINT = 0x4c000843, 0x201, ompi_mpi_aint;
    MPI_BYTE = 0x4c00010d, 0x247, ompi_mpi_byte;
    MPI_CHAR = 0x4c000101, 0x243, ompi_mpi_char;
    MPI_CHARACTER = 0x4c00011a, 0x21e, ompi_mpi_character;
    MPI_COMPLEX = 0x4c00081e, 0x21b, ompi_mpi_cplex;
    MPI_COMPLEX16 = 0x4c00102a, 0x2e3, ompi_mpi_complex16;
    MPI_COMPLEX32 = 0x4c00202c, 0x2eb, ompi_mpi_complex32;
    MPI_COMPLEX4 = 0x4c00042e, 0x2d3, ompi_mpi_complex4;
    MPI_COMPLEX8 = 0x4c000828, 0x2db, ompi_mpi_complex8;
    MPI_COUNT = 0x4c000845, 0x202, ompi_mpi_count;
    MPI_CXX_BOOL = 0x4c000133, 0x239, ompi_mpi_cxx_bool;
    MPI_CXX_DOUBLE_COMPLEX = 0x4c001035, 0x217, ompi_mpi_cxx_dblcplex;
    MPI_CXX_FLOAT_COMPLEX = 0x4c000834, 0x213, ompi_mpi_cxx_cplex;
    MPI_CXX_LONG_DOUBLE_COMPLEX = 0x4c002036, 0x225, ompi_mpi_cxx_ldblcplex;
    MPI_C_BOOL = 0x4c00013f, 0x238, ompi_mpi_c_bool;
    MPI_C_COMPLEX = 0x4c000840, 0x212, ompi_mpi_c_float_complex;
    MPI_C_DOUBLE_COMPLEX = 0x4c001041, 0x216, ompi_mpi_c_double_complex;
    MPI_C_FLOAT_COMPLEX = 0x4c000840, 0x212, ompi_mpi_c_float_complex;
    MPI_C_LONG_DOUBLE_COMPLEX = 0x4c002042, 0x224, ompi_mpi_c_long_double_complex;
    MPI_DATATYPE_NULL = 0x0c000000, 0x200, ompi_mpi_datatype_null;
    MPI_DOUBLE = 0x4c00080b, 0x214, ompi_mpi_double;
    MPI_DOUBLE_COMPLEX = 0x4c001022, 0x21d, ompi_mpi_dblcplex;
    MPI_DOUBLE_INT = 0x8c000001, 0x229, ompi_mpi_double_int;
    MPI_DOUBLE_PRECISION = 0x4c00081f, 0x21c, ompi_mpi_dblprec;
    MPI_FLOAT = 0x4c00040a, 0x210, ompi_mpi_float;
    MPI_FLOAT_INT = 0x8c000000, 0x228, ompi_mpi_float_int;
    MPI_INT = 0x4c000405, 0x209, ompi_mpi_int;
    MPI_INT16_T = 0x4c000238, 0x248, ompi_mpi_int16_t;
    MPI_INT32_T = 0x4c000439, 0x250, ompi_mpi_int32_t;
    MPI_INT64_T = 0x4c00083a, 0x258, ompi_mpi_int64_t;
    MPI_INT8_T = 0x4c000137, 0x240, ompi_mpi_int8_t;
    MPI_INTEGER = 0x4c00041b, 0x219, ompi_mpi_integer;
    MPI_INTEGER1 = 0x4c00012d, 0x2c1, ompi_mpi_integer1;
    MPI_INTEGER16 = 0x4c001032, 0x2e1, ompi_mpi_integer16;
    MPI_INTEGER2 = 0x4c00022f, 0x2c9, ompi_mpi_integer2;
    MPI_INTEGER4 = 0x4c000430, 0x2d1, ompi_mpi_integer4;
    MPI_INTEGER8 = 0x4c000831, 0x2d9, ompi_mpi_integer8;
    MPI_LB = 0x4c000010, 0x000, ompi_mpi_lb;
    MPI_LOGICAL = 0x4c00041d, 0x218, ompi_mpi_logical;
    MPI_LOGICAL1 = 0x4c000147, 0x2c0, ompi_mpi_logical1;
    MPI_LOGICAL16 = 0x4c00104b, 0x2e0;
    MPI_LOGICAL2 = 0x4c000248, 0x2c8, ompi_mpi_logical2;
    MPI_LOGICAL4 = 0x4c000449, 0x2d0, ompi_mpi_logical4;
    MPI_LOGICAL8 = 0x4c00084a, 0x2d8, ompi_mpi_logical8;
    MPI_LONG = 0x4c000807, 0x20a, ompi_mpi_long;
    MPI_LONG_DOUBLE = 0x4c00100c, 0x220, ompi_mpi_long_double;
    MPI_LONG_DOUBLE_INT = 0x8c000004, 0x22d, ompi_mpi_longdbl_int;
    MPI_LONG_INT = 0x8c000002, 0x22a, ompi_mpi_long_int;
    MPI_LONG_LONG = 0x4c000809, 0x20b, ompi_mpi_long_long_int;
    MPI_LONG_LONG_INT = 0x4c000809, 0x20b, ompi_mpi_long_long_int;
    MPI_OFFSET = 0x4c000844, 0x203, ompi_mpi_offset;
    MPI_PACKED = 0x4c00010f, 0x207, ompi_mpi_packed;
    MPI_REAL = 0x4c00041c, 0x21a, ompi_mpi_real;
    MPI_REAL16 = 0x4c00102b, 0x2e2, ompi_mpi_real16;
    MPI_REAL2 = 0x4c000226, 0x2ca, ompi_mpi_real2;
    MPI_REAL4 = 0x4c000427, 0x2d2, ompi_mpi_real4;
    MPI_REAL8 = 0x4c000829, 0x2da, ompi_mpi_real8;
    MPI_SHORT = 0x4c000203, 0x208, ompi_mpi_short;
    MPI_SHORT_INT = 0x8c000003, 0x22c, ompi_mpi_short_int;
    MPI_SIGNED_CHAR = 0x4c000118, 0x244, ompi_mpi_signed_char;
    MPI_UB = 0x4c000011, 0x000, ompi_mpi_ub;
    MPI_UINT16_T = 0x4c00023c, 0x249, ompi_mpi_uint16_t;
    MPI_UINT32_T = 0x4c00043d, 0x251, ompi_mpi_uint32_t;
    MPI_UINT64_T = 0x4c00083e, 0x259, ompi_mpi_uint64_t;
    MPI_UINT8_T = 0x4c00013b, 0x241, ompi_mpi_uint8_t;
    MPI_UNSIGNED = 0x4c000406, 0x20d, ompi_mpi_unsigned;
    MPI_UNSIGNED_CHAR = 0x4c000102, 0x245, ompi_mpi_unsigned_char;
    MPI_UNSIGNED_LONG = 0x4c000808, 0x20e, ompi_mpi_unsigned_long;
    MPI_UNSIGNED_LONG_LONG = 0x4c000819, 0x20f, ompi_mpi_unsigned_long_long;
    MPI_UNSIGNED_SHORT = 0x4c000204, 0x20c, ompi_mpi_unsigned_short;
    MPI_WCHAR = 0x4c00040e, 0x23c, ompi_mpi_wchar;
    MPI_2COMPLEX = 0x4c001060, 0x000, ompi_mpi_2cplex;
    MPI_2DOUBLE_COMPLEX = 0x4c002061, 0x000, ompi_mpi_2dblcplex;
    MPI_CXX_COMPLEX = 0x4c000834, 0x000, ompi_mpi_cxx_cplex;
    MPI_FILE_NULL = 0x10000000, 0x118, ompi_mpi_file_null;
    MPI_ERRHANDLER_NULL = 0x14000000, 0x140, ompi_mpi_errhandler_null;
    MPI_ERRORS_ABORT = 0x54000003, 0x142, ompi_mpi_errors_abort;
    MPI_ERRORS_ARE_FATAL = 0x54000000, 0x141, ompi_mpi_errors_are_fatal;
    MPI_ERRORS_RETURN = 0x54000001, 0x143, ompi_mpi_errors_return;
    MPIX_EQUAL = 0x5800000f, 0x000;
    MPI_BAND = 0x58000006, 0x028, ompi_mpi_op_band;
    MPI_BOR = 0x58000008, 0x029, ompi_mpi_op_bor;
    MPI_BXOR = 0x5800000a, 0x02a, ompi_mpi_op_bxor;
    MPI_LAND = 0x58000005, 0x030, ompi_mpi_op_land;
    MPI_LOR = 0x58000007, 0x031, ompi_mpi_op_lor;
    MPI_LXOR = 0x58000009, 0x032, ompi_mpi_op_lxor;
    MPI_MAX = 0x58000001, 0x023, ompi_mpi_op_max;
    MPI_MAXLOC = 0x5800000c, 0x039, ompi_mpi_op_maxloc;
    MPI_MIN = 0x58000002, 0x022, ompi_mpi_op_min;
    MPI_MINLOC = 0x5800000b, 0x038, ompi_mpi_op_minloc;
    MPI_NO_OP = 0x5800000e, 0x03d, ompi_mpi_op_no_op;
    MPI_OP_NULL = 0x18000000, 0x020, ompi_mpi_op_null;
    MPI_PROD = 0x58000004, 0x024, ompi_mpi_op_prod;
    MPI_REPLACE = 0x5800000d, 0x03c, ompi_mpi_op_replace;
    MPI_SUM = 0x58000003, 0x021, ompi_mpi_op_sum;
    MPI_INFO_ENV = 0x5c000001, 0x131, ompi_mpi_info_env;
    MPI_INFO_NULL = 0x1c000000, 0x130, ompi_mpi_info_null;
    MPI_WIN_NULL = 0x20000000, 0x110, ompi_mpi_win_null;
    MPI_REQUEST_NULL = 0x2c000000, 0x180, ompi_request_null;
    MPI_MESSAGE_NO_PROC = 0x70000000, 0x129, ompi_message_no_proc;
    MPI_MESSAGE_NULL = 0x30000000, 0x128, ompi_message_null;
    MPI_SESSION_NULL = 0x34000000, 0x120, ompi_mpi_instance_null;
}

fn find(handle: Handle) -> Option<&'static Predefined> {
    ALL.iter().find(|row| row.handle == handle)
}

/// Dynamic handles below this index may be predefined all the same: MPICH
/// numbers the pair types that way.
const PAIR_TYPES: u32 = 8;

#[inline(always)]
fn may_be_predefined(handle: Handle) -> bool {
    !handle.is_dynamic() || (handle.is(Kind::Datatype) && handle.index() < PAIR_TYPES)
}

/// The standard ABI's number of a predefined handle.
pub fn standard_word(handle: Handle) -> Option<u16> {
    if !may_be_predefined(handle) {
        return None;
    }
    if handle == Handle::null(Kind::Request) {
        return Some(0x180);
    }
    find(handle).map(|row| row.standard).filter(|&number| number != 0)
}

/// The address of a predefined handle's symbol in Open MPI's ABI.
pub fn openmpi_address(handle: Handle) -> Option<usize> {
    if !may_be_predefined(handle) {
        return None;
    }
    // The one null that is stored on every completion.
    if handle == Handle::null(Kind::Request) {
        return Some(&raw const openmpi::ompi_request_null as usize);
    }
    find(handle).and_then(|row| row.openmpi).map(|address| address())
}

/// True for names MPICH's header has (since 4.0 or 5.0).
pub fn in_mpich(name: &str) -> bool {
    !matches!(name, "MPI_2COMPLEX" | "MPI_2DOUBLE_COMPLEX" | "MPI_CXX_COMPLEX")
}

/// True for the address of one of Open MPI's data symbols.
pub fn is_symbol(address: usize) -> bool {
    ALL.iter().any(|row| row.openmpi.is_some_and(|symbol| symbol() == address))
}

/// `MPI_COMM_WORLD` for the handle it has.
pub fn name(handle: Handle) -> Option<&'static str> {
    find(handle).map(|row| row.name)
}

const _: () = assert!(size_of::<Header>() == 16);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::Abi;
    use crate::abi::word::{handle, word};
    use crate::object::Basic;

    #[test]
    fn predefined_handles_survive_the_round_trip_in_every_abi() {
        for row in ALL {
            let kind = *KINDS.iter().find(|kind| row.handle.is(**kind)).unwrap();
            assert_eq!(
                handle(Abi::Mpich, kind, word(Abi::Mpich, kind, row.handle)),
                Some(row.handle)
            );
            for (abi, known) in
                [(Abi::Standard, row.standard != 0), (Abi::OpenMpi, row.symbol.is_some())]
            {
                if known {
                    let theirs = word(abi, kind, row.handle);
                    assert_eq!(handle(abi, kind, theirs), Some(row.handle), "{abi:?} {}", row.name);
                }
            }
        }
    }

    #[test]
    fn every_predefined_datatype_exists() {
        for row in ALL.iter().filter(|row| row.handle.is(Kind::Datatype)) {
            let null = row.handle == Handle::null(Kind::Datatype);
            let exists = Basic::ALL.iter().any(|basic| basic.handle() == row.handle);
            assert!(null || exists, "{}", row.name);
        }
    }
}
