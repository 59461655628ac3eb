//! Chapter 20: questions about the ABI.

use std::sync::Arc;

use crate::abi::fortran::Booleans;
use crate::abi::kind::*;
use crate::abi::process::Ref;
use crate::abi::{Abi, Cx, detect, memory};
use crate::mpi_functions;
use crate::object::{Class, Error, Info, Result};

mpi_functions! {
    fn MPI_Abi_get_fortran_booleans(
        logical_size: Int, logical_true: Address, logical_false: Address, is_set: OutFlag
    ) = get_fortran_booleans, anytime;
    fn MPI_Abi_get_fortran_info(info: OutInfo) = get_fortran_info, anytime;
    fn MPI_Abi_get_info(info: OutInfo) = get_info, anytime;
    fn MPI_Abi_get_version(abi_major: OutInt, abi_minor: OutInt) = get_version, anytime;
    fn MPI_Abi_set_fortran_booleans(
        logical_size: Int, logical_true: Address, logical_false: Address
    ) = set_fortran_booleans, anytime;
    fn MPI_Abi_set_fortran_info(info: OptInfo) = set_fortran_info, anytime;
}

/// The standard ABI's version, to those who were built for it. All others get
/// what the standard gives for "not this ABI": some probe for it, and would
/// then go on with handles of the wrong width.
fn get_version(_: &Cx, major: Place<i32>, minor: Place<i32>) -> Result<()> {
    let (number, sub) = match detect::verdict() {
        Some(Abi::Standard) => (1, 0),
        _ => (-1, -1),
    };
    major.set(number);
    minor.set(sub);
    Ok(())
}

fn get_info(cx: &Cx, info: HandlePlace<Info>) -> Result<()> {
    let sizes = ["mpi_aint_size", "mpi_count_size", "mpi_offset_size"];
    let entries = sizes.map(|key| (key.to_string(), "8".to_string()));
    info.put(cx, Arc::new(Info::from_entries(entries)))?;
    Ok(())
}

fn get_fortran_info(cx: &Cx, info: HandlePlace<Info>) -> Result<()> {
    let known = cx.process.fortran().info.clone();
    match known {
        Some(known) => info.put(cx, Arc::new(known.dup())).map(drop),
        None => {
            info.set_null(cx);
            Ok(())
        }
    }
}

fn set_fortran_info(cx: &Cx, info: Option<Ref<Info>>) -> Result<()> {
    let mut facts = cx.process.fortran();
    if facts.info.is_some() {
        return Err(already_set("information on Fortran's types"));
    }
    facts.info = info.map(|info| Arc::new(info.dup()));
    Ok(())
}

fn set_fortran_booleans(cx: &Cx, size: i32, yes: usize, no: usize) -> Result<()> {
    let len = logical_len(size)?;
    let booleans = Booleans { yes: memory::read(yes, len), no: memory::read(no, len) };
    let mut facts = cx.process.fortran();
    match &facts.booleans {
        Some(known) if *known != booleans => Err(already_set("Fortran's LOGICAL")),
        _ => {
            facts.booleans = Some(booleans);
            Ok(())
        }
    }
}

fn get_fortran_booleans(
    cx: &Cx,
    size: i32,
    yes: usize,
    no: usize,
    is_set: FlagPlace,
) -> Result<()> {
    let len = logical_len(size)?;
    let facts = cx.process.fortran();
    let known = facts.booleans.as_ref().filter(|known| known.yes.len() == len);
    is_set.set(known.is_some());
    if let Some(known) = known {
        memory::write(yes, &known.yes);
        memory::write(no, &known.no);
    }
    Ok(())
}

/// Bytes of a `LOGICAL` of any kind compilers have.
fn logical_len(size: i32) -> Result<usize> {
    match size {
        1 | 2 | 4 | 8 | 16 => Ok(size as usize),
        _ => {
            let message = format!("logical_size is {size}, but must be 1, 2, 4, 8 or 16");
            Err(Error::new(Class::Arg, message))
        }
    }
}

fn already_set(what: &str) -> Error {
    Error::new(Class::Other, format!("{what} was set before, by another Fortran runtime"))
}
