//! Predefined datatypes chosen by what they hold: precision and range as Fortran
//! selects kinds, size in bytes, value and index of a pair (sections 5.1.11 and
//! 19.1.5).

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::Ref;
use crate::mpi_functions;
use crate::object::contents::Combiner;
use crate::object::{Basic, Class, Datatype, Error, Handle, Kind as ObjectKind, Result};

mpi_functions! {
    fn MPI_Type_create_f90_complex(p: Int, r: Int, newtype: OutDatatype) = create_f90_complex;
    fn MPI_Type_create_f90_integer(r: Int, newtype: OutDatatype) = create_f90_integer;
    fn MPI_Type_create_f90_real(p: Int, r: Int, newtype: OutDatatype) = create_f90_real;
    fn MPI_Type_get_value_index(
        value_type: InDatatype, index_type: InDatatype, pair_type: OutDatatype
    ) = get_value_index;
    fn MPI_Type_match_size(typeclass: InTypeClass, size: Int, datatype: OutDatatype) = match_size;
}

type Type = Ref<Datatype>;
type NewType = HandlePlace<Datatype>;

fn create_f90_real(cx: &Cx, p: i32, r: i32, new: NewType) -> Result<()> {
    let basic = float_for(p, r, [Basic::Real, Basic::DoublePrecision, Basic::Real16])?;
    unnamed(cx, Combiner::F90Real, basic, &[p as i64, r as i64], new)
}

fn create_f90_complex(cx: &Cx, p: i32, r: i32, new: NewType) -> Result<()> {
    let basic = float_for(p, r, [Basic::Complex, Basic::DoubleComplex, Basic::Complex32])?;
    unnamed(cx, Combiner::F90Complex, basic, &[p as i64, r as i64], new)
}

fn create_f90_integer(cx: &Cx, r: i32, new: NewType) -> Result<()> {
    // Decimal digits that integers of 1, 2, 4, 8 and 16 bytes hold.
    let basic = match r {
        ..=2 => Basic::Integer1,
        3..=4 => Basic::Integer2,
        5..=9 => Basic::Integer,
        10..=18 => Basic::Integer8,
        19..=38 => Basic::Integer16,
        _ => {
            let message = format!("no Fortran integer has a decimal range of {r}");
            return Err(Error::new(Class::Arg, message));
        }
    };
    unnamed(cx, Combiner::F90Integer, basic, &[r as i64], new)
}

/// The smallest of three kinds with `p` digits and decimal range `r`, either
/// of which may be `MPI_UNDEFINED`.
fn float_for(p: i32, r: i32, kinds: [Basic; 3]) -> Result<Basic> {
    const LIMITS: [(i32, i32); 3] = [(6, 37), (15, 307), (33, 4931)];
    if p == UNDEFINED && r == UNDEFINED {
        let message = "precision and range are both MPI_UNDEFINED".to_string();
        return Err(Error::new(Class::Arg, message));
    }
    let fits = |asked: i32, limit: i32| asked == UNDEFINED || asked <= limit;
    let found = LIMITS.iter().position(|limits| fits(p, limits.0) && fits(r, limits.1));
    found.map(|at| kinds[at]).ok_or_else(|| {
        let message = format!("no Fortran real has {p} digits and a decimal range of {r}");
        Error::new(Class::Arg, message)
    })
}

/// Stores the one type there is for these arguments (section 19.1.5: calls
/// with the same arguments return the same handle, which is never freed).
fn unnamed(
    cx: &Cx,
    combiner: Combiner,
    basic: Basic,
    arguments: &[i64],
    new: NewType,
) -> Result<()> {
    let table = &cx.process.objects.datatypes;
    let known = table.handles().into_iter().find(|handle| {
        table.get(*handle).is_some_and(|datatype| {
            let contents = datatype.contents();
            contents.combiner == combiner && contents.integers == arguments
        })
    });
    match known {
        Some(handle) => new.set(cx, handle),
        None => {
            new.put(cx, Datatype::f90(combiner, basic, arguments))?;
        }
    }
    Ok(())
}

fn get_value_index(cx: &Cx, value: Type, index: Type, pair: NewType) -> Result<()> {
    let wanted = (value.basic(), index.basic());
    let found = Basic::ALL.iter().find(|basic| {
        basic.halves().is_some_and(|(first, second, _)| (Some(first), Some(second)) == wanted)
    });
    pair.set(cx, found.map_or(Handle::null(ObjectKind::Datatype), |basic| basic.handle()));
    Ok(())
}

fn match_size(cx: &Cx, class: TypeClass, size: i32, datatype: NewType) -> Result<()> {
    let Some(basic) = of_size(class, size) else {
        let message = format!("no datatype of {} has {size} bytes", class.symbol());
        return Err(Error::new(Class::Arg, message));
    };
    datatype.set(cx, basic.handle());
    Ok(())
}

fn of_size(class: TypeClass, size: i32) -> Option<Basic> {
    Some(match (class, size) {
        (TypeClass::Real, 2) => Basic::Real2,
        (TypeClass::Real, 4) => Basic::Real,
        (TypeClass::Real, 8) => Basic::DoublePrecision,
        (TypeClass::Real, 16) => Basic::Real16,
        (TypeClass::Integer, 1) => Basic::Integer1,
        (TypeClass::Integer, 2) => Basic::Integer2,
        (TypeClass::Integer, 4) => Basic::Integer,
        (TypeClass::Integer, 8) => Basic::Integer8,
        (TypeClass::Integer, 16) => Basic::Integer16,
        (TypeClass::Complex, 4) => Basic::Complex4,
        (TypeClass::Complex, 8) => Basic::Complex,
        (TypeClass::Complex, 16) => Basic::DoubleComplex,
        (TypeClass::Complex, 32) => Basic::Complex32,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datatype_of_a_class_has_the_size_that_was_asked_for() {
        let smallest = [(TypeClass::Integer, 1), (TypeClass::Real, 2), (TypeClass::Complex, 4)];
        for (class, smallest) in smallest {
            for size in (0..5).map(|doublings| smallest << doublings) {
                let basic = of_size(class, size);
                let limit = if matches!(class, TypeClass::Complex) { 32 } else { 16 };
                assert_eq!(basic.map(Basic::extent), (size <= limit).then_some(size as usize));
            }
            assert!(of_size(class, 3).is_none());
        }
    }
}
