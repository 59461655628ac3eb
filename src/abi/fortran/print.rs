//! Prints `include/mpif.h`, `include/mpi.f90` and `include/mpi_f08.f90`, the
//! Fortran interfaces of the standard ABI, from the rows and the constants.
//! `mpifort` compiles the two modules with the user's own compiler, so they are
//! plain: no preprocessor, and nothing of one vendor but comments that tell a
//! compiler not to check choice buffers. Callbacks, which are neither
//! rows nor constants, are text in `callbacks.f90`.
//!
//! In `use mpi_f08` procedures with choice buffers are `bind(C)`, because the
//! descriptor of a section is then the same whatever the compiler.

use std::fmt::Write;

use super::only_c::is_only_c;
use crate::abi::constant::{self, Constant};
use crate::abi::function::Class;
use crate::abi::kind::Sort;
use crate::abi::{Abi, Argument, Function};

/// Which of the two modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Module {
    Mpi,
    F08,
}

/// Lines of free-form and fixed-form Fortran alike: from column 7 on.
const HEADER: &str = "\
!     MPI for Fortran, in the standard ABI of MPI-5.0.
!
!     Printed from the tables in src/abi and src/mpi by
!     UPDATE=1 cargo test --test abi_headers; edit those.
";

/// What all three files begin with besides the constants of C.
const BASICS: &[(&str, i64)] = &[
    ("MPI_VERSION", 5),
    ("MPI_SUBVERSION", 0),
    ("MPI_STATUS_SIZE", 8),
    ("MPI_SOURCE", 1),
    ("MPI_TAG", 2),
    ("MPI_ERROR", 3),
    ("MPI_ADDRESS_KIND", 8),
    ("MPI_COUNT_KIND", 8),
    ("MPI_OFFSET_KIND", 8),
    ("MPI_INTEGER_KIND", 4),
];

/// Special addresses: name, type, shape. Each is a variable of its own, by
/// whose address the library knows it (`special`).
const SPECIALS: &[(&str, &str, &str)] = &[
    ("MPI_BOTTOM", "INTEGER", ""),
    ("MPI_IN_PLACE", "INTEGER", ""),
    ("MPI_BUFFER_AUTOMATIC", "INTEGER", ""),
    ("MPI_STATUS_IGNORE", "STATUS", ""),
    ("MPI_STATUSES_IGNORE", "STATUS", "(1)"),
    ("MPI_ERRCODES_IGNORE", "INTEGER", "(1)"),
    ("MPI_ARGV_NULL", "CHARACTER", "(1)"),
    ("MPI_ARGVS_NULL", "CHARACTER", "(1,1)"),
    ("MPI_UNWEIGHTED", "INTEGER", "(1)"),
    ("MPI_WEIGHTS_EMPTY", "INTEGER", "(1)"),
];

/// Name of a special variable's symbol, without the compiler's underscore.
fn symbol(special: &str) -> String {
    let name = special.strip_prefix("MPI_").expect("a name of MPI").to_lowercase();
    let name = if name == "buffer_automatic" { "automatic".into() } else { name };
    format!("mpi_secure_f_{name}")
}

/// The integer constants Fortran has, with the value it has.
fn constants() -> impl Iterator<Item = (Constant, i64)> {
    constant::all().into_iter().filter_map(|constant| {
        let name = constant.name;
        let c_only = name.starts_with("MPI_T_")
            || name.starts_with("MPI_ABI_")
            || BASICS.iter().any(|basic| basic.0 == name);
        let value = constant.value(Abi::Standard).filter(|_| !c_only)?;
        // A string's length, where C counts the NUL.
        let value = if name.starts_with("MPI_MAX_") { value - 1 } else { value };
        Some((constant, value))
    })
}

/// The text of `include/mpif.h`.
pub fn mpif() -> String {
    let mut text = HEADER.to_string();
    for &(name, value) in BASICS {
        let _ = writeln!(text, "      INTEGER {name}\n      PARAMETER ({name}={value})");
    }
    for (Constant { name, .. }, value) in constants() {
        let _ = writeln!(text, "      INTEGER {name}\n      PARAMETER ({name}={value})");
    }
    text.push_str(
        "      LOGICAL MPI_SUBARRAYS_SUPPORTED\n\
         \x20     PARAMETER (MPI_SUBARRAYS_SUPPORTED=.FALSE.)\n\
         \x20     LOGICAL MPI_ASYNC_PROTECTS_NONBLOCKING\n\
         \x20     PARAMETER (MPI_ASYNC_PROTECTS_NONBLOCKING=.FALSE.)\n",
    );
    for &(name, kind, shape) in SPECIALS {
        let (kind, shape) = match (kind, shape) {
            ("STATUS", "") => ("INTEGER", "(MPI_STATUS_SIZE)"),
            ("STATUS", _) => ("INTEGER", "(MPI_STATUS_SIZE,1)"),
            other => other,
        };
        let _ = writeln!(
            text,
            "      {kind} {name}{shape}\n      COMMON /{0}/ {name}\n      SAVE /{0}/",
            symbol(name).to_uppercase()
        );
    }
    for name in CALLBACKS {
        let _ = writeln!(text, "      EXTERNAL {name}");
    }
    for name in ["MPI_WTIME", "MPI_WTICK", "PMPI_WTIME", "PMPI_WTICK"] {
        let _ = writeln!(text, "      DOUBLE PRECISION {name}\n      EXTERNAL {name}");
    }
    for name in ["MPI_AINT_ADD", "MPI_AINT_DIFF", "PMPI_AINT_ADD", "PMPI_AINT_DIFF"] {
        let _ =
            writeln!(text, "      INTEGER(KIND=MPI_ADDRESS_KIND) {name}\n      EXTERNAL {name}");
    }
    text
}

/// Predefined callbacks.
const CALLBACKS: &[&str] = &[
    "MPI_NULL_COPY_FN",
    "MPI_NULL_DELETE_FN",
    "MPI_DUP_FN",
    "MPI_COMM_NULL_COPY_FN",
    "MPI_COMM_NULL_DELETE_FN",
    "MPI_COMM_DUP_FN",
    "MPI_TYPE_NULL_COPY_FN",
    "MPI_TYPE_NULL_DELETE_FN",
    "MPI_TYPE_DUP_FN",
    "MPI_WIN_NULL_COPY_FN",
    "MPI_WIN_NULL_DELETE_FN",
    "MPI_WIN_DUP_FN",
    "MPI_CONVERSION_FN_NULL",
];

/// The text of `include/mpi.f90`, the module of `use mpi`.
pub fn mpi(functions: &[&Function]) -> String {
    let mut text = HEADER.replace("!     ", "! ");
    text.push_str("module mpi\n  use, intrinsic :: iso_c_binding, only: c_ptr\n  implicit none\n");
    text.push_str("  include 'mpif.h'\n");
    for prefix in ["", "P"] {
        // mpif.h has those that return a value.
        let procedures =
            |f: &&&Function| f.class() == Class::Standard && has_fortran(f) && f.returns == "int";
        for function in functions.iter().filter(procedures) {
            match function.arguments.iter().any(|a| a.name == "baseptr") {
                true => with_pointer(&mut text, prefix, function),
                false => interface(&mut text, Module::Mpi, prefix, &[function]),
            }
        }
    }
    text.push_str(&synchronize(Module::Mpi));
    text.push_str(&sizeof());
    text.push_str("end module mpi\n");
    text
}

/// The text of `include/mpi_f08.f90`, the module of `use mpi_f08`.
pub fn f08(functions: &[&Function]) -> String {
    let mut text = HEADER.replace("!     ", "! ");
    text.push_str("module mpi_f08_basics\n  use, intrinsic :: iso_c_binding\n  implicit none\n");
    for &(name, value) in BASICS {
        let _ = writeln!(text, "  integer, parameter :: {name} = {value}");
    }
    text.push_str(TYPES);
    for handle in HANDLES {
        let _ = writeln!(
            text,
            "  type, bind(C) :: {handle}\n    integer(c_int) :: MPI_VAL\n  end type {handle}"
        );
    }
    for (Constant { name, handle, .. }, value) in constants() {
        let _ = match handle {
            Some(handle) => {
                writeln!(text, "  type({handle}), parameter :: {name} = {handle}({value})")
            }
            None => writeln!(text, "  integer, parameter :: {name} = {value}"),
        };
    }
    for &(name, kind, shape) in SPECIALS {
        let kind = match kind {
            "STATUS" => "type(MPI_Status)",
            "CHARACTER" => "character(kind=c_char)",
            _ => "integer(c_int)",
        };
        let _ = writeln!(
            text,
            "  {kind}, bind(C, name=\"{}_\"), target :: {name}{shape}",
            symbol(name)
        );
    }
    for operator in ["==", "/="] {
        let _ = writeln!(text, "  interface operator({operator})");
        for handle in HANDLES {
            let _ = writeln!(text, "    module procedure {}", comparison(handle, operator));
        }
        let _ = writeln!(text, "  end interface");
    }
    text.push_str("contains\n");
    for operator in ["==", "/="] {
        for handle in HANDLES {
            let _ = writeln!(
                text,
                "  elemental logical function {0}(a, b)\n    type({handle}), intent(in) :: a, b\n    \
                 {0} = a%MPI_VAL {operator} b%MPI_VAL\n  end function",
                comparison(handle, operator)
            );
        }
    }
    text.push_str("end module mpi_f08_basics\n\n");
    text.push_str(ABSTRACTS);
    text.push_str(
        "module mpi_f08\n  use mpi_f08_basics\n  use mpi_f08_callbacks\n  implicit none\n",
    );
    for prefix in ["", "P"] {
        for function in functions.iter().filter(|f| f.class() == Class::Standard && has_fortran(f))
        {
            let large = format!("{}_c", function.name);
            let large = functions.iter().find(|f| f.name == large);
            let alike = |large: &&&Function| signature(large) == signature(function);
            let own_name = matches!(function.name, "MPI_Op_create" | "MPI_Register_datarep");
            match large.filter(|large| !alike(large)) {
                Some(large) if own_name => {
                    interface(&mut text, Module::F08, prefix, &[function]);
                    interface(&mut text, Module::F08, prefix, &[large]);
                }
                Some(large) => interface(&mut text, Module::F08, prefix, &[function, large]),
                None => interface(&mut text, Module::F08, prefix, &[function]),
            }
        }
    }
    text.push_str(&synchronize(Module::F08));
    text.push_str(&sizeof());
    text.push_str("end module mpi_f08\n");
    text
}

fn comparison(handle: &str, operator: &str) -> String {
    let word = if operator == "==" { "equal" } else { "differ" };
    format!("{}_{word}", handle.to_lowercase())
}

const HANDLES: &[&str] = &[
    "MPI_Comm",
    "MPI_Datatype",
    "MPI_Errhandler",
    "MPI_File",
    "MPI_Group",
    "MPI_Info",
    "MPI_Message",
    "MPI_Op",
    "MPI_Request",
    "MPI_Session",
    "MPI_Win",
];

const TYPES: &str = "\
  logical, parameter :: MPI_SUBARRAYS_SUPPORTED = .true.
  logical, parameter :: MPI_ASYNC_PROTECTS_NONBLOCKING = .false.
  type, bind(C) :: MPI_Status
    integer(c_int) :: MPI_SOURCE
    integer(c_int) :: MPI_TAG
    integer(c_int) :: MPI_ERROR
    integer(c_int) :: MPI_internal(5)
  end type MPI_Status
";

/// The callbacks' interfaces, and MPI's own.
const ABSTRACTS: &str = include_str!("callbacks.f90");

/// Functions Fortran programs call by their own name.
fn has_fortran(function: &Function) -> bool {
    !is_only_c(function.name) && !function.name.starts_with("MPI_Abi_")
}

/// What tells one specific procedure of a generic from another.
fn signature(function: &Function) -> Vec<String> {
    let arguments = function.arguments.iter().filter(|a| a.shape.sort != Sort::COnly);
    arguments
        .map(|a| {
            let declared = declare(Module::F08, a);
            let kinds = ["MPI_ADDRESS_KIND", "MPI_COUNT_KIND", "MPI_OFFSET_KIND"];
            let kind = kinds.iter().fold(declared.kind, |kind, name| kind.replace(name, "8"));
            format!("{kind}{}", declared.shape)
        })
        .collect()
}

/// One generic with its specific procedures.
fn interface(text: &mut String, module: Module, prefix: &str, functions: &[&Function]) {
    let name = format!("{prefix}{}", functions[0].name);
    match module {
        Module::Mpi => text.push_str("  interface\n"),
        Module::F08 => {
            let _ = writeln!(text, "  interface {name}");
        }
    }
    for function in functions {
        let name = format!("{prefix}{}", function.name);
        let buffers = function.arguments.iter().any(|a| a.shape.sort == Sort::Buffer);
        let (name, binding) = match module {
            Module::Mpi => (name, String::new()),
            Module::F08 if buffers => {
                (format!("{name}_cfi"), format!(" bind(C, name=\"{}_cfi\")", name.to_lowercase()))
            }
            Module::F08 => (format!("{name}_f08"), String::new()),
        };
        let result = match function.returns {
            "int" => None,
            "double" => Some("double precision"),
            _ => Some("integer(kind=MPI_ADDRESS_KIND)"),
        };
        procedure(text, module, function, &name, &binding, result, false);
    }
    text.push_str("  end interface\n");
}

/// A function that gives memory: as an integer, or as `TYPE(C_PTR)`.
fn with_pointer(text: &mut String, prefix: &str, function: &Function) {
    let name = format!("{prefix}{}", function.name);
    let _ = writeln!(text, "  interface {name}");
    procedure(text, Module::Mpi, function, &name, "", None, false);
    procedure(text, Module::Mpi, function, &format!("{name}_cptr"), "", None, true);
    text.push_str("  end interface\n");
}

fn procedure(
    text: &mut String,
    module: Module,
    function: &Function,
    name: &str,
    binding: &str,
    result: Option<&str>,
    pointer: bool,
) {
    let arguments: Vec<&Argument> =
        function.arguments.iter().filter(|a| a.shape.sort != Sort::COnly).collect();
    let mut names: Vec<String> = arguments.iter().map(|a| a.name.to_string()).collect();
    let has_code = result.is_none() && function.name != "MPI_Pcontrol";
    if has_code {
        names.push("ierror".into());
    }
    let what = if result.is_some() { "function" } else { "subroutine" };
    let head = format!("{what} {name}({})", names.join(", "));
    let result_kind = result.map(|kind| format!("{kind} ")).unwrap_or_default();
    wrapped(text, &format!("    {head}{binding}"));
    let host = match module {
        Module::Mpi => {
            "      use, intrinsic :: iso_c_binding, only: c_ptr\n      import :: MPI_ADDRESS_KIND, MPI_COUNT_KIND, MPI_OFFSET_KIND, MPI_STATUS_SIZE\n"
        }
        Module::F08 => "      import\n",
    };
    text.push_str(host);
    text.push_str("      implicit none\n");
    if result.is_some() {
        let _ = writeln!(text, "      {result_kind}:: {name}");
    }
    for argument in arguments {
        let mut declared = declare(module, argument);
        if pointer && argument.shape.sort == Sort::WordAt {
            declared.kind = "type(c_ptr)".into();
        }
        // A choice buffer of this module.
        if declared.kind == "real" {
            for directive in DIRECTIVES {
                let _ = writeln!(text, "{directive} {}", argument.name);
            }
        }
        wrapped(text, &declared.line(argument.name));
    }
    if has_code {
        match module {
            Module::Mpi => text.push_str("      integer :: ierror\n"),
            Module::F08 => text.push_str("      integer, optional, intent(out) :: ierror\n"),
        }
    }
    let _ = writeln!(text, "    end {what} {name}");
}

/// "Take anything": gfortran; Intel; flang, nvfortran and Cray.
const DIRECTIVES: &[&str] =
    &["!GCC$ ATTRIBUTES NO_ARG_CHECK ::", "!DEC$ ATTRIBUTES NO_ARG_CHECK ::", "!DIR$ IGNORE_TKR"];

struct Declared {
    kind: String,
    intent: &'static str,
    shape: &'static str,
}

impl Declared {
    fn line(&self, name: &str) -> String {
        let intent = match self.intent {
            "" => String::new(),
            intent => format!(", intent({intent})"),
        };
        format!("      {}{intent} :: {name}{}", self.kind, self.shape)
    }
}

/// How an argument is declared.
fn declare(module: Module, argument: &Argument) -> Declared {
    let c = argument.shape.c;
    let constant = c.starts_with("const ");
    let base = c.trim_start_matches("const ").trim_end_matches('*');
    let intent = if constant { "in" } else { "" };
    let new = |kind: &str, intent, shape| Declared { kind: kind.to_string(), intent, shape };
    let number = match base {
        "MPI_Aint" => "integer(kind=MPI_ADDRESS_KIND)",
        "MPI_Count" => "integer(kind=MPI_COUNT_KIND)",
        "MPI_Offset" => "integer(kind=MPI_OFFSET_KIND)",
        _ => "integer",
    };
    let handle = match module {
        Module::F08 if HANDLES.contains(&base) => format!("type({base})"),
        _ => "integer".to_string(),
    };
    match argument.shape.sort {
        Sort::Buffer if module == Module::F08 => new("type(*)", "", "(..)"),
        Sort::Buffer => new("real", intent, "(*)"),
        Sort::Status => {
            let several = argument.name == "array_of_statuses";
            // Ignored statuses are written nowhere, so none is only written.
            match (module, base, several) {
                (Module::F08, "MPI_Fint", _) => new("integer", "", "(MPI_STATUS_SIZE)"),
                (Module::F08, _, true) => new("type(MPI_Status)", "", "(*)"),
                (Module::F08, _, false) => new("type(MPI_Status)", "", ""),
                (Module::Mpi, "MPI_F08_status", _) => new("integer", "", "(MPI_STATUS_SIZE)"),
                (Module::Mpi, _, true) => new("integer", "", "(MPI_STATUS_SIZE,*)"),
                (Module::Mpi, _, false) => new("integer", "", "(MPI_STATUS_SIZE)"),
            }
        }
        Sort::Text => new("character(len=*)", "in", ""),
        Sort::TextOut => new("character(len=*)", "", ""),
        Sort::Texts => new("character(len=*)", "in", "(*)"),
        Sort::TextTables => new("character(len=*)", "in", "(count,*)"),
        Sort::COnly => unreachable!("left out by those who ask"),
        Sort::Index => new("integer", "", ""),
        Sort::Indices | Sort::Special => new("integer", intent, "(*)"),
        Sort::Keyval => new("integer", "in", ""),
        Sort::Word => new("integer(kind=MPI_ADDRESS_KIND)", "in", ""),
        // Unused in this module (MPI-4.1, section 3.6), and anything is passed.
        Sort::WordAt if module == Module::Mpi && argument.name == "buffer_addr" => {
            new("real", "", "(*)")
        }
        Sort::WordAt if module == Module::F08 && argument.name != "attribute_val" => {
            new("type(c_ptr)", "out", "")
        }
        Sort::WordAt => new("integer(kind=MPI_ADDRESS_KIND)", "", ""),
        Sort::Flag => new("logical", "in", ""),
        Sort::FlagAt => new("logical", "", ""),
        Sort::Flags => new("logical", intent, "(*)"),
        Sort::Numbers if c.ends_with("[3]") => new("integer", "in", "(3,*)"),
        Sort::Numbers if argument.name == "periods" => new("logical", intent, "(*)"),
        Sort::Numbers => new(number, intent, "(*)"),
        Sort::Handles(_) => new(&handle, intent, "(*)"),
        Sort::Callback if module == Module::F08 => new(&format!("procedure({base})"), "", ""),
        Sort::Callback => new("external", "", ""),
        Sort::Int | Sort::Rank | Sort::Tag | Sort::ThreadLevel => new("integer", "in", ""),
        Sort::Long => new(number, "in", ""),
        Sort::Handle(_) => new(&handle, "in", ""),
        Sort::HandleAt(_) => new(&handle, "inout", ""),
        Sort::Pointer if HANDLES.contains(&base) => new(&handle, "out", ""),
        Sort::Pointer => new(number, intent, ""),
    }
}

/// A line, continued where it grows longer than old compilers take.
fn wrapped(text: &mut String, line: &str) {
    let mut rest = line;
    while rest.len() > 100 {
        let cut = rest[..100].rfind(", ").map_or(100, |at| at + 2);
        let _ = writeln!(text, "{}&", &rest[..cut]);
        text.push_str("        ");
        rest = &rest[cut..];
    }
    let _ = writeln!(text, "{rest}");
}

/// `MPI_F_sync_reg`, which is no function of MPI's table.
fn synchronize(module: Module) -> String {
    let (generic, name, buffer) = match module {
        Module::Mpi => ("", "MPI_F_sync_reg", "real :: buf(*)"),
        Module::F08 => (" MPI_F_sync_reg", "MPI_F_sync_reg_f08ts", "type(*) :: buf(..)"),
    };
    let mut text =
        format!("  interface{generic}\n    subroutine {name}(buf)\n      implicit none\n");
    if module == Module::Mpi {
        for directive in DIRECTIVES {
            let _ = writeln!(text, "{directive} buf");
        }
    }
    let _ = writeln!(text, "      {buffer}\n    end subroutine {name}\n  end interface");
    text
}

/// `MPI_Sizeof`, for all types and ranks.
fn sizeof() -> String {
    let kinds = [
        ("character", "character(len=*)"),
        ("logical", "logical"),
        ("int8", "integer(kind=selected_int_kind(2))"),
        ("int16", "integer(kind=selected_int_kind(4))"),
        ("int32", "integer(kind=selected_int_kind(9))"),
        ("int64", "integer(kind=selected_int_kind(18))"),
        ("real32", "real(kind=selected_real_kind(6))"),
        ("real64", "real(kind=selected_real_kind(15))"),
        ("complex32", "complex(kind=selected_real_kind(6))"),
        ("complex64", "complex(kind=selected_real_kind(15))"),
    ];
    let mut text = String::from("  interface MPI_Sizeof\n");
    for (name, _) in kinds {
        let _ = writeln!(text, "    module procedure sizeof_{name}");
    }
    text.push_str("  end interface\ncontains\n");
    for (name, kind) in kinds {
        let _ = write!(
            text,
            "  subroutine sizeof_{name}(x, size, ierror)\n    \
             {kind}, dimension(..) :: x\n    \
             integer, intent(out) :: size\n    \
             integer, optional, intent(out) :: ierror\n    \
             {kind_of} :: one\n    \
             size = storage_size(one) / 8\n    \
             if (present(ierror)) ierror = 0\n  \
             end subroutine\n",
            kind_of = if name == "character" { "character" } else { kind },
        );
    }
    text
}
