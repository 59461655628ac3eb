//! Chapter 10: info objects.

use std::sync::Arc;

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::{INFO_ENV, Object, Ref};
use crate::mpi_functions;
use crate::object::{Class, Error, Info, Result};

mpi_functions! {
    fn MPI_Info_create(info: OutInfo) = create, anytime;
    fn MPI_Info_create_env(argc: Argc, argv: ArgvOfMain, info: OutInfo) = create_env, anytime;
    fn MPI_Info_delete(info: OptInfo, key: InKey) = delete, anytime;
    fn MPI_Info_dup(info: OptInfo, newinfo: OutInfo) = dup, anytime;
    fn MPI_Info_free(info: InOutInfo) = free, anytime;
    fn MPI_Info_get(
        info: OptInfo, key: InKey, valuelen: Count, value: OutString, flag: OutFlag
    ) = get, anytime;
    fn MPI_Info_get_nkeys(info: OptInfo, nkeys: OutInt) = get_nkeys, anytime;
    fn MPI_Info_get_nthkey(info: OptInfo, n: Int, key: OutString) = get_nthkey, anytime;
    fn MPI_Info_get_string(
        info: OptInfo, key: InKey, buflen: OutInt, value: OptOutString, flag: OutFlag
    ) = get_string, anytime;
    fn MPI_Info_get_valuelen(
        info: OptInfo, key: InKey, valuelen: OutInt, flag: OutFlag
    ) = get_valuelen, anytime;
    fn MPI_Info_set(info: OptInfo, key: InKey, value: InString) = set, anytime;
}

type InfoArgument = Option<Ref<Info>>;

fn required(info: InfoArgument) -> Result<Ref<Info>> {
    info.ok_or_else(|| Error::new(Class::Info, "info is MPI_INFO_NULL".to_string()))
}

/// A key, no longer than the caller's header allows.
fn checked_key(cx: &Cx, key: Text) -> Result<String> {
    let key = key.read().into_owned();
    let max = cx.abi.limits().info_key;
    if key.is_empty() || key.len() > max {
        let message = format!("key has {} bytes but must have 1 to {max}", key.len());
        return Err(Error::new(Class::InfoKey, message));
    }
    Ok(key)
}

fn create(cx: &Cx, info: HandlePlace<Info>) -> Result<()> {
    info.put(cx, Arc::new(Info::new()))?;
    Ok(())
}

/// The same entries as `MPI_INFO_ENV` (section 11.2.1).
fn create_env(cx: &Cx, _argc: i32, _argv: Words, info: HandlePlace<Info>) -> Result<()> {
    let environment = Info::find(cx.process, INFO_ENV);
    info.put(cx, Arc::new(environment.map_or_else(Info::new, |known| known.dup())))?;
    Ok(())
}

fn dup(cx: &Cx, info: InfoArgument, new: HandlePlace<Info>) -> Result<()> {
    new.put(cx, Arc::new(required(info)?.dup()))?;
    Ok(())
}

fn free(cx: &Cx, place: HandlePlace<Info>) -> Result<()> {
    place.get(cx)?;
    let handle = place.handle(cx)?;
    if Info::remove(cx.process, handle).is_none() {
        let message = "MPI_INFO_ENV is predefined and cannot be freed".to_string();
        return Err(Error::new(Class::Info, message));
    }
    place.set_null(cx);
    Ok(())
}

fn set(cx: &Cx, info: InfoArgument, key: Text, value: Text) -> Result<()> {
    let info = required(info)?;
    let value = value.read();
    let max = cx.abi.limits().info_value;
    if value.len() > max {
        let message = format!("value has {} bytes but may have {max}", value.len());
        return Err(Error::new(Class::InfoValue, message));
    }
    info.set(&checked_key(cx, key)?, &value)
}

fn delete(cx: &Cx, info: InfoArgument, key: Text) -> Result<()> {
    required(info)?.delete(&checked_key(cx, key)?)
}

fn get(
    cx: &Cx,
    info: InfoArgument,
    key: Text,
    len: usize,
    value: TextPlace,
    flag: FlagPlace,
) -> Result<()> {
    let found = required(info)?.get(&checked_key(cx, key)?);
    flag.set(found.is_some());
    if let Some(found) = found {
        value.set(&found, len + 1);
    }
    Ok(())
}

fn get_string(
    cx: &Cx,
    info: InfoArgument,
    key: Text,
    len: Place<i32>,
    value: Option<TextPlace>,
    flag: FlagPlace,
) -> Result<()> {
    let room = usize::try_from(len.get()).map_err(|_| {
        Error::new(Class::Arg, format!("buflen is {} but must not be negative", len.get()))
    })?;
    let found = required(info)?.get(&checked_key(cx, key)?);
    flag.set(found.is_some());
    if let Some(found) = found {
        // With no room only the length is asked for, and value may be null.
        match value {
            Some(value) => drop(value.set(&found, room)),
            None if room == 0 => {}
            None => return Err(null_argument("value")),
        }
        len.set(found.len() as i32 + 1);
    }
    Ok(())
}

fn get_valuelen(
    cx: &Cx,
    info: InfoArgument,
    key: Text,
    len: Place<i32>,
    flag: FlagPlace,
) -> Result<()> {
    let found = required(info)?.get(&checked_key(cx, key)?);
    flag.set(found.is_some());
    if let Some(found) = found {
        len.set(found.len() as i32);
    }
    Ok(())
}

fn get_nkeys(_: &Cx, info: InfoArgument, nkeys: Place<i32>) -> Result<()> {
    nkeys.set(required(info)?.len() as i32);
    Ok(())
}

fn get_nthkey(cx: &Cx, info: InfoArgument, n: i32, key: TextPlace) -> Result<()> {
    let info = required(info)?;
    let n = usize::try_from(n)
        .map_err(|_| Error::new(Class::Arg, format!("n is {n} but must not be negative")))?;
    key.set(&info.nth_key(n)?, cx.abi.limits().info_key + 1);
    Ok(())
}
