//! Functions of the application, as addresses. What they are called with is
//! the business of those who call them (`abi::call`); here they only arrive.

use super::{Sort, kinds};

/// Address of a function of the application; zero is a null pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback(pub usize);

impl Callback {
    pub fn is_null(self) -> bool {
        self.0 == 0
    }
}

macro_rules! callbacks {
    ($($name:ident: $c:literal;)*) => {
        kinds! { $($name: usize => Callback, $c, Sort::Callback, |_, raw, _| Ok(Callback(raw));)* }
    };
}

callbacks! {
    CommCopyFn: "MPI_Comm_copy_attr_function*";
    CommDeleteFn: "MPI_Comm_delete_attr_function*";
    TypeCopyFn: "MPI_Type_copy_attr_function*";
    TypeDeleteFn: "MPI_Type_delete_attr_function*";
    WinCopyFn: "MPI_Win_copy_attr_function*";
    WinDeleteFn: "MPI_Win_delete_attr_function*";
    OldCopyFn: "MPI_Copy_function*";
    OldDeleteFn: "MPI_Delete_function*";
    CommErrhandlerFn: "MPI_Comm_errhandler_function*";
    FileErrhandlerFn: "MPI_File_errhandler_function*";
    WinErrhandlerFn: "MPI_Win_errhandler_function*";
    SessionErrhandlerFn: "MPI_Session_errhandler_function*";
    UserFn: "MPI_User_function*";
    UserFnC: "MPI_User_function_c*";
    DatarepConversionFn: "MPI_Datarep_conversion_function*";
    DatarepConversionFnC: "MPI_Datarep_conversion_function_c*";
    DatarepExtentFn: "MPI_Datarep_extent_function*";
    GrequestQueryFn: "MPI_Grequest_query_function*";
    GrequestFreeFn: "MPI_Grequest_free_function*";
    GrequestCancelFn: "MPI_Grequest_cancel_function*";
    GrequestPollFn: "MPIX_Grequest_poll_function*";
    GrequestWaitFn: "MPIX_Grequest_wait_function*";
    EventFn: "MPI_T_event_cb_function";
    EventDroppedFn: "MPI_T_event_dropped_cb_function";
    EventFreeFn: "MPI_T_event_free_cb_function";
    AsyncPollFn: "MPIX_Async_poll_function*";
    DestructorFn: "MPIX_Destructor_function*";
    CommErrhandlerFnX: "MPIX_Comm_errhandler_function_x*";
    FileErrhandlerFnX: "MPIX_File_errhandler_function_x*";
    WinErrhandlerFnX: "MPIX_Win_errhandler_function_x*";
    SessionErrhandlerFnX: "MPIX_Session_errhandler_function_x*";
    UserFnX: "MPIX_User_function_x*";
}

kinds! {
    /// `void *extra_state` and attribute values: passed on, never looked at.
    Pointer: usize => usize, "void*", Sort::Word, |_, raw, _| Ok(raw);
    /// `void *` that really is an address.
    Address: usize => usize, "void*", Sort::Pointer, |_, raw, _| Ok(raw);
    ConstPointer: usize => usize, "const void*", Sort::Pointer, |_, raw, _| Ok(raw);
    IntPointer: usize => usize, "int*", Sort::Pointer, |_, raw, _| Ok(raw);
    /// Error codes out, or `MPI_ERRCODES_IGNORE`.
    ErrorCodes: usize => usize, "int*", Sort::Special, |_, raw, _| Ok(raw);
    ConstIntPointer: usize => usize, "const int*", Sort::Pointer, |_, raw, _| Ok(raw);
    /// Attribute value out, `void *attribute_val` that is really `void **`;
    /// also `void *baseptr`.
    OutPointer: usize => PointerPlace, "void*", Sort::WordAt, |_, raw, name| {
        if raw == 0 { Err(super::number::null_argument(name)) } else { Ok(PointerPlace(raw)) }
    };
}

pub struct PointerPlace(usize);

impl PointerPlace {
    pub fn set(&self, value: usize) {
        // SAFETY: the application's place for a pointer, checked not null.
        unsafe { (self.0 as *mut usize).write_unaligned(value) }
    }
}

macro_rules! opaque {
    ($($name:ident: $c:literal;)*) => {
        kinds! { $($name: usize => usize, $c, Sort::Pointer, |_, raw, _| Ok(raw);)* }
    };
}

// Handles of the tools interface and of vendor extensions: nothing behind them
// yet, so they pass as words.
opaque! {
    TEnum: "MPI_T_enum";
    OutTEnum: "MPI_T_enum*";
    TCvar: "MPI_T_cvar_handle";
    OutTCvar: "MPI_T_cvar_handle*";
    TPvar: "MPI_T_pvar_handle";
    OutTPvar: "MPI_T_pvar_handle*";
    TPvarSession: "MPI_T_pvar_session";
    OutTPvarSession: "MPI_T_pvar_session*";
    TEventInstance: "MPI_T_event_instance";
    TEvent: "MPI_T_event_registration";
    OutTEvent: "MPI_T_event_registration*";
    OutSourceOrder: "MPI_T_source_order*";
    XStream: "MPIX_Stream";
    OutXStream: "MPIX_Stream*";
    XAsync: "MPIX_Async_thing";
    OutXIov: "MPIX_Iov*";
}

kinds! {
    /// Functions for generalized requests, by number.
    XGrequestClass: i32 => i32, "MPIX_Grequest_class", Sort::Int, |_, raw, _| Ok(raw);
    /// `MPI_T_cb_safety`, an `enum`.
    CbSafety: i32 => i32, "MPI_T_cb_safety", Sort::Int, |_, raw, _| Ok(raw);
}
