//! The objects the dynamic linker has loaded: their names, what they need, and
//! the symbols they mention. Read from memory, without opening a file.
//!
//! What must hold: while `dl_iterate_phdr` calls back, the linker's lock keeps
//! every object mapped, and its dynamic section is what the ELF specification
//! says: tables the linker itself relies on.

use std::ffi::{CStr, c_char, c_int, c_void};

/// One loaded object, while the visit lasts.
pub struct Object<'a> {
    /// Path as the linker knows it; empty for the program itself.
    pub path: &'a CStr,
    base: usize,
    dynamic: *const Dynamic,
    strings: *const c_char,
}

/// Entry of the dynamic section (`Elf64_Dyn`).
#[repr(C)]
struct Dynamic {
    tag: i64,
    value: u64,
}

/// Entry of the symbol table (`Elf64_Sym`).
#[repr(C)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

const DT_NULL: i64 = 0;
const DT_NEEDED: i64 = 1;
const DT_HASH: i64 = 4;
const DT_STRTAB: i64 = 5;
const DT_SYMTAB: i64 = 6;
const DT_SONAME: i64 = 14;
const DT_GNU_HASH: i64 = 0x6fff_fef5;

/// Visits all loaded objects in load order.
pub fn visit(mut visitor: impl FnMut(&Object<'_>)) {
    let mut visitor: &mut dyn FnMut(&Object<'_>) = &mut visitor;
    // SAFETY: `one` gets the reference back as it is given here, and does not
    // outlive the call.
    unsafe {
        libc::dl_iterate_phdr(Some(one), (&raw mut visitor).cast());
    }
}

unsafe extern "C" fn one(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    visitor: *mut c_void,
) -> c_int {
    // SAFETY: the linker passes valid information, and `visit` its visitor.
    let (info, visitor) = unsafe { (&*info, &mut *visitor.cast::<&mut dyn FnMut(&Object<'_>)>()) };
    // SAFETY: the program headers are mapped, `dlpi_phnum` of them.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum as usize) };
    let Some(header) = headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC) else {
        return 0;
    };
    let base = info.dlpi_addr as usize;
    let dynamic = (base + header.p_vaddr as usize) as *const Dynamic;
    let mut object = Object {
        path: if info.dlpi_name.is_null() {
            c""
        } else {
            // SAFETY: a C string of the linker.
            unsafe { CStr::from_ptr(info.dlpi_name) }
        },
        base,
        dynamic,
        strings: std::ptr::null(),
    };
    if let Some(strings) = object.table(DT_STRTAB) {
        object.strings = strings as *const c_char;
        visitor(&object);
    }
    0
}

impl<'a> Object<'a> {
    /// `DT_SONAME`
    pub fn soname(&self) -> Option<&'a CStr> {
        self.entries().find(|entry| entry.tag == DT_SONAME).map(|entry| self.string(entry.value))
    }

    /// `DT_NEEDED`, in order.
    pub fn needed(&self) -> impl Iterator<Item = &'a CStr> {
        self.entries().filter(|entry| entry.tag == DT_NEEDED).map(|entry| self.string(entry.value))
    }

    /// Names of the dynamic symbols, defined or not.
    pub fn symbols(&self) -> impl Iterator<Item = &'a CStr> {
        let table = self.table(DT_SYMTAB).unwrap_or(0) as *const Symbol;
        let count = if table.is_null() { 0 } else { self.symbol_count() };
        (1..count).map(move |i| {
            // SAFETY: the table has `count` entries.
            let symbol = unsafe { &*table.add(i) };
            self.string(symbol.name as u64)
        })
    }

    fn entries(&self) -> impl Iterator<Item = &'a Dynamic> {
        let mut at = self.dynamic;
        std::iter::from_fn(move || {
            // SAFETY: the dynamic section ends with a DT_NULL entry, which is
            // not passed.
            let entry = unsafe { &*at };
            (entry.tag != DT_NULL).then(|| {
                at = at.wrapping_add(1);
                entry
            })
        })
    }

    fn string(&self, offset: u64) -> &'a CStr {
        // SAFETY: an offset in the object's string table.
        unsafe { CStr::from_ptr(self.strings.add(offset as usize)) }
    }

    /// Address of a table: the linker has relocated most entries, but not
    /// those of objects it may not write to (the vDSO).
    fn table(&self, tag: i64) -> Option<usize> {
        let value = self.entries().find(|entry| entry.tag == tag)?.value as usize;
        Some(if value < self.base { value + self.base } else { value })
    }

    /// The symbol table has no length of its own: the hash tables know it.
    fn symbol_count(&self) -> usize {
        if let Some(hash) = self.table(DT_HASH) {
            // SAFETY: the second word of the table is the number of chains,
            // which is the number of symbols.
            return unsafe { *(hash as *const u32).add(1) as usize };
        }
        let Some(hash) = self.table(DT_GNU_HASH) else {
            return 0;
        };
        let hash = hash as *const u32;
        // SAFETY: header of four words, bloom filter of 8-byte words, buckets,
        // then the chains; the last symbol is the end of the last chain.
        // Undefined symbols are not hashed: they come before `offset`.
        unsafe {
            let (buckets, offset, bloom) = (*hash, *hash.add(1), *hash.add(2));
            let first = hash.add(4 + 2 * bloom as usize);
            let last = (0..buckets as usize).map(|i| *first.add(i)).max().unwrap_or(0);
            if last < offset {
                return offset as usize;
            }
            let chains = first.add(buckets as usize);
            let mut symbol = last as usize;
            while *chains.add(symbol - offset as usize) & 1 == 0 {
                symbol += 1;
            }
            symbol + 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_needs_libc_and_mentions_its_symbols() {
        let (mut needs_libc, mut mentions_malloc, mut libc_has_soname) = (false, false, false);
        visit(|object| {
            if object.path.is_empty() {
                needs_libc = object.needed().any(|name| name.to_bytes().starts_with(b"libc.so"));
                mentions_malloc = object.symbols().any(|name| name == c"malloc");
            }
            libc_has_soname |= object.soname() == Some(c"libc.so.6");
        });
        assert!(needs_libc && mentions_malloc && libc_has_soname);
    }
}
