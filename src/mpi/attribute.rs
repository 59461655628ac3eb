//! Section 7.7: attributes and their keys. Those of windows come with windows.

use std::sync::Arc;

use super::predefined_attribute::predefined_attribute;
use crate::abi::kind::*;
use crate::abi::process::{AnyKeyval, Object, Ref};
use crate::abi::{Cx, callback, fortran};
use crate::mpi_functions;
use crate::object::attribute::{Keyval, Value};
use crate::object::{Class, Comm, Datatype, Error, Handle, Result};

mpi_functions! {
    fn MPI_Comm_create_keyval(
        comm_copy_attr_fn: CommCopyFn, comm_delete_attr_fn: CommDeleteFn, comm_keyval: OutKeyval,
        extra_state: Pointer
    ) = comm_create_keyval, anytime;
    fn MPI_Comm_delete_attr(comm: InComm, comm_keyval: InKeyval) = comm_delete_attr;
    fn MPI_Comm_free_keyval(comm_keyval: InOutKeyval) = comm_free_keyval, anytime;
    fn MPI_Comm_get_attr(
        comm: InComm, comm_keyval: InKeyval, attribute_val: OutPointer, flag: OutFlag
    ) = comm_get_attr;
    fn MPI_Comm_set_attr(comm: InComm, comm_keyval: InKeyval, attribute_val: Pointer) = comm_set_attr;
    fn MPI_Type_create_keyval(
        type_copy_attr_fn: TypeCopyFn, type_delete_attr_fn: TypeDeleteFn, type_keyval: OutKeyval,
        extra_state: Pointer
    ) = type_create_keyval, anytime;
    fn MPI_Type_delete_attr(datatype: InDatatype, type_keyval: InKeyval) = type_delete_attr;
    fn MPI_Type_free_keyval(type_keyval: InOutKeyval) = type_free_keyval, anytime;
    fn MPI_Type_get_attr(
        datatype: InDatatype, type_keyval: InKeyval, attribute_val: OutPointer, flag: OutFlag
    ) = type_get_attr;
    fn MPI_Type_set_attr(
        datatype: InDatatype, type_keyval: InKeyval, attribute_val: Pointer
    ) = type_set_attr;
    fn MPI_Win_create_keyval(
        win_copy_attr_fn: WinCopyFn, win_delete_attr_fn: WinDeleteFn, win_keyval: OutKeyval,
        extra_state: Pointer
    ) = win_create_keyval, anytime;
    fn MPI_Win_delete_attr(win: InWin, win_keyval: InKeyval) = missing;
    fn MPI_Win_free_keyval(win_keyval: InOutKeyval) = win_free_keyval, anytime;
    fn MPI_Win_get_attr(
        win: InWin, win_keyval: InKeyval, attribute_val: OutPointer, flag: OutFlag
    ) = missing;
    fn MPI_Win_set_attr(win: InWin, win_keyval: InKeyval, attribute_val: Pointer) = missing;
}

pub(super) fn comm_create_keyval(
    cx: &Cx,
    copy: Callback,
    delete: Callback,
    keyval: KeyPlace,
    extra: usize,
) -> Result<()> {
    create(cx, callback::comm_keyval(cx, copy, delete, extra), keyval)
}

fn type_create_keyval(
    cx: &Cx,
    copy: Callback,
    delete: Callback,
    keyval: KeyPlace,
    extra: usize,
) -> Result<()> {
    create(cx, callback::type_keyval(cx, copy, delete, extra), keyval)
}

fn win_create_keyval(
    cx: &Cx,
    copy: Callback,
    delete: Callback,
    keyval: KeyPlace,
    extra: usize,
) -> Result<()> {
    create(cx, callback::win_keyval(cx, copy, delete, extra), keyval)
}

fn create(cx: &Cx, keyval: AnyKeyval, place: KeyPlace) -> Result<()> {
    cx.process.sweep_keyvals();
    let handle = AnyKeyval::insert(cx.process, Arc::new(keyval))?;
    place.set(cx, Key::Own(handle));
    Ok(())
}

pub(super) fn comm_free_keyval(cx: &Cx, place: KeyPlace) -> Result<()> {
    comm_keyval(cx, place.get(cx)?)?;
    free(cx, place)
}

fn type_free_keyval(cx: &Cx, place: KeyPlace) -> Result<()> {
    type_keyval(cx, place.get(cx)?)?;
    free(cx, place)
}

fn win_free_keyval(cx: &Cx, place: KeyPlace) -> Result<()> {
    let key = place.get(cx)?;
    match own(cx, key)?.as_ref() {
        AnyKeyval::Win(_) => free(cx, place),
        _ => Err(unusable(cx, key, "is not one for windows")),
    }
}

/// Gives the key up; attributes that have it keep it, and as long as there are
/// any it can be used and even be freed again, as programs written for MPICH
/// do in their callbacks.
fn free(cx: &Cx, place: KeyPlace) -> Result<()> {
    let key = place.get(cx)?;
    let keyval = own(cx, key)?;
    if let Key::Own(handle) = key {
        cx.process.free_keyval(handle, &keyval);
    }
    place.set_invalid(cx);
    Ok(())
}

pub(super) fn comm_get_attr(
    cx: &Cx,
    comm: Ref<Comm>,
    key: Key,
    value: PointerPlace,
    flag: FlagPlace,
) -> Result<()> {
    let found = match key {
        Key::Predefined(key) => predefined_attribute(cx.process, cx.abi, key)
            .map(|at| fortran::attribute::predefined(cx.language, key, at)),
        key => seen(cx, comm.attributes.get(&comm_keyval(cx, key)?)),
    };
    give(found, value, flag)
}

fn type_get_attr(
    cx: &Cx,
    datatype: Ref<Datatype>,
    key: Key,
    value: PointerPlace,
    flag: FlagPlace,
) -> Result<()> {
    give(seen(cx, datatype.attributes.get(&type_keyval(cx, key)?)), value, flag)
}

/// A value as the caller's language has it.
fn seen(cx: &Cx, found: Option<Value>) -> Option<usize> {
    found.map(|value| fortran::attribute::seen(cx.language, value))
}

fn give(found: Option<usize>, value: PointerPlace, flag: FlagPlace) -> Result<()> {
    if let Some(found) = found {
        value.set(found);
    }
    flag.set(found.is_some());
    Ok(())
}

pub(super) fn comm_set_attr(cx: &Cx, comm: Ref<Comm>, key: Key, value: usize) -> Result<()> {
    let comm = comm.share();
    comm.attributes.set(&comm, &comm_keyval(cx, key)?, fortran::attribute::set(cx, value))
}

fn type_set_attr(cx: &Cx, datatype: Ref<Datatype>, key: Key, value: usize) -> Result<()> {
    let datatype = datatype.share();
    datatype.attributes.set(&datatype, &type_keyval(cx, key)?, fortran::attribute::set(cx, value))
}

pub(super) fn comm_delete_attr(cx: &Cx, comm: Ref<Comm>, key: Key) -> Result<()> {
    let comm = comm.share();
    comm.attributes.delete(&comm, &comm_keyval(cx, key)?)
}

fn type_delete_attr(cx: &Cx, datatype: Ref<Datatype>, key: Key) -> Result<()> {
    let datatype = datatype.share();
    datatype.attributes.delete(&datatype, &type_keyval(cx, key)?)
}

fn comm_keyval(cx: &Cx, key: Key) -> Result<Arc<Keyval<Comm>>> {
    match own(cx, key)?.as_ref() {
        AnyKeyval::Comm(keyval) => Ok(Arc::clone(keyval)),
        _ => Err(unusable(cx, key, "is not one for communicators")),
    }
}

fn type_keyval(cx: &Cx, key: Key) -> Result<Arc<Keyval<Datatype>>> {
    match own(cx, key)?.as_ref() {
        AnyKeyval::Type(keyval) => Ok(Arc::clone(keyval)),
        _ => Err(unusable(cx, key, "is not one for datatypes")),
    }
}

/// A key the application made; the predefined ones cannot be changed.
fn own(cx: &Cx, key: Key) -> Result<Arc<AnyKeyval>> {
    let handle: Handle = match key {
        Key::Own(handle) => handle,
        Key::Predefined(_) => return Err(unusable(cx, key, "is predefined and read-only")),
    };
    match AnyKeyval::find(cx.process, handle) {
        Some(found) if !found.is_gone() => Ok(found.share()),
        _ => Err(unusable(cx, key, "does not exist (any more)")),
    }
}

#[cold]
fn unusable(cx: &Cx, key: Key, why: &str) -> Error {
    let message = match key {
        Key::Predefined(key) => format!("the attribute key {} {why}", key.symbol()),
        Key::Own(_) => format!("the attribute key {:#x} {why}", key.number(cx.abi)),
    };
    Error::new(Class::Keyval, message)
}
