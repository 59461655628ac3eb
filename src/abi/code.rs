//! Error codes as a program sees them.
//!
//! A code is an error class of the caller's ABI in the low bits and, above it,
//! a serial number that finds the full message of a recent error (MPICH and
//! standard ABI). Programs built for Open MPI compare codes with classes, so
//! there a code is the bare class. Classes and codes the application adds
//! follow `MPI_ERR_LASTCODE`.

use std::sync::{Mutex, PoisonError};

use super::{Abi, Process};
use crate::object::{Class, Error, Result};

/// Numbers of each class in MPICH, Open MPI and the standard ABI. Where an ABI
/// has no number of its own, the nearest class stands in.
#[rustfmt::skip]
const NUMBERS: &[(Class, [i32; 3])] = &[
    (Class::Success, [0, 0, 0]),
    (Class::Buffer, [1, 1, 1]),
    (Class::Count, [2, 2, 2]),
    (Class::Type, [3, 3, 3]),
    (Class::Tag, [4, 4, 4]),
    (Class::Comm, [5, 5, 5]),
    (Class::Rank, [6, 6, 6]),
    (Class::Root, [7, 8, 8]),
    (Class::Group, [8, 9, 9]),
    (Class::Op, [9, 10, 10]),
    (Class::Topology, [10, 11, 11]),
    (Class::Dims, [11, 12, 12]),
    (Class::Arg, [12, 13, 13]),
    (Class::Unknown, [13, 14, 14]),
    (Class::Truncate, [14, 15, 15]),
    (Class::Other, [15, 16, 16]),
    (Class::Intern, [16, 17, 17]),
    (Class::InStatus, [17, 18, 19]),
    (Class::Pending, [18, 19, 18]),
    (Class::Request, [19, 7, 7]),
    (Class::Access, [20, 20, 20]),
    (Class::Amode, [21, 21, 21]),
    (Class::BadFile, [22, 23, 23]),
    (Class::Conversion, [23, 25, 25]),
    (Class::DupDatarep, [24, 27, 27]),
    (Class::FileExists, [25, 28, 28]),
    (Class::FileInUse, [26, 29, 29]),
    (Class::File, [27, 30, 30]),
    (Class::Info, [28, 34, 34]),
    (Class::InfoKey, [29, 31, 31]),
    (Class::InfoValue, [30, 33, 33]),
    (Class::InfoNokey, [31, 32, 32]),
    (Class::Io, [32, 35, 35]),
    (Class::Name, [33, 38, 38]),
    (Class::NoMem, [34, 39, 39]),
    (Class::NotSame, [35, 40, 40]),
    (Class::NoSpace, [36, 41, 41]),
    (Class::NoSuchFile, [37, 42, 42]),
    (Class::Port, [38, 43, 43]),
    (Class::Quota, [39, 44, 44]),
    (Class::ReadOnly, [40, 45, 45]),
    (Class::Service, [41, 48, 51]),
    (Class::Spawn, [42, 50, 53]),
    (Class::UnsupportedDatarep, [43, 51, 54]),
    (Class::UnsupportedOperation, [44, 52, 55]),
    (Class::Win, [45, 53, 56]),
    (Class::Base, [46, 24, 24]),
    (Class::Locktype, [47, 37, 37]),
    (Class::Keyval, [48, 36, 36]),
    (Class::RmaConflict, [49, 46, 47]),
    (Class::RmaSync, [50, 47, 50]),
    (Class::Size, [51, 49, 52]),
    (Class::Disp, [52, 26, 26]),
    (Class::Assert, [53, 22, 22]),
    (Class::ProcFailed, [101, 75, 16]),
    (Class::RmaRange, [55, 68, 48]),
    (Class::RmaAttach, [56, 69, 46]),
    (Class::RmaShared, [57, 71, 49]),
    (Class::RmaFlavor, [58, 70, 57]),
    (Class::Revoked, [103, 77, 5]),
    (Class::FailedPending, [102, 76, 16]),
    (Class::Session, [75, 78, 60]),
    (Class::ProcAborted, [76, 74, 58]),
    (Class::ValueTooLarge, [77, 79, 59]),
    (Class::Errhandler, [80, 13, 61]),
    (Class::Abi, [81, 16, 62]),
];

/// The caller's number of a class.
pub fn number(abi: Abi, class: Class) -> i32 {
    let row = NUMBERS.iter().find(|row| row.0 == class).expect("every class has a row");
    row.1[abi.index()]
}

/// False where an ABI has no such class and a neighbour's number stands in.
pub fn has_own_number(abi: Abi, class: Class) -> bool {
    match class {
        Class::ProcFailed | Class::Revoked | Class::FailedPending => abi == Abi::OpenMpi,
        Class::Errhandler | Class::Abi => abi != Abi::OpenMpi,
        _ => true,
    }
}

/// The class with a number; the first when two share it.
pub fn class(abi: Abi, number: i32) -> Option<Class> {
    NUMBERS.iter().find(|row| row.1[abi.index()] == number).map(|row| row.0)
}

/// How codes are laid out in one ABI.
struct Layout {
    /// Bits of the class.
    class_bits: u32,
    /// Serial numbers run from 1 to this; 0 means codes carry none.
    serials: u32,
    /// `MPI_ERR_LASTCODE`
    last: i32,
}

const fn layout(abi: Abi) -> Layout {
    match abi {
        Abi::Mpich => Layout { class_bits: 7, serials: 0xf_ffff, last: 0x3fff_ffff },
        Abi::OpenMpi => Layout { class_bits: 31, serials: 0, last: 92 },
        // 14 bits in all. Serial 15 would produce 1001..=1018, the numbers of
        // the MPI_T errors.
        Abi::Standard => Layout { class_bits: 6, serials: 0xff, last: 0x3fff },
    }
}

const SKIPPED_SERIAL: u32 = 15;

/// `MPI_ERR_LASTCODE`
pub const fn last(abi: Abi) -> i32 {
    layout(abi).last
}

/// Errors the ring remembers.
const RECENT: usize = 64;

/// The messages of recent errors, found by serial number.
pub struct Ring(Mutex<(u32, Vec<(u32, String)>)>);

impl Default for Ring {
    fn default() -> Ring {
        Ring(Mutex::new((0, Vec::new())))
    }
}

impl Ring {
    fn remember(&self, message: String, serials: u32) -> u32 {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.0 = ring.0 % serials + 1;
        if ring.0 == SKIPPED_SERIAL {
            ring.0 += 1;
        }
        let serial = ring.0;
        if ring.1.len() == RECENT {
            ring.1.remove(0);
        }
        ring.1.push((serial, message));
        serial
    }

    fn recall(&self, serial: u32) -> Option<String> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.1.iter().rev().find(|entry| entry.0 == serial).map(|entry| entry.1.clone())
    }
}

/// The code for an error of the function `name`.
pub fn encode(abi: Abi, process: &Process, name: &str, error: &Error) -> i32 {
    if let Some(code) = error.user_code() {
        return code;
    }
    let class = number(abi, error.class());
    let layout = layout(abi);
    if layout.serials == 0 {
        return class;
    }
    let message = format!("{name}: {error}");
    let serial = process.recent.remember(message, layout.serials);
    class | (serial << layout.class_bits) as i32
}

/// The number of the class a code belongs to, in the caller's ABI; `None` for
/// a number that is no code.
pub fn class_number(abi: Abi, process: &Process, code: i32) -> Option<i32> {
    let layout = layout(abi);
    if code > layout.last {
        return process.user_errors().class_of(code - layout.last - 1, layout.last);
    }
    if code < 0 {
        return None;
    }
    if TOOL_CLASSES[abi.index()].contains(&code) {
        return Some(code);
    }
    let known = code & ((1i64 << layout.class_bits) - 1) as i32;
    // Within MPI_ERR_LASTCODE every number is a code, if one of no known class.
    class(abi, known).map(|_| known).or(Some(number(abi, Class::Unknown)))
}

/// The text of a code (`MPI_Error_string`).
pub fn text(abi: Abi, process: &Process, code: i32) -> Option<String> {
    let layout = layout(abi);
    if code > layout.last {
        return process.user_errors().text(code - layout.last - 1);
    }
    let number = class_number(abi, process, code)?;
    if TOOL_CLASSES[abi.index()].contains(&number) {
        return Some(format!("Error {number} of the tools interface"));
    }
    let serial = code as u32 >> layout.class_bits;
    let recent = (serial > 0).then(|| process.recent.recall(serial)).flatten();
    recent.or_else(|| class(abi, number).map(|class| class.text().to_string()))
}

/// Numbers of the `MPI_T_ERR_` classes.
const TOOL_CLASSES: [std::ops::RangeInclusive<i32>; 3] = [59..=74, 54..=73, 1001..=1018];

/// Classes and codes the application added; index 0 is `MPI_ERR_LASTCODE + 1`.
#[derive(Default)]
pub struct UserErrors {
    entries: Vec<Option<UserError>>,
}

struct UserError {
    /// The class a code was made for: a predefined number or an own one.
    class: Option<i32>,
    text: String,
}

impl UserErrors {
    /// A new class; returns its number.
    pub fn add_class(&mut self, abi: Abi) -> i32 {
        self.add(abi, None)
    }

    /// A new code of a class; returns the code.
    pub fn add_code(&mut self, abi: Abi, class: i32) -> i32 {
        self.add(abi, Some(class))
    }

    fn add(&mut self, abi: Abi, class: Option<i32>) -> i32 {
        self.entries.push(Some(UserError { class, text: String::new() }));
        self.last_used(abi)
    }

    /// `MPI_LASTUSEDCODE`
    pub fn last_used(&self, abi: Abi) -> i32 {
        last(abi) + self.entries.len() as i32
    }

    /// Attaches a text to a class or code made here.
    pub fn set_text(&mut self, abi: Abi, code: i32, text: &str) -> Result<()> {
        self.entry(abi, code)?.text = text.to_string();
        Ok(())
    }

    /// Removes a class no code belongs to any more (MPI-4.1, section 9.5).
    pub fn remove_class(&mut self, abi: Abi, class: i32) -> Result<()> {
        if self.entry(abi, class)?.class.is_some() {
            return Err(Error::new(Class::Arg, format!("{class} is an error code, not a class")));
        }
        if self.entries.iter().flatten().any(|entry| entry.class == Some(class)) {
            let message = format!("error class {class} has codes: remove them first");
            return Err(Error::new(Class::Arg, message));
        }
        self.remove(abi, class)
    }

    /// Removes a code.
    pub fn remove_code(&mut self, abi: Abi, code: i32) -> Result<()> {
        if self.entry(abi, code)?.class.is_none() {
            return Err(Error::new(Class::Arg, format!("{code} is an error class, not a code")));
        }
        self.remove(abi, code)
    }

    fn remove(&mut self, abi: Abi, code: i32) -> Result<()> {
        // The standard wants the text to go first.
        if !self.entry(abi, code)?.text.is_empty() {
            let message = format!("{code} has a text: call MPI_Remove_error_string first");
            return Err(Error::new(Class::Arg, message));
        }
        self.entries[(code - last(abi) - 1) as usize] = None;
        while self.entries.last().is_some_and(Option::is_none) {
            self.entries.pop();
        }
        Ok(())
    }

    fn entry(&mut self, abi: Abi, code: i32) -> Result<&mut UserError> {
        let index = usize::try_from(code as i64 - last(abi) as i64 - 1).ok();
        index.and_then(|index| self.entries.get_mut(index)?.as_mut()).ok_or_else(|| {
            Error::new(Class::Arg, format!("{code} is no error class or code this program added"))
        })
    }

    fn class_of(&self, index: i32, last: i32) -> Option<i32> {
        let entry = self.entries.get(index as usize)?.as_ref()?;
        Some(entry.class.unwrap_or(last + 1 + index))
    }

    fn text(&self, index: i32) -> Option<String> {
        Some(self.entries.get(index as usize)?.as_ref()?.text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::process;

    #[test]
    fn every_class_has_a_number_that_fits_its_bits_in_every_abi() {
        for abi in Abi::ALL {
            for &class in Class::ALL {
                let number = number(abi, class);
                let bits = layout(abi).class_bits;
                assert!((number as i64) < 1 << bits, "{abi:?} {class:?}");
            }
        }
    }

    #[test]
    fn a_code_gives_back_its_class_and_its_story() {
        let error = Error::new(Class::Rank, "dest is 7 but must be 0..=3");
        for abi in Abi::ALL {
            let code = encode(abi, process(), "MPI_Send", &error);
            assert_eq!(class_number(abi, process(), code), Some(number(abi, Class::Rank)));
            let text = text(abi, process(), code).unwrap();
            match abi {
                Abi::OpenMpi => assert_eq!(text, "Invalid rank"),
                _ => assert_eq!(text, "MPI_Send: Invalid rank: dest is 7 but must be 0..=3"),
            }
        }
    }

    #[test]
    fn codes_of_the_standard_abi_stay_below_lastcode_and_off_the_tool_errors() {
        let error = Error::new(Class::Errhandler, "x");
        for _ in 0..600 {
            let code = encode(Abi::Standard, process(), "f", &error);
            assert!(code <= 0x3fff && !(1001..=1018).contains(&code), "{code}");
        }
    }

    #[test]
    fn codes_the_program_adds_follow_lastcode_and_know_their_class() {
        for abi in Abi::ALL {
            let mut users = UserErrors::default();
            let class = users.add_class(abi);
            let code = users.add_code(abi, class);
            assert_eq!((class, code), (last(abi) + 1, last(abi) + 2));
            users.set_text(abi, code, "out of cheese").unwrap();
            assert_eq!(users.class_of(1, last(abi)), Some(class));
            assert_eq!(users.text(1).as_deref(), Some("out of cheese"));
            assert!(users.set_text(abi, 3, "no").is_err());
            // First the text, then the code, then the class.
            assert!(users.remove_class(abi, class).is_err());
            assert!(users.remove_code(abi, code).is_err());
            users.set_text(abi, code, "").unwrap();
            users.remove_code(abi, code).unwrap();
            assert!(users.remove_code(abi, code).is_err());
            users.remove_class(abi, class).unwrap();
            assert_eq!(users.last_used(abi), last(abi));
        }
    }
}
