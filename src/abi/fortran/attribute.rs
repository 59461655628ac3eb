//! Attribute values between the languages (MPI-4.1, section 19.3.7): C has
//! pointers, Fortran integers. What Fortran set C sees as the address of that
//! integer; what C set Fortran sees as the address in a number.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::abi::kind::PredefinedKey;
use crate::abi::{Cx, Language};
use crate::object::attribute::{self, Value};

/// A value that the caller sets.
pub fn set(cx: &Cx, bits: usize) -> Value {
    let language = match cx.language {
        Language::C => attribute::Language::C,
        Language::Fortran => attribute::Language::Fortran,
    };
    Value { bits, language }
}

/// A value as code in `language` sees it.
pub fn seen(language: Language, value: Value) -> usize {
    match (language, value.language) {
        (Language::C, attribute::Language::C) | (Language::Fortran, _) => value.bits,
        (Language::C, _) => lasting(value.bits as i64),
    }
}

/// A predefined attribute, which C sees as the address of a number (or as the
/// address it is).
pub fn predefined(language: Language, key: PredefinedKey, at: usize) -> usize {
    match (language, key) {
        (Language::C, _) | (_, PredefinedKey::WinBase) => at,
        (_, PredefinedKey::WinSize) => {
            // SAFETY: the place of an 8-byte number, which lives as long as
            // the window.
            unsafe { (at as *const i64).read() as usize }
        }
        // SAFETY: the place of an `int` that lives as long as its object.
        _ => unsafe { (at as *const i32).read() as isize as usize },
    }
}

/// The address of a number: the same one for the same number, so that asking
/// again costs nothing. Little-endian machines read an `INTEGER` there as well.
fn lasting(number: i64) -> usize {
    static NUMBERS: Mutex<Option<HashMap<i64, &'static i64>>> = Mutex::new(None);
    let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    let place: &mut &'static i64 = numbers
        .get_or_insert_default()
        .entry(number)
        .or_insert_with(|| Box::leak(Box::new(number)));
    *place as *const i64 as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_sees_the_address_of_what_fortran_set() {
        let value = Value { bits: 42, language: attribute::Language::Fortran };
        assert_eq!(seen(Language::Fortran, value), 42);
        let at = seen(Language::C, value);
        // SAFETY: the address of a number that lives for ever.
        assert_eq!(unsafe { (at as *const i32).read() }, 42);
        assert_eq!(seen(Language::C, value), at);
        assert_eq!(seen(Language::C, Value::pointer(7)), 7);
        assert_eq!(seen(Language::Fortran, Value::pointer(7)), 7);
    }
}
