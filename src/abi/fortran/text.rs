//! Strings as Fortran has them: an address and a length, filled up with blanks.
//!
//! What must hold: a `CHARACTER` argument has as many bytes as the length that
//! came with it says.

use std::ffi::CString;

use crate::abi::Function;

/// Blanks that do not belong to a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trim {
    Trailing,
    /// Keys and values of infos lose those in front as well (MPI-4.1, chapter
    /// 10).
    Both,
}

impl Trim {
    pub fn of(function: &Function) -> Trim {
        if function.name.starts_with("MPI_Info_") { Trim::Both } else { Trim::Trailing }
    }
}

fn bytes<'a>(at: usize, len: usize) -> &'a [u8] {
    if at == 0 || len == 0 {
        return &[];
    }
    // SAFETY: a `CHARACTER` of the caller; it outlives the call it came with,
    // and nobody here keeps the slice longer.
    unsafe { std::slice::from_raw_parts(at as *const u8, len) }
}

fn trimmed(text: &[u8], trim: Trim) -> CString {
    let text = match trim {
        Trim::Trailing => {
            let end = text.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
            &text[..end]
        }
        Trim::Both => text.trim_ascii(),
    };
    // A program that appends C's NUL itself means the end by it.
    let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
    CString::new(&text[..end]).expect("it ends before the first NUL")
}

/// The string for C.
pub fn inward(at: usize, len: usize, trim: Trim) -> CString {
    trimmed(bytes(at, len), trim)
}

/// The strings of an array whose entries are `len` bytes long and `step`
/// entries apart: `count` of them, or up to the first blank one.
pub fn array(at: usize, len: usize, step: usize, count: Option<usize>) -> Vec<CString> {
    let entry = |i: usize| trimmed(bytes(at + i * step * len, len), Trim::Trailing);
    match count {
        Some(count) => (0..count).map(entry).collect(),
        None if len == 0 => Vec::new(),
        None => (0..).map(entry).take_while(|text| !text.is_empty()).collect(),
    }
}

/// Longest string MPI hands out, with its NUL.
const LONGEST: usize = 8193;
/// No string begins with this byte: UTF-8 has no use for it.
const UNTOUCHED: u8 = 0xff;

/// Room for a string that goes into a `CHARACTER` of `len` bytes.
pub fn room(len: usize) -> Box<[u8]> {
    let mut room = vec![0; LONGEST.max(len + 1)].into_boxed_slice();
    room[0] = UNTOUCHED;
    room
}

/// Stores what C left in `from`, cut or filled up with blanks; nothing, when C
/// left nothing.
pub fn outward(from: &[u8], to: usize, len: usize) {
    if from[0] == UNTOUCHED || to == 0 {
        return;
    }
    let text = from.split(|&byte| byte == 0).next().expect("a slice has a first part");
    let text = &text[..text.len().min(len)];
    // SAFETY: the caller's `CHARACTER` of `len` bytes.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), to as *mut u8, text.len());
        std::ptr::write_bytes((to + text.len()) as *mut u8, b' ', len - text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str, trim: Trim) -> CString {
        inward(text.as_ptr() as usize, text.len(), trim)
    }

    #[test]
    fn blanks_at_the_end_do_not_belong_to_a_string() {
        assert_eq!(given("a name  ", Trim::Trailing), *c"a name");
        assert_eq!(given("  key ", Trim::Trailing), *c"  key");
        assert_eq!(given("  key ", Trim::Both), *c"key");
        assert_eq!(given("    ", Trim::Trailing), *c"");
        assert_eq!(given("c\0 rest", Trim::Trailing), *c"c");
    }

    #[test]
    fn a_result_is_cut_or_filled_up() {
        let mut from = room(6);
        let mut to = *b"......";
        outward(&from, to.as_mut_ptr() as usize, 6);
        assert_eq!(&to, b"......");
        from[..4].copy_from_slice(b"abc\0");
        outward(&from, to.as_mut_ptr() as usize, 6);
        assert_eq!(&to, b"abc   ");
        outward(&from, to.as_mut_ptr() as usize, 2);
        assert_eq!(&to, b"abc   ");
    }

    #[test]
    fn an_array_ends_with_a_blank_entry_or_after_its_count() {
        let text = "ab cd    ef ";
        let at = text.as_ptr() as usize;
        assert_eq!(array(at, 3, 1, None), [c"ab", c"cd"].map(CString::from));
        assert_eq!(array(at, 3, 1, Some(4)).len(), 4);
        assert_eq!(array(at, 3, 3, Some(2)), [c"ab", c"ef"].map(CString::from));
    }
}
