//! What Fortran programs expect: entry points under their compilers' names
//! (`call`), special addresses (`special`), strings (`text`), descriptors of
//! arrays (`section`), predefined callbacks (`callback`), attributes
//! (`attribute`); and here handles as integers, which are also those of
//! `MPI_Comm_toint`.
//!
//! There is no code per function: `build.rs` reads the rows of `src/mpi` and
//! prints labels in all manglings, which lead to one interpreter with the row.
//! (Generating an entry per function and mangling, as the C symbols have it,
//! was the other way: three times the symbols, each with code of its own.)
//!
//! MPICH's integer is the handle itself, the standard ABI's the same small
//! number for predefined handles and the internal 32 bits for others. Open MPI
//! counts: predefined handles have fixed positions per kind, and what the
//! program makes follows, here from [`FIRST_OWN`] on.

use std::sync::Arc;

pub mod attribute;
mod call;
mod callback;
mod copies;
mod only_c;
pub mod print;
mod section;
mod special;
mod text;

pub use callback::*;
pub use copies::Copies;
pub use special::announce;

use super::Abi;
use crate::object::{Handle, Info, Kind};

/// Handles of the program start here in Open MPI's ABI, above all its
/// predefined ones.
const FIRST_OWN: u32 = 1024;

/// The integer of a handle.
pub fn integer(abi: Abi, kind: Kind, handle: Handle) -> i32 {
    match abi {
        Abi::Mpich | Abi::Standard => super::word::word(abi, kind, handle) as u32 as i32,
        Abi::OpenMpi => match openmpi(kind).iter().position(|&known| known == handle) {
            Some(position) => position as i32,
            None if handle.is_dynamic() => (FIRST_OWN + handle.index()) as i32,
            // No Fortran program can name these.
            None => integer(abi, kind, Handle::null(kind)),
        },
    }
}

/// The handle with an integer; the null handle when no handle has it.
pub fn handle(abi: Abi, kind: Kind, integer: i32) -> Handle {
    let found = match abi {
        Abi::Mpich | Abi::Standard => super::word::handle(abi, kind, integer as u32 as u64),
        Abi::OpenMpi => from_openmpi(kind, integer),
    };
    found.unwrap_or(Handle::null(kind))
}

/// What C has for the handle with an integer; something that is no handle when
/// no handle has it, so that it can be complained about.
#[inline]
pub fn word(abi: Abi, kind: Kind, integer: i32) -> u64 {
    match abi {
        Abi::Mpich | Abi::Standard => integer as u32 as u64,
        Abi::OpenMpi => match from_openmpi(kind, integer) {
            Some(handle) => super::word::word(abi, kind, handle),
            None => 0,
        },
    }
}

fn from_openmpi(kind: Kind, integer: i32) -> Option<Handle> {
    let position = u32::try_from(integer).ok()?;
    match position.checked_sub(FIRST_OWN) {
        Some(own) => (own <= Handle::INDEX_MAX).then(|| Handle::dynamic(kind, own)),
        None => openmpi(kind).get(position as usize).copied(),
    }
}

/// What a Fortran runtime told about itself (MPI-5.0, section 20.3.3).
#[derive(Default)]
pub struct Facts {
    /// Sizes and supported types, by the standard's keys.
    pub info: Option<Arc<Info>>,
    pub booleans: Option<Booleans>,
}

/// The bytes of `.TRUE.` and `.FALSE.`, of the same length.
#[derive(Clone, PartialEq, Eq)]
pub struct Booleans {
    pub yes: Vec<u8>,
    pub no: Vec<u8>,
}

/// The predefined handles of a kind in the order of Open MPI's integers, as
/// its `mpif.h` lists them; what it lacks comes last.
#[rustfmt::skip]
fn openmpi(kind: Kind) -> &'static [Handle] {
    match kind {
        Kind::Comm => &[
            Handle(0x44000000), // MPI_COMM_WORLD
            Handle(0x44000001), // MPI_COMM_SELF
            Handle(0x04000000), // MPI_COMM_NULL
        ],
        Kind::Group => &[
            Handle(0x08000000), // MPI_GROUP_NULL
            Handle(0x48000000), // MPI_GROUP_EMPTY
        ],
        Kind::Datatype => &[
            Handle(0x0c000000), // MPI_DATATYPE_NULL
            Handle(0x4c00010d), // MPI_BYTE
            Handle(0x4c00010f), // MPI_PACKED
            Handle(0x4c000011), // MPI_UB
            Handle(0x4c000010), // MPI_LB
            Handle(0x4c00011a), // MPI_CHARACTER
            Handle(0x4c00041d), // MPI_LOGICAL
            Handle(0x4c00041b), // MPI_INTEGER
            Handle(0x4c00012d), // MPI_INTEGER1
            Handle(0x4c00022f), // MPI_INTEGER2
            Handle(0x4c000430), // MPI_INTEGER4
            Handle(0x4c000831), // MPI_INTEGER8
            Handle(0x4c001032), // MPI_INTEGER16
            Handle(0x4c00041c), // MPI_REAL
            Handle(0x4c000427), // MPI_REAL4
            Handle(0x4c000829), // MPI_REAL8
            Handle(0x4c00102b), // MPI_REAL16
            Handle(0x4c00081f), // MPI_DOUBLE_PRECISION
            Handle(0x4c00081e), // MPI_COMPLEX
            Handle(0x4c000828), // MPI_COMPLEX8
            Handle(0x4c00102a), // MPI_COMPLEX16
            Handle(0x4c00202c), // MPI_COMPLEX32
            Handle(0x4c001022), // MPI_DOUBLE_COMPLEX
            Handle(0x4c000821), // MPI_2REAL
            Handle(0x4c001023), // MPI_2DOUBLE_PRECISION
            Handle(0x4c000820), // MPI_2INTEGER
            Handle(0x4c001060), // MPI_2COMPLEX
            Handle(0x4c002061), // MPI_2DOUBLE_COMPLEX
            Handle(0x4c000226), // MPI_REAL2
            Handle(0x4c000147), // MPI_LOGICAL1
            Handle(0x4c000248), // MPI_LOGICAL2
            Handle(0x4c000449), // MPI_LOGICAL4
            Handle(0x4c00084a), // MPI_LOGICAL8
            Handle(0x4c00040e), // MPI_WCHAR
            Handle(0x4c000101), // MPI_CHAR
            Handle(0x4c000102), // MPI_UNSIGNED_CHAR
            Handle(0x4c000118), // MPI_SIGNED_CHAR
            Handle(0x4c000203), // MPI_SHORT
            Handle(0x4c000204), // MPI_UNSIGNED_SHORT
            Handle(0x4c000405), // MPI_INT
            Handle(0x4c000406), // MPI_UNSIGNED
            Handle(0x4c000807), // MPI_LONG
            Handle(0x4c000808), // MPI_UNSIGNED_LONG
            Handle(0x4c000809), // MPI_LONG_LONG
            Handle(0x4c000819), // MPI_UNSIGNED_LONG_LONG
            Handle(0x4c00040a), // MPI_FLOAT
            Handle(0x4c00080b), // MPI_DOUBLE
            Handle(0x4c00100c), // MPI_LONG_DOUBLE
            Handle(0x8c000000), // MPI_FLOAT_INT
            Handle(0x8c000001), // MPI_DOUBLE_INT
            Handle(0x8c000004), // MPI_LONG_DOUBLE_INT
            Handle(0x8c000002), // MPI_LONG_INT
            Handle(0x4c000816), // MPI_2INT
            Handle(0x8c000003), // MPI_SHORT_INT
            Handle(0x4c000133), // MPI_CXX_BOOL
            Handle(0x4c000834), // MPI_CXX_COMPLEX
            Handle(0x4c001035), // MPI_CXX_DOUBLE_COMPLEX
            Handle(0x4c002036), // MPI_CXX_LONG_DOUBLE_COMPLEX
            Handle(0x4c000137), // MPI_INT8_T
            Handle(0x4c00013b), // MPI_UINT8_T
            Handle(0x4c000238), // MPI_INT16_T
            Handle(0x4c00023c), // MPI_UINT16_T
            Handle(0x4c000439), // MPI_INT32_T
            Handle(0x4c00043d), // MPI_UINT32_T
            Handle(0x4c00083a), // MPI_INT64_T
            Handle(0x4c00083e), // MPI_UINT64_T
            Handle(0x4c000843), // MPI_AINT
            Handle(0x4c000844), // MPI_OFFSET
            Handle(0x4c00013f), // MPI_C_BOOL
            Handle(0x4c000840), // MPI_C_COMPLEX
            Handle(0x4c001041), // MPI_C_DOUBLE_COMPLEX
            Handle(0x4c002042), // MPI_C_LONG_DOUBLE_COMPLEX
            Handle(0x4c000845), // MPI_COUNT
        ],
        Kind::Errhandler => &[
            Handle(0x14000000), // MPI_ERRHANDLER_NULL
            Handle(0x54000000), // MPI_ERRORS_ARE_FATAL
            Handle(0x54000001), // MPI_ERRORS_RETURN
            Handle(0x54000003), // MPI_ERRORS_ABORT
        ],
        Kind::Op => &[
            Handle(0x18000000), // MPI_OP_NULL
            Handle(0x58000001), // MPI_MAX
            Handle(0x58000002), // MPI_MIN
            Handle(0x58000003), // MPI_SUM
            Handle(0x58000004), // MPI_PROD
            Handle(0x58000005), // MPI_LAND
            Handle(0x58000006), // MPI_BAND
            Handle(0x58000007), // MPI_LOR
            Handle(0x58000008), // MPI_BOR
            Handle(0x58000009), // MPI_LXOR
            Handle(0x5800000a), // MPI_BXOR
            Handle(0x5800000c), // MPI_MAXLOC
            Handle(0x5800000b), // MPI_MINLOC
            Handle(0x5800000d), // MPI_REPLACE
            Handle(0x5800000e), // MPI_NO_OP
        ],
        Kind::Info => &[
            Handle(0x1c000000), // MPI_INFO_NULL
            Handle(0x5c000001), // MPI_INFO_ENV
        ],
        Kind::Win => &[
            Handle(0x20000000), // MPI_WIN_NULL
        ],
        Kind::File => &[
            Handle(0x10000000), // MPI_FILE_NULL
        ],
        Kind::Request => &[
            Handle(0x2c000000), // MPI_REQUEST_NULL
        ],
        Kind::Message => &[
            Handle(0x30000000), // MPI_MESSAGE_NULL
            Handle(0x70000000), // MPI_MESSAGE_NO_PROC
        ],
        Kind::Session => &[
            Handle(0x34000000), // MPI_SESSION_NULL
        ],
        Kind::Keyval => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::predefined;

    #[test]
    fn integers_lead_back_to_their_handles_in_every_abi() {
        for abi in Abi::ALL {
            for kind in predefined::KINDS {
                let own = [0, 7, 70_000].map(|index| Handle::dynamic(kind, index + 8));
                for handle in own.iter().copied().chain([Handle::null(kind)]) {
                    let integer = integer(abi, kind, handle);
                    assert_eq!(super::handle(abi, kind, integer), handle, "{abi:?} {kind:?}");
                }
            }
        }
    }

    #[test]
    fn predefined_integers_are_those_of_the_fortran_headers() {
        let world = Handle(0x4400_0000);
        let double = Handle(0x4c00_080b);
        let sum = Handle(0x5800_0003);
        let integers = |abi| {
            [(Kind::Comm, world), (Kind::Datatype, double), (Kind::Op, sum)]
                .map(|(kind, handle)| integer(abi, kind, handle))
        };
        assert_eq!(integers(Abi::Mpich), [0x4400_0000, 0x4c00_080b, 0x5800_0003]);
        assert_eq!(integers(Abi::OpenMpi), [0, 46, 3]);
        assert_eq!(integers(Abi::Standard), [0x101, 0x214, 0x21]);
    }

    #[test]
    fn every_predefined_handle_of_openmpi_has_one_integer() {
        for kind in predefined::KINDS {
            for (position, &handle) in openmpi(kind).iter().enumerate() {
                assert!(handle.is(kind), "{kind:?} {position}");
                assert_eq!(integer(Abi::OpenMpi, kind, handle), position as i32);
            }
        }
    }

    #[test]
    fn numbers_that_name_nothing_are_null() {
        for abi in Abi::ALL {
            for bad in [-5, 999] {
                assert_eq!(handle(abi, Kind::Op, bad), Handle::null(Kind::Op), "{abi:?} {bad}");
            }
        }
    }
}
