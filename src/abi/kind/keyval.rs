//! Attribute keys. They are plain integers in C: MPICH's are handles, Open
//! MPI's small numbers from 0 on, the standard ABI's small numbers with 0 as
//! `MPI_KEYVAL_INVALID`.

use super::number::null_argument;
use super::{Sort, kinds};
use crate::abi::{Abi, Cx};
use crate::object::{Class, Error, Handle, Kind, Result};

macro_rules! predefined_keys {
    ($($name:ident, $symbol:literal, [$mpich:literal, $ompi:literal, $std:literal];)*) => {
        /// The attributes MPI itself defines.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum PredefinedKey { $($name),* }

        impl PredefinedKey {
            const NUMBERS: &'static [(PredefinedKey, [i32; 3])] =
                &[$((PredefinedKey::$name, [$mpich, $ompi, $std])),*];

            pub const fn symbol(self) -> &'static str {
                match self { $(PredefinedKey::$name => $symbol),* }
            }

            /// Every symbol with its three numbers, for tests and headers.
            pub fn table() -> impl Iterator<Item = (&'static str, [i32; 3])> {
                Self::NUMBERS.iter().map(|row| (row.0.symbol(), row.1))
            }
        }
    };
}

predefined_keys! {
    TagUb, "MPI_TAG_UB", [0x64400001, 0, 501];
    Host, "MPI_HOST", [0x64400003, 1, 503];
    Io, "MPI_IO", [0x64400005, 2, 502];
    WtimeIsGlobal, "MPI_WTIME_IS_GLOBAL", [0x64400007, 3, 504];
    UniverseSize, "MPI_UNIVERSE_SIZE", [0x64400009, 6, 507];
    LastUsedCode, "MPI_LASTUSEDCODE", [0x6440000b, 5, 506];
    AppNum, "MPI_APPNUM", [0x6440000d, 4, 505];
    WinBase, "MPI_WIN_BASE", [0x66000001, 7, 601];
    WinSize, "MPI_WIN_SIZE", [0x66000003, 8, 603];
    WinDispUnit, "MPI_WIN_DISP_UNIT", [0x66000005, 9, 602];
    WinCreateFlavor, "MPI_WIN_CREATE_FLAVOR", [0x66000007, 10, 604];
    WinModel, "MPI_WIN_MODEL", [0x66000009, 11, 605];
}

/// An attribute key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Predefined(PredefinedKey),
    /// One the application made, by its handle (kind `Keyval`).
    Own(Handle),
}

/// `MPI_KEYVAL_INVALID` per ABI.
pub const KEYVAL_INVALID: [i32; 3] = [0x2400_0000, -1, 0];

/// Keys of the application start here where they are not MPICH's handles.
const FIRST_OWN: i32 = 0x1_0000;

impl Key {
    /// The key behind the caller's number; `None` for `MPI_KEYVAL_INVALID` and
    /// numbers that are no key.
    pub fn from_number(abi: Abi, number: i32) -> Option<Key> {
        let own = match abi {
            Abi::Mpich => Handle(number as u32),
            _ if number >= FIRST_OWN => Handle::dynamic(Kind::Keyval, (number - FIRST_OWN) as u32),
            _ => Handle::null(Kind::Keyval),
        };
        if own.is_dynamic() && own.is(Kind::Keyval) {
            return Some(Key::Own(own));
        }
        let numbers = PredefinedKey::NUMBERS;
        numbers.iter().find(|row| row.1[abi.index()] == number).map(|row| Key::Predefined(row.0))
    }

    /// The caller's number.
    pub fn number(self, abi: Abi) -> i32 {
        match (self, abi) {
            (Key::Predefined(key), _) => PredefinedKey::NUMBERS[key as usize].1[abi.index()],
            (Key::Own(handle), Abi::Mpich) => handle.0 as i32,
            (Key::Own(handle), _) => FIRST_OWN + handle.index() as i32,
        }
    }
}

fn key(cx: &Cx, number: i32, name: &str) -> Result<Key> {
    Key::from_number(cx.abi, number).ok_or_else(|| {
        let invalid = number == KEYVAL_INVALID[cx.abi.index()];
        let meaning = if invalid { " (MPI_KEYVAL_INVALID)" } else { "" };
        Error::new(Class::Keyval, format!("{name} is {number}{meaning}, which is no attribute key"))
    })
}

/// A place that holds one key.
pub struct KeyPlace(usize, &'static str);

impl KeyPlace {
    pub fn set(&self, cx: &Cx, key: Key) {
        self.store(key.number(cx.abi));
    }

    /// Stores `MPI_KEYVAL_INVALID`.
    pub fn set_invalid(&self, cx: &Cx) {
        self.store(KEYVAL_INVALID[cx.abi.index()]);
    }

    /// The key found there (inout arguments).
    pub fn get(&self, cx: &Cx) -> Result<Key> {
        // SAFETY: the application's `int`, checked not null, initialised.
        let number = unsafe { (self.0 as *const i32).read_unaligned() };
        key(cx, number, self.1)
    }

    fn store(&self, number: i32) {
        // SAFETY: the application's place for an `int`, checked not null.
        unsafe { (self.0 as *mut i32).write_unaligned(number) }
    }
}

fn place(raw: usize, name: &'static str) -> Result<KeyPlace> {
    if raw == 0 { Err(null_argument(name)) } else { Ok(KeyPlace(raw, name)) }
}

kinds! {
    InKeyval: i32 => Key, "int", Sort::Keyval, |cx, raw, name| key(cx, raw, name);
    OutKeyval: usize => KeyPlace, "int*", Sort::Pointer, |_, raw, name| place(raw, name);
    InOutKeyval: usize => KeyPlace, "int*", Sort::Pointer, |_, raw, name| place(raw, name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_the_round_trip_in_every_abi() {
        for abi in Abi::ALL {
            for &(key, _) in PredefinedKey::NUMBERS {
                let key = Key::Predefined(key);
                assert_eq!(Key::from_number(abi, key.number(abi)), Some(key));
            }
            let own = Key::Own(Handle::dynamic(Kind::Keyval, 3));
            assert_eq!(Key::from_number(abi, own.number(abi)), Some(own));
            assert_eq!(Key::from_number(abi, KEYVAL_INVALID[abi.index()]), None);
        }
    }
}
