//! Section 15.3: the tools information interface.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_T_category_changed(update_number: IntPointer) = missing, anytime;
    fn MPI_T_category_get_categories(cat_index: Int, len: Int, indices: OutInts) = missing, anytime;
    fn MPI_T_category_get_cvars(cat_index: Int, len: Int, indices: OutInts) = missing, anytime;
    fn MPI_T_category_get_events(cat_index: Int, len: Int, indices: OutInts) = missing, anytime;
    fn MPI_T_category_get_index(name: InString, cat_index: IntPointer) = missing, anytime;
    fn MPI_T_category_get_info(
        cat_index: Int, name: OptOutString, name_len: IntPointer, desc: OptOutString,
        desc_len: IntPointer, num_cvars: IntPointer, num_pvars: IntPointer,
        num_categories: IntPointer
    ) = missing, anytime;
    fn MPI_T_category_get_num(num_cat: IntPointer) = missing, anytime;
    fn MPI_T_category_get_num_events(cat_index: Int, num_events: IntPointer) = missing, anytime;
    fn MPI_T_category_get_pvars(cat_index: Int, len: Int, indices: OutInts) = missing, anytime;
    fn MPI_T_cvar_get_index(name: InString, cvar_index: IntPointer) = missing, anytime;
    fn MPI_T_cvar_get_info(
        cvar_index: Int, name: OptOutString, name_len: IntPointer, verbosity: IntPointer,
        datatype: OutDatatype, enumtype: OutTEnum, desc: OptOutString, desc_len: IntPointer,
        bind: IntPointer, scope: IntPointer
    ) = missing, anytime;
    fn MPI_T_cvar_get_num(num_cvar: IntPointer) = missing, anytime;
    fn MPI_T_cvar_handle_alloc(
        cvar_index: Int, obj_handle: Pointer, handle: OutTCvar, count: IntPointer
    ) = missing, anytime;
    fn MPI_T_cvar_handle_free(handle: OutTCvar) = missing, anytime;
    fn MPI_T_cvar_read(handle: TCvar, buf: Buf) = missing, anytime;
    fn MPI_T_cvar_write(handle: TCvar, buf: ConstBuf) = missing, anytime;
    fn MPI_T_enum_get_info(
        enumtype: TEnum, num: IntPointer, name: OptOutString, name_len: IntPointer
    ) = missing, anytime;
    fn MPI_T_enum_get_item(
        enumtype: TEnum, index: Int, value: IntPointer, name: OptOutString, name_len: IntPointer
    ) = missing, anytime;
    fn MPI_T_event_callback_get_info(
        event_registration: TEvent, cb_safety: CbSafety, info_used: OutInfo
    ) = missing, anytime;
    fn MPI_T_event_callback_set_info(
        event_registration: TEvent, cb_safety: CbSafety, info: OptInfo
    ) = missing, anytime;
    fn MPI_T_event_copy(event_instance: TEventInstance, buffer: OutPointer) = missing, anytime;
    fn MPI_T_event_get_index(name: InString, event_index: IntPointer) = missing, anytime;
    fn MPI_T_event_get_info(
        event_index: Int, name: OptOutString, name_len: IntPointer, verbosity: IntPointer,
        array_of_datatypes: MutDatatypes, array_of_displacements: OutDispls,
        num_elements: IntPointer, enumtype: OutTEnum, info: OutInfo, desc: OptOutString,
        desc_len: IntPointer, bind: IntPointer
    ) = missing, anytime;
    fn MPI_T_event_get_num(num_events: IntPointer) = missing, anytime;
    fn MPI_T_event_get_source(
        event_instance: TEventInstance, source_index: IntPointer
    ) = missing, anytime;
    fn MPI_T_event_get_timestamp(
        event_instance: TEventInstance, event_timestamp: OutCountC
    ) = missing, anytime;
    fn MPI_T_event_handle_alloc(
        event_index: Int, obj_handle: Pointer, info: OptInfo, event_registration: OutTEvent
    ) = missing, anytime;
    fn MPI_T_event_handle_free(
        event_registration: TEvent, user_data: Pointer, free_cb_function: EventFreeFn
    ) = missing, anytime;
    fn MPI_T_event_handle_get_info(
        event_registration: TEvent, info_used: OutInfo
    ) = missing, anytime;
    fn MPI_T_event_handle_set_info(event_registration: TEvent, info: OptInfo) = missing, anytime;
    fn MPI_T_event_read(
        event_instance: TEventInstance, element_index: Int, buffer: OutPointer
    ) = missing, anytime;
    fn MPI_T_event_register_callback(
        event_registration: TEvent, cb_safety: CbSafety, info: OptInfo, user_data: Pointer,
        event_cb_function: EventFn
    ) = missing, anytime;
    fn MPI_T_event_set_dropped_handler(
        event_registration: TEvent, dropped_cb_function: EventDroppedFn
    ) = missing, anytime;
    fn MPI_T_finalize() = missing, anytime;
    fn MPI_T_init_thread(required: InThreadLevel, provided: IntPointer) = missing, anytime;
    fn MPI_T_pvar_get_index(
        name: InString, var_class: Int, pvar_index: IntPointer
    ) = missing, anytime;
    fn MPI_T_pvar_get_info(
        pvar_index: Int, name: OptOutString, name_len: IntPointer, verbosity: IntPointer,
        var_class: IntPointer, datatype: OutDatatype, enumtype: OutTEnum, desc: OptOutString,
        desc_len: IntPointer, bind: IntPointer, readonly: IntPointer, continuous: IntPointer,
        atomic: IntPointer
    ) = missing, anytime;
    fn MPI_T_pvar_get_num(num_pvar: IntPointer) = missing, anytime;
    fn MPI_T_pvar_handle_alloc(
        session: TPvarSession, pvar_index: Int, obj_handle: Pointer, handle: OutTPvar,
        count: IntPointer
    ) = missing, anytime;
    fn MPI_T_pvar_handle_free(session: TPvarSession, handle: OutTPvar) = missing, anytime;
    fn MPI_T_pvar_read(session: TPvarSession, handle: TPvar, buf: Buf) = missing, anytime;
    fn MPI_T_pvar_readreset(session: TPvarSession, handle: TPvar, buf: Buf) = missing, anytime;
    fn MPI_T_pvar_reset(session: TPvarSession, handle: TPvar) = missing, anytime;
    fn MPI_T_pvar_session_create(session: OutTPvarSession) = missing, anytime;
    fn MPI_T_pvar_session_free(session: OutTPvarSession) = missing, anytime;
    fn MPI_T_pvar_start(session: TPvarSession, handle: TPvar) = missing, anytime;
    fn MPI_T_pvar_stop(session: TPvarSession, handle: TPvar) = missing, anytime;
    fn MPI_T_pvar_write(session: TPvarSession, handle: TPvar, buf: ConstBuf) = missing, anytime;
    fn MPI_T_source_get_info(
        source_index: Int, name: OptOutString, name_len: IntPointer, desc: OptOutString,
        desc_len: IntPointer, ordering: OutSourceOrder, ticks_per_second: OutCountC,
        max_ticks: OutCountC, info: OutInfo
    ) = missing, anytime;
    fn MPI_T_source_get_num(num_sources: IntPointer) = missing, anytime;
    fn MPI_T_source_get_timestamp(source_index: Int, timestamp: OutCountC) = missing, anytime;
}
