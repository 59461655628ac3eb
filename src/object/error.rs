//! The error every layer above the channel returns: an MPI error class and a
//! sentence that names the thing and the value. Codes as a program sees them
//! (per ABI, with an instance number) are made in `abi`.

use std::fmt;

macro_rules! classes {
    ($($name:ident = $value:literal, $symbol:literal, $text:literal;)*) => {
        /// MPI error class (MPI-4.1, section 9.4); the numbers are MPICH's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Class { $($name = $value),* }

        impl Class {
            pub const ALL: &'static [Class] = &[$(Class::$name),*];

            /// `MPI_ERR_...` as the standard spells it.
            pub const fn symbol(self) -> &'static str {
                match self { $(Class::$name => $symbol),* }
            }

            /// The sentence `MPI_Error_string` gives for the bare class.
            pub const fn text(self) -> &'static str {
                match self { $(Class::$name => $text),* }
            }
        }
    };
}

classes! {
    Success = 0, "MPI_SUCCESS", "No MPI error";
    Buffer = 1, "MPI_ERR_BUFFER", "Invalid buffer pointer";
    Count = 2, "MPI_ERR_COUNT", "Invalid count argument";
    Type = 3, "MPI_ERR_TYPE", "Invalid datatype argument";
    Tag = 4, "MPI_ERR_TAG", "Invalid tag argument";
    Comm = 5, "MPI_ERR_COMM", "Invalid communicator";
    Rank = 6, "MPI_ERR_RANK", "Invalid rank";
    Root = 7, "MPI_ERR_ROOT", "Invalid root";
    Group = 8, "MPI_ERR_GROUP", "Invalid group";
    Op = 9, "MPI_ERR_OP", "Invalid MPI_Op";
    Topology = 10, "MPI_ERR_TOPOLOGY", "Invalid topology";
    Dims = 11, "MPI_ERR_DIMS", "Invalid dimension argument";
    Arg = 12, "MPI_ERR_ARG", "Invalid argument";
    Unknown = 13, "MPI_ERR_UNKNOWN", "Unknown error";
    Truncate = 14, "MPI_ERR_TRUNCATE", "Message truncated";
    Other = 15, "MPI_ERR_OTHER", "Other MPI error";
    Intern = 16, "MPI_ERR_INTERN", "Internal MPI error";
    InStatus = 17, "MPI_ERR_IN_STATUS", "See the MPI_ERROR field in MPI_Status for the error code";
    Pending = 18, "MPI_ERR_PENDING", "Pending request (no error)";
    Request = 19, "MPI_ERR_REQUEST", "Invalid MPI_Request";
    Access = 20, "MPI_ERR_ACCESS", "Access denied to file";
    Amode = 21, "MPI_ERR_AMODE", "Invalid amode value in MPI_File_open";
    BadFile = 22, "MPI_ERR_BAD_FILE", "Invalid file name";
    Conversion = 23, "MPI_ERR_CONVERSION", "An error occurred in a user-defined data conversion function";
    DupDatarep = 24, "MPI_ERR_DUP_DATAREP", "The requested datarep name has already been specified to MPI_REGISTER_DATAREP";
    FileExists = 25, "MPI_ERR_FILE_EXISTS", "File exists";
    FileInUse = 26, "MPI_ERR_FILE_IN_USE", "File in use by some process";
    File = 27, "MPI_ERR_FILE", "Invalid MPI_File";
    Info = 28, "MPI_ERR_INFO", "Invalid MPI_Info";
    InfoKey = 29, "MPI_ERR_INFO_KEY", "Invalid key in MPI_Info";
    InfoValue = 30, "MPI_ERR_INFO_VALUE", "Invalid MPI_Info value";
    InfoNokey = 31, "MPI_ERR_INFO_NOKEY", "MPI_Info key is not defined";
    Io = 32, "MPI_ERR_IO", "Other I/O error";
    Name = 33, "MPI_ERR_NAME", "Invalid service name (see MPI_Publish_name)";
    NoMem = 34, "MPI_ERR_NO_MEM", "Unable to allocate memory";
    NotSame = 35, "MPI_ERR_NOT_SAME", "Inconsistent arguments to collective routine";
    NoSpace = 36, "MPI_ERR_NO_SPACE", "Not enough space for file";
    NoSuchFile = 37, "MPI_ERR_NO_SUCH_FILE", "File does not exist";
    Port = 38, "MPI_ERR_PORT", "Invalid port";
    Quota = 39, "MPI_ERR_QUOTA", "Quota exceeded for files";
    ReadOnly = 40, "MPI_ERR_READ_ONLY", "Read-only file or filesystem name";
    Service = 41, "MPI_ERR_SERVICE", "Invalid service name (see MPI_Unpublish_name)";
    Spawn = 42, "MPI_ERR_SPAWN", "Error in spawn call";
    UnsupportedDatarep = 43, "MPI_ERR_UNSUPPORTED_DATAREP", "Data representation is not supported";
    UnsupportedOperation = 44, "MPI_ERR_UNSUPPORTED_OPERATION", "Operation is not supported";
    Win = 45, "MPI_ERR_WIN", "Invalid MPI_Win";
    Base = 46, "MPI_ERR_BASE", "Invalid base address";
    Locktype = 47, "MPI_ERR_LOCKTYPE", "Invalid locktype";
    Keyval = 48, "MPI_ERR_KEYVAL", "Invalid keyval";
    RmaConflict = 49, "MPI_ERR_RMA_CONFLICT", "Conflicting accesses to window";
    RmaSync = 50, "MPI_ERR_RMA_SYNC", "Wrong synchronization of RMA calls";
    Size = 51, "MPI_ERR_SIZE", "Invalid size argument in RMA call";
    Disp = 52, "MPI_ERR_DISP", "Invalid displacement argument in RMA call";
    Assert = 53, "MPI_ERR_ASSERT", "Invalid assert argument passed to MPI_Win_fence";
    ProcFailed = 54, "MPI_ERR_PROC_FAILED", "Process failed";
    RmaRange = 55, "MPI_ERR_RMA_RANGE", "Invalid RMA memory range";
    RmaAttach = 56, "MPI_ERR_RMA_ATTACH", "Memory can not be attached to window";
    RmaShared = 57, "MPI_ERR_RMA_SHARED", "Memory can not be shared";
    RmaFlavor = 58, "MPI_ERR_RMA_FLAVOR", "Invalid window flavor";
    Revoked = 59, "MPI_ERR_REVOKED", "Communication object revoked";
    FailedPending = 60, "MPI_ERR_PROC_FAILED_PENDING", "Operation pending on a failed process";
    Session = 61, "MPI_ERR_SESSION", "Invalid MPI_Session";
    ProcAborted = 62, "MPI_ERR_PROC_ABORTED", "A peer process aborted";
    ValueTooLarge = 63, "MPI_ERR_VALUE_TOO_LARGE", "Value is too large to store";
    Errhandler = 64, "MPI_ERR_ERRHANDLER", "Invalid error handler";
    Abi = 65, "MPI_ERR_ABI", "Error related to the binary interface";
}

/// What went wrong: a class, or a code an application callback returned, and
/// the sentence for people.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    class: Class,
    user_code: Option<i32>,
    message: String,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    #[cold]
    pub fn new(class: Class, message: impl Into<String>) -> Error {
        Error(Box::new(Inner { class, user_code: None, message: message.into() }))
    }

    /// A code made by the application (`MPI_Add_error_code`, or the return
    /// value of a callback): it reaches the error handler as it is.
    #[cold]
    pub fn user(code: i32) -> Error {
        Error(Box::new(Inner {
            class: Class::Other,
            user_code: Some(code),
            message: String::new(),
        }))
    }

    pub fn class(&self) -> Class {
        self.0.class
    }

    pub fn user_code(&self) -> Option<i32> {
        self.0.user_code
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.user_code {
            Some(code) => write!(f, "user error code {code}"),
            None => write!(f, "{}: {}", self.0.class.text(), self.0.message),
        }
    }
}

impl std::error::Error for Error {}
