//! The names Fortran compilers give to MPI's functions, as labels on a few
//! instructions each: all names of a function lead to its row in `src/mpi`, so
//! a function is written down once, and eighty bytes serve twenty names.
//!
//! A macro cannot spell `MPI_Send` in small letters, so the rows are read here
//! as text. `src/mpi/fortran.rs` includes what this prints, and a test there
//! compares it with the rows the compiler saw.

use std::fmt::Write;
use std::path::Path;

#[path = "../src/abi/fortran/only_c.rs"]
mod only_c;
use only_c::is_only_c;

/// A row of `mpi_functions!`, as far as names need it.
pub struct Row {
    pub name: String,
    /// Takes a message buffer.
    pub buffers: bool,
}

/// The rows of one chapter.
pub fn rows(source: &str) -> Vec<Row> {
    let Some(start) = source.find("mpi_functions! {\n") else {
        return Vec::new();
    };
    let table = &source[start..];
    let table = &table[..table.find("\n}").expect("the table of rows has an end")];
    let row = |text: &str| {
        let name = text.split('(').next().expect("a name before the parenthesis");
        let kinds = text.split(';').next().expect("a row ends with a semicolon");
        let buffers = kinds.contains(": Buf") || kinds.contains(": ConstBuf");
        Row { name: name.to_string(), buffers }
    };
    table.split("\n    fn ").skip(1).map(row).collect()
}

/// Other names of a function: interfaces with `TYPE(C_PTR)`, and `use mpi`
/// functions that return an integer.
fn other_names(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    match name {
        "MPI_Alloc_mem"
        | "MPI_Win_allocate"
        | "MPI_Win_allocate_shared"
        | "MPI_Win_shared_query" => vec![lower + "_cptr"],
        "MPI_Aint_add" | "MPI_Aint_diff" => vec![lower + "_f90"],
        "MPIX_Delete_error_class" | "MPIX_Delete_error_code" | "MPIX_Delete_error_string" => {
            vec![lower.replace("mpix", "mpi")]
        }
        _ => Vec::new(),
    }
}

/// `name` as compilers of one kind and another decorate it, with its `PMPI_`
/// twin. The undecorated name is left to `lib/compat`, whose libraries only
/// Fortran programs need: a preloaded `mpi_comm_size` would take the place of
/// the function that R's Rmpi has of that name.
fn decorations(name: &str) -> Vec<String> {
    let mut names = Vec::new();
    for name in [name.to_string(), format!("p{name}")] {
        names.push(name.to_uppercase());
        names.push(format!("{name}_"));
        names.push(format!("{name}__"));
    }
    names
}

/// One entry: its names, and the flavour of its arguments (`abi::fortran::call`).
struct Entry {
    names: Vec<String>,
    flavour: u32,
}

const F77: u32 = 0;
const F08: u32 = 1;
const GNU_DESCRIPTORS: u32 = 2;
const C_DESCRIPTORS: u32 = 3;

fn entries(row: &Row) -> Vec<Entry> {
    let name = row.name.as_str();
    if is_only_c(name) {
        return Vec::new();
    }
    let lower = name.to_lowercase();
    // "mpi_send" and "pmpir_send", MPICH's name for the profiling twin.
    let twins = |name: &str, ending: &str| {
        let mut names = vec![format!("{name}{ending}"), format!("p{name}{ending}")];
        if let Some(rest) = name.strip_prefix("mpi_") {
            names.push(format!("pmpir_{rest}{ending}"));
        }
        names
    };
    let (mut plain, mut f08, mut described) = (Vec::new(), Vec::new(), Vec::new());
    match lower.strip_suffix("_c") {
        // Large counts came with `use mpi_f08`.
        Some(base) => {
            for (name, ending) in [(lower.as_str(), "_"), (base, "_large_")] {
                f08.extend(twins(name, &format!("_f08{ending}")));
                described.extend(twins(name, &format!("_f08ts{ending}")));
            }
        }
        None => {
            plain.extend(decorations(&lower));
            for other in other_names(name) {
                plain.extend(decorations(&other));
                plain.push(format!("o{other}_f"));
                f08.extend(twins(&other, "_f08_"));
            }
            plain.push(format!("o{lower}_f"));
            f08.push(format!("o{lower}_f08"));
            f08.extend(twins(&lower, "_f08_"));
            described.extend(twins(&lower, "_f08ts_"));
        }
    }
    if matches!(name, "MPI_Status_f082f" | "MPI_Status_f2f08") {
        plain.push(format!("__mpi_f08_types_MOD_{lower}"));
    }
    // What gives back the address of a buffer alone differs otherwise between
    // the two.
    if !name.contains("detach") {
        plain.append(&mut f08);
    }
    let mut entries =
        vec![Entry { names: plain, flavour: F77 }, Entry { names: f08, flavour: F08 }];
    if row.buffers {
        entries.push(Entry { names: described, flavour: GNU_DESCRIPTORS });
        let ours = vec![format!("{lower}_cfi"), format!("p{lower}_cfi")];
        entries.push(Entry { names: ours, flavour: C_DESCRIPTORS });
    }
    entries.retain(|entry| !entry.names.is_empty());
    entries
}

/// Procedures that are no functions of MPI's table, by who does their work in
/// `abi::fortran`: predefined callbacks, and what the stock modules define and
/// programs therefore call (gfortran's names; other compilers' programs keep
/// the stock library beside ours).
fn procedures() -> Vec<(String, Vec<String>)> {
    let callbacks: &[(&str, &[&str])] = &[
        ("duplicate", &["mpi_comm_dup_fn", "mpi_type_dup_fn", "mpi_win_dup_fn"]),
        ("duplicate_integer", &["mpi_dup_fn"]),
        (
            "copy_nothing",
            &[
                "mpi_comm_null_copy_fn",
                "mpi_type_null_copy_fn",
                "mpi_win_null_copy_fn",
                "mpi_null_copy_fn",
            ],
        ),
        (
            "delete_nothing",
            &[
                "mpi_comm_null_delete_fn",
                "mpi_type_null_delete_fn",
                "mpi_win_null_delete_fn",
                "mpi_null_delete_fn",
            ],
        ),
        ("convert_nothing", &["mpi_conversion_fn_null", "mpi_conversion_fn_null_c"]),
        ("synchronize_nothing", &["mpi_f_sync_reg"]),
    ];
    let mut all = Vec::new();
    for (function, names) in callbacks {
        let mut labels = vec![];
        for name in *names {
            labels.extend(decorations(name));
            labels.push(format!("o{name}_f"));
            labels.push(format!("{name}_f08_"));
            labels.push(format!("p{name}_f08_"));
            labels.push(format!("{name}_f08ts_"));
            labels.push(format!("pmpir_{}_f08ts_", &name[4..]));
            labels.push(format!("__mpi_f08_callbacks_MOD_{name}"));
        }
        all.push((function.to_string(), labels));
    }
    for (function, mpich, openmpi) in
        [("handles_equal", "eq", "eq"), ("handles_differ", "neq", "ne")]
    {
        let mut labels = Vec::new();
        for handle in HANDLES {
            labels.push(format!("__mpi_constants_MOD_{handle}{mpich}"));
            labels.push(format!("__mpi_f08_types_MOD_mpi_{handle}_{mpich}"));
            labels.push(format!("__mpi_f08_types_MOD_mpi_{handle}_f08_{mpich}_f"));
            labels.push(format!("__mpi_f08_types_MOD_mpi_{handle}_f_{mpich}_f08"));
            labels.push(format!("__mpi_f08_types_MOD_ompi_{handle}_op_{openmpi}"));
        }
        all.push((function.to_string(), labels));
    }
    let mut sizes: [Vec<String>; 5] = Default::default();
    for (log, short, long) in TYPES {
        let labels = &mut sizes[*log];
        for short in *short {
            labels.push(format!("__mpi_sizeofs_MOD_mpi_sizeof_{short}"));
            labels.push(format!("__mpi_sizeofs_MOD_mpi_sizeof_{short}v"));
        }
        labels.push(format!("__mpi_f08_types_MOD_mpi_sizeof_{long}"));
        labels.push(format!("__mpi_f08_types_MOD_mpi_sizeof_x{long}"));
        for rank in 0..=15 {
            let rank = if rank == 0 { "scalar".into() } else { format!("r{rank}") };
            labels.push(format!("mpi_sizeof_{long}_{rank}_"));
            labels.push(format!("pmpi_sizeof_{long}_{rank}_"));
        }
    }
    // complex(real128) alone has 32 bytes.
    let mut largest = Vec::new();
    for labels in &mut sizes {
        largest.extend(labels.iter().filter(|label| label.contains("complex128")).cloned());
        labels.retain(|label| !label.contains("complex128"));
    }
    for (log, labels) in sizes.into_iter().enumerate() {
        all.push((format!("size_{}", 1 << log), labels));
    }
    all.push(("size_32".into(), largest));
    all
}

const HANDLES: &[&str] = &[
    "comm",
    "datatype",
    "errhandler",
    "file",
    "group",
    "info",
    "message",
    "op",
    "request",
    "session",
    "win",
];

/// Logarithm of the bytes, MPICH's short names, everybody's long name.
const TYPES: &[(usize, &[&str], &str)] = &[
    (0, &["ch"], "character"),
    (2, &["l"], "logical"),
    (0, &["i1"], "int8"),
    (1, &["i2"], "int16"),
    (2, &["i"], "int32"),
    (3, &["i8"], "int64"),
    (2, &["r"], "real32"),
    (3, &["d"], "real64"),
    (4, &[], "real128"),
    (3, &["cx"], "complex32"),
    (4, &[], "complex64"),
    (4, &[], "complex128"),
];

/// What all names are labels on, per architecture: the place of the chapter's
/// rows, and the position among them with the flavour in two bits below.
const X86_64: &str = "lea r11, [rip + {rows}]\nmov r10d, {position}\njmp mpisecure_fortran_call\n";
const AARCH64: &str = "adrp x9, {rows}\nadd x9, x9, :lo12:{rows}\nmov w10, #{position}\n\
                       b mpisecure_fortran_call\n";

/// Rust source with the labels of all chapters under `folder`, and the names
/// of the rows they stand for.
pub fn print(folder: &Path, architecture: &str) -> String {
    let template = if architecture == "aarch64" { AARCH64 } else { X86_64 };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("src/mpi is readable")
        .map(|entry| entry.expect("an entry of src/mpi").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    let mut text = String::new();
    let mut chapters = String::new();
    for path in files {
        let source = std::fs::read_to_string(&path).expect("a chapter is readable");
        let rows = rows(&source);
        if rows.is_empty() {
            continue;
        }
        let chapter = path.file_stem().and_then(|stem| stem.to_str()).expect("a chapter's name");
        let _ = write!(text, "std::arch::global_asm!(r#\"\n.text\n");
        let mut used = false;
        for (index, row) in rows.iter().enumerate() {
            for entry in entries(row) {
                used = true;
                label(&mut text, &entry.names);
                let position = (index as u32) << 2 | entry.flavour;
                text.push_str(&template.replace("{position}", &position.to_string()));
            }
        }
        let operands =
            if used { format!("rows = sym super::{chapter}::ROWS") } else { String::new() };
        let _ = writeln!(text, "\"#, {operands});");
        let names: Vec<String> = rows.iter().map(|row| format!("\"{}\"", row.name)).collect();
        let _ = writeln!(chapters, "    (super::{chapter}::ROWS, &[{}]),", names.join(", "));
    }
    for (function, names) in procedures() {
        let _ = write!(text, "std::arch::global_asm!(r#\"\n.text\n");
        label(&mut text, &names);
        let jump = if architecture == "aarch64" { "b" } else { "jmp" };
        let _ = writeln!(text, "{jump} {{to}}\n\"#, to = sym crate::abi::fortran::{function});");
    }
    let _ = writeln!(
        text,
        "/// Per chapter: its rows, and the names the labels were made from.\n\
         #[cfg(test)]\n\
         const CHAPTERS: &[(&[crate::abi::Function], &[&str])] = &[\n{chapters}];"
    );
    text
}

fn label(text: &mut String, names: &[String]) {
    for name in names {
        let _ = writeln!(text, ".globl {name}\n.type {name}, %function");
    }
    let _ = writeln!(text, ".p2align 4");
    for name in names {
        let _ = writeln!(text, "{name}:");
    }
}

/// What the linker is told to export besides what the compiler says: symbols
/// made by assembly are unknown to it.
pub const EXPORTS: &str = "{ global: mpi_*; mpix_*; pmpi_*; pmpix_*; pmpir_*; MPI_*; MPIX_*; PMPI_*; PMPIX_*; \
ompi_*; ompix_*; __mpi_*; };\n";
