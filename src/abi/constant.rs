//! Every integer constant of `mpi.h` with its value in the three ABIs. Most
//! have their own type and table where they are decoded; the rest, which only
//! programs compare with, are here. [`all`] is the whole, for the header of the
//! standard ABI and for the test that asks the vendors' headers.

use super::kind::{self, COMPARISONS, KEYVAL_INVALID, PredefinedKey};
use super::{Abi, code, predefined, word};
use crate::object::{Class, Kind};

/// Marks an ABI that has no such constant.
const NONE: i64 = i64::MIN;

/// A named integer.
#[derive(Clone, Debug)]
pub struct Constant {
    pub name: &'static str,
    /// C type of a handle; `None` for an `int`.
    pub handle: Option<&'static str>,
    /// Value in MPICH, Open MPI, the standard ABI. An Open MPI handle is an
    /// address and has no value here.
    pub values: [Option<i64>; 3],
}

impl Constant {
    pub fn value(&self, abi: Abi) -> Option<i64> {
        self.values[abi.index()]
    }
}

macro_rules! constants {
    ($($name:ident = [$mpich:expr, $ompi:expr, $std:expr];)*) => {
        const OTHERS: &[(&str, [i64; 3])] = &[$((stringify!($name), [$mpich, $ompi, $std])),*];
    };
}

#[rustfmt::skip]
constants! {
    MPI_FT = [NONE, 12, NONE];
    // Distributed arrays.
    MPI_DISTRIBUTE_DFLT_DARG = [-49767, -1, 19];
    // Error classes beyond those of `object::error`.
    MPIX_ERR_EAGAIN = [104, NONE, NONE];
    MPIX_ERR_NOREQ = [105, NONE, NONE];
    MPIX_ERR_PROC_FAILED = [101, NONE, NONE];
    MPIX_ERR_PROC_FAILED_PENDING = [102, NONE, NONE];
    MPIX_ERR_REVOKED = [103, NONE, NONE];
    MPIX_ERR_STREAM = [106, NONE, NONE];
    MPIX_ERR_TIMEOUT = [107, NONE, NONE];
    MPI_ERR_LASTCODE = [1073741823, 92, 16383];
    // Errors of the tools interface.
    MPI_T_ERR_CANNOT_INIT = [61, 56, 1001];
    MPI_T_ERR_CVAR_SET_NEVER = [69, 64, 1015];
    MPI_T_ERR_CVAR_SET_NOT_NOW = [68, 63, 1014];
    MPI_T_ERR_INVALID = [74, 72, 1006];
    MPI_T_ERR_INVALID_HANDLE = [64, 59, 1010];
    MPI_T_ERR_INVALID_INDEX = [62, 57, 1007];
    MPI_T_ERR_INVALID_ITEM = [63, 58, 1008];
    MPI_T_ERR_INVALID_NAME = [73, 73, 1011];
    MPI_T_ERR_INVALID_SESSION = [67, 62, 1009];
    MPI_T_ERR_MEMORY = [59, 54, 1005];
    MPI_T_ERR_NOT_ACCESSIBLE = [79, NONE, 1002];
    MPI_T_ERR_NOT_INITIALIZED = [60, 55, 1003];
    MPI_T_ERR_NOT_SUPPORTED = [78, NONE, 1004];
    MPI_T_ERR_OUT_OF_HANDLES = [65, 60, 1012];
    MPI_T_ERR_OUT_OF_SESSIONS = [66, 61, 1013];
    MPI_T_ERR_PVAR_NO_ATOMIC = [72, 67, 1018];
    MPI_T_ERR_PVAR_NO_STARTSTOP = [70, 65, 1017];
    MPI_T_ERR_PVAR_NO_WRITE = [71, 66, 1016];
    // Files.
    MPI_DISPLACEMENT_CURRENT = [-54278278, -54278278, -1];
    // Fortran statuses in C.
    MPI_F_ERROR = [4, 2, 2];
    MPI_F_SOURCE = [2, 0, 0];
    MPI_F_STATUS_SIZE = [5, 6, 8];
    MPI_F_TAG = [3, 1, 1];
    // Sizes of buffers.
    MPI_BSEND_OVERHEAD = [96, 128, 512];
    MPI_MAX_DATAREP_STRING = [128, 128, 128];
    MPI_MAX_ERROR_STRING = [512, 256, 512];
    MPI_MAX_INFO_KEY = [255, 36, 256];
    MPI_MAX_INFO_VAL = [1024, 256, 1024];
    MPI_MAX_LIBRARY_VERSION_STRING = [8192, 256, 8192];
    MPI_MAX_OBJECT_NAME = [128, 64, 128];
    MPI_MAX_PORT_NAME = [256, 1024, 1024];
    MPI_MAX_PROCESSOR_NAME = [128, 256, 256];
    MPI_MAX_PSET_NAME_LEN = [256, 512, 1024];
    MPI_MAX_STRINGTAG_LEN = [256, 1024, 1024];
    // File access modes.
    MPI_MODE_APPEND = [128, 128, 1];
    MPI_MODE_CREATE = [1, 1, 2];
    MPI_MODE_DELETE_ON_CLOSE = [16, 16, 4];
    MPI_MODE_EXCL = [64, 64, 8];
    MPI_MODE_RDONLY = [2, 2, 16];
    MPI_MODE_RDWR = [8, 8, 32];
    MPI_MODE_SEQUENTIAL = [256, 256, 64];
    MPI_MODE_UNIQUE_OPEN = [32, 32, 128];
    MPI_MODE_WRONLY = [4, 4, 256];
    // Assertions.
    MPI_MODE_NOCHECK = [1024, 1, 1024];
    MPI_MODE_NOPRECEDE = [8192, 2, 2048];
    MPI_MODE_NOPUT = [4096, 4, 4096];
    MPI_MODE_NOSTORE = [2048, 8, 8192];
    MPI_MODE_NOSUCCEED = [16384, 16, 16384];
    // mpi_t:bind.
    MPI_T_BIND_INVALID = [0, NONE, NONE];
    MPI_T_BIND_MPI_COMM = [9701, 1, 2];
    MPI_T_BIND_MPI_DATATYPE = [9702, 2, 3];
    MPI_T_BIND_MPI_ERRHANDLER = [9703, 3, 4];
    MPI_T_BIND_MPI_FILE = [9704, 4, 5];
    MPI_T_BIND_MPI_GROUP = [9705, 5, 6];
    MPI_T_BIND_MPI_INFO = [9710, 10, 11];
    MPI_T_BIND_MPI_MESSAGE = [9709, 9, 10];
    MPI_T_BIND_MPI_OP = [9706, 6, 7];
    MPI_T_BIND_MPI_REQUEST = [9707, 7, 8];
    MPI_T_BIND_MPI_SESSION = [9711, NONE, 12];
    MPI_T_BIND_MPI_WIN = [9708, 8, 9];
    MPI_T_BIND_NO_OBJECT = [9700, 0, 1];
    // mpi_t:cb-require.
    MPI_T_CB_REQUIRE_ASYNC_SIGNAL_SAFE = [3, NONE, 63];
    MPI_T_CB_REQUIRE_MPI_RESTRICTED = [1, NONE, 3];
    MPI_T_CB_REQUIRE_NONE = [0, NONE, 0];
    MPI_T_CB_REQUIRE_THREAD_SAFE = [2, NONE, 15];
    // mpi_t:pvar-class.
    MPI_T_PVAR_CLASS_AGGREGATE = [247, 7, 8];
    MPI_T_PVAR_CLASS_COUNTER = [246, 6, 7];
    MPI_T_PVAR_CLASS_GENERIC = [249, 9, 10];
    MPI_T_PVAR_CLASS_HIGHWATERMARK = [244, 4, 5];
    MPI_T_PVAR_CLASS_INVALID = [0, NONE, NONE];
    MPI_T_PVAR_CLASS_LEVEL = [241, 1, 2];
    MPI_T_PVAR_CLASS_LOWWATERMARK = [245, 5, 6];
    MPI_T_PVAR_CLASS_PERCENTAGE = [243, 3, 4];
    MPI_T_PVAR_CLASS_SIZE = [242, 2, 3];
    MPI_T_PVAR_CLASS_STATE = [240, 0, 1];
    MPI_T_PVAR_CLASS_TIMER = [248, 8, 9];
    // mpi_t:scope.
    MPI_T_SCOPE_ALL = [60443, 5, 6];
    MPI_T_SCOPE_ALL_EQ = [60444, 6, 7];
    MPI_T_SCOPE_CONSTANT = [60438, 0, 1];
    MPI_T_SCOPE_GROUP = [60441, 3, 4];
    MPI_T_SCOPE_GROUP_EQ = [60442, 4, 5];
    MPI_T_SCOPE_INVALID = [0, NONE, NONE];
    MPI_T_SCOPE_LOCAL = [60440, 2, 3];
    MPI_T_SCOPE_READONLY = [60439, 1, 2];
    // mpi_t:source.
    MPI_T_SOURCE_ORDERED = [0, NONE, 1];
    MPI_T_SOURCE_UNORDERED = [1, NONE, 2];
    // mpi_t:verbosity.
    MPI_T_VERBOSITY_INVALID = [0, NONE, NONE];
    MPI_T_VERBOSITY_MPIDEV_ALL = [229, 8, 36];
    MPI_T_VERBOSITY_MPIDEV_BASIC = [227, 6, 33];
    MPI_T_VERBOSITY_MPIDEV_DETAIL = [228, 7, 34];
    MPI_T_VERBOSITY_TUNER_ALL = [226, 5, 20];
    MPI_T_VERBOSITY_TUNER_BASIC = [224, 3, 17];
    MPI_T_VERBOSITY_TUNER_DETAIL = [225, 4, 18];
    MPI_T_VERBOSITY_USER_ALL = [223, 2, 12];
    MPI_T_VERBOSITY_USER_BASIC = [221, 0, 9];
    MPI_T_VERBOSITY_USER_DETAIL = [222, 1, 10];
    // Ranks.
    MPI_ANY_SOURCE = [-2, -1, -1];
    MPI_PROC_NULL = [-1, -2, -3];
    MPI_ROOT = [-3, -4, -4];
    // No value.
    MPI_UNDEFINED = [-32766, -32766, -32766];
    // Tags.
    MPI_ANY_TAG = [-1, -1, -2];
    // Classes of types.
    MPIX_TYPECLASS_LOGICAL = [NONE, NONE, 191];
    // Versions.
    MPI_ABI_SUBVERSION = [NONE, NONE, 0];
    MPI_ABI_VERSION = [NONE, NONE, 1];
    // Windows.
    MPI_WIN_FLAVOR_ALLOCATE = [2, 2, 312];
    MPI_WIN_FLAVOR_CREATE = [1, 1, 311];
    MPI_WIN_FLAVOR_DYNAMIC = [3, 3, 313];
    MPI_WIN_FLAVOR_SHARED = [4, 4, 314];
    // Window memory models.
    MPI_WIN_SEPARATE = [1, 1, 322];
    MPI_WIN_UNIFIED = [2, 0, 321];
    // Extensions.
    MPIO_REQUEST_NULL = [0, NONE, NONE];
    MPIX_ASYNC_DONE = [1, NONE, NONE];
    MPIX_ASYNC_NOPROGRESS = [0, NONE, NONE];
    MPIX_GPU_SUPPORT_CUDA = [0, NONE, NONE];
    MPIX_GPU_SUPPORT_HIP = [2, NONE, NONE];
    MPIX_GPU_SUPPORT_ZE = [1, NONE, NONE];
    MPI_ATTR_PREDEFINED_KEY_MAX = [NONE, 13, NONE];
    // Kinds of split.
    MPIX_COMM_TYPE_NEIGHBORHOOD = [5, NONE, NONE];
    OMPI_COMM_TYPE_BOARD = [NONE, 8, NONE];
    OMPI_COMM_TYPE_CLUSTER = [NONE, 11, NONE];
    OMPI_COMM_TYPE_CORE = [NONE, 2, NONE];
    OMPI_COMM_TYPE_CU = [NONE, 10, NONE];
    OMPI_COMM_TYPE_HOST = [NONE, 9, NONE];
    OMPI_COMM_TYPE_HWTHREAD = [NONE, 1, NONE];
    OMPI_COMM_TYPE_L1CACHE = [NONE, 3, NONE];
    OMPI_COMM_TYPE_L2CACHE = [NONE, 4, NONE];
    OMPI_COMM_TYPE_L3CACHE = [NONE, 5, NONE];
    OMPI_COMM_TYPE_NODE = [NONE, 0, NONE];
    OMPI_COMM_TYPE_NUMA = [NONE, 7, NONE];
    OMPI_COMM_TYPE_SOCKET = [NONE, 6, NONE];
}

/// The value of a constant of this file.
pub fn other(abi: Abi, name: &str) -> Option<i64> {
    let row = OTHERS.iter().find(|row| row.0 == name)?;
    Some(row.1[abi.index()]).filter(|&value| value != NONE)
}

/// All integer constants, by the chapter they belong to.
pub fn all() -> Vec<Constant> {
    let integer = |name, values| Constant { name, handle: None, values };
    let some = |values: [i32; 3]| values.map(|value| Some(value as i64));
    let wide = |values: [Option<i32>; 3]| values.map(|value| value.map(i64::from));
    let mut all = Vec::new();
    // Classes an ABI lacks are spelt with a neighbour's number there.
    all.extend(Class::ALL.iter().map(|&class| {
        let own = |abi| code::has_own_number(abi, class).then(|| code::number(abi, class) as i64);
        integer(class.symbol(), Abi::ALL.map(own))
    }));
    all.extend(OTHERS.iter().map(|&(name, values)| {
        integer(name, values.map(|value| (value != NONE).then_some(value)))
    }));
    all.extend(PredefinedKey::table().map(|(name, values)| integer(name, some(values))));
    all.push(integer("MPI_KEYVAL_INVALID", some(KEYVAL_INVALID)));
    all.extend(COMPARISONS.iter().map(|row| integer(row.1, some(row.2))));
    let choices = kind::combiner_table().chain(kind::choice_tables());
    all.extend(choices.map(|(name, values)| integer(name, wide(values))));
    all.extend(predefined::ALL.iter().map(|row| {
        let kind = *predefined::KINDS.iter().find(|kind| row.handle.is(**kind)).expect("a kind");
        let standard = (row.standard != 0).then_some(row.standard as i64);
        let mpich = predefined::in_mpich(row.name)
            .then(|| word::word(Abi::Mpich, kind, row.handle) as u32 as i64);
        Constant {
            name: row.name,
            handle: Some(handle_type(kind)),
            values: [mpich, None, standard],
        }
    }));
    all
}

fn handle_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Comm => "MPI_Comm",
        Kind::Group => "MPI_Group",
        Kind::Datatype => "MPI_Datatype",
        Kind::File => "MPI_File",
        Kind::Errhandler => "MPI_Errhandler",
        Kind::Op => "MPI_Op",
        Kind::Info => "MPI_Info",
        Kind::Win => "MPI_Win",
        Kind::Request => "MPI_Request",
        Kind::Message => "MPI_Message",
        Kind::Session => "MPI_Session",
        Kind::Keyval => "int",
    }
}
