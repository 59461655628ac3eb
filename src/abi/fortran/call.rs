//! A call from Fortran: every argument is an address, the error code goes to
//! the last one, the lengths of strings follow. Here they become the words C
//! would have passed, by the sorts in the function's row; the body sees no
//! difference but in what lies in memory (`Cx::language`).
//!
//! What must hold: the caller passes what Fortran's interface of the function
//! says, in the calling convention of C: addresses, then lengths as integers.
//! All compilers in use do.

use std::ffi::CString;

use smallvec::SmallVec;

use super::copies::Copies;
use super::section::Section;
use super::special;
use super::text;
use crate::abi::kind::{PredefinedKey, Sort};
use crate::abi::process::{Object, process};
use crate::abi::{Abi, Function, decided, detect, entry, word};
use crate::object::{Class, Datatype, Error, Handle, Kind, Result};

/// What the names of one function disagree on. The numbers are in
/// `build/fortran_names.rs`, and from there in the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavour {
    /// mpif.h, `use mpi`, and all of `use mpi_f08` that is no different.
    F77,
    /// `use mpi_f08`, where it is.
    F08,
    /// The same with choice buffers as gfortran describes arrays.
    GnuDescriptors,
    /// The same with choice buffers as `bind(C)` describes arrays, and strings
    /// likewise: our own module.
    CDescriptors,
}

/// Arguments that travel in registers.
#[cfg(target_arch = "aarch64")]
const REGISTERS: usize = 8;
#[cfg(not(target_arch = "aarch64"))]
const REGISTERS: usize = 6;

// All of a function's labels come here with its chapter's rows in one register,
// and the position among them with the flavour in another. The arguments in
// registers are put in memory, and both their place and that of the arguments on
// the stack are handed on. The result is given back as an integer and as a
// `double`: the caller knows which it is.
#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".text",
    ".p2align 4",
    ".globl mpisecure_fortran_call",
    ".hidden mpisecure_fortran_call",
    ".type mpisecure_fortran_call, %function",
    "mpisecure_fortran_call:",
    ".cfi_startproc",
    "push rbp",
    ".cfi_def_cfa_offset 16",
    ".cfi_offset rbp, -16",
    "mov rbp, rsp",
    ".cfi_def_cfa_register rbp",
    "sub rsp, 48",
    "mov [rsp], rdi",
    "mov [rsp + 8], rsi",
    "mov [rsp + 16], rdx",
    "mov [rsp + 24], rcx",
    "mov [rsp + 32], r8",
    "mov [rsp + 40], r9",
    "mov rdi, r11",
    "mov rsi, rsp",
    "lea rdx, [rbp + 16]",
    "mov ecx, r10d",
    "call {called}",
    "movq xmm0, rax",
    "leave",
    ".cfi_def_cfa rsp, 8",
    "ret",
    ".cfi_endproc",
    called = sym called,
);
#[cfg(target_arch = "aarch64")]
std::arch::global_asm!(
    ".text",
    ".p2align 4",
    ".globl mpisecure_fortran_call",
    ".hidden mpisecure_fortran_call",
    ".type mpisecure_fortran_call, %function",
    "mpisecure_fortran_call:",
    ".cfi_startproc",
    "stp x29, x30, [sp, #-80]!",
    ".cfi_def_cfa_offset 80",
    ".cfi_offset x29, -80",
    ".cfi_offset x30, -72",
    "mov x29, sp",
    "stp x0, x1, [sp, #16]",
    "stp x2, x3, [sp, #32]",
    "stp x4, x5, [sp, #48]",
    "stp x6, x7, [sp, #64]",
    "mov x0, x9",
    "add x1, sp, #16",
    "add x2, sp, #80",
    "mov w3, w10",
    "bl {called}",
    "fmov d0, x0",
    "ldp x29, x30, [sp], #80",
    ".cfi_def_cfa_offset 0",
    "ret",
    ".cfi_endproc",
    called = sym called,
);

/// Where the label's assembly goes on.
unsafe extern "C" fn called(
    chapter: &'static &'static [Function],
    registers: *const usize,
    stack: *const usize,
    position: u32,
) -> u64 {
    let function = &chapter[(position >> 2) as usize];
    let flavour = match position & 3 {
        0 => Flavour::F77,
        1 => Flavour::F08,
        2 => Flavour::GnuDescriptors,
        _ => Flavour::CDescriptors,
    };
    let abi = match decided() {
        Some(abi) => abi,
        None => detect::at_call_from_fortran(function),
    };
    let given = Given { registers, stack };
    Call::new(function, abi, flavour, given).run()
}

/// The arguments as they arrived.
#[derive(Clone, Copy)]
struct Given {
    registers: *const usize,
    stack: *const usize,
}

impl Given {
    fn word(&self, index: usize) -> usize {
        // SAFETY: the assembly above left the registers' contents at
        // `registers`, and the caller the rest on the stack; `index` is below
        // the number of arguments of the function's Fortran interface.
        unsafe {
            if index < REGISTERS {
                self.registers.add(index).read()
            } else {
                self.stack.add(index - REGISTERS).read()
            }
        }
    }
}

/// What is to be done when the function has returned.
enum After {
    /// A string goes from our memory into a `CHARACTER`.
    Text { from: Box<[u8]>, to: usize, len: usize },
    /// A position counts from 1.
    Index(usize),
    /// So do the first of these, as many as the number at `count` says, which is
    /// the program's own where the function failed: `max` at most.
    Indices { at: usize, count: usize, max: usize },
    /// An 8-byte result for a 4-byte `INTEGER` of MPI-1.
    Narrow { from: Box<i64>, to: usize },
    /// A length that includes C's NUL for one that does not.
    Length { from: Box<i32>, to: usize },
    /// A copy goes back into a section with gaps, if it may have changed.
    Scatter { from: Vec<u8>, to: Option<Section> },
    /// A datatype made for a section with gaps.
    Free(Handle),
}

struct Call {
    function: &'static Function,
    abi: Abi,
    flavour: Flavour,
    given: Given,
    words: SmallVec<[u64; 16]>,
    after: SmallVec<[After; 4]>,
    /// Keeps strings and arrays alive that words point to.
    strings: SmallVec<[CString; 2]>,
    arrays: Vec<Box<[u64]>>,
    /// Buffers with gaps, by the position of their argument.
    sections: Vec<(usize, Section)>,
    /// What stands in for some of them while the operation goes on.
    copies: Copies,
    /// Position of the next argument, and of the next hidden length.
    next: usize,
    next_length: usize,
}

impl Call {
    fn new(function: &'static Function, abi: Abi, flavour: Flavour, given: Given) -> Call {
        let visible = function.arguments.iter().filter(|a| a.shape.sort != Sort::COnly).count();
        let has_code = matches!(function.returns, "int") && function.name != "MPI_Pcontrol";
        Call {
            function,
            abi,
            flavour,
            given,
            words: SmallVec::new(),
            after: SmallVec::new(),
            strings: SmallVec::new(),
            arrays: Vec::new(),
            sections: Vec::new(),
            copies: Copies::default(),
            next: 0,
            next_length: visible + has_code as usize,
        }
    }

    fn run(mut self) -> u64 {
        let decoded = self.decode();
        if self.function.returns != "int" {
            return entry::value_from_fortran(self.function, self.abi, &self.words).unwrap_or(0);
        }
        let code = match decoded {
            Ok(()) => {
                let copies = std::mem::take(&mut self.copies);
                entry::call_from_fortran(self.function, self.abi, &self.words, copies)
            }
            Err(error) => entry::fail_from_fortran(self.function, self.abi, &self.words, error),
        };
        self.after.drain(..).for_each(After::finish);
        if self.function.name != "MPI_Pcontrol" {
            let place = self.given.word(self.next) as *mut i32;
            // An optional argument that is absent.
            if !place.is_null() {
                // SAFETY: the caller's `ierror`.
                unsafe { place.write(code) };
            }
        }
        code as u64
    }

    /// One word per argument of C.
    fn decode(&mut self) -> Result<()> {
        let mut complaint = None;
        for (position, argument) in self.function.arguments.iter().enumerate() {
            if argument.shape.sort == Sort::COnly {
                self.words.push(0);
                continue;
            }
            let at = self.given.word(self.next);
            self.next += 1;
            // All arguments are gone through, so that the last one is found.
            let word = self.argument(position, argument.shape.sort, at).unwrap_or_else(|error| {
                complaint.get_or_insert(error);
                0
            });
            self.words.push(word);
        }
        complaint.map_or_else(|| self.fill_gaps(), Err)
    }

    fn argument(&mut self, position: usize, sort: Sort, at: usize) -> Result<u64> {
        let argument = &self.function.arguments[position];
        // MPI-1 knew `INTEGER` and no `MPI_ADDRESS_KIND`.
        let is_old = self.function.chapter == "removed";
        Ok(match sort {
            Sort::Int | Sort::Flag | Sort::Rank | Sort::Tag | Sort::ThreadLevel => self.integer(at),
            Sort::Keyval => key(self.abi, self.integer(at) as i32) as u64,
            Sort::Long if is_old => self.integer(at),
            Sort::Long => self.long(at),
            Sort::Handle(kind) => super::word(self.abi, kind, self.integer(at) as i32),
            // What these call gets the program's variable, not a copy.
            Sort::Word if self.function.chapter == "grequest" => at as u64,
            Sort::Word if is_old => self.integer(at),
            Sort::Word => self.long(at),
            Sort::WordAt if self.keeps_address() => self.narrow(0),
            Sort::WordAt if is_old => self.narrow(at),
            Sort::Pointer if is_old && argument.shape.c == "MPI_Aint*" => self.narrow(at),
            Sort::Numbers if is_old && argument.shape.c == "MPI_Aint*" => self.widen(at),
            Sort::Pointer if matches!(argument.name, "buflen" | "pset_len") => self.length(at),
            Sort::Pointer
            | Sort::HandleAt(_)
            | Sort::Handles(_)
            | Sort::WordAt
            | Sort::FlagAt
            | Sort::Flags
            | Sort::Numbers
            | Sort::Callback => at as u64,
            Sort::Status => special::status(self.abi, at) as u64,
            Sort::Special => special::address(self.abi, at) as u64,
            Sort::Buffer => self.buffer(position, at)?,
            Sort::Text => {
                let (at, len) = self.text(at)?;
                let trim = text::Trim::of(self.function);
                let string = text::inward(at, len, trim);
                let word = string.as_ptr() as u64;
                self.strings.push(string);
                word
            }
            Sort::TextOut => {
                let (to, len) = self.text(at)?;
                let mut from = text::room(len);
                let word = from.as_mut_ptr() as u64;
                self.after.push(After::Text { from, to, len });
                word
            }
            Sort::Texts => {
                let (at, len) = self.text(at)?;
                if special::address(self.abi, at) == 0 {
                    return Ok(0);
                }
                let list = match argument.name {
                    "array_of_commands" => text::array(at, len, 1, Some(self.count())),
                    _ => text::array(at, len, 1, None),
                };
                self.list(list)
            }
            Sort::TextTables => {
                let (at, len) = self.text(at)?;
                if special::address(self.abi, at) == 0 {
                    return Ok(0);
                }
                // The table's rows are the commands, and Fortran stores it by
                // columns.
                let count = self.count();
                let rows: Vec<u64> = (0..count)
                    .map(|row| {
                        let list = text::array(at + row * len, len, count, None);
                        self.list(list)
                    })
                    .collect();
                self.array(rows)
            }
            Sort::Index => {
                self.after.push(After::Index(at));
                at as u64
            }
            Sort::Indices => {
                // The number of them is the argument before, at most the first.
                let count = *self.words.last().expect("outcount comes first") as usize;
                let max = self.count();
                self.after.push(After::Indices { at, count, max });
                at as u64
            }
            Sort::COnly => 0,
        })
    }

    /// Entries of the arrays of a function whose first argument is their number.
    fn count(&self) -> usize {
        (self.words[0] as i32).max(0) as usize
    }

    fn integer(&self, at: usize) -> u64 {
        // SAFETY: an `INTEGER`, or a handle that is one, of the caller.
        unsafe { (at as *const i32).read_unaligned() as i64 as u64 }
    }

    fn long(&self, at: usize) -> u64 {
        // SAFETY: an integer of 8 bytes of the caller.
        unsafe { (at as *const u64).read_unaligned() }
    }

    /// `MPI_Buffer_detach` and its like of mpif.h and `use mpi` give no address
    /// back: Fortran 77 has no way to take one, and passes anything.
    fn keeps_address(&self) -> bool {
        self.function.name.contains("detach") && self.flavour == Flavour::F77
    }

    fn narrow(&mut self, to: usize) -> u64 {
        // What the function leaves alone stays as it was.
        let old = if to == 0 { 0 } else { self.integer(to) as i64 };
        let mut from = Box::new(old);
        let word = &raw mut *from as u64;
        self.after.push(After::Narrow { from, to });
        word
    }

    /// The displacements of MPI-1's constructors, as many as `count` says.
    fn widen(&mut self, at: usize) -> u64 {
        let wide = (0..self.count()).map(|i| self.integer(at + 4 * i)).collect();
        self.array(wide)
    }

    fn length(&mut self, at: usize) -> u64 {
        let len = self.integer(at) as i32;
        let mut from = Box::new(if len > 0 { len + 1 } else { 0 });
        let word = &raw mut *from as u64;
        self.after.push(After::Length { from, to: at });
        word
    }

    /// Address and length of a string argument.
    fn text(&mut self, at: usize) -> Result<(usize, usize)> {
        if self.flavour == Flavour::CDescriptors {
            let section = Section::from_c(at)?;
            return Ok((section.base, section.element()));
        }
        // Compilers pass 4 or 8 bytes; no string has more than 4 can say.
        let len = self.given.word(self.next_length) as u32 as usize;
        self.next_length += 1;
        Ok((at, len))
    }

    /// A null-terminated array of strings.
    fn list(&mut self, list: Vec<CString>) -> u64 {
        let mut pointers: Vec<u64> = list.iter().map(|text| text.as_ptr() as u64).collect();
        pointers.push(0);
        self.strings.extend(list);
        self.array(pointers)
    }

    fn array(&mut self, words: Vec<u64>) -> u64 {
        let words = words.into_boxed_slice();
        let at = words.as_ptr() as u64;
        self.arrays.push(words);
        at
    }

    fn buffer(&mut self, position: usize, at: usize) -> Result<u64> {
        let section = match self.flavour {
            Flavour::F77 | Flavour::F08 => return Ok(special::address(self.abi, at) as u64),
            Flavour::GnuDescriptors => Section::from_gnu(at)?,
            Flavour::CDescriptors => Section::from_c(at)?,
        };
        let plain = special::address(self.abi, section.base);
        if plain == section.base && !section.is_dense() {
            self.sections.push((position, section));
        }
        Ok(plain as u64)
    }

    /// Sections with gaps, once all words are there.
    fn fill_gaps(&mut self) -> Result<()> {
        for (position, section) in std::mem::take(&mut self.sections) {
            let argument = &self.function.arguments[position];
            match treatment(self.function, argument.name) {
                Treatment::Address => {}
                Treatment::Copy => {
                    let mut copy = section.gather();
                    self.words[position] = copy.as_mut_ptr() as u64;
                    let is_read = argument.shape.c.starts_with("const");
                    self.after
                        .push(After::Scatter { from: copy, to: (!is_read).then_some(section) });
                }
                Treatment::Datatype => self.describe(position, &section)?,
                Treatment::Keep => {
                    let is_written = !argument.shape.c.starts_with("const");
                    self.words[position] = self.copies.add(section, is_written) as u64;
                }
                Treatment::Refuse => {
                    let text = format!(
                        "{} is a section with gaps, which {} cannot take; pass an array without gaps",
                        argument.name, self.function.name
                    );
                    return Err(Error::new(Class::Buffer, text));
                }
            }
        }
        Ok(())
    }

    /// Puts one item of a datatype with the section's gaps in the place of the
    /// count and datatype that follow the buffer.
    fn describe(&mut self, position: usize, section: &Section) -> Result<()> {
        let after = |sort: &dyn Fn(Sort) -> bool| {
            let rest = self.function.arguments.iter().enumerate().skip(position + 1);
            rest.clone().find(|(_, a)| sort(a.shape.sort)).map(|(at, _)| at)
        };
        let count = after(&|sort| matches!(sort, Sort::Int | Sort::Long));
        let datatype = after(&|sort| sort == Sort::Handle(Kind::Datatype));
        let (Some(count), Some(datatype)) = (count, datatype) else {
            return Ok(());
        };
        if (self.words[count] as i64) < 0 {
            // The body will say so.
            return Ok(());
        }
        let handle = word::handle(self.abi, Kind::Datatype, self.words[datatype]);
        let Some(old) = handle.and_then(|handle| Datatype::find(process(), handle)) else {
            // And what is wrong with this.
            return Ok(());
        };
        let new = section.datatype(self.words[count] as i64, &old.share())?;
        let handle = Datatype::insert(process(), new)?;
        self.words[count] = 1;
        self.words[datatype] = word::word(self.abi, Kind::Datatype, handle);
        self.after.push(After::Free(handle));
        Ok(())
    }
}

/// What a function does about a section with gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Treatment {
    /// Only where it begins matters.
    Address,
    /// It has done its work when it returns.
    Copy,
    /// It goes on, with one process or one part of the buffer: a datatype.
    Datatype,
    /// It goes on, with several parts of the buffer: a copy that lasts.
    Keep,
    /// It goes on with the memory as such.
    Refuse,
}

fn treatment(function: &Function, argument: &str) -> Treatment {
    let name = function.name.strip_suffix("_c").unwrap_or(function.name);
    let name = name.strip_prefix("MPI_").unwrap_or(name);
    // What ends a split access names the buffer again and touches nothing.
    if matches!(name, "Get_address" | "Address" | "Free_mem") || name.ends_with("_end") {
        return Treatment::Address;
    }
    let keeps_memory = name.starts_with("Win_")
        || matches!(name, "Buffer_attach" | "Comm_attach_buffer" | "Session_attach_buffer");
    // Their buffers have no count of their own.
    let is_one_item = matches!(name, "Fetch_and_op" | "Compare_and_swap");
    if keeps_memory || is_one_item || function.chapter == "partitioned" {
        return Treatment::Refuse;
    }
    let goes_on = function.chapter == "rma"
        || name.starts_with('I')
        || name.starts_with("File_i")
        || name.ends_with("_init")
        || name.ends_with("_begin");
    if !goes_on {
        return Treatment::Copy;
    }
    let collective = function.chapter.starts_with("collective") || function.chapter == "neighbor";
    let in_parts = match argument {
        _ if !collective => false,
        _ if name.contains("bcast") || name.contains("Bcast") => false,
        "sendbuf" => !name.contains("gather"),
        "recvbuf" => !name.contains("catter") || name.contains("educe"),
        _ => true,
    };
    if in_parts { Treatment::Keep } else { Treatment::Datatype }
}

/// MPICH's predefined keys are one more in Fortran than in C.
fn key(abi: Abi, number: i32) -> i32 {
    let is_predefined =
        |number| PredefinedKey::table().any(|(_, numbers)| numbers[abi.index()] == number);
    if abi == Abi::Mpich && is_predefined(number - 1) { number - 1 } else { number }
}

impl After {
    fn finish(self) {
        match self {
            After::Text { from, to, len } => text::outward(&from, to, len),
            After::Index(at) => count_from_one(at),
            After::Indices { at, count, max } => {
                // SAFETY: `outcount`, an `INTEGER` of the caller.
                let count = unsafe { (count as *const i32).read_unaligned() };
                let count = max.min(count.max(0) as usize);
                (0..count).for_each(|i| count_from_one(at + 4 * i));
            }
            After::Narrow { from, to } if to != 0 => {
                let narrow = *from as i32;
                // SAFETY: the caller's `INTEGER`.
                unsafe { (to as *mut i32).write_unaligned(narrow) };
            }
            After::Narrow { .. } => {}
            After::Length { from, to } => {
                // SAFETY: the caller's `INTEGER`.
                unsafe { (to as *mut i32).write_unaligned((*from - 1).max(0)) };
            }
            After::Scatter { from, to } => {
                if let Some(to) = to {
                    to.scatter(&from);
                }
            }
            After::Free(handle) => {
                Datatype::remove(process(), handle);
            }
        }
    }
}

fn count_from_one(at: usize) {
    // SAFETY: the caller's `INTEGER`, which the function may have stored.
    unsafe {
        let position = (at as *const i32).read_unaligned();
        if position >= 0 {
            (at as *mut i32).write_unaligned(position + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::function::Run;

    #[test]
    fn mpich_keys_of_fortran_are_those_of_c_and_the_programs_own_stay() {
        assert_eq!(key(Abi::Mpich, 0x64400002), 0x64400001);
        assert_eq!(key(Abi::Mpich, 0x64400001), 0x64400001);
        assert_eq!(key(Abi::Mpich, 0xa4400001u32 as i32), 0xa4400001u32 as i32);
        assert_eq!(key(Abi::OpenMpi, 1), 1);
    }

    #[test]
    fn a_copy_goes_only_where_nothing_outlasts_the_call() {
        let treated = |name, chapter| {
            let function = Function {
                name,
                about: "",
                chapter,
                arguments: &[],
                returns: "int",
                run: Run::Missing,
                anytime: false,
            };
            treatment(&function, "buffer")
        };
        assert_eq!(treated("MPI_Bsend", "pt2pt"), Treatment::Copy);
        assert_eq!(treated("MPI_Isend_c", "pt2pt"), Treatment::Datatype);
        assert_eq!(treated("MPI_Buffer_attach", "buffer"), Treatment::Refuse);
        assert_eq!(treated("MPI_Comm_attach_buffer_c", "buffer"), Treatment::Refuse);
        assert_eq!(treated("MPI_Session_attach_buffer", "buffer"), Treatment::Refuse);
        assert_eq!(treated("MPI_File_read_all_end", "io_access"), Treatment::Address);
        assert_eq!(treated("MPI_Ialltoall", "collective_nonblocking"), Treatment::Keep);
        assert_eq!(treated("MPI_Ibcast_c", "collective_nonblocking"), Treatment::Datatype);
    }
}
