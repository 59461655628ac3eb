//! Strings in and out. The sizes of the caller's buffers are part of its ABI
//! ([`Limits`]); what does not fit is cut, always with a NUL at the end.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};

use super::number::null_argument;
use super::{Sort, kinds};
use crate::abi::Abi;
use crate::object::{Class, Error};

/// Sizes of the caller's string buffers, in bytes with the NUL
/// (`MPI_MAX_...`).
#[derive(Debug)]
pub struct Limits {
    pub error_string: usize,
    pub info_key: usize,
    pub info_value: usize,
    pub library_version: usize,
    pub object_name: usize,
    pub port_name: usize,
    pub processor_name: usize,
    pub pset_name: usize,
    pub datarep: usize,
}

impl Abi {
    pub const fn limits(self) -> &'static Limits {
        match self {
            Abi::Mpich => &Limits {
                error_string: 512,
                info_key: 255,
                info_value: 1024,
                library_version: 8192,
                object_name: 128,
                port_name: 256,
                processor_name: 128,
                pset_name: 256,
                datarep: 128,
            },
            Abi::OpenMpi => &Limits {
                error_string: 256,
                info_key: 36,
                info_value: 256,
                library_version: 256,
                object_name: 64,
                port_name: 1024,
                processor_name: 256,
                pset_name: 512,
                datarep: 128,
            },
            Abi::Standard => &Limits {
                error_string: 512,
                info_key: 256,
                info_value: 1024,
                library_version: 8192,
                object_name: 128,
                port_name: 1024,
                processor_name: 256,
                pset_name: 1024,
                datarep: 128,
            },
        }
    }
}

/// A string of the application.
#[derive(Clone, Copy)]
pub struct Text(*const c_char);

impl Text {
    /// The string; bytes that are not UTF-8 are replaced.
    pub fn read(&self) -> Cow<'_, str> {
        // SAFETY: a NUL-terminated string of the application, checked not
        // null, that lives as long as the call.
        unsafe { CStr::from_ptr(self.0) }.to_string_lossy()
    }

    /// The string, cut to `max` bytes.
    pub fn at_most(&self, max: usize) -> String {
        let text = self.read();
        text[..text.floor_char_boundary(max.min(text.len()))].to_string()
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: as above.
        unsafe { CStr::from_ptr(self.0) }.to_bytes()
    }
}

/// A buffer for a string.
#[derive(Clone, Copy)]
pub struct TextPlace(*mut c_char);

impl TextPlace {
    /// Stores `text`, cut to `size` bytes with the NUL, and returns the number
    /// of bytes before the NUL.
    pub fn set(&self, text: &str, size: usize) -> usize {
        if size == 0 {
            return 0;
        }
        let len = text.floor_char_boundary(text.len().min(size - 1));
        // SAFETY: the application's buffer has `size` bytes, as its ABI or its
        // own argument says.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), self.0.cast::<u8>(), len);
            self.0.add(len).write(0);
        }
        len
    }
}

/// `char **argv` or `char ***argv`: looked at by the start-up code alone.
#[derive(Clone, Copy)]
pub struct Words(pub usize);

impl Words {
    /// The strings of a NULL-terminated `char **`; none when it is null.
    pub fn read(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut at = self.0 as *const *const c_char;
        while !at.is_null() {
            // SAFETY: the array ends with a null pointer, and each entry
            // before it is a NUL-terminated string.
            unsafe {
                let word = at.read();
                if word.is_null() {
                    break;
                }
                words.push(CStr::from_ptr(word).to_string_lossy().into_owned());
                at = at.add(1);
            }
        }
        words
    }
}

kinds! {
    InString: usize => Text, "const char*", Sort::Text, |_, raw, name|
        if raw == 0 { Err(null_argument(name)) } else { Ok(Text(raw as *const c_char)) };
    /// The key of an info object; a missing one is a wrong key.
    InKey: usize => Text, "const char*", Sort::Text, |_, raw, name| match raw {
        0 => Err(Error::new(Class::InfoKey, null_argument(name).message())),
        _ => Ok(Text(raw as *const c_char)),
    };
    /// A string that may be absent (`NULL`).
    OptString: usize => Option<Text>, "const char*", Sort::Text, |_, raw, _|
        Ok((raw != 0).then_some(Text(raw as *const c_char)));
    OutString: usize => TextPlace, "char*", Sort::TextOut, |_, raw, name|
        if raw == 0 { Err(null_argument(name)) } else { Ok(TextPlace(raw as *mut c_char)) };
    /// A string out that the caller may not want (the tools interface).
    OptOutString: usize => Option<TextPlace>, "char*", Sort::TextOut, |_, raw, _|
        Ok((raw != 0).then_some(TextPlace(raw as *mut c_char)));
    /// `char *argv[]` of `MPI_Comm_spawn`.
    Argv: usize => Words, "char**", Sort::Texts, |_, raw, _| Ok(Words(raw));
    /// `char ***argv` of `MPI_Comm_spawn_multiple`.
    Argvs: usize => Words, "char***", Sort::TextTables, |_, raw, _| Ok(Words(raw));
    /// `char ***argv` of `MPI_Init`.
    ArgvAt: usize => Words, "char***", Sort::COnly, |_, raw, _| Ok(Words(raw));
    /// `argc` and `argv` of `MPI_Info_create_env`.
    Argc: i32 => i32, "int", Sort::COnly, |_, raw, _| Ok(raw);
    ArgvOfMain: usize => Words, "char**", Sort::COnly, |_, raw, _| Ok(Words(raw));
    /// `int *argc` of `MPI_Init`, which may be null.
    ArgcAt: usize => usize, "int*", Sort::COnly, |_, raw, _| Ok(raw);
}
